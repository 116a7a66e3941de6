#include "runtime/supervisor.h"

#include "base/log.h"
#include "runtime/supervisor_impl.h"

namespace leat::runtime {

Status stopping_status() {
  return Status(Code::unavailable, "the daemon is stopping").with("problem", "STOPPING");
}

std::string_view problem_of(const Status& status) noexcept {
  for (const auto& [key, value] : status.fields())
    if (key == "problem") return value;
  return "";
}

Supervisor::Supervisor(SupervisorOptions options, flow::Registry registry)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(registry))) {}

Supervisor::~Supervisor() { stop(); }

Status Supervisor::start(const Reparse& reparse) { return impl_->start(reparse); }
void Supervisor::stop() { impl_->stop(); }
void Supervisor::stop_now() noexcept { impl_->hurry.store(true); }
bool Supervisor::stopping() const noexcept { return impl_->stopping.load(); }
bool Supervisor::started() const noexcept { return impl_->started.load(); }
SnapshotPtr Supervisor::find(std::string_view name) const { return impl_->find(name); }
std::vector<SnapshotPtr> Supervisor::list() const { return impl_->list(); }
bool Supervisor::alive() const noexcept {
  return impl_->control().turned_within(std::chrono::seconds(5));
}

std::vector<ThreadStatus> Supervisor::threads() const {
  std::vector<ThreadStatus> threads{{"leat-control", "control"}, {"leat-checkpoint", "checkpoint"}};
  for (std::uint32_t i = 0; i < impl_->options().workers; ++i)
    threads.push_back({"leat-worker-" + std::to_string(i), "worker"});
  return threads;
}

void Supervisor::refresh(std::function<void()> done) {
  impl_->control().post([impl = impl_.get(), done = std::move(done)] {
    impl->refresh();
    done();
  });
}

void Supervisor::put(PutRequest request, Reply<PutReceipt> reply) {
  impl_->control().post(
      [impl = impl_.get(), request = std::move(request), reply = std::move(reply)] {
        if (impl->stopping.load()) return reply(stopping_status());
        impl->put(request, reply);
      });
}

void Supervisor::remove(RemoveRequest request, Reply<std::string> reply) {
  impl_->control().post(
      [impl = impl_.get(), request = std::move(request), reply = std::move(reply)] {
        if (impl->stopping.load()) return reply(stopping_status());
        impl->remove(request, reply);
      });
}

void Supervisor::set_trigger(SwitchRequest request, Reply<SwitchReceipt> reply) {
  impl_->control().post(
      [impl = impl_.get(), request = std::move(request), reply = std::move(reply)] {
        if (impl->stopping.load()) return reply(stopping_status());
        impl->set_trigger(request, reply);
      });
}

void Supervisor::lifecycle(std::string name, Verb verb, Preconditions preconditions,
                           Reply<LifecycleReceipt> reply) {
  impl_->control().post([impl = impl_.get(), name = std::move(name), verb,
                         preconditions = std::move(preconditions), reply = std::move(reply)] {
    if (impl->stopping.load()) return reply(stopping_status());
    impl->lifecycle(name, verb, preconditions, reply);
  });
}

void Supervisor::tap(std::string name, std::string step, Reply<TapSubscription> reply) {
  impl_->control().post([impl = impl_.get(), name = std::move(name), step = std::move(step),
                         reply = std::move(reply)] { impl->tap(name, step, reply); });
}

void Supervisor::untap(std::string name, std::string step) {
  impl_->control().post([impl = impl_.get(), name = std::move(name), step = std::move(step)] {
    impl->untap(name, step);
  });
}

void Supervisor::read_state(StateRequest request, Reply<StateAnswer> reply) {
  impl_->control().post([impl = impl_.get(), request = std::move(request),
                         reply = std::move(reply)] { impl->read_state(request, reply); });
}

void Supervisor::make_checkpoint(CheckpointRequest request, Reply<CheckpointInfo> reply) {
  impl_->control().post(
      [impl = impl_.get(), request = std::move(request), reply = std::move(reply)] {
        if (impl->stopping.load()) return reply(stopping_status());
        impl->make_checkpoint(request, reply);
      });
}

void Supervisor::list_checkpoints(std::string pipeline, Reply<std::vector<CheckpointInfo>> reply) {
  impl_->control().post([impl = impl_.get(), pipeline = std::move(pipeline),
                         reply = std::move(reply)] { impl->list_checkpoints(pipeline, reply); });
}

void Supervisor::remove_checkpoint(CheckpointRequest request, Reply<std::string> reply) {
  impl_->control().post(
      [impl = impl_.get(), request = std::move(request), reply = std::move(reply)] {
        if (impl->stopping.load()) return reply(stopping_status());
        impl->remove_checkpoint(request, reply);
      });
}

void Supervisor::restore_checkpoint(CheckpointRequest request, Reply<RestoreReceipt> reply) {
  impl_->control().post(
      [impl = impl_.get(), request = std::move(request), reply = std::move(reply)] {
        if (impl->stopping.load()) return reply(stopping_status());
        impl->restore_checkpoint(request, reply);
      });
}

void Supervisor::move_offsets(OffsetsRequest request, Reply<OffsetsReceipt> reply) {
  impl_->control().post(
      [impl = impl_.get(), request = std::move(request), reply = std::move(reply)] {
        if (impl->stopping.load()) return reply(stopping_status());
        impl->move_offsets(request, reply);
      });
}

void Supervisor::list_kept_state(Reply<std::vector<KeptState>> reply) {
  impl_->control().post(
      [impl = impl_.get(), reply = std::move(reply)] { impl->list_kept_state(reply); });
}

