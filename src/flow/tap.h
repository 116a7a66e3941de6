#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/counters.h"
#include "base/spsc_ring.h"
#include "record/batch.h"
#include "record/layout.h"

namespace leat::flow {

// A row as a tap shows it.
struct TapRow {
  std::string value;  // JSON text, or text for other formats; "null" for a tombstone
  std::string key;
  bool key_null = false;
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
};

// Shows a sample of the rows that leave one step of one task to one reader thread; drops rather
// than slows. The worker pays one relaxed load per batch while nobody looks.
class TapPoint {
 public:
  static constexpr std::size_t kRowsMax = 1024;

  TapPoint() : rows_(kRowsMax) {}
  bool wanted() const noexcept { return wanted_.load(std::memory_order_relaxed); }
  void want(bool on) noexcept { wanted_.store(on, std::memory_order_relaxed); }
  // Worker thread. Rows beyond the room are counted as dropped and cost nothing more.
  void offer(const record::RecordBatch& batch, record::RowEncoder& encoder);
  // Reader thread.
  bool take(TapRow& out);
  std::uint64_t dropped() const noexcept { return dropped_.value(); }

 private:
  void show(const record::RecordBatch& batch, record::RowEncoder& encoder);

  std::atomic<bool> wanted_{false};
  base::SpscRing<TapRow> rows_;
  std::atomic<std::size_t> waiting_{0};
  base::Counter dropped_;
};

}  // namespace leat::flow
