#pragma once

#include <memory>
#include <vector>

#include "operators/keyed/keyed_input.h"
#include "operators/keyed/lookback_value.h"
#include "operators/keyed/row_writer.h"

namespace leat::operators {

// For every row the results over the rows of its key seen so far with times in (t − size, t],
// itself included; the row stays as it is but for them. States follow the newest row: calls that
// can retract pay for the rows that come and go, others for the span whenever a row leaves it; a
// row behind the newest pays for its span. A row is late when t + allowed_lateness is not after its
// watermark; rows are kept while one that is not late can see them. A row that fails is not
// remembered. Thread-confined.
class LookbackAggregate final : public flow::Operator {
 public:
  explicit LookbackAggregate(std::shared_ptr<const AggregateWork> work);
  Status open(const flow::OperatorContext& context) override;
  Status process(record::RecordBatch& batch, flow::Collector& out) override;
  Status on_watermark(const flow::Watermark& watermark, flow::Collector& out) override;
  Status on_timer(WallTime now, flow::Collector& out) override;
  bool has_timers() const noexcept override { return work_->window.processing_time; }
  WallTime next_timer() const noexcept override {
    return work_->window.processing_time ? WallTime{in_.next_due()} : kNoTimer;
  }
  Status on_epoch_end(EpochId epoch, flow::Collector& out) override;

 private:
  Status forget(std::int64_t up_to_us);
  void drop_late(const record::RecordBatch& batch);
  void take(const record::RecordBatch& batch, std::uint32_t row, state::Entry& entry);

  const std::shared_ptr<const AggregateWork> work_;
  const CallStates states_;
  KeyedInput in_;
  LookbackRows rows_;
  RowWriter writer_;
  std::int64_t clock_us_ = record::kNoTime;  // never goes back
  bool failed_ = false;                      // rows of the batch at hand
  std::vector<record::Value> key_;
};

}  // namespace leat::operators
