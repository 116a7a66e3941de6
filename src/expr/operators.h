#pragma once

#include "expr/ast.h"
#include "expr/kernel.h"

// The kernels of operators, and the comparisons they share with functions.
namespace leat::expr {

// The kernel of a unary or binary operator. Requires: not `none`.
Kernel operator_kernel(Operator op) noexcept;

void conditional_kernel(Frame& frame, const Operand* in, Value* out,
                        std::size_t rows);  // condition, then, otherwise
void copy_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
// Copies; an absent value becomes NO_SUCH_FIELD.
void settle_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
// The members of lists and objects (JSON text); members by Extra::text.
void member_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
void index_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
// has(): of a top-level field; of a path and its parent path; of Extra::text in a value.
void has_field_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
void has_path_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
void has_member_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
// Whether the value equals one of Extra::set.
void in_set_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);

// CEL's ==: false for different types, by value between int and double; true, false, or an error (a
// broken side, two JSON texts).
Value equals(const Value& a, const Value& b) noexcept;

// -1, 0, 1, or 2 when `d` is no number. Exact: 2^53 + 1 is greater than 2^53 as a double.
int compare_exactly(std::int64_t i, double d) noexcept;

}  // namespace leat::expr
