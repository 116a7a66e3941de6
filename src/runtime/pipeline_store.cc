#include <algorithm>

#include "base/faults.h"
#include "base/log.h"
#include "runtime/pipeline.h"

// What a pipeline with keyed steps does about its state: restores it, pauses when it cannot be kept,
// shows it; and the drain that empties its windows.
namespace leat::runtime {
namespace {

// Of a pipeline with `limits.state`: an epoch reads no more than this part of it, but this much.
constexpr std::uint64_t kEpochsOfLimit = 32;
constexpr std::uint64_t kEpochBytesMin = 16 << 10;
constexpr Duration kSampleEvery = std::chrono::seconds(1);

Status problem(Code code, std::string_view name, std::string message) {
  return Status(code, std::move(message)).with("problem", name);
}

// As schemas name it.
std::string_view name_of(spec::SchemaType::Kind kind) {
  using Kind = spec::SchemaType::Kind;
  switch (kind) {
    case Kind::boolean: return "bool";
    case Kind::integer: return "int";
    case Kind::real: return "double";
    case Kind::string: return "string";
    case Kind::bytes: return "bytes";
    case Kind::timestamp: return "timestamp";
    default: return {};
  }
}

}  // namespace

void Pipeline::make_keeper() {
  const plan::Plan& plan = *parts_.plan;
  if (plan.keyed.empty()) return;
  state_start_ = parts_.state_start;
  samples_ = std::make_shared<std::vector<TableSample>>(plan.keyed.size() * plan.parallelism);
  const auto& post = parts_.state.post ? parts_.state.post : parts_.control.post;
  keeper_ = std::make_unique<StateKeeper>(StateKeeper::Parts{
      .desk = {parts_.plan,
               parts_.state_folder.empty() ? std::string() : parts_.state_folder + "/store",
               parts_.options.state, parts_.state.open},
      .disk = post,
      .control = parts_.control.post,
      .on_pressure = [this](const Status& status) { on_pressure(status); }});
}

void Pipeline::restore_state() {
  restoring_ = true;
  keeper_->restore(found_epoch_, found_state_id_, state_start_, [this](const Status& status) {
    if (!run_ || closing_) return;
    restoring_ = false;
    if (!status.ok()) return fail(status);
    state_start_ = StateStart::keep;  // what was to be thrown away is
    log::info("runtime", "state restored", {{"pipeline", name()}, {"epoch", found_epoch_.value()}});
    launch();
    // The commit record names a state that is gone: until it names this one a crash would ask for
    // the same decision again.
    if (!keeper_->began_anew() || !run_ || !run_->launched()) return;
    run_->coordinator()->request({});
    parts_.control.wakeup.wake();
  });
}

void Pipeline::hold(const Status& status, std::string_view why) {
  log::warn("runtime", "the pipeline pauses because of its state",
            {{"pipeline", name()}, {"reason", why}, {"error", status.message()}});
  set_condition("Progressing", Truth::no, why, status.message());
  state_refused_ = why == "STATE_MISMATCH";
  close_run(false, [this, reason = status.message(), passes = !state_refused_] {
    if (stopping_) return stopped();
    if (desired_ == Desired::stopped) return;
    reason_ = reason;
    transition(Actual::paused, reason);
    if (!passes) return;
    const std::uint32_t doublings = std::min(holds_++, 20u);
    retry_at_ = now() + std::min(parts_.options.restart_initial * (std::int64_t{1} << doublings),
                                 parts_.options.restart_max);
    parts_.control.wakeup.wake();
  });
}

// What is beyond `limits.state` is noticed behind an epoch: none of them is large then.
flow::Trigger Pipeline::trigger_of(const spec::TriggerSpec& written) const {
  flow::Trigger trigger = flow::make_trigger(written);
  const std::uint64_t limit = parts_.plan->spec->limits.state_bytes;
  if (!keeper_ || limit == 0) return trigger;
  const std::uint64_t bytes = std::max(limit / kEpochsOfLimit, kEpochBytesMin);
  trigger.epoch_bytes_max = static_cast<std::size_t>(
      std::min(bytes, static_cast<std::uint64_t>(trigger.epoch_bytes_max)));
  trigger.bounded = true;
  return trigger;
}

// Somebody says that what held it is gone.
void Pipeline::begin_again(Reply<LifecycleReceipt> reply) {
  desired_ = Desired::running;
  failures_ = holds_ = 0;
  transition(Actual::starting);
  begin_run();
  wait_for(Actual::running, parts_.options.stop_timeout, std::move(reply));
  answer_waiters(now());
}

// What is there is committed before the pause: nothing is read twice because of it.
void Pipeline::on_pressure(const Status& status) {
  if (!run_ || !run_->launched() || closing_ || stopping_ || std::exchange(pressed_, true)) return;
  CutRequest request;
  request.poll_after = false;
  request.on_committed = [this, status](const CutResult&) {
    // Posted: the coordinator calls this from inside itself.
    parts_.control.post([this, status] {
      if (run_ && !closing_ && !stopping_) fail(status);
    });
  };
  run_->coordinator()->request(std::move(request));
  parts_.control.wakeup.wake();
}

void Pipeline::cut(std::function<void(const Status&)> done) {
  if (!run_ || !run_->launched() || closing_)
    return done(problem(Code::wrong_state, "WRONG_STATE", "the pipeline does not run"));
  CutRequest request;
  request.poll_after = desired_ == Desired::running && !stopping_;
  request.on_committed = [done](const CutResult&) { done(Status()); };
  request.on_dropped = done;
  run_->coordinator()->request(std::move(request));
  parts_.control.wakeup.wake();
}

// -- drain

void Pipeline::drain(Duration timeout, Reply<LifecycleReceipt> reply) {
  const bool done = actual_ == Actual::stopped && drained_;
  if (done || actual_ == Actual::draining) return reply(receipt(now(), meter_.replayed()));
  const bool may = actual_ == Actual::starting || (actual_ == Actual::running && !closing_) ||
                   (actual_ == Actual::paused && run_ && !closing_);
  if (!may || stopping_ || queued_drain_)
    return reply(problem(Code::wrong_state, "WRONG_STATE",
                         reason_.empty() ? "only a pipeline that runs can be drained" : reason_)
                     .with("actual", to_string(actual_)));
  if (Status fault = base::Faults::hit("drain.requested"); !fault.ok())
    return reply(fault.with("problem", "INTERNAL"));
  StopOptions options;
  options.drain = true;
  options.timeout = timeout;
  stop(options, std::move(reply));
}

// The drain is under way, and somebody wants the pipeline to stop: it need not be whole any more.
void Pipeline::stop_draining(const StopOptions& options, Reply<LifecycleReceipt> reply) {
  stopping_->options = options;
  stopping_->deadline = now() + options.timeout;
  stopping_->reply = [first = std::move(stopping_->reply),
                      reply = std::move(reply)](const Result<LifecycleReceipt>& result) {
    first(result);
    reply(result);
  };
  if (options.drop_epoch && !closing_) return close_run(options.leave, [this] { stopped(); });
  parts_.control.wakeup.wake();
}

// -- what people see

// Workers alone look at their tables.
void Pipeline::sample_tables(Instant at) {
  if (!keeper_ || !run_ || !run_->launched() || closing_ || at - sampled_at_ < kSampleEvery) return;
  sampled_at_ = at;
  const std::size_t width = parts_.plan->parallelism;
  for (std::uint32_t slice = 0; slice < width; ++slice) {
    std::vector<std::pair<const state::Table*, std::size_t>> tables;
    for (std::size_t step = 0; step < parts_.plan->keyed.size(); ++step)
      if (const state::Table* table = keeper_->table_of(step, SliceId(slice)))
        tables.emplace_back(table, step * width + slice);
    run_->between_steps(SliceId(slice), [samples = samples_, tables = std::move(tables)] {
      for (const auto& [table, place] : tables) {
        (*samples)[place].keys.store(table->keys(), std::memory_order_relaxed);
        (*samples)[place].bytes.store(table->bytes(), std::memory_order_relaxed);
      }
    });
  }
}

void Pipeline::fill_state(PipelineSnapshot& out) const {
  if (!keeper_) return;
  const std::size_t width = parts_.plan->parallelism;
  for (std::size_t i = 0; i < parts_.plan->keyed.size(); ++i) {
    const plan::KeyedStep& step = parts_.plan->keyed[i];
    StoreStatus& store = out.state.stores.emplace_back();
    store.step = step.step;
    store.key_fields = step.key_fields;
    for (const spec::SchemaType::Kind kind : step.key_types)
      store.key_types.emplace_back(name_of(kind));
    store.ttl = step.ttl;
    for (std::size_t slice = 0; slice < width; ++slice) {
      const TableSample& sample = (*samples_)[i * width + slice];
      store.keys += sample.keys.load(std::memory_order_relaxed);
      store.bytes += sample.bytes.load(std::memory_order_relaxed);
    }
    out.state.keys += store.keys;
    out.state.bytes += store.bytes;
  }
  out.state.disk_bytes = keeper_->disk_bytes();
  out.state.delta_bytes = keeper_->delta_bytes();
}

}  // namespace leat::runtime
