#pragma once

#include "expr/calls/function_calls.h"
#include "expr/program.h"
#include "expr/regex_cache.h"

namespace leat::expr {

// What the kernels of one task use beside their rows. Thread-confined.
struct Scratch::Tools {
  RegexCache patterns;
  FunctionCalls calls;
};

}  // namespace leat::expr
