#include "expr/library/base64.h"

#include <array>
#include <cstdint>

namespace leat::expr {
namespace {

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoLetter = 0xFF;

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> all{};
  all.fill(kNoLetter);
  for (std::size_t i = 0; i < kLetters.size(); ++i)
    all[static_cast<unsigned char>(kLetters[i])] = static_cast<std::uint8_t>(i);
  return all;
}();

}  // namespace

void put_base64(TextBuilder& out, std::string_view bytes) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(3, bytes.size()))) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i)
      out.put(i <= bytes.size() ? kLetters[bits >> (18 - 6 * i) & 63] : '=');
  }
}

record::Value decode_base64(base::Arena& arena, std::string_view text) {
  if (text.size() % 4 == 0)
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  if (text.size() % 4 == 1) return fail(kBadConversion);
  char* const begin = arena.allocate(text.size() / 4 * 3 + 3, 1);
  char* out = begin;
  std::uint32_t bits = 0;
  unsigned have = 0;
  for (const char c : text) {
    const std::uint8_t value = kValues[static_cast<unsigned char>(c)];
    if (value == kNoLetter) return fail(kBadConversion);
    bits = (bits << 6 | value) & 0xFFFFFF;
    have += 6;
    if (have < 8) continue;
    have -= 8;
    *out++ = static_cast<char>(bits >> have);
  }
  if ((bits & ((1u << have) - 1)) != 0) return fail(kBadConversion);
  return record::Value::bytes({begin, static_cast<std::size_t>(out - begin)});
}

}  // namespace leat::expr
