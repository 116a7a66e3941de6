#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/value.h"

namespace leat::reference {

__extension__ typedef __int128 Wide;

// A value that owns all that it holds: the reference's own notion of what an expression gives. Lists
// and objects of JSON are lists and maps here.
struct Thing {
  using Type = record::Type;

  Type type = Type::absent;  // never json
  bool boolean = false;
  std::int64_t integer = 0;
  std::uint64_t natural = 0;  // unsigned_integer
  double real = 0;
  Wide nanos = 0;            // timestamp, duration
  std::string text;          // string, bytes, type_name; the code of an error
  std::vector<Thing> items;  // of a list; of a map key, value, key, value, …; of an optional 0 or 1

  bool is(Type t) const noexcept { return type == t; }
  bool is_error() const noexcept { return type == Type::error; }
  bool is_number() const noexcept {
    return is(Type::integer) || is(Type::unsigned_integer) || is(Type::real);
  }
};

Thing make_null();
Thing make_boolean(bool b);
Thing make_integer(std::int64_t i);
Thing make_unsigned(std::uint64_t u);
Thing make_real(double d);
Thing make_string(std::string s);
Thing make_bytes(std::string s);
Thing make_timestamp(Wide nanos);  // OVERFLOW beyond the years 1 … 9999
Thing make_duration(Wide nanos);   // OVERFLOW beyond 64 bits of nanoseconds
Thing make_list(std::vector<Thing> items);
Thing make_map(std::vector<Thing> keys_and_values);
Thing make_type(std::string name);
Thing make_some(Thing value);
Thing make_none();
Thing make_error(std::string code);

// The double nearest to a number.
double as_double(const Thing& number);
// CEL's ==: between int and uint exact, with a double as doubles.
bool equal(const Thing& a, const Thing& b);
// The value of the key that is exactly the same number, bool or string, or nullptr.
const Thing* find_key(const Thing& map, const Thing& key);
// "int", "google.protobuf.Timestamp", …
std::string type_name(const Thing& thing);
// Compact JSON; control characters, quotes and `ä` escaped. Requires: only what JSON has.
std::string to_json(const Thing& thing);
// For people.
std::string show(const Thing& thing);

}  // namespace leat::reference