void Supervisor::remove_kept_state(std::string name, Reply<std::string> reply) {
  impl_->control().post([impl = impl_.get(), name = std::move(name), reply = std::move(reply)] {
    if (impl->stopping.load()) return reply(stopping_status());
    impl->remove_kept_state(name, reply);
  });
}

// -- Impl: start, stop, snapshots

Supervisor::Impl::Impl(SupervisorOptions options, flow::Registry registry)
    : options_(std::move(options)),
      registry_(std::move(registry)),
      control_(options_.clock != nullptr ? *options_.clock : base::machine_clock()),
      store_(options_.state_dir.empty() ? std::string() : options_.state_dir + "/pipelines") {}

Supervisor::Impl::~Impl() = default;

Status Supervisor::Impl::start(const Reparse& reparse) {
  LEAT_RETURN_IF_ERROR(store_.open());
  auto loaded = store_.load();
  if (!loaded.ok()) return loaded.status();
  for (const Status& damaged : loaded->damaged)
    log::error("runtime", "a stored definition is left alone", {{"error", damaged.to_string()}});
  const ControlPort port = control_.port();
  for (std::uint32_t i = 0; i < options_.workers; ++i) {
    const int pin_to = options_.workers_pin ? static_cast<int>(i) : -1;
    workers_.push_back(std::make_unique<Worker>(
        i, port.clock, IdleStrategy{options_.idle_spin, options_.idle_yield}, pin_to));
    hosts_.push_back(workers_.back().get());
  }
  disk_ = std::make_unique<DiskThread>();
  control_.start([this](Instant now) { return tick(now); });
  std::promise<void> restored;
  control_.post([&] {
    for (const StoredPipeline& stored : loaded->pipelines) restore(stored, reparse);
    started.store(true);
    restored.set_value();
  });
  restored.get_future().wait();
  return {};
}

void Supervisor::Impl::restore(const StoredPipeline& stored, const Reparse& reparse) {
  Entry& entry = entries_[stored.name];
  entry.stored = stored;
  auto parsed = reparse(stored.name, stored.text);
  if (parsed.ok()) {
    install(entry, parsed->plan);
    return entry.pipeline->begin();
  }
  log::error("runtime", "a stored definition is not valid any more",
             {{"pipeline", stored.name}, {"error", parsed.status().to_string()}});
  entry.broken = true;
  auto spec = std::make_shared<spec::PipelineSpec>();
  spec->name = stored.name;
  spec->text = stored.text;
  spec->json = "{}";
  auto plan = std::make_shared<plan::Plan>();
  plan->spec = spec;
  install(entry, plan);
  entry.pipeline->begin_failed("INVALID_DEFINITION: " + parsed.status().to_string());
}

// Asks what still runs to stop; also what a write that was under way begins meanwhile.
bool Supervisor::Impl::all_at_rest() {
  bool rest = true;
  for (auto& [name, entry] : entries_) {
    if (entry.pipeline && !entry.pipeline->at_rest()) {
      entry.pipeline->shut_down(options_.stop_timeout);
      rest = false;
    }
    rest = rest && !entry.busy;
  }
  return rest;
}

void Supervisor::Impl::stop() {
  if (stopping.exchange(true) || !disk_) return;
  const auto wanted = std::make_shared<std::promise<void>>();
  const std::future<void> at_rest = wanted->get_future();
  control_.post([this, wanted] { rest_wanted_ = wanted; });
  constexpr auto kLook = std::chrono::milliseconds(100);
  while (at_rest.wait_for(kLook) != std::future_status::ready)
    if (hurry.load()) return;
  std::promise<void> saved;
  control_.post([&] {
    save_counters();
    saved.set_value();
  });
  saved.get_future().wait();
  disk_.reset();
  control_.stop();
  entries_.clear();
  hosts_.clear();
  workers_.clear();
}

Instant Supervisor::Impl::tick(Instant now) {
  Instant again = base::kNever;
  for (auto& [name, entry] : entries_)
    if (entry.pipeline) again = std::min(again, entry.pipeline->tick(now));
  // What a crash may cost of the counters.
  constexpr Duration kCountersEvery = std::chrono::seconds(5);
  if (now - counters_saved_at_ >= kCountersEvery) {
    counters_saved_at_ = now;
    save_counters();
  }
  if (rest_wanted_ && all_at_rest()) std::exchange(rest_wanted_, nullptr)->set_value();
  return again;
}

void Supervisor::Impl::refresh() {
  for (auto& [name, entry] : entries_)
    if (entry.pipeline) entry.pipeline->publish();
}

SnapshotPtr Supervisor::Impl::find(std::string_view name) const {
  const std::lock_guard lock(snapshots_mutex_);
  const auto found = snapshots_.find(name);
  return found == snapshots_.end() ? nullptr : found->second;
}

std::vector<SnapshotPtr> Supervisor::Impl::list() const {
  const std::lock_guard lock(snapshots_mutex_);
  std::vector<SnapshotPtr> all;
  all.reserve(snapshots_.size());
  for (const auto& [name, snapshot] : snapshots_) all.push_back(snapshot);
  return all;
}

void Supervisor::Impl::publish(SnapshotPtr snapshot) {
  const std::lock_guard lock(snapshots_mutex_);
  snapshots_[snapshot->name] = std::move(snapshot);
}

void Supervisor::Impl::unpublish(const std::string& name) {
  const std::lock_guard lock(snapshots_mutex_);
  snapshots_.erase(name);
}

}  // namespace leat::runtime
