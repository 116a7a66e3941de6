#include "kafka/pace.h"

#include <algorithm>

namespace leat::kafka {

bool Pace::due(Instant now, std::size_t bytes, Instant oldest) const noexcept {
  const std::uint32_t rounds = in_flight();
  if (rounds >= kRoundsMax) return false;
  if (rounds == 0 && now >= released_at_ + gap_) return true;
  return bytes >= kBytesMax || now >= oldest + kWaitMax;
}

Instant Pace::due_at(Instant oldest) const noexcept {
  const std::uint32_t rounds = in_flight();
  if (rounds >= kRoundsMax) return base::kNever;
  return rounds == 0 ? std::min(released_at_ + gap_, oldest + kWaitMax) : oldest + kWaitMax;
}

void Pace::released(Instant now) noexcept {
  in_flight_.fetch_add(1, std::memory_order_relaxed);
  released_at_ = now;
}

void Pace::landed(Duration took) noexcept {
  // Two threads may overtake each other here: one sample of a moving average is lost, which does no
  // harm.
  const std::int64_t sample = std::max<std::int64_t>(1, took.count());
  const std::int64_t before = smoothed_ns_.load(std::memory_order_relaxed);
  smoothed_ns_.store(before == 0 ? sample : before + (sample - before) / 8,
                     std::memory_order_relaxed);
  in_flight_.fetch_sub(1, std::memory_order_release);
}

void Pace::adapt(Instant now) noexcept {
  if (now < adapt_at_) return;
  adapt_at_ = now + kAdaptEvery;
  const std::int64_t smoothed = smoothed_ns_.load(std::memory_order_relaxed);
  if (smoothed == 0) return;
  if (now >= window_ends_) {
    previous_min_ns_ = window_min_ns_;
    window_min_ns_ = smoothed;
    window_ends_ = now + kMinimumOver / 2;
  }
  window_min_ns_ = std::min(window_min_ns_, smoothed);
  const std::int64_t minimum =
      previous_min_ns_ > 0 ? std::min(previous_min_ns_, window_min_ns_) : window_min_ns_;
  if (smoothed > 2 * minimum)
    gap_ = std::min(kGapMax, std::max(kGapFirst, 2 * gap_));
  else
    gap_ = std::max(Duration(0), gap_ - kGapStep);
}

}  // namespace leat::kafka
