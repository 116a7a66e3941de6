#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "expr/kernel.h"

// What operators and functions do with values of any type: making, reading and comparing them.
// Lists and maps come in two forms that mean the same: computed (Type::list, Type::map) and as the
// JSON text they were read as (Type::json); everything here takes both. Where a JSON text turns out
// malformed the error is INVALID_JSON. Errors and absent values are no operands here: `each<row>`
// keeps them away.
namespace leat::expr {

using record::Entry;

inline constexpr std::size_t kItemsMax = 1'000'000;  // of one computed list or map
inline constexpr std::size_t kNestingMax = 256;      // lists and maps inside each other

// ---- making; items, entries and text are copied into the arena (their own text is not)

Value make_string(base::Arena& arena, std::string_view utf8);
Value make_bytes(base::Arena& arena, std::string_view bytes);
Value make_list(base::Arena& arena, std::span<const Value> items);
// Requires: no two equal keys.
Value make_map(base::Arena& arena, std::span<const Entry> entries);
// optional.of(value); without a value: optional.none().
Value make_optional(base::Arena& arena, const Value& value);
inline constexpr Value kNone = Value::optional(nullptr);

// ---- reading

bool is_list(const Value& value) noexcept;
bool is_map(const Value& value) noexcept;
inline bool is_number(const Value& value) noexcept {
  return value.is(Type::integer) || value.is(Type::real) || value.is(Type::unsigned_integer);
}

// The items of a list, or the entries of a map; those of JSON are read into the arena, one level
// deep. Error (else nullptr): NO_SUCH_OVERLOAD for other types, INVALID_JSON.
[[nodiscard]] const RowError* items_of(const Value& value, base::Arena& arena,
                                       std::span<const Value>& out);
[[nodiscard]] const RowError* entries_of(const Value& value, base::Arena& arena,
                                         std::span<const Entry>& out);

// The value of an entry whose key is exactly the same number, bool or string as `key`, or nullptr.
// Reads all: for one question.
const Value* find_entry(std::span<const Entry> entries, const Value& key) noexcept;

// Finds equal keys among many entries, in the order they are added.
class KeyIndex {
 public:
  // Memory for `most` keys from the arena.
  KeyIndex(base::Arena& arena, std::size_t most);
  // The position of an equal key among `entries`, or entries.size(): then that key is expected
  // there next. Requires: asked for every entry in order.
  std::size_t find_or_add(std::span<const Entry> entries, const Value& key) noexcept;
  // The position of an equal key, or entries.size().
  std::size_t find(std::span<const Entry> entries, const Value& key) const noexcept;

 private:
  std::span<std::uint32_t> slots_;  // position + 1; empty: few keys, all are read
};

// bool, int, uint, string, or a double that is a whole number: what a map takes as key.
bool is_key(const Value& value) noexcept;

// `operand.name` of a map: absent when there is none. Error: NO_SUCH_OVERLOAD for other types.
Value member_of(const Value& operand, std::string_view name, base::Arena& arena);
// `operand[key]`: OUT_OF_RANGE beyond a list, absent for a key that a map does not have.
Value item_of(const Value& operand, const Value& key, base::Arena& arena);
// `value in operand`.
Value contains_value(const Value& operand, const Value& value, base::Arena& arena);
// size(): code points, bytes, items or entries, as an int.
Value size_of(const Value& value, base::Arena& arena);

// The type as CEL names it: bool int uint double string bytes list map null_type type
// google.protobuf.Timestamp google.protobuf.Duration optional_type.
std::string_view type_name_of(const Value& value) noexcept;

// Whether the value is the zero value of its type: false, 0, "", [], {}, null, …
bool is_zero(const Value& value) noexcept;

// ---- comparing

// CEL's ==: numbers as compare_numbers() has it, lists and maps deep, NaN unequal to all,
// values of different types unequal. True, false, or an error: INVALID_JSON, VALUE_TOO_DEEP.
Value equals(const Value& a, const Value& b, base::Arena& arena);
// The same, an error counting as unequal.
bool same(const Value& a, const Value& b, base::Arena& arena);

// -1 less, 0 equal, 1 greater, kUnordered when one is NaN, kIncomparable when the types have no
// order between them (lists and maps have none).
inline constexpr int kUnordered = 2;
inline constexpr int kIncomparable = 3;
int compare(const Value& a, const Value& b) noexcept;
// Between int and uint exact, with a double as doubles. Requires: is_number(both).
int compare_numbers(const Value& a, const Value& b) noexcept;
// The double nearest to a number. Requires: is_number().
double real_of(const Value& number) noexcept;

}  // namespace leat::expr
