#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/clock.h"
#include "base/status.h"
#include "record/value.h"

namespace leat::record {

// One argument of a call: a value per row, or (mask 0) one value for all rows.
struct Argument {
  const Value* data = nullptr;
  std::size_t mask = 0;

  const Value& operator[](std::size_t row) const noexcept { return data[row & mask]; }
};

// What a row gets whose argument is absent.
inline constexpr RowError kAbsentArgument{"NO_SUCH_FIELD",
                                          "a plugin's function got a field that is absent"};

// What a call has beside its arguments.
struct CallScope {
  base::Arena& arena;                                // of the batch: for what the call computes
  WallTime now;                                      // the step's now()
  std::span<const std::int64_t> event_time_us = {};  // per row; empty = there is none
  // Turns true when the call has taken its time and is to give up; null = it may take any.
  const std::atomic<bool>* cancelled = nullptr;
};

// A function as one step and task calls it. Thread-confined.
class FunctionInstance {
 public:
  virtual ~FunctionInstance() = default;
  // Computes out[i] for every row: a value, or Type::error with the reason. Arguments may be errors
  // (which become the result), null or absent. What out views lives as long as the arena and the
  // arguments. Not ok = the call as a whole failed and `out` means nothing: unavailable = nothing
  // happened, the same call may work later; any other code is the end of the pipeline's run.
  // Requires: as many arguments as the function has parameters; out.size() >= 1.
  virtual Status call(const CallScope& scope, std::span<const Argument> arguments,
                      std::span<Value> out) = 0;
};

// A function that expressions can call though it came into the process later than they were written:
// what it takes and gives, and instances of it. Immutable, thread-safe.
class Function {
 public:
  struct Parameter {
    std::string name;
    Type type = Type::absent;  // boolean, integer, real, timestamp, string, bytes, json
    bool nullable = false;

    friend bool operator==(const Parameter&, const Parameter&) = default;
  };

  virtual ~Function() = default;
  // As expressions write it: "geo.country_of".
  virtual std::string_view name() const noexcept = 0;
  virtual std::span<const Parameter> parameters() const noexcept = 0;
  // Its name is empty.
  virtual const Parameter& result() const noexcept = 0;
  // The same arguments give the same value: may be folded.
  virtual bool pure() const noexcept = 0;
  // `with`: the step's settings for it as JSON text, "{}" in expressions.
  virtual Result<std::unique_ptr<FunctionInstance>> open(std::string_view with) const = 0;
};
using FunctionPtr = std::shared_ptr<const Function>;

}  // namespace leat::record
