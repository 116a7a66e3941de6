#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/control_loop.h"
#include "runtime/pipeline_meter.h"
#include "runtime/position_move.h"
#include "runtime/run.h"
#include "runtime/state_keeper.h"
#include "runtime/supervisor.h"

namespace leat::runtime {

struct PipelineParts {
  std::shared_ptr<const plan::Plan> plan;
  std::uint64_t generation = 1;
  std::string etag;
  WallTime created_at;
  Desired desired = Desired::running;
  std::optional<spec::TriggerSpec> trigger_override;
  WallTime trigger_since = {};  // of the override; 0 = now
  std::string trigger_by = {};
  std::string counters = {};  // what PipelineCounts::to_json() gave before; "" = none
  std::string state_folder;
  StatePort state = {};  // without `post` stores are used on the control thread
  StateStart state_start = StateStart::keep;
  const SupervisorOptions& options;
  const flow::Registry& registry;
  std::vector<TaskHost*> hosts;
  ControlPort control;
  std::function<void(SnapshotPtr)> publish;  // a new snapshot
  std::function<void()> on_desired_changed;  // by itself: available_now has caught up
};

// Keeps one generation of a pipeline going: starts runs, restarts them with back-off, switches the
// trigger, pauses, stops. Lives on the control thread; callbacks of tasks and sinks come from
// elsewhere and are posted there. Destroyed only when no run is left (stop() answered).
class Pipeline final : flow::TaskListener, flow::SourceListener, flow::SinkListener {
 public:
  explicit Pipeline(PipelineParts parts);
  ~Pipeline() override;
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Begins in the desired state.
  void begin();
  // A stored definition that cannot run: failed with the reason, until replaced.
  void begin_failed(std::string reason);
  Instant tick(Instant now);

  void pause(Reply<LifecycleReceipt> reply);
  void resume(Reply<LifecycleReceipt> reply);
  void start(Reply<LifecycleReceipt> reply);
  void restart(Reply<LifecycleReceipt> reply);
  struct StopOptions {
    bool leave = true;          // give the partitions up
    bool drop_epoch = false;    // do not commit what is open
    bool purge = false;         // forget committed offsets
    bool drain = false;         // what waits for time comes out first
    bool keep_desired = false;  // a shutdown or a replacement: the next start resumes
    Duration timeout{};
    bool fail_on_timeout =
        false;  // true: not committed in time is an error and the pipeline goes on
  };
  // A drain that is not done in time is an error, and goes on.
  void stop(StopOptions options, Reply<LifecycleReceipt> reply);
  void drain(Duration timeout, Reply<LifecycleReceipt> reply);
  // Ends the open epoch now, whatever the trigger says; `done` when it is committed. Requires: running.
  void cut(std::function<void(const Status&)> done);
  // The process ends: stops like `keep_desired` without leaving; a stop that is under way goes on, but no
  // longer than `timeout`. To be called until at_rest().
  void shut_down(Duration timeout);
  // Nothing runs, nothing is being stopped, nothing will begin by itself.
  bool at_rest() const noexcept { return !run_ && !stopping_ && !retry_at_ && !move_; }
  void set_trigger(const spec::TriggerSpec& to, bool is_override, Duration timeout,
                   const std::string& actor, Reply<SwitchReceipt> reply);
  // Null without keyed steps.
  StateKeeper* keeper() noexcept { return keeper_.get(); }
  // It is held because kept state is damaged or not that of the commit.
  bool state_refused() const noexcept { return state_refused_; }
  void read_state(const StateRequest& request, Reply<StateAnswer> reply);
  // Ends the open epoch and keeps a copy of it; `timeout` bounds the wait for its commit. Of a
  // pipeline that is stopped the last commit is kept. Requires then: no other command until the
  // reply.
  void make_checkpoint(const std::string& name, Duration timeout, Reply<CheckpointInfo> reply);
  void list_checkpoints(Reply<std::vector<CheckpointInfo>> reply);  // newest first
  void remove_checkpoint(const std::string& wanted, Reply<std::string> reply);
  // Of a pipeline that is stopped, and stays so. Requires: no other command until the reply.
  void restore_checkpoint(const CheckpointRequest& request, Reply<RestoreReceipt> reply);
  // The same.
  void move_offsets(const OffsetsRequest& request, Reply<OffsetsReceipt> reply);

  // The override was written down (or taken back): what snapshots show.
  const spec::TriggerSpec& effective_trigger() const noexcept { return effective_; }

