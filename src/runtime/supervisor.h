#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "flow/registry.h"
#include "flow/tap.h"
#include "plan/plan.h"
#include "runtime/checkpoint.h"
#include "runtime/checkpoints/offset_targets.h"
#include "runtime/state_desk.h"
#include "runtime/status.h"
#include "spec/pipeline.h"

namespace leat::runtime {

struct SupervisorOptions {
  std::string application = "leat";
  std::string instance = "leat";
  std::string
      state_dir;  // exists; pipelines/ and state/ are made beneath it; "" = keep nothing (leat run)
  // Where pipelines without Kafka leave dead letters, as <folder>/<pipeline>-dead-letter.ndjson;
  // "" = in the pipeline's own folder beneath state_dir, as dead-letters.ndjson.
  std::string dead_letter_dir;
  std::uint32_t workers = 1;
  bool workers_pin = false;
  Duration idle_spin{};
  Duration idle_yield{};
  std::size_t pipelines_max = 1024;
  Duration restart_initial = std::chrono::seconds(1);
  Duration restart_max = std::chrono::minutes(2);
  std::uint32_t restart_give_up_after = 20;
  Duration restart_reset_after = std::chrono::minutes(2);
  Duration stop_timeout = std::chrono::seconds(30);
  Duration drain_timeout = std::chrono::seconds(60);
  StateSettings state;
  OpenStore open_store = nullptr;      // null = state::Store::open
  const base::Clock* clock = nullptr;  // null = the machine's
};

// A refused command carries the API's problem code in the Status field "problem":
// PIPELINE_NOT_FOUND, NAME_TAKEN, WRONG_STATE, SWITCH_TIMED_OUT, SWITCH_REPLACED, ETAG_MISMATCH,
// ALREADY_EXISTS, TOO_MANY_PIPELINES, INVALID_BODY, STATE_CHOICE_REQUIRED, DRAIN_TIMED_OUT, STOPPING, DISK_LOW, STATE_INCOMPATIBLE (the
// steps in fields `step`), STORE_NOT_FOUND, KEY_NOT_FOUND, RESTORING,
// CHECKPOINT_NOT_FOUND, …
std::string_view problem_of(const Status& status) noexcept;

// Called exactly once, on the control thread: hand the rest of the work to your own thread.
template <class T>
using Reply = std::function<void(Result<T>)>;

// Conditions of a write, checked together with it.
struct Preconditions {
  std::optional<std::string> if_match;  // an ETag with its quotes, or "*"
  bool if_none_match = false;           // create only
};

struct PutRequest {
  std::shared_ptr<const spec::PipelineSpec> spec;
  std::shared_ptr<const plan::Plan> plan;
  bool create_only = false;  // POST: 409 NAME_TAKEN when it exists
  Preconditions preconditions;
  Desired initial = Desired::running;  // of a new pipeline; a replaced one keeps its own
  bool reset_trigger = false;          // drop a trigger override
  bool discard_state = false;          // kept state that does not fit may go
  std::string actor;
};
struct PutReceipt {
  enum class Outcome : std::uint8_t { created, replaced, unchanged } outcome = Outcome::created;
  SnapshotPtr snapshot;
};

struct RemoveRequest {
  std::string name;
  bool now = false;    // drop the open epoch instead of committing it
  bool drain = false;  // what waits for time comes out first
  bool purge = false;  // forget the committed offsets too
  Duration timeout = std::chrono::seconds(60);
  Preconditions preconditions;
};

struct SwitchRequest {
  std::string name;
  std::optional<spec::TriggerSpec> trigger;  // absent = back to the definition's
  Duration timeout = std::chrono::seconds(10);
  Preconditions preconditions;  // of the trigger's own ETag
  std::string actor;
};
// source -> topic -> partition -> next offset to read
using BarrierOffsets =
    std::map<std::string, std::map<std::string, std::map<std::int32_t, std::int64_t>>>;
struct SwitchReceipt {
  spec::TriggerSpec from, to;
  bool changed = true;
  std::optional<EpochId> epoch;  // absent when it was only stored
  WallTime at;
  BarrierOffsets barrier_offsets;
  bool committed = true;
  std::uint64_t replayed_records = 0;
  double intake_paused_ms = 0;
  double took_ms = 0;
};

enum class Verb : std::uint8_t { pause, resume, stop, start, restart, drain };
struct LifecycleReceipt {
  std::string name;
  Desired desired = Desired::running;
  Actual actual = Actual::running;
  EpochId epoch;
  std::uint64_t replayed_records = 0;
  double took_ms = 0;
};

// Reads one store of a pipeline: a key, or without one a range. Texts as key_readings() and
// key_bound() take them.
struct StateRequest {
  std::string pipeline;
  std::string store;  // id of the step
  std::optional<std::string> key;
  std::optional<std::string> from, to;  // [from, to) by the order of keys
  std::size_t limit = 1000;
  bool latest = true;  // what the task holds now, instead of what is committed
};
struct StateAnswer {
  std::vector<StateRow> rows;  // of a key: exactly one
  EpochId epoch;               // that they are of; of a key only
};
// A checkpoint of a pipeline: its name when it is to be made, else its name or id.
struct CheckpointRequest {
  std::string pipeline;
  std::string checkpoint;
  bool keep_offsets = false;  // restore: the state alone goes back
  Duration timeout = std::chrono::seconds(30);
  Preconditions preconditions;
};
// Where a stopped pipeline goes on.
struct OffsetsRequest {
  std::string pipeline;
  OffsetTarget target;
  std::vector<std::string> sources;  // ids of those that move; none = all
  std::optional<StateChoice> state;  // required where there is state
  bool dry_run = false;              // nothing is changed
  Duration timeout = std::chrono::seconds(30);
  Preconditions preconditions;
};
// State that a deleted pipeline left behind.
struct KeptState {
  std::string pipeline;
  std::uint64_t bytes = 0;
};

// What a tap reads: one point per task. Keeps the points alive; the rows stop when the pipeline
// goes.
struct TapSubscription {
  std::vector<std::shared_ptr<flow::TapPoint>> points;
  std::shared_ptr<const std::atomic<bool>>
      alive;  // false once this generation of the pipeline is gone
};

struct ThreadStatus {
  std::string name;
  std::string kind;  // control, worker, checkpoint
};

// Owns every pipeline of the process. Reads are thread-safe snapshots; commands may be posted from
// any thread and are carried out on the control thread, writes to disk on the checkpoint thread.
// Lives from start() to stop().
class Supervisor {
 public:
  Supervisor(SupervisorOptions options, flow::Registry registry);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Starts the threads and restores the definitions in the state they had; `reparse` turns a stored
  // text into spec and plan. A stored definition that no longer parses is kept, failed, with the
  // reason.
  using Reparse =
      std::function<Result<PutRequest>(const std::string& name, const std::string& text)>;
  Status start(const Reparse& reparse);
  // Cuts and commits every running pipeline within the stop timeout; what does not get done in time
  // is replayed at the next start. `desired` stays. Blocks the caller until done. Commands are
  // refused with STOPPING from the first moment.
  void stop();
  // Makes a stop() under way give up waiting.
  void stop_now() noexcept;
  bool stopping() const noexcept;
  bool started() const noexcept;  // all stored definitions were restored

