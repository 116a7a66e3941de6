#include "operators/keyed/keyed_input.h"

#include <algorithm>

namespace leat::operators {

bool late_to_side(const AggregateWork& work) noexcept {
  return work.late == Late::side_output || (work.late == Late::update && work.too_late_to_side);
}

KeyedInput::KeyedInput(const AggregateWork& work)
    : reader_(work.key),
      tally_(Counting::every_row),
      arguments_(work.calls),
      late_(late_to_side(work)) {}

Status KeyedInput::open(const std::string& step, const flow::OperatorContext& context) {
  tally_.open(context);
  late_.open(context);
  return state_.open(step, context);
}

void KeyedInput::begin(const record::RecordBatch& batch) {
  tally_.enter(batch);
  state_.begin_batch();
  reader_.check(batch, tally_);
  arguments_.bind(batch);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!tally_.kept(i)) continue;
    if (const record::RowError* error = arguments_.error(i)) tally_.fail(i, batch, *error);
  }
}

Lateness KeyedInput::judge(const record::RecordBatch& batch, std::size_t row) const noexcept {
  const std::int64_t own = batch.rows()[row].watermark_us;
  const std::int64_t mark = state_.mark(reader_.hash(row));
  return own >= mark ? Lateness{own, false} : Lateness{mark, true};
}

Status KeyedInput::find(const record::RecordBatch& batch, flow::Collector& out) {
  late_.send(batch, out);
  reader_.name(tally_, batch.size());
  entries_.assign(reader_.keys().size(), nullptr);
  if (entries_.empty()) return {};
  return state_.table().find(reader_.keys(), true, entries_);
}

void KeyedInput::erase_if(const std::function<bool(const state::Entry&)>& empty) {
  empty_.clear();
  for (state::Entry* entry : entries_)
    if (empty(*entry)) empty_.push_back(entry);
  std::sort(empty_.begin(), empty_.end());
  empty_.erase(std::unique(empty_.begin(), empty_.end()), empty_.end());
  for (state::Entry* entry : empty_) state_.table().erase(*entry);
}

}  // namespace leat::operators
