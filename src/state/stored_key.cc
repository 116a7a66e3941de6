#include "state/stored_key.h"

#include <algorithm>
#include <bit>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/mutant.h"

namespace leat::state {
namespace {

constexpr std::uint32_t kNone = 0xFFFFFFFF;
// Memory of items is fetched that many before they are looked at.
constexpr std::size_t kAhead = 16;
constexpr std::size_t kLine = 64;

// The first bytes of a text as a number of the same order.
std::uint64_t front_of(std::string_view key) noexcept {
  char bytes[8] = {};
  if (!key.empty()) std::memcpy(bytes, key.data(), std::min<std::size_t>(key.size(), 8));
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return __builtin_bswap64(word);
}

// Of a key and what stands behind it.
void fetch(const char* key, std::size_t bytes) noexcept {
  __builtin_prefetch(key);
  if (bytes > 0) __builtin_prefetch(key + std::min(bytes - 1, kLine));
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

Status LastChanges::take(std::span<const StoreChanges> changes) {
  for (const StoreChanges& one : changes) LEAT_RETURN_IF_ERROR(take(one));
  return {};
}

Status LastChanges::take(const StoreChanges& changes) {
  std::vector<std::vector<Item>*> groups;
  const auto items_of = [&](std::uint32_t group) -> std::vector<Item>& {
    if (group >= groups.size()) groups.resize(group + 1);
    if (groups[group] == nullptr) groups[group] = &items_[{changes.store, group}];
    return *groups[group];
  };
  DeltaReader reader(changes.bytes);
  for (Change change; reader.next(change);) {
    if (change.kind == Change::Kind::mark) {
      marks_[{changes.store, change.group}] = change.time_us;
      continue;
    }
    const auto hash = static_cast<std::uint32_t>(XXH3_64bits(change.key.data(), change.key.size()));
    items_of(change.group)
        .push_back({change.key.data(), static_cast<std::uint32_t>(change.key.size()),
                    static_cast<std::uint32_t>(change.value.size()), hash,
                    change.kind == Change::Kind::erase});
  }
  if (reader.sound()) return {};
  return Status(Code::data_loss, "the changes of an epoch cannot be read")
      .with("store", std::to_string(changes.store.value()));
}

std::vector<LastMark> LastChanges::marks() const {
  std::vector<LastMark> marks;
  for (const auto& [place, time] : marks_) marks.push_back({place.first, place.second, time});
  return marks;
}

// The newest first: who comes later is older.
void LastChanges::keep_last(const std::vector<Item>& items) {
  const std::size_t size = std::bit_ceil(items.size() * 2);
  const std::size_t mask = size - 1;
  slots_.assign(size, kNone);
  kept_.clear();
  for (std::size_t left = items.size(); left-- > 0;) {
    if (left >= kAhead) {
      const Item& ahead = items[left - kAhead];
      fetch(ahead.key, std::size_t{ahead.key_bytes} + ahead.value_bytes);
    }
    const Item& item = items[left];
    std::size_t at = item.hash & mask;
    for (; slots_[at] != kNone; at = (at + 1) & mask) {
      const Item& newer = *kept_[slots_[at]].item;
      if (newer.hash == item.hash && newer.text() == item.text()) break;
    }
    if (slots_[at] != kNone) continue;
    slots_[at] = static_cast<std::uint32_t>(kept_.size());
    kept_.push_back({0, &item});
  }
}

// What all keys begin with says nothing about their order; the 8 bytes behind it mostly say all.
void LastChanges::sort_kept() {
  const std::string_view first = kept_.front().item->text();
  std::size_t shared = first.size();
  for (const Front& one : kept_) {
    const std::string_view key = one.item->text();
    shared = std::min(shared, key.size());
    if (std::memcmp(key.data(), first.data(), shared) == 0) continue;
    std::size_t same = 0;
    while (key[same] == first[same]) ++same;
    shared = same;
  }
  for (Front& one : kept_) one.bytes = front_of(one.item->text().substr(shared));
  std::sort(kept_.begin(), kept_.end(), [](const Front& a, const Front& b) {
    return a.bytes != b.bytes ? a.bytes < b.bytes : a.item->text() < b.item->text();
  });
}

bool LastChanges::give_group(const Place& place,
                             const std::function<bool(const LastChange&)>& put) const {
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    if (i + kAhead < kept_.size()) {
      const Item& ahead = *kept_[i + kAhead].item;
      fetch(ahead.key, std::size_t{ahead.key_bytes} + ahead.value_bytes);
    }
    const Item& item = *kept_[i].item;
    if (item.erased && base::is_planted(base::Mutant::erasures_lost)) continue;
    if (!put({place.first, place.second, item.text(), item.value(), item.erased})) return false;
  }
  return true;
}

void LastChanges::give_keys(const std::function<bool(const LastChange&)>& put) {
  while (!items_.empty()) {
    const auto group = items_.extract(items_.begin());
    keep_last(group.mapped());
    if (kept_.empty()) continue;
    sort_kept();
    if (!give_group(group.key(), put)) return;
  }
}

}  // namespace leat::state
