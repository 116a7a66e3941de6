#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "unit/expr/rows.h"

// One run of parser, checker and evaluator on any bytes: the body of a fuzz target, and of the test
// that replays inputs. The first line is the expression, the rest a JSON text that the fields hold.
namespace leat::expr::testing {

// Reads all that a value points at, so that a sanitizer sees what is gone.
inline std::size_t weigh(const Value& value) {
  std::size_t sum = 1;
  switch (value.type()) {
    case Type::string:
    case Type::bytes:
    case Type::json:
    case Type::type_name:
      for (const char c : value.as_text()) sum += static_cast<unsigned char>(c);
      break;
    case Type::list:
      for (const Value& item : value.as_items()) sum += weigh(item);
      break;
    case Type::map:
      for (const record::Entry& entry : value.as_entries())
        sum += weigh(entry.key) + weigh(entry.value);
      break;
    case Type::optional:
      if (value.as_optional() != nullptr) sum += weigh(*value.as_optional());
      break;
    case Type::error: sum += value.as_error().code.size(); break;
    default: break;
  }
  return sum;
}

inline void fuzz_expression(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(input.find('\n'), input.size());
  const std::string_view text = input.substr(0, line);
  const std::string json(line < input.size() ? input.substr(line + 1) : "[1]");
  parse_path(text);
  for (const TypeCheck check : {TypeCheck::strict, TypeCheck::dynamic}) {
    Names names;
    const Compiled compiled = compile(text, names, Limits(), check);
    for (const spec::Diagnostic& one : compiled.diagnostics)
      LEAT_CHECK(one.span && one.span->first <= one.span->second &&
                 one.span->second <= text.size());
    LEAT_CHECK(compiled.ok() == compiled.diagnostics.empty());
    if (!compiled.ok()) continue;
    const Value items[] = {Value::string(json), Value::json(json), Value::unsigned_integer(7)};
    const record::Entry entries[] = {{Value::string("a"), Value::list(items)},
                                     {Value::integer(1), Value::real(0.5)}};
    std::vector<Fields> rows(6);
    for (const std::string& path : names.paths) {
      rows[0][path] = Value::json(json);
      rows[1][path] = Value::string(json);
      rows[2][path] = Value::integer(static_cast<std::int64_t>(json.size()));
      rows[3][path] = Value::list(items);
      rows[4][path] = Value::map(entries, 2);
    }
    const RecordBatch batch = batch_of(rows, names);
    std::vector<Value> out(rows.size());
    Scratch scratch;
    compiled.program->run(batch, scratch, out);
    for (const Value& value : out)
      LEAT_CHECK(weigh(value) > 0 && (compiled.program->is_path() || !value.is(Type::absent)));
    if (const std::optional<Type> type = compiled.program->type())
      for (const Value& value : out) LEAT_CHECK(value.is_error() || value.is(*type));
  }
}

}  // namespace leat::expr::testing
