#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <regex>

#include <fmt/format.h>

#include "reference/interpreter.h"

namespace leat::reference {
namespace {

using Type = record::Type;
using Arguments = std::vector<Thing>;

constexpr std::int64_t kSecond = 1'000'000'000;

Thing no_overload() { return make_error("NO_SUCH_OVERLOAD"); }
Thing bad_conversion() { return make_error("BAD_CONVERSION"); }
Thing out_of_range() { return make_error("OUT_OF_RANGE"); }

// ---- code points

using Points = std::u32string;

Points decode(const std::string& utf8) {
  Points points;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) == 0x80)
      points.back() = points.back() << 6 | (byte & 0x3F);
    else
      points.push_back(byte < 0x80 ? byte
                                   : byte & (byte < 0xE0   ? 0x1F
                                             : byte < 0xF0 ? 0x0F
                                                           : 0x07));
  }
  return points;
}

std::string encode(const Points& points) {
  std::string utf8;
  const auto put = [&utf8](char32_t byte) { utf8.push_back(static_cast<char>(byte)); };
  for (const char32_t c : points) {
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
      put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
    } else {
      put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F));
      put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
    }
  }
  return utf8;
}

bool valid_utf8(const std::string& bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return static_cast<signed char>(c) >= 0; }) ||
         encode(decode("x" + bytes)) == "x" + bytes;
}

// ---- times

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return (a - ((a % b + b) % b)) / b; }

std::string fraction(std::int64_t nanos) {
  if (nanos == 0) return "";
  std::string digits = fmt::format(".{:09}", nanos);
  while (digits.back() == '0') digits.pop_back();
  return digits;
}

struct Civil {
  std::chrono::year_month_day date;
  std::int64_t days;
  std::int64_t second_of_day;
  std::int64_t nanos;
};

Civil civil_of(Wide nanos) {
  Wide seconds = nanos / kSecond;
  auto rest = static_cast<std::int64_t>(nanos % kSecond);
  if (rest < 0) rest += kSecond, seconds -= 1;
  const auto all = static_cast<std::int64_t>(seconds);
  const std::int64_t days = floor_div(all, 86400);
  const std::chrono::sys_days day{std::chrono::days(days)};
  return {std::chrono::year_month_day(day), days, all - days * 86400, rest};
}

std::string timestamp_text(const Thing& t) {
  const Civil c = civil_of(t.nanos);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", static_cast<int>(c.date.year()),
                     static_cast<unsigned>(c.date.month()), static_cast<unsigned>(c.date.day()),
                     c.second_of_day / 3600, c.second_of_day / 60 % 60, c.second_of_day % 60,
                     fraction(c.nanos));
}

std::string duration_text(const Thing& d) {
  const Wide size = d.nanos < 0 ? -d.nanos : d.nanos;
  return fmt::format("{}{}{}s", d.nanos < 0 ? "-" : "", static_cast<std::int64_t>(size / kSecond),
                     fraction(static_cast<std::int64_t>(size % kSecond)));
}

// What the generator writes: 2026-01-01T00:00:00[.fraction]Z.
Thing parse_timestamp(const std::string& text) {
  static const std::regex kForm(R"((\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?Z)");
  std::smatch m;
  if (!std::regex_match(text, m, kForm)) return bad_conversion();
  const std::chrono::year_month_day date{std::chrono::year(std::stoi(m[1])),
                                         std::chrono::month(static_cast<unsigned>(std::stoi(m[2]))),
                                         std::chrono::day(static_cast<unsigned>(std::stoi(m[3])))};
  const int hour = std::stoi(m[4]);
  const int minute = std::stoi(m[5]);
  const int second = std::stoi(m[6]);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return bad_conversion();
  std::string digits = m[7].matched ? m[7].str().substr(1) : "";
  digits.resize(9, '0');
  const Wide days = std::chrono::sys_days(date).time_since_epoch().count();
  return make_timestamp((days * 86400 + hour * 3600 + minute * 60 + second) * kSecond +
                        std::stoll(digits));
}

