#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "unit/expr/rows.h"

// One run of parser, checker and evaluator on any bytes: the body of a fuzz target, and of the test
// that replays inputs. The first line is the expression, the rest a JSON text that the fields hold.
namespace leat::expr::testing {

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
    std::vector<Fields> rows(4);
    for (const std::string& path : names.paths) {
      rows[0][path] = Value::json(json);
      rows[1][path] = Value::string(json);
      rows[2][path] = Value::integer(static_cast<std::int64_t>(json.size()));
    }
    const RecordBatch batch = batch_of(rows, names);
    std::vector<Value> out(rows.size());
    Scratch scratch;
    compiled.program->run(batch, scratch, out);
    for (const Value& value : out)
      LEAT_CHECK(compiled.program->is_path() || !value.is(Type::absent));
    if (const std::optional<Type> type = compiled.program->type())
      for (const Value& value : out) LEAT_CHECK(value.is_error() || value.is(*type));
  }
}

}  // namespace leat::expr::testing
