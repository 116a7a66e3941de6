#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "flow/source.h"
#include "record/batch.h"
#include "spec/pipeline.h"

namespace leat::flow {

// How far event time is at some place: no row with an earlier time is expected any more. In-band,
// like a barrier. `idle`: nothing is being read there now, others need not wait for it; the time
// stands.
struct Watermark {
  std::int64_t us = record::kNoTime;
  bool idle = false;
  friend bool operator==(const Watermark&, const Watermark&) = default;
};

// A watermark at this time says that no row comes any more at all: a drain. What waits for time comes
// out; how far the operators' own time is kept as it was.
inline constexpr std::int64_t kEndOfTime = std::numeric_limits<std::int64_t>::max();

// What several inputs come to: the lowest of those that are not idle, never less than `before`.
Watermark lowest(std::span<const Watermark> inputs, const Watermark& before) noexcept;

// The event times of one source in one task, partition by partition. The operator that stamps rows
// tells it of every row, the task of polls and assignments. Thread-confined.
class SourceClock {
 public:
  explicit SourceClock(const spec::EventTimeSpec& rules);

  // Gives the row its event time, and the watermark of its partition as it was before this row. A
  // time farther ahead of `now` than the source allows does not move the partition on, and neither
  // does a row that has no time of its own (`moves` false).
  void stamp(record::Row& row, std::int64_t event_time_us, bool moves, WallTime now) {
    Partition& partition = of(row.origin);
    row.event_time_us = event_time_us;
    row.watermark_us = std::max(partition.watermark(max_lateness_us_), floor_us_);
    if (!moves || event_time_us <= partition.highest_us) return;
    if (event_time_us - max_future_us_ > now.us) {
      ++ahead_;
      return;
    }
    partition.highest_us = event_time_us;
  }
  // Rows that were too far ahead of the clock.
  std::uint64_t ahead() const noexcept { return ahead_; }

  // These are the partitions now; each begins with the time that was committed with its position.
  void assign(std::span<const PartitionPosition> partitions, Instant now);
  bool assigned() const noexcept { return assigned_; }
  // The batch was polled.
  void polled(const record::RecordBatch& batch, Instant now);
  // Reading was held back: nobody is idle because of that.
  void held_back(Instant now) noexcept { held_back_at_ = now; }

  // The watermark of the source in this task. A partition is idle when it gave nothing for
  // `idle_after`, nothing held reading back and its reader stands at its end.
  Watermark update(SourceReader& reader, Instant now, WallTime wall);
  // When update() may say something else though no row came; kNever = by rows only.
  Instant next_change_at() const noexcept { return next_change_at_; }
  // Sets the event time that belongs to each position of this source.
  void mark(std::span<PartitionPosition> positions) const;

 private:
  struct Partition {
    std::int64_t highest_us = record::kNoTime;
    Instant active_at{};
    bool idle = false;

    std::int64_t watermark(std::int64_t max_lateness_us) const noexcept {
      return highest_us == record::kNoTime ? record::kNoTime : highest_us - max_lateness_us;
    }
  };
  Partition& of(const record::Origin* origin) {
    if (origin != last_origin_ || last_ == nullptr) {
      last_ = &partitions_[origin];
      last_origin_ = origin;
    }
    return *last_;
  }

  const std::int64_t max_lateness_us_;
  const std::int64_t max_future_us_;
  const Duration idle_after_;
  const bool advance_when_idle_;
  std::unordered_map<const record::Origin*, Partition> partitions_;
  const record::Origin* last_origin_ = nullptr;
  Partition* last_ = nullptr;
  Instant held_back_at_{};
  Instant next_change_at_ = base::kNever;
  Watermark published_;
  std::int64_t floor_us_ = record::kNoTime;  // what the reader says
  std::uint64_t ahead_ = 0;
  bool assigned_ = false;
};

}  // namespace leat::flow
