#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/counters.h"
#include "base/histogram.h"
#include "record/batch.h"
#include "record/value.h"

namespace leat::flow {

enum class DropReason : std::uint8_t { filter, late, dedupe, skip, decode, tombstone, no_match };
inline constexpr std::size_t kDropReasons = 7;
std::string_view to_string(DropReason reason) noexcept;

// What one step of one task counts, in rows. Written by its worker, read by anybody; lives as long
// as the pipeline is deployed, over restarts. in × fan-out = out + dropped by every reason + failed; a
// step that keeps state gives other rows than it takes: what it applied is in − dropped − failed.
class StepStats {
 public:
  StepStats(std::string pipeline, std::string step)
      : pipeline_(std::move(pipeline)), step_(std::move(step)) {}

  base::Counter in;
  base::Counter out;
  base::Counter bytes;          // sinks: of what `out` counts, keys included
  base::Counter failed;         // rows that on_error dead-lettered, or that stopped the pipeline
  base::Counter dead_lettered;  // records written as dead letters: one for all its failed rows here
  // Rows that came late, whatever became of them: for what their own partition had closed, and for
  // what others closed while it was idle.
  base::Counter late_closed;
  base::Counter late_idle;
  base::Counter ahead;  // sources: rows beyond `max_future`, which move no watermark
  base::Counter& dropped(DropReason reason) noexcept {
    return dropped_[static_cast<std::size_t>(reason)];
  }
  const base::Counter& dropped(DropReason reason) const noexcept {
    return dropped_[static_cast<std::size_t>(reason)];
  }
  // Count a row that failed and log it, rate-limited and without payload: one that on_error drops,
  // and one that it keeps (`outcome`: what becomes of it).
  void row_skipped(DropReason reason, const record::RowError& error,
                   const record::Row& row) noexcept;
  void row_failed(std::string_view outcome, const record::RowError& error,
                  const record::Row& row) noexcept;
  // How far event time is here: the watermark in microseconds (kNoTime = none yet), and whether
  // nothing is being read for it now.
  std::atomic<std::int64_t> watermark_us{record::kNoTime};
  std::atomic<bool> watermark_idle{false};
  const std::string& pipeline() const noexcept { return pipeline_; }
  const std::string& step() const noexcept { return step_; }

 private:
  void tell(std::string_view outcome, std::uint64_t so_far, const record::RowError& error,
            const record::Row& row) const noexcept;

  const std::string pipeline_;
  const std::string step_;
  std::array<base::Counter, kDropReasons> dropped_;
};

// Latencies of one task in microseconds. Written by its worker.
struct LatencyStats {
  base::Histogram
      queue;  // record timestamp (or poll, whichever is later known) to entering the chain
  base::Histogram process;     // entering the chain to the producer, per batch
  base::Histogram sink_ack;    // producer to acknowledgement
  base::Histogram end_to_end;  // the record's Kafka timestamp to the sink's acknowledgement
};

}  // namespace leat::flow
