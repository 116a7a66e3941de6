#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/arena.h"
#include "operators/keyed/call_states.h"
#include "record/batch.h"
#include "state/value_type.h"

namespace leat::operators {

// A row that a lookback remembers, with the arguments of all calls.
struct SeenRow {
  std::int64_t time_us = 0;
  std::int64_t offset = 0;
  std::uint64_t ordinal = 0;
  const record::Origin* origin = nullptr;  // of LookbackValue::origins
  std::string arguments;                   // packed, one behind the other
};

// What a key of a lookback has: its rows in the order of their times, rows of one time in the order
// in which they came. Behind this head lie states that follow the newest row: of the rows after
// `from_us`.
struct LookbackValue {
  std::vector<SeenRow> rows;
  std::size_t first = 0;  // rows before it are gone
  std::vector<std::unique_ptr<const record::Origin>> origins;
  std::int64_t from_us = record::kNoTime;
  std::uint64_t stale = 0;  // calls whose states do not follow; a bit each, the last for all others

  void* block() noexcept { return this + 1; }
  const void* block() const noexcept { return this + 1; }
  bool empty() const noexcept { return first == rows.size(); }
  std::int64_t newest_us() const noexcept {
    return empty() ? record::kNoTime : rows.back().time_us;
  }
  // The first row after the time, by index.
  std::size_t after(std::int64_t time_us) const noexcept;
  // The same origin, owned by the value.
  const record::Origin* own(const record::Origin* origin);
  void insert(std::size_t index, SeenRow row);
  // Forgets rows before the index.
  void forget(std::size_t index);
};

// The rows of a key, as calls see them. Thread-confined; `states` and `work` outlive it.
class LookbackRows {
 public:
  LookbackRows(const AggregateWork& work, const CallStates& states);

  // The states of the span that a row at `time_us` sees, (time − size, time], of the rows so far;
  // null with `fails`: a call cannot take them. Good until the next call.
  void* span_of(LookbackValue& value, std::int64_t time_us, const record::RowError*& fails);
  // Remembers a row that was checked against span_of() its time, and adds it there.
  void add(LookbackValue& value, Arguments& arguments, std::size_t row, const RowPlace& place);
  // Forgets the rows up to the time.
  void forget(LookbackValue& value, std::int64_t time_us);

 private:
  static std::uint64_t bit(std::size_t call) noexcept {
    return std::uint64_t{1} << (call < 63 ? call : 63);
  }
  // The states that follow lose the rows up to the time.
  void move_on(LookbackValue& value, std::int64_t from_us);
  // One call's states anew, of the rows in (from, to] by index.
  const record::RowError* redo(const LookbackValue& value, std::size_t call, void* state,
                               std::size_t from, std::size_t to);
  void unpack(const SeenRow& row);
  std::span<const record::Value> arguments_of(std::size_t call) const noexcept {
    return std::span(unpacked_).subspan(firsts_[call], counts_[call]);
  }

  const CallStates& states_;
  const std::int64_t size_us_;
  std::vector<std::size_t> firsts_;  // of each call's arguments in a row
  std::vector<std::size_t> counts_;
  OwnBlock back_;          // of a row behind the newest
  bool in_order_ = false;  // what span_of() gave last
  base::Arena arena_;      // of unpacked_
  std::vector<record::Value> unpacked_;
};

// Rows are due when no row that is not late can see them. On disk: names and counts of arguments of
// the calls, origins, rows. Immutable, thread-safe.
class LookbackValueType final : public state::ValueType {
 public:
  explicit LookbackValueType(const AggregateWork& work);
  std::size_t inline_bytes() const noexcept override {
    return sizeof(LookbackValue) + states_.bytes();
  }
  void make(void* at) const override;
  void destroy(void* value) const noexcept override;
  std::size_t heap_bytes(const void* value) const noexcept override;
  void encode(const void* value, std::string& out) const override;
  Status decode(std::string_view bytes, void* at) const override;
  std::int64_t due(const void* value) const noexcept override;

 private:
  // What the rows on disk hold is put where this step's calls look for it.
  struct Arrangement {
    CallStates::Order order;
    std::vector<std::size_t> counts;  // of arguments, as written
  };
  Status decode_rows(std::string_view bytes, LookbackValue& value) const;
  bool take_arguments(class Unpacker& in, const Arrangement& written, std::string& out) const;

  const CallStates states_;
  const std::int64_t keep_us_;
  std::vector<std::size_t> counts_;  // of arguments
};

}  // namespace leat::operators
