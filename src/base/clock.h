#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace leat::base {

using Duration = std::chrono::nanoseconds;
// A point on the monotonic clock: for intervals and deadlines.
struct MonotonicTag {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicTag>;
  static constexpr bool is_steady = true;
};
using Instant = std::chrono::time_point<MonotonicTag, Duration>;
inline constexpr Instant kNever = Instant::max();

// A point of calendar time in microseconds since 1970-01-01T00:00:00Z: for what people and records
// see.
struct WallTime {
  std::int64_t us = 0;
  friend constexpr auto operator<=>(const WallTime&, const WallTime&) noexcept = default;
};

// "2026-01-01T12:00:00.123Z": RFC 3339, UTC, milliseconds.
std::string to_rfc3339(WallTime time);
// The same with microseconds.
std::string to_rfc3339_us(WallTime time);

// Where time comes from. Passed in, read once per step and handed down. Implementations are
// thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const noexcept = 0;
  virtual WallTime wall_now() const noexcept = 0;
};

// The machine's clocks. Immutable, thread-safe, lives as long as the process.
const Clock& machine_clock() noexcept;

}  // namespace leat::base

namespace leat {
using base::Clock;
using base::Duration;
using base::Instant;
using base::WallTime;
}  // namespace leat
