#include "conformance/values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <fmt/format.h>

namespace leat::conformance {
namespace {

using record::Entry;
using record::Type;
using record::Value;

template <class Number>
Number number_of(std::string_view text) {
  Number value = 0;
  if constexpr (std::is_floating_point_v<Number>) {
    value = std::strtod(std::string(text).c_str(), nullptr);  // also inf, nan
  } else {
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    if (hex) text.remove_prefix(2);
    std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  }
  return value;
}

std::optional<Value> read_list(const Message& list, base::Arena& arena) {
  const std::vector<const Field*> items = list.all("values");
  const std::span<Value> made = arena.array<Value>(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::optional<Value> item = read_value(items[i]->message, arena);
    if (!item) return std::nullopt;
    made[i] = *item;
  }
  return Value::list(made);
}

std::optional<Value> read_map(const Message& map, base::Arena& arena) {
  const std::vector<const Field*> entries = map.all("entries");
  const std::span<Entry> made = arena.array<Entry>(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::optional<Value> key = read_value(entries[i]->message.in("key"), arena);
    const std::optional<Value> value = read_value(entries[i]->message.in("value"), arena);
    if (!key || !value) return std::nullopt;
    made[i] = {*key, *value};
  }
  return Value::map(made.data(), made.size());
}

// google.protobuf.Timestamp, google.protobuf.Duration.
Value read_time(const Message& time, bool duration) {
  const auto seconds = number_of<std::int64_t>(time.text("seconds"));
  std::int64_t us = seconds * 1'000'000;
  std::int64_t nanos = number_of<std::int64_t>(time.text("nanos"));
  us += nanos / 1000;
  nanos %= 1000;
  if (nanos < 0) {
    nanos += 1000;
    --us;
  }
  const auto rest = static_cast<std::uint32_t>(nanos);
  return duration ? Value::duration(us, rest) : Value::timestamp(us, rest);
}

std::optional<Value> read_object(const Message& any) {
  for (const Field& field : any.fields) {
    if (field.name.ends_with("/google.protobuf.Duration]")) return read_time(field.message, true);
    if (field.name.ends_with("/google.protobuf.Timestamp]")) return read_time(field.message, false);
  }
  return std::nullopt;
}

bool same_entries(std::span<const Entry> a, std::span<const Entry> b) {
  if (a.size() != b.size()) return false;
  return std::all_of(a.begin(), a.end(), [&b](const Entry& one) {
    return std::any_of(b.begin(), b.end(), [&one](const Entry& other) {
      return same_value(one.key, other.key) && same_value(one.value, other.value);
    });
  });
}

std::string show_text(std::string_view text) {
  std::string made = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F)
      made += fmt::format("\\x{:02x}", byte);
    else
      made.push_back(c);
  }
  return made + "\"";
}

std::string show_hex(std::string_view text) {
  std::string made;
  for (const char c : text) made += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return made;
}

std::string show_items(const Value& value) {
  std::string all;
  if (value.is(Type::list)) {
    for (const Value& item : value.as_items()) all += (all.empty() ? "" : ", ") + show_value(item);
    return "[" + all + "]";
  }
  for (const Entry& entry : value.as_entries())
    all += (all.empty() ? "" : ", ") + show_value(entry.key) + ": " + show_value(entry.value);
  return "{" + all + "}";
}

}  // namespace

std::optional<Value> read_value(const Message& value, base::Arena& arena) {
  if (value.fields.empty()) return Value::null();
  const Field& field = value.fields.front();
  const std::string_view text = field.scalar;
  if (field.name == "null_value") return Value::null();
  if (field.name == "bool_value") return Value::boolean(text == "true");
  if (field.name == "int64_value") return Value::integer(number_of<std::int64_t>(text));
  if (field.name == "uint64_value") return Value::unsigned_integer(number_of<std::uint64_t>(text));
  if (field.name == "double_value") return Value::real(number_of<double>(text));
  if (field.name == "string_value") return Value::string(arena.copy(text));
  if (field.name == "bytes_value") return Value::bytes(arena.copy(text));
  if (field.name == "type_value") return Value::type_name(arena.copy(text));
  if (field.name == "list_value") return read_list(field.message, arena);
  if (field.name == "map_value") return read_map(field.message, arena);
  if (field.name == "object_value") return read_object(field.message);
  return std::nullopt;
}

bool same_value(const Value& a, const Value& b) {
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case Type::absent:
    case Type::null:
    case Type::error: return true;
    case Type::real:
      return a.as_real() == b.as_real() || (std::isnan(a.as_real()) && std::isnan(b.as_real()));
    case Type::boolean:
    case Type::integer:
    case Type::unsigned_integer: return a.as_integer() == b.as_integer();
    case Type::timestamp:
    case Type::duration: return a.as_integer() == b.as_integer() && a.as_nanos() == b.as_nanos();
    case Type::string:
    case Type::bytes:
    case Type::json:
    case Type::type_name: return a.as_text() == b.as_text();
    case Type::list:
      return std::equal(a.as_items().begin(), a.as_items().end(), b.as_items().begin(),
                        b.as_items().end(), same_value);
    case Type::map: return same_entries(a.as_entries(), b.as_entries());
    case Type::optional: {
      const Value* x = a.as_optional();
      const Value* y = b.as_optional();
      return (x == nullptr) == (y == nullptr) && (x == nullptr || same_value(*x, *y));
    }
  }
  return false;
}

std::optional<Type> read_type(const Message& type) {
  constexpr std::pair<std::string_view, Type> kPrimitives[] = {
      {"BOOL", Type::boolean},
      {"INT64", Type::integer},
      {"UINT64", Type::unsigned_integer},
      {"DOUBLE", Type::real},
      {"STRING", Type::string},
      {"BYTES", Type::bytes},
      {"TIMESTAMP", Type::timestamp},
      {"DURATION", Type::duration},
  };
  if (type.fields.empty()) return std::nullopt;
  const Field& field = type.fields.front();
  for (const auto& [name, meant] : kPrimitives)
    if ((field.name == "primitive" || field.name == "well_known") && field.scalar == name)
      return meant;
  if (field.name == "null") return Type::null;
  if (field.name == "list_type") return Type::list;
  if (field.name == "map_type") return Type::map;
  if (field.name == "type") return Type::type_name;
  if (field.name == "abstract_type" && field.message.text("name") == "optional_type")
    return Type::optional;
  return std::nullopt;
}

std::string show_value(const Value& value) {
  const std::string_view type = record::to_string(value.type());
  switch (value.type()) {
    case Type::absent:
    case Type::null: return std::string(type);
    case Type::boolean: return value.as_boolean() ? "true" : "false";
    case Type::integer: return fmt::format("int {}", value.as_integer());
    case Type::unsigned_integer: return fmt::format("uint {}", value.as_unsigned());
    case Type::timestamp:
    case Type::duration:
      return fmt::format("{} {} us + {} ns", type, value.as_integer(), value.as_nanos());
    case Type::real: return fmt::format("double {}", value.as_real());
    case Type::string:
    case Type::json: return fmt::format("{} {}", type, show_text(value.as_text()));
    case Type::bytes: return "bytes " + show_hex(value.as_text());
    case Type::type_name: return fmt::format("type {}", value.as_text());
    case Type::optional:
      return value.as_optional() == nullptr ? "none" : "some " + show_value(*value.as_optional());
    case Type::list:
    case Type::map: return show_items(value);
    case Type::error: return fmt::format("error {}", value.as_error().code);
  }
  return "";
}

}  // namespace leat::conformance
