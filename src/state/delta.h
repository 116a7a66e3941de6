#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace leat::state {

// One keyed step of a pipeline; given out by the store, the same as long as its state is kept.
using StoreId = base::Id<struct StoreTag, std::uint32_t>;

// No time was noted for a group.
inline constexpr std::int64_t kNoMark = std::numeric_limits<std::int64_t>::min();

// What one slice of one step changed in an epoch: the last value of every key, as bytes. A value;
// made by the task, read by the checkpoint thread.
//
// Its records stand in chunks, so that it grows without being copied; no record spans two chunks.
class Delta {
 public:
  // Where a value lies that may still be written over.
  struct Place {
    static constexpr std::uint32_t kNone = 0xFFFFFFFF;
    std::uint32_t chunk = kNone;
    std::uint32_t offset = 0;
  };

  explicit Delta(StoreId store) : store_(store) {}

  // Requires: `group` < 65536, keys and values below 4 GiB. `spare` more bytes are set aside for a
  // value that grows (of values below 64 KiB). Values that cannot be written over have no place.
  Place put(std::uint32_t group, std::string_view key, std::string_view value,
            std::uint32_t spare = 0);
  // Replaces the value. False: it does not fit there, and the old record counts no longer.
  bool overwrite(Place place, std::string_view value);
  // The record there counts no longer.
  void discard(Place place);
  void erase(std::uint32_t group, std::string_view key);
  // How far the operator's time is for the group.
  void mark(std::uint32_t group, std::int64_t time_us);

  StoreId store() const noexcept { return store_; }
  bool empty() const noexcept { return chunks_.empty(); }
  std::size_t bytes() const noexcept { return bytes_; }
  // Put one behind the other they are the form on disk, which DeltaReader reads.
  const std::vector<std::string>& chunks() const noexcept { return chunks_; }
  // The memory of a place, to be prefetched.
  const char* address(Place place) const noexcept {
    return chunks_[place.chunk].data() + place.offset;
  }

 private:
  char* append(std::size_t bytes);

  StoreId store_;
  std::size_t bytes_ = 0;
  std::vector<std::string> chunks_;
};

// One record of a Delta; texts are borrowed from its bytes.
struct Change {
  enum class Kind : std::uint8_t { put, erase, mark } kind = Kind::put;
  std::uint32_t group = 0;
  std::string_view key;
  std::string_view value;    // put
  std::int64_t time_us = 0;  // mark
};

// Reads the records of a Delta one after the other; a later one of the same key replaces an earlier.
class DeltaReader {
 public:
  explicit DeltaReader(std::string_view bytes) : rest_(bytes) {}
  // False at the end, or where the bytes are no delta.
  bool next(Change& change);
  // False when next() stopped because the bytes are damaged.
  bool sound() const noexcept { return sound_; }

 private:
  bool read_put(Change& change, bool wide);
  bool take(std::size_t bytes, std::string_view& out);
  bool broken() {
    sound_ = false;
    return false;
  }

  std::string_view rest_;
  bool sound_ = true;
};

}  // namespace leat::state
