#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <system_error>

#include "base/text.h"
#include "expr/functions.h"

namespace leat::expr {
namespace {

constexpr std::int64_t kMicros = 1000000;

// Whole seconds at or before the time, and the microseconds behind them.
struct Seconds {
  std::int64_t whole;
  std::int64_t micros;
};
Seconds split_micros(std::int64_t us) {
  std::int64_t whole = us / kMicros;
  std::int64_t micros = us % kMicros;
  if (micros < 0) micros += kMicros, --whole;
  return {whole, micros};
}

Value keep(Frame&, const Value& a) { return a; }

// ---- int()

Value parse_integer(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t result = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? Value::integer(result) : fail(kBadConversion);
}

Value to_integer(Frame&, const Value& a) {
  switch (a.type()) {
    case Type::integer: return a;
    case Type::real: {
      constexpr double kLimit =
          9223372036854775808.0;  // 2^63; exclusive on both sides, as CEL has it
      const double d = a.as_real();
      return d > -kLimit && d < kLimit ? Value::integer(static_cast<std::int64_t>(d))
                                       : fail(kOutOfRange);
    }
    case Type::string: return parse_integer(a.as_text());
    case Type::timestamp: return Value::integer(split_micros(a.as_integer()).whole);
    default: return fail(kNoSuchOverload);
  }
}

// ---- double()

Value parse_real(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double result = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error == std::errc::result_out_of_range) return fail(kOutOfRange);
  const bool whole =
      error == std::errc() && end == text.data() + text.size() && text.find('(') == text.npos;
  return whole ? Value::real(result) : fail(kBadConversion);
}

Value to_real(Frame&, const Value& a) {
  switch (a.type()) {
    case Type::real: return a;
    case Type::integer: return Value::real(static_cast<double>(a.as_integer()));
    case Type::string: return parse_real(a.as_text());
    default: return fail(kNoSuchOverload);
  }
}

// ---- bool(), bytes()

Value to_boolean(Frame&, const Value& a) {
  if (a.is(Type::boolean)) return a;
  if (!a.is(Type::string)) return fail(kNoSuchOverload);
  constexpr std::array<std::string_view, 6> kTrue{"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::array<std::string_view, 6> kFalse{"0", "f", "F", "false", "FALSE", "False"};
  const std::string_view text = a.as_text();
  if (std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end()) return Value::boolean(true);
  if (std::find(kFalse.begin(), kFalse.end(), text) != kFalse.end()) return Value::boolean(false);
  return fail(kBadConversion);
}

Value to_bytes(Frame&, const Value& a) {
  if (a.is(Type::bytes)) return a;
  return a.is(Type::string) ? Value::bytes(a.as_text()) : fail(kNoSuchOverload);
}

// ---- string()

Value in_arena(Frame& frame, const char* begin, const char* end) {
  return Value::string(frame.arena.copy({begin, static_cast<std::size_t>(end - begin)}));
}

// The shortest text that reads back as the same double; with an exponent below 1e-4 and from 1e21.
Value real_text(Frame& frame, double d) {
  if (std::isnan(d)) return Value::string("NaN");
  if (std::isinf(d)) return Value::string(d > 0 ? "+Inf" : "-Inf");
  char text[64];
  const double size = std::abs(d);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e21);
  const auto form = plain ? std::chars_format::fixed : std::chars_format::scientific;
  return in_arena(frame, text, std::to_chars(text, text + sizeof text, d, form).ptr);
}

char* put_digits(char* out, std::int64_t value, int width) {
  for (int i = width - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
  return out + width;
}

// ".25" of 250 000 microseconds; nothing of 0.
char* put_fraction(char* out, std::int64_t micros) {
  if (micros == 0) return out;
  *out++ = '.';
  char* end = put_digits(out, micros, 6);
  while (end[-1] == '0') --end;
  return end;
}

struct Date {
  std::int64_t year;
  std::int64_t month;
  std::int64_t day;
};
// Days since 1970-01-01 in the proleptic Gregorian calendar
// (http://howardhinnant.github.io/date_algorithms.html).
Date date_of(std::int64_t days) {
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const std::int64_t in_era = shifted - era * 146097;
  const std::int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
  const std::int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
  const std::int64_t shifted_month = (5 * in_year + 2) / 153;
  const std::int64_t day = in_year - (153 * shifted_month + 2) / 5 + 1;
  const std::int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {year + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

// RFC 3339, UTC, the shortest fraction.
Value timestamp_text(Frame& frame, std::int64_t us) {
  const Seconds seconds = split_micros(us);
  std::int64_t days = seconds.whole / 86400;
  std::int64_t rest = seconds.whole % 86400;
  if (rest < 0) rest += 86400, --days;
  const Date date = date_of(days);
  if (date.year < 0 || date.year > 9999) return fail(kOutOfRange);
  char text[40];
  char* out = put_digits(text, date.year, 4);
  *out++ = '-', out = put_digits(out, date.month, 2);
  *out++ = '-', out = put_digits(out, date.day, 2);
  *out++ = 'T', out = put_digits(out, rest / 3600, 2);
  *out++ = ':', out = put_digits(out, rest / 60 % 60, 2);
  *out++ = ':', out = put_digits(out, rest % 60, 2);
  out = put_fraction(out, seconds.micros);
  *out++ = 'Z';
  return in_arena(frame, text, out);
}

// Seconds: "5400s", "-0.25s".
Value duration_text(Frame& frame, std::int64_t us) {
  char text[40];
  char* out = text;
  if (us < 0) *out++ = '-';
  const std::int64_t whole = us / kMicros;  // towards zero: each part has the sign of the whole
  out = std::to_chars(out, text + sizeof text, whole < 0 ? -whole : whole).ptr;
  const std::int64_t micros = us % kMicros;
  out = put_fraction(out, micros < 0 ? -micros : micros);
  *out++ = 's';
  return in_arena(frame, text, out);
}

Value to_text(Frame& frame, const Value& a) {
  switch (a.type()) {
    case Type::string: return a;
    case Type::boolean: return Value::string(a.as_boolean() ? "true" : "false");
    case Type::integer: {
      char text[24];
      return in_arena(frame, text, std::to_chars(text, text + sizeof text, a.as_integer()).ptr);
    }
    case Type::real: return real_text(frame, a.as_real());
    case Type::bytes:
      return base::valid_utf8(a.as_text()) ? Value::string(a.as_text()) : fail(kInvalidUtf8);
    case Type::timestamp: return timestamp_text(frame, a.as_integer());
    case Type::duration: return duration_text(frame, a.as_integer());
    default: return fail(kNoSuchOverload);
  }
}

constexpr CallStyle kGlobal = CallStyle::global;

constexpr std::array kTable{
    Function{"int",
             kGlobal,
             1,
             {types(Type::integer, Type::real, Type::string, Type::timestamp)},
             Type::integer,
             each<to_integer>},
    Function{"double",
             kGlobal,
             1,
             {types(Type::integer, Type::real, Type::string)},
             Type::real,
             each<to_real>},
    Function{
        "bool", kGlobal, 1, {types(Type::boolean, Type::string)}, Type::boolean, each<to_boolean>},
    Function{"bytes", kGlobal, 1, {types(Type::bytes, Type::string)}, Type::bytes, each<to_bytes>},
    Function{"string",
             kGlobal,
             1,
             {types(Type::string, Type::boolean, Type::integer, Type::real, Type::bytes,
                    Type::timestamp, Type::duration)},
             Type::string,
             each<to_text>},
    Function{"dyn", kGlobal, 1, {kAnyType}, std::nullopt, each<keep>},
};

}  // namespace

const std::span<const Function> kConversions{kTable};

}  // namespace leat::expr
