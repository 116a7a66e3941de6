#include "flow/tap.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <vector>

namespace leat::flow {

void TapPoint::offer(const record::RecordBatch& batch, record::RowEncoder& encoder) {
  const std::size_t room = kRowsMax - waiting_.load(std::memory_order_acquire);
  if (room >= batch.size()) {
    show(batch, encoder);
    return;
  }
  dropped_.add(batch.size() - room);
  if (room == 0) return;
  std::vector<std::uint32_t> first(room);
  std::iota(first.begin(), first.end(), 0U);
  show(batch.gather(first), encoder);
}

void TapPoint::show(const record::RecordBatch& batch, record::RowEncoder& encoder) {
  std::vector<std::string_view> values(batch.size());
  std::vector<const record::RowError*> errors(batch.size(), nullptr);
  encoder.encode(batch, values, errors);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (errors[i] != nullptr) continue;
    const record::Row& row = batch.rows()[i];
    TapRow shown;
    shown.value = row.tombstone() ? std::string("null") : std::string(values[i]);
    shown.key = std::string(row.key);
    shown.key_null = row.null_key();
    if (row.origin != nullptr) {
      shown.topic = row.origin->topic;
      shown.partition = row.origin->partition.value();
    }
    shown.offset = row.offset;
    shown.timestamp_ms = row.timestamp_ms;
    if (rows_.try_push(shown)) waiting_.fetch_add(1, std::memory_order_release);
  }
}

bool TapPoint::take(TapRow& out) {
  if (!rows_.try_pop(out)) return false;
  waiting_.fetch_sub(1, std::memory_order_release);
  return true;
}

}  // namespace leat::flow
