#include "expr/library/zones.h"
#include "unit/expr/function_cases.h"

namespace leat::expr::testing {
namespace {

// 2009-02-13T23:31:30.123456Z
constexpr std::int64_t kFriday = 1'234'567'890'123'456;

const Fields& times() {
  static const Fields kFields{
      {"t", Value::timestamp(kFriday)},
      {"old", Value::timestamp(-1)},  // 1969-12-31T23:59:59.999999Z
      {"d", Value::duration(3'730'321'000)},
      {"minus", Value::duration(-3'730'321'000)},
      {"zone", Value::string("Europe/Berlin")},
      {"s", Value::string("2026-03-29 02:30:00")},
      {"i", Value::integer(1'234'567'890'123)},
  };
  return kFields;
}

TEST(TimeParts, CountAsCelSays) {
  expect_values(
      {
          {"t.getFullYear()", "int 2009"},
          {"t.getMonth()", "int 1"},
          {"t.getDate()", "int 13"},
          {"t.getDayOfMonth()", "int 12"},
          {"t.getDayOfWeek()", "int 5"},
          {"t.getDayOfYear()", "int 43"},
          {"t.getHours()", "int 23"},
          {"t.getMinutes()", "int 31"},
          {"t.getSeconds()", "int 30"},
          {"t.getMilliseconds()", "int 123"},
          {"old.getFullYear()", "int 1969"},
          {"old.getDayOfYear()", "int 364"},
          {"old.getDayOfWeek()", "int 3"},
          {"old.getMilliseconds()", "int 999"},
          {"timestamp('0001-01-01T00:00:00Z').getDayOfWeek()", "int 1"},
          {"timestamp('9999-12-31T23:59:59Z').getDayOfYear()", "int 364"},
          {"timestamp('2024-02-29T00:00:00Z').getDayOfYear()", "int 59"},
          {"i.getHours()", "error NO_SUCH_OVERLOAD"},
          {"nothing.getHours()", "error NO_SUCH_FIELD"},
      },
      times());
}

TEST(TimeParts, AZoneMovesTheClock) {
  expect_values(
      {
          {"t.getDate('Australia/Sydney')", "int 14"},
          {"t.getDayOfMonth('US/Central')", "int 12"},
          {"t.getDayOfMonth('+11:00')", "int 13"},
          {"t.getHours('02:00')", "int 1"},
          {"t.getMinutes('Asia/Kathmandu')", "int 16"},
          {"t.getFullYear('-09:30')", "int 2009"},
          {"t.getSeconds('-00:00')", "int 30"},
          {"t.getHours('UTC')", "int 23"},
          {"t.getHours(zone)", "int 0"},
          {"t.getDayOfWeek(zone)", "int 6"},
          {"timestamp('2026-07-01T00:00:00Z').getHours(zone)", "int 2"},
          {"t.getMilliseconds(zone)", "int 123"},
          {"t.getHours('Mars/Olympus')", "error UNKNOWN_ZONE"},
          {"t.getHours('')", "error UNKNOWN_ZONE"},
          {"t.getHours('+24:00')", "error UNKNOWN_ZONE"},
          {"t.getHours('+2')", "error UNKNOWN_ZONE"},
          {"t.getHours('../../../etc/passwd')", "error UNKNOWN_ZONE"},
          {"t.getHours('/etc/localtime')", "error UNKNOWN_ZONE"},
          {"t.getHours(1)", "error NO_SUCH_OVERLOAD"},
          {"d.getHours('UTC')", "error NO_SUCH_OVERLOAD"},
      },
      times());
}

TEST(TimeParts, OfADurationAreTotals) {
  expect_values(
      {
          {"d.getHours()", "int 1"},
          {"d.getMinutes()", "int 62"},
          {"d.getSeconds()", "int 3730"},
          {"d.getMilliseconds()", "int 321"},
          {"minus.getSeconds()", "int -3730"},
          {"minus.getMilliseconds()", "int -321"},
          {"d.getFullYear()", "error NO_SUCH_OVERLOAD"},
      },
      times());
}

TEST(TimeParse, ReadsByPattern) {
  expect_values({
      {"time.parse('2026-01-02 03:04:05', '%Y-%m-%d %H:%M:%S')", "timestamp 1767323045000000"},
      {"time.parse('20260102', '%Y%m%d')", "timestamp 1767312000000000"},
      {"time.parse('2/1/2026 3:04 pm', '%d/%m/%Y %I:%M %p')", "timestamp 1767366240000000"},
      {"time.parse('12:30 AM', '%I:%M %p')", "timestamp 1800000000"},
      {"time.parse('Fri, 02 Jan 2026 00:00:00 +0100', '%a, %d %b %Y %T %z')",
       "timestamp 1767308400000000"},
      {"time.parse('2 JANUARY 2026', '%d %B %Y')", "timestamp 1767312000000000"},
      {"time.parse('02/May/2026', '%d/%b/%Y')", "timestamp 1777680000000000"},
      {"time.parse('1767323045.25', '%s.%f')", "timestamp 1767323045250000"},
      {"time.parse('1767323045', '%s')", "timestamp 1767323045000000"},
      {"time.parse('2026-002', '%Y-%j')", "timestamp 1767312000000000"},
      {"time.parse('26-01-02', '%y-%m-%d')", "timestamp 1767312000000000"},
      {"time.parse('2026-01-02T00:00:00.5Z', '%FT%T.%f%z')", "timestamp 1767312000500000"},
      {"time.parse('2026-01-02T00:00:00+05:30', '%FT%T%z')", "timestamp 1767292200000000"},
      {"time.parse('00:00:60', '%T')", "timestamp 60000000"},
      {"time.parse('10%', '%M%%')", "timestamp 600000000"},
      {"time.parse('123', '%3f')", "timestamp 123000"},
      {"time.parse('12', '%3f')", "error BAD_CONVERSION"},
  });
}

TEST(TimeParse, RefusesWhatIsNoSuchTime) {
  expect_values({
      {"time.parse('2026-02-30', '%F')", "error BAD_CONVERSION"},
      {"time.parse('2026-13-01', '%F')", "error BAD_CONVERSION"},
      {"time.parse('2025-366', '%Y-%j')", "error BAD_CONVERSION"},
      {"time.parse('24:00', '%R')", "error BAD_CONVERSION"},
      {"time.parse('2026-01-02x', '%F')", "error BAD_CONVERSION"},
      {"time.parse('2026-01', '%F')", "error BAD_CONVERSION"},
      {"time.parse('', '%F')", "error BAD_CONVERSION"},
      {"time.parse('', '')", "timestamp 0"},
      {"time.parse('0000-01-01', '%F')", "error OVERFLOW"},
      {"time.parse('99999999999999', '%s')", "error OVERFLOW"},
      {"time.parse('-9223372036854775808', '%s')", "error OVERFLOW"},
      {"time.parse('2026', '%Q')", "error INVALID_FORMAT"},
      {"time.parse('x', '%Y-%u')", "error INVALID_FORMAT"},
      {"time.parse('2026', '%Y%')", "error INVALID_FORMAT"},
      {"time.parse('2026', '%5f')", "error INVALID_FORMAT"},
      {"time.parse(2026, '%Y')", "error NO_SUCH_OVERLOAD"},
      {"time.parse('2026', '%Y', 'Nowhere')", "error UNKNOWN_ZONE"},
  });
}

TEST(TimeParse, InAZoneSkippedAndRepeatedTimesCountByTheOffsetBefore) {
  expect_values(
      {
          {"time.parse('2026-01-02 00:00', '%F %R', zone)", "timestamp 1767308400000000"},
          {"time.parse('2026-07-02 00:00', '%F %R', zone)", "timestamp 1782943200000000"},
          // 02:30 does not exist on that day: as if the clock had not been put forward.
          {"string(time.parse(s, '%F %T', zone))", "string 2026-03-29T01:30:00Z"},
          // 02:30 comes twice: the first.
          {"string(time.parse('2026-10-25 02:30', '%F %R', zone))", "string 2026-10-25T00:30:00Z"},
          {"time.parse('2026-01-02 00:00 +0000', '%F %R %z', zone)", "timestamp 1767312000000000"},
          {"time.parse('2026-01-02', '%F', '-09:30')", "timestamp 1767346200000000"},
      },
      times());
}

TEST(TimeFormat, WritesByPattern) {
  expect_values(
      {
          {"time.format(t, '%Y-%m-%dT%H:%M:%S.%fZ')", "string 2009-02-13T23:31:30.123456Z"},
          {"time.format(t, '%F %T.%3f|%9f')", "string 2009-02-13 23:31:30.123|123456000"},
          {"time.format(t, '%a %A %b %B %j %u %w')", "string Fri Friday Feb February 044 5 5"},
          {"time.format(t, '%I:%M %p %y %e %s')", "string 11:31 PM 09 13 1234567890"},
          {"time.format(t, '%G-W%V %%')", "string 2009-W07 %"},
          {"time.format(timestamp('2027-01-01T00:00:00Z'), '%G-W%V')", "string 2026-W53"},
          {"time.format(timestamp('2024-12-30T00:00:00Z'), '%G-W%V')", "string 2025-W01"},
          {"time.format(t, '%F %R %z %:z', zone)", "string 2009-02-14 00:31 +0100 +01:00"},
          {"time.format(t, '%R %z', '-09:30')", "string 14:01 -0930"},
          {"time.format(old, '%F %T.%f %s')", "string 1969-12-31 23:59:59.999999 -1"},
          {"time.format(timestamp('0001-01-01T00:00:00Z'), '%F', '-01:00')", "string 0000-12-31"},
          {"time.format(t, '')", "string "},
          {"time.format(t, 'Köln %d')", "string Köln 13"},
          {"time.format(t, '%Q')", "error INVALID_FORMAT"},
          {"time.format(t, '%')", "error INVALID_FORMAT"},
          {"time.format(t, '%3S')", "error INVALID_FORMAT"},
          {"time.format(t, '%F', 'Nowhere')", "error UNKNOWN_ZONE"},
          {"time.format(i, '%F')", "error NO_SUCH_OVERLOAD"},
          {"time.parse(time.format(t, '%F %T.%f'), '%F %T.%f') == t", "true"},
      },
      times());
}

TEST(TimeTruncate, GoesBackToAMultipleSinceTheEpoch) {
  expect_values(
      {
          {"string(time.truncate(t, duration('1h')))", "string 2009-02-13T23:00:00Z"},
          {"string(time.truncate(t, duration('15m')))", "string 2009-02-13T23:30:00Z"},
          {"string(time.truncate(t, duration('24h')))", "string 2009-02-13T00:00:00Z"},
          {"string(time.truncate(t, duration('100ms')))", "string 2009-02-13T23:31:30.1Z"},
          {"string(time.truncate(old, duration('1s')))", "string 1969-12-31T23:59:59Z"},
          {"string(time.truncate(old, duration('24h')))", "string 1969-12-31T00:00:00Z"},
          {"time.truncate(timestamp('9999-12-31T23:59:59.999999999Z'), duration('1ns')) == "
           "timestamp('9999-12-31T23:59:59.999999999Z')",
           "true"},
          {"time.truncate(timestamp('0001-01-01T00:00:00Z'), duration('2000000h'))",
           "error OVERFLOW"},
          {"time.truncate(t, duration('0s'))", "error OUT_OF_RANGE"},
          {"time.truncate(t, duration('-1s'))", "error OUT_OF_RANGE"},
          {"time.truncate(t, 1)", "error NO_SUCH_OVERLOAD"},
      },
      times());
}

TEST(TimeEpoch, MillisecondsThereAndBack) {
  expect_values(
      {
          {"time.epoch_ms(t)", "int 1234567890123"},
          {"time.epoch_ms(old)", "int -1"},
          {"time.from_epoch_ms(i)", "timestamp 1234567890123000"},
          {"time.from_epoch_ms(-1)", "timestamp -1000"},
          {"time.from_epoch_ms(-1000)", "timestamp -1000000"},
          {"time.epoch_ms(time.from_epoch_ms(-1999))", "int -1999"},
          {"time.from_epoch_ms(9223372036854775807)", "error OVERFLOW"},
          {"time.from_epoch_ms(-9223372036854775807)", "error OVERFLOW"},
          {"time.from_epoch_ms(1.5)", "error NO_SUCH_OVERLOAD"},
      },
      times());
}

TEST(Zone, KnowsOffsetsAndNames) {
  EXPECT_EQ(Zone::find("UTC")->offset_at(0), 0);
  EXPECT_EQ(Zone::find("+05:45")->offset_at(0), 20'700);
  EXPECT_EQ(Zone::find("-9:30")->offset_at(0), -34'200);
  EXPECT_EQ(Zone::find("Europe/Berlin")->offset_at(1'767'312'000), 3'600);
  EXPECT_EQ(Zone::find("Europe/Berlin")->offset_at(1'782'950'400), 7'200);
  EXPECT_EQ(Zone::find("Europe/Berlin")->unix_of(1'782'950'400), 1'782'943'200);
}

TEST(Zone, RefusesEverythingElse) {
  for (const char* name : {"", "Europe", "europe/berlin", "posix/Europe/Berlin", "localtime",
                           "zone.tab", "Europe/Berlin ", "+24:00", "+02:60", "+2", "2", ":", "+:00",
                           "+02:0", "+02:000", "--02:00", "Europe/../Europe/Berlin"})
    EXPECT_FALSE(Zone::find(name).has_value()) << name;
  EXPECT_FALSE(Zone::find(std::string_view("UTC\0", 4)).has_value());
  EXPECT_FALSE(Zone::find(std::string(10'000, 'A')).has_value());
}

TEST(Zone, ManyNamesInTurnKeepTheirMeaning) {
  const char* const names[] = {"Europe/Berlin", "Asia/Tokyo",       "America/New_York",
                               "Asia/Kolkata",  "Australia/Sydney", "Africa/Nairobi"};
  const std::int64_t offsets[] = {3'600, 32'400, -18'000, 19'800, 39'600, 10'800};
  for (int round = 0; round < 3; ++round)
    for (std::size_t i = 0; i < std::size(names); ++i)
      EXPECT_EQ(Zone::find(names[i])->offset_at(1'767'312'000), offsets[i]) << names[i];
}

}  // namespace
}  // namespace leat::expr::testing
