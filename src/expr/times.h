#pragma once

#include <cstdint>
#include <string_view>

#include "expr/kernel.h"

// Timestamps and durations as CEL bounds them, exact to the nanosecond.
namespace leat::expr {

inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr std::int64_t kSecondsPerDay = 86'400;

// A time or duration: whole seconds at or before it, and the nanoseconds behind them.
struct Instant {
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;  // 0 … 999 999 999
};

// Of a timestamp or duration.
Instant instant_of(const Value& value) noexcept;
// 0001-01-01T00:00:00Z … 9999-12-31T23:59:59.999999999Z, else OVERFLOW. `nanos` may be any number.
Value make_timestamp(std::int64_t seconds, std::int64_t nanos) noexcept;
// At most 2^63 - 1 nanoseconds in each direction (about 292 years), else OVERFLOW.
Value make_duration(std::int64_t seconds, std::int64_t nanos) noexcept;
// A duration in nanoseconds; one beyond the bounds is cut to them.
std::int64_t total_nanos(const Value& duration) noexcept;

// A day of the proleptic Gregorian calendar.
struct Date {
  std::int64_t year;
  std::int64_t month;  // 1 … 12
  std::int64_t day;    // 1 … 31
};
// Days since 1970-01-01 (http://howardhinnant.github.io/date_algorithms.html).
Date date_of(std::int64_t days) noexcept;
std::int64_t days_of(const Date& date) noexcept;
std::int64_t days_in_month(std::int64_t year, std::int64_t month) noexcept;

// RFC 3339: `2026-01-01T00:00:00.25+01:00`. Errors: BAD_CONVERSION, OVERFLOW.
Value parse_timestamp(std::string_view text) noexcept;
// RFC 3339 in UTC with the shortest fraction.
Value timestamp_text(base::Arena& arena, const Value& timestamp);
// `1h30m`, `-1.5s`, `100ms`; units h m s ms us µs ns. Errors: BAD_CONVERSION, OVERFLOW.
Value parse_duration(std::string_view text) noexcept;
// Seconds: `5400s`, `-0.25s`.
Value duration_text(base::Arena& arena, const Value& duration);

}  // namespace leat::expr
