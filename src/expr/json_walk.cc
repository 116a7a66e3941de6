#include "expr/json_walk.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

#include "expr/code_points.h"
#include "expr/errors.h"
#include "expr/values.h"

namespace leat::expr {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A string token: the text between the quotes.
struct StringToken {
  std::string_view inside;
  bool escaped = false;
};

// Walks over JSON text. After an error ok() is false and every step does nothing.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool ok() const { return ok_; }
  void set_bad() { ok_ = false; }

  char peek() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (!ok_ || peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) ok_ = false;
  }

  StringToken string() {
    StringToken token;
    expect('"');
    const std::size_t from = at_;
    while (ok_) {
      if (at_ >= text_.size()) {
        ok_ = false;
      } else if (text_[at_] == '"') {
        token.inside = text_.substr(from, at_++ - from);
        return token;
      } else if (text_[at_] == '\\') {
        token.escaped = true;
        at_ += 2;
      } else {
        ++at_;
      }
    }
    return token;
  }

  // The text of one whole value; brackets are counted, not matched by kind.
  std::string_view value() {
    const char first = peek();
    const std::size_t from = at_;
    if (first == '"') {
      string();
    } else if (first == '{' || first == '[') {
      skip_brackets();
    } else {
      while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != ',' &&
             text_[at_] != '}' && text_[at_] != ']')
        ++at_;
      if (at_ == from) ok_ = false;
    }
    return ok_ ? text_.substr(from, at_ - from) : std::string_view();
  }

 private:
  void skip_brackets() {
    std::size_t depth = 0;
    while (ok_) {
      if (at_ >= text_.size()) {
        ok_ = false;
        return;
      }
      const char c = text_[at_];
      if (c == '"') {
        string();
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

// Calls visit(name, value text) for the members of an object, or visit({}, value text) for the
// items of a list, until it returns false. False when the text is malformed up to there.
template <class Visit>
bool walk(std::string_view json, Visit visit) {
  Cursor cursor(json);
  const char open = cursor.peek();
  const bool object = open == '{';
  if (!object && open != '[') return false;
  const char close = object ? '}' : ']';
  cursor.expect(open);
  if (cursor.accept(close)) return true;
  while (cursor.ok()) {
    StringToken name;
    if (object) {
      name = cursor.string();
      cursor.expect(':');
    }
    const std::string_view value = cursor.ok() ? cursor.value() : std::string_view();
    if (!cursor.ok()) return false;
    if (!visit(name, value)) return true;
    if (cursor.accept(close)) return true;
    cursor.expect(',');
  }
  return false;
}

// Four hex digits at `at`, or nothing.
std::optional<std::uint32_t> hex4(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<std::uint32_t>(digit);
  }
  return value;
}

// The rune of `\uXXXX` or a pair of them at `at` (behind the `u`), which moves behind it.
std::optional<std::uint32_t> unicode_escape(std::string_view text, std::size_t& at) {
  const std::optional<std::uint32_t> high = hex4(text, at);
  if (!high || (*high >= 0xDC00 && *high <= 0xDFFF)) return std::nullopt;
  at += 4;
  if (*high < 0xD800 || *high > 0xDBFF) return high;
  if (text.substr(at, 2) != "\\u") return std::nullopt;
  const std::optional<std::uint32_t> low = hex4(text, at + 2);
  if (!low || *low < 0xDC00 || *low > 0xDFFF) return std::nullopt;
  at += 6;
  return 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00);
}

// Resolves escapes into `arena`; nothing when one is malformed. The result is never longer than the
// text.
std::optional<std::string_view> unescape(std::string_view text, base::Arena& arena) {
  char* const begin = arena.allocate(text.size(), 1);
  char* out = begin;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      *out++ = text[at++];
      continue;
    }
    if (++at >= text.size()) return std::nullopt;
    const char c = text[at++];
    switch (c) {
      case '"':
      case '\\':
      case '/': *out++ = c; break;
      case 'b': *out++ = '\b'; break;
      case 'f': *out++ = '\f'; break;
      case 'n': *out++ = '\n'; break;
      case 'r': *out++ = '\r'; break;
      case 't': *out++ = '\t'; break;
      case 'u': {
        const std::optional<std::uint32_t> rune = unicode_escape(text, at);
        if (!rune) return std::nullopt;
        out = put_rune(out, *rune);
        break;
      }
      default: return std::nullopt;
    }
  }
  const auto size = static_cast<std::size_t>(out - begin);
  arena.shrink_last(begin, size);
  return std::string_view(begin, size);
}

bool is_name(const StringToken& token, std::string_view name, base::Arena& arena) {
  if (!token.escaped) return token.inside == name;
  return unescape(token.inside, arena) == std::optional<std::string_view>(name);
}

