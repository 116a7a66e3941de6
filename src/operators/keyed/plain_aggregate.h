#pragma once

#include <memory>
#include <vector>

#include "operators/keyed/keyed_input.h"
#include "operators/keyed/made_rows.h"
#include "operators/keyed/plain_value.h"
#include "operators/keyed/row_writer.h"

namespace leat::operators {

// An aggregate without a window. A row that fails (no usable key, an argument that is an error, a
// call that cannot take it) changes nothing. With `ttl` the state of a key counts as absent once
// that long passed since the last row applied to it; it is taken away in small steps at the ends of
// epochs. Thread-confined.
class PlainAggregate final : public flow::Operator {
 public:
  explicit PlainAggregate(std::shared_ptr<const AggregateWork> work);
  Status open(const flow::OperatorContext& context) override;
  Status process(record::RecordBatch& batch, flow::Collector& out) override;
  Status on_watermark(const flow::Watermark& watermark, flow::Collector& out) override;
  Status on_epoch_end(EpochId epoch, flow::Collector& out) override;

 private:
  // Looked at for what expired, each epoch.
  static constexpr std::size_t kSweep = 4096;

  void apply(const record::RecordBatch& batch, std::size_t row, state::Entry& entry);
  void emit(std::size_t row, const PlainValue& value, base::Arena& arena);
  void erase_empty();
  bool expired(const PlainValue& value) const noexcept;
  Status tell(EpochId epoch, flow::Collector& out);
  Status sweep();

  const std::shared_ptr<const AggregateWork> work_;
  const CallStates states_;
  const std::int64_t ttl_ms_;
  KeyedInput in_;
  RowWriter writer_;
  MadeRows made_;
  std::int64_t watermark_us_ = record::kNoTime;
  std::int64_t now_ms_ = 0;
  bool changed_ = false;  // in the open epoch
  bool failed_ = false;   // rows of the batch at hand
  std::vector<record::Value> key_;
};

}  // namespace leat::operators
