#include "flow/intake.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/mutant.h"

namespace leat::flow {
namespace {

struct Measured {
  std::uint64_t bytes = 0;
  std::int64_t newest_ms = 0;
};

Measured measure(const record::RecordBatch& batch) noexcept {
  Measured measured;
  for (const record::Row& row : batch.rows()) {
    measured.bytes += row.value.size() + row.key.size();
    measured.newest_ms = std::max(measured.newest_ms, row.timestamp_ms);
  }
  return measured;
}

}  // namespace

Intake::Intake(TaskParts& parts)
    : trigger_(parts.trigger),
      limit_(parts.records_per_second, parts.bytes_per_second),
      meter_(parts.meter),
      stats_(parts.stats) {
  for (TaskSource& source : parts.sources)
    readers_.push_back(Reader{std::move(source.reader), source.node, std::move(source.clock)});
}

void Intake::cut(const CutCommand& command) {
  LEAT_CHECK(!cut_.has_value());
  Cut cut;
  cut.report.epoch = command.epoch;
  cut.drain = command.drain;
  for (Reader& source : readers_) source.reader->positions(cut.report.positions);
  cut.report.records = view_.records;
  cut.report.bytes = view_.bytes;
  if (command.ticket && command.ticket->take()) {
    cut.report.took_switch = true;
    trigger_ = command.ticket->trigger();
  }
  LEAT_CHECK(closing_.empty());
  closing_.swap(held_);
  view_ = EpochView();
  polling_ = command.poll_after;
  cut_ = std::move(cut);
}

Intake::Held* Intake::next(bool open_epoch_too) noexcept {
  if (!closing_.empty()) return &closing_.front();
  if (cut_.has_value() || !open_epoch_too || !decision_.release || held_.empty()) return nullptr;
  return &held_.front();
}

void Intake::pop_next() noexcept {
  if (!closing_.empty()) {
    closing_.pop_front();
  } else {
    held_.pop_front();
  }
}

CutReport Intake::take_report(Instant now) {
  LEAT_CHECK(drained());
  measure_pause(false, now);
  CutReport report = std::move(cut_->report);
  if (base::is_planted(base::Mutant::offsets_noted_late)) {
    report.positions.clear();
    for (Reader& source : readers_) source.reader->positions(report.positions);
  }
  for (const Reader& source : readers_)
    if (source.clock != nullptr) source.clock->mark(report.positions);
  cut_.reset();
  return report;
}

Wait Intake::forbidden(bool direct) const noexcept {
  if (!polling_) return Wait::paused;
  if (!decision_.poll) return Wait::held;
  if (!decision_.release) return Wait::none;
  if (direct) return held_.empty() ? Wait::none : Wait::held;
  const bool far_ahead = view_.records >= kAheadRecordsMax || view_.bytes >= kAheadBytesMax;
  return far_ahead ? Wait::alignment : Wait::none;
}

std::size_t Intake::rows_wanted() const noexcept {
  if (decision_.release) return record::RecordBatch::kRowsMax;
  // An epoch that is held does not grow past its limit.
  const std::size_t room =
      trigger_.epoch_records_max - std::min(view_.records, trigger_.epoch_records_max);
  return std::clamp<std::size_t>(room, 1, record::RecordBatch::kRowsMax);
}

bool Intake::poll(bool direct, Instant now) {
  wake_at_ = base::kNever;
  why_ = forbidden(direct);
  measure_pause(why_ != Wait::none, now);
  if (why_ != Wait::none) {
    held_back(now);
    return false;
  }
  bool any = false;
  for (Reader& source : readers_) {
    const std::size_t rows = limit_.allow(rows_wanted(), now);
    if (rows == 0) {
      why_ = Wait::rate_limit;
      held_back(now);
      wake_at_ = limit_.ready_at();
      break;
    }
    any = poll_one(source, rows, now) || any;
    if (!decide(trigger_, view_, now).poll) break;
  }
  if (any) return true;
  if (why_ == Wait::none) why_ = held_.empty() ? Wait::input : Wait::held;
  return false;
}

bool Intake::poll_one(Reader& source, std::size_t rows, Instant now) {
  Held held;
  held.node = source.node;
  source.finished = source.reader->poll(rows, held.batch) == PollResult::finished;
  if (source.clock != nullptr) {
    follow_assignment(source, now);
    source.clock->polled(held.batch, now);
  }
  if (held.batch.empty()) return false;
  LEAT_DCHECK(held.batch.size() <= rows);
  const Measured measured = measure(held.batch);
  const std::size_t records = held.batch.size();
  if (view_.records == 0) view_.opened_at = now;
  view_.records += records;
  view_.bytes += measured.bytes;
  limit_.spend(records, measured.bytes);
  stats_.records_in.add(records);
  stats_.bytes_in.add(measured.bytes);
  const std::uint64_t replayed = source.reader->replayed();
  stats_.replayed.add(replayed - std::exchange(source.replayed, replayed));
  held.newest_ms = measured.newest_ms;
  held_.push_back(std::move(held));
  meter_.add(records, measured.bytes);
  return true;
}

void Intake::follow_assignment(Reader& source, Instant now) {
  const std::uint64_t assignment = source.reader->assignment();
  if (assignment == source.assignment) return;
  source.assignment = assignment;
  assigned_.clear();
  source.reader->positions(assigned_);
  source.clock->assign(assigned_, now);
}

bool Intake::has_times() const noexcept {
  return std::any_of(readers_.begin(), readers_.end(),
                     [](const Reader& source) { return source.clock != nullptr; });
}

Watermark Intake::update_time(std::size_t source, Instant now, WallTime wall) {
  Reader& reader = readers_[source];
  if (reader.clock == nullptr) return {};
  if (!held_.empty() || !closing_.empty()) reader.clock->held_back(now);
  return reader.clock->update(*reader.reader, now, wall);
}

Instant Intake::next_time_change() const noexcept {
  Instant next = base::kNever;
  for (const Reader& source : readers_)
    if (source.clock != nullptr) next = std::min(next, source.clock->next_change_at());
  return next;
}

void Intake::held_back(Instant now) noexcept {
  for (Reader& source : readers_)
    if (source.clock != nullptr) source.clock->held_back(now);
}

void Intake::measure_pause(bool stopped, Instant now) noexcept {
  if (!cut_.has_value() || !polling_) return;
  if (stopped) {
    if (!cut_->stopped_at) cut_->stopped_at = now;
  } else if (cut_->stopped_at) {
    cut_->report.intake_paused += now - *std::exchange(cut_->stopped_at, std::nullopt);
  }
}

bool Intake::at_end() const noexcept {
  return std::all_of(readers_.begin(), readers_.end(),
                     [](const Reader& reader) { return reader.finished; });
}

bool Intake::finished() const noexcept {
  return at_end() && !cut_.has_value() && held_.empty() && closing_.empty();
}

}  // namespace leat::flow
