#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "crypto/digest.h"
#include "expr/library/library.h"
#include "expr/library/text_builder.h"

namespace leat::expr {
namespace {

// The namespace of our UUIDs: the one of version 5 of `urn:leat:uuid` in the namespace of URLs.
constexpr std::array<unsigned char, 16> kNamespace{0xe8, 0x12, 0x2a, 0xfe, 0x1a, 0x31, 0x55, 0xa3,
                                                   0xb4, 0x9a, 0x0e, 0x2a, 0xd8, 0x49, 0xaf, 0x06};
constexpr std::size_t kUuidBytes = 16;

void put_number(TextBuilder& out, std::uint64_t number) {
  char text[24];
  out.put(
      {text, static_cast<std::size_t>(std::to_chars(text, text + sizeof text, number).ptr - text)});
}

// `<leat-src>/<call>/<element>`: where the row comes from, which call of the pipeline it
// is, and inside a macro which element.
void put_name(TextBuilder& out, const record::Row& row, std::uint64_t call, std::uint64_t element) {
  out.put({reinterpret_cast<const char*>(kNamespace.data()), kNamespace.size()});
  if (row.made_as != nullptr) out.put(*row.made_as);
  if (row.origin != nullptr) {
    out.put(row.origin->topic);
    out.put('-');
    put_number(out, static_cast<std::uint64_t>(row.origin->partition.value()));
  }
  out.put('-');
  put_number(out, static_cast<std::uint64_t>(row.offset));
  out.put('-');
  put_number(out, row.ordinal);
  out.put('/');
  put_number(out, call);
  out.put('/');
  put_number(out, element);
}

// 8-4-4-4-12 digits of a version 5 UUID (RFC 9562, section 5.5).
Value uuid_text(base::Arena& arena, std::array<std::uint8_t, crypto::kDigestBytesMax>& bytes) {
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | 0x50);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);
  constexpr std::size_t kTextBytes = 36;
  char* const text = arena.allocate(kTextBytes, 1);
  char* out = text;
  for (std::size_t i = 0; i < kUuidBytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
    *out++ = "0123456789abcdef"[bytes[i] >> 4];
    *out++ = "0123456789abcdef"[bytes[i] & 15];
  }
  return Value::string({text, kTextBytes});
}

void uuid_kernel(Frame& frame, const Operand*, Value* out, std::size_t rows) {
  thread_local crypto::Digester digester;
  std::array<std::uint8_t, crypto::kDigestBytesMax> bytes;
  for (std::size_t i = 0; i < rows; ++i) {
    TextBuilder name(frame.arena);
    put_name(name, frame.row(i), frame.extra == nullptr ? 0 : frame.extra->call, frame.element(i));
    const bool made = digester.compute(crypto::DigestKind::sha1, name.bytes().as_text(), bytes);
    out[i] = made ? uuid_text(frame.arena, bytes) : fail(kDigestUnavailable);
  }
}

constexpr std::array kTable{
    Function{"uuid",
             CallStyle::global,
             0,
             {},
             Type::string,
             uuid_kernel,
             {"identity", "uuid() -> string",
              "A UUID (version 5) made from the record's topic, partition, offset and ordinal and "
              "the place of the call: a replay gives the same."},
             false},
};

}  // namespace

const std::span<const Function> kIdentityFunctions{kTable};

}  // namespace leat::expr
