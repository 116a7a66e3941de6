#include "plugin/calls/scalar.h"

#include <algorithm>

namespace leat::plugin {

using record::Value;

ScalarFunction::ScalarFunction(const LoadedFunction& function)
    : function_(function), name_(function.place.full_name()) {
  LEAT_CHECK(function.info.kind == Kind::scalar || function.info.kind == Kind::filter);
}

std::span<const record::Function::Parameter> ScalarFunction::parameters() const noexcept {
  return function_.info.signature.parameters;
}

const record::Function::Parameter& ScalarFunction::result() const noexcept {
  return function_.info.signature.results.front();
}

bool ScalarFunction::pure() const noexcept { return function_.info.has(LEAT_PURE); }

Result<std::unique_ptr<record::FunctionInstance>> ScalarFunction::open(
    std::string_view with) const {
  Result<Instance> instance = Instance::open(function_, with);
  if (!instance.ok()) return instance.status();
  return std::unique_ptr<record::FunctionInstance>(
      std::make_unique<ScalarInstance>(std::move(instance).value()));
}

ScalarInstance::ScalarInstance(Instance instance, Absent absent)
    : instance_(std::move(instance)),
      arguments_(
          instance_.info().signature.parameters,
          instance_.info().has(LEAT_NULL_PROPAGATES) ? NullRule::propagates : NullRule::fails,
          absent) {}

Status ScalarInstance::call(const record::CallScope& scope,
                            std::span<const record::Argument> arguments, std::span<Value> out) {
  const std::uint32_t rows = arguments_.fill(scope, arguments, out);
  if (rows == 0) return {};
  row_errors_.assign(rows, nullptr);
  leat_call call = call_for(instance_.function().place, scope, row_errors_);
  return instance_.info().kind == Kind::scalar ? call_scalar(call, out, scope.arena)
                                               : call_filter(call, out);
}

Status ScalarInstance::call_scalar(leat_call& call, std::span<Value> out, base::Arena& arena) {
  const Field& field = instance_.info().signature.results.front();
  const std::uint32_t rows = arguments_.batch().rows;
  leat_out& slots = result_.prepare(field.type, rows);
  const leat_out given = slots;
  LEAT_RETURN_IF_ERROR(run_call(call, [&] {
    return instance_.ops<leat_scalar_ops>().eval(instance_.self(), &call, &arguments_.batch(),
                                                 &slots);
  }));
  if (!result_.intact()) return broke_the_rules(call.place, "it wrote past its slots");
  if (!call.rows_failed && arguments_.all() && read_plain(field, given, out)) return {};
  std::string_view wrong;
  for (std::uint32_t i = 0; i < rows; ++i) {
    Value& to = out[arguments_.row(i)];
    if (row_errors_[i] != nullptr) {
      to = Value::error(*row_errors_[i]);
      continue;
    }
    to = read_element(field, given.data, given.valid, i, arena, wrong);
    if (!wrong.empty()) return broke_the_rules(call.place, wrong);
  }
  return {};
}

Status ScalarInstance::call_filter(leat_call& call, std::span<Value> out) {
  const std::uint32_t rows = arguments_.batch().rows;
  // One bit per row: guarded as 64-bit slots are.
  leat_out& slots = result_.prepare(record::Type::integer, (rows + 63) / 64);
  auto* const bits = static_cast<std::uint64_t*>(slots.data);
  LEAT_RETURN_IF_ERROR(run_call(call, [&] {
    return instance_.ops<leat_filter_ops>().keep(instance_.self(), &call, &arguments_.batch(),
                                                 bits);
  }));
  if (!result_.intact()) return broke_the_rules(call.place, "it wrote past its bits");
  for (std::uint32_t i = 0; i < rows; ++i)
    out[arguments_.row(i)] = row_errors_[i] != nullptr
                                 ? Value::error(*row_errors_[i])
                                 : Value::boolean((bits[i / 64] >> i % 64 & 1) != 0);
  return {};
}

}  // namespace leat::plugin