// What the generator writes: whole numbers with units.
Thing parse_duration(const std::string& text) {
  static const std::regex kForm(R"(-?((\d+)(h|m|s|ms|us|ns))+)");
  static const std::regex kPart(R"((\d+)(h|ms|us|ns|m|s))");
  if (!std::regex_match(text, kForm)) return bad_conversion();
  Wide nanos = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), kPart), end; it != end; ++it) {
    const std::string unit = (*it)[2];
    const Wide factor = unit == "h"    ? Wide{3600} * kSecond
                        : unit == "m"  ? Wide{60} * kSecond
                        : unit == "s"  ? Wide{kSecond}
                        : unit == "ms" ? 1'000'000
                        : unit == "us" ? 1000
                                       : 1;
    nanos += factor * std::stoll((*it)[1]);
  }
  return make_duration(text[0] == '-' ? -nanos : nanos);
}

// "", "UTC" or "+hh:mm".
std::int64_t zone_seconds(const Arguments& a) {
  if (a.size() < 2 || a[1].text.empty() || a[1].text == "UTC") return 0;
  const std::string& zone = a[1].text;
  const std::int64_t size = std::stoi(zone.substr(1, 2)) * 3600 + std::stoi(zone.substr(4, 2)) * 60;
  return zone[0] == '-' ? -size : size;
}

Thing part_of_timestamp(const std::string& name, const Arguments& a) {
  const Civil c = civil_of(a[0].nanos + Wide{zone_seconds(a)} * kSecond);
  const std::chrono::sys_days new_year{c.date.year() / std::chrono::January / 1};
  const auto day = static_cast<std::int64_t>(static_cast<unsigned>(c.date.day()));
  const auto month = static_cast<std::int64_t>(static_cast<unsigned>(c.date.month()));
  if (name == "getFullYear") return make_integer(static_cast<int>(c.date.year()));
  if (name == "getMonth") return make_integer(month - 1);
  if (name == "getDate") return make_integer(day);
  if (name == "getDayOfMonth") return make_integer(day - 1);
  if (name == "getDayOfWeek") return make_integer(((c.days + 4) % 7 + 7) % 7);
  if (name == "getDayOfYear") return make_integer(c.days - new_year.time_since_epoch().count());
  if (name == "getHours") return make_integer(c.second_of_day / 3600);
  if (name == "getMinutes") return make_integer(c.second_of_day / 60 % 60);
  if (name == "getSeconds") return make_integer(c.second_of_day % 60);
  return make_integer(c.nanos / 1'000'000);
}

Thing part_of_duration(const std::string& name, const Thing& d) {
  const auto seconds = static_cast<std::int64_t>(d.nanos / kSecond);
  if (name == "getHours") return make_integer(seconds / 3600);
  if (name == "getMinutes") return make_integer(seconds / 60);
  if (name == "getSeconds") return make_integer(seconds);
  if (name == "getMilliseconds")
    return make_integer(static_cast<std::int64_t>(d.nanos % kSecond) / 1'000'000);
  return no_overload();
}

// ---- conversions

// By trying: the first precision that reads back.
std::string shortest(double d) {
  if (std::isnan(d)) return "NaN";
  if (std::isinf(d)) return d > 0 ? "+Inf" : "-Inf";
  const bool plain = d == 0 || (std::abs(d) >= 1e-4 && std::abs(d) < 1e21);
  for (int precision = 0;; ++precision) {
    const std::string made =
        plain ? fmt::format("{:.{}f}", d, precision) : fmt::format("{:.{}e}", d, precision);
    if (std::strtod(made.c_str(), nullptr) == d) return made;
  }
}

Thing to_string(const Thing& a) {
  switch (a.type) {
    case Type::string: return a;
    case Type::boolean: return make_string(a.boolean ? "true" : "false");
    case Type::integer: return make_string(std::to_string(a.integer));
    case Type::unsigned_integer: return make_string(std::to_string(a.natural));
    case Type::real: return make_string(shortest(a.real));
    case Type::timestamp: return make_string(timestamp_text(a));
    case Type::duration: return make_string(duration_text(a));
    case Type::bytes: return valid_utf8(a.text) ? make_string(a.text) : make_error("INVALID_UTF8");
    default: return no_overload();
  }
}

