#include "codec/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "codec/row_errors.h"

namespace leat::codec {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Where the parts of a number token end; null when it is none.
struct NumberParts {
  const char* integer_end;
  const char* fraction_end;  // = integer_end without a fraction
};

bool split_number(std::string_view token, NumberParts& parts) noexcept {
  const char* at = token.data();
  const char* const end = at + token.size();
  const auto digits = [&] {
    const char* const from = at;
    while (at < end && is_digit(*at)) ++at;
    return at - from;
  };
  if (at < end && *at == '-') ++at;
  const char* const first = at;
  const auto whole = digits();
  if (whole == 0 || (whole > 1 && *first == '0')) return false;
  parts.integer_end = at;
  if (at < end && *at == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  parts.fraction_end = at;
  if (at < end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at < end && (*at == '+' || *at == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == end;
}

// The power of ten of a number's first significant digit: tells too small from too large.
std::int64_t magnitude(std::string_view token, const NumberParts& parts) noexcept {
  std::int64_t exponent = 0;
  const char* const end = token.data() + token.size();
  if (parts.fraction_end != end) {
    const char* at = parts.fraction_end + 1;
    if (*at == '+') ++at;
    if (std::from_chars(at, end, exponent).ec != std::errc())
      exponent = *at == '-' ? -1'000'000'000 : 1'000'000'000;
  }
  const char* at = token.data() + (token[0] == '-' ? 1 : 0);
  if (*at != '0') return exponent + (parts.integer_end - at);
  for (at = parts.integer_end + 1; at < parts.fraction_end && *at == '0'; ++at) --exponent;
  return exponent;
}

// Four hexadecimal digits; -1 when they are none.
int read_hex4(const char* at) noexcept {
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = at[i];
    const int digit = is_digit(c)            ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

char* write_utf8(char* out, std::uint32_t c) noexcept {
  const auto put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
  return out;
}

char simple_escape(char c) noexcept {
  switch (c) {
    case '"': return '"';
    case '\\': return '\\';
    case '/': return '/';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

// The character that a `\u` escape at `at` stands for, with its second half when it needs one;
// moves behind it.
const record::RowError* read_unicode(const char*& at, const char* end,
                                     std::uint32_t& out) noexcept {
  const auto half = [&](std::uint32_t& unit) {
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return false;
    const int value = read_hex4(at + 2);
    if (value < 0) return false;
    unit = static_cast<std::uint32_t>(value);
    return true;
  };
  if (!half(out)) return &kInvalidEscape;
  at += 6;
  if (out < 0xD800 || out > 0xDFFF) return nullptr;
  std::uint32_t low = 0;
  if (out > 0xDBFF || !half(low) || low < 0xDC00 || low > 0xDFFF) return &kLoneSurrogate;
  at += 6;
  out = 0x10000 + ((out - 0xD800) << 10) + (low - 0xDC00);
  return nullptr;
}

// Resolves escapes into `out`, or only checks them when it is null; `out` has room for the input's
// size.
const record::RowError* resolve(std::string_view inside, char* out, std::size_t& written) noexcept {
  const char* at = inside.data();
  const char* const end = at + inside.size();
  char* to = out;
  while (at < end) {
    const auto* const stop =
        static_cast<const char*>(std::memchr(at, '\\', static_cast<std::size_t>(end - at)));
    const std::size_t plain = static_cast<std::size_t>((stop == nullptr ? end : stop) - at);
    if (to != nullptr) to = std::copy_n(at, plain, to);
    at += plain;
    if (at == end) break;
    if (end - at < 2) return &kInvalidEscape;
    if (at[1] == 'u') {
      std::uint32_t character = 0;
      if (const record::RowError* error = read_unicode(at, end, character)) return error;
      if (to != nullptr) to = write_utf8(to, character);
      continue;
    }
    const char character = simple_escape(at[1]);
    if (character == 0) return &kInvalidEscape;
    if (to != nullptr) *to++ = character;
    at += 2;
  }
  written = static_cast<std::size_t>(to - out);
  return nullptr;
}

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// For every character of kAlphabet its six bits; 64 for all others.
constexpr auto kSixBits = [] {
  std::array<std::uint8_t, 256> bits{};
  bits.fill(64);
  for (std::uint8_t i = 0; i < 64; ++i) bits[static_cast<unsigned char>(kAlphabet[i])] = i;
  return bits;
}();

// For every byte: whether a string must escape it.
constexpr auto kEscaped = [] {
  std::array<bool, 256> escaped{};
  for (std::size_t c = 0; c < 0x20; ++c) escaped[c] = true;
  escaped['"'] = escaped['\\'] = true;
  return escaped;
}();

// True when one of the 8 bytes must be escaped (may also say so falsely, for what follows such a
// byte).
bool any_escaped(std::uint64_t word) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  constexpr std::uint64_t kHigh = 0x8080808080808080ULL;
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t slash = word ^ (kOnes * '\\');
  return ((((word - kOnes * 0x20) & ~word) | ((quote - kOnes) & ~quote) |
           ((slash - kOnes) & ~slash)) &
          kHigh) != 0;
}

std::size_t plain_prefix(std::string_view text) noexcept {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    if (any_escaped(word)) break;
  }
  while (at < text.size() && !kEscaped[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

void append_escape(TextBuffer& out, char c) {
  char name = 0;
  switch (c) {
    case '"': name = '"'; break;
    case '\\': name = '\\'; break;
    case '\b': name = 'b'; break;
    case '\f': name = 'f'; break;
    case '\n': name = 'n'; break;
    case '\r': name = 'r'; break;
    case '\t': name = 't'; break;
    default: break;
  }
  if (name != 0) {
    out.put('\\');
    out.put(name);
    return;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  out.append("\\u00");
  out.put(kHex[static_cast<unsigned char>(c) >> 4]);
  out.put(kHex[static_cast<unsigned char>(c) & 15]);
}

// `.25` for 250 000 000 ns: the shortest fraction; nothing for 0.
void append_fraction(TextBuffer& out, std::int64_t nanos) {
  if (nanos == 0) return;
  char digits[10] = ".";
  for (int i = 9; i >= 1; --i) {
    digits[i] = static_cast<char>('0' + nanos % 10);
    nanos /= 10;
  }
  std::size_t size = 10;
  while (digits[size - 1] == '0') --size;
  out.append({digits, size});
}

// Whole seconds at or before a time, and the nanoseconds behind them.
struct Seconds {
  std::int64_t whole;
  std::int64_t nanos;
};
Seconds split(std::int64_t us, std::uint32_t nanos) noexcept {
  constexpr std::int64_t kSecond = 1'000'000;
  const std::int64_t whole = us / kSecond - (us % kSecond < 0 ? 1 : 0);
  return {whole, (us - whole * kSecond) * 1000 + nanos};
}

void append_padded(TextBuffer& out, std::int64_t number, int width) {
  char digits[20];
  for (int i = width - 1; i >= 0; --i) {
    digits[i] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  out.append({digits, static_cast<std::size_t>(width)});
}

struct Date {
  std::int64_t year;
  std::int64_t month;
  std::int64_t day;
};

// Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
Date date_of_days(std::int64_t days) noexcept {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t of_era = days - era * 146097;
  const std::int64_t year_of_era =
      (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * of_year + 2) / 153;
  const std::int64_t day = of_year - (153 * shifted + 2) / 5 + 1;
  const std::int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

}  // namespace

bool is_number(std::string_view token) noexcept {
  NumberParts parts;
  return split_number(token, parts);
}

const record::RowError* read_number(std::string_view token, record::Value& out) noexcept {
  const char* const end = token.data() + token.size();
  NumberParts parts;
  if (!split_number(token, parts)) return &kInvalidNumber;
  if (parts.integer_end == end) {
    std::int64_t integer = 0;
    if (std::from_chars(token.data(), end, integer).ec == std::errc()) {
      out = record::Value::integer(integer);
      return nullptr;
    }
  }
  double real = 0;
  if (std::from_chars(token.data(), end, real).ec == std::errc()) {
    out = record::Value::real(real);
    return nullptr;
  }
  if (magnitude(token, parts) > 0) return &kNumberOutOfRange;
  out = record::Value::real(token[0] == '-' ? -0.0 : 0.0);
  return nullptr;
}

const record::RowError* unescape(std::string_view inside, base::Arena& arena,
                                 std::string_view& out) {
  char* const at = arena.allocate(inside.size() + 1, 1);
  std::size_t written = 0;
  if (const record::RowError* error = resolve(inside, at, written)) return error;
  arena.shrink_last(at, written);
  out = {at, written};
  return nullptr;
}

const record::RowError* check_escapes(std::string_view inside) noexcept {
  std::size_t ignored = 0;
  return resolve(inside, nullptr, ignored);
}

void append_string(TextBuffer& out, std::string_view text) {
  out.put('"');
  for (;;) {
    const std::size_t plain = plain_prefix(text);
    out.append(text.substr(0, plain));
    if (plain == text.size()) break;
    append_escape(out, text[plain]);
    text.remove_prefix(plain + 1);
  }
  out.put('"');
}

void append_integer(TextBuffer& out, std::int64_t number) {
  char* const at = out.reserve(24);
  out.advance(static_cast<std::size_t>(std::to_chars(at, at + 24, number).ptr - at));
}

void append_unsigned(TextBuffer& out, std::uint64_t number) {
  char* const at = out.reserve(24);
  out.advance(static_cast<std::size_t>(std::to_chars(at, at + 24, number).ptr - at));
}

namespace {

// Numbers with one or two decimals, as amounts have. n / 100.0 is the double next to n hundredths, and
// of numbers with at most 15 digits no two share a double: so it is the shortest that reads back, which
// is what std::to_chars looks for at a greater price. Gives the end; null = it is no such number.
char* put_hundredths(char* at, double number) noexcept {
  constexpr double kMost = 1e14;
  const double scaled = std::abs(number) * 100.0;
  if (!(scaled < kMost)) return nullptr;
  const auto hundredths = static_cast<std::uint64_t>(scaled + 0.5);
  const std::uint64_t rest = hundredths % 100;
  if (rest == 0 || static_cast<double>(hundredths) / 100.0 != std::abs(number)) return nullptr;
  if (number < 0) *at++ = '-';
  at = std::to_chars(at, at + 20, hundredths / 100).ptr;
  *at++ = '.';
  *at++ = static_cast<char>('0' + rest / 10);
  if (rest % 10 != 0) *at++ = static_cast<char>('0' + rest % 10);
  return at;
}

}  // namespace

void append_double(TextBuffer& out, double number) {
  char* const at = out.reserve(40);
  if (const char* const end = put_hundredths(at, number))
    return out.advance(static_cast<std::size_t>(end - at));
  char* end = std::to_chars(at, at + 32, number).ptr;
  const bool marked =
      std::string_view(at, static_cast<std::size_t>(end - at)).find_first_of(".e") !=
      std::string_view::npos;
  if (!marked) {
    *end++ = '.';
    *end++ = '0';
  }
  out.advance(static_cast<std::size_t>(end - at));
}

void append_base64(TextBuffer& out, std::string_view bytes) {
  char* const begin = out.reserve((bytes.size() + 2) / 3 * 4);
  char* to = begin;
  const auto byte = [&bytes](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i]));
  };
  const auto put = [&to](std::uint32_t bits) { *to++ = kAlphabet[bits & 63]; };
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    put(group >> 18);
    put(group >> 12);
    put(group >> 6);
    put(group);
  }
  if (i < bytes.size()) {
    const bool two = i + 2 == bytes.size();
    const std::uint32_t group = byte(i) << 16 | (two ? byte(i + 1) << 8 : 0);
    put(group >> 18);
    put(group >> 12);
    if (two)
      put(group >> 6);
    else
      *to++ = '=';
    *to++ = '=';
  }
  out.advance(static_cast<std::size_t>(to - begin));
}

bool read_base64(std::string_view text, base::Arena& arena, std::string_view& out) {
  if (text.size() % 4 == 0 && text.ends_with('=')) {
    text.remove_suffix(1);
    if (text.ends_with('=')) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return false;
  char* const begin = arena.allocate(text.size() / 4 * 3 + 3, 1);
  char* to = begin;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const std::uint8_t six = kSixBits[static_cast<unsigned char>(c)];
    if (six == 64) return false;
    group = group << 6 | six;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    *to++ = static_cast<char>(group >> bits & 0xFF);
  }
  if ((group & ((1u << bits) - 1)) != 0) return false;
  out = {begin, static_cast<std::size_t>(to - begin)};
  arena.shrink_last(begin, out.size());
  return true;
}

bool append_timestamp(TextBuffer& out, std::int64_t us, std::uint32_t nanos) {
  constexpr std::int64_t kDay = 86'400;
  const auto [seconds, fraction] = split(us, nanos);
  const std::int64_t days = seconds / kDay - (seconds % kDay < 0 ? 1 : 0);
  const std::int64_t of_day = seconds - days * kDay;
  const Date date = date_of_days(days);
  if (date.year < 1 || date.year > 9999) return false;
  append_padded(out, date.year, 4);
  out.put('-');
  append_padded(out, date.month, 2);
  out.put('-');
  append_padded(out, date.day, 2);
  out.put('T');
  append_padded(out, of_day / 3600, 2);
  out.put(':');
  append_padded(out, of_day / 60 % 60, 2);
  out.put(':');
  append_padded(out, of_day % 60, 2);
  append_fraction(out, fraction);
  out.put('Z');
  return true;
}

void append_duration(TextBuffer& out, std::int64_t us, std::uint32_t nanos) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  auto [seconds, fraction] = split(us, nanos);
  if (seconds < 0) {
    out.put('-');
    seconds = fraction == 0 ? -seconds : -seconds - 1;
    if (fraction != 0) fraction = kSecond - fraction;
  }
  append_integer(out, seconds);
  append_fraction(out, fraction);
  out.put('s');
}

namespace {

using record::Type;

// How values inside of values are written.
struct Style {
  std::size_t depth;  // so many more lists and maps may stand inside each other
  spec::TimestampText timestamps;
  Style deeper() const noexcept { return {depth - 1, timestamps}; }
};

const record::RowError* append_nested(TextBuffer& out, const record::Value& value, Style style);

const record::RowError* append_key(TextBuffer& out, const record::Value& key) {
  if (key.is(Type::string)) return append_string(out, key.as_text()), nullptr;
  out.put('"');
  if (const record::RowError* error = append_nested(out, key, {0, spec::TimestampText::rfc3339}))
    return error;
  out.put('"');
  return nullptr;
}

const record::RowError* append_list(TextBuffer& out, const record::Value& list, Style style) {
  out.put('[');
  bool first = true;
  for (const record::Value& item : list.as_items()) {
    if (!first) out.put(',');
    first = false;
    if (const record::RowError* error = append_nested(out, item, style)) return error;
  }
  out.put(']');
  return nullptr;
}

const record::RowError* append_map(TextBuffer& out, const record::Value& map, Style style) {
  out.put('{');
  bool first = true;
  for (const record::Entry& entry : map.as_entries()) {
    if (!first) out.put(',');
    first = false;
    if (const record::RowError* error = append_key(out, entry.key)) return error;
    out.put(':');
    if (const record::RowError* error = append_nested(out, entry.value, style)) return error;
  }
  out.put('}');
  return nullptr;
}

// Values that are written between quotes.
const record::RowError* append_quoted(TextBuffer& out, const record::Value& value) {
  out.put('"');
  bool written = true;
  if (value.is(Type::bytes))
    append_base64(out, value.as_text());
  else if (value.is(Type::timestamp))
    written = append_timestamp(out, value.as_integer(), value.as_nanos());
  else
    append_duration(out, value.as_integer(), value.as_nanos());
  out.put('"');
  return written ? nullptr : &kNotRepresentable;
}

const record::RowError* append_time(TextBuffer& out, const record::Value& time,
                                    spec::TimestampText timestamps) {
  if (timestamps == spec::TimestampText::rfc3339) return append_quoted(out, time);
  const std::int64_t us = time.as_integer();
  const std::int64_t ms = us / 1000 - (us % 1000 < 0 ? 1 : 0);
  append_integer(out, timestamps == spec::TimestampText::us ? us : ms);
  return nullptr;
}

const record::RowError* append_nested(TextBuffer& out, const record::Value& value, Style style) {
  switch (value.type()) {
    case Type::absent:
    case Type::null: out.append("null"); return nullptr;
    case Type::boolean: out.append(value.as_boolean() ? "true" : "false"); return nullptr;
    case Type::integer: append_integer(out, value.as_integer()); return nullptr;
    case Type::unsigned_integer: append_unsigned(out, value.as_unsigned()); return nullptr;
    case Type::real:
      if (!std::isfinite(value.as_real())) return &kNotRepresentable;
      append_double(out, value.as_real());
      return nullptr;
    case Type::string: append_string(out, value.as_text()); return nullptr;
    case Type::json: out.append(value.as_text()); return nullptr;
    case Type::error: return &value.as_error();
    case Type::list:
      return style.depth == 0 ? &kNotRepresentable : append_list(out, value, style.deeper());
    case Type::map:
      return style.depth == 0 ? &kNotRepresentable : append_map(out, value, style.deeper());
    case Type::optional:
      if (value.as_optional() == nullptr) return out.append("null"), nullptr;
      return style.depth == 0 ? &kNotRepresentable
                              : append_nested(out, *value.as_optional(), style.deeper());
    case Type::type_name: return &kNotRepresentable;
    case Type::timestamp: return append_time(out, value, style.timestamps);
    case Type::bytes:
    case Type::duration: break;
  }
  return append_quoted(out, value);
}

}  // namespace

const record::RowError* append_value(TextBuffer& out, const record::Value& value,
                                     spec::TimestampText timestamps) {
  constexpr std::size_t kDepthMax = 256;
  return append_nested(out, value, {kDepthMax, timestamps});
}

}  // namespace leat::codec
