#include "expr/library/time_pattern.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include "expr/library/text_builder.h"
#include "expr/times.h"

namespace leat::expr {
namespace {

using Names = std::array<std::string_view, 12>;

constexpr Names kMonths{"January", "February", "March",     "April",   "May",      "June",
                        "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                "Thursday", "Friday", "Saturday"};

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::int64_t floor_mod(std::int64_t a, std::int64_t b) {
  const std::int64_t rest = a % b;
  return rest < 0 ? rest + b : rest;
}

// Sunday = 0. 1970-01-01 was a Thursday.
std::int64_t weekday_of(std::int64_t days) { return floor_mod(days + 4, 7); }

// One directive of a pattern: '%', an optional digit or colon, a letter.
struct Directive {
  char letter = 0;  // 0: the pattern ends in the middle
  char flag = 0;
};
Directive take_directive(std::string_view& pattern) {
  Directive made;
  if (!pattern.empty() && (is_digit(pattern[0]) || pattern[0] == ':')) {
    made.flag = pattern[0];
    pattern.remove_prefix(1);
  }
  if (pattern.empty()) return {};
  made.letter = pattern[0];
  pattern.remove_prefix(1);
  if (made.flag == 0) return made;
  const bool fits = made.letter == 'f' ? made.flag == '3' || made.flag == '6' || made.flag == '9'
                                       : made.letter == 'z' && made.flag == ':';
  return fits ? made : Directive{};
}

// The directives that stand for several.
std::string_view expansion_of(char letter) {
  switch (letter) {
    case 'F': return "%Y-%m-%d";
    case 'T': return "%H:%M:%S";
    case 'R': return "%H:%M";
    default: return {};
  }
}

constexpr TimeDirective kDirectives[] = {
    {"%Y", "year, four digits"},
    {"%y", "year of two digits: 00–68 are 2000–2068, 69–99 are 1969–1999"},
    {"%m", "month 01–12"},
    {"%b %B", "month as Jan, as January; both are read in either form and any case"},
    {"%d", "day of the month 01–31"},
    {"%e", "the same without a leading zero"},
    {"%j", "day of the year 001–366"},
    {"%H", "hour 00–23"},
    {"%I", "hour 01–12, with `%p`"},
    {"%p", "AM or PM"},
    {"%M", "minute 00–59"},
    {"%S", "second 00–60; 60 is the second after 59"},
    {"%f", "fraction of a second: six digits when written, one to nine when read"},
    {"%3f %6f %9f", "fraction of exactly so many digits"},
    {"%z",
     "offset as +0200; read also as +02:00, +02 and Z, and then it counts instead of the zone"},
    {"%:z", "offset as +02:00; read as `%z` is"},
    {"%a %A", "weekday as Mon, as Monday; read in either form, and not compared with the date"},
    {"%s", "Unix seconds"},
    {"%F", "`%Y-%m-%d`"},
    {"%T", "`%H:%M:%S`"},
    {"%R", "`%H:%M`"},
    {"%u", "weekday 1–7 from Monday", true},
    {"%w", "weekday 0–6 from Sunday", true},
    {"%G %V", "year and week of ISO 8601", true},
    {"%%", "a percent sign"},
};

// ---- writing

class Writer {
 public:
  Writer(base::Arena& arena, const Value& timestamp, const Zone& zone) : out_(arena) {
    const Instant instant = instant_of(timestamp);
    unix_ = instant.seconds;
    nanos_ = instant.nanos;
    offset_ = zone.offset_at(unix_);
    const std::int64_t civil = unix_ + offset_;
    second_ = floor_mod(civil, kSecondsPerDay);
    days_ = (civil - second_) / kSecondsPerDay;
    date_ = date_of(days_);
  }

  bool write(std::string_view pattern) {
    while (!pattern.empty()) {
      const std::size_t percent = pattern.find('%');
      out_.put(pattern.substr(0, percent));
      if (percent == std::string_view::npos) return true;
      pattern.remove_prefix(percent + 1);
      if (!directive(take_directive(pattern))) return false;
    }
    return true;
  }
  Value finish() { return out_.string(); }

 private:
  bool directive(Directive wanted) {
    switch (wanted.letter) {
      case '%': out_.put('%'); return true;
      case 'Y': number(date_.year, 4); return true;
      case 'y': number(floor_mod(date_.year, 100), 2); return true;
      case 'm': number(date_.month, 2); return true;
      case 'd': number(date_.day, 2); return true;
      case 'e': number(date_.day, 1); return true;
      case 'H': number(second_ / 3600, 2); return true;
      case 'I': number((second_ / 3600 + 11) % 12 + 1, 2); return true;
      case 'M': number(second_ / 60 % 60, 2); return true;
      case 'S': number(second_ % 60, 2); return true;
      case 'p': out_.put(second_ < kSecondsPerDay / 2 ? "AM" : "PM"); return true;
      case 'f': fraction(wanted.flag == 0 ? 6 : wanted.flag - '0'); return true;
      case 'j': number(day_of_year() + 1, 3); return true;
      case 's': number(unix_, 1); return true;
      case 'z': offset(wanted.flag == ':'); return true;
      default: return name(wanted.letter);
    }
  }

  bool name(char letter) {
    const std::int64_t weekday = weekday_of(days_);
    const std::string_view day = kDays[static_cast<std::size_t>(weekday)];
    const std::string_view month = kMonths[static_cast<std::size_t>(date_.month - 1)];
    switch (letter) {
      case 'a': out_.put(day.substr(0, 3)); return true;
      case 'A': out_.put(day); return true;
      case 'b': out_.put(month.substr(0, 3)); return true;
      case 'B': out_.put(month); return true;
      case 'u': number(weekday == 0 ? 7 : weekday, 1); return true;
      case 'w': number(weekday, 1); return true;
      case 'G':
      case 'V': iso_week(letter); return true;
      default: break;
    }
    const std::string_view longer = expansion_of(letter);
    return !longer.empty() && write(longer);
  }

  void number(std::int64_t value, int width) {
    char text[24];
    const bool negative = value < 0;
    char* const end = std::to_chars(text, text + sizeof text, negative ? -value : value).ptr;
    if (negative) out_.put('-');
    for (std::int64_t have = end - text; have < width; ++have) out_.put('0');
    out_.put(std::string_view(text, static_cast<std::size_t>(end - text)));
  }

  void fraction(int digits) {
    std::int64_t value = nanos_;
    for (int i = digits; i < 9; ++i) value /= 10;
    number(value, digits);
  }

  void offset(bool colon) {
    const std::int64_t minutes = (offset_ < 0 ? -offset_ : offset_) / 60;
    out_.put(offset_ < 0 ? '-' : '+');
    number(minutes / 60, 2);
    if (colon) out_.put(':');
    number(minutes % 60, 2);
  }

  std::int64_t day_of_year() const { return days_ - days_of({date_.year, 1, 1}); }

  // ISO 8601: the week belongs to the year in which its Thursday lies.
  void iso_week(char letter) {
    const std::int64_t thursday = days_ - (weekday_of(days_) + 6) % 7 + 3;
    const std::int64_t year = date_of(thursday).year;
    if (letter == 'G') return number(year, 4);
    number((thursday - days_of({year, 1, 1})) / 7 + 1, 2);
  }

  TextBuilder out_;
  std::int64_t unix_ = 0;
  std::int64_t nanos_ = 0;
  std::int64_t offset_ = 0;
  std::int64_t second_ = 0;  // of the day
  std::int64_t days_ = 0;
  Date date_{};
};

// ---- reading

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool read(std::string_view pattern) {
    while (!pattern.empty()) {
      const char c = pattern[0];
      pattern.remove_prefix(1);
      if (c == '%') {
        if (!directive(take_directive(pattern))) return false;
      } else if (is_space(c)) {
        skip_space();
      } else if (!accept(c)) {
        return false;
      }
    }
    return true;
  }

  bool at_end() const { return text_.empty(); }

  Value finish(const Zone& zone) const {
    if (unix_) return make_timestamp(*unix_, nanos_);
    std::int64_t hour = hour_;
    if (half_) hour = hour % 12 + *half_ * 12;
    if (day_ > days_in_month(year_, month_)) return fail(kBadConversion);
    std::int64_t days = days_of({year_, month_, day_});
    if (day_of_year_) days = days_of({year_, 1, 1}) + *day_of_year_ - 1;
    if (day_of_year_ && date_of(days).year != year_) return fail(kBadConversion);
    const std::int64_t civil = days * kSecondsPerDay + hour * 3600 + minute_ * 60 + second_;
    return make_timestamp(offset_ ? civil - *offset_ : zone.unix_of(civil), nanos_);
  }

 private:
  bool directive(Directive wanted) {
    switch (wanted.letter) {
      case '%': return accept('%');
      case 'Y': return number(year_, 4, 0, 9999);
      case 'y': return short_year();
      case 'm': return number(month_, 2, 1, 12);
      case 'e': skip_space(); [[fallthrough]];
      case 'd': return number(day_, 2, 1, 31);
      case 'H': return number(hour_, 2, 0, 23);
      case 'I': return number(hour_, 2, 1, 12);
      case 'M': return number(minute_, 2, 0, 59);
      case 'S': return number(second_, 2, 0, 60);
      case 'p': return half_of_day();
      case 'f': return fraction(wanted.flag);
      case 'j': return number(day_of_year_.emplace(), 3, 1, 366);
      case 's': return unix_seconds();
      case 'z': return offset();
      case 'a':
      case 'A': return name(kDays).has_value();
      case 'b':
      case 'B': return month_name();
      default: break;
    }
    const std::string_view longer = expansion_of(wanted.letter);
    return !longer.empty() && read(longer);
  }

  bool accept(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void skip_space() {
    while (!text_.empty() && is_space(text_[0])) text_.remove_prefix(1);
  }

  bool number(std::int64_t& out, std::size_t digits, std::int64_t low, std::int64_t high) {
    out = 0;
    std::size_t taken = 0;
    for (; taken < digits && !text_.empty() && is_digit(text_[0]); ++taken) {
      out = out * 10 + (text_[0] - '0');
      text_.remove_prefix(1);
    }
    return taken > 0 && out >= low && out <= high;
  }

  bool short_year() {
    if (!number(year_, 2, 0, 99)) return false;
    year_ += year_ < 69 ? 2000 : 1900;
    return true;
  }

  bool half_of_day() {
    if (text_.size() < 2 || lower(text_[1]) != 'm') return false;
    const char half = lower(text_[0]);
    if (half != 'a' && half != 'p') return false;
    half_ = half == 'p' ? 1 : 0;
    text_.remove_prefix(2);
    return true;
  }

  bool fraction(char flag) {
    const std::size_t most = flag == 0 ? 9 : static_cast<std::size_t>(flag - '0');
    std::size_t taken = 0;
    nanos_ = 0;
    for (; taken < most && !text_.empty() && is_digit(text_[0]); ++taken) {
      nanos_ = nanos_ * 10 + (text_[0] - '0');
      text_.remove_prefix(1);
    }
    for (std::size_t i = taken; i < 9; ++i) nanos_ *= 10;
    return flag == 0 ? taken > 0 : taken == most;
  }

  bool unix_seconds() {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc()) return false;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    unix_ = value;
    return true;
  }

  bool offset() {
    if (accept('Z') || accept('z')) {
      offset_ = 0;
      return true;
    }
    const bool west = accept('-');
    if (!west && !accept('+')) return false;
    std::int64_t hours = 0;
    std::int64_t minutes = 0;
    if (!number(hours, 2, 0, 23)) return false;
    const bool colon = accept(':');
    if ((colon || (!text_.empty() && is_digit(text_[0]))) && !number(minutes, 2, 0, 59))
      return false;
    const std::int64_t seconds = hours * 3600 + minutes * 60;
    offset_ = west ? -seconds : seconds;
    return true;
  }

  // The index of the name that stands here, full or its first three letters.
  template <std::size_t kCount>
  std::optional<std::size_t> name(const std::array<std::string_view, kCount>& names) {
    for (std::size_t i = 0; i < kCount; ++i) {
      if (!begins_with(names[i].substr(0, 3))) continue;
      text_.remove_prefix(begins_with(names[i]) ? names[i].size() : 3);
      return i;
    }
    return std::nullopt;
  }
  bool begins_with(std::string_view word) const {
    if (text_.size() < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i)
      if (lower(text_[i]) != lower(word[i])) return false;
    return true;
  }
  bool month_name() {
    const std::optional<std::size_t> found = name(kMonths);
    if (found) month_ = static_cast<std::int64_t>(*found) + 1;
    return found.has_value();
  }

  std::string_view text_;
  std::int64_t year_ = 1970;
  std::int64_t month_ = 1;
  std::int64_t day_ = 1;
  std::int64_t hour_ = 0;
  std::int64_t minute_ = 0;
  std::int64_t second_ = 0;
  std::int64_t nanos_ = 0;
  std::optional<std::int64_t> half_;
  std::optional<std::int64_t> day_of_year_;
  std::optional<std::int64_t> offset_;
  std::optional<std::int64_t> unix_;
};

// Whether every directive of a pattern is one that can be read: the text may not have got there.
bool is_readable(std::string_view pattern) {
  while (!pattern.empty()) {
    const char c = pattern[0];
    pattern.remove_prefix(1);
    if (c != '%') continue;
    const char letter = take_directive(pattern).letter;
    if (letter == 0 ||
        std::string_view("%YymedHIMSpfjszaAbBFTR").find(letter) == std::string_view::npos)
      return false;
  }
  return true;
}

}  // namespace

std::span<const TimeDirective> time_directives() noexcept { return kDirectives; }

Value parse_time(std::string_view text, std::string_view pattern, const Zone& zone) noexcept {
  Reader reader(text);
  const bool fits = reader.read(pattern);
  if (!fits && !is_readable(pattern)) return fail(kInvalidFormat);
  return fits && reader.at_end() ? reader.finish(zone) : fail(kBadConversion);
}

Value format_time(base::Arena& arena, const Value& timestamp, std::string_view pattern,
                  const Zone& zone) {
  Writer writer(arena, timestamp, zone);
  return writer.write(pattern) ? writer.finish() : fail(kInvalidFormat);
}

}  // namespace leat::expr
