#include <algorithm>

#include <gmock/gmock.h>

#include "support/graph_driver.h"
#include "support/record_matchers.h"
#include "support/simple_plans.h"

namespace leat::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(MicroBatch, HoldsUntilTheIntervalIsOver) {
  GraphDriver graph(pass_through(micro_batch(10s)));
  graph.feed("in", {{"a", "1"}, {"b", "2"}});
  graph.advance(9s);
  EXPECT_THAT(graph.output("out"), IsEmpty());
  graph.advance(2s);
  EXPECT_THAT(pairs_of(graph.committed("out")), ElementsAre("a=1", "b=2"));
}

TEST(MicroBatch, CutsAtItsLargestSizeWithoutWaitingForTheInterval) {
  GraphDriver graph(pass_through(micro_batch(1h, 2)));
  graph.feed("in", {{"a", "1"}});
  EXPECT_THAT(graph.output("out"), IsEmpty());
  graph.feed("in", {{"b", "2"}});
  EXPECT_THAT(pairs_of(graph.committed("out")), ElementsAre("a=1", "b=2"));
}

TEST(MicroBatch, NoEpochWithoutRecords) {
  GraphDriver graph(pass_through(micro_batch(1s)));
  graph.advance(60s);
  EXPECT_EQ(graph.source.commits, 0U);
}

TEST(MicroBatch, AnIntervalOfZeroCutsAsFastAsItCan) {
  GraphDriver graph(pass_through(micro_batch(0s)));
  graph.feed("in", {{"a", "1"}, {"b", "2"}});
  EXPECT_THAT(pairs_of(graph.committed("out")), ElementsAre("a=1", "b=2"));
}

TEST(RealTime, RecordsPassAtOnceAndAreCommittedAtTheCheckpoint) {
  GraphDriver graph(pass_through(real_time(1s)));
  graph.feed("in", {{"a", "1"}});
  EXPECT_THAT(pairs_of(graph.output("out")), ElementsAre("a=1"));
  EXPECT_THAT(graph.committed("out"), IsEmpty());
  graph.advance(1500ms);
  EXPECT_THAT(pairs_of(graph.committed("out")), ElementsAre("a=1"));
}

TEST(AvailableNow, TakesWhatIsThereAndStops) {
  GraphDriver graph(pass_through(available_now(10)), {.partitions = 2});
  for (int i = 0; i < 100; ++i) graph.append("in", {.key = std::to_string(i), .value = "v"});
  graph.begin();
  graph.advance(5s);
  EXPECT_EQ(graph.committed("out").size(), 100U);
  EXPECT_EQ(graph.pipeline().actual(), runtime::Actual::stopped);
  EXPECT_GT(graph.source.commits, 5U) << "in batches of at most ten";
}

TEST(HotSwitch, TakesEffectAtTheNextEpochAndLosesNothing) {
  GraphDriver graph(pass_through(micro_batch(1h)));
  graph.feed("in", {{"a", "1"}, {"b", "2"}});
  EXPECT_THAT(graph.output("out"), IsEmpty());  // held: the epoch is open
  const auto receipt = graph.switch_to(real_time(5s));
  ASSERT_TRUE(receipt.ok()) << receipt.status().to_string();
  EXPECT_EQ((*receipt).replayed_records, 0U);
  EXPECT_TRUE((*receipt).committed);
  graph.feed("in", {{"a", "3"}});
  EXPECT_THAT(pairs_of(graph.output("out")), ElementsAre("a=1", "b=2", "a=3"));
}

TEST(HotSwitch, ToHoldingHoldsWhatComesAfterwards) {
  GraphDriver graph(pass_through(real_time(5s)));
  graph.feed("in", {{"a", "1"}});
  ASSERT_TRUE(graph.switch_to(micro_batch(10s)).ok());
  graph.feed("in", {{"a", "2"}});
  EXPECT_THAT(pairs_of(graph.output("out")), ElementsAre("a=1"));
  graph.advance(11s);
  EXPECT_THAT(pairs_of(graph.committed("out")), ElementsAre("a=1", "a=2"));
}

TEST(HotSwitch, ThatCannotBeCutInTimeLeavesTheOldTrigger) {
  GraphDriver graph(pass_through(real_time(1s)));
  graph.source.hold_commits = true;
  graph.feed("in", {{"a", "1"}});
  graph.advance(2s);  // an epoch is closed and cannot be committed
  const auto receipt = graph.switch_to(micro_batch(10s));
  ASSERT_FALSE(receipt.ok());
  graph.source.hold_commits = false;
  graph.feed("in", {{"a", "2"}});
  EXPECT_THAT(pairs_of(graph.output("out")), ElementsAre("a=1", "a=2")) << "still at once";
  graph.drain();
  EXPECT_EQ(graph.committed("out").size(), 2U);
}

TEST(HotSwitch, AHundredOfThemUnderLoadNeitherLoseNorDoubleNorReorder) {
  GraphDriver graph(re_keyed(real_time(1s), 2), {.partitions = 3, .seed = 7, .poll_rows_max = 5});
  std::size_t fed = 0;
  const auto more = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i, ++fed)
      graph.append("in", {.key = "k" + std::to_string(fed % 17), .value = std::to_string(fed)});
  };
  for (int i = 0; i < 100; ++i) {
    more(37);
    graph.take_turns(3);
    const auto receipt =
        i % 2 == 0 ? graph.switch_to(micro_batch(500ms)) : graph.switch_to(real_time(1s));
    ASSERT_TRUE(receipt.ok()) << receipt.status().to_string();
    EXPECT_EQ((*receipt).replayed_records, 0U);
    graph.advance(100ms);
  }
  graph.drain();
  const std::vector<OutputRow> rows = graph.output("out");
  EXPECT_EQ(rows.size(), fed);
  EXPECT_EQ(graph.committed("out").size(), fed);
  EXPECT_EQ(order_broken_at(rows), "");
  std::vector<std::string> origins = origins_of(rows);
  std::sort(origins.begin(), origins.end());
  EXPECT_EQ(std::unique(origins.begin(), origins.end()), origins.end());
}

TEST(Lifecycle, PauseCommitsAndResumeReplaysNothing) {
  GraphDriver graph(pass_through(real_time(1h)));
  graph.feed("in", {{"a", "1"}});
  ASSERT_TRUE(graph.pause().ok());
  EXPECT_EQ(graph.committed("out").size(), 1U);
  graph.feed("in", {{"a", "2"}});
  EXPECT_EQ(graph.output("out").size(), 1U);
  ASSERT_TRUE(graph.resume().ok());
  EXPECT_THAT(pairs_of(graph.output("out")), ElementsAre("a=1", "a=2"));
}

TEST(Lifecycle, AStopCommitsWhatWasHeldAndTheNextStartReplaysNothing) {
  GraphDriver graph(pass_through(micro_batch(1h)), {.partitions = 2});
  graph.feed("in", {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  const auto receipt = graph.stop();
  ASSERT_TRUE(receipt.ok()) << receipt.status().to_string();
  EXPECT_EQ(graph.committed("out").size(), 3U);
  graph.begin();
  graph.feed("in", {{"d", "4"}});
  ASSERT_TRUE(graph.stop().ok());
  EXPECT_EQ(graph.output("out").size(), 4U);
}

}  // namespace
}  // namespace leat::test
