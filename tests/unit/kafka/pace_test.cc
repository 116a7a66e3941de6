#include <gtest/gtest.h>

#include "kafka/pace.h"

namespace leat::kafka {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kStart{seconds(1000)};

TEST(KafkaPace, AnIdleSinkSendsAtOnce) {
  const Pace pace;
  EXPECT_TRUE(pace.due(kStart, 1, kStart));
}

TEST(KafkaPace, RowsWaitWhileARoundIsUnacknowledged) {
  Pace pace;
  pace.released(kStart);
  EXPECT_FALSE(pace.due(kStart + microseconds(100), 1, kStart + microseconds(100)));
  pace.landed(microseconds(200));
  EXPECT_TRUE(pace.due(kStart + microseconds(200), 1, kStart + microseconds(100)));
}

TEST(KafkaPace, ManyBytesAndOldRowsDoNotWait) {
  Pace pace;
  pace.released(kStart);
  EXPECT_TRUE(pace.due(kStart, Pace::kBytesMax, kStart));
  EXPECT_TRUE(pace.due(kStart + Pace::kWaitMax, 1, kStart));
  EXPECT_EQ(pace.due_at(kStart), kStart + Pace::kWaitMax);
}

TEST(KafkaPace, NotMoreThanSoManyRoundsAreInFlight) {
  Pace pace;
  for (std::uint32_t i = 0; i < Pace::kRoundsMax; ++i) pace.released(kStart);
  EXPECT_FALSE(pace.due(kStart + seconds(1), Pace::kBytesMax, kStart));
  EXPECT_EQ(pace.due_at(kStart), base::kNever);
  pace.landed(milliseconds(1));
  EXPECT_TRUE(pace.due(kStart + seconds(1), Pace::kBytesMax, kStart));
}

TEST(KafkaPace, TheGapGrowsWhenAcknowledgementsSlowDownAndShrinksAfterwards) {
  Pace pace;
  Instant now = kStart;
  const auto rounds = [&](Duration took, int count) {
    for (int i = 0; i < count; ++i) {
      now += Pace::kAdaptEvery;
      pace.released(now);
      pace.landed(took);
      pace.adapt(now);
    }
  };
  rounds(microseconds(300), 20);
  EXPECT_EQ(pace.gap(), Duration(0));
  rounds(milliseconds(10), 3);
  EXPECT_GE(pace.gap(), Pace::kGapFirst);
  rounds(milliseconds(10), 20);
  EXPECT_EQ(pace.gap(), Pace::kGapMax);
  rounds(microseconds(300), 60);
  EXPECT_EQ(pace.gap(), Duration(0));
}

TEST(KafkaPace, AnEmptyRoundIsNoSample) {
  Pace pace;
  pace.released(kStart);
  pace.withdrawn();
  EXPECT_EQ(pace.in_flight(), 0u);
}

}  // namespace
}  // namespace leat::kafka
