#include "state/row_table.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "record/key_hash.h"
#include "state/key_codec.h"

namespace leat::state {
namespace {

// Values above are written into the delta once, when it is taken, and not with every batch.
constexpr std::size_t kLargeValueBytes = 512;
constexpr std::size_t kInlineKeyBytes = 24;
constexpr std::size_t kHeapSlack = 4096;
// Of a row, fetched before it is looked at; and its key.
constexpr std::size_t kFetchedBytesMax = 256;

constexpr std::size_t row_bytes_for(std::size_t value_bytes) {
  const std::size_t wanted = sizeof(Row) + value_bytes + kInlineKeyBytes;
  return (wanted + RowSlabs::kAlignment - 1) / RowSlabs::kAlignment * RowSlabs::kAlignment;
}

bool is_key(const Row& row, const Key& key) { return row.hash == key.hash && row.key == key.bytes; }

}  // namespace

RowTable::RowTable(const Options& options)
    : options_(options),
      type_(*options.type),
      value_bytes_(type_.inline_bytes()),
      inline_key_bytes_(row_bytes_for(value_bytes_) - kValueAt - value_bytes_),
      fetched_bytes_(std::min(kValueAt + value_bytes_, kFetchedBytesMax)),
      slabs_(row_bytes_for(value_bytes_)),
      groups_(options.end_group - options.first_group),
      delta_(options.store) {
  LEAT_CHECK(value_bytes_ % 8 == 0);
}

RowTable::~RowTable() {
  for (std::uint32_t i = 0; i < slabs_.high_water(); ++i) {
    Row& row = row_at(i);
    if ((row.flags & alive) == 0) continue;
    if ((row.flags & (tombstone | spilled)) == 0) type_.destroy(row.value);
    if (row.key.size() > inline_key_bytes_) delete[] row.key.data();
  }
}

std::uint32_t RowTable::group_of(std::uint64_t hash) const noexcept {
  return record::key_group(hash) - options_.first_group;
}

Row* RowTable::lookup(const Group& group, const Key& key) const {
  const std::uint32_t found =
      group.index.find(key.hash, [&](std::uint32_t index) { return is_key(row_at(index), key); });
  return found == KeyIndex::kNone ? nullptr : &row_at(found);
}

Status RowTable::find(std::span<const Key> keys, bool make, std::span<Entry*> out) {
  thread_.check();
  LEAT_DCHECK(out.size() >= keys.size());
  release_dead();
  for (Row* row : made_) row->made = false;
  missing_.clear();
  for (std::size_t first = 0; first < keys.size(); first += kChunk)
    LEAT_RETURN_IF_ERROR(find_chunk(keys, first, make, out));
  return missing_.empty() ? Status() : load_missing(keys, make, out);
}

Status RowTable::find_chunk(std::span<const Key> keys, std::size_t first, bool make,
                            std::span<Entry*> out) {
  const std::size_t count = std::min(kChunk, keys.size() - first);
  const Key* const chunk = keys.data() + first;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t group = group_of(chunk[i].hash);
    if (group >= groups_.size()) {
      return Status(Code::wrong_state, "a key belongs to another slice")
          .with("group", std::to_string(record::key_group(chunk[i].hash)));
    }
    groups_[group].index.prefetch(chunk[i].hash);
  }
  std::array<Row*, kChunk> rows;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t index = groups_[group_of(chunk[i].hash)].index.find(
        chunk[i].hash, [](std::uint32_t) { return true; });
    rows[i] = index == KeyIndex::kNone ? nullptr : &row_at(index);
    if (rows[i] == nullptr) continue;
    const char* const at = reinterpret_cast<const char*>(rows[i]);
    for (std::size_t line = 0; line < fetched_bytes_; line += RowSlabs::kAlignment)
      __builtin_prefetch(at + line, 1);
    __builtin_prefetch(at + kValueAt + value_bytes_, 1);
  }
  for (std::size_t i = 0; i < count; ++i) {
    Row* row = rows[i];
    if (row == nullptr || !is_key(*row, chunk[i]))
      row = lookup(groups_[group_of(chunk[i].hash)], chunk[i]);
    out[first + i] = settle(chunk[i], row, make, first + i);
  }
  return {};
}

