#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "expr/ast.h"
#include "expr/compile.h"
#include "expr/compiler/names.h"
#include "expr/functions.h"
#include "expr/meta_fields.h"

// The second pass of compiling: names are resolved, functions found, types checked; every mistake
// is told.
namespace leat::expr {

// What the checker knows of one node.
struct Checked {
  bool live = false;                         // its value is wanted by somebody
  std::size_t column = 0;                    // of a path; of the path in has(a.b) and a.?b
  std::optional<std::size_t> parent_column;  // has(a.b), a.?b: of {a}
  bool written = false;                      // numbers it reads from JSON text are only passed on
  std::optional<std::size_t> token_column;   // then: of a path, and of the path in a.?b
  bool optional_path = false;                // a.?b of a path
  bool may_be_absent = false;                // of a path; of the parent in has(a.b), a.?b
  bool takes_pattern = false;                // a call whose second argument is a pattern
  int pattern_size = 0;                      // of a literal pattern: instructions
  bool constant = false;                     // by generate(): one value for all rows, no error
  const RowError* fails = nullptr;           // by generate(): why it fails whenever it is evaluated
  const Function* function = nullptr;
  const MetaField* meta = nullptr;
  std::unique_ptr<re2::RE2> pattern;           // matches() with a literal pattern
  std::optional<Type> type;                    // of every value that is no error and not null
  const spec::SchemaType* declared = nullptr;  // the same in more detail, of JSON values
};

struct CheckResult {
  std::vector<Checked> nodes;
  std::vector<spec::Diagnostic> diagnostics;
};

CheckResult check(const Ast& ast, const Meanings& meanings, Resolver& resolver, TypeCheck types);

}  // namespace leat::expr
