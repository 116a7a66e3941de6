#include "plugin/calls/json_text.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/text.h"
#include "json/parse.h"
#include "json/write.h"

namespace leat::plugin {
namespace {

using record::Type;
using record::Value;

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Reads one JSON text without keeping anything but the brackets that are open.
class JsonCheck {
 public:
  explicit JsonCheck(std::string_view text) noexcept : text_(text) {}

  bool run() noexcept {
    for (;;) {
      if (!value()) return false;
      // What was read ends values around it, or a comma asks for the next one.
      for (;;) {
        skip_space();
        if (depth_ == 0) return at_ == text_.size();
        if (take(',')) {
          if (in_object() && !key()) return false;
          break;
        }
        if (!take(in_object() ? '}' : ']')) return false;
        --depth_;
      }
    }
  }

 private:
  bool in_object() const noexcept { return objects_[depth_ - 1]; }
  void skip_space() noexcept {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool take(char c) noexcept {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // A value, or the beginning of one up to its first scalar (or its end, when it is empty).
  bool value() noexcept {
    for (;;) {
      skip_space();
      if (take('{')) {
        if (!push(true)) return false;
        skip_space();
        if (at_ < text_.size() && text_[at_] == '}') return true;
        if (!key()) return false;
      } else if (take('[')) {
        if (!push(false)) return false;
        skip_space();
        if (at_ < text_.size() && text_[at_] == ']') return true;
      } else {
        return scalar();
      }
    }
  }
  bool push(bool object) noexcept {
    if (depth_ == kJsonDepthMax) return false;
    objects_[depth_++] = object;
    return true;
  }
  bool key() noexcept {
    skip_space();
    if (!string()) return false;
    skip_space();
    return take(':');
  }
  bool scalar() noexcept {
    if (at_ >= text_.size()) return false;
    if (text_[at_] == '"') return string();
    for (const std::string_view word : {"null", "true", "false"}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return true;
    }
    return number();
  }
  bool string() noexcept {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !escape()) return false;
    }
    return false;
  }
  bool escape() noexcept {
    if (at_ >= text_.size()) return false;
    const char c = text_[at_++];
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    for (int i = 0; i < 4; ++i) {
      const char h = at_ < text_.size() ? text_[at_++] : '\0';
      if (!is_digit(h) && !(h >= 'a' && h <= 'f') && !(h >= 'A' && h <= 'F')) return false;
    }
    return true;
  }
  bool digits() noexcept {
    const std::size_t first = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ != first;
  }
  bool number() noexcept {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool objects_[kJsonDepthMax] = {};
};

bool append_key(std::string& out, const Value& key) {
  switch (key.type()) {
    case Type::string: json::append_quoted(out, key.as_text()); return true;
    case Type::boolean: out += key.as_boolean() ? "\"true\"" : "\"false\""; return true;
    case Type::integer: out += '"' + std::to_string(key.as_integer()) + '"'; return true;
    case Type::unsigned_integer: out += '"' + std::to_string(key.as_unsigned()) + '"'; return true;
    default: return false;
  }
}

bool append_json(std::string& out, const Value& value, std::size_t depth);

bool append_items(std::string& out, std::span<const Value> items, std::size_t depth) {
  out += '[';
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i != 0) out += ',';
    if (!append_json(out, items[i], depth + 1)) return false;
  }
  out += ']';
  return true;
}

bool append_entries(std::string& out, std::span<const record::Entry> entries, std::size_t depth) {
  out += '{';
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i != 0) out += ',';
    if (!append_key(out, entries[i].key)) return false;
    out += ':';
    if (!append_json(out, entries[i].value, depth + 1)) return false;
  }
  out += '}';
  return true;
}

bool append_json(std::string& out, const Value& value, std::size_t depth) {
  if (depth > kJsonDepthMax) return false;
  switch (value.type()) {
    case Type::null: out += "null"; return true;
    case Type::boolean: out += value.as_boolean() ? "true" : "false"; return true;
    case Type::integer: out += std::to_string(value.as_integer()); return true;
    case Type::unsigned_integer: out += std::to_string(value.as_unsigned()); return true;
    case Type::real:
      if (!std::isfinite(value.as_real())) return false;
      json::append_double(out, value.as_real());
      return true;
    case Type::string: json::append_quoted(out, value.as_text()); return true;
    case Type::timestamp:
      json::append_quoted(out, base::to_rfc3339_us({value.as_integer()}));
      return true;
    case Type::json: out += value.as_text(); return true;
    case Type::list: return append_items(out, value.as_items(), depth);
    case Type::map: return append_entries(out, value.as_entries(), depth);
    default: return false;
  }
}

}  // namespace

bool is_json(std::string_view text) noexcept {
  return base::valid_utf8(text) && JsonCheck(text).run();
}

std::optional<std::string_view> json_of(const Value& value, base::Arena& arena) {
  if (value.is(Type::json)) return value.as_text();
  std::string text;
  if (!append_json(text, value, 0)) return {};
  return arena.copy(text);
}

Value value_of_json(std::string_view text, base::Arena& arena) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  switch (text.empty() ? '\0' : text.front()) {
    case '{':
    case '[': return Value::json(text);
    case 'n': return Value::null();
    case 't': return Value::boolean(true);
    case 'f': return Value::boolean(false);
    case '"': break;
    default: {
      std::int64_t integer = 0;
      const char* const end = text.data() + text.size();
      const auto whole = std::from_chars(text.data(), end, integer);
      if (whole.ec == std::errc() && whole.ptr == end) return Value::integer(integer);
      double real = 0;
      const auto read = std::from_chars(text.data(), end, real);
      // Numbers that no double holds stay text.
      return read.ec == std::errc() && read.ptr == end ? Value::real(real) : Value::json(text);
    }
  }
  const std::string_view inside = text.substr(1, text.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return Value::string(inside);
  json::ParseOptions options;
  options.bytes_max = text.size() + 1;
  const json::Parsed parsed = json::parse(text, options);
  if (!parsed.ok() || !parsed.root().is_string()) return Value::json(text);  // lone surrogates
  return Value::string(arena.copy(*parsed.root().as_string()));
}

}  // namespace leat::plugin
