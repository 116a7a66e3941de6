#pragma once

#include <vector>

#include "expr/library/reference.h"

namespace leat::operators {

// All functions that a definition may call: those of expressions, and behind them the aggregates.
std::vector<expr::ListedFunction> listed_functions();

}  // namespace leat::operators
