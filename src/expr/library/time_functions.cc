#include <array>
#include <optional>

#include "expr/library/library.h"
#include "expr/library/time_pattern.h"
#include "expr/library/zones.h"
#include "expr/times.h"

namespace leat::expr {
namespace {

__extension__ using Wide = __int128;  // nanoseconds of ten thousand years

constexpr std::int64_t kMillisPerSecond = 1000;
constexpr std::int64_t kNanosPerMilli = 1'000'000;

std::int64_t floor_mod(std::int64_t a, std::int64_t b) {
  const std::int64_t rest = a % b;
  return rest < 0 ? rest + b : rest;
}

// ---- parts of a time

enum class Part : std::uint8_t {
  year,
  month,
  date,
  day_of_month,
  day_of_week,
  day_of_year,
  hours,
  minutes,
  seconds,
  millis
};

constexpr bool is_of_day(Part part) { return part >= Part::hours; }

std::int64_t part_of_day(Part part, std::int64_t second, std::int64_t nanos) {
  switch (part) {
    case Part::hours: return second / 3600;
    case Part::minutes: return second / 60 % 60;
    case Part::seconds: return second % 60;
    default: return nanos / kNanosPerMilli;
  }
}

// Months and days count from 0 as CEL has it, but for `date`.
std::int64_t part_of_date(Part part, std::int64_t days) {
  if (part == Part::day_of_week) return floor_mod(days + 4, 7);  // 1970-01-01 was a Thursday
  const Date date = date_of(days);
  switch (part) {
    case Part::year: return date.year;
    case Part::month: return date.month - 1;
    case Part::date: return date.day;
    case Part::day_of_month: return date.day - 1;
    default: return days - days_of({date.year, 1, 1});
  }
}

Value part_in(Part part, const Value& time, const Zone& zone) {
  const Instant instant = instant_of(time);
  const std::int64_t civil = instant.seconds + zone.offset_at(instant.seconds);
  const std::int64_t second = floor_mod(civil, kSecondsPerDay);
  if (is_of_day(part)) return Value::integer(part_of_day(part, second, instant.nanos));
  return Value::integer(part_of_date(part, (civil - second) / kSecondsPerDay));
}

// Whole hours, minutes and seconds of all of it, towards zero; the milliseconds behind the second.
Value part_of_duration(Part part, const Value& duration) {
  const std::int64_t nanos = total_nanos(duration);
  const std::int64_t seconds = nanos / kNanosPerSecond;
  switch (part) {
    case Part::hours: return Value::integer(seconds / 3600);
    case Part::minutes: return Value::integer(seconds / 60);
    case Part::seconds: return Value::integer(seconds);
    default: return Value::integer(nanos % kNanosPerSecond / kNanosPerMilli);
  }
}

template <Part kPart>
Value part(Frame&, const Value& time) {
  if (time.is(Type::timestamp)) return part_in(kPart, time, Zone());
  if (is_of_day(kPart) && time.is(Type::duration)) return part_of_duration(kPart, time);
  return fail(kNoSuchOverload);
}

template <Part kPart>
Value part_in_zone(Frame&, const Value& time, const Value& name) {
  if (!time.is(Type::timestamp) || !name.is(Type::string)) return fail(kNoSuchOverload);
  const std::optional<Zone> zone = Zone::find(name.as_text());
  return zone ? part_in(kPart, time, *zone) : fail(kUnknownZone);
}

// ---- time.

Value parse_in(Frame&, const Value& text, const Value& pattern, const Value& name) {
  if (!text.is(Type::string) || !pattern.is(Type::string) || !name.is(Type::string))
    return fail(kNoSuchOverload);
  const std::optional<Zone> zone = Zone::find(name.as_text());
  return zone ? parse_time(text.as_text(), pattern.as_text(), *zone) : fail(kUnknownZone);
}
Value parse(Frame&, const Value& text, const Value& pattern) {
  if (!text.is(Type::string) || !pattern.is(Type::string)) return fail(kNoSuchOverload);
  return parse_time(text.as_text(), pattern.as_text(), Zone());
}

Value format_in(Frame& frame, const Value& time, const Value& pattern, const Value& name) {
  if (!time.is(Type::timestamp) || !pattern.is(Type::string) || !name.is(Type::string))
    return fail(kNoSuchOverload);
  const std::optional<Zone> zone = Zone::find(name.as_text());
  return zone ? format_time(frame.arena, time, pattern.as_text(), *zone) : fail(kUnknownZone);
}
Value format(Frame& frame, const Value& time, const Value& pattern) {
  if (!time.is(Type::timestamp) || !pattern.is(Type::string)) return fail(kNoSuchOverload);
  return format_time(frame.arena, time, pattern.as_text(), Zone());
}

Value truncate(Frame&, const Value& time, const Value& step) {
  if (!time.is(Type::timestamp) || !step.is(Type::duration)) return fail(kNoSuchOverload);
  const Wide by = total_nanos(step);
  if (by <= 0) return fail(kOutOfRange);
  const Instant instant = instant_of(time);
  const Wide nanos = Wide{instant.seconds} * kNanosPerSecond + instant.nanos;
  const Wide rest = nanos % by;
  const Wide whole = nanos - (rest < 0 ? rest + by : rest);
  const Wide behind = whole % kNanosPerSecond;
  return make_timestamp(static_cast<std::int64_t>((whole - behind) / kNanosPerSecond),
                        static_cast<std::int64_t>(behind));
}

Value epoch_ms(Frame&, const Value& time) {
  if (!time.is(Type::timestamp)) return fail(kNoSuchOverload);
  const Instant instant = instant_of(time);
  return Value::integer(instant.seconds * kMillisPerSecond + instant.nanos / kNanosPerMilli);
}

Value from_epoch_ms(Frame&, const Value& ms) {
  if (!ms.is(Type::integer)) return fail(kNoSuchOverload);
  const std::int64_t rest = floor_mod(ms.as_integer(), kMillisPerSecond);
  return make_timestamp(
      ms.as_integer() / kMillisPerSecond - (ms.as_integer() % kMillisPerSecond < 0),
      rest * kNanosPerMilli);
}

constexpr CallStyle kMethod = CallStyle::method;
constexpr CallStyle kGlobal = CallStyle::global;
constexpr std::string_view kParts = "timestamps";
constexpr std::string_view kTime = "time";
constexpr Types kTimes = kTimestamps | kDurations;

// One part with and without a zone.
template <Part kPart>
constexpr Function plain_part(std::string_view name, std::string_view signature,
                              std::string_view summary) {
  const Types accepts = is_of_day(kPart) ? kTimes : kTimestamps;
  return {
      name, kMethod, 1, {accepts}, Type::integer, each<part<kPart>>, {kParts, signature, summary}};
}
template <Part kPart>
constexpr Function zoned_part(std::string_view name, std::string_view signature) {
  return {name,
          kMethod,
          2,
          {kTimestamps, kStrings},
          Type::integer,
          each<part_in_zone<kPart>>,
          {kParts, signature,
           "The same in a time zone: a name such as Europe/Berlin, or an offset such as +02:00."}};
}

constexpr std::array kTable{
    plain_part<Part::year>("getFullYear", "getFullYear(timestamp) -> int", "The year, in UTC."),
    zoned_part<Part::year>("getFullYear", "getFullYear(timestamp, string) -> int"),
    plain_part<Part::month>("getMonth", "getMonth(timestamp) -> int",
                            "The month, January is 0, in UTC."),
    zoned_part<Part::month>("getMonth", "getMonth(timestamp, string) -> int"),
    plain_part<Part::date>("getDate", "getDate(timestamp) -> int",
                           "The day of the month from 1, in UTC."),
    zoned_part<Part::date>("getDate", "getDate(timestamp, string) -> int"),
    plain_part<Part::day_of_month>("getDayOfMonth", "getDayOfMonth(timestamp) -> int",
                                   "The day of the month from 0, in UTC."),
    zoned_part<Part::day_of_month>("getDayOfMonth", "getDayOfMonth(timestamp, string) -> int"),
    plain_part<Part::day_of_week>("getDayOfWeek", "getDayOfWeek(timestamp) -> int",
                                  "The day of the week, Sunday is 0, in UTC."),
    zoned_part<Part::day_of_week>("getDayOfWeek", "getDayOfWeek(timestamp, string) -> int"),
    plain_part<Part::day_of_year>("getDayOfYear", "getDayOfYear(timestamp) -> int",
                                  "The day of the year from 0, in UTC."),
    zoned_part<Part::day_of_year>("getDayOfYear", "getDayOfYear(timestamp, string) -> int"),
    plain_part<Part::hours>("getHours", "getHours(timestamp | duration) -> int",
                            "The hour of the day, in UTC; of a duration: all its whole hours."),
    zoned_part<Part::hours>("getHours", "getHours(timestamp, string) -> int"),
    plain_part<Part::minutes>(
        "getMinutes", "getMinutes(timestamp | duration) -> int",
        "The minute of the hour, in UTC; of a duration: all its whole minutes."),
    zoned_part<Part::minutes>("getMinutes", "getMinutes(timestamp, string) -> int"),
    plain_part<Part::seconds>("getSeconds", "getSeconds(timestamp | duration) -> int",
                              "The second of the minute; of a duration: all its whole seconds."),
    zoned_part<Part::seconds>("getSeconds", "getSeconds(timestamp, string) -> int"),
    plain_part<Part::millis>("getMilliseconds", "getMilliseconds(timestamp | duration) -> int",
                             "The milliseconds behind the whole second."),
    zoned_part<Part::millis>("getMilliseconds", "getMilliseconds(timestamp, string) -> int"),
    Function{"time.parse",
             kGlobal,
             2,
             {kStrings, kStrings},
             Type::timestamp,
             each<parse>,
             {kTime, "time.parse(string, string) -> timestamp",
              "Reads a time in UTC by a pattern such as '%Y-%m-%d %H:%M:%S'."}},
    Function{"time.parse",
             kGlobal,
             3,
             {kStrings, kStrings, kStrings},
             Type::timestamp,
             each<parse_in>,
             {kTime, "time.parse(string, string, string) -> timestamp",
              "Reads a time of a zone by a pattern; an offset in the text counts instead."}},
    Function{"time.format",
             kGlobal,
             2,
             {kTimestamps, kStrings},
             Type::string,
             each<format>,
             {kTime, "time.format(timestamp, string) -> string",
              "Writes a time in UTC by a pattern such as '%F %T.%3f'."}},
    Function{"time.format",
             kGlobal,
             3,
             {kTimestamps, kStrings, kStrings},
             Type::string,
             each<format_in>,
             {kTime, "time.format(timestamp, string, string) -> string",
              "Writes a time as the clocks of a zone show it, by a pattern."}},
    Function{"time.truncate",
             kGlobal,
             2,
             {kTimestamps, kDurations},
             Type::timestamp,
             each<truncate>,
             {kTime, "time.truncate(timestamp, duration) -> timestamp",
              "The last multiple of the duration since 1970-01-01T00:00:00Z at or before it."}},
    Function{"time.epoch_ms",
             kGlobal,
             1,
             {kTimestamps},
             Type::integer,
             each<epoch_ms>,
             {kTime, "time.epoch_ms(timestamp) -> int",
              "Whole milliseconds since 1970-01-01T00:00:00Z, rounded down."}},
    Function{"time.from_epoch_ms",
             kGlobal,
             1,
             {kInts},
             Type::timestamp,
             each<from_epoch_ms>,
             {kTime, "time.from_epoch_ms(int) -> timestamp",
              "The time so many milliseconds after 1970-01-01T00:00:00Z."}},
};

}  // namespace

const std::span<const Function> kTimeFunctions{kTable};

}  // namespace leat::expr
