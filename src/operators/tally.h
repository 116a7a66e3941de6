#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "flow/operator.h"
#include "record/batch.h"

namespace leat::operators {

// Whose rows an operator counts.
enum class Counting : std::uint8_t {
  every_row,  // it is the step: all that enters and leaves
  failures,   // it works for a step that counts by itself: only rows that do not get there
  made,       // rows the step made: those that leave
};

// What one operator counts, and which rows of the batch at hand stay. Thread-confined.
class Tally {
 public:
  explicit Tally(Counting counting) noexcept : counting_(counting) {}
  void open(const flow::OperatorContext& context) noexcept {
    stats_ = &context.stats;
    errors_ = &context.errors;
  }

  // A batch came: all its rows stay for now.
  void enter(const record::RecordBatch& batch) {
    keep_.assign(batch.size(), 1);
    if (counting_ == Counting::every_row) stats_->in.add(batch.size());
  }
  bool kept(std::size_t row) const noexcept { return keep_[row] != 0; }
  // The row goes no further, without being wrong.
  void drop(std::size_t row, flow::DropReason reason) noexcept {
    keep_[row] = 0;
    if (counting_ == Counting::failures) stats_->in.add(1);
    stats_->dropped(reason).add(1);
  }
  // The row is wrong: what becomes of it is the error route's business.
  void fail(std::size_t row, const record::RecordBatch& batch, const record::RowError& error) {
    keep_[row] = 0;
    if (counting_ == Counting::failures) stats_->in.add(1);
    errors_->fail(batch, row, error);
  }
  // Takes the dropped rows out of the batch.
  void leave(record::RecordBatch& batch) {
    batch.retain(keep_);
    if (counting_ != Counting::failures) stats_->out.add(batch.size());
  }

 private:
  const Counting counting_;
  flow::StepStats* stats_ = nullptr;
  flow::ErrorRoute* errors_ = nullptr;
  std::vector<std::uint8_t> keep_;
};

}  // namespace leat::operators
