#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/calls/columns.h"
#include "plugin/calls/emitted_rows.h"
#include "plugin/calls/instance.h"

namespace leat::plugin {

// Why a function is to give what it keeps back. The numbers are those of the ABI.
enum class FlushReason : std::uint8_t { idle = 1, barrier, switch_over, stop };

// Calls one instance of a flat_map function. Parameters are bound by name, so an absent argument is null.
// Thread-confined. The statuses are those of run_call().
class FlatMapInstance {
 public:
  // Requires: the function is a flat_map.
  explicit FlatMapInstance(Instance instance);

  const FunctionInfo& info() const noexcept { return instance_.info(); }
  // Gives the rows to the function; `out` gets what it emits. failed[i] gets an error where row i could
  // not be taken, else it is absent. Requires: out.begin() was called; failed.size() rows.
  Status rows(const record::CallScope& scope, std::span<const record::Argument> arguments,
              std::span<record::Value> failed, EmittedRows& out);
  bool flushes() const noexcept;
  // Requires: flushes().
  Status flush(const record::CallScope& scope, FlushReason why, EmittedRows& out);

 private:
  Instance instance_;
  ArgumentColumns arguments_;
  std::vector<const record::RowError*> row_errors_;
};

// Calls one instance of a stateful function, one key at a time. Thread-confined; else as
// FlatMapInstance.
class StatefulInstance {
 public:
  struct Timer {
    std::uint32_t domain = 0;  // LEAT_EVENT_TIME, LEAT_PROCESSING_TIME
    std::int64_t at_us = 0;
    std::uint64_t tag = 0;
  };

  // Requires: the function is stateful.
  explicit StatefulInstance(Instance instance);

  const FunctionInfo& info() const noexcept { return instance_.info(); }
  // All rows are of one key; `key_json` is its JSON text.
  Status rows(const record::CallScope& scope, std::string_view key_json,
              std::span<const record::Argument> arguments, KeyedState& state,
              std::span<record::Value> failed, EmittedRows& out);
  bool has_timers() const noexcept;
  // Requires: has_timers().
  Status timer(const record::CallScope& scope, std::string_view key_json, const Timer& timer,
               KeyedState& state, EmittedRows& out);
  bool flushes() const noexcept;
  // Requires: flushes().
  Status flush(const record::CallScope& scope, FlushReason why, EmittedRows& out);
  // Appends what the value of an older version of the slot is now. Requires: info().upgrades.
  Status upgrade(std::uint32_t slot, std::uint32_t from_version, std::string_view value,
                 std::string& out);

 private:
  leat_call prepared(const record::CallScope& scope, KeyedState* state, std::size_t rows);

  Instance instance_;
  ArgumentColumns arguments_;
  std::vector<const record::RowError*> row_errors_;
};

}  // namespace leat::plugin
