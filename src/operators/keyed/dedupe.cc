#include "operators/keyed/dedupe.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace leat::operators {

using record::RecordBatch;
using record::Value;

Dedupe::Dedupe(std::shared_ptr<const DedupeWork> work)
    : work_(std::move(work)),
      reader_(work_->key),
      late_(work_->late == Late::side_output),
      tally_(Counting::every_row),
      key_(work_->key.columns.size()) {}

Status Dedupe::open(const flow::OperatorContext& context) {
  tally_.open(context);
  late_.open(context);
  return state_.open(work_->step, context);
}

Status Dedupe::process(RecordBatch& batch, flow::Collector& out) {
  tally_.enter(batch);
  state_.begin_batch();
  reader_.check(batch, tally_);
  judge(batch);
  late_.send(batch, out);
  reader_.name(tally_, batch.size());
  if (!reader_.keys().empty()) LEAT_RETURN_IF_ERROR(look(batch));
  if (work_->key.text_column) write_keys(batch);
  tally_.leave(batch);
  if (!batch.empty()) out.emit(std::move(batch));
  return {};
}

void Dedupe::judge(const RecordBatch& batch) {
  passes_.assign(batch.size(), 0);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!tally_.kept(i)) continue;
    const record::Row& row = batch.rows()[i];
    const std::int64_t mark = state_.mark(reader_.hash(i));
    const Lateness lateness{std::max(row.watermark_us, mark), row.watermark_us < mark};
    if (row.event_time_us + work_->within_us > lateness.watermark_us) continue;
    if (work_->late != Late::pass) {
      late_.take(i, row.event_time_us, lateness, tally_);
    } else {
      late_.pass(lateness);
      passes_[i] = 1;
    }
  }
}

Status Dedupe::look(const RecordBatch& batch) {
  state::Table& table = state_.table();
  entries_.assign(reader_.keys().size(), nullptr);
  LEAT_RETURN_IF_ERROR(table.find(reader_.keys(), true, entries_));
  for (std::size_t k = 0; k < entries_.size(); ++k) {
    const std::uint32_t row = reader_.rows()[k];
    if (passes_[row] != 0) continue;
    auto& firsts = *static_cast<FirstRows*>(entries_[k]->value);
    const std::int64_t time = batch.rows()[row].event_time_us;
    if (firsts.near(time, work_->within_us)) {
      tally_.drop(row, flow::DropReason::dedupe);
      continue;
    }
    firsts.add(time);
    table.changed(*entries_[k]);
  }
  // Late rows that go on leave nothing behind.
  const auto empty = [](const state::Entry* entry) {
    return static_cast<const FirstRows*>(entry->value)->empty();
  };
  entries_.erase(std::remove_if(entries_.begin(), entries_.end(), std::not_fn(empty)),
                 entries_.end());
  std::sort(entries_.begin(), entries_.end());
  entries_.erase(std::unique(entries_.begin(), entries_.end()), entries_.end());
  for (state::Entry* entry : entries_) table.erase(*entry);
  return table.end_batch();
}

void Dedupe::write_keys(RecordBatch& batch) {
  const record::Column texts = batch.make_column(*work_->key.text_column);
  for (const std::uint32_t row : reader_.rows()) {
    if (!tally_.kept(row)) continue;
    reader_.values(row, key_);
    const auto text = key_text(key_, std::nullopt, batch.arena(), scratch_);
    texts[row] = text ? Value::string(*text) : Value::null();
  }
}

Status Dedupe::on_watermark(const flow::Watermark& watermark, flow::Collector&) {
  const auto forget = [&](state::Entry& entry, std::int64_t time_us, bool& empty) -> Status {
    auto& firsts = *static_cast<FirstRows*>(entry.value);
    firsts.forget(time_us - kept_us(*work_));
    empty = firsts.empty();
    return {};
  };
  LEAT_RETURN_IF_ERROR(state_.each_due(watermark.us, forget));
  state_.set_mark(watermark.us);
  return {};
}

Status Dedupe::on_epoch_end(EpochId epoch, flow::Collector&) {
  state_.end_epoch(epoch);
  return {};
}

}  // namespace leat::operators
