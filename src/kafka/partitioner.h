#pragma once

#include <cstdint>
#include <string_view>

#include "record/key_hash.h"

namespace leat::kafka {

// Chooses partitions as Java's default partitioner does: murmur2 of the key, so that topics stay
// co-partitioned; rows without a key stay on one partition until kStickyBytes went there.
// Thread-confined.
class Partitioner {
 public:
  static constexpr std::size_t kStickyBytes = 16 * 1024;

  explicit Partitioner(std::uint32_t seed) : state_(seed * 2654435761u + 1) {}

  // Requires: partitions > 0.
  std::int32_t choose(std::string_view key, bool null_key, std::size_t bytes,
                      std::int32_t partitions) noexcept {
    if (!null_key) return record::java_partition(key, partitions).value();
    if (sticky_ < 0 || sticky_ >= partitions || sticky_bytes_ >= kStickyBytes) move_on(partitions);
    sticky_bytes_ += bytes;
    return sticky_;
  }

 private:
  // Another partition than before where there is one.
  void move_on(std::int32_t partitions) noexcept {
    state_ = state_ * 1664525u + 1013904223u;
    const auto others = static_cast<std::uint32_t>(partitions);
    auto next = static_cast<std::int32_t>((state_ >> 8) % others);
    if (next == sticky_) next = (next + 1) % partitions;
    sticky_ = next;
    sticky_bytes_ = 0;
  }

  std::uint32_t state_;
  std::int32_t sticky_ = -1;
  std::size_t sticky_bytes_ = 0;
};

}  // namespace leat::kafka
