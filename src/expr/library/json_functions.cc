#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "expr/json_walk.h"
#include "expr/library/base64.h"
#include "expr/library/json_check.h"
#include "expr/library/library.h"
#include "expr/library/text_builder.h"
#include "expr/times.h"
#include "expr/values.h"

namespace leat::expr {
namespace {

using Fault = const RowError*;  // nullptr: none

Value parse(Frame& frame, const Value& a) {
  if (!a.is(Type::string) && !a.is(Type::bytes)) return fail(kNoSuchOverload);
  if (a.is(Type::bytes) && !base::valid_utf8(a.as_text())) return fail(kInvalidUtf8);
  bool too_large = false;
  const std::string_view token = check_json(a.as_text(), too_large);
  if (token.empty()) return fail(kInvalidJson);
  if (too_large) return fail(kOutOfRange);
  return json_value(token, frame.arena);
}

// Writes values as the json format of a sink does. Each depth is a call: kNestingMax of them.
class Writer {
 public:
  explicit Writer(base::Arena& arena) : arena_(arena), out_(arena) {}

  Fault put(const Value& value) {
    switch (value.type()) {
      case Type::null: return out_.put("null"), nullptr;
      case Type::boolean: return out_.put(value.as_boolean() ? "true" : "false"), nullptr;
      case Type::integer: return put_number(value.as_integer()), nullptr;
      case Type::unsigned_integer: return put_number(value.as_unsigned()), nullptr;
      case Type::real: return put_real(value.as_real());
      case Type::json: return out_.put(value.as_text()), nullptr;
      case Type::bytes: return put_bytes(value.as_text());
      case Type::timestamp: return put_quoted(timestamp_text(arena_, value));
      case Type::duration: return put_quoted(duration_text(arena_, value));
      case Type::string:
      case Type::type_name: return put_string(value.as_text()), nullptr;
      case Type::optional:
        return value.as_optional() == nullptr ? put(Value::null()) : put(*value.as_optional());
      default: break;
    }
    if (++depth_ > kNestingMax) return &kTooDeep;
    const Fault fault = value.is(Type::list) ? put_list(value) : put_map(value);
    --depth_;
    return fault;
  }
  Value finish() { return out_.string(); }

 private:
  template <class Number>
  void put_number(Number number) {
    char text[24];
    out_.put({text, static_cast<std::size_t>(std::to_chars(text, text + sizeof text, number).ptr -
                                             text)});
  }

  // Always with a fraction or an exponent.
  Fault put_real(double d) {
    if (!std::isfinite(d)) return &kNotRepresentable;
    char text[32];
    const std::string_view shortest(
        text, static_cast<std::size_t>(std::to_chars(text, text + sizeof text, d).ptr - text));
    out_.put(shortest);
    if (shortest.find_first_of(".e") == std::string_view::npos) out_.put(".0");
    return nullptr;
  }

  Fault put_bytes(std::string_view bytes) {
    out_.put('"');
    put_base64(out_, bytes);
    out_.put('"');
    return nullptr;
  }

  Fault put_quoted(const Value& text) {
    if (text.is_error()) return &text.as_error();
    put_string(text.as_text());
    return nullptr;
  }

  void put_string(std::string_view text) {
    out_.put('"');
    for (const char c : text) put_character(c);
    out_.put('"');
  }
  void put_character(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && c != '"' && c != '\\') return out_.put(c);
    out_.put('\\');
    switch (c) {
      case '"':
      case '\\': return out_.put(c);
      case '\b': return out_.put('b');
      case '\f': return out_.put('f');
      case '\n': return out_.put('n');
      case '\r': return out_.put('r');
      case '\t': return out_.put('t');
      default: break;
    }
    out_.put("u00");
    out_.put(byte < 0x10 ? '0' : '1');
    out_.put("0123456789abcdef"[byte & 15]);
  }

  Fault put_list(const Value& list) {
    out_.put('[');
    for (std::size_t i = 0; i < list.as_items().size(); ++i) {
      if (i > 0) out_.put(',');
      if (const Fault fault = put(list.as_items()[i])) return fault;
      if (out_.too_large()) return &kTooLarge;
    }
    out_.put(']');
    return nullptr;
  }

  Fault put_map(const Value& map) {
    if (!map.is(Type::map)) return &kNoSuchOverload;
    bool first = true;
    out_.put('{');
    for (const Entry& entry : map.as_entries()) {
      if (!first) out_.put(',');
      first = false;
      if (const Fault fault = put_key(entry.key)) return fault;
      out_.put(':');
      if (const Fault fault = put(entry.value)) return fault;
      if (out_.too_large()) return &kTooLarge;
    }
    out_.put('}');
    return nullptr;
  }

  // Names are texts: other keys stand in quotes.
  Fault put_key(const Value& key) {
    if (key.is(Type::string)) return put(key);
    out_.put('"');
    const Fault fault = put(key);
    out_.put('"');
    return fault;
  }

  base::Arena& arena_;
  TextBuilder out_;
  std::size_t depth_ = 0;
};

Value print(Frame& frame, const Value& a) {
  Writer writer(frame.arena);
  const Fault fault = writer.put(a);
  return fault != nullptr ? fail(*fault) : writer.finish();
}

constexpr std::array kTable{
    Function{"json.parse",
             CallStyle::global,
             1,
             {kStrings | kBytesTypes},
             std::nullopt,
             each<parse>,
             {"json", "json.parse(string | bytes) -> dyn",
              "The value of a JSON text: null, bool, int, double, string, list or map."}},
    Function{"json.print",
             CallStyle::global,
             1,
             {kAnyType},
             Type::string,
             each<print>,
             {"json", "json.print(any) -> string",
              "The JSON text of a value, without white space; read JSON stays as it was written."}},
};

}  // namespace

const std::span<const Function> kJsonFunctions{kTable};

}  // namespace leat::expr
