#pragma once

#include <cstdint>
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
};

// What became of the state of steps that a definition does not know, or knows differently.
struct StateChange {
  enum class Kind : std::uint8_t { added, removed, changed } kind = Kind::added;
  std::string step;
};

// The durable state of one pipeline: a changelog of epochs, and behind it a Backing. Kafka (or the
// local manifest) says which epoch counts; the store follows it.
//
// Each epoch: append() (durable), then somebody else commits, then fold(). After a crash recover() is
// told the committed epoch: epochs that were appended but not committed are thrown away, committed
// ones are folded.
// Everything but reads of backing() belongs to one thread, the checkpoint thread; nothing here is
// called on a worker.
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
    std::uint64_t rate_limit = 64 << 20;         // bytes a second of background writing
    std::size_t changelog_bytes_max = 64 << 20;  // folded and flushed beyond
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

  // `committed`: the epoch that the commit record names (0 = none), `state_id` what it says beside
  // it. Code wrong_state with the field code = "STATE_MISMATCH" when this state is not that one's: another
  // identity, or epochs in between are missing here.
  virtual Status recover(EpochId committed, std::string_view state_id) = 0;
  // Durable when it returns ok. Requires: `epoch` is beyond all that were appended.
  virtual Status append(EpochId epoch, std::span<const Delta> deltas) = 0;
  // The epoch is committed.
  virtual Status fold(EpochId epoch) = 0;
  // Everything committed is in the backing, and the changelog is empty.
  virtual Status flush() = 0;
  // Forgets everything; the identity becomes a new one.
  virtual Status reset() = 0;

  // A named copy by hard links, of the newest committed epoch: what `checkpoints` lists.
  struct Checkpoint {
    std::string id;    // "ckpt-<epoch>"
    std::string name;  // may be empty
    EpochId epoch;
    std::uint64_t bytes = 0;
    std::string metadata;  // a JSON object of the caller
  };
  virtual Result<Checkpoint> checkpoint(const std::string& name, const std::string& metadata) = 0;
  virtual Result<std::vector<Checkpoint>> checkpoints() const = 0;
  virtual Status remove_checkpoint(const std::string& id) = 0;
  // The state becomes that of the checkpoint, counted as epoch `as`.
  virtual Status restore(const std::string& id, EpochId as) = 0;

  // Of committed values; lives as long as the store.
  virtual const Backing& backing() const noexcept = 0;
  virtual std::uint64_t changelog_bytes() const noexcept = 0;
};

}  // namespace leat::state