// Whether the token is a number of the JSON grammar; `whole` when it has neither fraction nor
// exponent.
bool is_number(std::string_view token, bool& whole) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < token.size() && is_digit(token[at])) ++at;
    return at > from;
  };
  if (at < token.size() && token[at] == '-') ++at;
  const bool zero = at < token.size() && token[at] == '0';
  const std::size_t first = at;
  if (!digits() || (zero && at > first + 1)) return false;
  whole = at == token.size();
  if (at < token.size() && token[at] == '.' && (++at, !digits())) return false;
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
    if (!digits()) return false;
  }
  return at == token.size();
}

// Of a number that no double can be: whether it is too small, not too large.
bool is_tiny(std::string_view token) {
  const std::size_t mantissa_end = std::min(token.find_first_of("eE"), token.size());
  std::int64_t digits = 0;  // before the place at hand
  std::int64_t first = -1;  // that is not 0
  std::int64_t point = -1;
  for (const char c : token.substr(0, mantissa_end)) {
    if (c == '.') point = digits;
    if (first < 0 && c > '0' && c <= '9') first = digits;
    if (is_digit(c)) ++digits;
  }
  if (first < 0) return true;
  if (point < 0) point = digits;
  std::string_view exponent = token.substr(std::min(mantissa_end + 1, token.size()));
  const bool down = exponent.starts_with('-');
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  std::int64_t shift = 0;
  const char* const end = exponent.data() + exponent.size();
  if (std::from_chars(exponent.data(), end, shift).ec == std::errc::result_out_of_range)
    return down;
  return shift < first - point;
}

Value number(std::string_view token) {
  bool whole = false;
  if (!is_number(token, whole)) return fail(kInvalidJson);
  const char* const end = token.data() + token.size();
  if (whole) {
    std::int64_t integer = 0;
    if (std::from_chars(token.data(), end, integer).ec == std::errc())
      return Value::integer(integer);
  }
  double real = 0;
  if (std::from_chars(token.data(), end, real).ec == std::errc()) return Value::real(real);
  return is_tiny(token) ? Value::real(token[0] == '-' ? -0.0 : 0.0) : fail(kOutOfRange);
}

// An array that grows in the arena.
template <class T>
class Growing {
 public:
  explicit Growing(base::Arena& arena) : arena_(arena) {}
  void add(const T& one) {
    if (size_ == room_.size()) {
      const std::span<T> larger = arena_.array<T>(size_ == 0 ? 8 : size_ * 2);
      std::copy(room_.begin(), room_.end(), larger.begin());
      room_ = larger;
    }
    room_[size_++] = one;
  }
  std::span<const T> all() const { return room_.first(size_); }

 private:
  base::Arena& arena_;
  std::span<T> room_;
  std::size_t size_ = 0;
};

// The text between the quotes as a string; an error when an escape is malformed.
Value string_value(const StringToken& token, base::Arena& arena) {
  if (!token.escaped) return Value::string(token.inside);
  const std::optional<std::string_view> resolved = unescape(token.inside, arena);
  return resolved ? Value::string(*resolved) : fail(kInvalidJson);
}

// Of equal names the first counts.
std::span<const record::Entry> distinct(std::span<const record::Entry> entries,
                                        base::Arena& arena) {
  KeyIndex index(arena, entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (index.find_or_add(entries.first(i), entries[i].key) == i) continue;
    Growing<record::Entry> kept(arena);
    KeyIndex kept_index(arena, entries.size());
    for (const record::Entry& entry : entries)
      if (kept_index.find_or_add(kept.all(), entry.key) == kept.all().size()) kept.add(entry);
    return kept.all();
  }
  return entries;
}

// Of equal names the first counts.
Value count_members(std::string_view json, base::Arena& arena) {
  Growing<record::Entry> entries(arena);
  Value broken;
  const bool well = walk(json, [&](const StringToken& name, std::string_view) {
    const record::Entry entry{string_value(name, arena), {}};
    entries.add(entry);
    if (entry.key.is_error()) broken = entry.key;
    return !broken.is_error();
  });
  if (broken.is_error()) return broken;
  const std::size_t count = distinct(entries.all(), arena).size();
  return well ? Value::integer(static_cast<std::int64_t>(count)) : fail(kInvalidJson);
}

}  // namespace

Value json_value(std::string_view token, base::Arena& arena) {
  Cursor cursor(token);
  switch (cursor.peek()) {
    case '{':
    case '[': return Value::json(token);
    case '"': {
      const StringToken text = cursor.string();
      return cursor.ok() ? string_value(text, arena) : fail(kInvalidJson);
    }
    default: break;
  }
  if (token == "null") return Value::null();
  if (token == "true" || token == "false") return Value::boolean(token == "true");
  return number(token);
}

