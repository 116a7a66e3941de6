#include "operators/keyed/lookback_aggregate.h"

#include <algorithm>
#include <utility>

namespace leat::operators {

using record::RecordBatch;
using record::RowError;

LookbackAggregate::LookbackAggregate(std::shared_ptr<const AggregateWork> work)
    : work_(std::move(work)),
      states_(work_->calls),
      in_(*work_),
      rows_(*work_, states_),
      writer_(*work_),
      key_(work_->key.columns.size()) {}

Status LookbackAggregate::open(const flow::OperatorContext& context) {
  return in_.open(work_->step, context);
}

Status LookbackAggregate::process(RecordBatch& batch, flow::Collector& out) {
  clock_us_ = std::max(clock_us_, batch.now.us);
  in_.begin(batch);
  if (!work_->window.processing_time) drop_late(batch);
  LEAT_RETURN_IF_ERROR(in_.find(batch, out));
  writer_.bind(batch);
  failed_ = false;
  for (std::size_t i = 0; i < in_.rows().size(); ++i) take(batch, in_.rows()[i], *in_.entries()[i]);
  if (failed_)
    in_.erase_if([](const state::Entry& entry) {
      return static_cast<const LookbackValue*>(entry.value)->empty();
    });
  if (!in_.rows().empty()) LEAT_RETURN_IF_ERROR(in_.table().end_batch());
  in_.tally().leave(batch);
  if (!batch.empty()) out.emit(std::move(batch));
  return {};
}

void LookbackAggregate::drop_late(const RecordBatch& batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!in_.tally().kept(i)) continue;
    const std::int64_t time = batch.rows()[i].event_time_us;
    const Lateness lateness = in_.judge(batch, i);
    if (time + work_->allowed_lateness_us <= lateness.watermark_us) in_.late(i, time, lateness);
  }
}

void LookbackAggregate::take(const RecordBatch& batch, std::uint32_t row, state::Entry& entry) {
  auto& value = *static_cast<LookbackValue*>(entry.value);
  RowPlace place = place_of(batch.rows()[row]);
  if (work_->window.processing_time) place.event_time_us = clock_us_;
  const RowError* error = nullptr;
  void* const block = rows_.span_of(value, place.event_time_us, error);
  if (error == nullptr) error = check_row(states_, block, in_.arguments(), row);
  if (error != nullptr) {
    failed_ = true;
    return in_.tally().fail(row, batch, *error);
  }
  rows_.add(value, in_.arguments(), row, place);
  in_.table().changed(entry);
  for (std::size_t c = 0; c < states_.size(); ++c)
    writer_.result(row, c, states_.function(c).result(states_.of(block, c), batch.arena()));
  in_.reader().values(row, key_);
  writer_.identity(row, key_, std::nullopt, place.event_time_us);
}

Status LookbackAggregate::on_watermark(const flow::Watermark& watermark, flow::Collector&) {
  if (!work_->window.processing_time || KeyedState::at_end(watermark.us))
    LEAT_RETURN_IF_ERROR(forget(watermark.us));
  if (!work_->window.processing_time) in_.state().set_mark(watermark.us);
  return {};
}

Status LookbackAggregate::on_timer(WallTime now, flow::Collector&) {
  clock_us_ = std::max(clock_us_, now.us);
  return forget(now.us);
}

Status LookbackAggregate::forget(std::int64_t up_to_us) {
  const std::int64_t kept_us = work_->window.size_us + work_->allowed_lateness_us;
  return in_.state().each_due(
      up_to_us, [&](state::Entry& entry, std::int64_t time_us, bool& empty) -> Status {
        auto& value = *static_cast<LookbackValue*>(entry.value);
        rows_.forget(value, time_us - kept_us);
        empty = value.empty();
        return {};
      });
}

Status LookbackAggregate::on_epoch_end(EpochId epoch, flow::Collector&) {
  in_.state().end_epoch(epoch);
  return {};
}

}  // namespace leat::operators
