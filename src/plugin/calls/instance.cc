#include "plugin/calls/instance.h"

namespace leat::plugin {

Result<Instance> Instance::open(const LoadedFunction& function, std::string_view with) {
  const leat_function& code = *function.code;
  if (code.open == nullptr) return Instance(function, code.user, false);
  base::Arena arena;
  leat_call call{function.place};
  call.arena = &arena;
  void* self = nullptr;
  leat_status given = LEAT_FATAL;
  const Status status = run_call(call, [&] {
    given = code.open(&host(), &call, code.user, {with.data(), with.size()}, &self);
    return given;
  });
  // What it opened is ours to close, even if the call is refused for another reason.
  Instance instance(function, self, given == LEAT_OK && code.close != nullptr);
  if (!status.ok()) return status;
  return instance;
}

Instance::~Instance() {
  if (!opened_) return;
  const Running running(function_->place);
  try {
    function_->code->close(self_);
  } catch (...) {
    // Nothing is left that could be told; the instance is gone.
  }
}

}  // namespace leat::plugin
