#include <array>

#include "expr/library/base64.h"
#include "expr/library/library.h"
#include "expr/library/text_builder.h"

namespace leat::expr {
namespace {

Value encode_base64(Frame& frame, const Value& a) {
  if (!a.is(Type::bytes)) return fail(kNoSuchOverload);
  TextBuilder out(frame.arena, a.as_text().size() / 3 * 4 + 4);
  put_base64(out, a.as_text());
  return out.string();
}
Value decode_base64_text(Frame& frame, const Value& a) {
  return a.is(Type::string) ? decode_base64(frame.arena, a.as_text()) : fail(kNoSuchOverload);
}

Value encode_hex(Frame& frame, const Value& a) {
  if (!a.is(Type::string) && !a.is(Type::bytes)) return fail(kNoSuchOverload);
  const std::string_view bytes = a.as_text();
  TextBuilder out(frame.arena, bytes.size() * 2);
  for (const char c : bytes) {
    out.put("0123456789abcdef"[static_cast<unsigned char>(c) >> 4]);
    out.put("0123456789abcdef"[static_cast<unsigned char>(c) & 15]);
    if (out.too_large()) break;
  }
  return out.string();
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
Value decode_hex(Frame& frame, const Value& a) {
  if (!a.is(Type::string)) return fail(kNoSuchOverload);
  const std::string_view text = a.as_text();
  if (text.size() % 2 != 0) return fail(kBadConversion);
  char* const made = frame.arena.allocate(text.size() / 2, 1);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return fail(kBadConversion);
    made[i / 2] = static_cast<char>(high * 16 + low);
  }
  return Value::bytes({made, text.size() / 2});
}

constexpr CallStyle kGlobal = CallStyle::global;

constexpr std::array kTable{
    Function{"base64.encode",
             kGlobal,
             1,
             {kBytesTypes},
             Type::string,
             each<encode_base64>,
             {"base64", "base64.encode(bytes) -> string", "Base64 of RFC 4648 with padding."}},
    Function{"base64.decode",
             kGlobal,
             1,
             {kStrings},
             Type::bytes,
             each<decode_base64_text>,
             {"base64", "base64.decode(string) -> bytes",
              "The bytes of a base64 text; its padding may be left out."}},
    Function{
        "hex.encode",
        kGlobal,
        1,
        {kStrings | kBytesTypes},
        Type::string,
        each<encode_hex>,
        {"hex", "hex.encode(string | bytes) -> string", "Each byte as two lower-case digits."}},
    Function{"hex.decode",
             kGlobal,
             1,
             {kStrings},
             Type::bytes,
             each<decode_hex>,
             {"hex", "hex.decode(string) -> bytes", "The bytes of pairs of hex digits."}},
};

}  // namespace

const std::span<const Function> kEncodingFunctions{kTable};

}  // namespace leat::expr