namespace {

Value value_of(std::string_view token, base::Arena& arena, Numbers numbers) {
  const bool number = token[0] == '-' || is_digit(token[0]);
  if (numbers == Numbers::read || !number) return json_value(token, arena);
  bool whole = false;
  return is_number(token, whole) ? Value::json(token) : fail(kInvalidJson);
}

}  // namespace

Value json_member(std::string_view json, std::string_view name, base::Arena& arena,
                  Numbers numbers) {
  if (!json_opens(json, '{')) return fail(kNoSuchOverload);
  std::string_view found;
  const bool well = walk(json, [&](const StringToken& key, std::string_view value) {
    if (!is_name(key, name, arena)) return true;
    found = value;
    return false;
  });
  if (!found.empty()) return value_of(found, arena, numbers);
  return well ? Value() : fail(kInvalidJson);
}

Value json_item(std::string_view json, std::uint64_t index, base::Arena& arena, Numbers numbers) {
  if (!json_opens(json, '[')) return fail(kNoSuchOverload);
  std::string_view found;
  std::uint64_t at = 0;
  const bool well = walk(json, [&](const StringToken&, std::string_view value) {
    if (at++ < index) return true;
    found = value;
    return false;
  });
  if (!found.empty()) return value_of(found, arena, numbers);
  return fail(well ? kOutOfRange : kInvalidJson);
}

const record::RowError* json_items(std::string_view json, base::Arena& arena,
                                   std::span<const Value>& out) {
  if (!json_opens(json, '[')) return &kNoSuchOverload;
  Growing<Value> items(arena);
  Value broken;
  const bool well = walk(json, [&](const StringToken&, std::string_view token) {
    const Value item = json_value(token, arena);
    items.add(item);
    if (item.is_error()) broken = item;
    return !item.is_error();
  });
  if (broken.is_error()) return &broken.as_error();
  out = items.all();
  return well ? nullptr : &kInvalidJson;
}

const record::RowError* json_entries(std::string_view json, base::Arena& arena,
                                     std::span<const record::Entry>& out) {
  if (!json_opens(json, '{')) return &kNoSuchOverload;
  Growing<record::Entry> entries(arena);
  Value broken;
  const bool well = walk(json, [&](const StringToken& name, std::string_view token) {
    const record::Entry entry{string_value(name, arena), json_value(token, arena)};
    entries.add(entry);
    if (entry.value.is_error()) broken = entry.value;
    if (entry.key.is_error()) broken = entry.key;
    return !broken.is_error();
  });
  if (broken.is_error()) return &broken.as_error();
  out = distinct(entries.all(), arena);
  return well ? nullptr : &kInvalidJson;
}

bool json_opens(std::string_view json, char bracket) { return Cursor(json).peek() == bracket; }

Value json_size(std::string_view json, base::Arena& arena) {
  if (json_opens(json, '{')) return count_members(json, arena);
  if (!json_opens(json, '[')) return fail(kNoSuchOverload);
  std::int64_t count = 0;
  const bool well = walk(json, [&](const StringToken&, std::string_view) { return ++count > 0; });
  return well ? Value::integer(count) : fail(kInvalidJson);
}

bool json_is_empty(std::string_view json) {
  bool empty = true;
  const bool well = walk(json, [&](const StringToken&, std::string_view) { return empty = false; });
  return well && empty;
}

Value json_contains(std::string_view json, const Value& value, base::Arena& arena) {
  if (json_opens(json, '{')) {
    if (!value.is(Type::string)) return Value::boolean(false);
    const Value found = json_member(json, value.as_text(), arena);
    return found.is_error() ? found : Value::boolean(!found.is(Type::absent));
  }
  if (!json_opens(json, '[')) return fail(kNoSuchOverload);
  Value result = Value::boolean(false);
  const bool well = walk(json, [&](const StringToken&, std::string_view token) {
    const Value item = json_value(token, arena);
    const Value same = item.is_error() ? item : equals(value, item, arena);
    if (same.is_error() && !result.is_error()) result = same;
    if (!same.is_error() && same.as_boolean()) result = same;
    return !result.is(Type::boolean) || !result.as_boolean();
  });
  return well ? result : fail(kInvalidJson);
}

bool is_beyond_double(std::string_view number) noexcept {
  double real = 0;
  return std::from_chars(number.data(), number.data() + number.size(), real).ec ==
             std::errc::result_out_of_range &&
         !is_tiny(number);
}

}  // namespace leat::expr
