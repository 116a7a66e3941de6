#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/status.h"
#include "record/batch.h"
#include "record/value.h"

namespace leat::operators {

// Where a row stands among the rows of its key, whatever order they came in: by event time, then by
// topic, partition, offset and ordinal; rows without an origin by what stands for it. A view.
struct RowPlace {
  std::int64_t event_time_us = 0;
  const record::Origin* origin = nullptr;
  std::int64_t offset = 0;
  std::uint64_t ordinal = 0;
  std::string_view made_as = {};  // of a row that no record brought: *Row::made_as
};

// One aggregate function with its constant arguments (`top_k(x, 3)`: the 3). Its state is an object of
// fixed size inside a value of a table, with whatever it owns on the heap. Immutable, shared by all
// slices. Numbers are added without rounding: results depend on which rows came, not on their order
// (approx_percentile apart).
class AggregateFunction {
 public:
  virtual ~AggregateFunction() = default;
  virtual std::size_t state_bytes() const noexcept = 0;  // a multiple of 8
  virtual void make(void* state) const = 0;              // of no rows
  virtual void destroy(void* state) const noexcept { static_cast<void>(state); }
  virtual std::size_t heap_bytes(const void* state) const noexcept {
    static_cast<void>(state);
    return 0;
  }
  virtual void encode(const void* state, std::string& out) const = 0;
  // Takes what encode() wrote off the front of `bytes`. Not ok (data_loss) leaves nothing.
  virtual Status decode(std::string_view& bytes, void* state) const = 0;

  // Why a row with these arguments cannot be added (overflow, a wrong type, a limit; see
  // row_errors.h); null = it can.
  // Arguments that are errors fail the row before this is asked. `arguments` are those of the row.
  virtual const record::RowError* check(const void* state,
                                        std::span<const record::Value> arguments) const = 0;
  // Requires: check() gave null. Skips null and absent as the function's rule says.
  virtual void add(void* state, std::span<const record::Value> arguments,
                   const RowPlace& place) const = 0;

  // All rows of `from` as well: what sessions are put together by. check_merge() says why they cannot
  // (overflow, mixed types, a limit). merges(): the result is exactly that of all rows, however they
  // were grouped, so that panes may be put together.
  virtual bool merges() const noexcept { return true; }
  virtual const record::RowError* check_merge(const void* into, const void* from) const {
    static_cast<void>(into);
    static_cast<void>(from);
    return nullptr;
  }
  virtual void merge(void* into, const void* from) const = 0;
  // Takes a row out again that was added with these arguments. Requires: retracts(). Exact: the
  // result is that of the rows that are left.
  virtual bool retracts() const noexcept { return false; }
  virtual void retract(void* state, std::span<const record::Value> arguments) const {
    static_cast<void>(state);
    static_cast<void>(arguments);
  }

  // The result; text and items are put into the arena. An error where rows that were taken out leave
  // what cannot be said (OVERFLOW of a sum).
  virtual record::Value result(const void* state, base::Arena& arena) const = 0;
};

// What a definition may call.
struct AggregateDescription {
  std::string_view name;
  std::string_view signature;            // "top_k(x: any, k: int) -> list"
  std::string_view text;                 // one sentence
  std::uint32_t row_arguments = 1;       // expressions over the row
  std::uint32_t constant_arguments = 0;  // behind them: numbers known when the definition is taken
};
std::span<const AggregateDescription> aggregate_descriptions() noexcept;
// Null when no function has this name.
const AggregateDescription* find_aggregate(std::string_view name, std::size_t arguments) noexcept;

struct AggregateLimits {
  std::size_t collect = 10'000;  // limits.collect
};
// The function. invalid_argument: a constant is out of its range; the message says which.
Result<std::shared_ptr<const AggregateFunction>> make_aggregate(
    const AggregateDescription& description, std::span<const record::Value> constants,
    const AggregateLimits& limits);

}  // namespace leat::operators
