#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/calls/columns.h"
#include "plugin/calls/instance.h"

namespace leat::plugin {

// Calls one instance of an aggregate function. Its states lie in memory of the caller: state_bytes()
// each, aligned to state_align(). Thread-confined. The statuses are those of run_call().
class AggregateInstance {
 public:
  // Requires: the function is an aggregate.
  explicit AggregateInstance(Instance instance);

  const FunctionInfo& info() const noexcept { return instance_.info(); }
  std::size_t state_bytes() const noexcept { return ops().state_size; }
  std::size_t state_align() const noexcept { return ops().state_align; }
  // Whether a state is plain bytes: copying it is saving it, and it need not be dropped.
  bool plain() const noexcept { return ops().save == nullptr; }

  // Makes a state in `memory`, and ends it.
  Status init(void* memory);
  void drop(void* state) noexcept;

  // Takes row i into state_of_row[i], or back out of it. failed[i] gets an error where the row could
  // not be taken, else it is absent (also for rows that null keeps out). Requires: all three of one
  // size; take_back only when info().retracts.
  Status update(const record::CallScope& scope, std::span<const record::Argument> arguments,
                std::span<void* const> state_of_row, std::span<record::Value> failed);
  Status take_back(const record::CallScope& scope, std::span<const record::Argument> arguments,
                   std::span<void* const> state_of_row, std::span<record::Value> failed);
  // Adds `from` to `into`.
  Status merge(void* into, const void* from);
  // out[i] = the result of states[i].
  Status finish(const record::CallScope& scope, std::span<const void* const> states,
                std::span<record::Value> out);
  // Appends the bytes of a state; the state version is info().state_version.
  Status save(const void* state, std::string& out);
  // Fills a state that was inited. invalid_argument when plain bytes have another length, or another
  // version than ours.
  Status load(void* state, std::uint32_t version, std::string_view bytes);

 private:
  using Take = leat_status (*)(void*, leat_call*, void* const*, const leat_batch*);
  const leat_aggregate_ops& ops() const noexcept { return instance_.ops<leat_aggregate_ops>(); }
  Status take(Take operation, const record::CallScope& scope,
              std::span<const record::Argument> arguments, std::span<void* const> state_of_row,
              std::span<record::Value> failed);

  Instance instance_;
  ArgumentColumns arguments_;
  ResultColumn result_;
  std::vector<const record::RowError*> row_errors_;
  std::vector<void*> states_;
};

}  // namespace leat::plugin
