// What a RowTable reads from its backing, and what leaves memory for it.
#include <algorithm>
#include <utility>

#include "base/mutant.h"
#include "record/key_hash.h"
#include "state/key_codec.h"
#include "state/row_table.h"

namespace leat::state {
namespace {

// Rows that one batch looks at to find some that may leave memory.
constexpr std::size_t kSpillLooksMax = 4096;

}  // namespace

Status RowTable::damaged(std::string_view what, std::uint32_t group) const {
  return Status(Code::data_loss, std::string(what))
      .with("store", std::to_string(options_.store.value()))
      .with("group", std::to_string(options_.first_group + group));
}

Status RowTable::key_of(std::uint32_t group, std::string_view bytes, Key& key) const {
  key.bytes = bytes;
  if (!hash_key(bytes, key.hash)) return damaged("a stored key cannot be read", group);
  if (group_of(key.hash) != group) return damaged("a stored key lies in a wrong group", group);
  return {};
}

Status RowTable::restore() {
  if (options_.backing == nullptr) return {};
  const std::uint32_t step = base::is_planted(base::Mutant::keys_forgotten_at_restore) ? 2 : 1;
  for (std::uint32_t group = 0; group < groups_.size(); group += step)
    LEAT_RETURN_IF_ERROR(restore_group(group));
  if (base::is_planted(base::Mutant::group_restored_twice))
    for (std::uint32_t group = 0; group < groups_.size(); group += 2)
      LEAT_RETURN_IF_ERROR(restore_group(group));
  lowest_restored_mark_ = groups_.empty() ? kNoMark : groups_.front().mark;
  for (const Group& group : groups_)
    lowest_restored_mark_ = std::min(lowest_restored_mark_, group.mark);
  if (base::is_planted(base::Mutant::timers_lost_at_restore)) due_ = {};
  settle_due();
  return {};
}

Status RowTable::restore_group(std::uint32_t group) {
  const std::uint32_t number = options_.first_group + group;
  const Result<std::int64_t> mark = options_.backing->mark(options_.store, number);
  if (!mark.ok()) return mark.status();
  groups_[group].mark = *mark;
  Status pair;
  LEAT_RETURN_IF_ERROR(options_.backing->scan(options_.store, number, {},
                                              [&](std::string_view key, std::string_view value) {
                                                pair = restore_pair(group, key, value);
                                                return pair.ok();
                                              }));
  return pair;
}

Status RowTable::restore_pair(std::uint32_t group, std::string_view bytes, std::string_view value) {
  Key key;
  LEAT_RETURN_IF_ERROR(key_of(group, bytes, key));
  Row& row = add_row(key);
  LEAT_RETURN_IF_ERROR(decode_into(row, value));
  if (can_spill() && this->bytes() > options_.memory_limit) spill(row);
  return {};
}

// The row has the value; without one it is gone when that cannot be read.
Status RowTable::decode_into(Row& row, std::string_view value) {
  const Status decoded = type_.decode(value, row.value);
  if (!decoded.ok()) {
    const std::uint32_t group = group_of(row.hash);
    if ((row.flags & spilled) == 0) {
      take_from_index(row);
      free_row(row);
    }
    return damaged("a stored value cannot be read: " + decoded.message(), group);
  }
  row.flags = alive | known | asked_for;
  ++live_;
  account(row);
  arm(row, type_.due(row.value));
  return {};
}

Status RowTable::read_wanted() {
  const std::size_t count = wanted_.size();
  if (values_.size() < count) values_.resize(count);
  if (found_size_ < count) {
    found_ = std::make_unique<bool[]>(count);
    found_size_ = count;
  }
  return options_.backing->get(options_.store, wanted_, {values_.data(), count},
                               {found_.get(), count});
}

Status RowTable::load_missing(std::span<const Key> keys, bool make, std::span<Entry*> out) {
  wanted_.clear();
  for (const std::size_t position : missing_)
    wanted_.push_back({record::key_group(keys[position].hash), keys[position].bytes});
  LEAT_RETURN_IF_ERROR(read_wanted());
  for (std::size_t i = 0; i < missing_.size(); ++i)
    LEAT_RETURN_IF_ERROR(load_one(keys[missing_[i]], i, make, out[missing_[i]]));
  return {};
}

// `asked` is the key's place among what was read.
Status RowTable::load_one(const Key& key, std::size_t asked, bool make, Entry*& out) {
  Group& group = groups_[group_of(key.hash)];
  Row* row = lookup(group, key);
  if (row == nullptr && found_[asked]) {
    LEAT_CHECK(group.on_disk > 0);
    row = &add_row(key);
    LEAT_RETURN_IF_ERROR(decode_into(*row, values_[asked]));
    --group.on_disk;
    --on_disk_;
  } else if (row != nullptr && (row->flags & spilled) != 0) {
    if (!found_[asked]) return damaged("a stored key is gone", group_of(key.hash));
    LEAT_RETURN_IF_ERROR(decode_into(*row, values_[asked]));
    --on_disk_;
  } else if (row == nullptr) {
    if (make) make_value(*(row = &add_row(key)));
  }
  out = row;
  return {};
}

// Requires: the rows are spilled.
Status RowTable::load_stubs(std::span<Row* const> rows) {
  wanted_.clear();
  for (const Row* row : rows) wanted_.push_back({record::key_group(row->hash), row->key});
  LEAT_RETURN_IF_ERROR(read_wanted());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Entry* loaded = nullptr;
    LEAT_RETURN_IF_ERROR(load_one({rows[i]->hash, rows[i]->key}, i, false, loaded));
  }
  return {};
}

