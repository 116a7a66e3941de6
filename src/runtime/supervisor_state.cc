#include <algorithm>
#include <filesystem>

#include "base/log.h"
#include "plan/edit.h"
#include "runtime/supervisor_impl.h"

// What the supervisor does about the state of pipelines: whether a definition fits it, and what
// deleted pipelines left behind.
namespace leat::runtime {
namespace {

constexpr const char* kStore = "/store";

Status problem(Code code, std::string_view name, std::string message) {
  return Status(code, std::move(message)).with("problem", name);
}

Status not_found(const std::string& name) {
  return problem(Code::not_found, "PIPELINE_NOT_FOUND", "there is no pipeline of this name")
      .with("pipeline", name);
}

using Changes = std::vector<state::StateChange>;

// What would be lost, and why if that is known; ok when nothing is.
Status judge(const Result<Changes>& changes, const std::string& why = "") {
  if (!changes.ok())
    return problem(Code::wrong_state, "STATE_INCOMPATIBLE",
                   "the kept state cannot be read (" + changes.status().message() +
                       "): `?state=discard` begins with empty state");
  using Kind = state::StateChange::Kind;
  const std::string lost = lost_steps(*changes);
  if (lost.empty()) return {};
  const auto any = [&](Kind kind) {
    return std::any_of(changes->begin(), changes->end(),
                       [&](const state::StateChange& change) { return change.kind == kind; });
  };
  std::string message = "the state of " + lost + " would be lost: ";
  if (!why.empty()) message += why + "; ";
  if (any(Kind::removed) && any(Kind::added))
    message += "a step with another id keeps its state when `renamed_from` names the old one; ";
  Status refused = problem(Code::wrong_state, "STATE_INCOMPATIBLE",
                           message + "with `?state=discard` these steps begin empty");
  for (const state::StateChange& change : *changes)
    if (change.kind != Kind::added) refused = std::move(refused).with("step", change.step);
  return refused;
}

// Whether the edit keeps all state: by what is kept, and by the plans.
Status judge_edit(const plan::Plan& before, const plan::Plan& after, Result<Changes> changes) {
  if (!changes.ok()) return judge(changes);
  std::string why;
  for (const plan::LostState& lost : plan::lost_state(before, after)) {
    if (!lost.removed) why += (why.empty() ? "" : "; ") + lost.why;
    const auto known = [&](const state::StateChange& change) {
      return change.step == lost.step && change.kind != state::StateChange::Kind::added;
    };
    if (!lost.removed && std::none_of(changes->begin(), changes->end(), known))
      changes->push_back({state::StateChange::Kind::changed, lost.step});
  }
  return judge(changes, why);
}

std::uint64_t bytes_in(const std::filesystem::path& folder) {
  std::uint64_t sum = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error))
    if (std::error_code ignored; it->is_regular_file(ignored)) {
      const std::uint64_t bytes = it->file_size(ignored);
      if (!ignored) sum += bytes;
    }
  return sum;
}

}  // namespace

void Supervisor::Impl::on_disk(Action action) {
  if (disk_) return disk_->post(std::move(action));
  action();  // the threads have ended
}

void Supervisor::Impl::check_state(Pipeline* running, const PutRequest& request,
                                   std::function<void(const Status&)> done) {
  if (request.discard_state) return done(Status());
  std::vector<state::StepState> steps = steps_of(*request.plan);
  if (running != nullptr && running->keeper() != nullptr)
    return running->keeper()->compare(
        std::move(steps),
        [before = running->shared_plan(), after = request.plan, done](Result<Changes> changes) {
          done(judge_edit(*before, *after, std::move(changes)));
        });
  const std::string folder = folder_of(request.spec->name);
  if (folder.empty()) return done(Status());
  on_disk([this, plan = request.plan, folder, steps = std::move(steps), done = std::move(done)] {
    StateDesk desk({plan, folder + kStore, options_.state, options_.open_store});
    Status status = judge(desk.compare(steps));
    control_.post([status = std::move(status), done] { done(status); });
  });
}

// A definition without state leaves none behind when it may go.
void Supervisor::Impl::discard_unused(const PutRequest& request) {
  const std::string folder = folder_of(request.spec->name);
  if (!request.discard_state || !request.plan->keyed.empty() || folder.empty()) return;
  on_disk([store = folder + kStore] {
    if (const Status status = state::discard_state(store); !status.ok())
      log::warn("runtime", "state that is discarded could not be removed",
                {{"error", status.to_string()}});
  });
}

void Supervisor::Impl::read_state(const StateRequest& request, const Reply<StateAnswer>& reply) {
  Entry* entry = entry_of(request.pipeline);
  if (entry == nullptr || !entry->pipeline) return reply(not_found(request.pipeline));
  entry->pipeline->read_state(request, reply);
}

