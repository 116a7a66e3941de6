#include "reference/thing.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace leat::reference {
namespace {

using Type = record::Type;

constexpr Wide kSecond = 1'000'000'000;

Thing of(Type type) {
  Thing made;
  made.type = type;
  return made;
}

// long double holds every int64, uint64 and double exactly (x86).
long double exact(const Thing& number) {
  if (number.is(Type::integer)) return static_cast<long double>(number.integer);
  if (number.is(Type::unsigned_integer)) return static_cast<long double>(number.natural);
  return static_cast<long double>(number.real);
}

bool same_key(const Thing& a, const Thing& b) {
  if (a.is_number() && b.is_number()) return exact(a) == exact(b);
  const bool fits = a.is(Type::string) || a.is(Type::boolean);
  return fits && equal(a, b);
}

std::string escaped(const std::string& text) {
  std::string made = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '"' || byte == '\\') {
      made += '\\', made += text[i];
    } else if (byte < 0x20) {
      made += fmt::format("\\u{:04x}", byte);
    } else if (text.compare(i, 2, "\xC3\xA4") == 0) {
      made += "\\u00e4";
      ++i;
    } else {
      made += text[i];
    }
  }
  return made + "\"";
}

std::string joined(const Thing& thing, std::string (*write)(const Thing&)) {
  std::string all;
  const bool map = thing.is(Type::map);
  for (std::size_t i = 0; i < thing.items.size(); ++i) {
    if (i > 0) all += map && i % 2 == 1 ? ":" : ",";
    all += write(thing.items[i]);
  }
  return map ? "{" + all + "}" : "[" + all + "]";
}

}  // namespace

Thing make_null() { return of(Type::null); }
Thing make_boolean(bool b) {
  Thing made = of(Type::boolean);
  made.boolean = b;
  return made;
}
Thing make_integer(std::int64_t i) {
  Thing made = of(Type::integer);
  made.integer = i;
  return made;
}
Thing make_unsigned(std::uint64_t u) {
  Thing made = of(Type::unsigned_integer);
  made.natural = u;
  return made;
}
Thing make_real(double d) {
  Thing made = of(Type::real);
  made.real = d;
  return made;
}
Thing make_string(std::string s) {
  Thing made = of(Type::string);
  made.text = std::move(s);
  return made;
}
Thing make_bytes(std::string s) {
  Thing made = of(Type::bytes);
  made.text = std::move(s);
  return made;
}
Thing make_timestamp(Wide nanos) {
  constexpr Wide kLeast = -62135596800 * kSecond;
  constexpr Wide kMost = 253402300800 * kSecond;
  if (nanos < kLeast || nanos >= kMost) return make_error("OVERFLOW");
  Thing made = of(Type::timestamp);
  made.nanos = nanos;
  return made;
}
Thing make_duration(Wide nanos) {
  constexpr Wide kMost = std::numeric_limits<std::int64_t>::max();
  if (nanos < -kMost || nanos > kMost) return make_error("OVERFLOW");
  Thing made = of(Type::duration);
  made.nanos = nanos;
  return made;
}
Thing make_list(std::vector<Thing> items) {
  Thing made = of(Type::list);
  made.items = std::move(items);
  return made;
}
Thing make_map(std::vector<Thing> keys_and_values) {
  Thing made = of(Type::map);
  made.items = std::move(keys_and_values);
  return made;
}
Thing make_type(std::string name) {
  Thing made = of(Type::type_name);
  made.text = std::move(name);
  return made;
}
Thing make_some(Thing value) {
  Thing made = of(Type::optional);
  made.items.push_back(std::move(value));
  return made;
}
Thing make_none() { return of(Type::optional); }
Thing make_error(std::string code) {
  Thing made = of(Type::error);
  made.text = std::move(code);
  return made;
}

double as_double(const Thing& number) {
  if (number.is(Type::integer)) return static_cast<double>(number.integer);
  return number.is(Type::real) ? number.real : static_cast<double>(number.natural);
}

bool equal(const Thing& a, const Thing& b) {
  if (a.is_number() && b.is_number()) {
    const bool doubles = a.is(Type::real) || b.is(Type::real);
    return doubles ? as_double(a) == as_double(b) : exact(a) == exact(b);
  }
  if (a.type != b.type) return false;
  switch (a.type) {
    case Type::null: return true;
    case Type::boolean: return a.boolean == b.boolean;
    case Type::string:
    case Type::bytes:
    case Type::type_name: return a.text == b.text;
    case Type::timestamp:
    case Type::duration: return a.nanos == b.nanos;
    case Type::optional:
    case Type::list: {
      bool all = a.items.size() == b.items.size();
      for (std::size_t i = 0; all && i < a.items.size(); ++i) all = equal(a.items[i], b.items[i]);
      return all;
    }
    case Type::map: {
      bool all = a.items.size() == b.items.size();
      for (std::size_t i = 0; all && i < a.items.size(); i += 2) {
        const Thing* other = find_key(b, a.items[i]);
        all = other != nullptr && equal(a.items[i + 1], *other);
      }
      return all;
    }
    default: return false;
  }
}

const Thing* find_key(const Thing& map, const Thing& key) {
  for (std::size_t i = 0; i < map.items.size(); i += 2)
    if (same_key(map.items[i], key)) return &map.items[i + 1];
  return nullptr;
}

std::string type_name(const Thing& thing) {
  switch (thing.type) {
    case Type::null: return "null_type";
    case Type::boolean: return "bool";
    case Type::integer: return "int";
    case Type::unsigned_integer: return "uint";
    case Type::real: return "double";
    case Type::string: return "string";
    case Type::bytes: return "bytes";
    case Type::timestamp: return "google.protobuf.Timestamp";
    case Type::duration: return "google.protobuf.Duration";
    case Type::list: return "list";
    case Type::map: return "map";
    case Type::type_name: return "type";
    case Type::optional: return "optional_type";
    default: return "";
  }
}

std::string to_json(const Thing& thing) {
  switch (thing.type) {
    case Type::boolean: return thing.boolean ? "true" : "false";
    case Type::integer: return std::to_string(thing.integer);
    case Type::real: {
      std::string text = fmt::format("{}", thing.real);
      return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
    }
    case Type::string: return escaped(thing.text);
    case Type::list:
    case Type::map: return joined(thing, to_json);
    default: return "null";
  }
}

std::string show(const Thing& thing) {
  const std::string name = std::string(record::to_string(thing.type));
  switch (thing.type) {
    case Type::boolean: return thing.boolean ? "true" : "false";
    case Type::integer: return fmt::format("int {}", thing.integer);
    case Type::unsigned_integer: return fmt::format("uint {}", thing.natural);
    case Type::real: return fmt::format("double {}", thing.real);
    case Type::timestamp:
    case Type::duration:
      return fmt::format("{} {}s {}ns", name, static_cast<std::int64_t>(thing.nanos / kSecond),
                         static_cast<std::int64_t>(thing.nanos % kSecond));
    case Type::list:
    case Type::map: return joined(thing, show);
    case Type::optional: return thing.items.empty() ? "none" : "some " + show(thing.items[0]);
    default: return thing.text.empty() ? name : name + " " + thing.text;
  }
}

}  // namespace leat::reference