Thing to_int(const Thing& a) {
  if (a.is(Type::integer)) return a;
  if (a.is(Type::timestamp))
    return make_integer(civil_of(a.nanos).days * 86400 + civil_of(a.nanos).second_of_day);
  if (a.is(Type::unsigned_integer))
    return a.natural <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
               ? make_integer(static_cast<std::int64_t>(a.natural))
               : out_of_range();
  if (a.is(Type::real)) {
    const bool fits = a.real > -9223372036854775808.0 && a.real < 9223372036854775808.0;
    return fits ? make_integer(static_cast<std::int64_t>(a.real)) : out_of_range();
  }
  if (!a.is(Type::string)) return no_overload();
  static const std::regex kForm("[-+]?[0-9]+");
  if (!std::regex_match(a.text, kForm)) return bad_conversion();
  errno = 0;
  const long long value = std::strtoll(a.text.c_str(), nullptr, 10);
  return errno == 0 ? make_integer(value) : bad_conversion();
}

Thing to_uint(const Thing& a) {
  if (a.is(Type::unsigned_integer)) return a;
  if (a.is(Type::integer))
    return a.integer >= 0 ? make_unsigned(static_cast<std::uint64_t>(a.integer)) : out_of_range();
  if (a.is(Type::real)) {
    const bool fits = a.real >= 0 && a.real < 18446744073709551616.0;
    return fits ? make_unsigned(static_cast<std::uint64_t>(a.real)) : out_of_range();
  }
  if (!a.is(Type::string)) return no_overload();
  static const std::regex kForm("[+]?[0-9]+");
  if (!std::regex_match(a.text, kForm)) return bad_conversion();
  errno = 0;
  const unsigned long long value = std::strtoull(a.text.c_str(), nullptr, 10);
  return errno == 0 ? make_unsigned(value) : bad_conversion();
}

Thing to_double(const Thing& a) {
  if (a.is(Type::real)) return a;
  if (a.is(Type::integer)) return make_real(static_cast<double>(a.integer));
  if (a.is(Type::unsigned_integer)) return make_real(static_cast<double>(a.natural));
  if (!a.is(Type::string)) return no_overload();
  char* end = nullptr;
  const double value = std::strtod(a.text.c_str(), &end);
  return a.text.empty() || *end != '\0' ? bad_conversion() : make_real(value);
}

Thing to_bool(const Thing& a) {
  if (a.is(Type::boolean)) return a;
  if (!a.is(Type::string)) return no_overload();
  for (const char* yes : {"true", "TRUE", "True", "t", "1"})
    if (a.text == yes) return make_boolean(true);
  for (const char* no : {"false", "FALSE", "False", "f", "0"})
    if (a.text == no) return make_boolean(false);
  return bad_conversion();
}

Thing to_timestamp(const Thing& a) {
  if (a.is(Type::timestamp)) return a;
  if (a.is(Type::integer)) return make_timestamp(Wide{a.integer} * kSecond);
  return a.is(Type::string) ? parse_timestamp(a.text) : no_overload();
}

Thing to_duration(const Thing& a) {
  if (a.is(Type::duration)) return a;
  return a.is(Type::string) ? parse_duration(a.text) : no_overload();
}

Thing to_bytes(const Thing& a) {
  if (a.is(Type::bytes)) return a;
  return a.is(Type::string) ? make_bytes(a.text) : no_overload();
}

Thing size(const Thing& a) {
  const auto count = [](std::size_t n) { return make_integer(static_cast<std::int64_t>(n)); };
  if (a.is(Type::string)) return count(decode(a.text).size());
  if (a.is(Type::bytes)) return count(a.text.size());
  if (a.is(Type::list)) return count(a.items.size());
  return a.is(Type::map) ? count(a.items.size() / 2) : no_overload();
}

