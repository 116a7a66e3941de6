#include "expr/times.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace leat::expr {
namespace {

constexpr record::RowError kNoTimestamp{kBadConversion.code,
                                        "a text is no time as RFC 3339 writes it: "
                                        "2026-01-31T12:00:00Z (time.parse() reads other forms)"};
constexpr record::RowError kNoDuration{
    kBadConversion.code,
    "a text is no duration: numbers with h, m, s, ms, us or ns behind them (a day is 24h)"};

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kTimeMin = -62'135'596'800;  // 0001-01-01T00:00:00Z
constexpr std::int64_t kTimeMax = 253'402'300'799;  // 9999-12-31T23:59:59Z
__extension__ using Wide = __int128;
constexpr Wide kSpanMax = std::numeric_limits<std::int64_t>::max();  // nanoseconds

// Nanoseconds beyond a second are carried; false when the seconds overflow.
bool carry(std::int64_t& seconds, std::int64_t& nanos) {
  std::int64_t whole = nanos / kNanosPerSecond;
  nanos %= kNanosPerSecond;
  if (nanos < 0) nanos += kNanosPerSecond, --whole;
  return !__builtin_add_overflow(seconds, whole, &seconds);
}

std::int64_t micros_of(std::int64_t seconds, std::int64_t nanos) {
  return seconds * kMicrosPerSecond + nanos / 1000;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads parts of a text from its front; after a misfit ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  bool ok() const { return ok_; }
  bool at_end() const { return text_.empty(); }
  bool accept(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) ok_ = false;
  }
  std::int64_t digits(std::size_t count, std::int64_t least, std::int64_t most) {
    std::int64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (i >= text_.size() || !is_digit(text_[i])) return ok_ = false, 0;
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(count);
    if (value < least || value > most) ok_ = false;
    return value;
  }
  // The digits behind a point as nanoseconds; further ones are dropped.
  std::int64_t fraction() {
    std::int64_t nanos = 0;
    std::int64_t unit = kNanosPerSecond / 10;
    if (text_.empty() || !is_digit(text_[0])) ok_ = false;
    for (; !text_.empty() && is_digit(text_[0]); text_.remove_prefix(1), unit /= 10)
      nanos += (text_[0] - '0') * unit;
    return nanos;
  }
  // `Z` or `+01:00`: seconds east of UTC.
  std::int64_t zone() {
    if (accept('Z') || accept('z')) return 0;
    const bool west = accept('-');
    if (!west) expect('+');
    const std::int64_t hours = digits(2, 0, 23);
    expect(':');
    const std::int64_t seconds = hours * 3600 + digits(2, 0, 59) * 60;
    return west ? -seconds : seconds;
  }

 private:
  std::string_view text_;
  bool ok_ = true;
};

