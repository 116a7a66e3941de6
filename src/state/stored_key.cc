#include "state/stored_key.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/mutant.h"

namespace leat::state {
namespace {

constexpr std::uint32_t kNone = 0xFFFFFFFF;
constexpr std::size_t kRound = 64;

std::uint64_t place_of(const LastChange& change) {
  return std::uint64_t{change.store.value()} << 32 | change.group;
}

std::uint64_t front_of(std::string_view key) {
  char bytes[8] = {};
  if (!key.empty()) std::memcpy(bytes, key.data(), std::min<std::size_t>(key.size(), 8));
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return __builtin_bswap64(word);
}

// The last change of each key: changes are put in, in rounds, so that memory is fetched for many at
// once.
class LastOfEach {
 public:
  void put(const LastChange& change) {
    round_[filled_++] = change;
    if (filled_ == kRound) settle();
  }
  std::vector<LastChange> take() {
    settle();
    return std::move(changes_);
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t change = kNone;
  };

  void settle() {
    while ((changes_.size() + filled_) * 4 > slots_.size() * 3) grow();
    std::array<std::uint64_t, kRound> hashes;
    for (std::size_t i = 0; i < filled_; ++i) {
      const std::string_view key = round_[i].key;
      hashes[i] = XXH3_64bits_withSeed(key.data(), key.size(), place_of(round_[i]));
      __builtin_prefetch(&slots_[hashes[i] & mask_]);
    }
    for (std::size_t i = 0; i < filled_; ++i) {
      const Slot& slot = slots_[hashes[i] & mask_];
      if (slot.change != kNone) __builtin_prefetch(&changes_[slot.change]);
    }
    for (std::size_t i = 0; i < filled_; ++i) {
      const Slot& slot = slots_[hashes[i] & mask_];
      if (slot.change != kNone && slot.hash == hashes[i])
        __builtin_prefetch(changes_[slot.change].key.data());
    }
    for (std::size_t i = 0; i < filled_; ++i) settle(round_[i], hashes[i]);
    filled_ = 0;
  }

  void settle(const LastChange& change, std::uint64_t hash) {
    std::uint64_t at = hash & mask_;
    for (; slots_[at].change != kNone; at = (at + 1) & mask_) {
      if (slots_[at].hash != hash) continue;
      LastChange& known = changes_[slots_[at].change];
      if (known.key != change.key || place_of(known) != place_of(change)) continue;
      known = change;
      return;
    }
    slots_[at] = {hash, static_cast<std::uint32_t>(changes_.size())};
    changes_.push_back(change);
  }

  void grow() {
    std::vector<Slot> old = std::move(slots_);
    slots_ = std::vector<Slot>(std::max<std::size_t>(old.size() * 2, 2 * kRound));
    mask_ = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.change == kNone) continue;
      std::uint64_t at = slot.hash & mask_;
      while (slots_[at].change != kNone) at = (at + 1) & mask_;
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::uint64_t mask_ = 0;
  std::vector<LastChange> changes_;
  std::array<LastChange, kRound> round_;
  std::size_t filled_ = 0;
};

// Sorts one group's changes by key. What all keys begin with says nothing about their order; the 8
// bytes behind it mostly say all.
void sort_group(std::span<LastChange> group) {
  std::size_t shared = group.front().key.size();
  for (const LastChange& change : group) {
    shared = std::min(shared, change.key.size());
    const auto differs =
        std::mismatch(change.key.begin(), change.key.begin() + static_cast<std::ptrdiff_t>(shared),
                      group.front().key.begin());
    shared = static_cast<std::size_t>(differs.first - change.key.begin());
  }
  struct Place {
    std::uint64_t front;
    std::uint32_t change;
  };
  std::vector<Place> places;
  for (std::uint32_t i = 0; i < group.size(); ++i)
    places.push_back({front_of(group[i].key.substr(shared)), i});
  std::sort(places.begin(), places.end(), [&](const Place& a, const Place& b) {
    return a.front != b.front ? a.front < b.front : group[a.change].key < group[b.change].key;
  });
  std::vector<LastChange> sorted;
  sorted.reserve(group.size());
  for (const Place& place : places) sorted.push_back(group[place.change]);
  std::copy(sorted.begin(), sorted.end(), group.begin());
}

// Groups in their order, and in each the keys.
std::vector<LastChange> in_order(const std::vector<LastChange>& changes) {
  std::map<std::uint64_t, std::size_t> groups;  // how many; then where the next one goes
  for (const LastChange& change : changes) ++groups[place_of(change)];
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  std::size_t at = 0;
  for (auto& [place, count] : groups) {
    ranges.emplace_back(at, count);
    at += std::exchange(count, at);
  }
  std::vector<LastChange> sorted(changes.size());
  for (const LastChange& change : changes) sorted[groups[place_of(change)]++] = change;
  for (const auto& [begin, count] : ranges) sort_group({sorted.data() + begin, count});
  return sorted;
}

}  // namespace

void append_stored_key(StoreId store, std::uint32_t group, std::string_view key, std::string& out) {
  const std::uint32_t number = store.value();
  const char head[kStoredKeyHead] = {
      static_cast<char>(number >> 24), static_cast<char>(number >> 16),
      static_cast<char>(number >> 8),  static_cast<char>(number),
      static_cast<char>(group >> 8),   static_cast<char>(group)};
  out.append(head, kStoredKeyHead);
  out.append(key);
}

Result<LastChanges> last_changes(std::span<const StoreChanges> changes) {
  LastOfEach last_of_each;
  std::map<std::pair<StoreId, std::uint32_t>, std::int64_t> marks;
  for (const StoreChanges& one : changes) {
    DeltaReader reader(one.bytes);
    for (Change change; reader.next(change);) {
      if (change.kind == Change::Kind::mark)
        marks[{one.store, change.group}] = change.time_us;
      else
        last_of_each.put({one.store, change.group, change.key, change.value,
                          change.kind == Change::Kind::erase});
    }
    if (!reader.sound()) {
      return Status(Code::data_loss, "the changes of an epoch cannot be read")
          .with("store", std::to_string(one.store.value()));
    }
  }
  LastChanges last;
  last.keys = in_order(last_of_each.take());
  if (base::is_planted(base::Mutant::erasures_lost))
    std::erase_if(last.keys, [](const LastChange& change) { return change.erased; });
  for (const auto& [where, time] : marks) last.marks.push_back({where.first, where.second, time});
  return last;
}

}  // namespace leat::state
