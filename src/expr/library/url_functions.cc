#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "expr/library/library.h"
#include "expr/library/text_builder.h"
#include "expr/values.h"

namespace leat::expr {
namespace {

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_unreserved(char c) {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}
int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// ---- percent encoding (RFC 3986, section 2.1)

Value encode(Frame& frame, const Value& a) {
  if (!a.is(Type::string) && !a.is(Type::bytes)) return fail(kNoSuchOverload);
  TextBuilder out(frame.arena, a.as_text().size());
  for (const char c : a.as_text()) {
    if (is_unreserved(c)) {
      out.put(c);
      continue;
    }
    out.put('%');
    out.put("0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4]);
    out.put("0123456789ABCDEF"[static_cast<unsigned char>(c) & 15]);
    if (out.too_large()) break;
  }
  return out.string();
}

enum class Plus : std::uint8_t { stays, is_space };

Value decoded(base::Arena& arena, std::string_view text, Plus plus) {
  const bool plain = text.find('%') == std::string_view::npos &&
                     (plus == Plus::stays || text.find('+') == std::string_view::npos);
  if (plain) return Value::string(text);
  char* const begin = arena.allocate(text.size(), 1);
  char* out = begin;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus == Plus::is_space) c = ' ';
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return fail(kInvalidUrl);
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    *out++ = c;
  }
  const std::string_view made(begin, static_cast<std::size_t>(out - begin));
  return base::valid_utf8(made) ? Value::string(made) : fail(kInvalidUtf8);
}
Value decode(Frame& frame, const Value& a) {
  if (!a.is(Type::string)) return fail(kNoSuchOverload);
  return decoded(frame.arena, a.as_text(), Plus::stays);
}

// ---- parts

// A URL cut at its delimiters (RFC 3986, appendix B). What is not there has no data().
struct Parts {
  std::string_view scheme;
  std::string_view user;
  std::string_view host;
  std::string_view port;
  std::string_view path;
  std::string_view query;
  std::string_view fragment;
};

// What stands behind the last or first `c`, which is cut off; nothing when there is no `c`.
std::string_view cut_behind(std::string_view& text, char c) {
  const std::size_t at = text.find(c);
  if (at == std::string_view::npos) return {};
  const std::string_view behind = text.substr(at + 1);
  text = text.substr(0, at);
  return behind;
}

bool is_scheme(std::string_view text) {
  return !text.empty() && is_alpha(text[0]) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

bool split_authority(std::string_view authority, Parts& parts) {
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    parts.user = authority.substr(0, at);
    authority = authority.substr(at + 1);
  }
  const bool literal = authority.starts_with('[');
  const std::size_t close = literal ? authority.find(']') : 0;
  if (close == std::string_view::npos) return false;
  const std::size_t colon = authority.find(':', close);
  parts.host = literal ? authority.substr(1, close - 1) : authority.substr(0, colon);
  if (literal && close + 1 != std::min(colon, authority.size())) return false;
  if (colon != std::string_view::npos) parts.port = authority.substr(colon + 1);
  return std::all_of(parts.port.begin(), parts.port.end(), is_digit);
}

// False when it is no URL.
bool split_url(std::string_view url, Parts& parts) {
  const auto is_refused = [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '<' || c == '>' || c == '"' ||
           c == '\\' || c == '^' || c == '`' || c == '{' || c == '|' || c == '}';
  };
  if (std::any_of(url.begin(), url.end(), is_refused)) return false;
  parts.fragment = cut_behind(url, '#');
  parts.query = cut_behind(url, '?');
  const std::size_t colon = url.find(':');
  if (colon != std::string_view::npos && url.find('/') > colon) {
    parts.scheme = url.substr(0, colon);
    if (!is_scheme(parts.scheme)) return false;
    url = url.substr(colon + 1);
  }
  if (url.starts_with("//")) {
    url = url.substr(2);
    const std::size_t end = std::min(url.find('/'), url.size());
    if (!split_authority(url.substr(0, end), parts)) return false;
    url = url.substr(end);
  }
  parts.path = url;
  return true;
}

// Name → value of `a=1&b=2`, decoded; of equal names the first.
Value parameters_of(base::Arena& arena, std::string_view query) {
  const std::size_t most =
      query.empty() ? 0 : static_cast<std::size_t>(std::count(query.begin(), query.end(), '&')) + 1;
  if (most > kItemsMax) return fail(kTooLarge);
  const std::span<Entry> entries = arena.array<Entry>(most);
  KeyIndex index(arena, most);
  std::size_t count = 0;
  while (!query.empty()) {
    std::string_view name = query;
    query = cut_behind(name, '&');
    if (name.empty()) continue;
    const std::string_view text = cut_behind(name, '=');
    const Value key = decoded(arena, name, Plus::is_space);
    const Value value = decoded(arena, text, Plus::is_space);
    if (key.is_error()) return key;
    if (value.is_error()) return value;
    if (index.find_or_add(entries.first(count), key) == count) entries[count++] = {key, value};
  }
  return Value::map(entries.data(), count);
}

Value part_of(std::string_view text) {
  return text.data() == nullptr ? Value::null() : Value::string(text);
}

Value port_of(std::string_view text) {
  if (text.empty()) return Value::null();
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() ? Value::integer(port) : fail(kInvalidUrl);
}

Value lower_case(base::Arena& arena, std::string_view text) {
  if (text.data() == nullptr) return Value::null();
  char* const made = arena.allocate(text.size(), 1);
  std::transform(text.begin(), text.end(), made,
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return Value::string({made, text.size()});
}

Value parse(Frame& frame, const Value& a) {
  if (!a.is(Type::string)) return fail(kNoSuchOverload);
  base::Arena& arena = frame.arena;
  Parts parts;
  if (!split_url(a.as_text(), parts)) return fail(kInvalidUrl);
  const std::array<Entry, 8> entries{{
      {Value::string("scheme"), lower_case(arena, parts.scheme)},
      {Value::string("user"), part_of(parts.user)},
      {Value::string("host"), lower_case(arena, parts.host)},
      {Value::string("port"), port_of(parts.port)},
      {Value::string("path"), decoded(arena, parts.path, Plus::stays)},
      {Value::string("query"), part_of(parts.query)},
      {Value::string("params"), parameters_of(arena, parts.query)},
      {Value::string("fragment"), part_of(parts.fragment)},
  }};
  for (const Entry& entry : entries)
    if (entry.value.is_error()) return entry.value;
  return make_map(arena, entries);
}

constexpr CallStyle kGlobal = CallStyle::global;

constexpr std::array kTable{
    Function{"url.encode",
             kGlobal,
             1,
             {kStrings | kBytesTypes},
             Type::string,
             each<encode>,
             {"url", "url.encode(string | bytes) -> string",
              "All but letters, digits and -._~ as %XX."}},
    Function{"url.decode",
             kGlobal,
             1,
             {kStrings},
             Type::string,
             each<decode>,
             {"url", "url.decode(string) -> string", "Each %XX as the byte it stands for."}},
    Function{"url.parse",
             kGlobal,
             1,
             {kStrings},
             Type::map,
             each<parse>,
             {"url", "url.parse(string) -> map",
              "The parts of a URL: scheme, user, host, port (an int), path (decoded), query (as "
              "written), params (the decoded query, of equal names the first), fragment; what is "
              "not there is null."}},
};

}  // namespace

const std::span<const Function> kUrlFunctions{kTable};

}  // namespace leat::expr
