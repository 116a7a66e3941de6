#include "operators/compute.h"

#include <utility>

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

void Compute::check(const record::RecordBatch& batch, const Need& need) {
  const Column values = batch.column(need.column);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Value value = values.empty() ? Value() : values[i];
    if (value.is_error())
      fail(i, batch, value.as_error());
    else if (value.is(Type::absent))
      fail(i, batch, *need.error);
  }
}

void Compute::check_object(const record::RecordBatch& batch, const Need& need) {
  const Column tokens = batch.column(need.column);
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (!takes_members(tokens[i])) fail(i, batch, *need.error);
}

void Compute::check_results(const record::RecordBatch& batch, const expr::Program& program,
                            Column values) {
  bool named = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i].is_error() && !values[i].is(Type::absent)) continue;
    if (expr::is_nameless(values[i]) && takes(i, batch) && !std::exchange(named, true))
      program.name_absences(batch, scratch_, values);
    fail(i, batch, values[i].is_error() ? values[i].as_error() : expr::kNoSuchField);
  }
}

bool Compute::takes(std::size_t row, const record::RecordBatch& batch) const {
  return tally_.kept(row) &&
         !(batch.rows()[row].tombstone() && work_->tombstones == Tombstones::pass);
}

void Compute::fail(std::size_t row, const record::RecordBatch& batch,
                   const record::RowError& error) {
  if (takes(row, batch)) tally_.fail(row, batch, error);
}

Status Compute::process(record::RecordBatch& batch, flow::Collector& out) {
  tally_.enter(batch);
  if (work_->tombstones == Tombstones::drop) {
    for (std::size_t i = 0; i < batch.size(); ++i)
      if (batch.rows()[i].tombstone()) tally_.drop(i, flow::DropReason::tombstone);
  }
  for (const Need& need : work_->present) check(batch, need);
  for (const Need& need : work_->objects) check_object(batch, need);
  for (const ComputeWork::Item& item : work_->items) {
    const std::size_t column = item.written.value_or(item.column);
    const Column values = batch.make_column(column);
    item.program->run(batch, scratch_, values);
    LEAT_RETURN_IF_ERROR(scratch_.take_failure());
    check_results(batch, *item.program, values);
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
