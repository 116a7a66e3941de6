#pragma once

#include "expr/kernel.h"

namespace leat::expr {

// Calls of Extra::mock with all operands as arguments.
void mock_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);

}  // namespace leat::expr
