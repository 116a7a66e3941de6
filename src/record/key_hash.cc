#include "record/key_hash.h"

#include <cmath>
#include <cstring>

namespace leat::record {
namespace {

constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15ULL;

std::uint64_t finish(std::uint64_t x) noexcept {
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9ULL;
  x ^= x >> 27;
  x *= 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) noexcept {
  return finish((hash + kMix) ^ word);
}

std::uint64_t mix_text(std::uint64_t hash, std::string_view text) noexcept {
  hash = mix(hash, text.size());
  while (text.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data(), 8);
    hash = mix(hash, word);
    text.remove_prefix(8);
  }
  std::uint64_t rest = 0;
  if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
  return mix(hash, rest);
}

// A time without nanoseconds hashes as it did when there were none.
std::uint64_t mix_time(std::uint64_t hash, std::uint64_t kind, const Value& value) noexcept {
  return mix(hash, kind | static_cast<std::uint64_t>(value.as_nanos()) << 8);
}

std::uint64_t mix_number(std::uint64_t hash, double number) noexcept {
  // An integral double hashes as the int it equals.
  if (number >= -9223372036854775808.0 && number < 9223372036854775808.0 &&
      std::trunc(number) == number)
    return mix(mix(hash, 2), static_cast<std::uint64_t>(static_cast<std::int64_t>(number)));
  std::uint64_t word;
  std::memcpy(&word, &number, 8);
  return mix(mix(hash, 3), word);
}

}  // namespace

std::uint32_t murmur2(std::string_view key) noexcept {
  constexpr std::uint32_t kSeed = 0x9747b28c;
  constexpr std::uint32_t kM = 0x5bd1e995;
  const std::size_t length = key.size();
  const auto* data = reinterpret_cast<const unsigned char*>(key.data());
  std::uint32_t h = kSeed ^ static_cast<std::uint32_t>(length);
  for (std::size_t i = 0; i + 4 <= length; i += 4) {
    std::uint32_t k;
    std::memcpy(&k, data + i, 4);
    k *= kM;
    k ^= k >> 24;
    k *= kM;
    h *= kM;
    h ^= k;
  }
  const unsigned char* tail = data + (length & ~std::size_t{3});
  switch (length & 3) {
    case 3: h ^= static_cast<std::uint32_t>(tail[2]) << 16; [[fallthrough]];
    case 2: h ^= static_cast<std::uint32_t>(tail[1]) << 8; [[fallthrough]];
    case 1: h ^= tail[0]; h *= kM;
  }
  h ^= h >> 13;
  h *= kM;
  h ^= h >> 15;
  return h;
}

PartitionId java_partition(std::string_view key, std::int32_t partitions) noexcept {
  return PartitionId(static_cast<std::int32_t>(murmur2(key) & 0x7fffffffu) % partitions);
}

std::uint64_t mix_key(std::uint64_t hash, const Value& value) noexcept {
  switch (value.type()) {
    case Type::boolean: return mix(mix(hash, 1), value.as_boolean() ? 1 : 0);
    case Type::integer: return mix(mix(hash, 2), static_cast<std::uint64_t>(value.as_integer()));
    case Type::real: return mix_number(hash, value.as_real());
    case Type::string: return mix_text(mix(hash, 4), value.as_text());
    case Type::bytes: return mix_text(mix(hash, 5), value.as_text());
    case Type::timestamp:
      return mix(mix_time(hash, 6, value), static_cast<std::uint64_t>(value.as_integer()));
    case Type::duration:
      return mix(mix_time(hash, 7, value), static_cast<std::uint64_t>(value.as_integer()));
    case Type::json: return mix_text(mix(hash, 8), value.as_text());
    case Type::unsigned_integer:
      if (value.as_integer() >= 0) return mix(mix(hash, 2), value.as_unsigned());
      return mix_number(hash, static_cast<double>(value.as_unsigned()));
    case Type::list:
    case Type::map:
    case Type::type_name:
    case Type::optional:
    case Type::absent:
    case Type::null:
    case Type::error: return mix(hash, 9);
  }
  return hash;
}

}  // namespace leat::record
