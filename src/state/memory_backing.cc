#include "state/memory_backing.h"

#include <mutex>

#include "base/check.h"
#include "state/stored_key.h"

namespace leat::state {

EpochId MemoryBacking::epoch() const {
  const std::shared_lock lock(mutex_);
  return held_.epoch;
}

Status MemoryBacking::get(StoreId store, std::span<const Wanted> keys,
                          std::span<std::string> values, std::span<bool> found) const {
  const std::shared_lock lock(mutex_);
  std::string stored;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    stored.clear();
    append_stored_key(store, keys[i].group, keys[i].key, stored);
    const auto pair = held_.pairs.find(stored);
    found[i] = pair != held_.pairs.end();
    if (found[i]) values[i] = pair->second;
  }
  return {};
}

Status MemoryBacking::scan(StoreId store, std::uint32_t group, std::string_view from,
                           const Visit& visit) const {
  const std::shared_lock lock(mutex_);
  std::string stored;
  append_stored_key(store, group, from, stored);
  const std::string head = stored.substr(0, kStoredKeyHead);
  for (auto pair = held_.pairs.lower_bound(stored);
       pair != held_.pairs.end() && pair->first.starts_with(head); ++pair)
    if (!visit(std::string_view(pair->first).substr(kStoredKeyHead), pair->second)) break;
  return {};
}

Result<std::int64_t> MemoryBacking::mark(StoreId store, std::uint32_t group) const {
  const std::shared_lock lock(mutex_);
  const auto mark = held_.marks.find({store, group});
  return mark == held_.marks.end() ? kNoMark : mark->second;
}

Status MemoryBacking::apply(EpochId epoch, std::span<const StoreChanges> changes) {
  LastChanges last;
  LEAT_RETURN_IF_ERROR(last.take(changes));
  const std::unique_lock lock(mutex_);
  LEAT_CHECK(held_.epoch < epoch);
  last.give_keys([&](const LastChange& change) {
    std::string stored;
    append_stored_key(change.store, change.group, change.key, stored);
    if (change.erased)
      held_.pairs.erase(stored);
    else
      held_.pairs.insert_or_assign(std::move(stored), std::string(change.value));
    return true;
  });
  for (const LastMark& mark : last.marks()) held_.marks[{mark.store, mark.group}] = mark.time_us;
  held_.epoch = epoch;
  return {};
}

Status MemoryBacking::drop(StoreId store) {
  const std::unique_lock lock(mutex_);
  std::string first, beyond;
  append_stored_key(store, 0, {}, first);
  append_stored_key(StoreId(store.value() + 1), 0, {}, beyond);
  held_.pairs.erase(held_.pairs.lower_bound(first), held_.pairs.lower_bound(beyond));
  std::erase_if(held_.marks, [&](const auto& mark) { return mark.first.first == store; });
  return {};
}

std::uint64_t MemoryBacking::bytes() const {
  const std::shared_lock lock(mutex_);
  std::uint64_t bytes = 0;
  for (const auto& [key, value] : held_.pairs) bytes += key.size() + value.size();
  return bytes;
}

MemoryBacking::Contents MemoryBacking::contents() const {
  const std::shared_lock lock(mutex_);
  return held_;
}

void MemoryBacking::replace(Contents contents) {
  const std::unique_lock lock(mutex_);
  held_ = std::move(contents);
}

}  // namespace leat::state
