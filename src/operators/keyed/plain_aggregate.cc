#include "operators/keyed/plain_aggregate.h"

#include <algorithm>
#include <utility>

namespace leat::operators {

using record::RecordBatch;

PlainAggregate::PlainAggregate(std::shared_ptr<const AggregateWork> work)
    : work_(std::move(work)),
      states_(work_->calls),
      ttl_ms_((work_->ttl_us + 999) / 1000),
      in_(*work_),
      writer_(*work_),
      made_(*work_, states_),
      key_(work_->key.columns.size()) {}

Status PlainAggregate::open(const flow::OperatorContext& context) {
  made_.open(context);
  return in_.open(work_->step, context);
}

bool PlainAggregate::expired(const PlainValue& value) const noexcept {
  return ttl_ms_ != 0 && value.applied_ms != record::kNoTime &&
         now_ms_ - value.applied_ms >= ttl_ms_;
}

Status PlainAggregate::process(RecordBatch& batch, flow::Collector& out) {
  now_ms_ = std::max(now_ms_, floor_ms(batch.now.us));
  made_.set_now(batch.now);
  in_.begin(batch);
  LEAT_RETURN_IF_ERROR(in_.find(batch, out));
  const bool emits = work_->emit == Emit::per_record;
  if (emits) writer_.bind(batch);
  failed_ = false;
  for (std::size_t i = 0; i < in_.rows().size(); ++i)
    apply(batch, in_.rows()[i], *in_.entries()[i]);
  if (failed_) erase_empty();
  if (!in_.rows().empty()) LEAT_RETURN_IF_ERROR(in_.table().end_batch());
  if (!emits) return {};
  in_.tally().leave(batch);
  if (!batch.empty()) out.emit(std::move(batch));
  return {};
}

void PlainAggregate::apply(const RecordBatch& batch, std::size_t row, state::Entry& entry) {
  auto& value = *static_cast<PlainValue*>(entry.value);
  if (expired(value)) {
    states_.destroy(value.block());
    states_.make(value.block());
    value.applied_ms = record::kNoTime;
  }
  if (const auto* error = check_row(states_, value.block(), in_.arguments(), row)) {
    failed_ = true;
    return in_.tally().fail(row, batch, *error);
  }
  const record::Row& source = batch.rows()[row];
  add_row(states_, value.block(), in_.arguments(), row, place_of(source));
  value.applied_ms = now_ms_;
  value.event_us = source.event_time_us;
  in_.table().changed(entry);
  changed_ = true;
  if (work_->emit == Emit::per_record) emit(row, value, batch.arena());
}

void PlainAggregate::emit(std::size_t row, const PlainValue& value, base::Arena& arena) {
  for (std::size_t c = 0; c < states_.size(); ++c)
    writer_.result(row, c, states_.function(c).result(states_.of(value.block(), c), arena));
  in_.reader().values(row, key_);
  writer_.identity(row, key_, std::nullopt, value.event_us);
}

// Keys that only rows came for that failed.
void PlainAggregate::erase_empty() {
  in_.erase_if([](const state::Entry& entry) {
    return static_cast<const PlainValue*>(entry.value)->applied_ms == record::kNoTime;
  });
}

Status PlainAggregate::on_watermark(const flow::Watermark& watermark, flow::Collector&) {
  if (!KeyedState::at_end(watermark.us)) watermark_us_ = watermark.us;
  in_.state().set_mark(watermark.us);
  return {};
}

Status PlainAggregate::on_epoch_end(EpochId epoch, flow::Collector& out) {
  const bool tells = work_->emit == Emit::per_batch || work_->emit == Emit::complete;
  if (tells && std::exchange(changed_, false)) LEAT_RETURN_IF_ERROR(tell(epoch, out));
  if (ttl_ms_ != 0) LEAT_RETURN_IF_ERROR(sweep());
  in_.state().end_epoch(epoch);
  return {};
}

Status PlainAggregate::tell(EpochId epoch, flow::Collector& out) {
  using Which = state::Table::Which;
  Status status;
  const auto visit = [&](const state::Entry& entry) {
    const auto& value = *static_cast<const PlainValue*>(entry.value);
    if (!status.ok() || expired(value)) return;
    status = made_.add({.hash = entry.hash,
                        .key = entry.key,
                        .window = std::nullopt,
                        .event_us = value.event_us,
                        .watermark_us = watermark_us_,
                        .epoch = epoch,
                        .block = value.block()},
                       out);
  };
  const Which which = work_->emit == Emit::complete ? Which::all : Which::changed;
  LEAT_RETURN_IF_ERROR(in_.table().visit(which, visit));
  LEAT_RETURN_IF_ERROR(std::move(status));
  made_.flush(out);
  return {};
}

Status PlainAggregate::sweep() {
  LEAT_RETURN_IF_ERROR(in_.table().sweep(kSweep, [&](const state::Entry& entry) {
    return !expired(*static_cast<const PlainValue*>(entry.value));
  }));
  return in_.table().end_batch();
}

}  // namespace leat::operators
