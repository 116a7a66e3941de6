#pragma once

#include "expr/ast.h"
#include "expr/kernel.h"

// The kernels of operators.
namespace leat::expr {

// The kernel of a unary or binary operator. Requires: not `none`.
Kernel operator_kernel(Operator op) noexcept;

// a + b + c + …: the texts joined at once when all are; else one `+` after the other.
void chain_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);

void conditional_kernel(Frame& frame, const Operand* in, Value* out,
                        std::size_t rows);  // condition, then, otherwise
void copy_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
// A declared field that is absent reads as null.
void null_if_absent_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
// Copies; an absent value becomes NO_SUCH_FIELD.
void settle_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);

}  // namespace leat::expr
