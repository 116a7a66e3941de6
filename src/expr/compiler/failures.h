#pragma once

#include <optional>
#include <vector>

#include "expr/ast.h"
#include "expr/compile.h"
#include "expr/compiler/check.h"
#include "expr/compiler/names.h"

// What can be seen to fail before there is a row: `1 / 0`, `timestamp('x')`.
namespace leat::expr {

struct Failures {
  std::optional<spec::Diagnostic> mistake;  // every row fails
  std::vector<spec::Diagnostic> warnings;   // rows that get there fail; empty beside a mistake
};

// ALWAYS_FAILS, where the piece stands that fails. An error that is looked after (`??`, try(),
// `x || true`) is none. Requires: generate() filled in Checked::fails.
Failures find_failures(const Ast& ast, const Meanings& meanings, const std::vector<Checked>& nodes);

}  // namespace leat::expr
