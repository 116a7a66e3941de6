#include "expr/values.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/text.h"
#include "expr/json_walk.h"

namespace leat::expr {
namespace {

template <class T>
std::span<T> copy_of(base::Arena& arena, std::span<const T> items) {
  const std::span<T> made = arena.array<T>(items.size());
  std::copy(items.begin(), items.end(), made.begin());
  return made;
}

template <class T>
int sign(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

int compare_integers(const Value& a, const Value& b) {
  if (a.type() == b.type())
    return a.is(Type::integer) ? sign(a.as_integer(), b.as_integer())
                               : sign(a.as_unsigned(), b.as_unsigned());
  if (a.is(Type::integer)) return a.as_integer() < 0 ? -1 : sign(a.as_unsigned(), b.as_unsigned());
  return b.as_integer() < 0 ? 1 : sign(a.as_unsigned(), b.as_unsigned());
}

// ---- keys

// A number as the integer that it equals; false when it equals none.
bool whole_number(const Value& value, std::uint64_t& bits, bool& beyond_int64) {
  beyond_int64 = false;
  if (value.is(Type::real)) {
    const double d = value.as_real();
    if (std::trunc(d) != d || d < -9223372036854775808.0 || d >= 18446744073709551616.0)
      return false;
    beyond_int64 = d >= 9223372036854775808.0;
    bits = beyond_int64 ? static_cast<std::uint64_t>(d)
                        : static_cast<std::uint64_t>(static_cast<std::int64_t>(d));
    return true;
  }
  bits = value.as_unsigned();
  beyond_int64 = value.is(Type::unsigned_integer) && value.as_integer() < 0;
  return true;
}

bool same_whole_number(const Value& a, const Value& b) {
  std::uint64_t x = 0;
  std::uint64_t y = 0;
  bool x_beyond = false;
  bool y_beyond = false;
  return whole_number(a, x, x_beyond) && whole_number(b, y, y_beyond) && x == y &&
         x_beyond == y_beyond;
}

bool same_key(const Value& a, const Value& b) {
  if (a.is(Type::string)) return b.is(Type::string) && a.as_text() == b.as_text();
  if (is_number(a)) return is_number(b) && same_whole_number(a, b);
  return a.is(Type::boolean) && b.is(Type::boolean) && a.as_boolean() == b.as_boolean();
}

std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9ULL;
  x ^= x >> 27;
  x *= 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

std::uint64_t hash_of_key(const Value& key) {
  if (is_number(key)) {
    std::uint64_t bits = 0;
    bool beyond = false;
    if (!whole_number(key, bits, beyond)) return 0;
    return mix(bits + (beyond ? 0x9E3779B97F4A7C15ULL : 0));
  }
  if (!key.is(Type::string)) return key.as_boolean() ? 1 : 2;
  std::string_view text = key.as_text();
  std::uint64_t hash = mix(text.size() + 3);
  for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(8, text.size()))) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), std::min<std::size_t>(8, text.size()));
    hash = mix(hash ^ word);
  }
  return hash;
}

// ---- equality

enum class Match : std::uint8_t { no, yes, malformed, too_deep };

Match match(const Value& a, const Value& b, base::Arena& arena, std::size_t depth);

Match of(bool yes) { return yes ? Match::yes : Match::no; }

Match match_lists(const Value& a, const Value& b, base::Arena& arena, std::size_t depth) {
  std::span<const Value> x;
  std::span<const Value> y;
  if (items_of(a, arena, x) != nullptr || items_of(b, arena, y) != nullptr) return Match::malformed;
  if (x.size() != y.size()) return Match::no;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (const Match one = match(x[i], y[i], arena, depth); one != Match::yes) return one;
  return Match::yes;
}

Match match_maps(const Value& a, const Value& b, base::Arena& arena, std::size_t depth) {
  std::span<const Entry> x;
  std::span<const Entry> y;
  if (entries_of(a, arena, x) != nullptr || entries_of(b, arena, y) != nullptr)
    return Match::malformed;
  if (x.size() != y.size()) return Match::no;
  KeyIndex index(arena, y.size());
  for (std::size_t i = 0; i < y.size(); ++i) index.find_or_add(y.first(i), y[i].key);
  for (const Entry& entry : x) {
    const std::size_t at = index.find(y, entry.key);
    if (at == y.size()) return Match::no;
    if (const Match one = match(entry.value, y[at].value, arena, depth); one != Match::yes)
      return one;
  }
  return Match::yes;
}

