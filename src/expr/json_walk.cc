#include "expr/json_walk.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>

#include "expr/errors.h"
#include "expr/operators.h"

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

bool starts_with(std::string_view json, char open) { return Cursor(json).peek() == open; }

char* put_rune(char* out, std::uint32_t rune) {
  const auto byte = [&out](std::uint32_t b) { *out++ = static_cast<char>(b); };
  if (rune < 0x80) {
    byte(rune);
  } else if (rune < 0x800) {
    byte(0xC0 | (rune >> 6)), byte(0x80 | (rune & 0x3F));
  } else if (rune < 0x10000) {
    byte(0xE0 | (rune >> 12)), byte(0x80 | ((rune >> 6) & 0x3F)), byte(0x80 | (rune & 0x3F));
  } else {
    byte(0xF0 | (rune >> 18)), byte(0x80 | ((rune >> 12) & 0x3F));
    byte(0x80 | ((rune >> 6) & 0x3F)), byte(0x80 | (rune & 0x3F));
  }
  return out;
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
  const bool tiny =
      token.find("e-") != std::string_view::npos || token.find("E-") != std::string_view::npos;
  return tiny ? Value::real(token[0] == '-' ? -0.0 : 0.0) : fail(kOutOfRange);
}

Value item(std::string_view json, std::int64_t index, base::Arena& arena) {
  if (index < 0) return fail(kOutOfRange);
  std::string_view found;
  std::int64_t at = 0;
  const bool well = walk(json, [&](const StringToken&, std::string_view value) {
    if (at++ < index) return true;
    found = value;
    return false;
  });
  if (!found.empty()) return json_value(found, arena);
  return fail(well ? kOutOfRange : kInvalidJson);
}

}  // namespace

Value json_value(std::string_view token, base::Arena& arena) {
  Cursor cursor(token);
  switch (cursor.peek()) {
    case '{':
    case '[': return Value::json(token);
    case '"': {
      const StringToken text = cursor.string();
      if (!cursor.ok()) return fail(kInvalidJson);
      if (!text.escaped) return Value::string(text.inside);
      const std::optional<std::string_view> resolved = unescape(text.inside, arena);
      return resolved ? Value::string(*resolved) : fail(kInvalidJson);
    }
    default: break;
  }
  if (token == "null") return Value::null();
  if (token == "true" || token == "false") return Value::boolean(token == "true");
  return number(token);
}

Value json_member(std::string_view json, std::string_view name, base::Arena& arena) {
  if (!starts_with(json, '{')) return fail(kNoSuchOverload);
  std::string_view found;
  const bool well = walk(json, [&](const StringToken& key, std::string_view value) {
    if (!is_name(key, name, arena)) return true;
    found = value;
    return false;
  });
  if (!found.empty()) return json_value(found, arena);
  return well ? Value() : fail(kInvalidJson);
}

Value json_index(std::string_view json, const Value& key, base::Arena& arena) {
  const bool list = starts_with(json, '[');
  if (!list)
    return key.is(Type::string) ? json_member(json, key.as_text(), arena) : fail(kNoSuchOverload);
  if (key.is(Type::integer)) return item(json, key.as_integer(), arena);
  const bool whole = key.is(Type::real) && std::abs(key.as_real()) < 1e15 &&
                     std::trunc(key.as_real()) == key.as_real();
  if (!whole) return fail(key.is(Type::real) ? kOutOfRange : kNoSuchOverload);
  return item(json, static_cast<std::int64_t>(key.as_real()), arena);
}

Value json_size(std::string_view json) {
  if (!starts_with(json, '{') && !starts_with(json, '[')) return fail(kNoSuchOverload);
  std::int64_t count = 0;
  const bool well = walk(json, [&](const StringToken&, std::string_view) { return ++count > 0; });
  return well ? Value::integer(count) : fail(kInvalidJson);
}

Value json_contains(std::string_view json, const Value& value, base::Arena& arena) {
  if (starts_with(json, '{')) {
    if (!value.is(Type::string)) return Value::boolean(false);
    const Value found = json_member(json, value.as_text(), arena);
    return found.is_error() ? found : Value::boolean(!found.is(Type::absent));
  }
  if (!starts_with(json, '[')) return fail(kNoSuchOverload);
  Value result = Value::boolean(false);
  const bool well = walk(json, [&](const StringToken&, std::string_view token) {
    const Value same = equals(value, json_value(token, arena));
    if (same.is_error() && !result.is_error()) result = same;
    if (!same.is_error() && same.as_boolean()) result = same;
    return !result.is(Type::boolean) || !result.as_boolean();
  });
  return well ? result : fail(kInvalidJson);
}

Value json_lacks_member(std::string_view json) {
  return starts_with(json, '{') ? Value::boolean(false) : fail(kNoSuchOverload);
}

}  // namespace leat::expr
