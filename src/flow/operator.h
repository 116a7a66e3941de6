#pragma once

#include <cstdint>
#include <limits>

#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "flow/error_route.h"
#include "flow/event_time.h"
#include "flow/state_access.h"
#include "flow/stats.h"
#include "record/batch.h"

namespace leat::flow {

// Takes the output of an operator; what it does with it is done when emit() returns.
class Collector {
 public:
  virtual ~Collector() = default;
  virtual void emit(record::RecordBatch&& batch) = 0;
  // Rows for the step's side output; nobody may be reading it.
  virtual void emit_side(record::RecordBatch&& batch) { static_cast<void>(batch); }
};

struct OperatorContext {
  SliceId slice;
  std::uint32_t slices = 1;
  StepStats& stats;
  ErrorRoute& errors;            // takes the rows that fail
  SourceClock* clock = nullptr;  // of the source, for operators that work for one; null = none
  StateAccess* state = nullptr;  // of the pipeline; null = none of its steps keeps any
};

// Transforms batches on the thread of its task. Never blocks, never throws, never reads a clock,
// never learns the trigger. A row that fails is data: it goes to the error route and no further; a
// Status that is not ok fails the pipeline.
class Operator {
 public:
  virtual ~Operator() = default;
  virtual Status open(const OperatorContext& context) = 0;
  // 1…RecordBatch::kRowsMax rows; may consume `batch`. An operator that keeps nothing emits what is
  // left (nothing when empty). Counts its own in, out and drops.
  virtual Status process(record::RecordBatch& batch, Collector& out) = 0;
  // Event time has come so far at all inputs: closes windows, fires timers. Called with growing
  // times, behind all rows that came before.
  virtual Status on_watermark(const Watermark&, Collector&) { return {}; }
  // The wall clock has come so far: fires timers of processing time. Called when next_timer() is due,
  // and never while the epoch is being closed.
  virtual Status on_timer(WallTime now, Collector&) {
    static_cast<void>(now);
    return {};
  }
  // Whether it has such timers at all; fixed once open() returned.
  virtual bool has_timers() const noexcept { return false; }
  // When on_timer() is wanted; kNoTimer = never.
  static constexpr WallTime kNoTimer{std::numeric_limits<std::int64_t>::max()};
  virtual WallTime next_timer() const noexcept { return kNoTimer; }
  // Flushes per-epoch output and hands over what changed in its state, before the epoch is sealed.
  virtual Status on_epoch_end(EpochId, Collector&) { return {}; }
  virtual void close() noexcept {}
};

}  // namespace leat::flow
