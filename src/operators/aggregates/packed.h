#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "record/value.h"

// The form on disk of what aggregates keep. Numbers are varints of 7 bits a byte, lowest first;
// signed ones zigzag (0, -1, 1, … as 0, 1, 2, …); words 8 bytes, little endian; texts their length
// and their bytes. A value is one byte that tells its type, and what the type needs.
namespace leat::operators {

__extension__ using Wide = unsigned __int128;
__extension__ using SignedWide = __int128;

// The same at `at`; gives the end. A varint takes at most kVarintMax bytes.
inline constexpr std::size_t kVarintMax = 10;
inline char* put_varint(std::uint64_t number, char* at) noexcept {
  for (; number >= 0x80; number >>= 7) *at++ = static_cast<char>(number | 0x80);
  *at++ = static_cast<char>(number);
  return at;
}
inline char* put_signed(std::int64_t number, char* at) noexcept {
  return put_varint(
      (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63), at);
}
inline char* put_word(std::uint64_t word, char* at) noexcept {
  for (unsigned shift = 0; shift < 64; shift += 8) *at++ = static_cast<char>(word >> shift);
  return at;
}

void put_varint(std::uint64_t number, std::string& out);
void put_signed(std::int64_t number, std::string& out);
void put_signed_wide(SignedWide number, std::string& out);
void put_word(std::uint64_t word, std::string& out);
void put_text(std::string_view text, std::string& out);
// Of any type; errors are written as null.
void put_value(const record::Value& value, std::string& out);

// How deep a value may nest lists, maps and optionals.
inline constexpr int kPackedDepthMax = 300;
bool nests_too_deep(const record::Value& value, int depth = kPackedDepthMax) noexcept;

// Reads the same back. Bytes that are no such form never lead out of the text, nor to more memory
// than a small multiple of its length: from the first mistake on ok() is false and all reads give
// zeros. A value.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) noexcept : bytes_(bytes), budget_(bytes.size()) {}

  bool ok() const noexcept { return ok_; }
  std::string_view rest() const noexcept { return bytes_; }
  void fail() noexcept;

  std::uint8_t byte() noexcept;
  std::uint64_t varint() noexcept;
  std::int64_t signed_varint() noexcept;
  SignedWide signed_wide() noexcept;
  std::uint64_t word() noexcept;
  std::string_view text() noexcept;
  std::string_view raw(std::size_t bytes) noexcept;
  // How many things follow, of at least `each` bytes that are no others': what the bytes left cannot
  // hold fails, as do things inside each other that together claim more than the text has.
  std::size_t count(std::size_t each) noexcept;

  // Whether a list, map, optional or name of a type comes next.
  bool nested_next() const noexcept;
  // A value of one piece; its text views the bytes.
  record::Value flat_value() noexcept;
  // Any value; its text, items and entries are put into the arena.
  record::Value value(base::Arena& arena, int depth = kPackedDepthMax);

 private:
  record::Value nested_value(std::uint8_t tag, base::Arena& arena, int depth);

  std::string_view bytes_;
  std::size_t budget_;  // bytes that nobody claimed yet
  bool ok_ = true;
};

}  // namespace leat::operators
