#include "base/clock.h"

#include <cstdio>
#include <ctime>

namespace leat::base {
namespace {

class MachineClock final : public Clock {
 public:
  Instant now() const noexcept override {
    return Instant(
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
  }
  WallTime wall_now() const noexcept override {
    return {std::chrono::duration_cast<std::chrono::microseconds>(
                std::chrono::system_clock::now().time_since_epoch())
                .count()};
  }
};

std::string format(WallTime time, bool micros) {
  std::int64_t seconds = time.us / 1'000'000;
  std::int64_t rest = time.us % 1'000'000;
  if (rest < 0) {
    rest += 1'000'000;
    --seconds;
  }
  const auto value = static_cast<std::time_t>(seconds);
  std::tm parts{};
  if (gmtime_r(&value, &parts) == nullptr) return "invalid-time";
  char text[64];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  char fraction[16];
  if (micros) {
    std::snprintf(fraction, sizeof fraction, ".%06dZ", static_cast<int>(rest));
  } else {
    std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(rest / 1000));
  }
  return std::string(text, length) + fraction;
}

}  // namespace

std::string to_rfc3339(WallTime time) { return format(time, false); }
std::string to_rfc3339_us(WallTime time) { return format(time, true); }

const Clock& machine_clock() noexcept {
  static const MachineClock clock;
  return clock;
}

}  // namespace leat::base
