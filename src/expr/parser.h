#pragma once

#include <string_view>
#include <vector>

#include "expr/ast.h"
#include "record/layout.h"
#include "spec/diagnostic.h"

namespace leat::expr {

// A parsed expression, or what is wrong with its text: every bad token and the first place that
// breaks the grammar. The pointer of the diagnostics is left to the caller; spans are in code
// points of `text`.
struct ParseResult {
  Ast ast;
  std::vector<spec::Diagnostic> diagnostics;

  bool ok() const noexcept { return diagnostics.empty(); }
};

// Reads the whole CEL grammar and `??`. Codes: EXPRESSION_SYNTAX, EXPRESSION_TOO_LONG,
// EXPRESSION_TOO_DEEP, EXPRESSION_TOO_LARGE. Never recurses deeper than limits.depth_max
// expressions.
ParseResult parse(std::string_view text, const Limits& limits);

// A field path as targets of `set`, `select`, `drop` and `by` write it: `a.b`, segments in
// backticks where they are not identifiers (`` `x-y`.`a.b` ``); a leading `this.` is dropped. Code:
// INVALID_PATH.
struct PathResult {
  record::FieldPath path;
  std::vector<spec::Diagnostic> diagnostics;

  bool ok() const noexcept { return diagnostics.empty(); }
};
PathResult parse_path(std::string_view text);
// The text that parse_path reads back.
std::string format_path(const record::FieldPath& path);

}  // namespace leat::expr
