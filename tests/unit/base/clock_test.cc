#include "base/clock.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>
#include <type_traits>

#include "base/ids.h"
#include "base/thread_checker.h"
#include "base/wall_ms.h"

namespace leat::base {
namespace {

TEST(Clock, TimesAreWrittenInUtc) {
  EXPECT_EQ(to_rfc3339({0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339({1'767'225'600'123'999}), "2026-01-01T00:00:00.123Z");
  EXPECT_EQ(to_rfc3339_us({1'767'225'600'000'001}), "2026-01-01T00:00:00.000001Z");
  EXPECT_EQ(to_rfc3339({-1}), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(to_rfc3339_us({-1'000'000}), "1969-12-31T23:59:59.000000Z");
}

TEST(Clock, MillisecondsTooFarAwayAreTheFarthestTime) {
  EXPECT_EQ(wall_of_ms(1'767'225'600'123), WallTime{1'767'225'600'123'000});
  EXPECT_EQ(wall_of_ms(-1), WallTime{-1000});
  EXPECT_EQ(wall_of_ms(9'224'318'015'999'999), WallTime{9'223'372'036'854'775'000});  // year 294276
  EXPECT_EQ(wall_of_ms(std::numeric_limits<std::int64_t>::min()),
            WallTime{-9'223'372'036'854'775'000});
}

TEST(Clock, TheMachinesClockDoesNotGoBack) {
  Instant last = machine_clock().now();
  for (int i = 0; i < 1000; ++i) {
    const Instant now = machine_clock().now();
    ASSERT_GE(now, last);
    last = now;
  }
  EXPECT_LT(last, kNever);
}

TEST(Ids, OfDifferentMeaningDoNotMix) {
  static_assert(!std::is_convertible_v<PartitionId, Offset>);
  static_assert(!std::is_constructible_v<PartitionId, Offset>);
  static_assert(!std::is_convertible_v<int, PartitionId>);
  EXPECT_EQ(EpochId(4).next(), EpochId(5));
  EXPECT_LT(Offset(1), Offset(2));
  EXPECT_EQ(std::hash<Offset>()(Offset(7)), std::hash<std::int64_t>()(7));
}

#ifdef LEAT_DCHECKS
TEST(ThreadChecker, AnotherThreadEndsTheProcessUnlessHandedOver) {
  ThreadChecker checker;
  checker.check();
  EXPECT_DEATH(std::thread([&] { checker.check(); }).join(), "expected == self");
  checker.detach();
  std::thread([&] { checker.check(); }).join();
}
#endif

}  // namespace
}  // namespace leat::base
