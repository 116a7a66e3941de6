// How rows come into their windows.
#include <algorithm>
#include <utility>

#include "operators/keyed/window_aggregate.h"

namespace leat::operators {

using record::RowError;

Status WindowAggregate::take(Taken& taken, flow::Collector& out) {
  if (rules_.session()) return take_in_session(taken, out);
  if (taken.value.panes) {
    if (!needs_windows(taken)) {
      take_in_pane(taken);
      return {};
    }
    if (const RowError* error = rules_.split_panes(states_, taken.value)) {
      fail(taken, *error);
      return {};
    }
  }
  return take_in_windows(taken, out);
}

std::int64_t WindowAggregate::first_start(const Taken& taken) const noexcept {
  const WindowGrid& grid = rules_.grid();
  const std::int64_t first = grid.first_start(taken.time_us);
  if (taken.lateness.watermark_us == record::kNoTime) return first;
  const std::int64_t gone = taken.lateness.watermark_us - rules_.lateness_us() - grid.size_us;
  return std::max(first, grid.floor(gone, grid.every_us) + grid.every_us);
}

Status WindowAggregate::take_in_windows(Taken& taken, flow::Collector& out) {
  const WindowGrid& grid = rules_.grid();
  const std::int64_t first = first_start(taken);
  const std::int64_t last = grid.last_start(taken.time_us);
  WindowValue& value = taken.value;
  for (std::int64_t start = first; start <= last; start += grid.every_us) {
    const OpenWindow* window = value.find(start);
    const void* block = window != nullptr ? window->block : none_.get();
    if (const RowError* error = check_row(states_, block, in_.arguments(), taken.row)) {
      fail(taken, *error);
      return {};
    }
  }
  for (std::int64_t start = first; start <= last; start += grid.every_us) {
    OpenWindow* window = value.find(start);
    if (window == nullptr) window = &value.insert(states_, start, start + grid.size_us);
    const bool unheard = rules_.on_close() && window->has(OpenWindow::kPending);
    if (unheard && is_closed(window->end_us, taken.lateness))
      LEAT_RETURN_IF_ERROR(tell_unheard(taken, *window, out));
    add_row(states_, window->block, in_.arguments(), taken.row,
            place_of(taken.batch.rows()[taken.row]));
    LEAT_RETURN_IF_ERROR(tell_row(taken, *window, out));
  }
  in_.table().changed(taken.entry);
  return {};
}

bool WindowAggregate::needs_windows(const Taken& taken) const noexcept {
  const WindowGrid& grid = rules_.grid();
  const std::int64_t late_end = first_start(taken) - grid.every_us + grid.size_us;
  if (late_end - grid.size_us < grid.first_start(taken.time_us)) return false;  // late for none
  return late_end > in_.mark(taken.entry.hash);
}

void WindowAggregate::take_in_pane(Taken& taken) {
  const WindowGrid& grid = rules_.grid();
  const std::int64_t start = grid.floor(taken.time_us, grid.pane_us());
  WindowValue& value = taken.value;
  OpenWindow* pane = value.find(start);
  const void* block = pane != nullptr ? pane->block : none_.get();
  if (const RowError* error = check_row(states_, block, in_.arguments(), taken.row))
    return fail(taken, *error);
  if (pane == nullptr) pane = &value.insert(states_, start, start + grid.pane_us());
  add_row(states_, pane->block, in_.arguments(), taken.row,
          place_of(taken.batch.rows()[taken.row]));
  value.closed_us = std::max(value.closed_us, in_.mark(taken.entry.hash));
  in_.table().changed(taken.entry);
}

void WindowAggregate::find_sessions(const Taken& taken) {
  joined_.clear();
  const std::int64_t gap = work_->window.size_us;
  const std::span<const OpenWindow> sessions = taken.value.windows();
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    const bool near =
        taken.time_us >= sessions[i].start_us - gap && taken.time_us <= sessions[i].end_us;
    if (near && !is_late(sessions[i].end_us, taken.lateness)) joined_.push_back(i);
  }
}

