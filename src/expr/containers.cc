#include "expr/containers.h"

#include <algorithm>

#include "expr/json_walk.h"
#include "expr/values.h"

namespace leat::expr {
namespace {

bool is_marked(const Frame& frame, std::size_t item) {
  return frame.extra != nullptr && frame.extra->marks[item] != 0;
}

// Of an operand of a literal: a value to take, or none to leave out.
enum class Part : std::uint8_t { take, leave, broken };

// Unwraps an optional part; `value` becomes the error of a broken one.
Part part_of(bool marked, Value& value) {
  if (is_broken(value)) return value = misfit(value), Part::broken;
  if (!marked) return Part::take;
  if (!value.is(Type::optional)) return value = fail(kNoSuchOverload), Part::broken;
  if (value.as_optional() == nullptr) return Part::leave;
  value = *value.as_optional();
  return Part::take;
}

Value list_of(Frame& frame, const Operand* in, std::size_t row) {
  const std::span<Value> items = frame.arena.array<Value>(frame.inputs);
  std::size_t count = 0;
  for (std::size_t k = 0; k < frame.inputs; ++k) {
    Value item = in[k][row];
    const Part part = part_of(is_marked(frame, k), item);
    if (part == Part::broken) return item;
    if (part == Part::take) items[count++] = item;
  }
  return Value::list(items.first(count));
}

Value map_of(Frame& frame, const Operand* in, std::size_t row) {
  const std::size_t most = frame.inputs / 2;
  const std::span<Entry> entries = frame.arena.array<Entry>(most);
  KeyIndex index(frame.arena, most);
  std::size_t count = 0;
  for (std::size_t k = 0; k < most; ++k) {
    const Value& key = in[2 * k][row];
    Value value = in[2 * k + 1][row];
    if (is_broken(key)) return misfit(key);
    const Part part = part_of(is_marked(frame, k), value);
    if (part == Part::broken) return value;
    if (!is_key(key) || key.is(Type::real)) return fail(kNoSuchOverload);
    if (part == Part::leave) continue;
    if (index.find_or_add(entries.first(count), key) != count) return fail(kDuplicateKey);
    entries[count++] = {key, value};
  }
  return Value::map(entries.data(), count);
}

// That a value has no members, said with the name of the member.
Value by_name(const Frame& frame, const Value& found) {
  const bool named = found.is_error() && &found.as_error() == &kNoSuchOverload &&
                     frame.extra != nullptr && frame.extra->no_map != nullptr;
  return named ? fail(*frame.extra->no_map) : found;
}

// What is found in `operand`, or in what it holds as an optional: then again an optional.
template <class Find>
Value through_optional(Frame& frame, const Value& operand, bool optional, Find find) {
  if (operand.is(Type::optional)) {
    if (operand.as_optional() == nullptr) return kNone;
    return through_optional(frame, *operand.as_optional(), true, find);
  }
  const Value found = by_name(frame, find(operand));
  if (!optional)
    return frame.naming && found.is(Type::absent) && frame.extra != nullptr &&
                   frame.extra->absent != nullptr
               ? fail(*frame.extra->absent)
               : found;
  const bool lacking =
      found.is(Type::absent) || (found.is_error() && &found.as_error() == &kOutOfRange);
  if (lacking) return kNone;
  return found.is_error() ? found : make_optional(frame.arena, found);
}

Value written_member(const Value& operand, std::string_view name, base::Arena& arena) {
  if (!operand.is(Type::json)) return member_of(operand, name, arena);
  return json_member(operand.as_text(), name, arena, Numbers::as_written);
}
Value written_item(const Value& operand, const Value& key, base::Arena& arena) {
  if (operand.is(Type::json) && is_map(operand) && key.is(Type::string))
    return json_member(operand.as_text(), key.as_text(), arena, Numbers::as_written);
  if (!operand.is(Type::json) || !is_list(operand) || !key.is(Type::integer) ||
      key.as_integer() < 0)
    return item_of(operand, key, arena);
  return json_item(operand.as_text(), key.as_unsigned(), arena, Numbers::as_written);
}

template <bool kOptional>
Value written_member_value(Frame& frame, const Value& operand) {
  return through_optional(frame, operand, kOptional, [&frame](const Value& value) {
    return written_member(value, frame.extra->text, frame.arena);
  });
}
template <bool kOptional>
Value written_index_value(Frame& frame, const Value& operand, const Value& key) {
  return through_optional(frame, operand, kOptional, [&](const Value& value) {
    return written_item(value, key, frame.arena);
  });
}

template <bool kOptional>
Value member_value(Frame& frame, const Value& operand) {
  return through_optional(frame, operand, kOptional, [&frame](const Value& value) {
    return member_of(value, frame.extra->text, frame.arena);
  });
}

template <bool kOptional>
Value index_value(Frame& frame, const Value& operand, const Value& key) {
  return through_optional(frame, operand, kOptional,
                          [&](const Value& value) { return item_of(value, key, frame.arena); });
}

Value has_member_value(Frame& frame, const Value& operand) {
  const Value found = member_value<false>(frame, operand);
  if (operand.is(Type::optional) && found.is(Type::optional))
    return Value::boolean(found.as_optional() != nullptr);
  return found.is_error() ? found : Value::boolean(!found.is(Type::absent));
}

// What a member of `parent` that is not there gives.
Value lacking(const Frame& frame, const Value& parent, const Value& otherwise) {
  if (is_broken(parent)) return misfit(parent);
  return is_map(parent) ? otherwise : fail(*frame.extra->no_map);
}

Value optional_of(Frame& frame, const Value& field) {
  if (field.is_error()) return field;
  return field.is(Type::absent) ? kNone : make_optional(frame.arena, field);
}

Value elements(Frame& frame, const Value& a) {
  if (!a.is(Type::json)) return a;
  std::span<const Value> items;
  std::span<const Entry> entries;
  const bool map = is_map(a);
  const RowError* const error =
      map ? entries_of(a, frame.arena, entries) : items_of(a, frame.arena, items);
  if (error != nullptr) return fail(*error);
  return map ? Value::map(entries.data(), entries.size()) : Value::list(items);
}

Value in_value(Frame& frame, const Value& a, const Value& b) {
  return contains_value(b, a, frame.arena);
}

bool is_in_set(Frame& frame, const Value& a, const std::vector<Value>& set) {
  const Extra& extra = *frame.extra;
  if (extra.index != nullptr && is_key(a) && !a.is(Type::real))
    return extra.index->find(extra.keys, a) != extra.keys.size();
  if (a.is(Type::string)) {
    const std::string_view text = a.as_text();
    for (const Value& one : set)
      if (one.is(Type::string) && one.as_text() == text) return true;
    return false;
  }
  for (const Value& one : set)
    if (same(a, one, frame.arena)) return true;
  return false;
}

}  // namespace

void list_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) out[i] = list_of(frame, in, i);
}
void map_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) out[i] = map_of(frame, in, i);
}

