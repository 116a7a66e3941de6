#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "state/delta.h"
#include "state/value_type.h"

namespace leat::state {

class Backing;

// A key of a batch: what encode_key() gives for its values, and the hash that record::mix_key gives
// for them in their order, from 0 on; its group follows from that (record::key_group).
struct Key {
  std::uint64_t hash = 0;
  std::string_view bytes;
};

// One key and its value. Stays where it is as long as it is there; `value` is an object of the table's
// ValueType.
struct Entry {
  std::uint64_t hash = 0;
  std::string_view key;
  void* value = nullptr;
  bool made = false;  // by the find() that gave it: the key was not there before
};

// The keyed state of one step on one slice: in memory first; what does not fit lies on disk and is
// read when asked for. Thread-confined to the task's worker.
//
// A batch goes: find() its keys, change values, changed() or erase() each, end_batch(). At a barrier
// take_delta() gives what changed since the last.
//
// Beyond the memory limit rows that nobody asked for lately leave memory, once their last change is
// committed and folded into the backing; what changed since stays, so the limit wants commits. A row
// whose value is due some day leaves a stub of its key behind.
class Table {
 public:
  struct Options {
    StoreId store;
    const ValueType* type = nullptr;
    std::uint32_t first_group = 0;     // of this slice
    std::uint32_t end_group = 0;       // one beyond
    std::size_t memory_limit = 0;      // bytes; 0 = none, nothing leaves memory
    const Backing* backing = nullptr;  // where committed values lie; null = in memory only
  };
  virtual ~Table() = default;

  // The entries of the keys, equal keys the same entry. With `make` absent ones come to life, else they
  // are null. They are good until the next find() or pop_due(). What came to life and is not changed()
  // is gone at end_batch(). Not ok (data_loss, unavailable): a value cannot be read from disk, and `out`
  // means nothing; wrong_state: a key of another slice.
  virtual Status find(std::span<const Key> keys, bool make, std::span<Entry*> out) = 0;
  // The value was changed. Twice in a batch costs nothing more.
  virtual void changed(Entry& entry) = 0;
  // The key is gone; the entry stays readable until the next find() or pop_due().
  virtual void erase(Entry& entry) = 0;
  // Notes what the batch changed in the open delta, and when the changed values are due.
  virtual Status end_batch() = 0;

  // The earliest time at which a value is due, as of the last end_batch() or pop_due(); kNeverDue =
  // none.
  virtual std::int64_t next_due() const noexcept = 0;
  // The entries that are due first, when that is not later than `up_to`: of one and the same time,
  // kDueMax at most, the others come with the next calls. Each must be changed() or erased, else it
  // is not due again. `out` is empty when nothing is.
  static constexpr std::size_t kDueMax = 4096;
  virtual Status pop_due(std::int64_t up_to, std::int64_t& time, std::vector<Entry*>& out) = 0;

  // How far the operator's time is; kept with the state, per group. Never goes back; kNoMark until
  // it is set.
  virtual void set_mark(std::int64_t time_us) = 0;
  virtual std::int64_t mark(std::uint64_t hash) const noexcept = 0;
  // The lowest mark of all groups.
  virtual std::int64_t mark() const noexcept = 0;

  // Looks at up to `count` entries in turn, over calls, those on disk too: `keep` false erases them.
  // For what expires; between batches.
  virtual Status sweep(std::size_t count, const std::function<bool(const Entry&)>& keep) = 0;
  // Calls `visit` with every key that was changed since the last take_delta() and is still there, or
  // with all keys, those on disk too; in no order that means something.
  enum class Which : std::uint8_t { changed, all };
  virtual Status visit(Which which, const std::function<void(const Entry&)>& visit) = 0;

  // A walk over the keys in [from, to) by their bytes, in pieces between batches; a value.
  struct Walk {
    std::string from;
    std::optional<std::string> to;  // none = to the end
    bool done = false;
    // The table's:
    bool begun = false;
    bool on_disk = false;       // values were not in memory when it began
    bool rows_done = false;     // those in memory were looked at
    std::uint32_t at = 0;       // row; then group
    std::uint64_t spilled = 0;  // values that had left memory when it began
    std::string next;           // key of the group
  };
  // Goes on by `looks` keys at most. Every key that is there all the while is visited, perhaps more
  // than once, with the value it has then; in no order that means something.
  virtual Status walk(Walk& walk, std::size_t looks,
                      const std::function<void(const Entry&)>& visit) = 0;

  // What changed since the last call, to be made durable for the epoch that ends. The values stay in
  // memory at least until committed() names the epoch.
  virtual Delta take_delta(EpochId epoch) = 0;
  virtual void committed(EpochId epoch) = 0;

  virtual std::size_t keys() const noexcept = 0;   // those on disk too
  virtual std::size_t bytes() const noexcept = 0;  // of memory
};

// Reads what the backing has of these groups, as far as the limit allows. Not ok: data_loss,
// unavailable. The first find(), on whatever thread, makes that thread the table's.
Result<std::unique_ptr<Table>> make_table(const Table::Options& options);

}  // namespace leat::state
