#include "spec/time.h"

#include <cstddef>
#include <cstdint>

namespace leat::spec {
namespace {

// Reads exactly `count` digits off the front.
bool take_digits(std::string_view& text, std::size_t count, int& out) noexcept {
  if (text.size() < count) return false;
  out = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool take(std::string_view& text, char c) noexcept {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

int days_in_month(int year, int month) noexcept {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

bool take_date(std::string_view& text, std::int64_t& days) noexcept {
  int year = 0, month = 0, day = 0;
  if (!take_digits(text, 4, year) || !take(text, '-') || !take_digits(text, 2, month) ||
      !take(text, '-') || !take_digits(text, 2, day))
    return false;
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return false;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  days = std::chrono::sys_days(date).time_since_epoch().count();
  return true;
}

bool take_fraction(std::string_view& text, std::int64_t& ns) noexcept {
  if (!take(text, '.')) return true;
  std::int64_t scale = 100'000'000;
  std::size_t digits = 0;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    ns += (text[0] - '0') * scale;
    scale /= 10;
    ++digits;
    text.remove_prefix(1);
  }
  return digits > 0;
}

bool take_zone(std::string_view& text, std::int64_t& seconds) noexcept {
  if (take(text, 'Z') || take(text, 'z')) return true;
  const bool minus = !text.empty() && text[0] == '-';
  int hours = 0, minutes = 0;
  if (!(take(text, '+') || take(text, '-')) || !take_digits(text, 2, hours) || !take(text, ':') ||
      !take_digits(text, 2, minutes) || hours > 23 || minutes > 59)
    return false;
  seconds = (minus ? -1 : 1) * (hours * 3600 + minutes * 60);
  return true;
}

}  // namespace

std::optional<WallTime> parse_rfc3339(std::string_view text) noexcept {
  std::uint32_t ignored = 0;
  return parse_rfc3339(text, ignored);
}

std::optional<WallTime> parse_rfc3339(std::string_view text, std::uint32_t& nanos) noexcept {
  std::int64_t days = 0, ns = 0, zone = 0;
  int hour = 0, minute = 0, second = 0;
  if (!take_date(text, days) || !(take(text, 'T') || take(text, 't'))) return std::nullopt;
  if (!take_digits(text, 2, hour) || !take(text, ':') || !take_digits(text, 2, minute) ||
      !take(text, ':') || !take_digits(text, 2, second) || hour > 23 || minute > 59 || second > 60)
    return std::nullopt;
  if (!take_fraction(text, ns) || !take_zone(text, zone) || !text.empty()) return std::nullopt;
  nanos = static_cast<std::uint32_t>(ns % 1000);
  const std::int64_t seconds = days * 86'400 + hour * 3600 + minute * 60 + second - zone;
  return WallTime{seconds * 1'000'000 + ns / 1000};
}

}  // namespace leat::spec
