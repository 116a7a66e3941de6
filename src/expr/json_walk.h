#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "record/value.h"

// Reads single members and items of a JSON text without a tree. The text may be malformed: what is
// read of it is checked, bounds always are; the error is INVALID_JSON. Nothing recurses. The values
// view the text, or the arena where a string had escapes.
namespace leat::expr {

// How numbers come: as values, or as the text they were written in (Type::json).
enum class Numbers : std::uint8_t { read, as_written };

// The value of member `name` (the first of that name); absent when the object has none; an error
// for other values than objects.
record::Value json_member(std::string_view json, std::string_view name, base::Arena& arena,
                          Numbers numbers = Numbers::read);
// Item `index` of a list; OUT_OF_RANGE beyond it.
record::Value json_item(std::string_view json, std::uint64_t index, base::Arena& arena,
                        Numbers numbers = Numbers::read);
// All items of a list, all members of an object (of equal names the first), in the arena; objects
// and lists in them stay json. Error, else nullptr: NO_SUCH_OVERLOAD for other values.
const record::RowError* json_items(std::string_view json, base::Arena& arena,
                                   std::span<const record::Value>& out);
const record::RowError* json_entries(std::string_view json, base::Arena& arena,
                                     std::span<const record::Entry>& out);
// Whether the value begins with this bracket: `[` a list, `{` an object.
bool json_opens(std::string_view json, char bracket);
// How many items, or members of different names: as json_items() and json_entries() give them.
record::Value json_size(std::string_view json, base::Arena& arena);
// Whether a list or object has nothing in it.
bool json_is_empty(std::string_view json);
// Whether the list has an item equal to `value`, or the object a member of that name.
record::Value json_contains(std::string_view json, const record::Value& value, base::Arena& arena);
// One JSON value as a Value: objects and lists stay json.
record::Value json_value(std::string_view token, base::Arena& arena);

// Whether a number as JSON writes it is larger than every double, or lower.
bool is_beyond_double(std::string_view number) noexcept;

}  // namespace leat::expr
