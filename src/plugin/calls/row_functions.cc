#include "plugin/calls/row_functions.h"

namespace leat::plugin {
namespace {

using record::Value;

NullRule null_rule(const FunctionInfo& info) noexcept {
  return info.has(LEAT_NULL_PROPAGATES) ? NullRule::propagates : NullRule::fails;
}

// Lays out the arguments; leaves only errors in `failed` (a row that null keeps out is no failure).
std::uint32_t fill(ArgumentColumns& columns, const record::CallScope& scope,
                   std::span<const record::Argument> arguments, std::span<Value> failed) {
  for (Value& value : failed) value = Value();
  const std::uint32_t rows = columns.fill(scope, arguments, failed);
  for (Value& value : failed)
    if (!value.is_error()) value = Value();
  return rows;
}

void tell_failures(const ArgumentColumns& columns,
                   std::span<const record::RowError* const> row_errors, std::span<Value> failed) {
  for (std::uint32_t i = 0; i < row_errors.size(); ++i)
    if (row_errors[i] != nullptr) failed[columns.row(i)] = Value::error(*row_errors[i]);
}

leat_str str(std::string_view text) noexcept { return {text.data(), text.size()}; }

}  // namespace

FlatMapInstance::FlatMapInstance(Instance instance)
    : instance_(std::move(instance)),
      arguments_(info().signature.parameters, null_rule(info()), Absent::null) {
  LEAT_CHECK(info().kind == Kind::flat_map);
}

Status FlatMapInstance::rows(const record::CallScope& scope,
                             std::span<const record::Argument> arguments, std::span<Value> failed,
                             EmittedRows& out) {
  const std::uint32_t rows = fill(arguments_, scope, arguments, failed);
  if (rows == 0) return {};
  row_errors_.assign(rows, nullptr);
  leat_call call = call_for(instance_.function().place, scope, row_errors_);
  out.take_from(&arguments_);
  leat_emit emit{out, call};
  LEAT_RETURN_IF_ERROR(run_call(call, [&] {
    return instance_.ops<leat_flat_map_ops>().rows(instance_.self(), &call, &arguments_.batch(),
                                                   &emit);
  }));
  tell_failures(arguments_, row_errors_, failed);
  return {};
}

bool FlatMapInstance::flushes() const noexcept {
  return instance_.ops<leat_flat_map_ops>().flush != nullptr;
}

Status FlatMapInstance::flush(const record::CallScope& scope, FlushReason why, EmittedRows& out) {
  LEAT_CHECK(flushes());
  leat_call call = call_for(instance_.function().place, scope);
  out.take_from(nullptr);
  leat_emit emit{out, call};
  return run_call(call, [&] {
    return instance_.ops<leat_flat_map_ops>().flush(instance_.self(), &call,
                                                    static_cast<std::uint32_t>(why), &emit);
  });
}

StatefulInstance::StatefulInstance(Instance instance)
    : instance_(std::move(instance)),
      arguments_(info().signature.parameters, null_rule(info()), Absent::null) {
  LEAT_CHECK(info().kind == Kind::stateful);
}

leat_call StatefulInstance::prepared(const record::CallScope& scope, KeyedState* state,
                                     std::size_t rows) {
  row_errors_.assign(rows, nullptr);
  leat_call call = call_for(instance_.function().place, scope, row_errors_);
  call.state = state;
  call.slots = info().slots;
  return call;
}

Status StatefulInstance::rows(const record::CallScope& scope, std::string_view key_json,
                              std::span<const record::Argument> arguments, KeyedState& state,
                              std::span<Value> failed, EmittedRows& out) {
  const std::uint32_t rows = fill(arguments_, scope, arguments, failed);
  if (rows == 0) return {};
  leat_call call = prepared(scope, &state, rows);
  out.take_from(&arguments_);
  leat_emit emit{out, call};
  LEAT_RETURN_IF_ERROR(run_call(call, [&] {
    return instance_.ops<leat_stateful_ops>().rows(instance_.self(), &call, str(key_json),
                                                   &arguments_.batch(), &emit);
  }));
  tell_failures(arguments_, row_errors_, failed);
  return {};
}

bool StatefulInstance::has_timers() const noexcept {
  return instance_.ops<leat_stateful_ops>().timer != nullptr;
}

Status StatefulInstance::timer(const record::CallScope& scope, std::string_view key_json,
                               const Timer& timer, KeyedState& state, EmittedRows& out) {
  LEAT_CHECK(has_timers());
  leat_call call = prepared(scope, &state, 0);
  out.take_from(nullptr);
  leat_emit emit{out, call};
  return run_call(call, [&] {
    return instance_.ops<leat_stateful_ops>().timer(instance_.self(), &call, str(key_json),
                                                    timer.domain, timer.at_us, timer.tag, &emit);
  });
}

bool StatefulInstance::flushes() const noexcept {
  return instance_.ops<leat_stateful_ops>().flush != nullptr;
}

Status StatefulInstance::flush(const record::CallScope& scope, FlushReason why, EmittedRows& out) {
  LEAT_CHECK(flushes());
  leat_call call = prepared(scope, nullptr, 0);
  out.take_from(nullptr);
  leat_emit emit{out, call};
  return run_call(call, [&] {
    return instance_.ops<leat_stateful_ops>().flush(instance_.self(), &call,
                                                    static_cast<std::uint32_t>(why), &emit);
  });
}

Status StatefulInstance::upgrade(std::uint32_t slot, std::uint32_t from_version,
                                 std::string_view value, std::string& out) {
  LEAT_CHECK(info().upgrades && slot < info().slots.size());
  leat_call call{instance_.function().place};
  leat_buf buffer;
  LEAT_RETURN_IF_ERROR(run_call(call, [&] {
    return instance_.ops<leat_stateful_ops>().upgrade(instance_.self(), &call, slot, from_version,
                                                      str(value), &buffer);
  }));
  out += buffer.bytes;
  return {};
}

}  // namespace leat::plugin
