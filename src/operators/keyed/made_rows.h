#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/operator.h"
#include "operators/keyed/call_states.h"
#include "operators/keyed/row_writer.h"

namespace leat::operators {

// Rows that leave an aggregate though no record came for them: because a window closed, or an epoch
// ended. Batches of at most RecordBatch::kRowsMax rows with memory of their own. Counts what
// leaves. Thread-confined.
class MadeRows {
 public:
  // `states` outlives it.
  MadeRows(const AggregateWork& work, const CallStates& states);
  void open(const flow::OperatorContext& context) noexcept { stats_ = &context.stats; }
  // What now() is for rows made from now on.
  void set_now(WallTime now) noexcept { now_ = now; }

  struct Row {
    std::uint64_t hash = 0;
    std::string_view key;               // as the table has it
    std::optional<WindowTimes> window;  // else `event_us` counts
    std::int64_t event_us = 0;
    std::int64_t watermark_us = record::kNoTime;
    std::optional<EpochId> epoch;  // whose end makes it; else the window's close
    const void* block = nullptr;   // null = a tombstone
  };
  // Emits a batch when it is full. data_loss: the key's bytes are none.
  Status add(const Row& row, flow::Collector& out);
  // The row cannot be put together: it fails, with its key and window. data_loss as above.
  Status fail(const Row& row, const record::RowError& error, flow::ErrorRoute& errors);
  // Emits what is there.
  void flush(flow::Collector& out);
  bool empty() const noexcept { return staged_.empty(); }

 private:
  struct Staged {
    std::optional<WindowTimes> window;
    std::int64_t event_us = 0;
    std::int64_t watermark_us = 0;
    std::uint64_t hash = 0;
    bool tombstone = false;
    const std::string_view* made_as = nullptr;
  };
  const std::string_view* name(const Row& row, base::Arena& arena) const;

  const CallStates& states_;
  const std::string step_;
  const KeyWork key_;
  const std::unique_ptr<record::RowEncoder> key_encoder_;  // null = none
  RowWriter writer_;
  flow::StepStats* stats_ = nullptr;
  WallTime now_;
  base::Ref<record::BatchMemory> memory_;
  std::vector<Staged> staged_;
  std::vector<record::Value> keys_;     // row by row
  std::vector<record::Value> results_;  // row by row
};

// Rows that leave an aggregate because of rows of the batch at hand, which may become several:
// those of each window, and tombstones behind them. They carry the identity of their record. Counts
// what leaves. Thread-confined.
class SplitRows {
 public:
  // How many rows one row may become here.
  static constexpr int kBits = 12;

  SplitRows(const AggregateWork& work, const CallStates& states);
  void open(const flow::OperatorContext& context) noexcept { stats_ = &context.stats; }
  // The row `row` of the batch becomes this too; `position` counts from 0 for each row. `block`
  // null = a tombstone. True: there are RecordBatch::kRowsMax now, flush() is due.
  bool add(const record::RecordBatch& batch, std::uint32_t row, std::uint64_t position,
           std::span<const record::Value> key, const WindowTimes& window, const void* block);
  void flush(const record::RecordBatch& batch, flow::Collector& out);

 private:
  struct Staged {
    WindowTimes window;
    std::uint64_t position = 0;
    bool tombstone = false;
  };
  record::RecordBatch pick(const record::RecordBatch& batch) const;

  const CallStates& states_;
  const std::size_t fields_;
  const bool keep_row_;
  const bool several_;
  RowWriter writer_;
  flow::StepStats* stats_ = nullptr;
  std::vector<std::uint32_t> rows_;
  std::vector<Staged> staged_;
  std::vector<record::Value> keys_;
  std::vector<record::Value> results_;
};

}  // namespace leat::operators