// Not in the queue of writes while it runs: it waits for an epoch like any other, and a stop must
// not wait for it.
void Supervisor::Impl::make_checkpoint(const CheckpointRequest& request,
                                       const Reply<CheckpointInfo>& reply) {
  Entry* entry = entry_of(request.pipeline);
  if (entry == nullptr || !entry->pipeline) return reply(not_found(request.pipeline));
  if (const Status refused = check(*entry, request.preconditions); !refused.ok())
    return reply(refused);
  if (entry->pipeline->actual() != Actual::stopped)
    return entry->pipeline->make_checkpoint(request.checkpoint, request.timeout, reply);
  const std::string name = request.pipeline;
  enqueue(*entry, [this, name, request, reply] {
    const auto done = [this, name, reply](Result<CheckpointInfo> about) {
      reply(std::move(about));
      release(name);
    };
    Entry* now = entry_of(name);
    if (now == nullptr || !now->pipeline) return done(not_found(name));
    now->pipeline->make_checkpoint(request.checkpoint, request.timeout, done);
  });
}

void Supervisor::Impl::list_checkpoints(const std::string& name,
                                        const Reply<std::vector<CheckpointInfo>>& reply) {
  Entry* entry = entry_of(name);
  if (entry == nullptr || !entry->pipeline) return reply(not_found(name));
  entry->pipeline->list_checkpoints(reply);
}

void Supervisor::Impl::remove_checkpoint(const CheckpointRequest& request,
                                         const Reply<std::string>& reply) {
  Entry* entry = entry_of(request.pipeline);
  if (entry == nullptr || !entry->pipeline) return reply(not_found(request.pipeline));
  if (const Status refused = check(*entry, request.preconditions); !refused.ok())
    return reply(refused);
  entry->pipeline->remove_checkpoint(request.checkpoint, reply);
}

void Supervisor::Impl::restore_checkpoint(CheckpointRequest request, Reply<RestoreReceipt> reply) {
  const std::string name = request.pipeline;
  Entry* entry = entry_of(name);
  if (entry == nullptr) return reply(not_found(name));
  enqueue(*entry, [this, name, request = std::move(request), reply = std::move(reply)] {
    const auto done = [this, name, reply](Result<RestoreReceipt> receipt) {
      reply(std::move(receipt));
      release(name);
    };
    Entry* now = entry_of(name);
    if (now == nullptr || !now->pipeline) return done(not_found(name));
    if (const Status refused = check(*now, request.preconditions); !refused.ok())
      return done(refused);
    now->pipeline->restore_checkpoint(request, done);
  });
}

void Supervisor::Impl::move_offsets(OffsetsRequest request, Reply<OffsetsReceipt> reply) {
  const std::string name = request.pipeline;
  Entry* entry = entry_of(name);
  if (entry == nullptr) return reply(not_found(name));
  enqueue(*entry, [this, name, request = std::move(request), reply = std::move(reply)] {
    const auto done = [this, name, reply](Result<OffsetsReceipt> receipt) {
      reply(std::move(receipt));
      release(name);
    };
    Entry* now = entry_of(name);
    if (now == nullptr || !now->pipeline) return done(not_found(name));
    if (const Status refused = check(*now, request.preconditions); !refused.ok())
      return done(refused);
    now->pipeline->move_offsets(request, done);
  });
}

void Supervisor::Impl::list_kept_state(const Reply<std::vector<KeptState>>& reply) {
  std::vector<std::string> there;
  for (const auto& [name, entry] : entries_) there.push_back(name);  // sorted
  on_disk([this, there = std::move(there), reply] {
    std::vector<KeptState> kept;
    std::error_code error;
    const std::filesystem::path folder = folder_of("");
    if (!options_.state_dir.empty())
      for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
           it.increment(error)) {
        std::error_code ignored;
        const std::string name = it->path().filename().string();
        const bool taken = std::binary_search(there.begin(), there.end(), name);
        if (!taken && std::filesystem::is_directory(it->path().string() + kStore, ignored))
          kept.push_back({name, bytes_in(it->path())});
      }
    std::sort(kept.begin(), kept.end(),
              [](const KeptState& a, const KeptState& b) { return a.pipeline < b.pipeline; });
    control_.post([reply, kept = std::move(kept)] { reply(kept); });
  });
}

void Supervisor::Impl::remove_kept_state(const std::string& name, const Reply<std::string>& reply) {
  if (entry_of(name) != nullptr)
    return reply(problem(Code::wrong_state, "WRONG_STATE",
                         "a pipeline of this name is there: delete it with `state=purge`"));
  on_disk([this, name, reply] {
    const std::string folder = folder_of(name);
    std::error_code error;
    const bool plain = !folder.empty() && !name.empty() && name.front() != '.' &&
                       name.find('/') == std::string::npos;
    const bool there = plain && std::filesystem::is_directory(folder + kStore, error);
    Status status;
    if (!there) {
      status = problem(Code::not_found, "NOT_FOUND", "no state is kept under this name");
    } else if (std::filesystem::remove_all(folder, error); error) {
      status =
          problem(Code::unavailable, "INTERNAL", "the state cannot be removed: " + error.message());
    }
    control_.post([name, reply, status = std::move(status)] {
      if (!status.ok()) return reply(status);
      log::info("runtime", "kept state deleted", {{"pipeline", name}});
      reply(name);
    });
  });
}

}  // namespace leat::runtime
