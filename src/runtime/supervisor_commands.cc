#include <filesystem>
#include <set>

#include "base/faults.h"
#include "base/file.h"
#include "base/log.h"
#include "plan/edit.h"
#include "runtime/supervisor_impl.h"

// What the supervisor does when it is told to. Writes of one pipeline take their turn; every one is
// on disk before its reply.
namespace leat::runtime {
namespace {

constexpr const char* kCountersFile = "counters.json";

Status problem(Code code, std::string_view name, std::string message) {
  return Status(code, std::move(message)).with("problem", name);
}

Status not_found(const std::string& name) {
  return problem(Code::not_found, "PIPELINE_NOT_FOUND", "there is no pipeline of this name")
      .with("pipeline", name);
}

Status disk_problem(const Status& status) {
  return status.with("problem", status.code() == Code::exhausted ? "DISK_LOW" : "INTERNAL");
}

bool reads_other_sources(const spec::PipelineSpec& before, const spec::PipelineSpec& after) {
  const auto topics = [](const spec::PipelineSpec& spec) {
    std::set<std::string> all;
    for (const spec::SourceSpec& source : spec.sources) {
      const auto* kafka = std::get_if<spec::KafkaSourceSpec>(&source.kind);
      if (kafka == nullptr) continue;
      all.insert("group " + kafka->group);
      all.insert("pattern " + kafka->pattern);
      for (const std::string& topic : kafka->topics) all.insert("topic " + topic);
    }
    return all;
  };
  return topics(before) != topics(after);
}

// FNV-1a, 32 bits, in hex: tells definitions apart in an ETag.
std::string hash8(std::string_view text) {
  std::uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out(8, '0');
  for (int i = 7; i >= 0; --i, hash >>= 4) out[static_cast<std::size_t>(i)] = kDigits[hash & 15];
  return out;
}

}  // namespace

std::string Supervisor::Impl::etag_of(const StoredPipeline& stored) const {
  return "\"" + std::to_string(stored.generation) + "-" + hash8(stored.text) + "\"";
}

Supervisor::Impl::Entry* Supervisor::Impl::entry_of(const std::string& name) {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

void Supervisor::Impl::enqueue(Entry& entry, Action action) {
  if (entry.busy) {
    entry.waiting.push_back(std::move(action));
    return;
  }
  entry.busy = true;
  action();
}

// The write that was under way is done: the next one begins, in a turn of its own.
void Supervisor::Impl::release(const std::string& name) {
  Entry* entry = entry_of(name);
  if (entry == nullptr) return;
  if (entry->waiting.empty()) {
    entry->busy = false;
    return;
  }
  Action next = std::move(entry->waiting.front());
  entry->waiting.pop_front();
  control_.post(std::move(next));
}

Status Supervisor::Impl::check(const Entry& entry, const Preconditions& preconditions) const {
  if (preconditions.if_none_match)
    return problem(Code::already_exists, "ALREADY_EXISTS",
                   "a pipeline of this name exists already");
  if (preconditions.if_match && *preconditions.if_match != "*" &&
      *preconditions.if_match != etag_of(entry.stored))
    return problem(Code::wrong_state, "ETAG_MISMATCH",
                   "the pipeline was changed since; read it again")
        .with("etag", etag_of(entry.stored));
  return {};
}

void Supervisor::Impl::save(const StoredPipeline& stored, std::function<void(const Status&)> done) {
  disk_->post([this, stored, done = std::move(done)] {
    Status status = store_.save(stored);
    control_.post([status = std::move(status), done] { done(status); });
  });
}

// A replaced pipeline goes on counting where the one before it is; a restored one where it was last
// written down.
std::string Supervisor::Impl::counters_of(const Entry& entry, const std::string& folder) const {
  if (entry.pipeline) return entry.pipeline->counts().to_json();
  if (folder.empty()) return {};
  constexpr std::size_t kBytesMax = 1024 * 1024;
  auto text = base::read_file(folder + "/" + kCountersFile, kBytesMax);
  return text.ok() ? *std::move(text) : std::string();
}

void Supervisor::Impl::save_counters() {
  if (options_.state_dir.empty()) return;
  for (auto& [name, entry] : entries_) {
    if (!entry.pipeline || entry.leaving) continue;
    std::string text = entry.pipeline->counts().to_json();
    if (text == entry.counters_saved) continue;
    entry.counters_saved = text;
    disk_->post([path = options_.state_dir + "/state/" + name + "/" + kCountersFile,
                 text = std::move(text)] {
      const Status status = base::write_file(path, text, 0600);
      if (!status.ok())
        log::warn("runtime", "counters could not be written down", {{"error", status.to_string()}});
    });
  }
}

void Supervisor::Impl::install(Entry& entry, const std::shared_ptr<const plan::Plan>& plan,
                               StateStart start) {
  const std::string name = entry.stored.name;
  const std::string folder = folder_of(name);
  if (!folder.empty()) {
    std::error_code ignored;  // a source that needs the folder says so when it cannot write
    std::filesystem::create_directories(folder, ignored);
  }
  // Where nothing is kept, commits name a state that ended with its process.
  if (folder.empty() && start == StateStart::keep) start = StateStart::what_fits;
  const std::string counters = counters_of(entry, folder);
  entry.pipeline = std::make_unique<Pipeline>(PipelineParts{
      .plan = plan,
      .generation = entry.stored.generation,
      .etag = etag_of(entry.stored),
      .created_at = entry.stored.created_at,
      .desired = entry.stored.desired,
      .trigger_override = entry.stored.trigger_override,
      .trigger_since = entry.stored.trigger_since,
      .trigger_by = entry.stored.trigger_by,
      .counters = counters,
      .state_folder = folder,
      .state = {[this](Action action) { on_disk(std::move(action)); }, options_.open_store},
      .state_start = start,
      .options = options_,
      .registry = registry_,
      .hosts = hosts_,
      .control = control_.port(),
      .publish = [this](SnapshotPtr snapshot) { publish(std::move(snapshot)); },
      .on_desired_changed =
          [this, name] {
            Entry* changed = entry_of(name);
            if (changed == nullptr || !changed->pipeline) return;
            changed->stored.desired = changed->pipeline->desired();
            save(changed->stored, [](const Status&) {});
          }});
}

void Supervisor::Impl::put(PutRequest request, Reply<PutReceipt> reply) {
  const std::string name = request.spec->name;
  Entry* entry = entry_of(name);
  if (entry == nullptr) return create(std::move(request), std::move(reply));
  if (request.create_only)
    return reply(
        problem(Code::already_exists, "NAME_TAKEN", "a pipeline of this name exists already")
            .with("pipeline", name));
  enqueue(*entry, [this, name, request = std::move(request), reply = std::move(reply)] {
    Entry* now = entry_of(name);
    const auto done = [this, name, reply](Result<PutReceipt> receipt) {
      reply(std::move(receipt));
      release(name);
    };
    if (now == nullptr || !now->pipeline) return done(not_found(name));
    if (const Status refused = check(*now, request.preconditions); !refused.ok())
      return done(refused);
    const bool keeps_trigger = !request.reset_trigger || !now->stored.trigger_override;
    const bool frees = request.discard_state && now->pipeline->state_refused();
    if (!now->broken && now->pipeline->plan().spec->json == request.spec->json && keeps_trigger &&
        !frees)
      return done(PutReceipt{PutReceipt::Outcome::unchanged, now->pipeline->snapshot()});
    check_state(now->pipeline.get(), request, [this, name, request, done](const Status& fits) {
      if (!fits.ok()) return done(fits);
      replace(*entry_of(name), request, done);
    });
  });
}

void Supervisor::Impl::create(PutRequest request, Reply<PutReceipt> reply) {
  const std::string name = request.spec->name;
  if (request.preconditions.if_match)
    return reply(problem(Code::wrong_state, "ETAG_MISMATCH", "there is no pipeline of this name")
                     .with("pipeline", name));
  if (entries_.size() >= options_.pipelines_max)
    return reply(problem(Code::exhausted, "TOO_MANY_PIPELINES", "pipelines_max is reached")
                     .with("pipelines_max", std::to_string(options_.pipelines_max)));
  Entry& entry = entries_[name];
  entry.busy = true;
  entry.stored = StoredPipeline();
  entry.stored.name = name;
  entry.stored.desired = request.initial;
  entry.stored.created_at = control_.port().clock.wall_now();
  entry.stored.text = request.spec->text;
  check_state(nullptr, request, [this, name, request, reply](const Status& fits) {
    if (!fits.ok()) return drop_entry(name, [&] { reply(fits); });
    save_new(name, request, reply);
  });
}

// A name whose pipeline did not come to be.
void Supervisor::Impl::drop_entry(const std::string& name, const std::function<void()>& answer) {
  std::deque<Action> waiting = std::move(entry_of(name)->waiting);
  entries_.erase(name);
  answer();
  for (Action& action : waiting) action();  // they find no pipeline and say so
}

void Supervisor::Impl::save_new(const std::string& name, PutRequest request,
                                Reply<PutReceipt> reply) {
  save(entry_of(name)->stored, [this, name, request = std::move(request),
                                reply = std::move(reply)](const Status& status) {
    if (!status.ok()) return drop_entry(name, [&] { reply(disk_problem(status)); });
    discard_unused(request);
    Entry& made = *entry_of(name);
    install(made, request.plan, request.discard_state ? StateStart::from_empty : StateStart::keep);
    log::info("runtime", "pipeline created", {{"pipeline", name}});
    made.pipeline->begin();
    made.pipeline->publish();
    reply(PutReceipt{PutReceipt::Outcome::created, made.pipeline->snapshot()});
    release(name);
  });
}

void Supervisor::Impl::replace(Entry& entry, PutRequest request, const Reply<PutReceipt>& reply) {
  const std::string name = entry.stored.name;
  Pipeline::StopOptions options;
  // A static member that comes back with another subscription would be given its old partitions.
  options.leave = reads_other_sources(*entry.pipeline->plan().spec, *request.spec);
  options.keep_desired = true;
  options.timeout = options_.stop_timeout;
  StateStart start = request.discard_state ? StateStart::what_fits : StateStart::keep;
  if (request.discard_state &&
      !plan::lost_inputs(entry.pipeline->plan(), *request.plan).names.empty())
    start = StateStart::from_empty;
  const auto put_in_place = [this, name, start, request = std::move(request),
                             reply](const Result<LifecycleReceipt>&) {
    StoredPipeline next = entry_of(name)->stored;
    ++next.generation;
    next.text = request.spec->text;
    if (request.reset_trigger) next.trigger_override.reset();
    save(next, [this, name, next, start, request, reply](const Status& status) {
      Entry& changed = *entry_of(name);
      if (!status.ok()) {
        // The old definition is still the one on disk: it goes on.
        changed.pipeline->start([](const Result<LifecycleReceipt>&) {});
        return reply(disk_problem(status));
      }
      changed.stored = next;
      changed.broken = false;
      install(changed, request.plan, start);
      discard_unused(request);
      log::info("runtime", "pipeline replaced",
                {{"pipeline", name}, {"generation", next.generation}});
      changed.pipeline->begin();
      changed.pipeline->publish();
      reply(PutReceipt{PutReceipt::Outcome::replaced, changed.pipeline->snapshot()});
    });
  };
  if (entry.pipeline->actual() == Actual::stopped) return put_in_place(LifecycleReceipt{});
  // Posted: the answer comes from inside the pipeline that it replaces.
  entry.pipeline->stop(options, [=, this](const Result<LifecycleReceipt>& stopped) {
    control_.post([=, this] {
      // The daemon's own stop may have been faster.
      if (!stopped.ok() && !entry_of(name)->pipeline->at_rest())
        return reply(stopping.load() ? stopping_status() : stopped.status());
      put_in_place(stopped);
    });
  });
}

void Supervisor::Impl::remove(RemoveRequest request, Reply<std::string> reply) {
  const std::string name = request.name;
  Entry* entry = entry_of(name);
  if (entry == nullptr) return reply(not_found(name));
  enqueue(*entry, [this, name, request = std::move(request), reply = std::move(reply)] {
    const auto done = [this, name, reply](Result<std::string> result) {
      reply(std::move(result));
      release(name);
    };
    Entry* now = entry_of(name);
    if (now == nullptr || !now->pipeline) return done(not_found(name));
    if (const Status refused = check(*now, request.preconditions); !refused.ok())
      return done(refused);
    do_remove(*now, request, done);
  });
}

// What the pipeline counted ends with it; the rest is what `state` keeps. On the disk thread.
void Supervisor::Impl::remove_state(const std::string& name, bool all) const {
  if (options_.state_dir.empty()) return;
  const std::string folder = options_.state_dir + "/state/" + name;
  std::error_code error;
  if (all)
    std::filesystem::remove_all(folder, error);
  else
    std::filesystem::remove(folder + "/" + kCountersFile, error);
  if (error)
    log::warn("runtime", "the state of a deleted pipeline could not be removed",
              {{"pipeline", name}, {"error", error.message()}});
}

void Supervisor::Impl::do_remove(Entry& entry, const RemoveRequest& request,
                                 const Reply<std::string>& reply) {
  const std::string name = entry.stored.name;
  const auto forget = [this, name, reply,
                       purge = request.purge](const Result<LifecycleReceipt>& stopped) {
    if (!stopped.ok())
      return save_desired(*entry_of(name), stopped.status(),
                          [reply](const Result<LifecycleReceipt>& why) { reply(why.status()); });
    entry_of(name)->leaving = true;
    disk_->post([this, name, reply, purge] {
      Status status = store_.remove(name);
      if (status.ok()) remove_state(name, purge);
      control_.post([this, name, reply, status = std::move(status)] {
        entry_of(name)->leaving = false;
        if (!status.ok()) return reply(disk_problem(status));
        std::deque<Action> waiting = std::move(entry_of(name)->waiting);
        entries_.erase(name);
        unpublish(name);
        log::info("runtime", "pipeline deleted", {{"pipeline", name}});
        reply(name);
        for (Action& action : waiting) action();  // they find no pipeline and say so
      });
    });
  };
  if (entry.pipeline->actual() == Actual::stopped && !request.purge)
    return forget(LifecycleReceipt{});
  Pipeline::StopOptions options;
  options.leave = true;
  options.drop_epoch = request.now;
  options.drain = request.drain;
  options.purge = request.purge;
  options.timeout = request.timeout;
  options.fail_on_timeout = !request.now;
  entry.pipeline->stop(options, [this, forget](const Result<LifecycleReceipt>& stopped) {
    control_.post([forget, stopped] { forget(stopped); });
  });
}

void Supervisor::Impl::set_trigger(SwitchRequest request, Reply<SwitchReceipt> reply) {
  const std::string name = request.name;
  Entry* entry = entry_of(name);
  if (entry == nullptr) return reply(not_found(name));
  if (entry->pipeline) return do_set_trigger(*entry, request, reply);
  // Being created: its turn comes.
  enqueue(*entry, [this, name, request = std::move(request), reply = std::move(reply)] {
    Entry* now = entry_of(name);
    if (now == nullptr || !now->pipeline) {
      reply(not_found(name));
    } else {
      do_set_trigger(*now, request, reply);
    }
    release(name);
  });
}

void Supervisor::Impl::do_set_trigger(Entry& entry, const SwitchRequest& request,
                                      const Reply<SwitchReceipt>& reply) {
  const std::string name = entry.stored.name;
  const SnapshotPtr before = entry.pipeline->snapshot();
  const auto& if_match = request.preconditions.if_match;
  if (if_match && *if_match != "*" && *if_match != before->trigger.etag)
    return reply(
        problem(Code::wrong_state, "ETAG_MISMATCH", "the trigger was changed since; read it again")
            .with("etag", before->trigger.etag));
  const bool is_override = request.trigger.has_value();
  const spec::TriggerSpec to = request.trigger.value_or(entry.pipeline->plan().spec->trigger);
  entry.pipeline->set_trigger(to, is_override, request.timeout, request.actor,
                              [this, name, request, reply](Result<SwitchReceipt> receipt) {
                                if (!receipt.ok()) return reply(std::move(receipt));
                                persist_switch(name, request, *std::move(receipt), reply);
                              });
}

// The receipt leaves only when the new setting is on disk: a crash before that resolves to the old
// one, after it to the new.
void Supervisor::Impl::persist_switch(const std::string& name, const SwitchRequest& request,
                                      SwitchReceipt receipt, const Reply<SwitchReceipt>& reply) {
  Entry* entry = entry_of(name);
  if (entry == nullptr) return reply(not_found(name));
  const auto before = entry->stored.trigger_override;
  const bool nothing_new = !receipt.changed && request.trigger.has_value();
  if (nothing_new || before == request.trigger) return reply(std::move(receipt));
  entry->stored.trigger_override = request.trigger;
  if (entry->pipeline) {
    entry->stored.trigger_since = entry->pipeline->trigger_since();
    entry->stored.trigger_by = entry->pipeline->trigger_by();
  }
  save(entry->stored, [this, name, before, receipt = std::move(receipt),
                       reply](const Status& status) {
    if (status.ok()) {
      const Status fault = base::Faults::hit("switch.persisted");
      return fault.ok() ? reply(receipt) : reply(disk_problem(fault));
    }
    if (Entry* changed = entry_of(name); changed != nullptr && changed->pipeline) {
      changed->stored.trigger_override = before;
      changed->pipeline->set_trigger(receipt.from, before.has_value(), std::chrono::seconds(10),
                                     "leat", [](const Result<SwitchReceipt>&) {});
    }
    reply(disk_problem(status));
  });
}

void Supervisor::Impl::lifecycle(const std::string& name, Verb verb,
                                 const Preconditions& preconditions,
                                 Reply<LifecycleReceipt> reply) {
  Entry* entry = entry_of(name);
  if (entry == nullptr) return reply(not_found(name));
  // A drain has its turn until it is done; a stop ends it.
  const bool ends_drain =
      verb == Verb::stop && entry->pipeline && entry->pipeline->actual() == Actual::draining;
  if (ends_drain) {
    if (const Status refused = check(*entry, preconditions); !refused.ok()) return reply(refused);
    return do_lifecycle(*entry, verb, std::move(reply));
  }
  enqueue(*entry, [this, name, verb, preconditions, reply = std::move(reply)] {
    const auto done = [this, name, reply](Result<LifecycleReceipt> receipt) {
      reply(std::move(receipt));
      release(name);
    };
    Entry* now = entry_of(name);
    if (now == nullptr || !now->pipeline) return done(not_found(name));
    if (const Status refused = check(*now, preconditions); !refused.ok()) return done(refused);
    do_lifecycle(*now, verb, [this, name, done](Result<LifecycleReceipt> receipt) {
      Entry* changed = entry_of(name);
      if (changed == nullptr) return done(std::move(receipt));
      save_desired(*changed, std::move(receipt), done);
    });
  });
}

void Supervisor::Impl::save_desired(Entry& entry, Result<LifecycleReceipt> receipt,
                                    const Reply<LifecycleReceipt>& reply) {
  if (entry.stored.desired == entry.pipeline->desired()) return reply(std::move(receipt));
  entry.stored.desired = entry.pipeline->desired();
  save(entry.stored, [receipt = std::move(receipt), reply](const Status& status) {
    if (!status.ok() && receipt.ok()) return reply(disk_problem(status));
    reply(receipt);
  });
}

void Supervisor::Impl::do_lifecycle(Entry& entry, Verb verb, Reply<LifecycleReceipt> reply) {
  Pipeline& pipeline = *entry.pipeline;
  if (entry.broken && verb != Verb::stop)
    return reply(problem(Code::wrong_state, "WRONG_STATE",
                         "the stored definition is not valid any more: replace it"));
  switch (verb) {
    case Verb::pause: return pipeline.pause(std::move(reply));
    case Verb::resume: return pipeline.resume(std::move(reply));
    case Verb::start: return pipeline.start(std::move(reply));
    case Verb::restart: return pipeline.restart(std::move(reply));
    case Verb::drain: return pipeline.drain(options_.drain_timeout, std::move(reply));
    case Verb::stop: {
      Pipeline::StopOptions options;
      options.timeout = options_.stop_timeout;
      return pipeline.stop(options, std::move(reply));
    }
  }
}

void Supervisor::Impl::tap(const std::string& name, const std::string& step,
                           Reply<TapSubscription> reply) {
  Entry* entry = entry_of(name);
  if (entry == nullptr || !entry->pipeline) return reply(not_found(name));
  const PipelineCounts& counts = entry->pipeline->counts();
  if (!counts.has_tap(step))
    return reply(problem(Code::not_found, "STEP_NOT_FOUND", "there is no step of this id")
                     .with("step", step));
  ++entry->taps[step];
  TapSubscription subscription{counts.taps(step), entry->pipeline->alive_flag()};
  for (const auto& point : subscription.points) point->want(true);
  reply(std::move(subscription));
}

void Supervisor::Impl::untap(const std::string& name, const std::string& step) {
  Entry* entry = entry_of(name);
  if (entry == nullptr || !entry->pipeline || --entry->taps[step] > 0) return;
  entry->taps.erase(step);
  if (!entry->pipeline->counts().has_tap(step)) return;
  for (const auto& point : entry->pipeline->counts().taps(step)) point->want(false);
}

}  // namespace leat::runtime
