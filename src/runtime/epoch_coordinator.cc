#include "runtime/epoch_coordinator.h"

#include <algorithm>

#include "base/check.h"
#include "base/faults.h"
#include "base/mutant.h"

namespace leat::runtime {
namespace {
constexpr Duration kCommitAgainFirst = std::chrono::milliseconds(50);
constexpr Duration kCommitAgainMax = std::chrono::seconds(2);
}  // namespace

std::string commit_metadata(EpochId epoch, std::string_view state_id) {
  std::string text = "{\"v\":1,\"e\":" + std::to_string(epoch.value());
  if (!state_id.empty()) text += ",\"s\":\"" + std::string(state_id) + "\"";
  return text + "}";
}

EpochCoordinator::EpochCoordinator(Parts parts)
    : parts_(std::move(parts)),
      trigger_(parts_.trigger),
      open_(parts_.first),
      opened_at_(parts_.clock.now()) {
  LEAT_CHECK(!parts_.source_tasks.empty());
  parts_.meter.wake_above(0);
}

bool EpochCoordinator::pass(std::string_view fault) {
  const Status status = base::Faults::hit(fault);
  if (status.ok()) return true;
  fail(status);
  return false;
}

Instant EpochCoordinator::tick(Instant now) {
  thread_.check();
  if (failed_) return base::kNever;
  if (state_ == State::committing && commit_again_at_ && now >= *commit_again_at_) {
    commit_again_at_.reset();
    send_commit();
  }
  if (state_ != State::open) return commit_again_at_.value_or(base::kNever);
  flow::EpochView view;
  view.records = parts_.meter.records() - closed_records_;
  if (view.records == 0 && parts_.meter.touched() >= open_) view.records = 1;
  view.bytes = parts_.meter.bytes() - closed_bytes_;
  view.switch_pending = !waiting_.empty();
  if (view.records == 0 && trigger_.epoch_interval.count() > 0) {
    // The cadence stands while nothing comes: an epoch that stays empty is not a late one.
    opened_at_ += (now - opened_at_) / trigger_.epoch_interval * trigger_.epoch_interval;
  }
  view.opened_at = opened_at_;
  if (flow::decide(trigger_, view, now).cut) {
    begin_cut(now);
    return base::kNever;
  }
  const std::uint64_t enough = view.records == 0 ? 0 : trigger_.epoch_records_max - 1;
  parts_.meter.wake_above(closed_records_ + enough, closed_bytes_ + trigger_.epoch_bytes_max - 1);
  // The first record may have come between the look and the mark.
  if (view.records == 0 && parts_.meter.records() != closed_records_) return now;
  return flow::next_cut_at(trigger_, view);
}

void EpochCoordinator::begin_cut(Instant now) {
  state_ = State::cutting;
  closing_ = {};
  closing_.epoch = open_;
  closing_.requested = now;
  closing_bytes_ = 0;
  closing_ticket_ = {};
  serving_ = std::exchange(waiting_, {});
  cuts_missing_ = parts_.source_tasks.size();
  seals_missing_ = parts_.tasks;
  open_ = open_.next();
  if (!pass("cut.requested")) return;
  bool poll_after = true;
  bool drain = false;
  for (const CutRequest& request : serving_) {
    poll_after = poll_after && request.poll_after;
    drain = drain || request.drain;
    if (request.ticket) closing_ticket_ = request.ticket;
  }
  for (flow::Task* task : parts_.source_tasks)
    task->command(flow::CutCommand{closing_.epoch, closing_ticket_, poll_after, drain});
}

void EpochCoordinator::on_cut(std::uint32_t, flow::CutReport report) {
  thread_.check();
  if (failed_ || state_ != State::cutting || report.epoch != closing_.epoch) return;
  closing_.positions.insert(closing_.positions.end(), report.positions.begin(),
                            report.positions.end());
  closing_.records += report.records;
  closing_bytes_ += report.bytes;
  closing_.intake_paused = std::max(closing_.intake_paused, report.intake_paused);
  closing_.took_switch = closing_.took_switch || report.took_switch;
  LEAT_CHECK(cuts_missing_ > 0);
  if (--cuts_missing_ > 0) return;
  closed_records_ += closing_.records;
  closed_bytes_ += closing_bytes_;
  closing_.cut = parts_.clock.now();
  opened_at_ = closing_.cut;
  if (closing_.took_switch) {
    LEAT_CHECK(closing_ticket_);
    trigger_ = closing_ticket_->trigger();
    if (!pass("switch.flipped")) return;
  }
  for (const CutRequest& request : serving_)
    if (request.on_cut) request.on_cut(closing_);
  seal_if_complete();
}

void EpochCoordinator::on_sealed(std::uint32_t, EpochId epoch) {
  thread_.check();
  if (failed_ || state_ != State::cutting || epoch != closing_.epoch) return;
  LEAT_CHECK(seals_missing_ > 0);
  --seals_missing_;
  seal_if_complete();
}

void EpochCoordinator::seal_if_complete() {
  if (cuts_missing_ > 0 || seals_missing_ > 0 || state_ != State::cutting) return;
  state_ = State::acknowledging;
  acknowledged_ = false;
  durable_ = parts_.persist == nullptr;
  closing_.sealed = parts_.clock.now();
  if (!pass("epoch.sealed")) return;
  if (parts_.persist) parts_.persist(closing_.epoch);
  parts_.ledger.watch(closing_.epoch);
}

void EpochCoordinator::on_acknowledged(EpochId epoch) {
  thread_.check();
  if (failed_ || state_ != State::acknowledging || epoch != closing_.epoch) return;
  closing_.acknowledged = parts_.clock.now();
  if (!pass("epoch.acknowledged")) return;
  acknowledged_ = true;
  commit_if_complete();
}

void EpochCoordinator::on_durable(EpochId epoch, const Status& status) {
  thread_.check();
  if (failed_ || state_ != State::acknowledging || epoch != closing_.epoch) return;
  if (!status.ok()) return fail(status);
  closing_.durable = parts_.clock.now();
  if (!pass("epoch.durable")) return;
  durable_ = true;
  commit_if_complete();
}

void EpochCoordinator::commit_if_complete() {
  using base::Mutant;
  const bool acknowledged =
      acknowledged_ || base::is_planted(Mutant::commit_before_acknowledgement);
  const bool durable = durable_ || base::is_planted(Mutant::commit_before_durable);
  if (!acknowledged || !durable) return;
  state_ = State::committing;
  commit_delay_ = kCommitAgainFirst;
  send_commit();
}

void EpochCoordinator::send_commit() {
  const std::uint64_t attempt = ++commit_attempt_;
  commits_missing_ = parts_.sources.size();
  commit_status_ = Status();
  const Status fault = base::Faults::hit("commit.sent");
  if (fault.code() == Code::cancelled) return fail(fault);
  if (!fault.ok()) {
    commits_missing_ = 1;
    return commit_done(attempt, fault);
  }
  const std::string metadata = commit_metadata(closing_.epoch, parts_.state_id);
  const auto sources = parts_.sources;
  for (flow::Source* source : sources)
    source->commit(closing_.epoch, closing_.positions, metadata,
                   [this, attempt](const Status& status) { commit_done(attempt, status); });
}

void EpochCoordinator::commit_done(std::uint64_t attempt, const Status& status) {
  if (failed_ || attempt != commit_attempt_ || state_ != State::committing) return;
  if (!status.ok() && commit_status_.ok()) commit_status_ = status;
  LEAT_CHECK(commits_missing_ > 0);
  if (--commits_missing_ > 0) return;
  if (commit_status_.ok()) {
    if (pass("commit.acknowledged")) committed();
    return;
  }
  const bool may_work_later =
      commit_status_.code() == Code::unavailable || commit_status_.code() == Code::timed_out;
  if (!may_work_later) return fail(commit_status_);
  if (parts_.on_commit_trouble) parts_.on_commit_trouble(commit_status_);
  commit_again_at_ = parts_.clock.now() + commit_delay_;
  commit_delay_ = std::min(commit_delay_ * 2, kCommitAgainMax);
}

void EpochCoordinator::committed() {
  closing_.committed = parts_.clock.now();
  state_ = State::open;
  const CutResult result = std::move(closing_);
  closing_ = {};
  closing_ticket_ = {};
  const std::vector<CutRequest> served = std::exchange(serving_, {});
  if (parts_.on_commit_trouble) parts_.on_commit_trouble(Status());
  if (parts_.on_committed) parts_.on_committed(result);
  for (const CutRequest& request : served)
    if (request.on_committed) request.on_committed(result);
  pass("commit.applied");
}

void EpochCoordinator::request(CutRequest request) {
  thread_.check();
  if (failed_) {
    if (request.on_dropped)
      request.on_dropped(Status(Code::wrong_state, "the pipeline has failed"));
    return;
  }
  waiting_.push_back(std::move(request));
}

bool EpochCoordinator::withdraw(const base::Ref<flow::SwitchTicket>& ticket) {
  thread_.check();
  const auto same = [&](const CutRequest& request) { return request.ticket.get() == ticket.get(); };
  if (std::erase_if(waiting_, same) > 0) {
    ticket->withdraw();
    return true;
  }
  if (!ticket->withdraw()) return false;
  std::erase_if(serving_, same);
  return true;
}

void EpochCoordinator::resume() {
  thread_.check();
  for (flow::Task* task : parts_.source_tasks) task->command(flow::ResumeCommand{});
}

void EpochCoordinator::fail(const Status& status) {
  if (failed_) return;
  abandon(status);
  if (parts_.on_failed) parts_.on_failed(status);
}

void EpochCoordinator::abandon(const Status& why) {
  if (failed_) return;
  failed_ = true;
  std::vector<CutRequest> dropped = std::exchange(serving_, {});
  for (CutRequest& request : waiting_) dropped.push_back(std::move(request));
  waiting_.clear();
  for (const CutRequest& request : dropped)
    if (request.on_dropped) request.on_dropped(why);
}

}  // namespace leat::runtime
