#pragma once

#include "base/clock.h"

namespace leat::test {

// Time that stands until a test moves it. Starts at 2026-01-01T00:00:00Z. Thread-confined.
class VirtualClock final : public Clock {
 public:
  Instant now() const noexcept override { return now_; }
  WallTime wall_now() const noexcept override {
    return WallTime{
        kStartUs + std::chrono::duration_cast<std::chrono::microseconds>(now_ - Instant()).count()};
  }
  void advance(Duration by) noexcept { now_ += by; }

 private:
  static constexpr std::int64_t kStartUs = 1'767'225'600'000'000;
  Instant now_{std::chrono::seconds(1)};
};

}  // namespace leat::test