// ---- text

Thing substring(const Arguments& a) {
  const Points points = decode(a[0].text);
  const auto length = static_cast<std::int64_t>(points.size());
  const std::int64_t from = a[1].integer;
  const std::int64_t to = a.size() == 3 ? a[2].integer : length;
  if (from < 0 || to > length || from > to) return out_of_range();
  return make_string(
      encode(points.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from))));
}

Thing char_at(const Arguments& a) {
  const Points points = decode(a[0].text);
  const std::int64_t at = a[1].integer;
  if (at < 0 || at > static_cast<std::int64_t>(points.size())) return out_of_range();
  return make_string(encode(points.substr(static_cast<std::size_t>(at), 1)));
}

Thing index_of(const Arguments& a, bool last) {
  const Points text = decode(a[0].text);
  const Points part = decode(a[1].text);
  const std::size_t found = last ? text.rfind(part) : text.find(part);
  return make_integer(found == Points::npos ? -1 : static_cast<std::int64_t>(found));
}

Thing replace(const Arguments& a) {
  if (a[1].text.empty()) {  // before every code point and at the end
    std::string all = a[2].text;
    for (const char32_t c : decode(a[0].text)) all += encode(Points(1, c)) + a[2].text;
    return make_string(all);
  }
  std::string all;
  for (std::size_t at = 0;;) {
    const std::size_t found = a[0].text.find(a[1].text, at);
    if (found == std::string::npos) return make_string(all + a[0].text.substr(at));
    all += a[0].text.substr(at, found - at) + a[2].text;
    at = found + a[1].text.size();
  }
}

Thing split(const Arguments& a) {
  std::vector<Thing> items;
  if (a[1].text.empty()) {
    for (const char32_t c : decode(a[0].text)) items.push_back(make_string(encode(Points(1, c))));
    return make_list(std::move(items));
  }
  for (std::size_t at = 0;;) {
    const std::size_t found = a[0].text.find(a[1].text, at);
    items.push_back(make_string(a[0].text.substr(at, found - at)));
    if (found == std::string::npos) return make_list(std::move(items));
    at = found + a[1].text.size();
  }
}

Thing join(const Arguments& a) {
  std::string all;
  for (std::size_t i = 0; i < a[0].items.size(); ++i) {
    if (!a[0].items[i].is(Type::string)) return no_overload();
    all += (i == 0 || a.size() < 2 ? "" : a[1].text) + a[0].items[i].text;
  }
  return make_string(all);
}

Thing change_case(const Thing& a, char first, int by) {
  std::string text = a.text;
  for (char& c : text)
    if (c >= first && c < first + 26) c = static_cast<char>(c + by);
  return make_string(text);
}

Thing trim(const Thing& a) {
  const std::size_t begin = a.text.find_first_not_of(" \t\n\r");
  if (begin == std::string::npos) return make_string("");
  return make_string(a.text.substr(begin, a.text.find_last_not_of(" \t\n\r") + 1 - begin));
}

Thing matches(const Arguments& a) {
  return make_boolean(std::regex_search(a[0].text, std::regex(a[1].text)));
}

using TextFunction = std::function<Thing(const Arguments&)>;

const std::map<std::string, TextFunction>& text_functions() {
  static const std::map<std::string, TextFunction> kAll{
      {"startsWith", [](const auto& a) { return make_boolean(a[0].text.starts_with(a[1].text)); }},
      {"endsWith", [](const auto& a) { return make_boolean(a[0].text.ends_with(a[1].text)); }},
      {"contains",
       [](const auto& a) { return make_boolean(a[0].text.find(a[1].text) != std::string::npos); }},
      {"matches", matches},
      {"lowerAscii", [](const auto& a) { return change_case(a[0], 'A', 'a' - 'A'); }},
      {"upperAscii", [](const auto& a) { return change_case(a[0], 'a', 'A' - 'a'); }},
      {"trim", [](const auto& a) { return trim(a[0]); }},
      {"substring", substring},
      {"charAt", char_at},
      {"indexOf", [](const auto& a) { return index_of(a, false); }},
      {"lastIndexOf", [](const auto& a) { return index_of(a, true); }},
      {"replace", replace},
      {"split", split},
  };
  return kAll;
}

