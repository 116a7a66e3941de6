#include "flow/rate_limit.h"

#include <gtest/gtest.h>

namespace leat::flow {
namespace {

using namespace std::chrono_literals;

// Records taken in `length` when every chance is used.
std::uint64_t taken_in(RateLimit& limit, Duration length, std::size_t record_bytes) {
  std::uint64_t taken = 0;
  for (Instant now{1s}; now < Instant{1s} + length;) {
    const std::size_t rows = limit.allow(256, now);
    if (rows == 0) {
      EXPECT_GT(limit.ready_at(), now);
      now = limit.ready_at();
      continue;
    }
    limit.spend(rows, rows * record_bytes);
    taken += rows;
  }
  return taken;
}

TEST(RateLimit, WithoutALimitEverythingIsAllowed) {
  RateLimit limit(0, 0);
  EXPECT_FALSE(limit.any());
  EXPECT_EQ(limit.allow(256, Instant(1s)), 256U);
}

TEST(RateLimit, RecordsPerSecondHoldOverTime) {
  for (const std::uint64_t rate : {1U, 7U, 100U, 5'000U, 100'000U}) {
    RateLimit limit(rate, 0);
    EXPECT_NEAR(static_cast<double>(taken_in(limit, 10s, 1)), static_cast<double>(10 * rate),
                static_cast<double>(rate) * 0.11 + 1)
        << rate;
  }
}

TEST(RateLimit, BytesPerSecondHoldOverTimeThoughTheyAreKnownAfterwards) {
  RateLimit limit(0, 100'000);
  EXPECT_NEAR(static_cast<double>(taken_in(limit, 10s, 200)), 5'000, 300);
}

TEST(RateLimit, TheTighterOfTwoLimitsCounts) {
  RateLimit limit(1'000'000, 10'000);
  EXPECT_NEAR(static_cast<double>(taken_in(limit, 10s, 100)), 1'000, 300);
}

TEST(RateLimit, AQuietTimeIsNotSavedUp) {
  RateLimit limit(1'000, 0);
  limit.allow(1, Instant(1s));
  std::uint64_t burst = 0;
  for (std::size_t rows = limit.allow(256, Instant(3600s)); rows > 0;
       rows = limit.allow(256, Instant(3600s))) {
    limit.spend(rows, 0);
    burst += rows;
  }
  EXPECT_LE(burst, 100U) << "a tenth of a second's worth";
  EXPECT_GE(burst, 90U);
}

}  // namespace
}  // namespace leat::flow
