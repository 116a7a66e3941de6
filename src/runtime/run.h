#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "flow/exchange.h"
#include "flow/ledger.h"
#include "flow/registry.h"
#include "flow/task.h"
#include "plan/plan.h"
#include "runtime/epoch_coordinator.h"
#include "runtime/letter_log.h"
#include "runtime/worker.h"

namespace leat::runtime {

// What a pipeline counts, step by step and task by task; outlives its runs. The maps are fixed at
// construction, so that any thread may read.
class PipelineCounts {
 public:
  explicit PipelineCounts(const plan::Plan& plan);
  // By id of a source, step or sink ("<sink>" ids have their own space) and slice.
  flow::StepStats& step(const std::string& id, std::uint32_t slice) {
    return *steps_.at(id).at(slice);
  }
  flow::StepStats& sink(const std::string& id, std::uint32_t slice) {
    return *sinks_.at(id).at(slice);
  }
  const std::shared_ptr<flow::TapPoint>& tap(const std::string& id, std::uint32_t slice) {
    return taps_.at(id).at(slice);
  }
  bool has_tap(const std::string& id) const { return taps_.contains(id); }
  std::vector<std::shared_ptr<flow::TapPoint>> taps(const std::string& id) const {
    return taps_.at(id);
  }
  flow::TaskStats& task(std::size_t id) { return *tasks_.at(id); }
  // Of the sink for dead letters, in no sum.
  flow::StepStats& dead_letters(std::uint32_t slice) { return *dead_letters_.at(slice); }

  using PerSlice = std::vector<std::unique_ptr<flow::StepStats>>;
  const std::map<std::string, PerSlice>& steps() const { return steps_; }
  const std::map<std::string, PerSlice>& sinks() const { return sinks_; }
  const std::vector<std::unique_ptr<flow::TaskStats>>& tasks() const { return tasks_; }

  // The counters as JSON, and back: they run since the pipeline was created, over restarts and
  // replacements. restore() is for before the first task; ids that are gone are left out, a text
  // that is none changes nothing.
  std::string to_json() const;
  void restore(std::string_view text);

 private:
  std::map<std::string, PerSlice> steps_;
  std::map<std::string, PerSlice> sinks_;
  std::map<std::string, std::vector<std::shared_ptr<flow::TapPoint>>> taps_;
  PerSlice dead_letters_;
  std::vector<std::unique_ptr<flow::TaskStats>> tasks_;
};

struct RunContext {
  std::shared_ptr<const plan::Plan> plan;
  const flow::Registry& registry;
  std::string application;
  std::string instance;
  std::string state_folder;
  std::string dead_letter_file;  // for pipelines without Kafka
  const Clock& clock;
  base::Wakeup& control;
  std::vector<TaskHost*> hosts;  // at least one; slice i lives on hosts[i % size]
  PipelineCounts& counts;
  flow::TaskListener& task_listener;
  flow::SourceListener& source_listener;
  flow::SinkListener& sink_listener;
  std::function<void(EpochId)> on_acknowledged;  // any thread
  flow::StateAccess* state = nullptr;            // null = no step keeps any
  bool sources_only = false;                     // nothing is launched: positions are moved
};

// One life of a pipeline, from connecting to a stop or a failure: its sources, sinks, tasks and
// edges. Control thread.
class Run {
 public:
  // Makes sources, sinks and readers and lets them connect; tasks come with launch().
  static Result<std::unique_ptr<Run>> begin(RunContext context);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Builds the tasks, opens them and hands them to their hosts; `coordinator` fills what the caller
  // wants of its callbacks.
  Status launch(const flow::Trigger& trigger, EpochId first, EpochCoordinator::Parts callbacks);
  bool launched() const noexcept { return coordinator_ != nullptr; }
  EpochCoordinator* coordinator() noexcept { return coordinator_.get(); }
  // Serves sources, sinks and the coordinator; the earliest instant any of them wants to be called
  // again.
  Instant serve(Instant now);
  bool sinks_connected() const noexcept;
  std::vector<flow::PartitionLag> lag() const;
  void fix_end();
  void free_end();
  // Takes the tasks off their hosts and destroys them there; `done` runs on the control thread
  // through `post`.
  void retire_tasks(const std::function<void(std::function<void()>)>& post,
                    std::function<void()> done);
  // Ends the membership of all sources. Requires: no tasks.
  void stop_sources(bool leave, std::function<void()> done);
  void purge_sources(std::function<void(Status)> done);
  // Commits to all sources; `done` gets the first failure.
  void commit(EpochId epoch, const std::vector<flow::PartitionPosition>& positions,
              const std::string& metadata, std::function<void(Status)> done);
  // What flow::Source::find() gives, of all sources; `done` gets the first failure.
  void find(WallTime at, std::function<void(Result<std::vector<flow::PartitionPosition>>)> done);
  // Runs `work` between two steps of the tasks of this slice.
  void between_steps(SliceId slice, std::function<void()> work) {
    host_of(slice.value()).between_steps(std::move(work));
  }
  // The epoch is committed.
  void forget(EpochId epoch) { letter_log_.forget(epoch); }
  flow::Ledger& ledger() noexcept { return ledger_; }
  flow::IntakeMeter& meter() noexcept { return meter_; }
  // How many tasks read sources. Requires: launched().
  std::size_t source_tasks() const noexcept { return source_tasks_; }

