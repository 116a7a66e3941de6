#include "state/stored_key.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>

namespace leat::state {
namespace {

// A change on its way: what it is sorted by first fits into two words.
struct Seen {
  std::uint64_t place;  // store and group
  std::uint64_t front;  // of the key, big endian
  std::string_view key;
  std::string_view value;
  std::uint32_t order;
  bool erased;
};

std::uint64_t front_of(std::string_view key) {
  char bytes[8] = {};
  std::memcpy(bytes, key.data(), std::min<std::size_t>(key.size(), 8));
  return __builtin_bswap64(std::bit_cast<std::uint64_t>(bytes));
}

bool before(const Seen& a, const Seen& b) {
  if (a.place != b.place) return a.place < b.place;
  if (a.front != b.front) return a.front < b.front;
  if (const int compared = a.key.compare(b.key); compared != 0) return compared < 0;
  return a.order < b.order;
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
  std::vector<Seen> seen;
  std::map<std::pair<StoreId, std::uint32_t>, std::int64_t> marks;
  for (const StoreChanges& one : changes) {
    DeltaReader reader(one.bytes);
    for (Change change; reader.next(change);) {
      if (change.kind == Change::Kind::mark) {
        marks[{one.store, change.group}] = change.time_us;
        continue;
      }
      const bool erased = change.kind == Change::Kind::erase;
      seen.push_back({std::uint64_t{one.store.value()} << 32 | change.group, front_of(change.key),
                      change.key, erased ? std::string_view() : change.value,
                      static_cast<std::uint32_t>(seen.size()), erased});
    }
    if (!reader.sound()) {
      return Status(Code::data_loss, "the changes of an epoch cannot be read")
          .with("store", std::to_string(one.store.value()));
    }
  }
  std::sort(seen.begin(), seen.end(), before);
  LastChanges last;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const Seen& one = seen[i];
    const bool last_of_key =
        i + 1 == seen.size() || seen[i + 1].place != one.place || seen[i + 1].key != one.key;
    if (!last_of_key) continue;
    last.keys.push_back({StoreId(static_cast<std::uint32_t>(one.place >> 32)),
                         static_cast<std::uint32_t>(one.place), one.key, one.value, one.erased});
  }
  for (const auto& [where, time] : marks) last.marks.push_back({where.first, where.second, time});
  return last;
}

}  // namespace leat::state
