#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "flow/state_access.h"
#include "runtime/control_loop.h"
#include "runtime/state_desk.h"

namespace leat::runtime {

// Where stores are opened and used.
struct StatePort {
  std::function<void(Action)> post;  // runs the action on the checkpoint thread, in order
  OpenStore open = nullptr;          // null = state::Store::open
};

// Keeps the state of one pipeline with keyed steps, over its runs: what tasks changed in an epoch
// becomes durable on the checkpoint thread, is folded once the epoch is committed, and is what the
// next run begins with. Between runs a store on disk is closed.
//
// Members are for the control thread; callbacks are called there, later: those of reads, compare(), discard() and
// checkpoints always, the others never once the keeper or the run is gone. flow::StateAccess is thread-safe. Of a
// Status, the field `hold` is as StateDesk says.
class StateKeeper final : public flow::StateAccess {
 public:
  using Done = std::function<void(const Status&)>;
  struct Parts {
    StateDesk::Parts desk;
    std::function<void(Action)> disk;     // StatePort::post
    std::function<void(Action)> control;  // runs the action on the control thread, later
    Done on_pressure;  // what was made durable is, but the pipeline should pause (field `hold`)
  };
  explicit StateKeeper(Parts parts);
  ~StateKeeper() override;
  StateKeeper(const StateKeeper&) = delete;
  StateKeeper& operator=(const StateKeeper&) = delete;

  // A run begins: the state becomes that of the epoch that the commit record names, with the
  // identity it says, and the tables of all tasks are made.
  void restore(EpochId committed, const std::string& state_id, StateStart start, Done done);
  bool restored() const noexcept { return restored_; }
  // While restored(): what commits have to name; and that the last one named another state, which was
  // given up: commit soon.
  const std::string& state_id() const noexcept { return state_id_; }
  bool began_anew() const noexcept { return began_anew_; }
  // All tasks have sealed the epoch: what they delivered becomes durable.
  void persist(EpochId epoch, Done done);
  // The epoch is committed. `failed` is called only when it cannot be folded.
  void fold(EpochId epoch, Done failed);
  // No task is left: tables are given back, what is not durable is dropped.
  void end_run();

  // How kept state differs from these steps; nothing is changed.
  using Changes = std::function<void(Result<std::vector<state::StateChange>>)>;
  void compare(std::vector<state::StepState> steps, Changes done);

  // What StateDesk does about checkpoints, in the same words.
  void checkpoint(EpochId epoch, std::string at_rest, std::string name, std::string metadata,
                  std::function<void(Result<state::Store::Checkpoint>)> done);
  void checkpoints(std::function<void(Result<std::vector<state::Store::Checkpoint>>)> done);
  void remove_checkpoint(std::string id, Done done);
  void bring_back(std::string id, EpochId newest,
                  std::function<void(Result<StateDesk::Brought>)> done);
  // What StateDesk says.
  void discard(Done done);

  // What is committed; `step` is the index in Plan::keyed. With the epoch that it is of.
  struct Row {
    std::optional<StateRow> row;
    EpochId epoch;
  };
  // `committed` is for the time without a run, as StateDesk::view() says.
  void read_key(std::size_t step, EpochId committed, std::vector<StateKey> readings,
                std::function<void(Result<Row>)> done);
  void read_range(std::size_t step, EpochId committed, KeyRange range,
                  std::function<void(Result<std::vector<StateRow>>)> done);
  // Ends with the run.
  std::weak_ptr<int> run() const noexcept { return run_; }
  // The table that a task has taken; null = none. Only its worker may look at it.
  state::Table* table_of(std::size_t step, SliceId slice) const;

  std::uint64_t disk_bytes() const noexcept { return disk_bytes_; }    // of the store, about
  std::uint64_t delta_bytes() const noexcept { return delta_bytes_; }  // of the last durable epoch

  // -- flow::StateAccess
  Result<std::unique_ptr<state::Table>> take_table(const std::string& step, SliceId slice) override;
  void deliver(EpochId epoch, state::Delta delta) override;
  EpochId committed() const noexcept override {
    return EpochId(folded_->load(std::memory_order_acquire));
  }

 private:
  using Place = StateDesk::Place;

  // Does `work` with the desk on the checkpoint thread, and then `then` with its result here; `of_run`:
  // unless the run is over.
  enum class Scope : bool { of_anybody, of_run };
  template <class T>
  void at_desk(Scope scope, std::function<T(StateDesk&)> work, std::function<void(T)> then);
  std::size_t index_of(const std::string& step) const;
  void take_over(StateDesk::Restored& made);

  const Parts parts_;
  std::shared_ptr<StateDesk> desk_;
  std::shared_ptr<int> run_ = std::make_shared<int>(0);  // another one for each run
  bool restored_ = false;
  bool began_anew_ = false;
  std::string state_id_;
  std::uint64_t disk_bytes_ = 0;
  std::uint64_t delta_bytes_ = 0;
  std::shared_ptr<std::atomic<std::uint64_t>> folded_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
  mutable std::mutex mutex_;
  std::map<Place, std::unique_ptr<state::Table>> tables_;  // under the mutex
  std::map<Place, state::Table*> taken_;                   // the same
  std::map<EpochId, std::vector<state::Delta>> deltas_;    // the same
};

}  // namespace leat::runtime
