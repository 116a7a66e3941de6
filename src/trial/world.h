#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/wakeup.h"
#include "flow/registry.h"
#include "flow/tap.h"
#include "plan/plan.h"
#include "runtime/pipeline.h"
#include "trial/limits.h"
#include "trial/memory_sink.h"
#include "trial/memory_source.h"
#include "trial/virtual_clock.h"

namespace leat::trial {

// The topic that the records of a source say they come from.
std::string topic_of(const spec::SourceSpec& source);

// Runs one plan on the calling thread in virtual time, with the daemon's own pipeline, coordinator
// and tasks; only sources and sinks lie in memory. Nothing outside is touched and nothing is
// logged. Thread-confined. After a failure every call gives the same Status.
class World {
 public:
  struct Options {
    spec::TriggerSpec trigger;
    std::size_t batch_rows = record::RecordBatch::kRowsMax;  // read at a time
    std::vector<std::int32_t> partitions;  // by source; sources beyond the list have one
    bool tapped = false;                   // taps() collects
    Limits limits = {};
  };
  // Requires: plan->parallelism == 1.
  World(std::shared_ptr<const plan::Plan> plan, Options options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // A record arrives at a source (index in the definition). Nothing happens until settle().
  Status append(std::uint32_t source, InputRow row);
  // Lets everything happen that can happen now.
  Status settle();
  // The watermark of a source is at least `us` (flow::kEndOfTime: it has ended) behind all rows that
  // came so far.
  Status set_watermark(std::uint32_t source, std::int64_t us);
  // Moves time on to `to`, from deadline to deadline.
  Status advance_to(Instant to);
  // The end: everything that came is read, written and committed.
  Status finish();

  const VirtualClock& clock() const noexcept { return clock_; }
  // Of a sink by its index in the definition; dead letters by the number of sinks.
  const std::vector<OutputRow>& output(std::size_t sink) const { return outbox_.rows.at(sink); }
  // Rows as they left a source or step, when tapped.
  const std::vector<flow::TapRow>& tapped(const std::string& id) const;
  const runtime::PipelineCounts& counts() const { return pipeline_->counts(); }

 private:
  class Host;

  void register_kinds();
  void start(const spec::TriggerSpec& trigger);
  Status run_until_quiet();
  Status cut();
  bool turn();
  bool control_turn();
  bool all_read() const noexcept;
  void collect_taps();
  Status check();
  void tear_down();

  const std::shared_ptr<const plan::Plan> plan_;
  const Options options_;
  VirtualClock clock_;
  base::Wakeup control_;
  flow::Registry registry_;
  runtime::SupervisorOptions supervisor_;
  std::vector<Inbox> inboxes_;
  Outbox outbox_;
  std::unique_ptr<Host> host_;
  std::deque<runtime::Action> actions_;
  Instant control_at_{};
  std::uint64_t turns_ = 0;
  std::size_t appended_ = 0;
  Status failure_;
  std::map<std::string, std::vector<flow::TapRow>> taps_;
  std::unique_ptr<runtime::Pipeline> pipeline_;
};

}  // namespace leat::trial