  const PipelineCounts& counts() const noexcept { return counts_; }
  const plan::Plan& plan() const noexcept { return *parts_.plan; }
  const std::shared_ptr<const plan::Plan>& shared_plan() const noexcept { return parts_.plan; }
  Desired desired() const noexcept { return desired_; }
  Actual actual() const noexcept { return actual_; }
  std::optional<spec::TriggerSpec> trigger_override() const { return override_; }
  WallTime trigger_since() const noexcept { return trigger_since_; }
  const std::string& trigger_by() const noexcept { return trigger_by_; }
  const std::shared_ptr<std::atomic<bool>>& alive_flag() const noexcept { return alive_; }
  SnapshotPtr snapshot();
  void publish();

 private:
  // flow::TaskListener: any thread
  void on_cut(std::uint32_t task, flow::CutReport report) override;
  void on_sealed(std::uint32_t task, EpochId epoch) override;
  void on_finished(std::uint32_t task) override;
  void on_failed(std::uint32_t task, Status status) override;
  // flow::SourceListener: control thread
  void on_positioned(EpochId newest, std::string_view state_id) override;
  void on_revoke(std::function<void()> release) override;
  void on_lost(std::string_view reason) override;
  void on_connected(bool connected, std::string_view reason, std::string_view message) override;
  void on_failed(Status status) override;
  // flow::SinkListener: any thread
  void on_sink_connected(bool connected, std::string_view reason,
                         std::string_view message) override;
  void on_sink_failed(Status status) override;
  void on_sink_outdated() override;

  struct PendingSwitch {
    base::Ref<flow::SwitchTicket> ticket;
    spec::TriggerSpec to;
    bool is_override = true;
    std::string actor;
    Instant asked{}, deadline{};
    std::uint64_t replayed_before = 0;
    SwitchReceipt receipt;
    bool cut = false;
    Reply<SwitchReceipt> reply;
  };
  struct Waiter {  // somebody waits until a state is reached
    Actual until;
    Instant asked{}, deadline{};
    Reply<LifecycleReceipt> reply;
  };

  void transition(Actual to, std::string reason = {});
  RunContext run_context(flow::SourceListener& listener);
  Result<std::unique_ptr<Run>> make_run();
  std::string dead_letter_file() const;
  void begin_run();
  void make_keeper();
  void restore_state();
  void launch();
  void launch_tasks();
  // Pauses without a run, because of the state; `why` is the reason's name.
  void hold(const Status& status, std::string_view why);
  void begin_again(Reply<LifecycleReceipt> reply);
  void on_pressure(const Status& status);
  flow::Trigger trigger_of(const spec::TriggerSpec& written) const;
  void sample_tables(Instant now);
  struct LatestRead;
  void read_latest(const std::shared_ptr<LatestRead>& read);
  struct LatestRange;
  void read_range(std::size_t step, const StateRequest& request, bool latest,
                  Reply<StateAnswer> reply);
  void read_latest_range(const std::shared_ptr<LatestRange>& read);
  void fill_state(PipelineSnapshot& out) const;
  struct Restore;
  CheckpointInfo about_checkpoint(const CutResult& cut, const std::string& checkpoint) const;
  CheckpointInfo about_checkpoint(EpochId epoch, const std::string& checkpoint) const;
  CheckpointInfo::Position position_of(const record::Origin& origin, std::int64_t next,
                                       std::int64_t event_time_us) const;
  void checkpoint_at_rest(const std::string& checkpoint, Duration timeout,
                          Reply<CheckpointInfo> reply);
  // `at_rest`: without a run, of the state of this identity.
  void take_checkpoint(const CheckpointInfo& about, const std::string& at_rest,
                       Reply<CheckpointInfo> reply);
  void begin_restore(const std::shared_ptr<Restore>& restore);
  void restore_found(const std::shared_ptr<Restore>& restore, const PositionMove::Found& found);
  Status plan_moves(Restore& restore, const std::vector<flow::PartitionLag>& partitions) const;
  void restored(const std::shared_ptr<Restore>& restore);
  // The sources of the stopped pipeline join and tell where they stand (`at`: and where that time
  // is); `found` calls move_->commit() or give_up(), `done` comes behind the end of the move.
  void begin_move(Duration timeout, std::optional<WallTime> at,
                  std::function<void(const PositionMove::Found&)> found,
                  std::function<void(const Status&)> done);
  struct OffsetsMove;
  void offsets_found(const std::shared_ptr<OffsetsMove>& move, const PositionMove::Found& found);
  void offsets_moved(const std::shared_ptr<OffsetsMove>& move, const Status& status);
  // What `offsets` shows of a pipeline that does not run.
  void show_moved(const std::vector<MovedPartition>& moved);
  void stop_draining(const StopOptions& options, Reply<LifecycleReceipt> reply);
  void check_running();
  void enter_pause();
  bool watches_stop_rule() const;
  void check_stop_rule(Instant now);
  void fail(const Status& status);
  void end_failed(std::string reason);
  void drop_epoch();
  void schedule_retry();
  void close_run(bool leave, std::function<void()> then);
  void finish_close(bool leave, std::function<void()> then);
  void stopped();
  void set_condition(const std::string& type, Truth truth, std::string_view reason,
                     std::string_view message);
  void epoch_committed(const CutResult& result);
  void request_switch(PendingSwitch pending);
  void switch_cut(const CutResult& result);
  void switch_committed(const CutResult& result, bool committed);
  void switch_dropped(const Status& why);
  void apply_trigger(const spec::TriggerSpec& to, bool is_override, const std::string& actor);
  void expire(Instant now);
  void answer_waiters(Instant now);
  void wait_for(Actual until, Duration timeout, Reply<LifecycleReceipt> reply);
  LifecycleReceipt receipt(Instant asked, std::uint64_t replayed_before) const;
  BarrierOffsets offsets_of(const std::vector<flow::PartitionPosition>& positions) const;
  void fill_sources(PipelineSnapshot& out) const;
  void remember_sources();
  Instant now() const { return parts_.control.clock.now(); }
  const std::string& name() const { return parts_.plan->spec->name; }

