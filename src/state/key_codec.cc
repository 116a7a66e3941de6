#include "state/key_codec.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "record/key_hash.h"

namespace leat::state {
namespace {

using record::Type;
using record::Value;

// A value begins with one of these. Whole numbers: kZero + n for 0 and above, kZero - 1 - n for those
// below, n = how many bytes follow (big endian; of those below the complement of -1 - x); then
// kWhole, or kFraction and the double for what lies between that whole number and the next.
constexpr unsigned char kNull = 0x01;
constexpr unsigned char kFalse = 0x02;
constexpr unsigned char kTrue = 0x03;
constexpr unsigned char kHugeNegative = 0x16;  // a double below -2^63
constexpr unsigned char kZero = 0x20;
constexpr unsigned char kHugePositive = 0x29;  // a double from 2^64 on
constexpr unsigned char kString = 0x30;
constexpr unsigned char kBytes = 0x31;
constexpr unsigned char kTimestamp = 0x40;
constexpr unsigned char kWhole = 0x00;
constexpr unsigned char kFraction = 0x01;
// Inside texts 0x00 is written as 0x00 0xFF; 0x00 0x00 ends them.
constexpr char kEscape = '\xFF';

constexpr std::uint64_t kTop = std::uint64_t{1} << 63;
constexpr double kTwo63 = 9223372036854775808.0;
constexpr double kTwo64 = 18446744073709551616.0;

void put_byte(std::string& out, unsigned char byte) { out.push_back(static_cast<char>(byte)); }

void put_big_endian(std::string& out, std::uint64_t number, unsigned bytes) {
  char digits[8];
  for (unsigned i = 0; i < bytes; ++i)
    digits[i] = static_cast<char>(number >> (8 * (bytes - 1 - i)));
  out.append(digits, bytes);
}

unsigned bytes_of(std::uint64_t number) {
  return static_cast<unsigned>(std::bit_width(number) + 7) / 8;
}

// Bits whose order as unsigned numbers is that of the doubles.
std::uint64_t ordered(double number) {
  const auto bits = std::bit_cast<std::uint64_t>(number);
  return (bits & kTop) != 0 ? ~bits : bits | kTop;
}
double unordered(std::uint64_t bits) {
  return std::bit_cast<double>((bits & kTop) != 0 ? bits & ~kTop : ~bits);
}

void put_whole(std::string& out, std::uint64_t magnitude, bool negative) {
  const unsigned bytes = bytes_of(magnitude);
  if (negative) {
    put_byte(out, static_cast<unsigned char>(kZero - 1 - bytes));
    put_big_endian(out, ~magnitude, bytes);
  } else {
    put_byte(out, static_cast<unsigned char>(kZero + bytes));
    put_big_endian(out, magnitude, bytes);
  }
}

void put_integer(std::string& out, std::int64_t number) {
  put_whole(out, static_cast<std::uint64_t>(number < 0 ? -1 - number : number), number < 0);
}

void put_real(std::string& out, double number) {
  LEAT_DCHECK(!std::isnan(number));
  if (number >= kTwo64 || number < -kTwo63) {
    put_byte(out, number > 0 ? kHugePositive : kHugeNegative);
    put_big_endian(out, ordered(number), 8);
    return;
  }
  const double below = std::floor(number);
  if (below >= kTwo63)
    put_whole(out, static_cast<std::uint64_t>(below), false);
  else
    put_integer(out, static_cast<std::int64_t>(below));
  if (below == number) {
    put_byte(out, kWhole);
    return;
  }
  put_byte(out, kFraction);
  put_big_endian(out, ordered(number), 8);
}

void put_text(std::string& out, unsigned char tag, std::string_view text) {
  put_byte(out, tag);
  for (std::size_t zero; (zero = text.find('\0')) != std::string_view::npos;) {
    out.append(text.substr(0, zero + 1));
    out.push_back(kEscape);
    text.remove_prefix(zero + 1);
  }
  out.append(text);
  out.append(2, '\0');
}

void put_value(std::string& out, const Value& value) {
  switch (value.type()) {
    case Type::boolean: return put_byte(out, value.as_boolean() ? kTrue : kFalse);
    case Type::integer: put_integer(out, value.as_integer()); return put_byte(out, kWhole);
    case Type::unsigned_integer:
      put_whole(out, value.as_unsigned(), false);
      return put_byte(out, kWhole);
    case Type::real: return put_real(out, value.as_real());
    case Type::string: return put_text(out, kString, value.as_text());
    case Type::bytes: return put_text(out, kBytes, value.as_text());
    case Type::timestamp:
      put_byte(out, kTimestamp);
      put_big_endian(out, static_cast<std::uint64_t>(value.as_integer()) ^ kTop, 8);
      return put_big_endian(out, value.as_nanos(), 2);
    default: LEAT_DCHECK(value.is_missing()); return put_byte(out, kNull);
  }
}

// Takes a key apart from left to right.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool at_end() const { return rest_.empty(); }

