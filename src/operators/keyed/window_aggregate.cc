#include "operators/keyed/window_aggregate.h"

#include <algorithm>
#include <utility>

namespace leat::operators {

using record::RecordBatch;

WindowAggregate::WindowAggregate(std::shared_ptr<const AggregateWork> work)
    : work_(std::move(work)),
      states_(work_->calls),
      rules_(*work_),
      per_record_(work_->emit == Emit::per_record),
      in_place_(per_record_ && work_->window.kind == Window::Kind::tumbling),
      in_(*work_),
      writer_(*work_),
      made_(*work_, states_),
      split_(*work_, states_),
      none_(states_),
      whole_(states_),
      key_(work_->key.columns.size()) {}

Status WindowAggregate::open(const flow::OperatorContext& context) {
  errors_ = &context.errors;
  made_.open(context);
  split_.open(context);
  return in_.open(work_->step, context);
}

Lateness WindowAggregate::judge(const RecordBatch& batch, std::size_t row) const noexcept {
  return work_->window.processing_time ? Lateness{} : in_.judge(batch, row);
}

Status WindowAggregate::process(RecordBatch& batch, flow::Collector& out) {
  clock_us_ = std::max(batch.now.us, closed_us_);
  made_.set_now(batch.now);
  in_.begin(batch);
  if (!rules_.session()) drop_late(batch);
  LEAT_RETURN_IF_ERROR(in_.find(batch, out));
  if (in_place_) writer_.bind(batch);
  LEAT_RETURN_IF_ERROR(take_rows(batch, out));
  in_.send_late(batch, out);
  if (in_place_) {
    in_.tally().leave(batch);
    if (!batch.empty()) out.emit(std::move(batch));
    return {};
  }
  made_.flush(out);
  split_.flush(batch, out);
  return {};
}

// A row is late when it is for the last of its windows. Where there are gaps between windows a row
// may have none at all.
void WindowAggregate::drop_late(const RecordBatch& batch) {
  const WindowGrid& grid = rules_.grid();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!in_.tally().kept(i)) continue;
    const std::int64_t time = time_of(batch.rows()[i]);
    const Lateness lateness = judge(batch, i);
    if (is_late(grid.last_start(time) + grid.size_us, lateness)) in_.late(i, time, lateness);
  }
}

Status WindowAggregate::take_rows(const RecordBatch& batch, flow::Collector& out) {
  if (in_.rows().empty()) return {};
  failed_ = false;
  for (std::size_t i = 0; i < in_.rows().size(); ++i) {
    const std::uint32_t row = in_.rows()[i];
    state::Entry& entry = *in_.entries()[i];
    Taken taken{batch,
                row,
                entry,
                *static_cast<WindowValue*>(entry.value),
                time_of(batch.rows()[row]),
                judge(batch, row)};
    LEAT_RETURN_IF_ERROR(take(taken, out));
  }
  if (failed_)
    in_.erase_if([](const state::Entry& entry) {
      return static_cast<const WindowValue*>(entry.value)->empty();
    });
  return in_.table().end_batch();
}

Status WindowAggregate::tell_close(const state::Entry& entry, OpenWindow& window,
                                   flow::Collector& out) {
  window.clear(OpenWindow::kPending | OpenWindow::kChanged);
  window.set(OpenWindow::kTold);
  return made_.add({.hash = entry.hash,
                    .key = entry.key,
                    .window = WindowTimes{window.start_us, window.end_us},
                    .event_us = 0,
                    .watermark_us = in_.mark(entry.hash),
                    .epoch = std::nullopt,
                    .block = window.block},
                   out);
}

Status WindowAggregate::tell_unheard(const Taken& taken, OpenWindow& window, flow::Collector& out) {
  split_.flush(taken.batch, out);  // what came before
  return tell_close(taken.entry, window, out);
}

Status WindowAggregate::split(Taken& taken, const WindowTimes& window, const void* block,
                              flow::Collector& out) {
  made_.flush(out);  // what came before
  in_.reader().values(taken.row, key_);
  if (split_.add(taken.batch, taken.row, taken.made++, key_, window, block))
    split_.flush(taken.batch, out);
  return {};
}

Status WindowAggregate::tell_row(Taken& taken, OpenWindow& window, flow::Collector& out) {
  window.set(OpenWindow::kPending);
  const bool closed = is_closed(window.end_us, taken.lateness);
  if (!closed && !per_record_) {
    if (work_->emit == Emit::per_batch) window.set(OpenWindow::kChanged);
    return {};
  }
  if (closed) window.clear(OpenWindow::kPending | OpenWindow::kChanged);
  window.set(OpenWindow::kTold);
  const WindowTimes times{window.start_us, window.end_us};
  if (!in_place_) return split(taken, times, window.block, out);
  base::Arena& arena = taken.batch.arena();
  for (std::size_t c = 0; c < states_.size(); ++c)
    writer_.result(taken.row, c, states_.function(c).result(states_.of(window.block, c), arena));
  in_.reader().values(taken.row, key_);
  writer_.identity(taken.row, key_, times, 0);
  return {};
}

