#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/status.h"
#include "operators/keyed_work.h"
#include "record/batch.h"

namespace leat::operators {

// The states of all calls of a step side by side in one piece of memory: a block. Immutable,
// thread-safe.
class CallStates {
 public:
  explicit CallStates(const std::vector<AggregateWork::Call>& calls);

  std::size_t size() const noexcept { return places_.size(); }  // calls
  std::size_t bytes() const noexcept { return bytes_; }         // of a block, a multiple of 8
  bool merges() const noexcept { return merges_; }              // every call does
  bool retracts(std::size_t call) const noexcept { return function(call).retracts(); }
  const AggregateFunction& function(std::size_t call) const noexcept {
    return *places_[call].function;
  }
  void* of(void* block, std::size_t call) const noexcept {
    return static_cast<char*>(block) + places_[call].offset;
  }
  const void* of(const void* block, std::size_t call) const noexcept {
    return static_cast<const char*>(block) + places_[call].offset;
  }

  // Constructs states of no rows at `block` (aligned to 8).
  void make(void* block) const;
  void destroy(void* block) const noexcept;
  std::size_t heap_bytes(const void* block) const noexcept;
  const record::RowError* check_merge(const void* into, const void* from) const;
  void merge(void* into, const void* from) const;
  void results(const void* block, base::Arena& arena, std::span<record::Value> out) const;

  // Which calls the blocks of a value on disk are of.
  struct Order {
    bool same = true;                // those of this step, in its order
    std::vector<std::size_t> calls;  // else these
  };
  // Stands once at the front of every value: calls are found again by their names.
  void put_names(std::string& out) const;
  // Takes the names off the front. Not ok (data_loss): they are none, or of calls that are gone.
  Status take_names(std::string_view& bytes, Order& order) const;
  void encode(const void* block, std::string& out) const;
  // Takes a block off the front; calls that it does not hold start with no rows. Not ok (data_loss)
  // leaves nothing at `block`.
  Status decode(std::string_view& bytes, const Order& order, void* block) const;

 private:
  struct Place {
    const AggregateFunction* function = nullptr;
    std::size_t offset = 0;
    std::uint32_t name = 0;  // a hash of the call's name
  };
  std::vector<Place> places_;
  std::string names_;  // as values begin
  std::vector<std::shared_ptr<const AggregateFunction>> functions_;
  std::size_t bytes_ = 0;
  bool merges_ = true;
};

// A block of its own. `states` outlives it.
class OwnBlock {
 public:
  explicit OwnBlock(const CallStates& states) : states_(states), memory_(states.bytes() / 8 + 1) {
    states_.make(get());
  }
  ~OwnBlock() { states_.destroy(get()); }
  OwnBlock(const OwnBlock&) = delete;
  OwnBlock& operator=(const OwnBlock&) = delete;
  void* get() noexcept { return memory_.data(); }
  // Of no rows again.
  void reset() {
    states_.destroy(get());
    states_.make(get());
  }

 private:
  const CallStates& states_;
  std::vector<std::uint64_t> memory_;
};

// The arguments of all calls, row by row of the batch at hand. Thread-confined.
class Arguments {
 public:
  explicit Arguments(const std::vector<AggregateWork::Call>& calls);
  void bind(const record::RecordBatch& batch);
  // Of one call; good until the next call of of().
  std::span<const record::Value> of(std::size_t call, std::size_t row) noexcept;
  // The first argument of the row that is an error; null = none.
  const record::RowError* error(std::size_t row) const noexcept;

 private:
  struct Call {
    std::size_t first = 0;  // in columns_
    std::size_t count = 0;
  };
  std::vector<Call> calls_;
  std::vector<std::size_t> indexes_;  // of columns
  std::vector<record::Column> columns_;
  std::vector<record::Value> several_;  // those of a call with more than one
};

// Where a row of a batch stands among those of its key.
inline RowPlace place_of(const record::Row& row) noexcept {
  return {row.event_time_us, row.origin, row.offset, row.ordinal};
}

// Why the row cannot be added to the block; null = it can.
const record::RowError* check_row(const CallStates& states, const void* block, Arguments& arguments,
                                  std::size_t row);
// Requires: check_row() gave null.
void add_row(const CallStates& states, void* block, Arguments& arguments, std::size_t row,
             const RowPlace& place);

}  // namespace leat::operators
