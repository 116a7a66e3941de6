#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
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

// What remains of changes when each key's and each group's last one counts: keys in the order they
// are stored. data_loss when the bytes are no deltas.
struct LastChanges {
  std::vector<LastChange> keys;
  std::vector<LastMark> marks;
};
Result<LastChanges> last_changes(std::span<const StoreChanges> changes);

}  // namespace leat::state
