#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "state/backing.h"
#include "state/delta.h"

namespace leat::state {

// What a step keeps, as its definition says it. Equal text = the state can be read.
struct StepState {
  std::string step;    // id of the step
  std::string schema;  // kind, keys, window, functions, and the version of the form on disk
  // The id it had: what is kept under that is its, unless something is kept under `step`. Not kept
  // itself.
  std::string renamed_from = {};
};

// What became of the state of steps that a definition does not know, or knows differently.
struct StateChange {
  enum class Kind : std::uint8_t { added, removed, changed } kind = Kind::added;
  std::string step;
};

// The durable state of one pipeline: a changelog of epochs, and behind it a Backing. Kafka (or the
// local manifest) says which epoch counts; the store follows it.
//
// Each epoch, also one that changed nothing: append() (durable), then somebody else commits, then
// fold(). After a crash, or when a run is thrown away, recover() is told the committed epoch: epochs
// that were appended but not committed are thrown away, committed ones are folded. After any error of
// append() or fold() recover() comes before the next of them.
//
// fold() puts a small epoch into the backing at once; large ones gather in the changelog and go
// together, each key once, when they come near `changelog_bytes_max`: backing().epoch() tells how far
// it is.
//
// Everything but reads of backing() belongs to one thread, the checkpoint thread; nothing here is
// called on a worker. Nobody reads the backing during restore() and reset().
class Store {
 public:
  struct Options {
    std::string
        folder;  // of this pipeline's state; made if absent; empty = nothing outlives the object
    std::string pipeline;
    std::uint32_t key_groups = 128;
    std::size_t block_cache = 64 << 20;
    std::size_t write_buffer = 32 << 20;
    std::uint32_t background_threads = 2;
    std::uint64_t rate_limit = 64 << 20;  // bytes a second of background writing
    // Of epochs not yet folded, about. What is not folded stays in the tables' memory too: with a
    // memory limit no more than an eighth of it.
    std::size_t changelog_bytes_max = 256 << 20;
  };
  // Codes: data_loss (damaged, and where), wrong_state (the folder belongs to another pipeline,
  // version or number of key groups; says what to do), unavailable, exhausted, permission_denied.
  static Result<std::unique_ptr<Store>> open(const Options& options);
  virtual ~Store() = default;

  // Names the state's identity: written into every commit's metadata, new for a store that was made
  // anew.
  virtual const std::string& state_id() const noexcept = 0;
  // How the stored steps differ from these; nothing is changed.
  virtual std::vector<StateChange> compare(std::span<const StepState> steps) const = 0;
  // These are the steps from now on: the state of those that are gone or different is dropped. Gives
  // their ids in the same order.
  virtual Result<std::vector<StoreId>> adopt(std::span<const StepState> steps) = 0;

  // `committed`: the epoch that the commit record names (0 = none), `state_id` what it says beside it
  // (empty = nothing: whoever committed kept no state). After ok the backing is at that epoch.
  //
  // Legal, beside the usual: a first start (nothing committed), and a pipeline that gets its first
  // keyed step (an epoch, but no state id), both with a state that never saw a commit (nothing was
  // folded, one epoch at most was appended): it begins empty.
  // Code wrong_state with the field code = "STATE_MISMATCH" when this state is not the committed one:
  // another identity, a backing that is ahead, or epochs in between that are missing here. data_loss
  // when they are damaged: file, offset and epoch are told. Nothing is changed in both cases.
  virtual Status recover(EpochId committed, std::string_view state_id) = 0;
  // Durable when it returns ok. Requires: `epoch` is beyond all that were appended, and those were
  // committed.
  virtual Status append(EpochId epoch, std::span<const Delta> deltas) = 0;
  // The epoch is committed.
  virtual Status fold(EpochId epoch) = 0;
  // Everything that was given to fold() is in the backing and durable there, and the changelog has
  // none of it.
  virtual Status flush() = 0;
  // flush(), and what erased and overwritten keys take is given back. Takes as long as the state is
  // large.
  virtual Status compact() = 0;
  // Forgets everything; the identity becomes a new one.
  virtual Status reset() = 0;

  // The newest epoch that was appended, or folded; 0 = none.
  virtual EpochId newest() const = 0;

  // A copy by hard links, of the newest epoch that was folded: what `checkpoints` lists. Files that
  // the store still has are the same on the disk: damage of one is damage of both.
  struct Checkpoint {
    std::string id;    // "ckpt-<epoch>"
    std::string name;  // may be empty
    EpochId epoch;
    std::uint64_t bytes = 0;
    std::string metadata;     // a JSON object of the caller
    std::string damage = {};  // not empty: all but the id cannot be read, and why
  };
  // already_exists when there is one of that epoch; flushes first.
  virtual Result<Checkpoint> checkpoint(const std::string& name, const std::string& metadata) = 0;
  virtual Result<std::vector<Checkpoint>> checkpoints() const = 0;
  virtual Status remove_checkpoint(const std::string& id) = 0;
  // The state, steps and all, becomes that of the checkpoint, counted as epoch `as`; until that is
  // committed too, recover() says STATE_MISMATCH. not_found, invalid_argument (`as` is not beyond
  // newest()), data_loss (the copy is damaged).
  virtual Status restore(const std::string& id, EpochId as) = 0;

  // The newest committed epoch: given to fold(), or where recover() or restore() ended; 0 = none.
  virtual EpochId folded() const = 0;
  // What is committed and not in the backing yet: the changes of one store, those of newer epochs
  // first, until `visit` says false. DeltaReader reads them.
  virtual Status pending(StoreId store,
                         const std::function<bool(std::string_view changes)>& visit) = 0;
  // Of committed values; lives as long as the store.
  virtual const Backing& backing() const noexcept = 0;
  virtual std::uint64_t changelog_bytes() const noexcept = 0;
};

// The checkpoints of a store's folder, whether or not it is open, or can be; on the checkpoint
// thread. By epoch; none when there is no folder.
Result<std::vector<Store::Checkpoint>> kept_checkpoints(const std::string& folder);
// not_found.
Status remove_checkpoint(const std::string& folder, const std::string& id);
// Reads the whole copy, of a store that is not open; nothing changes. not_found, wrong_state (it is of
// another pipeline, version or number of key groups), data_loss (it is damaged).
Status check_checkpoint(const Store::Options& options, const std::string& id);
// Removes a store, which is not open: all but its checkpoints, and the folder when it has none.
Status discard_state(const std::string& folder);

}  // namespace leat::state
