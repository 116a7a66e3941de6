#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <system_error>

#include "base/text.h"
#include "expr/functions.h"
#include "expr/times.h"

namespace leat::expr {
namespace {

// ---- int()

template <class Integer>
bool parse_whole(std::string_view text, Integer& out) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

constexpr double kTwoTo63 = 9223372036854775808.0;
constexpr double kTwoTo64 = 18446744073709551616.0;

Value to_integer(Frame&, const Value& a) {
  switch (a.type()) {
    case Type::integer: return a;
    case Type::unsigned_integer:
      return a.as_integer() >= 0 ? Value::integer(a.as_integer()) : fail(kOutOfRange);
    case Type::real: {
      const double d = a.as_real();  // CEL excludes both bounds
      return d > -kTwoTo63 && d < kTwoTo63 ? Value::integer(static_cast<std::int64_t>(d))
                                           : fail(kOutOfRange);
    }
    case Type::string: {
      std::int64_t result = 0;
      return parse_whole(a.as_text(), result) ? Value::integer(result) : fail(kBadConversion);
    }
    case Type::timestamp: return Value::integer(instant_of(a).seconds);
    default: return fail(kNoSuchOverload);
  }
}

Value to_unsigned(Frame&, const Value& a) {
  switch (a.type()) {
    case Type::unsigned_integer: return a;
    case Type::integer:
      return a.as_integer() >= 0 ? Value::unsigned_integer(a.as_unsigned()) : fail(kOutOfRange);
    case Type::real: {
      const double d = a.as_real();
      return d >= 0 && d < kTwoTo64 ? Value::unsigned_integer(static_cast<std::uint64_t>(d))
                                    : fail(kOutOfRange);
    }
    case Type::string: {
      std::uint64_t result = 0;
      return parse_whole(a.as_text(), result) ? Value::unsigned_integer(result)
                                              : fail(kBadConversion);
    }
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
    case Type::unsigned_integer: return Value::real(static_cast<double>(a.as_unsigned()));
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

Value to_text(Frame& frame, const Value& a) {
  switch (a.type()) {
    case Type::string: return a;
    case Type::boolean: return Value::string(a.as_boolean() ? "true" : "false");
    case Type::integer: {
      char text[24];
      return in_arena(frame, text, std::to_chars(text, text + sizeof text, a.as_integer()).ptr);
    }
    case Type::unsigned_integer: {
      char text[24];
      return in_arena(frame, text, std::to_chars(text, text + sizeof text, a.as_unsigned()).ptr);
    }
    case Type::real: return real_text(frame, a.as_real());
    case Type::bytes:
      return base::valid_utf8(a.as_text()) ? Value::string(a.as_text()) : fail(kInvalidUtf8);
    case Type::timestamp: return timestamp_text(frame.arena, a);
    case Type::duration: return duration_text(frame.arena, a);
    default: return fail(kNoSuchOverload);
  }
}

// ---- timestamp(), duration()

Value to_timestamp(Frame&, const Value& a) {
  switch (a.type()) {
    case Type::timestamp: return a;
    case Type::integer: return make_timestamp(a.as_integer(), 0);
    case Type::string: return parse_timestamp(a.as_text());
    default: return fail(kNoSuchOverload);
  }
}

Value to_duration(Frame&, const Value& a) {
  if (a.is(Type::duration)) return a;
  return a.is(Type::string) ? parse_duration(a.as_text()) : fail(kNoSuchOverload);
}

constexpr Function conversion(std::string_view name, Types accepts, Type result, Kernel kernel,
                              std::string_view signature, std::string_view summary) {
  return {
      name, CallStyle::global, 1, {accepts}, result, kernel, {"conversions", signature, summary}};
}

constexpr std::array kTable{
    conversion("int", kNumbers | kStrings | kTimestamps, Type::integer, each<to_integer>,
               "int(number | string | timestamp) -> int",
               "Doubles are cut towards zero, timestamps give seconds since 1970."),
    conversion("uint", kNumbers | kStrings, Type::unsigned_integer, each<to_unsigned>,
               "uint(number | string) -> uint", "Doubles are cut towards zero."),
    conversion("double", kNumbers | kStrings, Type::real, each<to_real>,
               "double(number | string) -> double", "The nearest double."),
    conversion("bool", kBooleans | kStrings, Type::boolean, each<to_boolean>,
               "bool(bool | string) -> bool", "Reads 1 t true True TRUE and their opposites."),
    conversion("bytes", kBytesTypes | kStrings, Type::bytes, each<to_bytes>,
               "bytes(bytes | string) -> bytes", "The UTF-8 of a string."),
    conversion("string", kStrings | kBooleans | kNumbers | kBytesTypes | kTimestamps | kDurations,
               Type::string, each<to_text>,
               "string(bool | number | string | bytes | timestamp | duration) -> string",
               "Bytes must be UTF-8; timestamps are written as RFC 3339, durations in seconds."),
    conversion("timestamp", kStrings | kInts | kTimestamps, Type::timestamp, each<to_timestamp>,
               "timestamp(string | int | timestamp) -> timestamp",
               "Reads RFC 3339, or seconds since 1970."),
    conversion("duration", kStrings | kDurations, Type::duration, each<to_duration>,
               "duration(string | duration) -> duration", "Reads 1h30m, -1.5s, 100ms, …"),
};

}  // namespace

const std::span<const Function> kConversions{kTable};

}  // namespace leat::expr
