#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "operators/keyed/call_states.h"
#include "operators/keyed/key_reader.h"
#include "operators/keyed/keyed_state.h"
#include "operators/keyed/late_rows.h"
#include "operators/tally.h"

namespace leat::operators {

// The way of a batch into an aggregate: rows without a usable key and with arguments that are
// errors are taken out, late ones too, the others find their entries. Thread-confined.
//
// A batch goes: begin(), for each kept row late(), find(), take each, end().
class KeyedInput {
 public:
  explicit KeyedInput(const AggregateWork& work);
  Status open(const std::string& step, const flow::OperatorContext& context);

  KeyedState& state() noexcept { return state_; }
  state::Table& table() noexcept { return state_.table(); }
  std::int64_t mark(std::uint64_t hash) const noexcept { return state_.mark(hash); }
  std::int64_t next_due() const noexcept { return state_.next_due(); }
  Tally& tally() noexcept { return tally_; }
  Arguments& arguments() noexcept { return arguments_; }
  const KeyReader& reader() const noexcept { return reader_; }

  void begin(const record::RecordBatch& batch);
  // By what a row is judged: the later of its own watermark and the step's time for its key.
  Lateness judge(const record::RecordBatch& batch, std::size_t row) const noexcept;
  // The row is late: see LateRows.
  void late(std::size_t row, std::int64_t time_us, const Lateness& lateness) {
    late_.take(row, time_us, lateness, tally_);
  }
  // Sends late rows on, then finds the entries of the rows that are left: entries()[i] is that of
  // reader().rows()[i]. Absent ones are made.
  Status find(const record::RecordBatch& batch, flow::Collector& out);
  // Erases those of the batch's entries that hold nothing.
  void erase_if(const std::function<bool(const state::Entry&)>& empty);
  // Rows that were found late after find().
  void send_late(const record::RecordBatch& batch, flow::Collector& out) { late_.send(batch, out); }
  std::span<state::Entry* const> entries() const noexcept { return entries_; }
  std::span<const std::uint32_t> rows() const noexcept { return reader_.rows(); }

 private:
  KeyReader reader_;
  KeyedState state_;
  Tally tally_;
  Arguments arguments_;
  LateRows late_;
  std::vector<state::Entry*> entries_;
  std::vector<state::Entry*> empty_;
};

// Whether late rows go to the side output.
bool late_to_side(const AggregateWork& work) noexcept;

}  // namespace leat::operators
