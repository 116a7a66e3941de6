#pragma once

#include "expr/kernel.h"

// The kernels of lists, maps and what stands in them, for both of their forms (see values.h) and
// for optionals of them: a member of an optional is an optional.
namespace leat::expr {

// [a, b, …]: an operand for each item. Extra::marks says which items are optionals, left out when
// they have no value.
void list_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
// {a: b, …}: operands key, value, …; Extra::marks of the entries.
void map_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);

// a.b with Extra::text, a[b]: absent for a key that a map does not have.
void member_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
void index_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
// a.?b, a[?b]: an optional; also of a path and of its parent path (absent for a top-level field).
void optional_member_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
void optional_index_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
void optional_field_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
void optional_path_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);

// The same four with numbers as they were written (Type::json) where they are read from JSON text.
void written_member_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
void written_index_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
void written_optional_member_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
void written_optional_index_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
// A field's value and its token: the token of a number, the value of all else.
void written_field_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);

// has(): of a top-level field; of a path and its parent path; of Extra::text in a value.
void has_field_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
void has_path_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
void has_member_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);

// Lists and objects of JSON are read into computed ones; other values stay.
void elements_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);

// a in b; the second with the items of Extra::set for b.
void in_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
void in_set_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);

}  // namespace leat::expr
