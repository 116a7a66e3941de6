#include "expr/calls/function_calls.h"

#include <algorithm>

#include "base/check.h"

namespace leat::expr {
namespace {

constexpr RowError kCallFailed{"FUNCTION_FAILED", "a function failed as a whole"};

}  // namespace

record::FunctionInstance* FunctionCalls::instance_of(const record::Function& function) {
  for (const auto& [known, instance] : instances_)
    if (known == &function) return instance.get();
  auto opened = function.open("{}");
  if (!opened.ok()) {
    failure_ = opened.status();
    return nullptr;
  }
  return instances_.emplace_back(&function, std::move(opened).value()).second.get();
}

void FunctionCalls::call(const record::Function& function, Frame& frame, const Operand* in,
                         Value* out, std::size_t rows) {
  if (rows == 0) return;
  // A second look for the names of fields is no second call.
  const bool skipped = !failure_.ok() || (frame.naming && !function.pure());
  record::FunctionInstance* const instance = skipped ? nullptr : instance_of(function);
  if (instance == nullptr) {
    for (std::size_t i = 0; i < rows; ++i) {
      const Operand* const broken = std::find_if(
          in, in + frame.inputs, [i](const Operand& one) { return is_broken(one[i]); });
      out[i] = broken != in + frame.inputs ? misfit((*broken)[i]) : fail(kCallFailed);
    }
    return;
  }
  arguments_.clear();
  for (std::size_t k = 0; k < frame.inputs; ++k) arguments_.push_back({in[k].data, in[k].mask});
  const record::CallScope scope{frame.arena, frame.batch->now};
  Status called = instance->call(scope, arguments_, {out, rows});
  if (!called.ok()) {
    failure_ = std::move(called);
    for (std::size_t i = 0; i < rows; ++i) out[i] = fail(kCallFailed);
  }
  // So that the row tells the field's name.
  for (std::size_t i = 0; i < rows; ++i)
    if (out[i].is_error() && &out[i].as_error() == &record::kAbsentArgument)
      out[i] = fail(kNoSuchField);
}

void function_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  LEAT_CHECK(frame.calls != nullptr);
  frame.calls->call(*frame.extra->function, frame, in, out, rows);
}

}  // namespace leat::expr
