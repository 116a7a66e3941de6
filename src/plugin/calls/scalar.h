#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plugin/calls/columns.h"
#include "plugin/calls/instance.h"
#include "record/function.h"

namespace leat::plugin {

// A scalar or filter function of a loaded library, as expressions call it. Immutable, thread-safe.
class ScalarFunction final : public record::Function {
 public:
  // Requires: the function is a scalar or a filter.
  explicit ScalarFunction(const LoadedFunction& function);

  std::string_view name() const noexcept override { return name_; }
  std::span<const Parameter> parameters() const noexcept override;
  const Parameter& result() const noexcept override;
  bool pure() const noexcept override;
  Result<std::unique_ptr<record::FunctionInstance>> open(std::string_view with) const override;

 private:
  const LoadedFunction& function_;
  const std::string name_;
};

// Calls one instance of a scalar or filter function. Thread-confined.
class ScalarInstance final : public record::FunctionInstance {
 public:
  explicit ScalarInstance(Instance instance, Absent absent = Absent::fails);

  Status call(const record::CallScope& scope, std::span<const record::Argument> arguments,
              std::span<record::Value> out) override;

 private:
  Status call_scalar(leat_call& call, std::span<record::Value> out, base::Arena& arena);
  Status call_filter(leat_call& call, std::span<record::Value> out);

  Instance instance_;
  ArgumentColumns arguments_;
  ResultColumn result_;
  std::vector<const record::RowError*> row_errors_;
};

}  // namespace leat::plugin