// What find() gives for a key: its row, one that comes to life, or null and a place among the
// missing.
Entry* RowTable::settle(const Key& key, Row* row, bool make, std::size_t position) {
  if (row != nullptr && in_memory(*row)) {
    row->flags |= asked_for;
    return row;
  }
  const bool ask_disk =
      row != nullptr ? (row->flags & spilled) != 0 : groups_[group_of(key.hash)].on_disk > 0;
  if (ask_disk) {
    missing_.push_back(position);
    return nullptr;
  }
  if (!make) return nullptr;
  if (row == nullptr) row = &add_row(key);
  make_value(*row);
  return row;
}

Row& RowTable::add_row(const Key& key) {
#ifdef LEAT_DCHECKS
  std::uint64_t hash = 0;
  LEAT_CHECK(hash_key(key.bytes, hash) && hash == key.hash);
#endif
  bool is_new = false;
  const std::uint32_t index = slabs_.take(is_new);
  char* at = slabs_.at(index);
  Row& row = *::new (static_cast<void*>(at)) Row();
  row.hash = key.hash;
  row.index = index;
  row.flags = alive;
  row.value = at + kValueAt;
  char* bytes = at + kValueAt + value_bytes_;
  if (key.bytes.size() > inline_key_bytes_) {
    bytes = new char[key.bytes.size()];
    heap_bytes_ += key.bytes.size();
  }
  if (!key.bytes.empty()) std::memcpy(bytes, key.bytes.data(), key.bytes.size());
  row.key = {bytes, key.bytes.size()};
  KeyIndex& keys = groups_[group_of(key.hash)].index;
  index_bytes_ -= keys.bytes();
  keys.insert(key.hash, index);
  index_bytes_ += keys.bytes();
  return row;
}

void RowTable::make_value(Row& row) {
  type_.make(row.value);
  row.flags = static_cast<std::uint16_t>(alive | fresh | asked_for | (row.flags & known));
  row.made = true;
  made_.push_back(&row);
  ++live_;
}

void RowTable::take_from_index(Row& row) {
  groups_[group_of(row.hash)].index.erase(row.hash, row.index);
}

void RowTable::drop_value(Row& row) {
  type_.destroy(row.value);
  heap_bytes_ -= row.heap;
  row.heap = 0;
}

// The row's memory is free; its value and its place in the index are gone.
void RowTable::free_row(Row& row) {
  if (row.key.size() > inline_key_bytes_) {
    heap_bytes_ -= row.key.size();
    delete[] row.key.data();
  }
  row.flags = 0;
  row.armed = kNeverDue;
  slabs_.give_back(row.index);
}

// The value is gone; what the backing still has must not come back.
void RowTable::bury(Row& row) {
  row.flags = alive | tombstone | known;
  row.made = false;
  row.armed = kNeverDue;
  tombstones_.emplace_back(row.serial, row.index);
}

void RowTable::changed(Entry& entry) {
  Row& row = static_cast<Row&>(entry);
  LEAT_DCHECK(in_memory(row));
  if ((row.flags & is_changed) != 0) return;
  row.flags |= is_changed;
  changed_.push_back(&row);
}

void RowTable::erase(Entry& entry) {
  Row& row = static_cast<Row&>(entry);
  LEAT_DCHECK(in_memory(row));
  if ((row.flags & known) != 0) {
    if (row.serial == serial_) delta_.discard(row.place);
    delta_.erase(record::key_group(row.hash), row.key);
    if (row.serial != serial_) noted_.push_back(row.index);
    row.serial = serial_;
    row.place = {};
  }
  row.flags = static_cast<std::uint16_t>((row.flags & ~is_large) | dead);
  row.armed = kNeverDue;
  --live_;
  dead_.push_back(row.index);
  if ((row.flags & known) == 0 || !can_spill()) take_from_index(row);
}

