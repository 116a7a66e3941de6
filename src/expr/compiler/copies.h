#pragma once

#include <vector>

#include "expr/ast.h"
#include "expr/compiler/names.h"

namespace leat::expr {

// By node: whether its value, wherever it is taken, only goes on to the value of the whole.
std::vector<bool> passed_on(const Ast& ast, const Meanings& meanings);

}  // namespace leat::expr
