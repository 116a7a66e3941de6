#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/mailbox.h"
#include "base/ref.h"
#include "flow/chain.h"
#include "flow/source.h"
#include "flow/trigger.h"

namespace leat::flow {

class Intake;

// Why a task did not go on; each is counted as time in state.
enum class Wait : std::uint8_t {
  none,
  input,
  exchange_full,
  sink_full,
  alignment,
  rate_limit,
  held,
  paused
};
inline constexpr std::size_t kWaits = 8;
std::string_view to_string(Wait wait) noexcept;

// A new trigger on its way to the source tasks. The first task that cuts takes it for all; until
// then it can be withdrawn.
class SwitchTicket final : public base::RefCounted {
 public:
  explicit SwitchTicket(const Trigger& trigger) : trigger_(trigger) {}
  const Trigger& trigger() const noexcept { return trigger_; }
  // A task at its cut: true when the new trigger counts from the next epoch.
  bool take() noexcept;
  // The coordinator at its deadline: true when no task took it and none will.
  bool withdraw() noexcept;

 private:
  enum class State : std::uint8_t { pending, taken, withdrawn };
  const Trigger trigger_;
  std::atomic<State> state_{State::pending};
};

// What the coordinator tells a task that reads sources.
struct CutCommand {
  EpochId epoch;                   // the epoch to close
  base::Ref<SwitchTicket> ticket;  // null = the trigger stays
  bool poll_after = true;          // false: hold still after the cut (pause, stop, revoke)
  // Time is over in front of the barrier: what waits for it comes out into the epoch. The task is
  // good for nothing else behind it.
  bool drain = false;
};
struct ResumeCommand {};  // poll again
using TaskCommand = std::variant<CutCommand, ResumeCommand>;

struct CutReport {
  EpochId epoch;
  std::vector<PartitionPosition> positions;  // next offsets after the last record of the epoch
  std::uint64_t records = 0;                 // polled into the epoch
  std::uint64_t bytes = 0;
  Duration intake_paused{};  // how long the cut kept the task from polling, up to the barrier
  bool took_switch = false;
};

// What a task tells the coordinator. Thread-safe; called on the task's worker.
class TaskListener {
 public:
  virtual ~TaskListener() = default;
  virtual void on_cut(std::uint32_t task, CutReport report) = 0;  // the barrier is in the stream
  virtual void on_sealed(std::uint32_t task,
                         EpochId epoch) = 0;  // the barrier has left the task, sinks were told
  // All its sources stand at the fixed end and nothing is held; told again after the end was taken
  // back or moved.
  virtual void on_finished(std::uint32_t task) = 0;
  virtual void on_failed(std::uint32_t task, Status status) = 0;
};

// Records and bytes polled by all tasks of a pipeline since it started: what the coordinator cuts
// by. Thread-safe.
class IntakeMeter {
 public:
  explicit IntakeMeter(base::Wakeup& control) : control_(control) {}
  // A source task polled something. Wakes the control thread when a total passes its mark.
  void add(std::uint64_t records, std::uint64_t bytes) noexcept;
  // Time alone brought something about in this epoch that wants to be committed.
  void touch(EpochId epoch) noexcept;
  // The newest epoch of which that is so; 0 = none.
  EpochId touched() const noexcept { return EpochId(touched_.load(std::memory_order_seq_cst)); }
  std::uint64_t records() const noexcept { return records_.load(std::memory_order_relaxed); }
  std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  // Control: wake me once when the records, or the bytes, exceed this. Look at the totals
  // afterwards: they may have passed.
  void wake_above(std::uint64_t records, std::uint64_t bytes = ~std::uint64_t{0}) noexcept {
    mark_.store(records, std::memory_order_seq_cst);
    bytes_mark_.store(bytes, std::memory_order_seq_cst);
  }

 private:
  base::Wakeup& control_;
  std::atomic<std::uint64_t> records_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> touched_{0};
  std::atomic<std::uint64_t> mark_{~std::uint64_t{0}};
  std::atomic<std::uint64_t> bytes_mark_{~std::uint64_t{0}};
};

// What a task counts beyond its steps; written by its worker.
struct TaskStats {
  base::Counter records_in;
  base::Counter bytes_in;
  base::Counter last_record_ms;                // newest record timestamp (ms) that entered
  std::array<base::Counter, kWaits> waits_ns;  // time in state
  std::array<base::Counter, kWaits> waits;     // how often it was entered
  base::Counter busy_ns;
  base::Counter replayed;  // records polled again
  LatencyStats latency;

