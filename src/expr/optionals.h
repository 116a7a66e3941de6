#pragma once

#include "expr/kernel.h"

namespace leat::expr {

// x.value()
void unwrap_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
// x.optMap(name, body), x.optFlatMap(name, body): operands x and the body, which has been computed
// for the value of x and is an error where there is none.
void opt_map_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
void opt_flat_map_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);

}  // namespace leat::expr