void RowTable::release_dead() {
  for (const std::uint32_t index : dead_) {
    Row& row = row_at(index);
    drop_value(row);
    if ((row.flags & known) != 0 && can_spill())
      bury(row);
    else
      free_row(row);
  }
  dead_.clear();
}

// Takes back what came to life in this batch and was not changed.
void RowTable::unmake() {
  for (Row* row : made_) {
    row->made = false;
    const std::uint16_t flags = row->flags;
    row->flags = static_cast<std::uint16_t>(flags & ~fresh);
    if ((flags & fresh) == 0 || (flags & is_changed) != 0 || !in_memory(*row)) continue;
    drop_value(*row);
    --live_;
    if ((flags & known) != 0 && can_spill()) {
      bury(*row);
      continue;
    }
    take_from_index(*row);
    free_row(*row);
  }
  made_.clear();
}

Status RowTable::end_batch() {
  thread_.check();
  unmake();
  constexpr std::size_t kAhead = 16;
  for (std::size_t i = 0; i < changed_.size(); ++i) {
    if (i + kAhead < changed_.size()) {
      const Row& next = *changed_[i + kAhead];
      if (next.serial == serial_ && next.place.chunk != Delta::Place::kNone) {
        __builtin_prefetch(delta_.address(next.place), 1);
        __builtin_prefetch(delta_.address(next.place) + RowSlabs::kAlignment, 1);
      }
    }
    if ((changed_[i]->flags & (is_changed | dead)) == is_changed) note(*changed_[i]);
  }
  changed_.clear();
  settle_due();
  if (can_spill() && bytes() > options_.memory_limit) spill_some();
  return {};
}

void RowTable::account(Row& row) {
  const std::size_t now = std::min<std::size_t>(type_.heap_bytes(row.value), 0xFFFFFFFF);
  heap_bytes_ += now;
  heap_bytes_ -= row.heap;
  row.heap = static_cast<std::uint32_t>(now);
}

// Writes a changed row into the open delta and arms it.
void RowTable::note(Row& row) {
  row.flags = static_cast<std::uint16_t>((row.flags & ~is_changed) | known);
  account(row);
  arm(row, type_.due(row.value));
  const bool again = row.serial == serial_;
  if ((row.flags & is_large) == 0) {
    scratch_.clear();
    if (row.heap <= 2 * kLargeValueBytes) type_.encode(row.value, scratch_);
    if (row.heap > 2 * kLargeValueBytes || scratch_.size() > kLargeValueBytes) {
      if (again) delta_.discard(row.place);
      row.place = {};
      row.flags |= is_large;
      large_.push_back(&row);
    } else if (!again || !delta_.overwrite(row.place, scratch_)) {
      const std::size_t spare = again ? scratch_.size() / 2 : 0;
      row.place = delta_.put(record::key_group(row.hash), row.key, scratch_,
                             static_cast<std::uint32_t>(spare));
    }
  }
  if (again) return;
  row.serial = serial_;
  noted_.push_back(row.index);
}

void RowTable::arm(Row& row, std::int64_t due) {
  // A later time waits for the earlier one that is armed: it is looked at then.
  if (due >= row.armed) return;
  row.armed = due;
  due_.push({due, row.index});
}

// Until the first item says when its row is due.
void RowTable::settle_due() {
  while (!due_.empty()) {
    const DueHeap::Item item = due_.top();
    Row& row = row_at(item.row);
    if (row.armed == item.time) {
      if ((row.flags & spilled) != 0) break;
      const std::int64_t due = type_.due(row.value);
      if (due <= item.time) break;
      row.armed = kNeverDue;
      due_.pop();
      arm(row, due);
      continue;
    }
    due_.pop();
  }
  if (due_.size() > 2 * slabs_.taken() + kHeapSlack)
    due_.filter([&](const DueHeap::Item& item) { return row_at(item.row).armed == item.time; });
}

