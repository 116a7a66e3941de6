#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "plan/plan.h"
#include "runtime/state_reads.h"
#include "state/store.h"

namespace leat::runtime {

// How the state of pipelines is kept; of the whole process. A value.
struct StateSettings {
  std::size_t block_cache = 64 << 20;  // bytes, of each pipeline
  std::size_t write_buffer = 32 << 20;
  std::uint32_t background_threads = 2;
  std::uint64_t rate_limit = 64 << 20;  // bytes a second of background writing
  std::uint64_t disk_free_min = 0;      // bytes; below, pipelines with state pause
  double disk_free_min_part = 0;        // the same as a part of the disk, 0…1
  std::uint64_t memory = 0;             // of a pipeline that names no limit; 0 = none
};

using OpenStore =
    std::function<Result<std::unique_ptr<state::Store>>(const state::Store::Options&)>;

// What becomes of kept state at a start.
enum class StateStart : std::uint8_t {
  keep,        // it must fit
  what_fits,   // steps that it does not fit begin empty; all do when it is damaged or foreign
  from_empty,  // it is thrown away
};

// What a definition says about its state.
std::vector<state::StepState> steps_of(const plan::Plan& plan);
// The steps whose state would be lost, for people: "`a` (removed), `b` (changed)"; empty = none.
std::string lost_steps(const std::vector<state::StateChange>& changes);
// A slice's key groups, [first, end).
std::pair<std::uint32_t, std::uint32_t> groups_of(std::uint32_t slice, std::uint32_t slices);

// The checkpoint thread's side of one pipeline's state: opens the store, and does with it what the
// keeper asks for. Thread-confined, from the first call on; its destructor too.
//
// Of a Status, the field `hold` says that the pipeline has to pause: STATE_MISMATCH (somebody must
// decide), DISK_LOW or STATE_LIMIT (it may pass).
class StateDesk {
 public:
  struct Parts {
    std::shared_ptr<const plan::Plan> plan;
    std::string folder;  // of the store; "" = nothing outlives the desk
    StateSettings settings;
    OpenStore open;  // null = state::Store::open
  };
  explicit StateDesk(Parts parts) : parts_(std::move(parts)) {}
  StateDesk(const StateDesk&) = delete;
  StateDesk& operator=(const StateDesk&) = delete;

  using Place = std::pair<std::size_t, std::uint32_t>;  // index in Plan::keyed, slice
  struct Restored {
    Status status;
    std::string state_id;
    bool anew = false;  // the commit record names another state, which is given up
    EpochId folded;     // what reads of committed values give
    std::map<Place, std::unique_ptr<state::Table>> tables;
  };
  // Makes the state that of the commit record, and the tables of all tasks from it. Opens the store
  // unless it is open. Beyond `limits.state` there are no tables: who starts would make it grow.
  Restored restore(EpochId committed, const std::string& state_id, StateStart start);

  struct Appended {
    Status status;
    Status pressure;  // not ok: what was appended is durable, but the pipeline should pause
    std::uint64_t disk_bytes = 0;
  };
  Appended append(EpochId epoch, const std::vector<state::Delta>& deltas);
  // The epoch is committed. Gives the newest epoch that reads of committed values give.
  Result<EpochId> fold(EpochId epoch);
  // No task has a table any more. Closes what lies on disk.
  void end_run();

  // Keeps a copy of the epoch that was folded last, which must be `epoch`. In the field `problem`:
  // NAME_TAKEN, DISK_LOW, BUSY.
  Result<state::Store::Checkpoint> checkpoint(EpochId epoch, const std::string& name,
                                              const std::string& metadata);
  // The same without a run: the commit record names `epoch` and `state_id`. WRONG_STATE when what is
  // kept is not that.
  Result<state::Store::Checkpoint> checkpoint_at_rest(EpochId epoch, const std::string& state_id,
                                                      const std::string& name,
                                                      const std::string& metadata);
  // By epoch; also of a store that cannot be opened.
  Result<std::vector<state::Store::Checkpoint>> checkpoints();
  Status remove_checkpoint(const std::string& id);
  struct Brought {
    EpochId epoch;
    std::string state_id;
  };
  // Without a run: the state becomes that of the checkpoint, as an epoch beyond `newest` and all it
  // knows itself; it counts once that is committed. State that cannot be opened is thrown away for
  // it, once the copy was read whole. not_found, data_loss (the checkpoint is damaged; nothing
  // changes).
  Result<Brought> bring_back(const std::string& id, EpochId newest);

  // Without a run: all of it is thrown away but the checkpoints.
  Status discard();

  Result<std::vector<state::StateChange>> compare(const std::vector<state::StepState>& steps);
  // The store of a keyed step, until the next call or end_view(). Without a run the store is opened for
  // it, as of `committed` (0 = not known: as far as it is folded); in the field `problem` RESTORING when
  // it does not fit, KEY_NOT_FOUND when there is none.
  Result<StoreView> view(std::size_t step, EpochId committed);
  void end_view();

 private:
  Status open_if_closed(StateStart start);
  void close_on_disk();
  Status open_at_rest(EpochId committed);
  Result<state::Store::Checkpoint> keep_copy(EpochId epoch, const std::string& name,
                                             const std::string& metadata);
  Status take_up(EpochId committed, const std::string& state_id, StateStart start, Restored& made);
  Status take_up_what_fits(EpochId committed, const std::string& state_id, Restored& made);
  Status make_tables(Restored& made) const;
  Status look_at_disk() const;
  Status look_at_size() const;
  Status make_room();
  std::uint64_t disk_bytes() const;
  state::Store::Options options() const;
  std::size_t table_memory() const;

  const Parts parts_;
  std::unique_ptr<state::Store> store_;
  std::vector<state::StoreId> ids_;
  bool restored_ = false;
};

}  // namespace leat::runtime
