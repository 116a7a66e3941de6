#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/histogram.h"
#include "runtime/run.h"
#include "runtime/status.h"
#include "runtime/stop_rule.h"

namespace leat::runtime {

// Sums what the tasks of a pipeline count into what people read: totals, rates of the last second,
// percentiles of the last minute. Control thread.
class PipelineMeter {
 public:
  PipelineMeter(const spec::PipelineSpec& spec, const PipelineCounts& counts)
      : spec_(spec), counts_(counts) {}

  // Closes one-second buckets that are over.
  void tick(Instant now);
  // Fills the counting members of a snapshot.
  void fill(PipelineSnapshot& out) const;
  std::uint64_t replayed() const noexcept;
  std::uint64_t records_in() const noexcept;
  // Of what `stop_if` watches.
  StopRule::Totals stop_totals() const noexcept;

 private:
  static constexpr std::size_t kKinds = 4;  // queue, process, sink_ack, end_to_end
  using Snapshots = std::array<base::HistogramSnapshot, kKinds>;
  struct Totals {
    std::uint64_t in = 0, out = 0, busy_ns = 0, blocked_ns = 0;
  };
  Totals totals() const noexcept;
  std::unique_ptr<Snapshots> collect() const;
  void fill_latency(PipelineSnapshot& out) const;
  void fill_steps(PipelineSnapshot& out) const;

  const spec::PipelineSpec& spec_;
  const PipelineCounts& counts_;
  Instant bucket_at_{};
  Totals bucket_start_;
  double in_per_second_ = 0, out_per_second_ = 0, busy_ratio_ = 0, blocked_ratio_ = 0;
  // One snapshot of all histograms every kWindowStep; the oldest is subtracted from now.
  static constexpr Duration kWindowStep = std::chrono::seconds(10);
  static constexpr std::size_t kWindowSteps = 6;
  Instant window_at_{};
  std::deque<std::unique_ptr<Snapshots>> window_;
};

}  // namespace leat::runtime
