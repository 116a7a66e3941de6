#pragma once

#include <array>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/thread_checker.h"
#include "state/backing.h"
#include "state/delta.h"
#include "state/due_heap.h"
#include "state/key_index.h"
#include "state/row_slabs.h"
#include "state/table.h"

namespace leat::state {

// One row: in its slab the value follows at kValueAt, then the key if it is short. Entry's padding
// takes the first members: a row's head is one cache line.
struct Row : Entry {
  std::uint16_t flags = 0;
  std::uint32_t index = 0;
  std::uint32_t serial = 0;        // of the delta that noted it last; 0 = as the backing has it
  Delta::Place place;              // in the open delta, when `serial` is that one's
  std::uint32_t heap = 0;          // bytes beyond the row
  std::int64_t armed = kNeverDue;  // the earliest time in the heap
};

// The Table there is: an index per key group over rows in slabs.
//
// A row lives (alive), and is on one of these ways: `dead` after erase(), until the next find();
// then, when the backing may still have it, a `tombstone` until that is folded; `spilled` when the
// value lies on disk only and the row is kept because it is due some day.
class RowTable final : public Table {
 public:
  explicit RowTable(const Options& options);
  ~RowTable() override;

  // Reads the backing's groups.
  Status restore();

  Status find(std::span<const Key> keys, bool make, std::span<Entry*> out) override;
  void changed(Entry& entry) override;
  void erase(Entry& entry) override;
  Status end_batch() override;
  std::int64_t next_due() const noexcept override { return due_.earliest(); }
  Status pop_due(std::int64_t up_to, std::int64_t& time, std::vector<Entry*>& out) override;
  void set_mark(std::int64_t time_us) override;
  std::int64_t mark(std::uint64_t hash) const noexcept override;
  std::int64_t mark() const noexcept override;
  Status sweep(std::size_t count, const std::function<bool(const Entry&)>& keep) override;
  Status visit(Which which, const std::function<void(const Entry&)>& visit) override;
  Status walk(Walk& walk, std::size_t looks,
              const std::function<void(const Entry&)>& visit) override;
  Delta take_delta(EpochId epoch) override;
  void committed(EpochId epoch) override;
  std::size_t keys() const noexcept override { return live_ + on_disk_; }
  std::size_t bytes() const noexcept override;

 private:
  static constexpr std::size_t kValueAt = sizeof(Row);
  static constexpr std::size_t kChunk = 64;  // keys whose rows are fetched together
  enum Flag : std::uint16_t {
    alive = 1,
    is_changed = 2,  // in this batch
    dead = 4,
    tombstone = 8,
    spilled = 16,
    is_large = 32,  // noted by take_delta() only
    asked_for = 64,
    known = 128,  // a delta or the backing has, or had, the key
    fresh = 256,  // came to life in this batch
    visited = 512,
  };
  struct Group {
    KeyIndex index;
    std::uint64_t on_disk = 0;    // keys that have no row
    std::int64_t mark = kNoMark;  // as it was restored
  };
  struct Pending {
    std::uint32_t serial;
    EpochId epoch;
  };

  Row& row_at(std::uint32_t index) const noexcept {
    return *reinterpret_cast<Row*>(slabs_.at(index));
  }
  std::uint32_t group_of(std::uint64_t hash) const noexcept;
  static bool in_memory(const Row& row) noexcept {
    return (row.flags & (alive | dead | tombstone | spilled)) == alive;
  }
  bool clean(const Row& row) const noexcept { return row.serial <= clean_serial_; }
  bool can_spill() const noexcept {
    return options_.backing != nullptr && options_.memory_limit != 0;
  }

  // The row of a key, whatever its state; null = none.
  Row* lookup(const Group& group, const Key& key) const;
  Status find_chunk(std::span<const Key> keys, std::size_t first, bool make, std::span<Entry*> out);
  Entry* settle(const Key& key, Row* row, bool make, std::size_t position);
  Row& add_row(const Key& key);
  void make_value(Row& row);
  void take_from_index(Row& row);
  void free_row(Row& row);
  void bury(Row& row);
  void release_dead();
  void unmake();
  void drop_value(Row& row);
  void note(Row& row);
  void put(Row& row, std::string_view value);
  void arm(Row& row, std::int64_t due);
  Status pop_time(std::int64_t time, std::vector<Entry*>& out);
  void settle_due();
  void account(Row& row);

  // Of what lies on disk.
  Status restore_group(std::uint32_t group);
  Status restore_pair(std::uint32_t group, std::string_view key, std::string_view value);
  Status key_of(std::uint32_t group, std::string_view bytes, Key& key) const;
  Status decode_into(Row& row, std::string_view value);
  Status load_missing(std::span<const Key> keys, bool make, std::span<Entry*> out);
  Status load_one(const Key& key, std::size_t asked, bool make, Entry*& out);
  Status load_stubs(std::span<Row* const> rows);
  Status read_wanted();
  void spill_some();
  void spill(Row& row);
  using DiskVisit = std::function<bool(const Entry&)>;
  Status scan_disk(std::uint32_t group, std::string_view from, const DiskVisit& visit);
  Status look_at(std::uint32_t group, std::string_view key, std::string_view value,
                 const DiskVisit& visit, bool& more);
  Status walk_disk(Walk& walk, std::size_t looks, const std::function<void(const Entry&)>& visit);
  Status walk_pair(std::uint32_t group, std::string_view bytes, std::string_view value,
                   const std::function<void(const Entry&)>& visit);
  void visit_changed(const std::function<void(const Entry&)>& visit);
  Status sweep_disk(std::size_t count, const std::function<bool(const Entry&)>& keep);
  Status damaged(std::string_view what, std::uint32_t group) const;

  const Options options_;
  const ValueType& type_;
  const std::size_t value_bytes_;
  const std::size_t inline_key_bytes_;
  const std::size_t fetched_bytes_;
  base::ThreadChecker thread_;
  RowSlabs slabs_;
  std::vector<Group> groups_;
  DueHeap due_;
  std::int64_t mark_ = kNoMark;
  std::int64_t lowest_restored_mark_ = kNoMark;
  bool mark_moved_ = false;

  std::size_t live_ = 0;     // keys whose value is in memory
  std::size_t on_disk_ = 0;  // keys whose value is not
  std::uint64_t spilled_ = 0;  // values that ever left memory
  std::size_t heap_bytes_ = 0;
  std::size_t index_bytes_ = 0;

  // Of the batch.
  std::vector<Row*> changed_;
  std::vector<Row*> made_;
  std::vector<std::uint32_t> dead_;
  std::vector<std::size_t> missing_;  // positions in find()'s keys
  std::vector<Backing::Wanted> wanted_;
  std::vector<std::string> values_;
  std::unique_ptr<bool[]> found_;
  std::size_t found_size_ = 0;

  // Of the epoch.
  Delta delta_;
  std::uint32_t serial_ = 1;  // of the open delta
  std::uint32_t clean_serial_ = 0;
  std::vector<std::uint32_t> noted_;  // rows that were changed in it, at least once
  std::vector<Row*> large_;
  std::deque<Pending> pending_;                                     // deltas taken and not folded
  std::deque<std::pair<std::uint32_t, std::uint32_t>> tombstones_;  // serial, row

  std::uint32_t spill_hand_ = 0;
  std::uint32_t sweep_hand_ = 0;
  std::uint32_t sweep_group_ = 0;
  std::string sweep_from_;
  bool sweeping_disk_ = false;
  std::unique_ptr<std::uint64_t[]> visitor_;  // memory for a value that is only looked at
  std::string scratch_;
};

}  // namespace leat::state