Status RowTable::pop_due(std::int64_t up_to, std::int64_t& time, std::vector<Entry*>& out) {
  thread_.check();
  release_dead();
  out.clear();
  settle_due();
  while (out.empty() && !due_.empty() && due_.earliest() <= up_to) {
    time = due_.earliest();
    LEAT_RETURN_IF_ERROR(pop_time(time, out));
    settle_due();
  }
  return {};
}

Status RowTable::pop_time(std::int64_t time, std::vector<Entry*>& out) {
  std::vector<Row*> stubs;
  const auto take = [&](Row& row) {
    const std::int64_t due = type_.due(row.value);
    row.armed = kNeverDue;
    if (due > time)
      arm(row, due);
    else
      out.push_back(&row);
  };
  while (!due_.empty() && due_.earliest() == time && out.size() + stubs.size() < kDueMax) {
    Row& row = row_at(due_.top().row);
    due_.pop();
    if (row.armed != time) continue;
    if ((row.flags & spilled) == 0) {
      take(row);
      continue;
    }
    row.armed = kNeverDue;
    stubs.push_back(&row);
  }
  if (stubs.empty()) return {};
  LEAT_RETURN_IF_ERROR(load_stubs(stubs));
  for (Row* row : stubs) take(*row);
  return {};
}

void RowTable::set_mark(std::int64_t time_us) {
  if (time_us <= mark_) return;
  mark_ = time_us;
  mark_moved_ = true;
}

std::int64_t RowTable::mark(std::uint64_t hash) const noexcept {
  const std::uint32_t group = group_of(hash);
  LEAT_DCHECK(group < groups_.size());
  return std::max(mark_, groups_[group].mark);
}

std::int64_t RowTable::mark() const noexcept { return std::max(mark_, lowest_restored_mark_); }

Delta RowTable::take_delta(EpochId epoch) {
  thread_.check();
  LEAT_DCHECK(changed_.empty());
  for (Row* row : large_) {
    if ((row->flags & is_large) == 0) continue;
    row->flags = static_cast<std::uint16_t>(row->flags & ~is_large);
    scratch_.clear();
    type_.encode(row->value, scratch_);
    delta_.put(record::key_group(row->hash), row->key, scratch_);
  }
  large_.clear();
  for (std::size_t i = 0; mark_moved_ && i < groups_.size(); ++i)
    delta_.mark(options_.first_group + static_cast<std::uint32_t>(i),
                std::max(mark_, groups_[i].mark));
  mark_moved_ = false;
  pending_.push_back({serial_, epoch});
  ++serial_;
  noted_.clear();
  return std::exchange(delta_, Delta(options_.store));
}

void RowTable::committed(EpochId epoch) {
  const EpochId folded = options_.backing == nullptr ? epoch : options_.backing->epoch();
  while (!pending_.empty() && pending_.front().epoch <= epoch && pending_.front().epoch <= folded) {
    clean_serial_ = pending_.front().serial;
    pending_.pop_front();
  }
  while (!tombstones_.empty() && tombstones_.front().first <= clean_serial_) {
    const auto [serial, index] = tombstones_.front();
    tombstones_.pop_front();
    Row& row = row_at(index);
    if ((row.flags & tombstone) == 0 || row.serial != serial) continue;
    take_from_index(row);
    free_row(row);
  }
}

std::size_t RowTable::bytes() const noexcept {
  return slabs_.taken() * slabs_.row_bytes() + index_bytes_ + heap_bytes_ + due_.bytes() +
         delta_.bytes() + noted_.capacity() * sizeof(std::uint32_t);
}

}  // namespace leat::state
