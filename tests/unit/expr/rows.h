#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "expr/compile.h"
#include "expr/parser.h"
#include "record/batch.h"

// Rows, names and printing for the tests of expressions.
namespace leat::expr::testing {

using record::Column;
using record::FieldPath;
using record::RecordBatch;
using record::Type;
using record::Value;

// Gives every path a column, in the order of asking; refuses names that begin with `unknown`.
class Names : public Resolver {
 public:
  Resolution resolve_field(const FieldPath& path) override {
    if (!path.empty() && path[0].starts_with("unknown"))
      return {0, Refusal{"UNKNOWN_FIELD", "no such field", {"known"}}};
    const std::string text = format_path(path);
    for (std::size_t i = 0; i < paths.size(); ++i)
      if (paths[i] == text) return {i, std::nullopt};
    paths.push_back(text);
    return {paths.size() - 1, std::nullopt};
  }
  std::vector<std::string> paths;  // "" is the whole row
};

// One row: the values of paths; what is not named is absent.
using Fields = std::map<std::string, Value>;

inline RecordBatch batch_of(const std::vector<Fields>& rows, const Names& names) {
  RecordBatch batch(base::Ref<record::BatchMemory>(new record::BatchMemory()));
  batch.rows().resize(rows.size());
  for (std::size_t c = 0; c < names.paths.size(); ++c) {
    const Column column = batch.make_column(c);
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (const auto found = rows[i].find(names.paths[c]); found != rows[i].end())
        column[i] = found->second;
  }
  return batch;
}

// "int 3", "double 2.5", "string Köln", "null", "error DIVIDE_BY_ZERO", …
inline std::string show(const Value& value) {
  const std::string_view type = record::to_string(value.type());
  switch (value.type()) {
    case Type::absent:
    case Type::null: return std::string(type);
    case Type::boolean: return value.as_boolean() ? "true" : "false";
    case Type::integer:
    case Type::timestamp:
    case Type::duration: return fmt::format("{} {}", type, value.as_integer());
    case Type::unsigned_integer: return fmt::format("{} {}", type, value.as_unsigned());
    case Type::real: return fmt::format("{} {}", type, value.as_real());
    case Type::type_name: return fmt::format("{} {}", type, value.as_text());
    case Type::optional:
      return value.as_optional() == nullptr ? "none" : "some " + show(*value.as_optional());
    case Type::list: {
      std::string all;
      for (const Value& item : value.as_items()) all += (all.empty() ? "" : ", ") + show(item);
      return "[" + all + "]";
    }
    case Type::map: {
      std::string all;
      for (const record::Entry& entry : value.as_entries())
        all += (all.empty() ? "" : ", ") + show(entry.key) + ": " + show(entry.value);
      return "{" + all + "}";
    }
    case Type::string:
    case Type::json: return fmt::format("{} {}", type, value.as_text());
    case Type::bytes: {
      std::string hex;
      for (const char c : value.as_text())
        hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
      return "bytes " + hex;
    }
    case Type::error: return fmt::format("error {}", value.as_error().code);
  }
  return "";
}

// "12-15 CODE: message", one per line.
inline std::string show(const std::vector<spec::Diagnostic>& diagnostics) {
  std::string all;
  for (const spec::Diagnostic& one : diagnostics)
    all += fmt::format("{}-{} {}: {}\n", one.span->first, one.span->second, one.code, one.message);
  return all;
}

// The value of an expression for one row, as text; "refused: …" when it does not compile.
inline std::string evaluate(std::string_view text, const Fields& fields,
                            TypeCheck check = TypeCheck::dynamic) {
  Names names;
  const Compiled compiled = compile(text, names, Limits(), check);
  if (!compiled.ok()) return "refused: " + show(compiled.diagnostics);
  const RecordBatch batch = batch_of({fields}, names);
  Scratch scratch;
  Value out;
  compiled.program->run(batch, scratch, Column(&out, 1));
  return show(out);
}

}  // namespace leat::expr::testing
