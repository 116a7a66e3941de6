#pragma once

#include <simdjson.h>

#include <bit>
#include <string>
#include <string_view>

#include "base/check.h"
#include "json/document.h"

// Comparing JSON values with each other and with what simdjson reads.
namespace leat::fuzz {

// The same values in the same order, numbers with the same tokens; places are not looked at.
inline bool equal_trees(const json::Value& a, const json::Value& b) {
  if (a.kind() != b.kind() || a.number_token() != b.number_token()) return false;
  if (a.as_bool() != b.as_bool()) return false;
  if (a.is_string() && *a.as_string() != *b.as_string()) return false;
  if (a.elements().size() != b.elements().size()) return false;
  for (std::size_t i = 0; i < a.elements().size(); ++i)
    if (!equal_trees(a.elements()[i], b.elements()[i])) return false;
  if (a.members().size() != b.members().size()) return false;
  for (std::size_t i = 0; i < a.members().size(); ++i) {
    const json::Member& one = a.members()[i];
    const json::Member& other = b.members()[i];
    if (one.key != other.key || !equal_trees(one.value, other.value)) return false;
  }
  return true;
}

inline bool equal_numbers(const json::Value& ours, simdjson::dom::element theirs) {
  if (theirs.is<std::int64_t>()) return ours.as_integer() == theirs.get_int64().value_unsafe();
  const double right = theirs.is<std::uint64_t>()
                           ? static_cast<double>(theirs.get_uint64().value_unsafe())
                           : theirs.get_double().value_unsafe();
  return ours.kind() == json::Kind::real &&
         std::bit_cast<std::uint64_t>(*ours.as_double()) == std::bit_cast<std::uint64_t>(right);
}

inline bool equal_trees(const json::Value& ours, simdjson::dom::element theirs) {
  using simdjson::dom::element_type;
  switch (theirs.type()) {
    case element_type::NULL_VALUE: return ours.is_null();
    case element_type::BOOL: return ours.as_bool() == theirs.get_bool().value_unsafe();
    case element_type::STRING:
      return ours.is_string() && *ours.as_string() == theirs.get_string().value_unsafe();
    case element_type::ARRAY: {
      if (!ours.is_array()) return false;
      const simdjson::dom::array elements = theirs.get_array().value_unsafe();
      std::size_t i = 0;
      for (const simdjson::dom::element element : elements) {
        if (i == ours.elements().size() || !equal_trees(ours.elements()[i++], element))
          return false;
      }
      return i == ours.elements().size();
    }
    case element_type::OBJECT: {
      if (!ours.is_object()) return false;
      const simdjson::dom::object members = theirs.get_object().value_unsafe();
      std::size_t i = 0;
      for (const simdjson::dom::key_value_pair member : members) {
        if (i == ours.members().size()) return false;
        const json::Member& own = ours.members()[i++];
        if (own.key != member.key || !equal_trees(own.value, member.value)) return false;
      }
      return i == ours.members().size();
    }
    default: return equal_numbers(ours, theirs);
  }
}

}  // namespace leat::fuzz
