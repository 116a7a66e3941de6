#include "operators/compute.h"

#include "expr/copy.h"
#include "expr/errors.h"

namespace leat::operators {

using record::Column;
using record::Type;
using record::Value;

Status Compute::open(const flow::OperatorContext& context) {
  tally_.open(context);
  return {};
}

void Compute::check(const record::RecordBatch& batch, std::size_t column, bool must_be_there) {
  const Column values = batch.column(column);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Value value = values.empty() ? Value() : values[i];
    const bool bad = value.is_error() || (must_be_there && value.is(Type::absent));
    if (bad) fail(i, batch, value.is_error() ? value.as_error() : expr::kNoSuchField);
  }
}

void Compute::check_object(const record::RecordBatch& batch, std::size_t column) {
  const Column tokens = batch.column(column);
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (!takes_members(tokens[i])) fail(i, batch, kSetInNoObject);
}

void Compute::fail(std::size_t row, const record::RecordBatch& batch,
                   const record::RowError& error) {
  if (!tally_.kept(row)) return;
  if (batch.rows()[row].tombstone() && work_->tombstones == Tombstones::pass) return;
  tally_.fail(row, batch, error);
}

Status Compute::process(record::RecordBatch& batch, flow::Collector& out) {
  tally_.enter(batch);
  if (work_->tombstones == Tombstones::drop) {
    for (std::size_t i = 0; i < batch.size(); ++i)
      if (batch.rows()[i].tombstone()) tally_.drop(i, flow::DropReason::tombstone);
  }
  for (const std::size_t column : work_->present) check(batch, column, true);
  for (const std::size_t column : work_->objects) check_object(batch, column);
  for (const ComputeWork::Item& item : work_->items) {
    const std::size_t column = item.written.value_or(item.column);
    const Column values = batch.make_column(column);
    item.program->run(batch, scratch_, values);
    LEAT_RETURN_IF_ERROR(scratch_.take_failure());
    check(batch, column, true);
    // optional.none() takes the field away, optional.of() is its value.
    for (Value& value : values)
      if (value.is(Type::optional))
        value = value.as_optional() == nullptr ? Value() : *value.as_optional();
    if (item.written) expr::read_numbers(values, batch.make_column(item.column), batch.arena());
  }
  for (const ComputeWork::Text& text : work_->texts) {
    const Column values = batch.column(text.value);
    const Column tokens = batch.column(text.token);
    const Column texts = batch.make_column(text.column);
    if (values.empty()) continue;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const bool number = values[i].is(Type::integer) || values[i].is(Type::real);
      texts[i] = number && !tokens.empty() ? Value::string(tokens[i].as_text()) : values[i];
    }
  }
  tally_.leave(batch);
  if (!batch.empty()) out.emit(std::move(batch));
  return {};
}

}  // namespace leat::operators