void member_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each<member_value<false>>(frame, in, out, rows);
}
void index_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each<index_value<false>>(frame, in, out, rows);
}
void optional_member_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each<member_value<true>>(frame, in, out, rows);
}
void optional_index_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each<index_value<true>>(frame, in, out, rows);
}

void written_member_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each<written_member_value<false>>(frame, in, out, rows);
}
void written_index_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each<written_index_value<false>>(frame, in, out, rows);
}
void written_optional_member_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each<written_member_value<true>>(frame, in, out, rows);
}
void written_optional_index_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each<written_index_value<true>>(frame, in, out, rows);
}
void written_field_kernel(Frame&, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value value = in[0][i];
    const Value token = in[1][i];
    out[i] = is_number(value) && token.is(Type::json) ? token : value;
  }
}

void optional_field_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) out[i] = optional_of(frame, in[0][i]);
}
void optional_path_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& field = in[0][i];
    out[i] = field.is(Type::absent) ? lacking(frame, in[1][i], kNone) : optional_of(frame, field);
  }
}

void has_member_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each<has_member_value>(frame, in, out, rows);
}
void has_field_kernel(Frame&, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& a = in[0][i];
    out[i] = a.is_error() ? a : Value::boolean(!a.is(Type::absent));
  }
}
void has_path_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& field = in[0][i];
    if (field.is_error())
      out[i] = field;
    else
      out[i] = field.is(Type::absent) ? lacking(frame, in[1][i], Value::boolean(false))
                                      : Value::boolean(true);
  }
}

void elements_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each<elements>(frame, in, out, rows);
}

void in_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each<in_value>(frame, in, out, rows);
}
void in_set_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  const std::vector<Value>& set = frame.extra->set;
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& a = in[0][i];
    out[i] = is_broken(a) ? misfit(a) : Value::boolean(is_in_set(frame, a, set));
  }
}

}  // namespace leat::expr
