#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "state/delta.h"

namespace leat::state {

// What one store changed: bytes that DeltaReader reads.
struct StoreChanges {
  StoreId store;
  std::string_view bytes;
};

// The committed values of all stores of a pipeline, ordered by (store, group, key). Reads are
// thread-safe and see one epoch after the other; apply() belongs to one thread. Codes of every call:
// data_loss (what is there is damaged), unavailable (the disk does not answer), exhausted (it is full).
class Backing {
 public:
  virtual ~Backing() = default;
  // The newest epoch that was applied and survives a crash now; 0 = none.
  virtual EpochId durable_epoch() const = 0;
  virtual EpochId epoch() const = 0;  // the newest that was applied
  // Several keys of one store at once: `found[i]` tells whether values[i] was filled.
  struct Wanted {
    std::uint32_t group = 0;
    std::string_view key;
  };
  virtual Status get(StoreId store, std::span<const Wanted> keys, std::span<std::string> values,
                     std::span<bool> found) const = 0;
  // The pairs of one group in the order of their keys, from `from` (inclusive) on, until `visit` says
  // false.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;
  virtual Status scan(StoreId store, std::uint32_t group, std::string_view from,
                      const Visit& visit) const = 0;
  // The mark of a group; kNoMark when none was written.
  virtual Result<std::int64_t> mark(StoreId store, std::uint32_t group) const = 0;
  // All changes of one epoch, or of several up to `epoch` in their order, at once: all or nothing.
  // Requires: epoch() < `epoch`.
  virtual Status apply(EpochId epoch, std::span<const StoreChanges> changes) = 0;
  // Everything applied so far survives a crash when this returns ok.
  virtual Status flush() = 0;
  // Begins to make what was applied so far durable, and does not wait for it.
  virtual Status start_flush() = 0;
  // Gives back what erased and overwritten keys take; takes as long as there is much of it.
  virtual Status compact() = 0;
  // Forgets a store; survives a crash only when flushed.
  virtual Status drop(StoreId store) = 0;
  virtual std::uint64_t bytes() const = 0;  // on disk, about
};

}  // namespace leat::state
