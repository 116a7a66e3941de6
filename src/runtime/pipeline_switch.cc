#include <algorithm>

#include "base/faults.h"
#include "base/log.h"
#include "runtime/pipeline.h"
#include "spec/text.h"

// The hot switch: a new trigger takes effect at the next cut; nothing is created, destroyed or
// replayed by it.
namespace leat::runtime {
namespace {

Status problem(Code code, std::string_view name, std::string message) {
  return Status(code, std::move(message)).with("problem", name);
}

}  // namespace

void Pipeline::apply_trigger(const spec::TriggerSpec& to, bool is_override,
                             const std::string& actor) {
  effective_ = to;
  override_ = is_override ? std::optional(to) : std::nullopt;
  trigger_since_ = parts_.control.clock.wall_now();
  trigger_by_ = actor;
}

void Pipeline::set_trigger(const spec::TriggerSpec& to, bool is_override, Duration timeout,
                           const std::string& actor, Reply<SwitchReceipt> reply) {
  if (stopping_ || actual_ == Actual::draining || actual_ == Actual::stopping)
    return reply(problem(Code::wrong_state, "WRONG_STATE", "the pipeline is stopping"));
  if (switch_) {
    if (run_ && run_->launched() && !switch_->cut) run_->coordinator()->withdraw(switch_->ticket);
    switch_dropped(problem(Code::cancelled, "SWITCH_REPLACED", "a newer switch replaced this one"));
  }
  SwitchReceipt receipt;
  receipt.from = effective_;
  receipt.to = to;
  receipt.at = parts_.control.clock.wall_now();
  if (to == effective_) {
    receipt.changed = false;
    if (!is_override) override_.reset();
    if (run_ && run_->launched()) receipt.epoch = run_->coordinator()->open_epoch();
    return reply(receipt);
  }
  PendingSwitch pending{base::Ref(new flow::SwitchTicket(trigger_of(to))),
                        to,
                        is_override,
                        actor,
                        now(),
                        now() + timeout,
                        meter_.replayed(),
                        std::move(receipt),
                        false,
                        std::move(reply)};
  if (actual_ == Actual::starting || actual_ == Actual::running)
    return request_switch(std::move(pending));
  // Paused, stopped or failed: nothing flows, so nothing is cut for it; a paused run learns it
  // before it goes on.
  apply_trigger(to, is_override, actor);
  if (run_ && run_->launched() && !closing_) {
    CutRequest request;
    request.poll_after = false;
    request.ticket = pending.ticket;
    run_->coordinator()->request(std::move(request));
    if (pending.ticket->trigger().stop_at_end) run_->fix_end();
    parts_.control.wakeup.wake();
  }
  ++switches_[{std::string(spec::mode_name(pending.receipt.from.mode)),
               std::string(spec::mode_name(to.mode)), "stored"}];
  publish();
  pending.reply(std::move(pending.receipt));
}

void Pipeline::request_switch(PendingSwitch pending) {
  const Status fault = base::Faults::hit("switch.requested");
  if (!fault.ok()) return pending.reply(fault.with("problem", "INTERNAL"));
  switch_ = std::move(pending);
  if (!run_ || !run_->launched()) {
    // Starting: the run will begin with it.
    launch_switch_later_ = true;
    publish();
    return;
  }
  CutRequest request;
  request.ticket = switch_->ticket;
  request.poll_after = desired_ == Desired::running;
  if (switch_->ticket->trigger().stop_at_end) run_->fix_end();
  const auto* const ticket = switch_->ticket.get();
  request.on_cut = [this, ticket](const CutResult& result) {
    if (switch_ && switch_->ticket.get() == ticket) switch_cut(result);
  };
  request.on_committed = [this, ticket](const CutResult& result) {
    if (switch_ && switch_->ticket.get() == ticket) switch_committed(result, true);
  };
  request.on_dropped = [this, ticket](const Status& why) {
    if (switch_ && switch_->ticket.get() == ticket) switch_dropped(why.with("problem", "BUSY"));
  };
  run_->coordinator()->request(std::move(request));
  parts_.control.wakeup.wake();
}

void Pipeline::switch_cut(const CutResult& result) {
  switch_->cut = true;
  if (flow::make_trigger(effective_).stop_at_end && run_) {
    run_->free_end();
    finished_tasks_.clear();
  }
  apply_trigger(switch_->to, switch_->is_override, switch_->actor);
  SwitchReceipt& receipt = switch_->receipt;
  receipt.epoch = result.epoch;
  receipt.at = parts_.control.clock.wall_now();
  receipt.barrier_offsets = offsets_of(result.positions);
  receipt.intake_paused_ms = static_cast<double>(result.intake_paused.count()) / 1e6;
  switch_pause_.add(static_cast<std::uint64_t>(result.intake_paused.count() / 1000));
}

void Pipeline::switch_committed(const CutResult& result, bool committed) {
  PendingSwitch done = *std::exchange(switch_, std::nullopt);
  done.receipt.committed = committed;
  done.receipt.replayed_records = meter_.replayed() - done.replayed_before;
  done.receipt.took_ms = static_cast<double>((now() - done.asked).count()) / 1e6;
  const auto from = spec::mode_name(done.receipt.from.mode);
  const auto to = spec::mode_name(done.receipt.to.mode);
  ++switches_[{std::string(from), std::string(to), "ok"}];
  log::info("runtime", "trigger switched",
            {{"pipeline", name()}, {"from", from}, {"to", to}, {"epoch", result.epoch.value()}});
  publish();
  done.reply(std::move(done.receipt));
}

void Pipeline::switch_dropped(const Status& why) {
  PendingSwitch dropped = *std::exchange(switch_, std::nullopt);
  launch_switch_later_ = false;
  if (dropped.cut) {
    // The new trigger counts already; only its commit is not known.
    dropped.receipt.committed = false;
    dropped.receipt.replayed_records = meter_.replayed() - dropped.replayed_before;
    dropped.receipt.took_ms = static_cast<double>((now() - dropped.asked).count()) / 1e6;
    return dropped.reply(std::move(dropped.receipt));
  }
  ++switches_[{std::string(spec::mode_name(dropped.receipt.from.mode)),
               std::string(spec::mode_name(dropped.to.mode)), "failed"}];
  publish();
  dropped.reply(why);
}

}  // namespace leat::runtime
