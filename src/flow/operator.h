#pragma once

#include "base/ids.h"
#include "base/status.h"
#include "flow/error_route.h"
#include "flow/event_time.h"
#include "flow/stats.h"
#include "record/batch.h"

namespace leat::flow {

// Takes the output of an operator; what it does with it is done when emit() returns.
class Collector {
 public:
  virtual ~Collector() = default;
  virtual void emit(record::RecordBatch&& batch) = 0;
};

struct OperatorContext {
  SliceId slice;
  std::uint32_t slices = 1;
  StepStats& stats;
  ErrorRoute& errors;            // takes the rows that fail
  SourceClock* clock = nullptr;  // of the source, for operators that work for one; null = none
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
  // Flushes per-epoch output, before the epoch is sealed.
  virtual Status on_epoch_end(EpochId, Collector&) { return {}; }
  virtual void close() noexcept {}
};

}  // namespace leat::flow
