#pragma once

#include "base/clock.h"
#include "spec/tests.h"

namespace leat::trial {

// Time that stands until somebody moves it. Begins at spec::kTestStart. Thread-confined.
class VirtualClock final : public Clock {
 public:
  Instant now() const noexcept override { return now_; }
  WallTime wall_now() const noexcept override { return wall_at(now_); }
  void advance_to(Instant to) noexcept {
    if (to > now_) now_ = to;
  }
  static constexpr Instant instant_at(WallTime wall) noexcept {
    return kBegin + std::chrono::microseconds(wall.us - spec::kTestStart.us);
  }
  static constexpr WallTime wall_at(Instant now) noexcept {
    return WallTime{spec::kTestStart.us +
                    std::chrono::duration_cast<std::chrono::microseconds>(now - kBegin).count()};
  }

 private:
  static constexpr Instant kBegin{std::chrono::seconds(1)};
  Instant now_ = kBegin;
};

}  // namespace leat::trial
