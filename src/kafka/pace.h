#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace leat::kafka {

// When the rows that wait for one broker are released as a round: at once while the broker is idle,
// else together, so that many lone records become few requests. The gap between rounds follows the
// acknowledgement time. Belongs to its writer; landed() is thread-safe.
class Pace {
 public:
  static constexpr std::size_t kBytesMax = 256 * 1024;
  static constexpr Duration kWaitMax = std::chrono::milliseconds(5);
  static constexpr std::uint32_t kRoundsMax = 5;
  static constexpr Duration kGapMax = std::chrono::milliseconds(5);
  static constexpr Duration kGapFirst = std::chrono::microseconds(500);
  static constexpr Duration kGapStep = std::chrono::microseconds(250);
  static constexpr Duration kAdaptEvery = std::chrono::milliseconds(100);
  static constexpr Duration kMinimumOver = std::chrono::seconds(10);

  // Whether `bytes` of rows, the oldest waiting since `oldest`, leave now.
  bool due(Instant now, std::size_t bytes, Instant oldest) const noexcept;
  // When due() may turn true by time alone. Acknowledgements wake the writer by themselves.
  Instant due_at(Instant oldest) const noexcept;
  // A round left.
  void released(Instant now) noexcept;
  // All records of a round are acknowledged, so long after it left.
  void landed(Duration took) noexcept;
  // A round that turned out to be empty.
  void withdrawn() noexcept { in_flight_.fetch_sub(1, std::memory_order_release); }
  // Follows the acknowledgement time; call it before due().
  void adapt(Instant now) noexcept;

  Duration gap() const noexcept { return gap_; }
  std::uint32_t in_flight() const noexcept { return in_flight_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::uint32_t> in_flight_{0};
  std::atomic<std::int64_t> smoothed_ns_{0};  // 0 = no acknowledgement yet
  Duration gap_{};
  Instant released_at_{};
  Instant adapt_at_{};
  Instant window_ends_{};
  std::int64_t window_min_ns_ = 0;    // of the half window that runs
  std::int64_t previous_min_ns_ = 0;  // of the half before it
};

}  // namespace leat::kafka