void RowTable::spill_some() {
  const std::uint32_t rows = slabs_.high_water();
  const std::size_t looks = std::min<std::size_t>(kSpillLooksMax, 2 * std::size_t{rows});
  for (std::size_t i = 0; i < looks && bytes() > options_.memory_limit; ++i) {
    if (spill_hand_ >= rows) spill_hand_ = 0;
    Row& row = row_at(spill_hand_++);
    if (!in_memory(row) || !clean(row) || (row.flags & (is_changed | is_large | fresh)) != 0)
      continue;
    if ((row.flags & asked_for) != 0)
      row.flags = static_cast<std::uint16_t>(row.flags & ~asked_for);
    else
      spill(row);
  }
}

void RowTable::spill(Row& row) {
  ++spilled_;
  const std::int64_t due = type_.due(row.value);
  drop_value(row);
  --live_;
  ++on_disk_;
  if (due == kNeverDue) {
    ++groups_[group_of(row.hash)].on_disk;
    take_from_index(row);
    free_row(row);
    return;
  }
  row.flags = alive | spilled | known;
  if (row.armed == due) return;
  row.armed = due;
  due_.push({due, row.index});
}

Status RowTable::look_at(std::uint32_t group, std::string_view bytes, std::string_view value,
                         const DiskVisit& visit, bool& more) {
  Key key;
  LEAT_RETURN_IF_ERROR(key_of(group, bytes, key));
  const Row* row = lookup(groups_[group], key);
  if (row != nullptr && (row->flags & spilled) == 0) return {};
  if (visitor_ == nullptr) visitor_ = std::make_unique<std::uint64_t[]>(value_bytes_ / 8 + 1);
  const Status decoded = type_.decode(value, visitor_.get());
  if (!decoded.ok()) return damaged("a stored value cannot be read: " + decoded.message(), group);
  Entry entry;
  entry.hash = key.hash;
  entry.key = bytes;
  entry.value = visitor_.get();
  more = visit(entry);
  type_.destroy(visitor_.get());
  return {};
}

// The keys of one group whose values are not in memory, until `visit` says false.
Status RowTable::scan_disk(std::uint32_t group, std::string_view from, const DiskVisit& visit) {
  Status pair;
  bool more = true;
  LEAT_RETURN_IF_ERROR(options_.backing->scan(options_.store, options_.first_group + group, from,
                                              [&](std::string_view key, std::string_view value) {
                                                pair = look_at(group, key, value, visit, more);
                                                return pair.ok() && more;
                                              }));
  return pair;
}

void RowTable::visit_changed(const std::function<void(const Entry&)>& visit) {
  for (const std::uint32_t index : noted_) {
    Row& row = row_at(index);
    if (!in_memory(row) || row.serial != serial_ || (row.flags & visited) != 0) continue;
    row.flags |= visited;
    visit(row);
  }
  for (const std::uint32_t index : noted_)
    row_at(index).flags = static_cast<std::uint16_t>(row_at(index).flags & ~visited);
}

Status RowTable::visit(Which which, const std::function<void(const Entry&)>& visit) {
  if (which == Which::changed) {
    visit_changed(visit);
    return {};
  }
  for (std::uint32_t i = 0; i < slabs_.high_water(); ++i)
    if (in_memory(row_at(i))) visit(row_at(i));
  for (std::uint32_t group = 0; on_disk_ > 0 && group < groups_.size(); ++group) {
    LEAT_RETURN_IF_ERROR(scan_disk(group, {}, [&](const Entry& entry) {
      visit(entry);
      return true;
    }));
  }
  return {};
}

