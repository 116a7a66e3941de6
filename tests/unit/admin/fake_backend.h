#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "admin/backend.h"

namespace leat::admin {

// A backend without a dataflow: keeps snapshots in a map, takes every command at once, and can be
// told to hold its replies. Thread-safe, as the server's thread and the test's meet here.
class FakeBackend final : public Backend {
 public:
  // -- for the test
  void add(runtime::PipelineSnapshot snapshot) {
    const std::lock_guard lock(mutex_);
    const std::string name = snapshot.name;
    pipelines_[name] = std::make_shared<const runtime::PipelineSnapshot>(std::move(snapshot));
  }
  void fail_with(Status status) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(status);
  }
  // Commands wait until release().
  void hold() { holding_ = true; }
  std::size_t held() const {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  void release() {
    holding_ = false;
    std::vector<std::function<void()>> ready;
    {
      const std::lock_guard lock(mutex_);
      ready.swap(held_);
    }
    for (const auto& one : ready) one();
  }
  std::vector<std::string> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  std::shared_ptr<flow::TapPoint> point = std::make_shared<flow::TapPoint>();
  std::atomic<bool> is_alive{true};
  std::atomic<bool> is_started{true};
  std::atomic<bool> is_stopping{false};

  // -- reads
  runtime::SnapshotPtr find(std::string_view name) const override {
    const std::lock_guard lock(mutex_);
    const auto found = pipelines_.find(std::string(name));
    return found == pipelines_.end() ? nullptr : found->second;
  }
  std::vector<runtime::SnapshotPtr> list() const override {
    const std::lock_guard lock(mutex_);
    std::vector<runtime::SnapshotPtr> all;
    for (const auto& [name, snapshot] : pipelines_) all.push_back(snapshot);
    return all;
  }
  std::vector<runtime::ThreadStatus> threads() const override { return {{"worker-0", "worker"}}; }
  bool alive() const noexcept override { return is_alive; }
  bool started() const noexcept override { return is_started; }
  bool stopping() const noexcept override { return is_stopping; }
  void refresh(std::function<void()> done) override { done(); }

  // -- commands
  std::vector<spec::Diagnostic> check_rest(const spec::ParseResult& parsed) const override {
    return plan::check_rest(parsed, {});
  }
  plan::PlanResult build(const std::shared_ptr<const spec::PipelineSpec>& spec) const override {
    plan::PlanResult result;
    if (spec->description == "unplannable") {
      result.diagnostics.push_back({spec::Severity::error,
                                    "/description",
                                    0,
                                    0,
                                    {},
                                    "UNKNOWN_FIELD",
                                    "cannot be planned",
                                    {}});
      return result;
    }
    plan::Plan plan;
    plan.spec = spec;
    plan.stages.emplace_back();
    result.plan = std::make_shared<const plan::Plan>(std::move(plan));
    return result;
  }
  void put(runtime::PutRequest request, runtime::Reply<runtime::PutReceipt> reply) override {
    const std::string call = "put " + request.spec->name + " by " + request.actor +
                             (request.discard_state ? " discarding" : "");
    run(call, [this, request = std::move(request), reply = std::move(reply)] {
      const runtime::SnapshotPtr before = find(request.spec->name);
      if (Status refused = refusal(before, before ? before->etag : "", request.preconditions);
          !refused.ok())
        return reply(refused);
      if (before && request.create_only)
        return reply(Status(Code::already_exists, "the name is taken"));
      runtime::PipelineSnapshot made;
      made.name = request.spec->name;
      made.generation = before ? before->generation + 1 : 1;
      made.etag = "\"" + std::to_string(made.generation) + "-0badcafe\"";
      made.spec = request.spec;
      made.desired = request.initial;
      made.actual = runtime::Actual::starting;
      add(std::move(made));
      using Outcome = runtime::PutReceipt::Outcome;
      reply(runtime::PutReceipt{before ? Outcome::replaced : Outcome::created,
                                find(request.spec->name)});
    });
  }
  void remove(runtime::RemoveRequest request, runtime::Reply<std::string> reply) override {
    const std::string call = "remove " + request.name + (request.drain ? " drained" : "");
    run(call, [this, request = std::move(request), reply = std::move(reply)] {
      const runtime::SnapshotPtr before = find(request.name);
      if (Status refused = refusal(before, before ? before->etag : "", request.preconditions);
          !refused.ok())
        return reply(refused);
      {
        const std::lock_guard lock(mutex_);
        pipelines_.erase(request.name);
      }
      reply(request.name);
    });
  }
  void set_trigger(runtime::SwitchRequest request,
                   runtime::Reply<runtime::SwitchReceipt> reply) override {
    const std::string call = "trigger " + request.name;
    run(call, [this, request = std::move(request), reply = std::move(reply)] {
      const runtime::SnapshotPtr before = find(request.name);
      if (Status refused = refusal(before, before->trigger.etag, request.preconditions);
          !refused.ok())
        return reply(refused);
      runtime::SwitchReceipt receipt;
      receipt.from.mode = spec::TriggerMode::real_time;
      receipt.to = request.trigger.value_or(spec::TriggerSpec{});
      receipt.epoch = EpochId(9182);
      receipt.barrier_offsets["in"]["orders"][0] = 88123;
      reply(receipt);
    });
  }
  void lifecycle(const std::string& name, runtime::Verb verb,
                 const runtime::Preconditions& preconditions,
                 runtime::Reply<runtime::LifecycleReceipt> reply) override {
    run((verb == runtime::Verb::drain ? "drain " : "lifecycle ") + name,
        [this, name, preconditions, reply = std::move(reply)] {
          const runtime::SnapshotPtr before = find(name);
          if (Status refused = refusal(before, before->etag, preconditions); !refused.ok())
            return reply(refused);
          reply(runtime::LifecycleReceipt{name, runtime::Desired::paused, runtime::Actual::paused,
                                          EpochId(7), 0, 1.5});
        });
  }
  void tap(const std::string& name, const std::string& step,
           runtime::Reply<runtime::TapSubscription> reply) override {
    run("tap " + name + "/" + step, [this, step, reply = std::move(reply)] {
      if (step == "nowhere")
        return reply(Status(Code::not_found, "no such step").with("problem", "STEP_NOT_FOUND"));
      reply(runtime::TapSubscription{{point}, alive_});
    });
  }
  void untap(const std::string& name, const std::string& step) override {
    note("untap " + name + "/" + step);
  }
  void read_state(runtime::StateRequest request,
                  runtime::Reply<runtime::StateAnswer> reply) override {
    const auto text = [](const std::optional<std::string>& one) { return one.value_or("-"); };
    run("state " + request.pipeline + "/" + request.store + " " + text(request.key) + " " +
            text(request.from) + ".." + text(request.to) + " " + std::to_string(request.limit) +
            (request.latest ? " latest" : " committed"),
        [this, request, reply = std::move(reply)] {
          if (Status failure = failure_of(); !failure.ok()) return reply(failure);
          runtime::StateAnswer answer{{{"\"a\"", R"({"n":2})"}}, EpochId(7)};
          if (!request.key) answer.rows.push_back({"\"b\"", R"({"n":3})"});
          reply(std::move(answer));
        });
  }
  void make_checkpoint(runtime::CheckpointRequest request,
                       runtime::Reply<runtime::CheckpointInfo> reply) override {
    run("checkpoint " + request.pipeline + " " + request.checkpoint,
        [this, request, reply = std::move(reply)] {
          const runtime::SnapshotPtr before = find(request.pipeline);
          if (Status refused = refusal(before, before->etag, request.preconditions); !refused.ok())
            return reply(refused);
          reply(checkpoint(9182, request.checkpoint));
        });
  }
  void list_checkpoints(const std::string&,
                        runtime::Reply<std::vector<runtime::CheckpointInfo>> reply) override {
    if (Status failure = failure_of(); !failure.ok()) return reply(failure);
    reply(std::vector{checkpoint(9182, "after"), checkpoint(70, "before"), checkpoint(7, "")});
  }
  void remove_checkpoint(runtime::CheckpointRequest request,
                         runtime::Reply<std::string> reply) override {
    run("remove checkpoint " + request.pipeline + " " + request.checkpoint,
        [this, request, reply = std::move(reply)] {
          if (Status failure = failure_of(); !failure.ok()) return reply(failure);
          reply(request.checkpoint);
        });
  }
  void restore_checkpoint(runtime::CheckpointRequest request,
                          runtime::Reply<runtime::RestoreReceipt> reply) override {
    run("restore " + request.pipeline + " " + request.checkpoint +
            (request.keep_offsets ? " keeping offsets" : ""),
        [this, request, reply = std::move(reply)] {
          const runtime::SnapshotPtr before = find(request.pipeline);
          if (Status refused = refusal(before, before->etag, request.preconditions); !refused.ok())
            return reply(refused);
          runtime::RestoreReceipt receipt;
          receipt.checkpoint = checkpoint(70, "before");
          receipt.epoch = EpochId(9190);
          receipt.moved = {{"in", "orders", 0, 90, 12}, {"in", "orders", 1, std::nullopt, 0}};
          receipt.warnings = {"output already written stays"};
          reply(std::move(receipt));
        });
  }
  void move_offsets(runtime::OffsetsRequest request,
                    runtime::Reply<runtime::OffsetsReceipt> reply) override {
    std::string call = "move " + request.pipeline;
    for (const std::string& source : request.sources) call += " " + source;
    using Kind = runtime::OffsetTarget::Kind;
    const runtime::OffsetTarget& target = request.target;
    switch (target.kind) {
      case Kind::earliest: call += " earliest"; break;
      case Kind::latest: call += " latest"; break;
      case Kind::shift: call += " by " + std::to_string(target.shift); break;
      case Kind::time: call += " to " + std::to_string(target.time.us); break;
      case Kind::at:
        for (const auto& [name, offset] : target.at)
          call += " " + name + "=" + std::to_string(offset);
        break;
    }
    if (request.state)
      call += *request.state == runtime::StateChoice::keep ? " keeping state" : " discarding state";
    if (request.dry_run) call += " only asked";
    run(call, [this, request, reply = std::move(reply)] {
      const runtime::SnapshotPtr before = find(request.pipeline);
      if (Status refused = refusal(before, before->etag, request.preconditions); !refused.ok())
        return reply(refused);
      reply(runtime::OffsetsReceipt{
          {{"in", "orders", 0, 90, 12}, {"in", "orders", 1, std::nullopt, 0}}, request.state});
    });
  }
  static runtime::CheckpointInfo checkpoint(std::uint64_t epoch, const std::string& name) {
    runtime::CheckpointInfo made;
    made.id = "ckpt-" + std::to_string(epoch);
    made.name = name;
    made.epoch = EpochId(epoch);
    made.generation = 3;
    made.at = WallTime{1'767'225'600'000'000};
    made.bytes = 4096;
    made.positions = {{"in", "orders", 0, 12}, {"in", "orders", 1, 13}, {"late", "more", 0, 1}};
    return made;
  }
  void list_kept_state(runtime::Reply<std::vector<runtime::KeptState>> reply) override {
    reply(std::vector<runtime::KeptState>{{"gone", 4096}});
  }
  void remove_kept_state(const std::string& name, runtime::Reply<std::string> reply) override {
    run("forget " + name, [this, name, reply = std::move(reply)] {
      if (Status failure = failure_of(); !failure.ok()) return reply(failure);
      reply(name);
    });
  }
  // Records `{"v":1}`, `{"v":2}`, … in one partition.
  void sample(const spec::SourceSpec& source, std::size_t records_max,
              flow::SampleReply reply) override {
    note("sample " + source.id + " " + std::to_string(records_max));
    if (Status failure = failure_of(); !failure.ok()) return reply(failure);
    std::vector<flow::SampledRecord> records(records_max);
    for (std::size_t i = 0; i < records_max; ++i) {
      records[i].offset = static_cast<std::int64_t>(i);
      records[i].timestamp_ms = 1'767'225'600'000 + records[i].offset;
      records[i].key = "k";
      records[i].value = "{\"v\":" + std::to_string(i + 1) + "}";
    }
    reply(std::move(records));
  }
  void collect_samples() override { note("collect"); }

 private:
  Status failure_of() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }
  void note(const std::string& call) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
  }
  void run(const std::string& call, std::function<void()> work) {
    note(call);
    if (!holding_) return work();
    const std::lock_guard lock(mutex_);
    held_.push_back(std::move(work));
  }
  Status refusal(const runtime::SnapshotPtr& before, const std::string& etag,
                 const runtime::Preconditions& preconditions) const {
    {
      const std::lock_guard lock(mutex_);
      if (!failure_.ok()) return failure_;
    }
    if (preconditions.if_none_match && before)
      return Status(Code::already_exists, "it exists").with("problem", "ALREADY_EXISTS");
    const auto& match = preconditions.if_match;
    const bool differs = match && (before == nullptr || (*match != "*" && *match != etag));
    if (differs)
      return Status(Code::wrong_state, "it has changed").with("problem", "ETAG_MISMATCH");
    return {};
  }

  const std::shared_ptr<std::atomic<bool>> alive_ = std::make_shared<std::atomic<bool>>(true);
  mutable std::mutex mutex_;
  std::map<std::string, runtime::SnapshotPtr> pipelines_;
  Status failure_;
  std::vector<std::string> calls_;
  std::vector<std::function<void()>> held_;
  std::atomic<bool> holding_{false};
};

}  // namespace leat::admin
