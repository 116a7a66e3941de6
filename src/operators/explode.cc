#include "operators/explode.h"

#include "codec/row_errors.h"

namespace leat::operators {

using record::RecordBatch;
using record::RowError;
using record::Value;

Status Explode::open(const flow::OperatorContext& context) {
  rows_in_.open(context);
  rows_out_.open(context);
  return {};
}

Status Explode::process(RecordBatch& batch, flow::Collector& out) {
  rows_in_.enter(batch);
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    if (batch.rows()[i].tombstone())
      rows_in_.drop(i, flow::DropReason::tombstone);
    else
      add_rows(batch, i, out);
  }
  flush(batch, out);
  return {};
}

void Explode::add_rows(RecordBatch& batch, std::uint32_t row, flow::Collector& out) {
  const record::Column lists = batch.column(work_->list);
  list_.clear();
  const Value list = lists.empty() ? Value() : lists[row];
  if (const RowError* error = splitter_->split(list, batch.arena(), list_)) {
    const bool named = work_->no_list != nullptr && error->code == codec::kNotAList.code;
    return rows_in_.fail(row, batch, named ? *work_->no_list : *error);
  }
  const bool too_deep = work_->several && batch.rows()[row].ordinal >> (64 - kItemBits) != 0;
  if (list_.size() > work_->items_max || too_deep) return rows_in_.fail(row, batch, kTooManyItems);
  if (list_.empty() && !work_->outer) return;
  for (const Need& need : work_->objects) {
    const record::Column tokens = batch.column(need.column);
    if (!tokens.empty() && !takes_members(tokens[row]))
      return rows_in_.fail(row, batch, *need.error);
  }
  if (list_.empty()) add(batch, {row, 0, false}, Value::null(), out);
  for (std::size_t i = 0; i < list_.size(); ++i) add(batch, {row, i, true}, list_[i], out);
}

void Explode::add(const RecordBatch& batch, Made made, const Value& item, flow::Collector& out) {
  made_.push_back(made);
  picked_.push_back(made.row);
  values_.push_back(item);
  if (made_.size() == RecordBatch::kRowsMax) flush(batch, out);
}

void Explode::flush(const RecordBatch& batch, flow::Collector& out) {
  if (made_.empty()) return;
  RecordBatch rows = batch.gather(picked_);
  const record::Column index = work_->index ? rows.make_column(*work_->index) : record::Column();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    record::Row& row = rows.rows()[i];
    const Made& made = made_[i];
    row.ordinal = (work_->several ? row.ordinal << kItemBits : 0) | made.position;
    if (!index.empty())
      index[i] =
          made.item ? Value::integer(static_cast<std::int64_t>(made.position)) : Value::null();
  }
  errors_.resize(rows.size());
  rows_out_.enter(rows);
  items_->decode(values_, rows, errors_);
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (errors_[i] != nullptr) rows_out_.fail(i, rows, *errors_[i]);
  made_.clear();
  picked_.clear();
  values_.clear();
  rows_out_.leave(rows);
  if (!rows.empty()) out.emit(std::move(rows));
}

}  // namespace leat::operators
