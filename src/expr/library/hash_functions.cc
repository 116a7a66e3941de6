#include <array>
#include <bit>
#include <cstdint>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "crypto/digest.h"
#include "expr/library/library.h"
#include "record/key_hash.h"

namespace leat::expr {
namespace {

using crypto::DigestKind;

bool is_data(const Value& value) { return value.is(Type::string) || value.is(Type::bytes); }

template <DigestKind kKind>
Value digest(Frame& frame, const Value& a) {
  if (!is_data(a)) return fail(kNoSuchOverload);
  thread_local crypto::Digester digester;
  std::array<std::uint8_t, crypto::kDigestBytesMax> made;
  if (!digester.compute(kKind, a.as_text(), made)) return fail(kDigestUnavailable);
  constexpr std::size_t kBytes = crypto::digest_bytes(kKind);
  char* const text = frame.arena.allocate(2 * kBytes, 1);
  for (std::size_t i = 0; i < kBytes; ++i) {
    text[2 * i] = "0123456789abcdef"[made[i] >> 4];
    text[2 * i + 1] = "0123456789abcdef"[made[i] & 15];
  }
  return Value::string({text, 2 * kBytes});
}

Value xxh64(Frame&, const Value& a) {
  if (!is_data(a)) return fail(kNoSuchOverload);
  return Value::integer(
      std::bit_cast<std::int64_t>(std::uint64_t{XXH64(a.as_text().data(), a.as_text().size(), 0)}));
}

Value murmur2(Frame&, const Value& a) {
  if (!is_data(a)) return fail(kNoSuchOverload);
  return Value::integer(std::bit_cast<std::int32_t>(record::murmur2(a.as_text())));
}

constexpr Types kData = kStrings | kBytesTypes;

constexpr Function of_data(std::string_view name, Type result, Kernel kernel,
                           std::string_view signature, std::string_view summary) {
  return {name, CallStyle::global, 1, {kData}, result, kernel, {"hash", signature, summary}};
}

constexpr std::array kTable{
    of_data("hash.md5", Type::string, each<digest<DigestKind::md5>>,
            "hash.md5(string | bytes) -> string",
            "The MD5 digest as lower-case hex; no protection against forgery."),
    of_data("hash.sha1", Type::string, each<digest<DigestKind::sha1>>,
            "hash.sha1(string | bytes) -> string",
            "The SHA-1 digest as lower-case hex; no protection against forgery."),
    of_data("hash.sha256", Type::string, each<digest<DigestKind::sha256>>,
            "hash.sha256(string | bytes) -> string", "The SHA-256 digest as lower-case hex."),
    of_data("hash.xxh64", Type::integer, each<xxh64>, "hash.xxh64(string | bytes) -> int",
            "xxHash64 with seed 0; from 2^63 on it is negative."),
    of_data("hash.murmur2", Type::integer, each<murmur2>, "hash.murmur2(string | bytes) -> int",
            "Kafka's key hash, 32 bits with sign: a key's partition is "
            "math.bitAnd(hash.murmur2(key), 2147483647) % partitions."),
};

}  // namespace

const std::span<const Function> kHashFunctions{kTable};

}  // namespace leat::expr
