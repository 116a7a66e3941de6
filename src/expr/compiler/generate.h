#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "expr/ast.h"
#include "expr/code.h"
#include "expr/compiler/check.h"
#include "expr/compiler/names.h"

namespace leat::expr {

// The third and fourth pass of compiling: constants are folded, then instructions are made for what
// is left. What does not depend on the elements of a macro is computed outside of it. Requires:
// check() found no mistake. Takes the patterns out of `nodes`, tells
// them what is constant and what always fails. `place`: a hash of where the expression
// stands, for Extra::call.
std::unique_ptr<Code> generate(const Ast& ast, const Meanings& meanings,
                               std::vector<Checked>& nodes, std::uint64_t place);

}  // namespace leat::expr
