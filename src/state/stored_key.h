#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "state/backing.h"

namespace leat::state {

// Where a backing keeps a key: store (4 bytes) and group (2), big endian, then the key, so that groups
// lie together and keys in their order. Store 0 is nobody's: the backing's own notes lie there.
void append_stored_key(StoreId store, std::uint32_t group, std::string_view key, std::string& out);
inline constexpr std::size_t kStoredKeyHead = 6;

// The last change of one key among several epochs; texts are borrowed from the changes' bytes.
struct LastChange {
  StoreId store;
  std::uint32_t group = 0;
  std::string_view key;
  std::string_view value;
  bool erased = false;
};
struct LastMark {
  StoreId store;
  std::uint32_t group = 0;
  std::int64_t time_us = kNoMark;
};

// What remains of changes when each key's and each group's last one counts. A group at a time, so that
// what is looked at again and again stays near the processor. Borrows the changes' bytes.
class LastChanges {
 public:
  // data_loss: the bytes are no deltas.
  Status take(std::span<const StoreChanges> changes);
  std::vector<LastMark> marks() const;
  // Once: gives the keys in the order they are stored, until `put` says false.
  void give_keys(const std::function<bool(const LastChange&)>& put);

 private:
  using Place = std::pair<StoreId, std::uint32_t>;
  // A put or an erase; in a delta the value stands behind the key.
  struct Item {
    const char* key = nullptr;
    std::uint32_t key_bytes = 0;
    std::uint32_t value_bytes = 0;
    std::uint32_t hash = 0;
    bool erased = false;

    std::string_view text() const noexcept { return {key, key_bytes}; }
    std::string_view value() const noexcept { return {key + key_bytes, value_bytes}; }
  };
  // A key that is kept, and the bytes by which it is sorted.
  struct Front {
    std::uint64_t bytes = 0;
    const Item* item = nullptr;
  };

  Status take(const StoreChanges& changes);
  void keep_last(const std::vector<Item>& items);
  void sort_kept();
  bool give_group(const Place& place, const std::function<bool(const LastChange&)>& put) const;

  std::map<Place, std::vector<Item>> items_;  // of each group, in the order they were made
  std::map<Place, std::int64_t> marks_;
  // Of the group at hand.
  std::vector<Front> kept_;
  std::vector<std::uint32_t> slots_;
};

}  // namespace leat::state