  // A batch whose newest record is of `newest_ms` enters the chain.
  void entered(std::int64_t newest_ms, WallTime wall) noexcept;
};

struct TaskSource {
  std::unique_ptr<SourceReader> reader;
  std::size_t node = 0;                          // where its records enter the chain
  std::unique_ptr<SourceClock> clock = nullptr;  // null = it has no event time
};
struct TaskInput {
  ExchangeEdge* edge = nullptr;
  std::size_t node = 0;
};

struct TaskParts {
  std::uint32_t id = 0;  // over the whole pipeline
  SliceId slice;
  std::uint32_t slices = 1;
  std::vector<TaskSource> sources;
  std::vector<TaskInput> inputs;
  std::unique_ptr<Chain> chain;
  Trigger trigger;
  EpochId first_epoch{1};
  std::uint64_t records_per_second = 0;  // of this task; 0 = no limit
  std::uint64_t bytes_per_second = 0;
  TaskListener& listener;
  IntakeMeter& meter;
  TaskStats& stats;
  base::Wakeup& worker;
};

struct StepOutcome {
  bool worked = false;             // call again at once
  Wait wait = Wait::none;          // why not
  Instant wake_at = base::kNever;  // call again at the latest then
};

// One stage on one slice: takes batches from its sources and edges, aligns barriers, drives its
// chain. Stepped by one worker; command() is thread-safe. Sources together count as one input of
// the alignment: after its cut nothing more of them enters the chain until every edge has delivered
// the barrier too; what they deliver meanwhile is held.
class Task {
 public:
  explicit Task(TaskParts parts);
  ~Task();
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  // `state`: of the pipeline; null = none of its steps keeps any.
  Status open(StateAccess* state = nullptr);
  // Requires: one CutCommand at a time, of the epoch that is open, to a task with sources.
  void command(TaskCommand command);
  // Does a bounded amount of work: at most one batch per source and edge, and some that were held.
  // After a failure it does nothing more. `now` and `wall` are the only time it knows.
  StepOutcome step(Instant now, WallTime wall);
  void close() noexcept;

 private:
  struct Input {
    ExchangeEdge* edge = nullptr;
    std::size_t node = 0;
    std::size_t input = 0;  // of the node, for watermarks
    bool at_barrier = false;
  };
  // Watermarks are told on at least so often.
  static constexpr Duration kPublishEvery = std::chrono::milliseconds(100);

  void obey(TaskCommand& command);
  bool read_inputs(WallTime wall);
  bool read_input(Input& input, WallTime wall);
  bool step_sources(Instant now, WallTime wall, Instant& wake_at);
  bool step_times(Instant now, WallTime wall, Instant& wake_at);
  bool step_timers(Instant now, WallTime wall, Instant& wake_at);
  Status close_epoch(Instant now, WallTime wall);
  bool release(bool open_epoch_too, WallTime wall);
  bool may_enter();
  Status inject_barrier(Instant now, WallTime wall);
  // Tells the chain how far the sources' event times are; true when they moved.
  bool publish_times(Instant now, WallTime wall);
  // The same for a drain: they are at their end.
  void end_times();
  bool aligned() const noexcept;
  Status seal();
  // The watermark of an input of a node; what it brings about wants to be committed.
  Status advance(std::size_t node, std::size_t input, const Watermark& watermark);
  void tell_finished();
  Wait why_idle() const noexcept;
  void account(Instant now);
  void settle(StepOutcome& outcome);
  void fail(Status status);

  const std::uint32_t id_;
  const SliceId slice_;
  const std::uint32_t slices_;
  TaskListener& listener_;
  IntakeMeter& meter_;
  TaskStats& stats_;
  std::unique_ptr<Chain> chain_;
  std::unique_ptr<Intake> intake_;  // null without sources
  std::vector<Input> inputs_;
  base::Mailbox<TaskCommand> commands_;
  EpochId epoch_;  // what enters the chain now belongs to it
  bool sources_at_barrier_ = false;
  bool failed_ = false;
  bool told_finished_ = false;
  Blocked blocked_ = Blocked::none;  // what stopped this step
  Wait idle_ = Wait::none;           // why the last step did nothing; none when it worked
  std::optional<Instant> stepped_at_;
  std::vector<std::size_t> source_inputs_;  // by source: the input of its node
  std::vector<Watermark> published_;        // by source
  Instant publish_at_{};                    // not before
  bool rows_entered_ = false;               // since times were published
};

}  // namespace leat::flow
