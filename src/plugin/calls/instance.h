#pragma once

#include <memory>
#include <string_view>

#include "plugin/calls/host.h"
#include "plugin/library.h"

namespace leat::plugin {

// An instance of a function: `open` was called, `close` will be. Movable; thread-confined.
class Instance {
 public:
  // Runs the plugin's `open`. `with` is the step's settings as JSON text. unavailable or internal, as
  // outcome_of() says.
  static Result<Instance> open(const LoadedFunction& function, std::string_view with);

  Instance(Instance&& other) noexcept
      : function_(other.function_),
        self_(other.self_),
        opened_(std::exchange(other.opened_, false)) {}
  Instance& operator=(Instance&&) = delete;
  ~Instance();

  const LoadedFunction& function() const noexcept { return *function_; }
  const FunctionInfo& info() const noexcept { return function_->info; }
  // What the plugin's operations get as `self`.
  void* self() const noexcept { return self_; }
  template <class Ops>
  const Ops& ops() const noexcept {
    return *static_cast<const Ops*>(function_->code->ops);
  }

 private:
  Instance(const LoadedFunction& function, void* self, bool opened) noexcept
      : function_(&function), self_(self), opened_(opened) {}

  const LoadedFunction* function_;
  void* self_;
  bool opened_;
};

}  // namespace leat::plugin
