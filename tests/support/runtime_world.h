#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/registry.h"
#include "plan/plan.h"
#include "runtime/pipeline.h"
#include "support/fake_broker.h"
#include "support/fake_sink.h"
#include "support/fake_source.h"
#include "support/state_disk.h"
#include "support/virtual_clock.h"

namespace leat::test {

// Steps tasks when the test says so.
class InlineHost final : public runtime::TaskHost {
 public:
  base::Wakeup& wakeup() override { return wakeup_; }
  void add(std::unique_ptr<flow::Task> task) override { tasks_.push_back(std::move(task)); }
  void between_steps(std::function<void()> work) override { work(); }
  void remove(std::vector<flow::Task*> tasks, std::function<void()> done) override {
    std::erase_if(tasks_, [&](const auto& task) {
      if (std::find(tasks.begin(), tasks.end(), task.get()) == tasks.end()) return false;
      task->close();
      return true;
    });
    done();
  }
  bool step(Instant now, WallTime wall) {
    bool worked = false;
    for (const auto& task : tasks_) worked |= task->step(now, wall).worked;
    return worked;
  }
  std::size_t tasks() const { return tasks_.size(); }

 private:
  base::Wakeup wakeup_;
  std::vector<std::unique_ptr<flow::Task>> tasks_;
};

// A control thread, workers and a broker on one thread under a virtual clock.
class RuntimeWorld {
 public:
  explicit RuntimeWorld(std::size_t hosts = 1) {
    for (std::size_t i = 0; i < hosts; ++i) hosts_.push_back(std::make_unique<InlineHost>());
    registry.sources["kafka"] =
        [this](const flow::SourceContext&, std::vector<const spec::SourceSpec*>,
               std::vector<std::uint32_t>) -> Result<std::unique_ptr<flow::Source>> {
      ++sources_made;
      if (!source_answer.ok()) return source_answer;
      return std::unique_ptr<flow::Source>(std::make_unique<FakeSource>(broker, source));
    };
    registry.sinks["kafka"] =
        [this](const flow::SinkContext&, std::vector<const spec::SinkSpec*>,
               std::vector<std::uint32_t>) -> Result<std::unique_ptr<flow::Sink>> {
      return std::unique_ptr<flow::Sink>(std::make_unique<FakeSink>(broker, sink));
    };
    options.workers = static_cast<std::uint32_t>(hosts);
  }
  ~RuntimeWorld() {
    if (pipeline_) stop_now();
  }

  runtime::ControlPort port() {
    return {control_wakeup,
            [this](runtime::Action action) { posted_.push_back(std::move(action)); }, clock};
  }
  // A pipeline that copies `in` to `out`: one stage, no steps.
  static std::shared_ptr<const plan::Plan> echo_plan(const spec::TriggerSpec& trigger,
                                                     std::uint32_t parallelism = 1) {
    auto spec = std::make_shared<spec::PipelineSpec>();
    spec->name = "echo";
    spec->trigger = trigger;
    spec::SourceSpec in;
    in.id = "in";
    in.format = spec::Format::bytes;
    spec->sources.push_back(in);
    spec::SinkSpec out;
    out.id = "out";
    out.from = {"in"};
    spec->sinks.push_back(out);
    auto made = std::make_shared<plan::Plan>();
    made->spec = spec;
    made->parallelism = parallelism;
    plan::Stage stage;
    plan::Node node;
    node.kind = plan::Node::Kind::sink;
    node.make_binding = [] { return flow::SinkBinding(); };
    stage.nodes.push_back(std::move(node));
    stage.sources.push_back({0, 0});
    made->stages.push_back(std::move(stage));
    return made;
  }

  runtime::Pipeline& create(const std::shared_ptr<const plan::Plan>& plan,
                            runtime::Desired desired = runtime::Desired::running) {
    if (pipeline_) stop_now();
    std::vector<runtime::TaskHost*> hosts;
    for (const auto& host : hosts_) hosts.push_back(host.get());
    pipeline_ = std::make_unique<runtime::Pipeline>(runtime::PipelineParts{
        .plan = plan,
        .generation = 1,
        .etag = "\"1-0\"",
        .created_at = {},
        .desired = desired,
        .trigger_override = {},
        .state_folder = {},
        .state = {[this](runtime::Action action) { disk_posted_.push_back(std::move(action)); },
                  state.opener()},
        .state_start = state_start,
        .options = options,
        .registry = registry,
        .hosts = hosts,
        .control = port(),
        .publish = [this](runtime::SnapshotPtr snapshot) { last_snapshot = std::move(snapshot); },
        .on_desired_changed = [this] { ++desired_changes; }});
    pipeline_->begin();
    settle();
    return *pipeline_;
  }
  runtime::Pipeline& pipeline() { return *pipeline_; }

  // Everything that can happen without time passing.
  void settle() {
    for (int quiet = 0; quiet < 3;) {
      bool worked = false;
      worked |= run_all(posted_);
      if (!hold_disk) worked |= run_all(disk_posted_);
      if (pipeline_) pipeline_->tick(clock.now());
      for (const auto& host : hosts_) worked |= host->step(clock.now(), clock.wall_now());
      const bool disk_waits = !disk_posted_.empty() && !hold_disk;
      quiet = worked || !posted_.empty() || disk_waits ? 0 : quiet + 1;
    }
  }
  void advance(Duration by) {
    clock.advance(by);
    settle();
  }
  void stop_now() {
    std::optional<Result<runtime::LifecycleReceipt>> answer;
    runtime::Pipeline::StopOptions how;
    how.drop_epoch = true;
    how.timeout = std::chrono::seconds(1);
    pipeline_->stop(
        how, [&](Result<runtime::LifecycleReceipt> receipt) { answer = std::move(receipt); });
    settle();
    pipeline_.reset();
  }
  std::size_t tasks() const {
    std::size_t sum = 0;
    for (const auto& host : hosts_) sum += host->tasks();
    return sum;
  }

  VirtualClock clock;
  FakeBroker broker;
  FakeSourceControl source;
  FakeSinkControl sink;
  StateDisk state;
  runtime::StateStart state_start = runtime::StateStart::keep;  // of the next create()
  bool hold_disk = false;  // the checkpoint thread does nothing
  flow::Registry registry;
  runtime::SupervisorOptions options;
  base::Wakeup control_wakeup;
  runtime::SnapshotPtr last_snapshot;
  Status source_answer;
  int sources_made = 0;
  int desired_changes = 0;

 private:
  std::vector<std::unique_ptr<InlineHost>> hosts_;
  static bool run_all(std::deque<runtime::Action>& actions) {
    const bool any = !actions.empty();
    while (!actions.empty()) {
      const runtime::Action action = std::move(actions.front());
      actions.pop_front();
      action();
    }
    return any;
  }

  std::deque<runtime::Action> posted_;
  std::deque<runtime::Action> disk_posted_;
  std::unique_ptr<runtime::Pipeline> pipeline_;
};

}  // namespace leat::test
