#pragma once

#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "record/value.h"

// Reads single members and items of a JSON text without a tree. The text may be malformed: what is
// read of it is checked, bounds always are; the error is INVALID_JSON. Nothing recurses. The values
// view the text, or the arena where a string had escapes.
namespace leat::expr {

// The value of member `name` (the first of that name); absent when the object has none; an error
// for other values than objects.
record::Value json_member(std::string_view json, std::string_view name, base::Arena& arena);
// A list by an integer (or a double without fraction), an object by a string. OUT_OF_RANGE beyond
// the list, absent when the object has no such member.
record::Value json_index(std::string_view json, const record::Value& key, base::Arena& arena);
// How many items or members.
record::Value json_size(std::string_view json);
// Whether the list has an item equal to `value`, or the object a member of that name.
record::Value json_contains(std::string_view json, const record::Value& value, base::Arena& arena);
// What has() gives for a member that is not there: false of an object, an error of anything else.
record::Value json_lacks_member(std::string_view json);
// One JSON value as a Value: objects and lists stay json.
record::Value json_value(std::string_view token, base::Arena& arena);

}  // namespace leat::expr