 private:
  class Positions;

  explicit Run(RunContext context);
  Status make_sources();
  Status make_sinks();
  Status make_sinks(const std::string& kind, const std::vector<const spec::SinkSpec*>& specs,
                    const std::vector<std::uint32_t>& indexes);
  void make_edges();
  Result<std::unique_ptr<flow::Task>> make_task(std::size_t stage, std::uint32_t slice,
                                                const flow::Trigger& trigger, EpochId first);
  Status fill_node(const plan::Node& recipe, std::size_t stage, std::uint32_t slice,
                   flow::TaskStats& stats, flow::ChainNode& node);
  Result<std::unique_ptr<flow::SinkWriter>> make_writer(
      std::uint32_t sink, flow::SinkBinding binding, std::uint32_t slice, flow::StepStats& counts,
      flow::TaskStats& stats, flow::ErrorRoute& errors);
  // Of the sources of one task, by id.
  using Clocks = std::map<std::string, flow::SourceClock*>;
  // The stage's chain on one slice, with its writer for dead letters.
  Result<std::unique_ptr<flow::Chain>> make_chain(std::size_t stage, std::uint32_t slice,
                                                  flow::TaskStats& stats, const Clocks& clocks);
  // By the definition's index; that of dead letters is the count of the others.
  std::uint32_t dead_letter_index() const {
    return static_cast<std::uint32_t>(context_.plan->spec->sinks.size());
  }
  TaskHost& host_of(std::uint32_t slice) { return *context_.hosts[slice % context_.hosts.size()]; }
  std::size_t edge_index(std::uint32_t exchange, std::uint32_t from, std::uint32_t to) const;

  RunContext context_;
  flow::Ledger ledger_;
  flow::IntakeMeter meter_;
  LetterLog letter_log_;  // of plans with exchanges
  std::vector<std::unique_ptr<flow::ExchangeEdge>> edges_;
  std::unique_ptr<EpochCoordinator> coordinator_;
  std::vector<std::unique_ptr<flow::Sink>> sinks_;
  std::vector<std::unique_ptr<Positions>> positions_;  // by source
  std::vector<std::unique_ptr<flow::Source>> sources_;
  std::map<std::uint32_t, flow::Sink*> sink_of_;  // by index in the definition
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::unique_ptr<flow::SourceReader>>
      readers_;  // by source, slice
  std::vector<std::pair<TaskHost*, flow::Task*>> tasks_;
  std::size_t source_tasks_ = 0;
};

}  // namespace leat::runtime
