#include "reference/compare.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "expr/parser.h"

namespace leat::reference {
namespace {

using record::Entry;
using record::FieldPath;
using record::Type;
using record::Value;

bool fits_json(const Thing& thing) {
  switch (thing.type) {
    case Type::null:
    case Type::boolean:
    case Type::integer:
    case Type::string: return true;
    case Type::real: return std::isfinite(thing.real);
    case Type::list: return std::all_of(thing.items.begin(), thing.items.end(), fits_json);
    case Type::map:
      for (std::size_t i = 0; i < thing.items.size(); i += 2)
        if (!thing.items[i].is(Type::string)) return false;
      return std::all_of(thing.items.begin(), thing.items.end(), fits_json);
    default: return false;
  }
}

std::span<Value> values_of(const std::vector<Thing>& things, Form form, base::Arena& arena) {
  const std::span<Value> made = arena.array<Value>(things.size());
  for (std::size_t i = 0; i < things.size(); ++i) made[i] = to_value(things[i], form, arena);
  return made;
}

bool all_match(std::span<const Value> values, const std::vector<Thing>& things) {
  return std::equal(values.begin(), values.end(), things.begin(), things.end(), matches);
}

// The order of entries is free.
bool entries_match(std::span<const Entry> entries, const Thing& map) {
  if (entries.size() * 2 != map.items.size()) return false;
  return std::all_of(entries.begin(), entries.end(), [&map](const Entry& entry) {
    for (std::size_t i = 0; i < map.items.size(); i += 2)
      if (matches(entry.key, map.items[i])) return matches(entry.value, map.items[i + 1]);
    return false;
  });
}

Thing walk(const Row& row, const FieldPath& path) {
  Thing whole = make_map({});
  if (path.empty()) {
    for (const auto& [name, value] : row) {
      whole.items.push_back(make_string(name));
      whole.items.push_back(value);
    }
    return whole;
  }
  const auto found = row.find(path[0]);
  Thing value = found == row.end() ? Thing() : found->second;
  for (std::size_t i = 1; i < path.size(); ++i)
    value = value.is(Type::map) ? member_of(value, path[i]) : Thing();
  return value;
}

}  // namespace

Value to_value(const Thing& thing, Form form, base::Arena& arena) {
  const auto micros = [&thing] {
    const auto rest = static_cast<std::uint32_t>((thing.nanos % 1000 + 1000) % 1000);
    return std::pair(static_cast<std::int64_t>((thing.nanos - rest) / 1000), rest);
  };
  switch (thing.type) {
    case Type::null: return Value::null();
    case Type::boolean: return Value::boolean(thing.boolean);
    case Type::integer: return Value::integer(thing.integer);
    case Type::unsigned_integer: return Value::unsigned_integer(thing.natural);
    case Type::real: return Value::real(thing.real);
    case Type::string: return Value::string(arena.copy(thing.text));
    case Type::bytes: return Value::bytes(arena.copy(thing.text));
    case Type::timestamp: return Value::timestamp(micros().first, micros().second);
    case Type::duration: return Value::duration(micros().first, micros().second);
    case Type::list:
      if (form == Form::json && fits_json(thing)) return Value::json(arena.copy(to_json(thing)));
      return Value::list(values_of(thing.items, form, arena));
    case Type::map: {
      if (form == Form::json && fits_json(thing)) return Value::json(arena.copy(to_json(thing)));
      const std::span<Value> flat = values_of(thing.items, form, arena);
      const std::span<Entry> entries = arena.array<Entry>(flat.size() / 2);
      for (std::size_t i = 0; i < entries.size(); ++i) entries[i] = {flat[2 * i], flat[2 * i + 1]};
      return Value::map(entries.data(), entries.size());
    }
    default: return {};
  }
}

bool matches(const Value& value, const Thing& thing) {
  if (value.is(Type::json)) return fits_json(thing) && value.as_text() == to_json(thing);
  if (value.type() != thing.type) return false;
  switch (thing.type) {
    case Type::boolean: return value.as_boolean() == thing.boolean;
    case Type::integer: return value.as_integer() == thing.integer;
    case Type::unsigned_integer: return value.as_unsigned() == thing.natural;
    case Type::real: {
      const double d = value.as_real();
      const bool both_nan = std::isnan(d) && std::isnan(thing.real);
      return both_nan || (d == thing.real && std::signbit(d) == std::signbit(thing.real));
    }
    case Type::timestamp:
    case Type::duration: return Wide{value.as_integer()} * 1000 + value.as_nanos() == thing.nanos;
    case Type::string:
    case Type::bytes:
    case Type::type_name: return value.as_text() == thing.text;
    case Type::list: return all_match(value.as_items(), thing.items);
    case Type::map: return entries_match(value.as_entries(), thing);
    case Type::optional:
      return (value.as_optional() == nullptr) == thing.items.empty() &&
             (thing.items.empty() || matches(*value.as_optional(), thing.items[0]));
    case Type::error: return value.as_error().code == thing.text;
    default: return true;
  }
}

std::string show(const Value& value) {
  const std::string name(record::to_string(value.type()));
  switch (value.type()) {
    case Type::boolean: return value.as_boolean() ? "true" : "false";
    case Type::integer: return fmt::format("int {}", value.as_integer());
    case Type::unsigned_integer: return fmt::format("uint {}", value.as_unsigned());
    case Type::real: return fmt::format("double {}", value.as_real());
    case Type::timestamp:
    case Type::duration:
      return fmt::format("{} {}us {}ns", name, value.as_integer(), value.as_nanos());
    case Type::list: {
      std::string all;
      for (const Value& item : value.as_items()) all += (all.empty() ? "" : ",") + show(item);
      return "[" + all + "]";
    }
    case Type::map: {
      std::string all;
      for (const Entry& entry : value.as_entries())
        all += (all.empty() ? "" : ",") + show(entry.key) + ":" + show(entry.value);
      return "{" + all + "}";
    }
    case Type::optional:
      return value.as_optional() == nullptr ? "none" : "some " + show(*value.as_optional());
    case Type::error: return name + " " + std::string(value.as_error().code);
    case Type::string:
    case Type::bytes:
    case Type::json:
    case Type::type_name: return name + " " + std::string(value.as_text());
    default: return name;
  }
}

expr::Resolution Columns::resolve_field(const FieldPath& path) {
  const auto found = std::find(paths_.begin(), paths_.end(), path);
  const auto index = static_cast<std::size_t>(found - paths_.begin());
  if (found == paths_.end()) paths_.push_back(path);
  return {index, std::nullopt};
}

record::RecordBatch Columns::batch(const std::vector<const Row*>& rows,
                                   const std::vector<Form>& forms) const {
  record::RecordBatch made(base::Ref<record::BatchMemory>(new record::BatchMemory()));
  made.rows().resize(rows.size());
  for (std::size_t c = 0; c < paths_.size(); ++c) {
    const record::Column column = made.make_column(c);
    for (std::size_t i = 0; i < rows.size(); ++i)
      column[i] = to_value(walk(*rows[i], paths_[c]), forms[i], made.arena());
  }
  return made;
}

std::string compare(const std::string& text, const std::vector<Row>& rows,
                    const std::vector<Form>& forms, std::size_t& answers) {
  Columns columns;
  const expr::Compiled compiled =
      expr::compile(text, columns, expr::Limits(), expr::TypeCheck::dynamic);
  if (!compiled.ok()) {
    std::string all = "refused: ";
    for (const spec::Diagnostic& one : compiled.diagnostics) all += one.code + " " + one.message;
    return all;
  }
  std::vector<const Row*> pointers;
  for (const Row& row : rows) pointers.push_back(&row);
  const record::RecordBatch batch = columns.batch(pointers, forms);
  std::vector<record::Value> out(rows.size());
  expr::Scratch scratch;
  compiled.program->run(batch, scratch, out);
  const expr::ParseResult parsed = expr::parse(text, expr::Limits());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const Thing expected = Interpreter(parsed.ast, rows[r]).run();
    if (!expected.is_error()) ++answers;
    if (!matches(out[r], expected))
      return fmt::format("row {}: got {}, expected {}", r, show(out[r]), show(expected));
    const auto type = compiled.program->type();
    if (type && !out[r].is_error() && !out[r].is(*type))
      return fmt::format("row {}: got {}, compiled as {}", r, show(out[r]),
                         record::to_string(*type));
  }
  if (text.size() % 4 == 0) {  // what is refused may differ, what is computed may not
    Columns again;
    const expr::Compiled strict = expr::compile(text, again, expr::Limits());
    std::vector<record::Value> other(rows.size());
    const record::RecordBatch same_rows = again.batch(pointers, forms);
    if (strict.ok()) strict.program->run(same_rows, scratch, other);
    for (std::size_t r = 0; strict.ok() && r < rows.size(); ++r)
      if (show(other[r]) != show(out[r]))
        return fmt::format("strict {}, dynamic {}", show(other[r]), show(out[r]));
  }
  const record::RecordBatch one = columns.batch({pointers.back()}, {forms.back()});
  record::Value alone;
  compiled.program->run(one, scratch, record::Column(&alone, 1));
  if (show(alone) != show(out.back()))
    return fmt::format("alone {}, among others {}", show(alone), show(out.back()));
  return "";
}

std::string show(const std::vector<Row>& rows) {
  std::string all;
  for (const Row& row : rows) {
    all += "\n  row";
    for (const auto& [name, value] : row) all += "  " + name + " = " + show(value);
  }
  return all;
}

}  // namespace leat::reference
