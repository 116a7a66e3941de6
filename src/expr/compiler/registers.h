#pragma once

#include "expr/code.h"

namespace leat::expr {

// Gives the values of a block as few registers as they need: before there is one per value;
// afterwards a register is used again once its value has been read for the last time. Every
// instruction but a comprehension may write its result over its own inputs.
void assign_registers(Code& code, Block& main);
// The same for the body of a comprehension, with its elements, captures and results.
void assign_registers(Code& code, Comprehension& comprehension);

}  // namespace leat::expr