// Rows in memory first, then the backing's keys, also those with rows: a value that changes places
// meanwhile is there in one of the two passes.
Status RowTable::walk(Walk& walk, std::size_t looks,
                      const std::function<void(const Entry&)>& visit) {
  thread_.check();
  if (!std::exchange(walk.begun, true)) {
    walk.on_disk = on_disk_ > 0;
    walk.spilled = spilled_;
    walk.next = walk.from;
  }
  if (walk.rows_done) return walk_disk(walk, looks, visit);
  for (; looks > 0 && walk.at < slabs_.high_water(); --looks) {
    const Row& row = row_at(walk.at++);
    if (in_memory(row) && row.key >= walk.from && !(walk.to && row.key >= *walk.to)) visit(row);
  }
  if (walk.at < slabs_.high_water()) return {};
  walk.rows_done = true;
  walk.at = 0;
  walk.done = !walk.on_disk && walk.spilled == spilled_;
  return {};
}

Status RowTable::walk_disk(Walk& walk, std::size_t looks,
                           const std::function<void(const Entry&)>& visit) {
  while (looks > 0 && walk.at < groups_.size()) {
    const std::uint32_t group = walk.at;
    Status pair;
    bool more = true;
    LEAT_RETURN_IF_ERROR(options_.backing->scan(options_.store, options_.first_group + group,
                                                walk.next,
                                                [&](std::string_view key, std::string_view value) {
                                                  if (walk.to && key >= *walk.to) return false;
                                                  if (looks == 0) {
                                                    walk.next.assign(key);
                                                    return more = false;
                                                  }
                                                  --looks;
                                                  pair = walk_pair(group, key, value, visit);
                                                  return pair.ok();
                                                }));
    LEAT_RETURN_IF_ERROR(std::move(pair));
    if (!more) return {};
    ++walk.at;
    walk.next = walk.from;
    if (looks > 0) --looks;
  }
  walk.done = walk.at == groups_.size();
  return {};
}

Status RowTable::walk_pair(std::uint32_t group, std::string_view bytes, std::string_view value,
                           const std::function<void(const Entry&)>& visit) {
  Key key;
  LEAT_RETURN_IF_ERROR(key_of(group, bytes, key));
  const Row* row = lookup(groups_[group], key);
  if (row != nullptr && in_memory(*row)) {
    visit(*row);
    return {};
  }
  bool more = true;
  return look_at(
      group, bytes, value,
      [&](const Entry& entry) {
        visit(entry);
        return true;
      },
      more);
}

Status RowTable::sweep(std::size_t count, const std::function<bool(const Entry&)>& keep) {
  if (sweeping_disk_) return sweep_disk(count, keep);
  for (std::size_t i = 0; i < count && sweep_hand_ < slabs_.high_water(); ++i) {
    Row& row = row_at(sweep_hand_++);
    if (in_memory(row) && !keep(row)) erase(row);
  }
  if (sweep_hand_ < slabs_.high_water()) return {};
  sweep_hand_ = 0;
  sweeping_disk_ = on_disk_ > 0;
  return {};
}

Status RowTable::sweep_disk(std::size_t count, const std::function<bool(const Entry&)>& keep) {
  std::vector<std::pair<std::uint64_t, std::string>> doomed;
  std::size_t looks = 0;
  while (looks < count && sweep_group_ < groups_.size()) {
    bool whole = true;
    LEAT_RETURN_IF_ERROR(scan_disk(sweep_group_, sweep_from_, [&](const Entry& entry) {
      if (!keep(entry)) doomed.emplace_back(entry.hash, entry.key);
      sweep_from_.assign(entry.key);
      sweep_from_.push_back('\0');
      whole = ++looks < count;
      return whole;
    }));
    if (!whole) break;
    ++sweep_group_;
    sweep_from_.clear();
    ++looks;
  }
  if (sweep_group_ >= groups_.size()) {
    sweep_group_ = 0;
    sweeping_disk_ = false;
  }
  for (const auto& [hash, key] : doomed) {
    const Key one{hash, key};
    Entry* entry = nullptr;
    LEAT_RETURN_IF_ERROR(find({&one, 1}, false, {&entry, 1}));
    if (entry != nullptr) erase(*entry);
  }
  return {};
}

Result<std::unique_ptr<Table>> make_table(const Table::Options& options) {
  auto table = std::make_unique<RowTable>(options);
  LEAT_RETURN_IF_ERROR(table->restore());
  return std::unique_ptr<Table>(std::move(table));
}

}  // namespace leat::state
