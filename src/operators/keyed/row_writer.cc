#include "operators/keyed/row_writer.h"

#include "operators/keyed/key_reader.h"

namespace leat::operators {

using record::Row;
using record::Value;

namespace {

bool windows_have_starts(const AggregateWork& work) noexcept {
  return work.window.kind != Window::Kind::none && work.window.kind != Window::Kind::lookback;
}

}  // namespace

RowWriter::RowWriter(const AggregateWork& work)
    : key_(work.key),
      start_column_(work.start_column),
      end_column_(work.end_column),
      keep_row_(work.keep_row),
      key_has_start_(windows_have_starts(work) && updates(work)),
      key_columns_(work.key.out_columns.size()) {
  for (const AggregateWork::Call& call : work.calls) result_columns_.push_back(call.column);
  results_.resize(result_columns_.size());
}

void RowWriter::bind(record::RecordBatch& rows) {
  rows_ = &rows;
  for (std::size_t k = 0; k < key_columns_.size(); ++k)
    key_columns_[k] = rows.make_column(key_.out_columns[k]);
  for (std::size_t c = 0; c < results_.size(); ++c)
    results_[c] = rows.make_column(result_columns_[c]);
  if (start_column_) starts_ = rows.make_column(*start_column_);
  if (end_column_) ends_ = rows.make_column(*end_column_);
  if (key_.text_column) texts_ = rows.make_column(*key_.text_column);
}

void RowWriter::write_key(Row& row, std::size_t index, std::span<const Value> key,
                          const std::optional<WindowTimes>& window) {
  if (keep_row_ && texts_.empty()) return;
  std::optional<std::int64_t> start;
  if (window && key_has_start_) start = window->start_us;
  const std::optional<std::string_view> text = key_text(key, start, rows_->arena(), scratch_);
  if (!texts_.empty()) texts_[index] = text ? Value::string(*text) : Value::null();
  if (keep_row_) return;
  row.key = text.value_or(std::string_view());
  row.flags &= ~(Row::kNullKey | Row::kKeyIsBytes);
  if (!text) row.flags |= Row::kNullKey;
}

void RowWriter::identity(std::size_t index, std::span<const Value> key,
                         const std::optional<WindowTimes>& window, std::int64_t event_us) {
  Row& row = rows_->rows()[index];
  for (std::size_t k = 0; k < key_columns_.size(); ++k) key_columns_[k][index] = key[k];
  if (window && !starts_.empty()) starts_[index] = Value::timestamp(window->start_us);
  if (window && !ends_.empty()) ends_[index] = Value::timestamp(window->end_us);
  write_key(row, index, key, window);
  if (keep_row_) return;
  row.flags |= Row::kMade;
  row.event_time_us = window ? window->end_us - 1000 : event_us;
  row.timestamp_ms = floor_ms(row.event_time_us);
}

void RowWriter::tombstone(std::size_t index, std::span<const Value> key,
                          const WindowTimes& window) {
  identity(index, key, window, 0);
  Row& row = rows_->rows()[index];
  row.flags |= Row::kNullValue;
  row.value = {};
}

}  // namespace leat::operators
