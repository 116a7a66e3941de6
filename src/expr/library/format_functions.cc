#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "expr/library/library.h"
#include "expr/library/text_builder.h"
#include "expr/times.h"
#include "expr/values.h"

namespace leat::expr {
namespace {

constexpr int kPrecisionDefault = 6;
constexpr int kPrecisionMax = 1000;
constexpr std::size_t kDigitsMax = 320 + kPrecisionMax;  // of a double before and behind the point

using Fault = const RowError*;  // nullptr: none

// ---- single values

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

// NaN, Infinity and -Infinity; false for others.
bool put_special(TextBuilder& out, double d) {
  if (std::isfinite(d)) return false;
  out.put(std::isnan(d) ? "NaN" : d > 0 ? "Infinity" : "-Infinity");
  return true;
}

void put_shortest(TextBuilder& out, double d) {
  if (put_special(out, d)) return;
  char text[kDigitsMax];
  const auto end = std::to_chars(text, text + sizeof text, d, std::chars_format::fixed).ptr;
  out.put(between(text, end));
}

void put_whole(TextBuilder& out, const Value& value, int base) {
  char text[72];
  const auto end = value.is(Type::integer)
                       ? std::to_chars(text, text + sizeof text, value.as_integer(), base).ptr
                       : std::to_chars(text, text + sizeof text, value.as_unsigned(), base).ptr;
  out.put(between(text, end));
}

bool is_whole(const Value& value) {
  return value.is(Type::integer) || value.is(Type::unsigned_integer);
}

// The values of %s, and of a list or map in it. Each depth is a call: kNestingMax of them.
class StringClause {
 public:
  StringClause(base::Arena& arena, TextBuilder& out) : arena_(arena), out_(out) {}

  Fault put(const Value& value) {
    switch (value.type()) {
      case Type::null: return out_.put("null"), nullptr;
      case Type::boolean: return out_.put(value.as_boolean() ? "true" : "false"), nullptr;
      case Type::integer:
      case Type::unsigned_integer: return put_whole(out_, value, 10), nullptr;
      case Type::real: return put_shortest(out_, value.as_real()), nullptr;
      case Type::string:
      case Type::type_name: return out_.put(value.as_text()), nullptr;
      case Type::bytes:
        if (!base::valid_utf8(value.as_text())) return &kInvalidUtf8;
        return out_.put(value.as_text()), nullptr;
      case Type::timestamp: return put_text(timestamp_text(arena_, value));
      case Type::duration: return put_text(duration_text(arena_, value));
      default: break;
    }
    if (++depth_ > kNestingMax) return &kTooDeep;
    const Fault fault = is_list(value) ? put_list(value) : put_map(value);
    --depth_;
    return fault;
  }

 private:
  Fault put_text(const Value& text) {
    if (text.is_error()) return &text.as_error();
    out_.put(text.as_text());
    return nullptr;
  }

  Fault put_list(const Value& list) {
    std::span<const Value> items;
    if (const Fault fault = items_of(list, arena_, items)) return fault;
    out_.put('[');
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_.put(", ");
      if (const Fault fault = put(items[i])) return fault;
      if (out_.too_large()) return &kTooLarge;
    }
    out_.put(']');
    return nullptr;
  }

  // Entries in the order of their keys' texts.
  struct Member {
    std::string_view key;
    const Value* value = nullptr;
  };
  Fault put_map(const Value& map) {
    std::span<const Entry> entries;
    if (const Fault fault = entries_of(map, arena_, entries)) return fault;
    const std::span<Member> members = arena_.array<Member>(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      TextBuilder key(arena_);
      if (const Fault fault = StringClause(arena_, key).put(entries[i].key)) return fault;
      members[i] = {key.string().as_text(), &entries[i].value};
    }
    std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) {
      return a.key != b.key ? a.key < b.key : a.value < b.value;
    });
    out_.put('{');
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out_.put(", ");
      out_.put(members[i].key);
      out_.put(": ");
      if (const Fault fault = put(*members[i].value)) return fault;
      if (out_.too_large()) return &kTooLarge;
    }
    out_.put('}');
    return nullptr;
  }

  base::Arena& arena_;
  TextBuilder& out_;
  std::size_t depth_ = 0;
};

Fault put_decimal(TextBuilder& out, const Value& value) {
  if (is_whole(value)) return put_whole(out, value, 10), nullptr;
  if (!value.is(Type::real)) return &kNoSuchOverload;
  put_shortest(out, value.as_real());
  return nullptr;
}

double as_double(const Value& number) {
  switch (number.type()) {
    case Type::integer: return static_cast<double>(number.as_integer());
    case Type::unsigned_integer: return static_cast<double>(number.as_unsigned());
    default: return number.as_real();
  }
}

Fault put_real(TextBuilder& out, const Value& value, std::chars_format form, int precision) {
  if (!is_number(value)) return &kNoSuchOverload;
  const double d = as_double(value);
  if (put_special(out, d)) return nullptr;
  char text[kDigitsMax];
  out.put(between(text, std::to_chars(text, text + sizeof text, d, form, precision).ptr));
  return nullptr;
}

