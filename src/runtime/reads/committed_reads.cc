#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "record/key_hash.h"
#include "runtime/state_reads.h"

namespace leat::runtime {
namespace {

using state::Change;

// An object of the step's values in memory of its own.
class Held {
 public:
  explicit Held(const state::ValueType& type)
      : type_(type), memory_((type.inline_bytes() + 7) / 8) {}
  ~Held() {
    if (full_) type_.destroy(memory_.data());
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  Status decode(std::string_view bytes) {
    Status status = type_.decode(bytes, memory_.data());
    full_ = status.ok();
    return status;
  }
  const void* get() const noexcept { return memory_.data(); }

 private:
  const state::ValueType& type_;
  std::vector<std::uint64_t> memory_;
  bool full_ = false;
};

Result<StateRow> show(const plan::KeyedStep& step, std::string_view key, std::string_view value) {
  Held held(*step.type);
  LEAT_RETURN_IF_ERROR(held.decode(value));
  StateRow row{show_key(key, step.key_types), {}};
  step.show(held.get(), row.value);
  return row;
}

Status damaged() { return Status(Code::data_loss, "the changes of an epoch cannot be read"); }

// What is committed and not folded says of some keys.
class Waiting {
 public:
  struct Last {
    bool told = false;
    bool erased = false;
    std::string value;
  };
  explicit Waiting(const std::vector<StateKey>& keys) : keys_(keys), last_(keys.size()) {}

  // Newer changes come first; of those of one call the last one counts. False: all is told.
  bool look(std::string_view changes) {
    std::vector<Last> here(keys_.size());
    state::DeltaReader reader(changes);
    for (Change change; reader.next(change);) {
      if (change.kind == Change::Kind::mark) continue;
      for (std::size_t i = 0; i < keys_.size(); ++i)
        if (change.key == keys_[i].bytes)
          here[i] = {true, change.kind == Change::Kind::erase, std::string(change.value)};
    }
    sound_ &= reader.sound();
    for (std::size_t i = 0; i < keys_.size(); ++i)
      if (!last_[i].told) last_[i] = std::move(here[i]);
    return sound_ && !std::all_of(last_.begin(), last_.end(), [](const Last& l) { return l.told; });
  }
  bool sound() const noexcept { return sound_; }
  const Last& last(std::size_t key) const { return last_[key]; }

 private:
  const std::vector<StateKey>& keys_;
  std::vector<Last> last_;
  bool sound_ = true;
};

// The first keys of a range. What is told first of a key counts.
class FirstOfRange {
 public:
  explicit FirstOfRange(const KeyRange& range) : range_(range) {}

  // Keys from there on are no longer wanted.
  bool beyond(std::string_view key) const {
    return (range_.to && key >= *range_.to) ||
           (kept_.size() == range_.limit && key > std::prev(kept_.end())->first);
  }
  void put(std::string_view key, std::string_view value) {
    if (beyond(key) || erased_.contains(key)) return;
    kept_.emplace(key, value);
    if (kept_.size() > range_.limit) kept_.erase(std::prev(kept_.end()));
  }
  // Newer changes come first; of those of one call the last one counts.
  bool look(std::string_view changes) {
    std::vector<Change> wanted;
    state::DeltaReader reader(changes);
    for (Change change; reader.next(change);)
      if (change.kind != Change::Kind::mark && change.key >= range_.from && !beyond(change.key))
        wanted.push_back(change);
    for (auto change = wanted.rbegin(); change != wanted.rend(); ++change) {
      if (change->kind == Change::Kind::put)
        put(change->key, change->value);
      else if (!kept_.contains(change->key) && !beyond(change->key))
        erased_.emplace(change->key);
    }
    return sound_ = reader.sound();
  }
  bool sound() const noexcept { return sound_; }
  const auto& kept() const noexcept { return kept_; }

 private:
  const KeyRange& range_;
  std::map<std::string, std::string, std::less<>> kept_;
  std::set<std::string, std::less<>> erased_;
  bool sound_ = true;
};

}  // namespace

Result<std::optional<StateRow>> read_key(const StoreView& store,
                                         const std::vector<StateKey>& readings) {
  Waiting waiting(readings);
  LEAT_RETURN_IF_ERROR(store.store->pending(
      store.id, [&](std::string_view changes) { return waiting.look(changes); }));
  if (!waiting.sound()) return damaged();
  for (std::size_t i = 0; i < readings.size(); ++i) {
    const Waiting::Last& last = waiting.last(i);
    const state::Backing::Wanted wanted{readings[i].group(), readings[i].bytes};
    std::string value = last.value;
    bool found = last.told && !last.erased;
    if (!last.told)
      LEAT_RETURN_IF_ERROR(
          store.store->backing().get(store.id, {&wanted, 1}, {&value, 1}, {&found, 1}));
    if (!found) continue;
    Result<StateRow> row = show(*store.step, readings[i].bytes, value);
    if (!row.ok()) return std::move(row).status();
    return std::optional<StateRow>(*std::move(row));
  }
  return std::optional<StateRow>();
}

// Groups are ordered by themselves only: the smallest keys of all of them are kept.
Result<std::vector<StateRow>> read_range(const StoreView& store, const KeyRange& range) {
  FirstOfRange first(range);
  LEAT_RETURN_IF_ERROR(store.store->pending(
      store.id, [&](std::string_view changes) { return first.look(changes); }));
  if (!first.sound()) return damaged();
  for (std::uint32_t group = 0; group < record::kKeyGroups; ++group)
    LEAT_RETURN_IF_ERROR(store.store->backing().scan(
        store.id, group, range.from, [&](std::string_view key, std::string_view value) {
          if (first.beyond(key)) return false;
          first.put(key, value);
          return true;
        }));
  std::vector<StateRow> rows;
  for (const auto& [key, value] : first.kept()) {
    Result<StateRow> row = show(*store.step, key, value);
    if (!row.ok()) return std::move(row).status();
    rows.push_back(*std::move(row));
  }
  return rows;
}

}  // namespace leat::runtime
