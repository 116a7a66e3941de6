#pragma once

#include <cstdint>
#include <string_view>

#include "base/text.h"

// Positions in valid UTF-8: CEL counts code points, memory counts bytes.
namespace leat::expr {

inline constexpr std::size_t kNoByte = std::string_view::npos;

constexpr bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// Bytes of the code point that begins at byte `at`.
constexpr std::size_t rune_bytes(std::string_view text, std::size_t at) noexcept {
  std::size_t size = 1;
  while (at + size < text.size() && is_continuation(text[at + size])) ++size;
  return size;
}

// The byte where code point `index` begins (text.size() for the one behind the last), or kNoByte
// beyond that.
constexpr std::size_t byte_of(std::string_view text, std::int64_t index) noexcept {
  if (index < 0) return kNoByte;
  std::size_t at = 0;
  for (; index > 0 && at < text.size(); --index) at += rune_bytes(text, at);
  return index == 0 ? at : kNoByte;
}

// Code points before a byte.
inline std::int64_t points_before(std::string_view text, std::size_t byte) noexcept {
  return static_cast<std::int64_t>(base::count_code_points(text.substr(0, byte)));
}

// The code point that begins at byte `at`, which moves behind it.
constexpr std::uint32_t next_rune(std::string_view text, std::size_t& at) noexcept {
  const std::size_t size = rune_bytes(text, at);
  const auto first = static_cast<unsigned char>(text[at]);
  std::uint32_t rune = size == 1 ? first : first & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i)
    rune = rune << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3Fu);
  at += size;
  return rune;
}

// Writes a code point (1 … 4 bytes) and returns the end. Requires: a scalar value.
constexpr char* put_rune(char* out, std::uint32_t rune) noexcept {
  const auto byte = [&out](std::uint32_t b) { *out++ = static_cast<char>(b); };
  if (rune < 0x80) {
    byte(rune);
  } else if (rune < 0x800) {
    byte(0xC0 | (rune >> 6)), byte(0x80 | (rune & 0x3F));
  } else if (rune < 0x10000) {
    byte(0xE0 | (rune >> 12)), byte(0x80 | ((rune >> 6) & 0x3F)), byte(0x80 | (rune & 0x3F));
  } else {
    byte(0xF0 | (rune >> 18)), byte(0x80 | ((rune >> 12) & 0x3F));
    byte(0x80 | ((rune >> 6) & 0x3F)), byte(0x80 | (rune & 0x3F));
  }
  return out;
}

}  // namespace leat::expr
