#include "flow/task.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/faults.h"
#include "base/mutant.h"
#include "base/wall_ms.h"
#include "flow/intake.h"

namespace leat::flow {
namespace {

using base::Mutant;

constexpr std::size_t kReleaseBatchesMax = 8;  // held batches that enter the chain in one step

}  // namespace

std::string_view to_string(Wait wait) noexcept {
  switch (wait) {
    case Wait::none: return "none";
    case Wait::input: return "input";
    case Wait::exchange_full: return "exchange_full";
    case Wait::sink_full: return "sink_full";
    case Wait::alignment: return "alignment";
    case Wait::rate_limit: return "rate_limit";
    case Wait::held: return "held";
    case Wait::paused: return "paused";
  }
  LEAT_CHECK(false);
}

bool SwitchTicket::take() noexcept {
  State expected = State::pending;
  return state_.compare_exchange_strong(expected, State::taken) || expected == State::taken;
}

bool SwitchTicket::withdraw() noexcept {
  State expected = State::pending;
  return state_.compare_exchange_strong(expected, State::withdrawn) || expected == State::withdrawn;
}

void IntakeMeter::add(std::uint64_t records, std::uint64_t bytes) noexcept {
  const std::uint64_t records_before = records_.fetch_add(records, std::memory_order_seq_cst);
  const std::uint64_t bytes_before = bytes_.fetch_add(bytes, std::memory_order_seq_cst);
  const auto passed = [](std::uint64_t before, std::uint64_t more,
                         const std::atomic<std::uint64_t>& mark) {
    const std::uint64_t at = mark.load(std::memory_order_seq_cst);
    return before <= at && before + more > at;
  };
  if (passed(records_before, records, mark_) || passed(bytes_before, bytes, bytes_mark_))
    control_.wake();
}

void IntakeMeter::touch(EpochId epoch) noexcept {
  std::uint64_t before = touched_.load(std::memory_order_seq_cst);
  while (before < epoch.value())
    if (touched_.compare_exchange_weak(before, epoch.value())) return control_.wake();
}

void TaskStats::entered(std::int64_t newest_ms, WallTime wall) noexcept {
  if (newest_ms <= 0) return;
  const auto newest = static_cast<std::uint64_t>(newest_ms);
  if (newest > last_record_ms.value()) last_record_ms.restore(newest);
  latency.queue.add(static_cast<std::uint64_t>(
      std::max<std::int64_t>(wall.us - base::wall_of_ms(newest_ms).us, 0)));
}

Task::Task(TaskParts parts)
    : id_(parts.id),
      slice_(parts.slice),
      slices_(parts.slices),
      listener_(parts.listener),
      meter_(parts.meter),
      stats_(parts.stats),
      chain_(std::move(parts.chain)),
      intake_(parts.sources.empty() ? nullptr : std::make_unique<Intake>(parts)),
      commands_(parts.worker),
      epoch_(parts.first_epoch) {
  LEAT_CHECK(chain_ != nullptr);
  LEAT_CHECK(intake_ != nullptr || !parts.inputs.empty());
  for (const TaskInput& input : parts.inputs)
    inputs_.push_back(Input{input.edge, input.node, chain_->add_input(input.node)});
  for (std::size_t i = 0; intake_ != nullptr && i < intake_->sources(); ++i)
    source_inputs_.push_back(chain_->add_input(intake_->node(i)));
  published_.resize(source_inputs_.size());
}

Task::~Task() = default;

Status Task::open(StateAccess* state) { return chain_->open(slice_, slices_, state); }

void Task::command(TaskCommand command) {
  const bool room = commands_.push(std::move(command));
  LEAT_CHECK(room);  // one cut at a time: the mailbox never fills
}

void Task::obey(TaskCommand& command) {
  LEAT_CHECK(intake_ != nullptr);
  if (const auto* cut = std::get_if<CutCommand>(&command)) {
    LEAT_CHECK(cut->epoch == epoch_ && !sources_at_barrier_);
    intake_->cut(*cut);
  } else {
    intake_->resume();
  }
}

StepOutcome Task::step(Instant now, WallTime wall) {
  StepOutcome outcome;
  if (failed_) return outcome;
  account(now);
  for (TaskCommand& command : commands_.take()) {
    obey(command);
    outcome.worked = true;
  }
  outcome.wake_at = chain_->serve(now);
  if (Status status = chain_->take_failure(); !status.ok()) fail(std::move(status));
  blocked_ = Blocked::none;
  if (!failed_ && read_inputs(wall)) outcome.worked = true;
  if (intake_ != nullptr && !failed_ && step_sources(now, wall, outcome.wake_at))
    outcome.worked = true;
  if (!failed_ && step_timers(now, wall, outcome.wake_at)) outcome.worked = true;
  if (!failed_ && aligned()) {
    if (Status status = seal(); !status.ok()) fail(std::move(status));
    outcome.worked = true;
  }
  settle(outcome);
  return outcome;
}

bool Task::may_enter() {
  blocked_ = chain_->blocked();
  return blocked_ == Blocked::none;
}

bool Task::read_inputs(WallTime wall) {
  bool worked = false;
  // What waits at the edges moves on even when there is nothing to read.
  bool open = may_enter();
  for (Input& input : inputs_) {
    const bool passes =
        base::is_planted(Mutant::alignment_skips_an_input) && &input == &inputs_.front();
    if (input.at_barrier && !passes) continue;
    if (!open) break;
    if (!read_input(input, wall)) continue;
    worked = true;
    if (failed_) break;
    open = may_enter();
  }
  return worked;
}

bool Task::read_input(Input& input, WallTime wall) {
  Item item;
  if (!input.edge->pop(item)) return false;
  if (const auto* barrier = std::get_if<Barrier>(&item)) {
    LEAT_CHECK(barrier->epoch == epoch_);
    input.at_barrier = true;
    return true;
  }
  if (const auto* watermark = std::get_if<Watermark>(&item)) {
    if (Status status = advance(input.node, input.input, *watermark); !status.ok())
      fail(std::move(status));
    return true;
  }
  auto& batch = std::get<record::RecordBatch>(item);
  batch.now = wall;
  if (Status status = chain_->push(input.node, std::move(batch), epoch_); !status.ok())
    fail(std::move(status));
  return true;
}

bool Task::step_sources(Instant now, WallTime wall, Instant& wake_at) {
  intake_->decide_at(now);
  bool worked = release(!sources_at_barrier_, wall);
  if (failed_) return true;
  if (intake_->drained()) {
    worked = true;
    if (Status status = close_epoch(now, wall); !status.ok()) {
      fail(std::move(status));
      return true;
    }
  }
  const bool past_barrier = !intake_->cutting() && !sources_at_barrier_;
  if (!past_barrier || blocked_ == Blocked::none || !intake_->releases()) {
    if (intake_->poll(past_barrier, now)) worked = true;
    wake_at = std::min(wake_at, intake_->wake_at());
    if (release(past_barrier, wall)) worked = true;
  } else {
    intake_->held_back(now);
  }
  if (!failed_ && step_times(now, wall, wake_at)) worked = true;
  if (!failed_) tell_finished();
  return worked;
}

bool Task::step_times(Instant now, WallTime wall, Instant& wake_at) {
  if (!intake_->has_times()) return false;
  const bool due = now >= publish_at_ && (rows_entered_ || now >= intake_->next_time_change());
  const bool moved = due && !sources_at_barrier_ && may_enter() && publish_times(now, wall);
  if (!sources_at_barrier_ && blocked_ == Blocked::none) {
    const Instant next = rows_entered_ ? now : intake_->next_time_change();
    if (next != base::kNever) wake_at = std::min(wake_at, std::max(publish_at_, next));
  }
  return moved;
}

// A storm of due timers yields to what waits: one round a step.
bool Task::step_timers(Instant now, WallTime wall, Instant& wake_at) {
  const WallTime due = chain_->next_timer();
  if (due == Operator::kNoTimer) return false;
  if (due > wall) {
    wake_at = std::min(wake_at, now + std::chrono::microseconds(due.us - wall.us));
    return false;
  }
  if (aligned() || !may_enter()) return false;
  chain_->take_emitted();
  if (Status status = chain_->fire_timers(wall, epoch_); !status.ok()) fail(std::move(status));
  if (chain_->take_emitted()) meter_.touch(epoch_);
  return true;
}

Status Task::advance(std::size_t node, std::size_t input, const Watermark& watermark) {
  chain_->take_emitted();
  LEAT_RETURN_IF_ERROR(chain_->advance(node, input, watermark, epoch_));
  if (chain_->take_emitted()) meter_.touch(epoch_);
  return {};
}

bool Task::publish_times(Instant now, WallTime wall) {
  bool moved = false;
  rows_entered_ = false;
  for (std::size_t i = 0; i < published_.size() && !failed_; ++i) {
    const Watermark watermark = intake_->update_time(i, now, wall);
    if (watermark == published_[i]) continue;
    published_[i] = watermark;
    moved = true;
    if (Status status = advance(intake_->node(i), source_inputs_[i], watermark); !status.ok())
      fail(std::move(status));
  }
  publish_at_ = now + kPublishEvery;
  return moved;
}

void Task::end_times() {
  for (std::size_t i = 0; i < source_inputs_.size() && !failed_; ++i) {
    published_[i] = {kEndOfTime, false};
    if (Status status = chain_->advance(intake_->node(i), source_inputs_[i], published_[i], epoch_);
        !status.ok())
      fail(std::move(status));
  }
}

// Once, and again only when the end was taken back or moved meanwhile.
void Task::tell_finished() {
  const bool finished = intake_->finished();
  if (finished && !told_finished_) listener_.on_finished(id_);
  if (finished || !intake_->at_end()) told_finished_ = finished;
}

// Lets held batches in, in their order, while there is room below.
bool Task::release(bool open_epoch_too, WallTime wall) {
  bool worked = false;
  for (std::size_t i = 0; i < kReleaseBatchesMax; ++i) {
    Intake::Held* held = intake_->next(open_epoch_too);
    if (held == nullptr || !may_enter()) break;
    held->batch.now = wall;
    stats_.entered(held->newest_ms, wall);
    Status status = chain_->push(held->node, std::move(held->batch), epoch_);
    intake_->pop_next();
    rows_entered_ = true;
    worked = true;
    if (!status.ok()) {
      fail(std::move(status));
      break;
    }
  }
  return worked;
}

// The barrier of the sources; without other inputs it passes at once, and this very step goes on
// with the next epoch.
Status Task::close_epoch(Instant now, WallTime wall) {
  LEAT_RETURN_IF_ERROR(inject_barrier(now, wall));
  return aligned() ? seal() : Status();
}

Status Task::inject_barrier(Instant now, WallTime wall) {
  publish_times(now, wall);
  if (!failed_ && intake_->draining()) end_times();
  if (failed_) return {};
  CutReport report = intake_->take_report(now);
  LEAT_CHECK(report.epoch == epoch_);
  sources_at_barrier_ = true;
  listener_.on_cut(id_, std::move(report));
  return base::Faults::hit("barrier.injected");
}

bool Task::aligned() const noexcept {
  if (intake_ != nullptr && !sources_at_barrier_) return false;
  return std::all_of(inputs_.begin(), inputs_.end(),
                     [](const Input& input) { return input.at_barrier; });
}

Status Task::seal() {
  const EpochId sealed = epoch_;
  LEAT_RETURN_IF_ERROR(chain_->end_epoch(sealed));
  LEAT_RETURN_IF_ERROR(base::Faults::hit("barrier.aligned"));
  epoch_ = sealed.next();
  sources_at_barrier_ = false;
  for (Input& input : inputs_) input.at_barrier = false;
  listener_.on_sealed(id_, sealed);
  return {};
}

void Task::account(Instant now) {
  if (stepped_at_.has_value()) {
    const auto passed =
        static_cast<std::uint64_t>(std::max<Duration::rep>((now - *stepped_at_).count(), 0));
    if (idle_ == Wait::none) {
      stats_.busy_ns.add(passed);
    } else {
      stats_.waits_ns[static_cast<std::size_t>(idle_)].add(passed);
    }
  }
  stepped_at_ = now;
}

Wait Task::why_idle() const noexcept {
  if (blocked_ == Blocked::sink) return Wait::sink_full;
  if (blocked_ == Blocked::exchange) return Wait::exchange_full;
  const bool at_barrier =
      std::any_of(inputs_.begin(), inputs_.end(), [](const Input& i) { return i.at_barrier; });
  if (at_barrier || sources_at_barrier_) return Wait::alignment;
  if (intake_ == nullptr) return Wait::input;
  return intake_->why();
}

void Task::settle(StepOutcome& outcome) {
  if (failed_) {
    outcome = StepOutcome();
    return;
  }
  outcome.wait = outcome.worked ? Wait::none : why_idle();
  if (outcome.wait != idle_ && outcome.wait != Wait::none)
    stats_.waits[static_cast<std::size_t>(outcome.wait)].add();
  idle_ = outcome.wait;
}

void Task::fail(Status status) {
  if (std::exchange(failed_, true)) return;
  listener_.on_failed(id_, std::move(status));
}

void Task::close() noexcept {
  failed_ = true;
  chain_->close();
}

}  // namespace leat::flow