  // -- reads
  SnapshotPtr find(std::string_view name) const;
  std::vector<SnapshotPtr> list() const;  // by name
  std::vector<ThreadStatus> threads() const;
  // True when the control loop turned within the last few seconds.
  bool alive() const noexcept;
  // Makes every pipeline publish a fresh snapshot, then replies.
  void refresh(std::function<void()> done);

  // -- commands
  void put(PutRequest request, Reply<PutReceipt> reply);
  void remove(RemoveRequest request, Reply<std::string> reply);  // the name
  void set_trigger(SwitchRequest request, Reply<SwitchReceipt> reply);
  void lifecycle(std::string name, Verb verb, Preconditions preconditions,
                 Reply<LifecycleReceipt> reply);
  // STEP_NOT_FOUND or a subscription; call untap with the same step afterwards.
  void tap(std::string name, std::string step, Reply<TapSubscription> reply);
  void untap(std::string name, std::string step);
  void read_state(StateRequest request, Reply<StateAnswer> reply);
  void make_checkpoint(CheckpointRequest request, Reply<CheckpointInfo> reply);
  void list_checkpoints(std::string pipeline,
                        Reply<std::vector<CheckpointInfo>> reply);              // newest first
  void remove_checkpoint(CheckpointRequest request, Reply<std::string> reply);  // its id
  // State and positions become those of the checkpoint; the pipeline is stopped, before and after.
  void restore_checkpoint(CheckpointRequest request, Reply<RestoreReceipt> reply);
  // The committed positions of a stopped pipeline move, and its state stays or goes.
  void move_offsets(OffsetsRequest request, Reply<OffsetsReceipt> reply);
  void list_kept_state(Reply<std::vector<KeptState>> reply);  // by name
  // NOT_FOUND when there is none, WRONG_STATE while a pipeline of this name is there.
  void remove_kept_state(std::string name, Reply<std::string> reply);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leat::runtime
