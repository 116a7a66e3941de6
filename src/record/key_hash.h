#pragma once

#include <cstdint>
#include <string_view>

#include "base/ids.h"
#include "record/value.h"

namespace leat::record {

// The hash Kafka's Java client partitions by (org.apache.kafka.common.utils.Utils.murmur2).
std::uint32_t murmur2(std::string_view key) noexcept;
// The partition the Java client's default partitioner picks for a key: toPositive(murmur2(key)) %
// partitions.
PartitionId java_partition(std::string_view key, std::int32_t partitions) noexcept;

// Mixes the canonical form of a value into a hash: 1 and 1.0 are one key, 1 and "1" are two, -0.0 =
// 0.0.
std::uint64_t mix_key(std::uint64_t hash, const Value& value) noexcept;

// The slice of `slices` that owns a key hash: by key group, so that it moves with the groups.
inline constexpr std::uint32_t kKeyGroups = 128;
constexpr std::uint32_t key_group(std::uint64_t hash) noexcept {
  return static_cast<std::uint32_t>(hash >> 40) % kKeyGroups;
}
constexpr SliceId slice_of_group(std::uint32_t group, std::uint32_t slices,
                                 std::uint32_t groups = kKeyGroups) noexcept {
  return SliceId(static_cast<std::uint32_t>(std::uint64_t{group} * slices / groups));
}

}  // namespace leat::record
