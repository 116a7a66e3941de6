#pragma once

#include <cstdint>
#include <limits>

#include "base/clock.h"

namespace leat::base {

// Milliseconds since 1970; what is too far away for microseconds becomes the farthest there is.
constexpr WallTime wall_of_ms(std::int64_t ms) noexcept {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1000;
  if (ms > kMost) return {kMost * 1000};
  return {(ms < -kMost ? -kMost : ms) * 1000};
}

}  // namespace leat::base
