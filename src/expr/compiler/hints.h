#pragma once

#include <vector>

#include "expr/ast.h"
#include "expr/compile.h"
#include "expr/compiler/check.h"
#include "expr/compiler/names.h"

// What is allowed and seldom meant: told beside a program.
namespace leat::expr {

struct Hints {
  std::vector<BareField> bare_fields;
  std::vector<spec::Diagnostic> warnings;
};

// Requires: check() found no mistake.
Hints find_hints(const Ast& ast, const Meanings& meanings, const std::vector<Checked>& nodes);

}  // namespace leat::expr