Match match(const Value& a, const Value& b, base::Arena& arena, std::size_t depth) {
  if (is_number(a)) return of(is_number(b) && compare_numbers(a, b) == 0);
  if (depth == 0) return Match::too_deep;
  if (a.is(Type::json) && b.is(Type::json) && a.as_text() == b.as_text()) return Match::yes;
  if (is_list(a)) return is_list(b) ? match_lists(a, b, arena, depth - 1) : Match::no;
  if (is_map(a)) return is_map(b) ? match_maps(a, b, arena, depth - 1) : Match::no;
  if (a.type() != b.type()) return Match::no;
  switch (a.type()) {
    case Type::null: return Match::yes;
    case Type::type_name: return of(a.as_text() == b.as_text());
    case Type::optional:
      if (a.as_optional() == nullptr || b.as_optional() == nullptr)
        return of(a.as_optional() == b.as_optional());
      return match(*a.as_optional(), *b.as_optional(), arena, depth - 1);
    case Type::json: return Match::malformed;
    default: return of(compare(a, b) == 0);
  }
}

}  // namespace

// ---- making

Value make_string(base::Arena& arena, std::string_view utf8) {
  return Value::string(arena.copy(utf8));
}
Value make_bytes(base::Arena& arena, std::string_view bytes) {
  return Value::bytes(arena.copy(bytes));
}
Value make_list(base::Arena& arena, std::span<const Value> items) {
  return Value::list(copy_of(arena, items));
}
Value make_map(base::Arena& arena, std::span<const Entry> entries) {
  const std::span<const Entry> made = copy_of(arena, entries);
  return Value::map(made.data(), made.size());
}
Value make_optional(base::Arena& arena, const Value& value) {
  const std::span<Value> made = arena.array<Value>(1);
  made[0] = value;
  return Value::optional(made.data());
}

// ---- reading

bool is_list(const Value& value) noexcept {
  return value.is(Type::list) || (value.is(Type::json) && json_opens(value.as_text(), '['));
}
bool is_map(const Value& value) noexcept {
  return value.is(Type::map) || (value.is(Type::json) && json_opens(value.as_text(), '{'));
}

const RowError* items_of(const Value& value, base::Arena& arena, std::span<const Value>& out) {
  if (value.is(Type::list)) {
    out = value.as_items();
    return nullptr;
  }
  return value.is(Type::json) ? json_items(value.as_text(), arena, out) : &kNoSuchOverload;
}

const RowError* entries_of(const Value& value, base::Arena& arena, std::span<const Entry>& out) {
  if (value.is(Type::map)) {
    out = value.as_entries();
    return nullptr;
  }
  return value.is(Type::json) ? json_entries(value.as_text(), arena, out) : &kNoSuchOverload;
}

const Value* find_entry(std::span<const Entry> entries, const Value& key) noexcept {
  for (const Entry& entry : entries)
    if (same_key(entry.key, key)) return &entry.value;
  return nullptr;
}

KeyIndex::KeyIndex(base::Arena& arena, std::size_t most) {
  constexpr std::size_t kFew = 12;
  if (most > kFew) slots_ = arena.array<std::uint32_t>(std::bit_ceil(most * 2));
}

std::size_t KeyIndex::find(std::span<const Entry> entries, const Value& key) const noexcept {
  if (slots_.empty()) {
    const Value* const found = find_entry(entries, key);
    const auto same = [found](const Entry& entry) { return &entry.value == found; };
    return static_cast<std::size_t>(std::find_if(entries.begin(), entries.end(), same) -
                                    entries.begin());
  }
  for (std::size_t at = hash_of_key(key) & (slots_.size() - 1); slots_[at] != 0;
       at = (at + 1) & (slots_.size() - 1)) {
    const std::size_t position = slots_[at] - 1;
    if (position < entries.size() && same_key(entries[position].key, key)) return position;
  }
  return entries.size();
}

std::size_t KeyIndex::find_or_add(std::span<const Entry> entries, const Value& key) noexcept {
  const std::size_t found = find(entries, key);
  if (found != entries.size() || slots_.empty()) return found;
  std::size_t at = hash_of_key(key) & (slots_.size() - 1);
  while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = static_cast<std::uint32_t>(entries.size() + 1);
  return found;
}

bool is_key(const Value& value) noexcept {
  switch (value.type()) {
    case Type::boolean:
    case Type::integer:
    case Type::unsigned_integer:
    case Type::string: return true;
    case Type::real: return std::trunc(value.as_real()) == value.as_real();
    default: return false;
  }
}

Value member_of(const Value& operand, std::string_view name, base::Arena& arena) {
  if (operand.is(Type::json)) return json_member(operand.as_text(), name, arena);
  if (!operand.is(Type::map)) return fail(kNoSuchOverload);
  const Value* const found = find_entry(operand.as_entries(), Value::string(name));
  return found == nullptr ? Value() : *found;
}