  PipelineParts parts_;
  PipelineCounts counts_;
  PipelineMeter meter_;
  Desired desired_;
  Actual actual_ = Actual::created;
  WallTime since_;
  std::string reason_;
  spec::TriggerSpec effective_;
  std::optional<spec::TriggerSpec> override_;
  WallTime trigger_since_;
  std::string trigger_by_;
  std::map<std::string, Condition> conditions_;
  std::unique_ptr<Run> run_;
  std::vector<SourceStatus> last_sources_;  // while there is no run
  bool positioned_ = false;
  bool closing_ = false;
  EpochId newest_epoch_;                 // found in committed metadata, or committed by us
  std::unique_ptr<StateKeeper> keeper_;  // null without keyed steps
  StateStart state_start_ = StateStart::keep;
  EpochId found_epoch_;         // in committed metadata, by this run
  std::string found_state_id_;  // beside it
  bool restoring_ = false;
  bool state_refused_ = false;
  bool pressed_ = false;     // the disk or a limit asks for a pause
  std::uint32_t holds_ = 0;  // one after the other
  // What the tables held when they were looked at, by step and slice; written by the workers.
  struct TableSample {
    std::atomic<std::uint64_t> keys{0}, bytes{0};
  };
  std::shared_ptr<std::vector<TableSample>> samples_;
  Instant sampled_at_{};
  std::optional<WallTime> committed_at_;
  std::set<std::uint32_t> finished_tasks_;
  std::uint32_t failures_ = 0;
  std::uint64_t restarts_ = 0;
  Instant running_since_{};
  std::optional<Instant> retry_at_;
  std::optional<PendingSwitch> switch_;
  bool launch_switch_later_ = false;  // asked for before the tasks existed
  std::vector<Waiter> waiters_;
  struct Stopping {
    StopOptions options;
    Instant asked{}, deadline{};
    std::uint64_t replayed_before = 0;
    Desired desired_before = Desired::running;
    Reply<LifecycleReceipt> reply;
    Status purged;  // not ok: committed offsets are still there
    Status failed;  // not ok: before all was committed
    bool last = false;
  };
  std::optional<Stopping> stopping_;
  std::optional<Stopping> queued_drain_;  // until it runs
  bool drained_ = false;                  // it is stopped by a drain
  std::string stop_reason_;
  std::optional<StopRule> stop_rule_;
  std::string stopping_by_rule_;  // its reason, while the last epoch is being committed
  struct Overdue {
    Instant deadline;
    std::function<void()> act;  // nothing when what was waited for has happened
  };
  std::vector<Overdue> overdue_;
  std::unique_ptr<PositionMove> move_;  // while a stopped pipeline's positions are moved
  std::map<std::array<std::string, 3>, std::uint64_t> switches_;
  base::Histogram checkpoint_time_;  // µs from cut to commit
  base::Histogram align_time_;       // µs from cut to the last task's seal
  base::Histogram persist_time_;     // µs from there to durable state
  base::Histogram switch_pause_;     // µs
  Instant published_at_{};
  std::shared_ptr<std::atomic<bool>> alive_;
};

}  // namespace leat::runtime
