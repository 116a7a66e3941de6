#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/status.h"
#include "expr/kernel.h"
#include "record/function.h"

namespace leat::expr {

// The instances of functions that are none of the library's, as one task calls them. Thread-confined.
class FunctionCalls {
 public:
  // Calls `function` for the rows with all operands as arguments; opens its instance at the first call.
  // After a failure nothing is called until it was taken, and the rows are errors.
  void call(const record::Function& function, Frame& frame, const Operand* in, Value* out,
            std::size_t rows);
  Status take_failure() { return std::exchange(failure_, Status()); }

 private:
  record::FunctionInstance* instance_of(const record::Function& function);

  std::vector<std::pair<const record::Function*, std::unique_ptr<record::FunctionInstance>>>
      instances_;
  std::vector<record::Argument> arguments_;
  Status failure_;
};

// Calls Extra::function with all operands as arguments.
void function_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);

}  // namespace leat::expr
