#include "runtime/pipeline.h"

#include <algorithm>

#include "base/faults.h"
#include "base/log.h"
#include "runtime/pipeline_state.h"

namespace leat::runtime {
namespace {

constexpr std::string_view kLogger = "runtime";
// How long a rebalance waits for the commit before the partitions are given back without it.
constexpr Duration kRevokeBudget = std::chrono::seconds(5);

Status problem(Code code, std::string_view name, std::string message) {
  return Status(code, std::move(message)).with("problem", name);
}

std::string in_capitals(std::string_view word) {
  std::string out(word);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

bool has_field(const Status& status, std::string_view name, std::string_view wanted) {
  for (const auto& [key, value] : status.fields())
    if (key == name && value == wanted) return true;
  return false;
}

double ms(Duration d) { return static_cast<double>(d.count()) / 1e6; }

}  // namespace

Pipeline::Pipeline(PipelineParts parts)
    : parts_(std::move(parts)),
      counts_(*parts_.plan),
      meter_(*parts_.plan->spec, counts_),
      desired_(parts_.desired),
      since_(parts_.control.clock.wall_now()),
      effective_(parts_.trigger_override.value_or(parts_.plan->spec->trigger)),
      override_(parts_.trigger_override),
      trigger_since_(parts_.trigger_since.us != 0 ? parts_.trigger_since : since_),
      trigger_by_(parts_.trigger_by),
      alive_(std::make_shared<std::atomic<bool>>(true)) {
  counts_.restore(parts_.counters);
  make_keeper();
  if (const auto& rule = parts_.plan->spec->on_error.stop_if) stop_rule_.emplace(*rule);
  for (const char* type :
       {"Ready", "SourceConnected", "SinkConnected", "Progressing", "CheckpointFresh"})
    conditions_[type] = {type, Truth::unknown, "NOT_STARTED", "", since_};
  conditions_["LagWithinTarget"] = {"LagWithinTarget", Truth::unknown, "NO_TARGET",
                                    "the trigger names no lag to stay below", since_};
}

Pipeline::~Pipeline() {
  LEAT_CHECK(run_ == nullptr);
  alive_->store(false);
}

void Pipeline::transition(Actual to, std::string reason) {
  if (actual_ == to) return;
  LEAT_CHECK(may_become(actual_, to));
  log::info(kLogger, "pipeline state changed",
            {{"pipeline", name()},
             {"from", to_string(actual_)},
             {"to", to_string(to)},
             {"reason", reason}});
  actual_ = to;
  reason_ = std::move(reason);
  since_ = parts_.control.clock.wall_now();
  set_condition("Ready", to == Actual::running ? Truth::yes : Truth::no, in_capitals(to_string(to)),
                reason_);
  answer_waiters(now());
  publish();
}

void Pipeline::set_condition(const std::string& type, Truth truth, std::string_view reason,
                             std::string_view message) {
  Condition& condition = conditions_[type];
  if (condition.status == truth && condition.reason == reason && condition.message == message)
    return;
  if (condition.status != truth) condition.since = parts_.control.clock.wall_now();
  condition.status = truth;
  condition.reason = reason;
  condition.message = message;
}

void Pipeline::begin() {
  if (desired_ == Desired::stopped) {
    transition(Actual::stopped);
    return;
  }
  transition(Actual::starting);
  begin_run();
}

void Pipeline::begin_failed(std::string reason) { transition(Actual::failed, std::move(reason)); }

RunContext Pipeline::run_context(flow::SourceListener& listener) {
  return RunContext{.plan = parts_.plan,
                    .registry = parts_.registry,
                    .application = parts_.options.application,
                    .instance = parts_.options.instance,
                    .state_folder = parts_.state_folder,
                    .dead_letter_file = dead_letter_file(),
                    .clock = parts_.control.clock,
                    .control = parts_.control.wakeup,
                    .hosts = parts_.hosts,
                    .counts = counts_,
                    .task_listener = *this,
                    .source_listener = listener,
                    .sink_listener = *this,
                    .on_acknowledged =
                        [this](EpochId epoch) {
                          parts_.control.post([this, epoch] {
                            if (run_ && run_->launched())
                              run_->coordinator()->on_acknowledged(epoch);
                          });
                        },
                    .state = keeper_.get()};
}

Result<std::unique_ptr<Run>> Pipeline::make_run() { return Run::begin(run_context(*this)); }

std::string Pipeline::dead_letter_file() const {
  if (!parts_.options.dead_letter_dir.empty())
    return parts_.options.dead_letter_dir + "/" + flow::default_dead_letter_topic(name()) +
           ".ndjson";
  return parts_.state_folder.empty() ? std::string() : parts_.state_folder + "/dead-letters.ndjson";
}

void Pipeline::begin_run() {
  retry_at_.reset();
  positioned_ = restoring_ = state_refused_ = pressed_ = drained_ = false;
  finished_tasks_.clear();
  stopping_by_rule_.clear();
  auto run = make_run();
  if (!run.ok()) {
    transition(Actual::failed, run.status().to_string());
    schedule_retry();
    return;
  }
  run_ = *std::move(run);
  parts_.control.wakeup.wake();
}

// Positions are known, so the number of the first epoch is: the tasks can be built.
void Pipeline::launch_tasks() {
  EpochCoordinator::Parts parts{
      .pipeline = name(),
      .state_id = keeper_ ? keeper_->state_id() : std::string(),
      .source_tasks = {},
      .sources = {},
      .ledger = run_->ledger(),
      .meter = run_->meter(),
      .clock = parts_.control.clock,
      .trigger = {},
      .first = {},
      .on_committed = [this](const CutResult& result) { epoch_committed(result); },
      .on_failed = [this](const Status& status) { fail(status); },
      .on_commit_trouble =
          [this](const Status& status) {
            set_condition("CheckpointFresh", status.ok() ? Truth::yes : Truth::no,
                          status.ok() ? "COMMITTED" : "COMMIT_FAILED", status.message());
          }};
  if (keeper_)
    parts.persist = [this](EpochId epoch) {
      keeper_->persist(epoch, [this, epoch](const Status& status) {
        if (run_ && run_->launched()) run_->coordinator()->on_durable(epoch, status);
      });
    };
  const flow::Trigger trigger = trigger_of(effective_);
  if (trigger.stop_at_end) run_->fix_end();
  const Status status = run_->launch(trigger, newest_epoch_.next(), std::move(parts));
  if (!status.ok()) return fail(status);
  if (stop_rule_) stop_rule_->begin(now(), meter_.stop_totals());
}

void Pipeline::on_positioned(EpochId newest, std::string_view state_id) {
  newest_epoch_ = std::max(newest_epoch_, newest);
  if (!run_ || closing_) return;
  positioned_ = true;
  if (run_->launched() || restoring_) return;
  found_epoch_ = newest;
  found_state_id_ = state_id;
  // Never inside the source's own call: building tasks may fail and throw the run away.
  parts_.control.post([this] {
    if (!run_ || closing_ || run_->launched() || restoring_) return;
    if (keeper_) return restore_state();
    launch();
  });
}

void Pipeline::launch() {
  launch_tasks();
  if (launch_switch_later_ && switch_ && run_ && run_->launched()) {
    launch_switch_later_ = false;
    request_switch(*std::exchange(switch_, std::nullopt));
  }
  check_running();
}

void Pipeline::check_running() {
  if (actual_ != Actual::starting || !run_ || !run_->launched() || !positioned_) return;
  if (!run_->sinks_connected()) return;
  if (conditions_["SinkConnected"].status == Truth::unknown)
    set_condition("SinkConnected", Truth::yes, "CONNECTED", "");
  running_since_ = now();
  if (desired_ == Desired::paused && !queued_drain_) return enter_pause();
  transition(Actual::running);
  if (!queued_drain_) return;
  Stopping queued = *std::exchange(queued_drain_, std::nullopt);
  stop(queued.options, std::move(queued.reply));
}

void Pipeline::enter_pause() {
  CutRequest request;
  request.poll_after = false;
  request.on_committed = [this](const CutResult&) {
    if (desired_ != Desired::paused || stopping_ ||
        (actual_ != Actual::running && actual_ != Actual::starting))
      return;
    transition(Actual::paused);
  };
  run_->coordinator()->request(std::move(request));
  parts_.control.wakeup.wake();
}

Instant Pipeline::tick(Instant at) {
  Instant again = base::kNever;
  if (run_ && !closing_) {
    again = run_->serve(at);
    check_running();
  } else if (run_) {
    again = run_->serve(at);
  }
  if (move_) again = std::min(again, move_->tick(at));
  meter_.tick(at);
  sample_tables(at);
  check_stop_rule(at);
  expire(at);
  if (retry_at_ && at >= *retry_at_) {
    ++restarts_;
    transition(Actual::starting);
    begin_run();
    again = at;
  }
  if (retry_at_) again = std::min(again, *retry_at_);
  if (watches_stop_rule()) again = std::min(again, stop_rule_->next_look());
  for (const Waiter& waiter : waiters_) again = std::min(again, waiter.deadline);
  if (switch_) again = std::min(again, switch_->deadline);
  if (stopping_) again = std::min(again, stopping_->deadline);
  for (const Overdue& one : overdue_) again = std::min(again, one.deadline);
  constexpr Duration kPublishEvery = std::chrono::milliseconds(500);
  if (at - published_at_ >= kPublishEvery && run_) publish();
  return again;
}

void Pipeline::expire(Instant at) {
  if (switch_ && at >= switch_->deadline) {
    if (!run_ || !run_->launched() || run_->coordinator()->withdraw(switch_->ticket)) {
      switch_dropped(problem(Code::timed_out, "SWITCH_TIMED_OUT",
                             "no epoch could be cut in time; the trigger is as before and the "
                             "switch will not happen later"));
    } else if (switch_->cut) {
      CutResult result;
      result.epoch = *switch_->receipt.epoch;
      switch_committed(result, false);
    } else {
      switch_->deadline =
          at + std::chrono::milliseconds(50);  // taken: it happens, its cut is on the way
    }
  }
  if (queued_drain_ && at >= queued_drain_->deadline) {
    const Stopping given_up = *std::exchange(queued_drain_, std::nullopt);
    given_up.reply(problem(Code::timed_out, "DRAIN_TIMED_OUT", "the pipeline has not begun yet"));
  }
  if (stopping_ && at >= stopping_->deadline) {
    if (closing_) {
      stopping_->deadline = base::kNever;  // the end is certain and near
    } else if (stopping_->options.drain) {
      stopping_->deadline = base::kNever;
      std::exchange(stopping_->reply, [](const Result<LifecycleReceipt>&) {})(
          problem(Code::timed_out, "DRAIN_TIMED_OUT",
                  "not drained in time; it goes on until it is done or the pipeline is stopped"));
    } else if (stopping_->options.fail_on_timeout) {
      const Stopping given_up = *std::exchange(stopping_, std::nullopt);
      desired_ = given_up.desired_before;
      if (run_ && run_->launched() && desired_ == Desired::running) run_->coordinator()->resume();
      given_up.reply(
          problem(Code::timed_out, "DRAIN_TIMED_OUT",
                  "the open epoch could not be committed in time; the pipeline is still there"));
    } else {
      log::warn(kLogger, "the open epoch is dropped: not committed in time",
                {{"pipeline", name()}});
      stopping_->deadline = base::kNever;
      close_run(stopping_->options.leave, [this] { stopped(); });
    }
  }
  std::vector<Overdue> due;
  std::erase_if(overdue_, [&](const Overdue& one) {
    if (at >= one.deadline) due.push_back(one);
    return at >= one.deadline;
  });
  for (const Overdue& one : due) one.act();
  answer_waiters(at);
}

void Pipeline::epoch_committed(const CutResult& result) {
  newest_epoch_ = std::max(newest_epoch_, result.epoch);
  run_->forget(result.epoch);
  if (keeper_) keeper_->fold(result.epoch, [this](const Status& status) { fail(status); });
  committed_at_ = parts_.control.clock.wall_now();
  const auto us = [](Duration duration) {
    return static_cast<std::uint64_t>(duration.count() / 1000);
  };
  checkpoint_time_.add(us(result.committed - result.requested));
  align_time_.add(us(result.sealed - result.requested));
  if (result.durable) persist_time_.add(us(*result.durable - result.sealed));
  set_condition("Progressing", Truth::yes, "COMMITTED", "");
  if (now() - running_since_ >= parts_.options.restart_reset_after) failures_ = holds_ = 0;
}

// -- failures

void Pipeline::fail(const Status& status) {
  if (!run_ || closing_) return;
  log::error(kLogger, "pipeline failed", {{"pipeline", name()}, {"error", status.to_string()}});
  set_condition("Progressing", Truth::no, "FAILED", status.to_string());
  if (stopping_) {
    stopping_->failed = status;
    return close_run(stopping_->options.leave, [this] { stopped(); });
  }
  for (const auto& [key, value] : status.fields())
    if (key == "hold") return hold(status, value);
  if (has_field(status, "code", "FENCED")) {
    // Another instance has the partitions now; coming back would only fence that one in turn.
    return end_failed(
        "FENCED: another instance runs this pipeline; stop that one, then start this one");
  }
  if (!stopping_by_rule_.empty()) return end_failed(stopping_by_rule_);
  // The same record would stop it again: somebody has to change the definition or move on.
  if (has_field(status, "stop", "true")) return end_failed(status.message());
  // Going on would lose records silently: somebody has to decide.
  if (status.code() == Code::data_loss) {
    state_refused_ = has_field(status, "code", "STATE_DAMAGED");
    return end_failed(state_refused_ ? status.message() : status.to_string());
  }
  close_run(has_field(status, "leave", "true"), [this, text = status.to_string()] {
    if (stopping_) return stopped();
    if (desired_ == Desired::stopped) return;
    transition(Actual::failed, text);
    schedule_retry();
  });
}

// Failed, and not tried again until somebody says so.
void Pipeline::end_failed(std::string reason) {
  close_run(false, [this, reason = std::move(reason)] {
    if (stopping_) return stopped();
    transition(Actual::failed, reason);
  });
}

bool Pipeline::watches_stop_rule() const {
  return stop_rule_ && run_ && run_->launched() && !closing_ && !stopping_ &&
         stopping_by_rule_.empty();
}

void Pipeline::check_stop_rule(Instant at) {
  if (!watches_stop_rule()) return;
  std::optional<std::string> reason = stop_rule_->look(at, meter_.stop_totals());
  if (!reason) return;
  log::warn(kLogger, "too many records fail: the pipeline stops",
            {{"pipeline", name()}, {"reason", *reason}});
  stopping_by_rule_ = *std::move(reason);
  CutRequest request;
  request.poll_after = false;
  request.on_committed = [this](const CutResult&) {
    // Posted: the coordinator calls this from inside itself.
    parts_.control.post([this] {
      if (run_ && !closing_ && !stopping_ && !stopping_by_rule_.empty())
        end_failed(stopping_by_rule_);
    });
  };
  run_->coordinator()->request(std::move(request));
  parts_.control.wakeup.wake();
}

void Pipeline::schedule_retry() {
  const auto& written = parts_.plan->spec->restart;
  const Duration initial =
      written && written->initial.count() > 0 ? written->initial : parts_.options.restart_initial;
  const Duration most =
      written && written->max.count() > 0 ? written->max : parts_.options.restart_max;
  const std::uint32_t give_up = written && written->give_up_after > 0
                                    ? written->give_up_after
                                    : parts_.options.restart_give_up_after;
  ++failures_;
  if (failures_ > give_up) {
    reason_ = "GAVE_UP: " + reason_;
    log::error(kLogger, "pipeline is not restarted any more",
               {{"pipeline", name()}, {"failures", failures_}});
    publish();
    return;
  }
  const std::uint32_t doublings = std::min(failures_ - 1, 20u);
  const Duration delay = std::min(initial * (std::int64_t{1} << doublings), most);
  retry_at_ = now() + delay;
  parts_.control.wakeup.wake();
}

void Pipeline::close_run(bool leave, std::function<void()> then) {
  LEAT_CHECK(run_ && !closing_);
  closing_ = true;
  remember_sources();
  if (switch_)
    switch_dropped(problem(Code::unavailable, "BUSY", "the pipeline went down during the switch"));
  if (run_->launched())
    run_->coordinator()->abandon(Status(Code::cancelled, "the pipeline went down"));
  run_->retire_tasks(parts_.control.post,
                     [this, leave, then = std::move(then)] { finish_close(leave, then); });
}

void Pipeline::finish_close(bool leave, std::function<void()> then) {
  if (keeper_) keeper_->end_run();
  restoring_ = false;
  const bool purge = stopping_ && stopping_->options.purge;
  const auto end = [this, then = std::move(then)] {
    // Posted: the source that calls this is destroyed by it.
    parts_.control.post([this, then] {
      run_.reset();
      closing_ = false;
      then();
      publish();
    });
  };
  if (!purge) return run_->stop_sources(leave, end);
  // The group can be forgotten only when its member has left it.
  run_->stop_sources(true, [this, end] {
    run_->purge_sources([this, end](const Status& status) {
      if (!status.ok() && stopping_) {
        log::warn(kLogger, "committed offsets could not be deleted",
                  {{"pipeline", name()}, {"error", status.to_string()}});
        stopping_->purged = status;
      }
      end();
    });
  });
}

// -- commands

void Pipeline::wait_for(Actual until, Duration timeout, Reply<LifecycleReceipt> reply) {
  waiters_.push_back({until, now(), now() + timeout, std::move(reply)});
  parts_.control.wakeup.wake();
}

LifecycleReceipt Pipeline::receipt(Instant asked, std::uint64_t replayed_before) const {
  return {name(),           desired_, actual_, newest_epoch_, meter_.replayed() - replayed_before,
          ms(now() - asked)};
}

void Pipeline::answer_waiters(Instant at) {
  std::vector<Waiter> answered;
  std::erase_if(waiters_, [&](Waiter& waiter) {
    const bool held = waiter.until == Actual::running && actual_ == Actual::paused && !run_;
    const bool over = actual_ == Actual::stopped || held || at >= waiter.deadline;
    if (waiter.until != actual_ && !over) return false;
    answered.push_back(std::move(waiter));
    return true;
  });
  for (const Waiter& waiter : answered) {
    if (waiter.until == actual_) {
      waiter.reply(receipt(waiter.asked, meter_.replayed()));
    } else if (actual_ == Actual::paused && !run_) {
      waiter.reply(problem(Code::wrong_state, "WRONG_STATE", reason_));
    } else if (actual_ == Actual::stopped) {
      waiter.reply(problem(Code::wrong_state, "WRONG_STATE", "the pipeline was stopped meanwhile"));
    } else {
      waiter.reply(problem(Code::timed_out, "BUSY",
                           "not done in time; it is still wanted and happens when it can")
                       .with("actual", to_string(actual_)));
    }
  }
}

void Pipeline::pause(Reply<LifecycleReceipt> reply) {
  if (stopping_ || actual_ == Actual::stopped || actual_ == Actual::failed ||
      actual_ == Actual::stopping)
    return reply(problem(Code::wrong_state, "WRONG_STATE", "only a running pipeline can be paused")
                     .with("actual", to_string(actual_)));
  desired_ = Desired::paused;
  // Queued: it is paused as soon as it has begun, which may take as long as the broker is away.
  if (actual_ == Actual::starting) return reply(receipt(now(), meter_.replayed()));
  if (actual_ == Actual::running && run_ && run_->launched() && !closing_) enter_pause();
  wait_for(Actual::paused, parts_.options.stop_timeout, std::move(reply));
  answer_waiters(now());
}

void Pipeline::resume(Reply<LifecycleReceipt> reply) {
  if (actual_ == Actual::failed) return restart(std::move(reply));
  if (actual_ == Actual::paused && !run_ && !stopping_) return begin_again(std::move(reply));
  if (actual_ == Actual::starting && !stopping_ && desired_ == Desired::paused) {
    desired_ = Desired::running;  // the queued pause is taken back
    return reply(receipt(now(), meter_.replayed()));
  }
  if (stopping_ || (actual_ != Actual::running && actual_ != Actual::paused))
    return reply(problem(Code::wrong_state, "WRONG_STATE", "only a paused pipeline can be resumed")
                     .with("actual", to_string(actual_)));
  desired_ = Desired::running;
  if (actual_ == Actual::paused) {
    run_->coordinator()->resume();
    transition(Actual::running);
  } else if (run_ && run_->launched()) {
    run_->coordinator()->resume();  // a pause may be under way
  }
  wait_for(Actual::running, parts_.options.stop_timeout, std::move(reply));
  answer_waiters(now());
}

void Pipeline::start(Reply<LifecycleReceipt> reply) {
  if (actual_ == Actual::paused)
    return reply(problem(Code::wrong_state, "WRONG_STATE", "the pipeline is paused: use resume"));
  if (stopping_ || actual_ == Actual::stopping)
    return reply(problem(Code::wrong_state, "WRONG_STATE", "the pipeline is stopping"));
  desired_ = Desired::running;
  if (actual_ == Actual::stopped || (actual_ == Actual::failed && !closing_ && !run_)) {
    failures_ = 0;
    transition(Actual::starting);
    begin_run();
  }
  // Reached when it has begun; whether it gets connected is what :wait is for.
  reply(receipt(now(), meter_.replayed()));
}

void Pipeline::restart(Reply<LifecycleReceipt> reply) {
  if (stopping_ || actual_ == Actual::stopping)
    return reply(problem(Code::wrong_state, "WRONG_STATE", "the pipeline is stopping"));
  if (actual_ == Actual::paused && !run_) return begin_again(std::move(reply));
  desired_ = Desired::running;
  if (!run_ || actual_ == Actual::stopped || actual_ == Actual::failed)
    return start(std::move(reply));
  StopOptions options;
  options.leave = false;
  options.keep_desired = true;
  options.timeout = parts_.options.stop_timeout;
  stop(options, [this, reply](Result<LifecycleReceipt> stopped_receipt) {
    if (!stopped_receipt.ok()) return reply(std::move(stopped_receipt));
    start(reply);
  });
}

void Pipeline::stop(StopOptions options, Reply<LifecycleReceipt> reply) {
  if (stopping_ && stopping_->options.drain && !options.drain)
    return stop_draining(options, std::move(reply));
  if (stopping_)
    return reply(problem(Code::wrong_state, "WRONG_STATE", "the pipeline is stopping already"));
  if (queued_drain_)
    std::exchange(queued_drain_, std::nullopt)
        ->reply(problem(Code::wrong_state, "WRONG_STATE", "the pipeline was stopped meanwhile"));
  const Actual before = actual_;
  if (options.drain && before == Actual::starting) {
    // What waits is in the state, which is not there yet.
    queued_drain_ = Stopping{options,           now(),    now() + options.timeout,
                             meter_.replayed(), desired_, std::move(reply),
                             Status(),          Status(), false};
    return;
  }
  options.drain = options.drain && run_ && run_->launched() && !closing_;
  retry_at_.reset();
  stopping_ = Stopping{options,           now(),    now() + options.timeout,
                       meter_.replayed(), desired_, std::move(reply),
                       Status(),          Status(), false};
  if (!options.keep_desired) desired_ = Desired::stopped;
  if (!run_ && options.purge) {
    // Only a member of the group can ask for it to be forgotten.
    if (auto run = make_run(); run.ok()) {
      run_ = *std::move(run);
      return close_run(true, [this] { stopped(); });
    }
  }
  if (!run_) {
    if (actual_ != Actual::stopped) transition(Actual::stopping);
    return stopped();
  }
  // Where giving up is allowed the state changes only when the end is certain.
  if (options.drain)
    transition(Actual::draining);
  else if (!options.fail_on_timeout)
    transition(Actual::stopping);
  if (closing_) return;  // a failure is being cleaned up: its end calls stopped()
  const bool commits = !options.drop_epoch && run_->launched() && !run_->coordinator()->failed() &&
                       before != Actual::starting;
  if (!commits) return close_run(options.leave, [this] { stopped(); });
  CutRequest request;
  request.poll_after = false;
  request.drain = options.drain;
  request.on_committed = [this, drain = options.drain](const CutResult&) {
    // Posted: the coordinator calls this from inside itself.
    parts_.control.post([this, drain] {
      if (!run_ || closing_) return;
      if (Status fault = drain ? base::Faults::hit("drain.committed") : Status(); !fault.ok())
        return fail(fault);
      if (stopping_) return close_run(stopping_->options.leave, [this] { stopped(); });
      if (desired_ == Desired::running)
        run_->coordinator()->resume();  // somebody gave up waiting for the stop
    });
  };
  run_->coordinator()->request(std::move(request));
  parts_.control.wakeup.wake();
}

void Pipeline::shut_down(Duration timeout) {
  if (move_) return;  // it ends by itself, soon
  if (!stopping_) {
    StopOptions options;
    options.leave = false;
    options.keep_desired = true;
    options.timeout = timeout;
    stop(options, [](const Result<LifecycleReceipt>&) {});
  } else if (!stopping_->last) {
    stopping_->deadline = std::min(stopping_->deadline, now() + timeout);
    stopping_->options.fail_on_timeout = stopping_->options.drain = false;
  }
  if (stopping_) stopping_->last = true;
}

void Pipeline::stopped() {
  LEAT_CHECK(stopping_ && !run_);
  if (actual_ != Actual::stopping && actual_ != Actual::stopped) transition(Actual::stopping);
  if (actual_ == Actual::stopping) transition(Actual::stopped, std::exchange(stop_reason_, {}));
  const Stopping done = *std::exchange(stopping_, std::nullopt);
  drained_ = done.options.drain && done.failed.ok();
  if (done.options.drain && !done.failed.ok()) {
    done.reply(problem(Code::unavailable, "BUSY",
                       "the pipeline failed while it drained (" + done.failed.message() +
                           "); it is stopped and its windows are still in its state: start it and "
                           "drain it again"));
    return;
  }
  if (!done.purged.ok()) {
    done.reply(problem(Code::unavailable, "BUSY",
                       "the pipeline is stopped, but its committed offsets could not be deleted (" +
                           done.purged.message() +
                           "); it is still there: ask again, or keep its state"));
    return;
  }
  done.reply(receipt(done.asked, done.replayed_before));
}

// -- what tasks, sources and sinks tell

void Pipeline::on_cut(std::uint32_t task, flow::CutReport report) {
  // std::function wants copyable captures.
  parts_.control.post([this, task, report = std::move(report)] {
    if (run_ && run_->launched()) run_->coordinator()->on_cut(task, report);
  });
}

void Pipeline::on_sealed(std::uint32_t task, EpochId epoch) {
  parts_.control.post([this, task, epoch] {
    if (run_ && run_->launched()) run_->coordinator()->on_sealed(task, epoch);
  });
}

void Pipeline::on_failed(std::uint32_t task, Status status) {
  parts_.control.post([this, task, status = std::move(status)] {
    fail(status.with("task", std::to_string(task)));
  });
}

void Pipeline::on_finished(std::uint32_t task) {
  parts_.control.post([this, task] {
    if (!run_ || !run_->launched() || closing_ || stopping_) return;
    if (!flow::make_trigger(effective_).stop_at_end) return;  // the end was freed meanwhile
    finished_tasks_.insert(task);
    if (finished_tasks_.size() < run_->source_tasks()) return;
    stop_reason_ = "CAUGHT_UP";
    StopOptions options;
    options.timeout = std::chrono::hours(24);
    stop(options, [this](const Result<LifecycleReceipt>&) {
      if (parts_.on_desired_changed) parts_.on_desired_changed();
    });
  });
}

void Pipeline::on_revoke(std::function<void()> release) {
  if (!run_ || !run_->launched() || run_->coordinator()->failed()) return release();
  if (Status fault = base::Faults::hit("revoke.requested"); !fault.ok())
    return on_failed(std::move(fault));
  const auto released = std::make_shared<bool>(false);
  const auto once = [this, released, release = std::move(release)] {
    if (std::exchange(*released, true)) return;
    release();
    if (run_ && run_->launched() && desired_ == Desired::running && !stopping_)
      run_->coordinator()->resume();
  };
  CutRequest request;
  request.poll_after = false;
  request.on_committed = [this, once](const CutResult&) {
    if (Status fault = base::Faults::hit("revoke.committed"); !fault.ok())
      return on_failed(std::move(fault));
    once();
  };
  request.on_dropped = [once](const Status&) { once(); };
  run_->coordinator()->request(std::move(request));
  overdue_.push_back({now() + kRevokeBudget, once});
}

void Pipeline::on_lost(std::string_view reason) {
  log::warn(kLogger,
            "partitions are lost; what was not committed is read again by their next owner",
            {{"pipeline", name()}, {"reason", reason}});
  // Posted: this comes from inside the source that is thrown away.
  parts_.control.post([this, lost = run_.get()] {
    if (run_.get() == lost) drop_epoch();
  });
}

// Goes on from the last commit: nothing of the open epoch that is not written yet may be, because
// the next owner of the partitions writes it.
void Pipeline::drop_epoch() {
  if (!run_ || !run_->launched() || closing_ || stopping_ || actual_ == Actual::paused) return;
  ++restarts_;
  close_run(false, [this] {
    if (stopping_) return stopped();
    if (Status fault = base::Faults::hit("lost.dropped"); !fault.ok()) {
      transition(Actual::failed, fault.to_string());
      return schedule_retry();
    }
    transition(Actual::starting, "PARTITIONS_LOST");
    begin_run();
  });
}

void Pipeline::on_connected(bool connected, std::string_view reason, std::string_view message) {
  set_condition("SourceConnected", connected ? Truth::yes : Truth::no, reason, message);
  publish();
}

void Pipeline::on_failed(Status status) {
  parts_.control.post([this, status = std::move(status)] { fail(status); });
}

void Pipeline::on_sink_connected(bool connected, std::string_view reason,
                                 std::string_view message) {
  parts_.control.post(
      [this, connected, reason = std::string(reason), message = std::string(message)] {
        set_condition("SinkConnected", connected ? Truth::yes : Truth::no, reason, message);
        check_running();
        publish();
      });
}

void Pipeline::on_sink_failed(Status status) {
  parts_.control.post([this, status = std::move(status)] { fail(status); });
}

void Pipeline::on_sink_outdated() {
  parts_.control.post([this] {
    if (actual_ != Actual::running || stopping_ || closing_ || switch_ ||
        !stopping_by_rule_.empty())
      return;
    log::info(kLogger, "a sink is made anew behind a commit", {{"pipeline", name()}});
    restart([](const Result<LifecycleReceipt>&) {});
  });
}

}  // namespace leat::runtime
