#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "operators/keyed_work.h"

namespace leat::operators {

// Where the windows of a tumbling or hopping step lie: [start, start + size), a start every `every`
// from `offset` on. Microseconds; what is shorter than one is one. A value.
struct WindowGrid {
  std::int64_t size_us = 0;
  std::int64_t every_us = 0;
  std::int64_t offset_us = 0;

  explicit WindowGrid(const Window& window) noexcept
      : size_us(std::max<std::int64_t>(window.size_us, 1)),
        every_us(window.kind == Window::Kind::hopping ? std::max<std::int64_t>(window.every_us, 1)
                                                      : size_us),
        offset_us(window.offset_us) {}

  // The last multiple of `step` (shifted by the offset) that is not after `time`.
  std::int64_t floor(std::int64_t time_us, std::int64_t step_us) const noexcept {
    const std::int64_t shifted = time_us - offset_us;
    const std::int64_t rest = shifted % step_us;
    return time_us - (rest < 0 ? rest + step_us : rest);
  }
  // The windows of a time start at first_start(), first_start() + every, …, last_start().
  std::int64_t last_start(std::int64_t time_us) const noexcept { return floor(time_us, every_us); }
  std::int64_t first_start(std::int64_t time_us) const noexcept {
    return floor(time_us - size_us, every_us) + every_us;
  }
  // Panes: the longest pieces of which all windows are made.
  std::int64_t pane_us() const noexcept { return std::gcd(size_us, every_us); }
};

}  // namespace leat::operators
