#include "plugin/calls/aggregate.h"

#include <cstring>

namespace leat::plugin {

using record::Type;
using record::Value;

namespace {

// Text of a result may lie in the state, which does not stay.
Value kept(const Value& value, base::Arena& arena) {
  switch (value.type()) {
    case Type::string: return Value::string(arena.copy(value.as_text()));
    case Type::bytes: return Value::bytes(arena.copy(value.as_text()));
    case Type::json: return Value::json(arena.copy(value.as_text()));
    default: return value;
  }
}

}  // namespace

AggregateInstance::AggregateInstance(Instance instance)
    : instance_(std::move(instance)),
      arguments_(
          instance_.info().signature.parameters,
          instance_.info().has(LEAT_NULL_PROPAGATES) ? NullRule::propagates : NullRule::fails,
          Absent::null) {
  LEAT_CHECK(info().kind == Kind::aggregate);
}

Status AggregateInstance::init(void* memory) {
  std::memset(memory, 0, state_bytes());
  if (ops().init == nullptr) return {};
  leat_call call{instance_.function().place};
  return run_call(call, [&] {
    ops().init(instance_.self(), memory);
    return leat_status{LEAT_OK};
  });
}

void AggregateInstance::drop(void* state) noexcept {
  if (ops().drop == nullptr) return;
  leat_call call{instance_.function().place};
  const Status ignored = run_call(call, [&] {
    ops().drop(instance_.self(), state);
    return leat_status{LEAT_OK};
  });
  static_cast<void>(ignored);
}

Status AggregateInstance::update(const record::CallScope& scope,
                                 std::span<const record::Argument> arguments,
                                 std::span<void* const> state_of_row, std::span<Value> failed) {
  return take(ops().update, scope, arguments, state_of_row, failed);
}

Status AggregateInstance::take_back(const record::CallScope& scope,
                                    std::span<const record::Argument> arguments,
                                    std::span<void* const> state_of_row, std::span<Value> failed) {
  LEAT_CHECK(info().retracts);
  return take(ops().retract, scope, arguments, state_of_row, failed);
}

Status AggregateInstance::take(Take operation, const record::CallScope& scope,
                               std::span<const record::Argument> arguments,
                               std::span<void* const> state_of_row, std::span<Value> failed) {
  LEAT_CHECK(state_of_row.size() == failed.size());
  for (Value& value : failed) value = Value();
  const std::uint32_t rows = arguments_.fill(scope, arguments, failed);
  // Null that propagates keeps a row out; that is no failure.
  for (Value& value : failed)
    if (!value.is_error()) value = Value();
  if (rows == 0) return {};
  states_.resize(rows);
  for (std::uint32_t i = 0; i < rows; ++i) states_[i] = state_of_row[arguments_.row(i)];
  row_errors_.assign(rows, nullptr);
  leat_call call = call_for(instance_.function().place, scope, row_errors_);
  LEAT_RETURN_IF_ERROR(run_call(call, [&] {
    return operation(instance_.self(), &call, states_.data(), &arguments_.batch());
  }));
  for (std::uint32_t i = 0; i < rows; ++i)
    if (row_errors_[i] != nullptr) failed[arguments_.row(i)] = Value::error(*row_errors_[i]);
  return {};
}

Status AggregateInstance::merge(void* into, const void* from) {
  leat_call call{instance_.function().place};
  return run_call(call, [&] { return ops().merge(instance_.self(), &call, into, from); });
}

Status AggregateInstance::finish(const record::CallScope& scope,
                                 std::span<const void* const> states, std::span<Value> out) {
  LEAT_CHECK(states.size() == out.size() && !out.empty());
  const Field& field = info().signature.results.front();
  leat_out& slots = result_.prepare(field.type, static_cast<std::uint32_t>(states.size()));
  const leat_out given = slots;
  row_errors_.assign(states.size(), nullptr);
  leat_call call = call_for(instance_.function().place, scope, row_errors_);
  LEAT_RETURN_IF_ERROR(
      run_call(call, [&] { return ops().finish(instance_.self(), &call, states.data(), &slots); }));
  if (!result_.intact()) return broke_the_rules(call.place, "it wrote past its slots");
  std::string_view wrong;
  for (std::size_t i = 0; i < states.size(); ++i) {
    out[i] = row_errors_[i] != nullptr
                 ? Value::error(*row_errors_[i])
                 : read_element(field, given.data, given.valid, i, scope.arena, wrong);
    if (!wrong.empty()) return broke_the_rules(call.place, wrong);
    out[i] = kept(out[i], scope.arena);
  }
  return {};
}

Status AggregateInstance::save(const void* state, std::string& out) {
  if (plain()) {
    out.append(static_cast<const char*>(state), state_bytes());
    return {};
  }
  leat_call call{instance_.function().place};
  leat_buf buffer;
  LEAT_RETURN_IF_ERROR(
      run_call(call, [&] { return ops().save(instance_.self(), &call, state, &buffer); }));
  out += buffer.bytes;
  return {};
}

Status AggregateInstance::load(void* state, std::uint32_t version, std::string_view bytes) {
  if (plain()) {
    if (version != info().state_version || bytes.size() != state_bytes())
      return Status(Code::invalid_argument,
                    "the saved state is of another version, which this one cannot read")
          .with("function", instance_.function().place.full_name());
    std::memcpy(state, bytes.data(), bytes.size());
    return {};
  }
  leat_call call{instance_.function().place};
  return run_call(call, [&] {
    return ops().load(instance_.self(), &call, state, version, {bytes.data(), bytes.size()});
  });
}

}  // namespace leat::plugin
