#include "flow/event_time.h"

#include <algorithm>
#include <limits>

#include "base/mutant.h"

namespace leat::flow {
namespace {

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

std::int64_t microseconds(Duration duration) noexcept { return duration.count() / 1000; }

}  // namespace

// When all are idle it stands, and those that never had a time hold nothing back: after a restart all
// may fall idle at once.
Watermark lowest(std::span<const Watermark> inputs, const Watermark& before) noexcept {
  Watermark low{kNoLimit, true};
  std::int64_t known = kNoLimit;
  for (const Watermark& input : inputs) {
    if (input.us != record::kNoTime) known = std::min(known, input.us);
    if (input.idle) continue;
    low.idle = false;
    low.us = std::min(low.us, input.us);
  }
  if (low.idle) low.us = known == kNoLimit ? before.us : known;
  if (base::is_planted(base::Mutant::watermark_of_the_fastest))
    for (const Watermark& input : inputs) low.us = std::max(low.us, input.us);
  low.us = std::max(low.us, before.us);
  return low;
}

SourceClock::SourceClock(const spec::EventTimeSpec& rules)
    : max_lateness_us_(microseconds(rules.max_lateness)),
      max_future_us_(microseconds(rules.max_future)),
      idle_after_(rules.idle_after),
      advance_when_idle_(rules.advance_when_idle) {}

void SourceClock::assign(std::span<const PartitionPosition> partitions, Instant now) {
  assigned_ = true;
  next_change_at_ = now;
  last_ = nullptr;
  partitions_.clear();
  for (const PartitionPosition& position : partitions)
    partitions_[position.origin] = {position.event_time_us, now, false};
}

void SourceClock::polled(const record::RecordBatch& batch, Instant now) {
  const record::Origin* seen = nullptr;
  for (const record::Row& row : batch.rows()) {
    if (row.origin == seen) continue;
    seen = row.origin;
    Partition& partition = of(seen);
    partition.active_at = now;
    partition.idle = false;
  }
}

Watermark SourceClock::update(SourceReader& reader, Instant now, WallTime wall) {
  next_change_at_ = base::kNever;
  if (!assigned_) return published_;
  floor_us_ = std::max(floor_us_, reader.watermark_at_least());
  Watermark low{kNoLimit, true};
  std::int64_t known = kNoLimit;
  for (auto& [origin, partition] : partitions_) {
    if (partition.highest_us != record::kNoTime)
      known = std::min(known, partition.watermark(max_lateness_us_));
    const Instant idle_at = std::max(partition.active_at, held_back_at_) + idle_after_;
    if (!partition.idle && now >= idle_at) {
      partition.idle = reader.at_end(*origin);
      if (!partition.idle) partition.active_at = now;
    }
    if (partition.idle) continue;
    next_change_at_ =
        std::min(next_change_at_, std::max(partition.active_at, held_back_at_) + idle_after_);
    low.idle = false;
    low.us = std::min(low.us, partition.watermark(max_lateness_us_));
  }
  if (low.idle && advance_when_idle_ && !partitions_.empty()) {
    low = {wall.us - max_lateness_us_, false};
    next_change_at_ = now + std::chrono::milliseconds(100);
  }
  if (low.idle) low.us = known == kNoLimit ? published_.us : known;
  low.us = std::max(low.us, published_.us);
  if (low.us < floor_us_) low = {floor_us_, false};
  return published_ = low;
}

void SourceClock::mark(std::span<PartitionPosition> positions) const {
  if (base::is_planted(base::Mutant::watermark_not_committed)) return;
  for (PartitionPosition& position : positions) {
    const auto found = partitions_.find(position.origin);
    if (found != partitions_.end()) position.event_time_us = found->second.highest_us;
  }
}

}  // namespace leat::flow
