#pragma once

#include <cstdint>
#include <vector>

#include "flow/operator.h"
#include "operators/tally.h"

namespace leat::operators {

// What makes a row late: its own partition's watermark, or the step's own time (its partition was
// idle while others went on).
struct Lateness {
  std::int64_t watermark_us = record::kNoTime;  // by which it is judged: the later of the two
  bool idle = false;                            // by its own it would not be late
};

// Counts the late rows of a batch and takes those that are wanted to the side output.
// Thread-confined.
class LateRows {
 public:
  // Added to each row of the side output: how far it was behind the watermark, in milliseconds.
  static constexpr std::string_view kHeader = "leat-late-by";

  explicit LateRows(bool to_side) noexcept : to_side_(to_side) {}
  void open(const flow::OperatorContext& context) noexcept { stats_ = &context.stats; }

  // The row goes no further, but to the side. `time_us` is its time.
  void take(std::size_t row, std::int64_t time_us, const Lateness& lateness, Tally& tally);
  // A late row that goes on all the same.
  void pass(const Lateness& lateness) noexcept { count(lateness); }
  // Sends what was taken of the batch, with its rows as they came. Before the batch is changed.
  void send(const record::RecordBatch& batch, flow::Collector& out);

 private:
  void count(const Lateness& lateness) noexcept {
    (lateness.idle ? stats_->late_idle : stats_->late_closed).add();
  }

  const bool to_side_;
  flow::StepStats* stats_ = nullptr;
  std::vector<std::uint32_t> rows_;
  std::vector<std::int64_t> late_by_ms_;
};

}  // namespace leat::operators