Fault put_binary(TextBuilder& out, const Value& value) {
  if (value.is(Type::boolean)) return out.put(value.as_boolean() ? '1' : '0'), nullptr;
  if (!is_whole(value)) return &kNoSuchOverload;
  put_whole(out, value, 2);
  return nullptr;
}

Fault put_octal(TextBuilder& out, const Value& value) {
  if (!is_whole(value)) return &kNoSuchOverload;
  put_whole(out, value, 8);
  return nullptr;
}

Fault put_hex(TextBuilder& out, const Value& value, bool upper) {
  const char* const digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  if (value.is(Type::string) || value.is(Type::bytes)) {
    for (const char c : value.as_text()) {
      const auto byte = static_cast<unsigned char>(c);
      out.put(digits[byte >> 4]);
      out.put(digits[byte & 15]);
    }
    return nullptr;
  }
  if (!is_whole(value)) return &kNoSuchOverload;
  char text[24];
  const bool negative = value.is(Type::integer) && value.as_integer() < 0;
  const std::uint64_t size = negative ? ~value.as_unsigned() + 1 : value.as_unsigned();
  char* const end = std::to_chars(text, text + sizeof text, size, 16).ptr;
  if (negative) out.put('-');
  for (const char* at = text; at != end; ++at)
    out.put(upper && *at >= 'a' ? static_cast<char>(*at - 32) : *at);
  return nullptr;
}

// ---- format

// What stands between '%' and its letter: ".3". False when it is no precision.
bool take_precision(std::string_view& pattern, int& precision) {
  if (!pattern.starts_with('.')) return true;
  pattern.remove_prefix(1);
  const auto [end, error] =
      std::from_chars(pattern.data(), pattern.data() + pattern.size(), precision);
  if (error != std::errc() || precision < 0 || precision > kPrecisionMax) return false;
  pattern.remove_prefix(static_cast<std::size_t>(end - pattern.data()));
  return true;
}

// Writes one value by the clause at the front of the pattern, which is taken off.
Fault put_clause(base::Arena& arena, std::string_view& pattern, TextBuilder& out,
                 const Value& value) {
  int precision = kPrecisionDefault;
  if (!take_precision(pattern, precision) || pattern.empty()) return &kInvalidFormat;
  const char letter = pattern[0];
  pattern.remove_prefix(1);
  switch (letter) {
    case 's': return StringClause(arena, out).put(value);
    case 'd': return put_decimal(out, value);
    case 'f': return put_real(out, value, std::chars_format::fixed, precision);
    case 'e': return put_real(out, value, std::chars_format::scientific, precision);
    case 'b': return put_binary(out, value);
    case 'o': return put_octal(out, value);
    case 'x':
    case 'X': return put_hex(out, value, letter == 'X');
    default: return &kInvalidFormat;
  }
}

Value format(Frame& frame, const Value& text, const Value& list) {
  if (!text.is(Type::string)) return fail(kNoSuchOverload);
  std::span<const Value> values;
  if (const Fault fault = items_of(list, frame.arena, values)) return fail(*fault);
  std::string_view pattern = text.as_text();
  TextBuilder out(frame.arena);
  std::size_t next = 0;
  while (!pattern.empty() && !out.too_large()) {
    const std::size_t percent = std::min(pattern.find('%'), pattern.size());
    out.put(pattern.substr(0, percent));
    pattern.remove_prefix(percent);
    if (pattern.empty()) break;
    pattern.remove_prefix(1);
    if (pattern.starts_with('%')) {
      out.put('%');
      pattern.remove_prefix(1);
      continue;
    }
    if (next == values.size()) return fail(kOutOfRange);
    if (const Fault fault = put_clause(frame.arena, pattern, out, values[next++]))
      return fail(*fault);
  }
  return out.string();
}

// ---- quote

// What stands for a character in quotes; empty: itself.
std::string_view escape_of(char c) {
  switch (c) {
    case '\a': return "\\a";
    case '\b': return "\\b";
    case '\f': return "\\f";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    case '\v': return "\\v";
    case '\\': return "\\\\";
    case '"': return "\\\"";
    default: return {};
  }
}

Value quote(Frame& frame, const Value& a) {
  if (!a.is(Type::string)) return fail(kNoSuchOverload);
  TextBuilder out(frame.arena, a.as_text().size() + 2);
  out.put('"');
  for (const char c : a.as_text()) {
    const std::string_view escape = escape_of(c);
    if (escape.empty()) {
      out.put(c);
    } else {
      out.put(escape);
    }
  }
  out.put('"');
  return out.string();
}

constexpr std::array kTable{
    Function{
        "format",
        CallStyle::method,
        2,
        {kStrings, kLists},
        Type::string,
        each<format>,
        {"strings", "format(string, list) -> string",
         "The text with its clauses %s %d %f %e %b %o %x %X replaced by the values of the list; "
         "%.3f has three digits, %% is a percent sign."}},
    Function{"strings.quote",
             CallStyle::global,
             1,
             {kStrings},
             Type::string,
             each<quote>,
             {"strings", "strings.quote(string) -> string",
              "The text in double quotes, special characters escaped."}},
};

}  // namespace

const std::span<const Function> kFormatFunctions{kTable};

}  // namespace leat::expr