  // `text` is where a text with escapes is put; others are borrowed from the key.
  bool next(Value& value, std::string& text) {
    if (rest_.empty()) return false;
    const auto tag = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    switch (tag) {
      case kNull: value = Value::null(); return true;
      case kFalse: value = Value::boolean(false); return true;
      case kTrue: value = Value::boolean(true); return true;
      case kHugeNegative:
      case kHugePositive: return take_real(value);
      case kString:
      case kBytes: return take_text(tag, value, text);
      case kTimestamp: return take_timestamp(value);
      default: return take_number(tag, value);
    }
  }

 private:
  bool take(unsigned bytes, std::uint64_t& number) {
    if (rest_.size() < bytes) return false;
    number = 0;
    for (unsigned i = 0; i < bytes; ++i)
      number = number << 8 | static_cast<unsigned char>(rest_[i]);
    rest_.remove_prefix(bytes);
    return true;
  }

  bool take_real(Value& value) {
    std::uint64_t bits;
    if (!take(8, bits)) return false;
    value = Value::real(unordered(bits));
    return true;
  }

  bool take_timestamp(Value& value) {
    std::uint64_t us, nanos;
    if (!take(8, us) || !take(2, nanos)) return false;
    value =
        Value::timestamp(static_cast<std::int64_t>(us ^ kTop), static_cast<std::uint32_t>(nanos));
    return true;
  }

  bool take_number(unsigned char tag, Value& value) {
    if (tag <= kHugeNegative || tag >= kHugePositive) return false;
    const bool negative = tag < kZero;
    const unsigned bytes = negative ? kZero - 1u - tag : tag - kZero + 0u;
    std::uint64_t magnitude, kind;
    if (!take(bytes, magnitude)) return false;
    if (negative) {
      const std::uint64_t used =
          bytes == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * bytes) - 1;
      magnitude = ~magnitude & used;
    }
    if (!take(1, kind) || kind > kFraction) return false;
    if (kind == kFraction) return take_real(value);
    if (negative)
      value = Value::integer(-1 - static_cast<std::int64_t>(magnitude));
    else if (magnitude < kTop)
      value = Value::integer(static_cast<std::int64_t>(magnitude));
    else
      value = Value::unsigned_integer(magnitude);
    return true;
  }

  bool take_text(unsigned char tag, Value& value, std::string& text) {
    std::size_t zero = rest_.find('\0');
    if (zero == std::string_view::npos || zero + 1 >= rest_.size()) return false;
    std::string_view whole = rest_.substr(0, zero);
    if (rest_[zero + 1] == kEscape) {
      text.clear();
      while (rest_[zero + 1] == kEscape) {
        text.append(rest_.substr(0, zero + 1));
        rest_.remove_prefix(zero + 2);
        zero = rest_.find('\0');
        if (zero == std::string_view::npos || zero + 1 >= rest_.size()) return false;
      }
      text.append(rest_.substr(0, zero));
      whole = text;
    }
    if (rest_[zero + 1] != '\0') return false;
    rest_.remove_prefix(zero + 2);
    value = tag == kString ? Value::string(whole) : Value::bytes(whole);
    return true;
  }

  std::string_view rest_;
};

}  // namespace

void encode_key(std::span<const Value> values, std::string& out) {
  for (const Value& value : values) put_value(out, value);
}

bool decode_key(std::string_view bytes, base::Arena& arena, std::span<Value> out) {
  Reader reader(bytes);
  std::string text;
  for (Value& value : out) {
    if (!reader.next(value, text)) return false;
    if (value.is(Type::string)) value = Value::string(arena.copy(value.as_text()));
    if (value.is(Type::bytes)) value = Value::bytes(arena.copy(value.as_text()));
  }
  return reader.at_end();
}

bool hash_key(std::string_view bytes, std::uint64_t& hash) {
  Reader reader(bytes);
  std::string text;
  hash = 0;
  for (Value value; !reader.at_end();) {
    if (!reader.next(value, text)) return false;
    hash = record::mix_key(hash, value);
  }
  return true;
}

}  // namespace leat::state
