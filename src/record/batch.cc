#include "record/batch.h"

#include <algorithm>

namespace leat::record {

Column RecordBatch::make_column(std::size_t index) {
  if (index >= columns_.size()) columns_.resize(index + 1);
  if (columns_[index].empty()) columns_[index] = arena().array<Value>(rows_.size());
  return columns_[index];
}

void RecordBatch::keep_columns(std::span<const std::size_t> indexes) {
  std::vector<Column> kept;
  for (const std::size_t index : indexes) {
    if (column(index).empty()) continue;
    if (index >= kept.size()) kept.resize(index + 1);
    kept[index] = columns_[index];
  }
  columns_ = std::move(kept);
}

void RecordBatch::retain(std::span<const std::uint8_t> keep) {
  LEAT_DCHECK(keep.size() == rows_.size());
  std::size_t kept = 0;
  while (kept < keep.size() && keep[kept] != 0) ++kept;
  if (kept == keep.size()) return;
  const std::size_t first_gap = kept;
  for (std::size_t i = first_gap; i < keep.size(); ++i)
    if (keep[i] != 0) rows_[kept++] = rows_[i];
  for (Column& column : columns_) {
    if (column.empty()) continue;
    std::size_t at = first_gap;
    for (std::size_t i = first_gap; i < keep.size(); ++i)
      if (keep[i] != 0) column[at++] = column[i];
    column = column.first(kept);
  }
  rows_.resize(kept);
}

RecordBatch RecordBatch::clone() const {
  RecordBatch copy(memory_);
  copy.rows_ = rows_;
  copy.now = now;
  copy.columns_.resize(columns_.size());
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (columns_[c].empty()) continue;
    copy.columns_[c] = arena().array<Value>(rows_.size());
    std::copy(columns_[c].begin(), columns_[c].end(), copy.columns_[c].begin());
  }
  return copy;
}

RecordBatch RecordBatch::gather(std::span<const std::uint32_t> indexes) const {
  RecordBatch picked(BatchMemory::child(memory_));
  picked.now = now;
  picked.rows_.reserve(indexes.size());
  for (const std::uint32_t i : indexes) {
    rows_[i].all_headers();
    picked.rows_.push_back(rows_[i]);
  }
  picked.columns_.resize(columns_.size());
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (columns_[c].empty()) continue;
    const Column target = picked.arena().array<Value>(indexes.size());
    for (std::size_t i = 0; i < indexes.size(); ++i) target[i] = columns_[c][indexes[i]];
    picked.columns_[c] = target;
  }
  return picked;
}

std::size_t RecordBatch::bytes() const noexcept {
  std::size_t total = 0;
  for (const Row& row : rows_) total += row.value.size() + row.key.size();
  return total;
}

}  // namespace leat::record