// The arguments that are no texts are ints.
Thing call_text(const std::string& name, const TextFunction& function, const Arguments& a) {
  const bool ints = name == "substring" || name == "charAt";
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!a[i].is(ints && i > 0 ? Type::integer : Type::string)) return no_overload();
  return function(a);
}

Thing reverse(const Thing& a) {
  if (a.is(Type::list)) {
    std::vector<Thing> items(a.items.rbegin(), a.items.rend());
    return make_list(std::move(items));
  }
  if (!a.is(Type::string)) return no_overload();
  const Points points = decode(a.text);
  return make_string(encode(Points(points.rbegin(), points.rend())));
}

// ---- math

Thing extreme(const Arguments& given, bool greatest) {
  const Arguments& all = given.size() == 1 && given[0].is(Type::list) ? given[0].items : given;
  if (all.empty()) return no_overload();
  const Thing* best = nullptr;
  for (const Thing& one : all) {
    if (!one.is_number()) return no_overload();
    if (best == nullptr) {
      best = &one;
      continue;
    }
    if (std::isnan(as_double(*best)) || std::isnan(as_double(one)))
      return make_error("NOT_A_NUMBER");
    const Thing less =
        ordered(expr::Operator::less, greatest ? *best : one, greatest ? one : *best);
    if (less.boolean) best = &one;
  }
  return *best;
}

Thing math_of_one(const std::string& name, const Thing& a) {
  if (name == "math.abs") {
    if (a.is(Type::real)) return make_real(std::abs(a.real));
    if (a.is(Type::unsigned_integer)) return a;
    if (!a.is(Type::integer)) return no_overload();
    return a.integer < 0 ? negate(a) : a;
  }
  if (name == "math.sign") {
    if (a.is(Type::integer)) return make_integer((a.integer > 0) - (a.integer < 0));
    if (a.is(Type::unsigned_integer)) return make_unsigned(a.natural > 0 ? 1 : 0);
    if (!a.is(Type::real)) return no_overload();
    return std::isnan(a.real) ? a : make_real((a.real > 0) - (a.real < 0));
  }
  if (!a.is(Type::real)) return no_overload();
  if (name == "math.ceil") return make_real(std::ceil(a.real));
  if (name == "math.floor") return make_real(std::floor(a.real));
  if (name == "math.round") return make_real(std::round(a.real));
  if (name == "math.trunc") return make_real(std::trunc(a.real));
  if (name == "math.isNaN") return make_boolean(std::isnan(a.real));
  if (name == "math.isInf") return make_boolean(std::isinf(a.real));
  return make_boolean(std::isfinite(a.real));  // math.isFinite
}

Thing bits(const std::string& name, const Thing& a, const Thing& b) {
  const bool ints = a.is(Type::integer) && b.is(Type::integer);
  if (!ints && !(a.is(Type::unsigned_integer) && b.is(Type::unsigned_integer)))
    return no_overload();
  const std::uint64_t x = ints ? static_cast<std::uint64_t>(a.integer) : a.natural;
  const std::uint64_t y = ints ? static_cast<std::uint64_t>(b.integer) : b.natural;
  const std::uint64_t r = name == "math.bitAnd" ? x & y : name == "math.bitOr" ? x | y : x ^ y;
  return ints ? make_integer(static_cast<std::int64_t>(r)) : make_unsigned(r);
}

// ---- lists, sets, optionals

Thing set_function(const std::string& name, const Thing& a, const Thing& b) {
  if (!a.is(Type::list) || !b.is(Type::list)) return no_overload();
  const auto within = [](const Thing& items, const Thing& of) {
    return std::all_of(items.items.begin(), items.items.end(),
                       [&of](const Thing& one) { return contains(one, of).boolean; });
  };
  if (name == "sets.contains") return make_boolean(within(b, a));
  if (name == "sets.equivalent") return make_boolean(within(a, b) && within(b, a));
  return make_boolean(std::any_of(a.items.begin(), a.items.end(),  // sets.intersects
                                  [&b](const Thing& one) { return contains(one, b).boolean; }));
}