char* put_digits(char* out, std::int64_t value, int width) {
  for (int i = width - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
  return out + width;
}

// ".25" of 250 000 000 nanoseconds; nothing of 0.
char* put_fraction(char* out, std::int64_t nanos) {
  if (nanos == 0) return out;
  *out++ = '.';
  char* end = put_digits(out, nanos, 9);
  while (end[-1] == '0') --end;
  return end;
}

Value in_arena(base::Arena& arena, const char* begin, const char* end) {
  return Value::string(arena.copy({begin, static_cast<std::size_t>(end - begin)}));
}

struct Unit {
  std::string_view name;
  std::int64_t nanos;
};
constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                      {"us", 1'000},
                                      {"\u00b5s", 1'000},
                                      {"\u03bcs", 1'000},
                                      {"ms", 1'000'000},
                                      {"s", kNanosPerSecond},
                                      {"m", 60 * kNanosPerSecond},
                                      {"h", 3'600 * kNanosPerSecond}}};

// One `1.5h` from the front of the text, in nanoseconds; false when there is none.
bool take_part(std::string_view& text, Wide& nanos) {
  constexpr Wide kMost = kSpanMax * 4;
  Wide number = 0;
  Wide scale = 1;  // a fraction of 15 digits and more is cut there
  bool point = false;
  std::size_t digits = 0;
  std::size_t at = 0;
  for (; at < text.size() && (is_digit(text[at]) || (text[at] == '.' && !point)); ++at) {
    if (text[at] == '.') {
      point = true;
      continue;
    }
    ++digits;
    if (point && scale >= 1'000'000'000'000'000) continue;
    number = number * 10 + (text[at] - '0');
    if (point) scale *= 10;
    if (number / scale > kMost) number = kMost * scale;
  }
  if (digits == 0) return false;
  text.remove_prefix(at);
  const Unit* unit = nullptr;
  for (const Unit& known : kUnits)
    if (unit == nullptr && text.starts_with(known.name)) unit = &known;
  if (unit == nullptr) return false;
  text.remove_prefix(unit->name.size());
  const Wide whole = number / scale;
  nanos = (whole > kMost ? kMost : whole) * unit->nanos + number % scale * unit->nanos / scale;
  return true;
}

}  // namespace

Instant instant_of(const Value& value) noexcept {
  const std::int64_t us = value.as_integer();
  std::int64_t seconds = us / kMicrosPerSecond;
  std::int64_t micros = us % kMicrosPerSecond;
  if (micros < 0) micros += kMicrosPerSecond, --seconds;
  return {seconds, micros * 1000 + value.as_nanos()};
}

Value make_timestamp(std::int64_t seconds, std::int64_t nanos) noexcept {
  if (!carry(seconds, nanos) || seconds < kTimeMin || seconds > kTimeMax) return fail(kOverflow);
  return Value::timestamp(micros_of(seconds, nanos), static_cast<std::uint32_t>(nanos % 1000));
}

Value make_duration(std::int64_t seconds, std::int64_t nanos) noexcept {
  if (!carry(seconds, nanos)) return fail(kOverflow);
  const Wide all = Wide{seconds} * kNanosPerSecond + nanos;
  if (all > kSpanMax || all < -kSpanMax) return fail(kOverflow);
  return Value::duration(micros_of(seconds, nanos), static_cast<std::uint32_t>(nanos % 1000));
}

std::int64_t total_nanos(const Value& duration) noexcept {
  const Wide all = Wide{duration.as_integer()} * 1000 + duration.as_nanos();
  return static_cast<std::int64_t>(std::min(std::max(all, -kSpanMax), kSpanMax));
}

Date date_of(std::int64_t days) noexcept {
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

std::int64_t days_of(const Date& date) noexcept {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t of_era = year - era * 400;
  const std::int64_t shifted_month = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t of_year = (153 * shifted_month + 2) / 5 + date.day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

std::int64_t days_in_month(std::int64_t year, std::int64_t month) noexcept {
  const Date next = month == 12 ? Date{year + 1, 1, 1} : Date{year, month + 1, 1};
  return days_of(next) - days_of({year, month, 1});
}

Value parse_timestamp(std::string_view text) noexcept {
  Reader in(text);
  Date date{};
  date.year = in.digits(4, 0, 9999);
  in.expect('-');
  date.month = in.digits(2, 1, 12);
  in.expect('-');
  date.day = in.digits(2, 1, 31);
  if (!in.accept('t')) in.expect('T');
  std::int64_t seconds = in.digits(2, 0, 23) * 3600;
  in.expect(':');
  seconds += in.digits(2, 0, 59) * 60;
  in.expect(':');
  seconds += in.digits(2, 0, 59);
  const std::int64_t nanos = in.accept('.') ? in.fraction() : 0;
  const std::int64_t east = in.zone();
  if (!in.ok() || !in.at_end() || date.day > days_in_month(date.year, date.month))
    return fail(kNoTimestamp);
  return make_timestamp(days_of(date) * kSecondsPerDay + seconds - east, nanos);
}

Value timestamp_text(base::Arena& arena, const Value& timestamp) {
  const Instant at = instant_of(timestamp);
  std::int64_t days = at.seconds / kSecondsPerDay;
  std::int64_t rest = at.seconds % kSecondsPerDay;
  if (rest < 0) rest += kSecondsPerDay, --days;
  const Date date = date_of(days);
  if (date.year < 0 || date.year > 9999) return fail(kOutOfRange);
  char text[40];
  char* out = put_digits(text, date.year, 4);
  *out++ = '-', out = put_digits(out, date.month, 2);
  *out++ = '-', out = put_digits(out, date.day, 2);
  *out++ = 'T', out = put_digits(out, rest / 3600, 2);
  *out++ = ':', out = put_digits(out, rest / 60 % 60, 2);
  *out++ = ':', out = put_digits(out, rest % 60, 2);
  out = put_fraction(out, at.nanos);
  *out++ = 'Z';
  return in_arena(arena, text, out);
}

Value parse_duration(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return Value::duration(0);
  if (text.empty()) return fail(kNoDuration);
  Wide all = 0;
  while (!text.empty()) {
    Wide part = 0;
    if (!take_part(text, part)) return fail(kNoDuration);
    all += part;
    if (all > kSpanMax) return fail(kOverflow);
  }
  const auto seconds = static_cast<std::int64_t>(all / kNanosPerSecond);
  const auto nanos = static_cast<std::int64_t>(all % kNanosPerSecond);
  return negative ? make_duration(-seconds, -nanos) : make_duration(seconds, nanos);
}

Value duration_text(base::Arena& arena, const Value& duration) {
  Instant span = instant_of(duration);
  char text[40];
  char* out = text;
  if (span.seconds < 0) {
    *out++ = '-';
    span.seconds = span.nanos == 0 ? -span.seconds : -span.seconds - 1;
    if (span.nanos != 0) span.nanos = kNanosPerSecond - span.nanos;
  }
  out = std::to_chars(out, text + sizeof text, span.seconds).ptr;
  out = put_fraction(out, span.nanos);
  *out++ = 's';
  return in_arena(arena, text, out);
}

}  // namespace leat::expr
