#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "operators/keyed/keyed_input.h"
#include "operators/keyed/made_rows.h"
#include "operators/keyed/row_writer.h"
#include "operators/keyed/window_value.h"

namespace leat::operators {

// An aggregate with tumbling, hopping or session windows, by event time or by the clock. What comes
// out depends on the order of the rows and on their own watermarks, not on batches or on how often
// the step's watermark is told: a row that finds its window closed by its own watermark makes what
// the close would have made first. A row that fails changes nothing.
//
// One state for each window a row falls into; hopping windows that are only read when they close
// (on_close, nothing kept behind it) have one for each pane of gcd(size, every), so that a row
// costs the same whatever size / every is. There an overflow shows when a window is put together:
// then that window's row fails. Values in panes fall back to windows where a row is late for a
// window that is still open here.
//
// A window is due at its end (on_close) or when it is kept no longer. By the clock, rows are taken
// at the time of their batch, but never before a time whose windows were closed. Thread-confined.
class WindowAggregate final : public flow::Operator {
 public:
  explicit WindowAggregate(std::shared_ptr<const AggregateWork> work);
  Status open(const flow::OperatorContext& context) override;
  Status process(record::RecordBatch& batch, flow::Collector& out) override;
  Status on_watermark(const flow::Watermark& watermark, flow::Collector& out) override;
  Status on_timer(WallTime now, flow::Collector& out) override;
  bool has_timers() const noexcept override { return work_->window.processing_time; }
  WallTime next_timer() const noexcept override;
  Status on_epoch_end(EpochId epoch, flow::Collector& out) override;

 private:
  // A row on its way into its windows.
  struct Taken {
    const record::RecordBatch& batch;
    std::uint32_t row = 0;
    state::Entry& entry;
    WindowValue& value;
    std::int64_t time_us = 0;
    Lateness lateness;
    std::uint64_t made = 0;  // rows that it became so far
  };
  // An identity of which a tombstone is to be made at the end of the epoch.
  struct Gone {
    std::uint64_t hash = 0;
    std::string key;
    WindowTimes window;
  };

  std::int64_t time_of(const record::Row& row) const noexcept {
    return work_->window.processing_time ? clock_us_ : row.event_time_us;
  }
  Lateness judge(const record::RecordBatch& batch, std::size_t row) const noexcept;
  bool is_late(std::int64_t end_us, const Lateness& lateness) const noexcept {
    return end_us + rules_.lateness_us() <= lateness.watermark_us;
  }
  bool is_closed(std::int64_t end_us, const Lateness& lateness) const noexcept {
    return end_us <= lateness.watermark_us;
  }
  void drop_late(const record::RecordBatch& batch);
  Status take_rows(const record::RecordBatch& batch, flow::Collector& out);

  Status take(Taken& taken, flow::Collector& out);
  // The first window of the row that it is not late for.
  std::int64_t first_start(const Taken& taken) const noexcept;
  Status take_in_windows(Taken& taken, flow::Collector& out);
  void take_in_pane(Taken& taken);
  // Whether the row is in time for some windows that are open here only.
  bool needs_windows(const Taken& taken) const noexcept;
  Status take_in_session(Taken& taken, flow::Collector& out);
  // The sessions of the key that the row belongs to, by index, the first first.
  void find_sessions(const Taken& taken);
  // The states of `joined_` as one, to which the row can be added: null = `fails` says why not.
  void* join_sessions(const Taken& taken, const record::RowError*& fails);
  OpenWindow& settle_session(Taken& taken, void* block, const WindowTimes& times);
  void fail(const Taken& taken, const record::RowError& error) {
    in_.tally().fail(taken.row, taken.batch, error);
    failed_ = true;
  }

  // The window closed without having been told of.
  Status tell_close(const state::Entry& entry, OpenWindow& window, flow::Collector& out);
  // The same, as a row finds it.
  Status tell_unheard(const Taken& taken, OpenWindow& window, flow::Collector& out);
  // The row was added to the window: what comes out of that now.
  Status tell_row(Taken& taken, OpenWindow& window, flow::Collector& out);
  Status split(Taken& taken, const WindowTimes& window, const void* block, flow::Collector& out);
  Status tell_gone(Taken& taken, flow::Collector& out);

  // How far the clock goes on behind an end before it closes the window: a row at the very end of a
  // session belongs to it.
  std::int64_t behind_end() const noexcept { return rules_.session() ? 1 : 0; }
  // Closes what is due up to the time.
  Status close(std::int64_t up_to_us, flow::Collector& out);
  Status close_windows(state::Entry& entry, std::int64_t time_us, flow::Collector& out);
  Status close_panes(state::Entry& entry, std::int64_t time_us, flow::Collector& out);
  Status tell_changes(EpochId epoch, flow::Collector& out);

  const std::shared_ptr<const AggregateWork> work_;
  const CallStates states_;
  const WindowRules rules_;
  const bool per_record_;
  const bool in_place_;  // every row that is applied becomes one row
  KeyedInput in_;
  RowWriter writer_;
  MadeRows made_;
  SplitRows split_;
  OwnBlock none_;   // of no rows
  OwnBlock whole_;  // a window put together of panes
  flow::ErrorRoute* errors_ = nullptr;
  std::int64_t clock_us_ = record::kNoTime;
  std::int64_t closed_us_ = record::kNoTime;  // by the clock
  bool failed_ = false;                       // rows of the batch at hand
  std::vector<record::Value> key_;
  std::vector<std::size_t> joined_;
  std::vector<OpenWindow> absorbed_;
  std::vector<Gone> gone_;
};

}  // namespace leat::operators