Status WindowAggregate::on_watermark(const flow::Watermark& watermark, flow::Collector& out) {
  // At the end of time windows by the clock close too.
  if (!work_->window.processing_time || KeyedState::at_end(watermark.us))
    LEAT_RETURN_IF_ERROR(close(watermark.us, out));
  if (!work_->window.processing_time) in_.state().set_mark(watermark.us);
  return {};
}

Status WindowAggregate::on_timer(WallTime now, flow::Collector& out) {
  made_.set_now(now);
  closed_us_ = std::max(closed_us_, now.us);
  return close(now.us - behind_end(), out);
}

WallTime WindowAggregate::next_timer() const noexcept {
  const std::int64_t due = in_.next_due();
  if (!work_->window.processing_time || due == state::kNeverDue) return kNoTimer;
  return WallTime{due + behind_end()};
}

Status WindowAggregate::close(std::int64_t up_to_us, flow::Collector& out) {
  const auto look = [&](state::Entry& entry, std::int64_t time_us, bool& empty) -> Status {
    auto& value = *static_cast<WindowValue*>(entry.value);
    LEAT_RETURN_IF_ERROR(value.panes ? close_panes(entry, time_us, out)
                                     : close_windows(entry, time_us, out));
    empty = value.empty();
    return {};
  };
  LEAT_RETURN_IF_ERROR(in_.state().each_due(up_to_us, look));
  made_.flush(out);
  return {};
}

Status WindowAggregate::close_windows(state::Entry& entry, std::int64_t time_us,
                                      flow::Collector& out) {
  auto& value = *static_cast<WindowValue*>(entry.value);
  for (std::size_t i = 0; i < value.windows().size();) {
    OpenWindow& window = value.windows()[i];
    const bool over = window.end_us + rules_.lateness_us() <= time_us;
    const bool closes =
        rules_.on_close() && window.has(OpenWindow::kPending) && window.end_us <= time_us;
    // The end of the epoch would not find it any more.
    if (closes || (over && window.has(OpenWindow::kChanged)))
      LEAT_RETURN_IF_ERROR(tell_close(entry, window, out));
    if (over)
      value.remove(states_, i);
    else
      ++i;
  }
  return {};
}

Status WindowAggregate::close_panes(state::Entry& entry, std::int64_t time_us,
                                    flow::Collector& out) {
  auto& value = *static_cast<WindowValue*>(entry.value);
  for (std::int64_t end = rules_.next_end(value); end <= time_us; end = rules_.next_end(value)) {
    whole_.reset();
    OpenWindow window{end - rules_.grid().size_us, end, whole_.get()};
    if (const auto* error = rules_.join_panes(states_, value, end, window.block)) {
      const MadeRows::Row row{.hash = entry.hash,
                              .key = entry.key,
                              .window = WindowTimes{window.start_us, window.end_us},
                              .event_us = 0,
                              .watermark_us = in_.mark(entry.hash),
                              .epoch = std::nullopt,
                              .block = nullptr};
      LEAT_RETURN_IF_ERROR(made_.fail(row, *error, *errors_));
    } else {
      LEAT_RETURN_IF_ERROR(tell_close(entry, window, out));
    }
    rules_.close_panes(states_, value, end);
  }
  return {};
}

Status WindowAggregate::on_epoch_end(EpochId epoch, flow::Collector& out) {
  if (work_->emit == Emit::per_batch) LEAT_RETURN_IF_ERROR(tell_changes(epoch, out));
  in_.state().end_epoch(epoch);
  return {};
}

Status WindowAggregate::tell_changes(EpochId epoch, flow::Collector& out) {
  Status status;
  const auto add = [&](const state::Entry& entry, const WindowTimes& times, const void* block) {
    status = made_.add({.hash = entry.hash,
                        .key = entry.key,
                        .window = times,
                        .event_us = 0,
                        .watermark_us = in_.mark(entry.hash),
                        .epoch = epoch,
                        .block = block},
                       out);
  };
  const auto visit = [&](const state::Entry& entry) {
    for (OpenWindow& window : static_cast<WindowValue*>(entry.value)->windows()) {
      if (!status.ok() || !window.has(OpenWindow::kChanged)) continue;
      window.clear(OpenWindow::kChanged);
      window.set(OpenWindow::kTold);
      add(entry, {window.start_us, window.end_us}, window.block);
    }
  };
  LEAT_RETURN_IF_ERROR(in_.table().visit(state::Table::Which::changed, visit));
  for (const Gone& gone : gone_)
    if (status.ok()) add({gone.hash, gone.key}, gone.window, nullptr);
  gone_.clear();
  LEAT_RETURN_IF_ERROR(std::move(status));
  made_.flush(out);
  return {};
}

}  // namespace leat::operators