// Of one session the states themselves; of several new ones, so that nothing changes if the row
// fails. Without any, those of a new session.
void* WindowAggregate::join_sessions(const Taken& taken, const RowError*& fails) {
  WindowValue& value = taken.value;
  if (joined_.size() == 1) {
    void* const block = value.windows()[joined_.front()].block;
    fails = check_row(states_, block, in_.arguments(), taken.row);
    return block;
  }
  void* const block = value.slot(states_);
  states_.make(block);
  fails = nullptr;
  for (const std::size_t i : joined_) {
    const void* const from = value.windows()[i].block;
    if (fails == nullptr) fails = states_.check_merge(block, from);
    if (fails == nullptr) states_.merge(block, from);
  }
  if (fails == nullptr) fails = check_row(states_, block, in_.arguments(), taken.row);
  if (fails == nullptr) return block;
  states_.destroy(block);
  value.give_back(block);
  return nullptr;
}

// The joined sessions make way for the one at `block`.
OpenWindow& WindowAggregate::settle_session(Taken& taken, void* block, const WindowTimes& times) {
  WindowValue& value = taken.value;
  std::uint32_t flags = 0;
  absorbed_.clear();
  for (std::size_t k = joined_.size(); k > 0; --k) {
    const OpenWindow old = value.release(joined_[k - 1]);
    if (old.start_us == times.start_us)
      flags |= old.flags & OpenWindow::kTold;
    else if (old.has(OpenWindow::kTold))
      absorbed_.push_back(old);
    flags |= old.flags & ~OpenWindow::kTold;
    if (old.block == block) continue;
    states_.destroy(old.block);
    value.give_back(old.block);
  }
  OpenWindow& session = value.insert_block(times.start_us, times.end_us, block);
  session.flags = flags;
  return session;
}

Status WindowAggregate::take_in_session(Taken& taken, flow::Collector& out) {
  find_sessions(taken);
  WindowTimes times{taken.time_us, taken.time_us + work_->window.size_us};
  for (const std::size_t i : joined_) {
    times.start_us = std::min(times.start_us, taken.value.windows()[i].start_us);
    times.end_us = std::max(times.end_us, taken.value.windows()[i].end_us);
  }
  if (is_late(times.end_us, taken.lateness)) {
    in_.late(taken.row, taken.time_us, taken.lateness);
    failed_ = true;
    return {};
  }
  const RowError* fails = nullptr;
  void* const block = join_sessions(taken, fails);
  if (fails != nullptr) {
    fail(taken, *fails);
    return {};
  }
  for (const std::size_t i : joined_) {
    OpenWindow& old = taken.value.windows()[i];
    if (rules_.on_close() && old.has(OpenWindow::kPending) && is_closed(old.end_us, taken.lateness))
      LEAT_RETURN_IF_ERROR(tell_unheard(taken, old, out));
  }
  OpenWindow& session = settle_session(taken, block, times);
  add_row(states_, block, in_.arguments(), taken.row, place_of(taken.batch.rows()[taken.row]));
  in_.table().changed(taken.entry);
  LEAT_RETURN_IF_ERROR(tell_row(taken, session, out));
  return tell_gone(taken, out);
}

// Tombstones stand behind the row of the session that took the place: now, or when the epoch ends.
// Where that row waits for a close (the session was told of under another `emit`), they do not wait
// for it. Rows that stay the record's have none to take back.
Status WindowAggregate::tell_gone(Taken& taken, flow::Collector& out) {
  if (!updates(*work_)) return {};
  for (const OpenWindow& old : absorbed_) {
    const WindowTimes times{old.start_us, old.end_us};
    if (taken.made != 0 || rules_.on_close())
      LEAT_RETURN_IF_ERROR(split(taken, times, nullptr, out));
    else
      gone_.push_back({taken.entry.hash, std::string(taken.entry.key), times});
  }
  return {};
}

}  // namespace leat::operators