Thing distinct(const Thing& a) {
  if (!a.is(Type::list)) return no_overload();
  Thing made = make_list({});
  for (const Thing& one : a.items)
    if (!contains(one, made).boolean) made.items.push_back(one);
  return made;
}

Thing slice(const Arguments& a) {
  if (!a[0].is(Type::list) || !a[1].is(Type::integer) || !a[2].is(Type::integer))
    return no_overload();
  const std::int64_t from = a[1].integer;
  const std::int64_t to = a[2].integer;
  if (from < 0 || to > static_cast<std::int64_t>(a[0].items.size()) || from > to)
    return out_of_range();
  return make_list({a[0].items.begin() + from, a[0].items.begin() + to});
}

bool is_zero(const Thing& a) {
  switch (a.type) {
    case Type::boolean: return !a.boolean;
    case Type::integer: return a.integer == 0;
    case Type::unsigned_integer: return a.natural == 0;
    case Type::real: return a.real == 0;
    case Type::string:
    case Type::bytes: return a.text.empty();
    case Type::list:
    case Type::map:
    case Type::optional: return a.items.empty();
    case Type::timestamp:
    case Type::duration: return a.nanos == 0;
    default: return a.is(Type::null);
  }
}

Thing call_optional(const std::string& name, const Arguments& a) {
  if (!a[0].is(Type::optional)) return no_overload();
  const bool none = a[0].items.empty();
  if (name == "hasValue") return make_boolean(!none);
  return none ? make_error("NO_VALUE") : a[0].items[0];  // value
}

bool starts(const std::string& name, const char* with) { return name.starts_with(with); }

}  // namespace

Thing call_function(const std::string& name, const Arguments& a) {
  if (name == "optional.none") return make_none();
  if (name == "size") return size(a[0]);
  if (name == "string") return to_string(a[0]);
  if (name == "int") return to_int(a[0]);
  if (name == "uint") return to_uint(a[0]);
  if (name == "double") return to_double(a[0]);
  if (name == "bool") return to_bool(a[0]);
  if (name == "bytes") return to_bytes(a[0]);
  if (name == "timestamp") return to_timestamp(a[0]);
  if (name == "duration") return to_duration(a[0]);
  if (name == "dyn") return a[0];
  if (name == "type") return make_type(type_name(a[0]));
  if (name == "reverse") return reverse(a[0]);
  if (const auto found = text_functions().find(name); found != text_functions().end())
    return call_text(name, found->second, a);
  if (name == "join") {
    const bool fits = a[0].is(Type::list) && (a.size() < 2 || a[1].is(Type::string));
    return fits ? join(a) : no_overload();
  }
  if (name == "distinct") return distinct(a[0]);
  if (name == "slice") return slice(a);
  if (starts(name, "sets.")) return set_function(name, a[0], a[1]);
  if (name == "math.greatest" || name == "math.least") return extreme(a, name == "math.greatest");
  if (starts(name, "math.bit")) return bits(name, a[0], a[1]);
  if (starts(name, "math.")) return math_of_one(name, a[0]);
  if (name == "optional.of") return make_some(a[0]);
  if (name == "optional.ofNonZeroValue") return is_zero(a[0]) ? make_none() : make_some(a[0]);
  if (name == "hasValue" || name == "value") return call_optional(name, a);
  if (!starts(name, "get")) return make_error("UNSUPPORTED");
  if (a.size() == 2 && !a[1].is(Type::string)) return no_overload();
  if (a[0].is(Type::timestamp)) return part_of_timestamp(name, a);
  return a[0].is(Type::duration) && a.size() == 1 ? part_of_duration(name, a[0]) : no_overload();
}

}  // namespace leat::reference