Value item_of(const Value& operand, const Value& key, base::Arena& arena) {
  if (operand.is(Type::map)) {
    if (!is_number(key) && !is_key(key)) return fail(kNoSuchOverload);
    const Value* const found = find_entry(operand.as_entries(), key);
    return found == nullptr ? Value() : *found;
  }
  if (operand.is(Type::json) && is_map(operand)) {
    if (key.is(Type::string)) return json_member(operand.as_text(), key.as_text(), arena);
    return is_number(key) || is_key(key) ? Value() : fail(kNoSuchOverload);
  }
  if (!is_list(operand) || !is_number(key)) return fail(kNoSuchOverload);
  std::uint64_t index = 0;
  bool beyond = false;
  if (!whole_number(key, index, beyond)) return fail(kOutOfRange);
  if (operand.is(Type::json)) {
    if (static_cast<std::int64_t>(index) < 0) return fail(kOutOfRange);
    return json_item(operand.as_text(), index, arena);
  }
  const std::span<const Value> items = operand.as_items();
  return index < items.size() ? items[index] : fail(kOutOfRange);
}

Value contains_value(const Value& operand, const Value& value, base::Arena& arena) {
  if (operand.is(Type::map))
    return Value::boolean(find_entry(operand.as_entries(), value) != nullptr);
  if (operand.is(Type::json)) return json_contains(operand.as_text(), value, arena);
  if (!operand.is(Type::list)) return fail(kNoSuchOverload);
  Value broken = Value::boolean(false);
  for (const Value& item : operand.as_items()) {
    const Value found = equals(item, value, arena);
    if (found.is_error())
      broken = found;
    else if (found.as_boolean())
      return found;
  }
  return broken;
}

Value size_of(const Value& value, base::Arena& arena) {
  const auto number = [](std::size_t n) { return Value::integer(static_cast<std::int64_t>(n)); };
  switch (value.type()) {
    case Type::string: return number(base::count_code_points(value.as_text()));
    case Type::bytes: return number(value.as_text().size());
    case Type::list: return number(value.as_items().size());
    case Type::map: return number(value.as_entries().size());
    case Type::json: return json_size(value.as_text(), arena);
    default: return fail(kNoSuchOverload);
  }
}

std::string_view type_name_of(const Value& value) noexcept {
  switch (value.type()) {
    case Type::absent:
    case Type::null: return "null_type";
    case Type::timestamp: return "google.protobuf.Timestamp";
    case Type::duration: return "google.protobuf.Duration";
    case Type::json: return is_map(value) ? "map" : "list";
    case Type::optional: return "optional_type";
    default: return record::to_string(value.type());
  }
}

bool is_zero(const Value& value) noexcept {
  switch (value.type()) {
    case Type::boolean:
    case Type::integer:
    case Type::unsigned_integer: return value.as_integer() == 0;
    case Type::real: return value.as_real() == 0;
    case Type::string:
    case Type::bytes: return value.as_text().empty();
    case Type::timestamp:
    case Type::duration: return value.as_integer() == 0 && value.as_nanos() == 0;
    case Type::list: return value.as_items().empty();
    case Type::map: return value.as_entries().empty();
    case Type::json: return json_is_empty(value.as_text());
    case Type::optional: return value.as_optional() == nullptr;
    case Type::absent:
    case Type::null: return true;
    case Type::type_name:
    case Type::error: return false;
  }
  return false;
}

// ---- comparing

int compare_numbers(const Value& a, const Value& b) noexcept {
  if (!a.is(Type::real) && !b.is(Type::real)) return compare_integers(a, b);
  const double x = real_of(a);
  const double y = real_of(b);
  return std::isnan(x) || std::isnan(y) ? kUnordered : sign(x, y);
}

double real_of(const Value& number) noexcept {
  switch (number.type()) {
    case Type::integer: return static_cast<double>(number.as_integer());
    case Type::unsigned_integer: return static_cast<double>(number.as_unsigned());
    default: return number.as_real();
  }
}

int compare(const Value& a, const Value& b) noexcept {
  if (is_number(a) && is_number(b)) return compare_numbers(a, b);
  if (a.type() != b.type()) return kIncomparable;
  switch (a.type()) {
    case Type::string:
    case Type::bytes: return sign(a.as_text().compare(b.as_text()), 0);
    case Type::boolean: return sign(a.as_integer(), b.as_integer());
    case Type::timestamp:
    case Type::duration: {
      const int by_micros = sign(a.as_integer(), b.as_integer());
      return by_micros != 0 ? by_micros : sign(a.as_nanos(), b.as_nanos());
    }
    default: return kIncomparable;
  }
}

Value equals(const Value& a, const Value& b, base::Arena& arena) {
  switch (match(a, b, arena, kNestingMax)) {
    case Match::no: return Value::boolean(false);
    case Match::yes: return Value::boolean(true);
    case Match::malformed: return fail(kInvalidJson);
    case Match::too_deep: break;
  }
  return fail(kTooDeep);
}

bool same(const Value& a, const Value& b, base::Arena& arena) {
  return match(a, b, arena, kNestingMax) == Match::yes;
}

}  // namespace leat::expr
