#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "state/backing.h"
#include "state/delta.h"

namespace leat::state {

// The epochs that were appended and are not yet safe in the backing, oldest first. Every record names
// the epoch before it, so that a gap shows. Thread-confined to the checkpoint thread.
class Changelog {
 public:
  struct Record {
    EpochId epoch;
    EpochId previous;  // 0 = there was none: the state began with this one
    std::uint64_t bytes = 0;
  };
  virtual ~Changelog() = default;

  virtual const std::vector<Record>& records() const noexcept = 0;
  // Durable when it returns ok; not ok leaves no trace of it. Requires: `epoch` is beyond the last
  // record's. exhausted (no room), unavailable.
  virtual Status append(EpochId epoch, EpochId previous, std::span<const Delta> deltas) = 0;
  // The changes of a record, as split_changes() takes them. data_loss with file and offset.
  virtual Status read(EpochId epoch, std::string& body) const = 0;
  // Removes the records beyond `epoch`, or up to and with it; the latter as far as that is cheap.
  virtual Status drop_beyond(EpochId epoch) = 0;
  virtual Status drop_until(EpochId epoch) = 0;
  virtual std::uint64_t bytes() const noexcept = 0;
  // What was found damaged when it was opened: where, and which epoch, if that can be told. Ok =
  // nothing.
  virtual const Status& damage() const noexcept = 0;
};

// A record's body: for each store its number (4 bytes), 4 of zero, the length (8), and the delta.
inline constexpr std::size_t kChangesHead = 16;
void append_changes_head(StoreId store, std::uint64_t length, std::string& out);
// Adds the body's changes to `out`, borrowed. data_loss when it is none.
Status split_changes(std::string_view body, std::vector<StoreChanges>& out);

}  // namespace leat::state
