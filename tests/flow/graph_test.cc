#include <map>
#include <random>
#include <tuple>

#include <gmock/gmock.h>

#include "base/faults.h"
#include "support/graph_driver.h"
#include "support/record_matchers.h"
#include "support/simple_plans.h"

namespace leat::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

void feed_numbers(GraphDriver& graph, const std::string& source, std::size_t count,
                  std::size_t keys) {
  for (std::size_t i = 0; i < count; ++i)
    graph.append(source, {.key = "k" + std::to_string(i % keys), .value = std::to_string(i)});
}

struct Repartition : ::testing::TestWithParam<std::uint32_t> {};

TEST_P(Repartition, EveryRecordArrivesOnceAndEveryKeyInOrder) {
  for (const spec::TriggerSpec& trigger : {micro_batch(1s), real_time(1s)}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      GraphDriver graph(re_keyed(trigger, GetParam()),
                        {.partitions = 4, .seed = seed, .poll_rows_max = 7});
      feed_numbers(graph, "in", 1000, 23);
      graph.drain();
      const std::vector<OutputRow> rows = graph.committed("out");
      EXPECT_EQ(rows.size(), 1000U);
      EXPECT_EQ(graph.output("out").size(), 1000U);
      EXPECT_EQ(order_broken_at(rows), "");
    }
  }
}

TEST_P(Repartition, ASourceBehindTheExchangeIsAlignedWithIt) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    GraphDriver graph(re_keyed(real_time(100ms), GetParam(), true),
                      {.partitions = 2, .seed = seed, .poll_rows_max = 3});
    for (int i = 0; i < 20; ++i) {
      feed_numbers(graph, "in", 20, 5);
      feed_numbers(graph, "more", 10, 5);
      graph.take_turns(2);
      graph.advance(50ms);
    }
    graph.drain();
    EXPECT_EQ(graph.committed("out").size(), 600U);
    EXPECT_EQ(order_broken_at(graph.committed("out")), "");
  }
}

TEST_P(Repartition, ASlowSinkHoldsEverybodyBackAndLosesNothing) {
  GraphDriver graph(re_keyed(real_time(1s), GetParam()), {.partitions = 4, .poll_rows_max = 16});
  graph.sink.in_flight_max = 8;
  feed_numbers(graph, "in", 2000, 31);
  for (int i = 0; i < 40; ++i) {
    graph.sink.acknowledge = i % 2 == 1;
    graph.take_turns(5);
    graph.advance(100ms);
  }
  graph.sink.acknowledge = true;
  graph.drain();
  EXPECT_EQ(graph.committed("out").size(), 2000U);
  EXPECT_EQ(graph.output("out").size(), 2000U);
  EXPECT_EQ(order_broken_at(graph.output("out")), "");
}

INSTANTIATE_TEST_SUITE_P(Parallelism, Repartition, ::testing::Values(1U, 2U, 4U));

TEST(Branch, EverySinkGetsWhatIsItsOwn) {
  GraphDriver graph(branched(real_time(1s), 2), {.partitions = 2});
  graph.feed("in", {{"1", "apple"}, {"2", "pear"}, {"3", "avocado"}});
  graph.drain();
  EXPECT_THAT(values_of(graph.committed("all")), UnorderedElementsAre("apple", "pear", "avocado"));
  EXPECT_THAT(values_of(graph.committed("some")), UnorderedElementsAre("apple", "avocado"));
}

TEST(Commit, WaitsForEveryAcknowledgement) {
  GraphDriver graph(pass_through(real_time(1s)));
  graph.sink.acknowledge = false;
  graph.feed("in", {{"a", "1"}});
  graph.advance(5s);
  EXPECT_EQ(graph.source.commits, 0U);
  graph.sink.acknowledge = true;
  graph.advance(1s);
  EXPECT_EQ(graph.source.commits, 1U);
}

TEST(Commit, TheNextEpochGoesOnWhileOneIsBeingCommitted) {
  GraphDriver graph(pass_through(real_time(1s)));
  graph.feed("in", {{"a", "1"}});
  graph.source.hold_commits = true;
  graph.advance(2s);
  graph.feed("in", {{"a", "2"}});
  EXPECT_THAT(values_of(graph.output("out")), ElementsAre("1", "2"))
      << "records do not wait for a commit";
  graph.source.hold_commits = false;
  graph.drain();
  EXPECT_EQ(graph.committed("out").size(), 2U);
}

TEST(Commit, ThatIsRefusedForAWhileIsTriedAgain) {
  GraphDriver graph(pass_through(real_time(1s)));
  graph.feed("in", {{"a", "1"}});
  graph.source.commit_answer = Status(Code::unavailable, "no broker");
  graph.advance(5s);
  EXPECT_EQ(graph.source.commits, 0U);
  graph.source.commit_answer = Status();
  graph.advance(5s);
  EXPECT_EQ(graph.committed("out").size(), 1U);
  EXPECT_EQ(graph.output("out").size(), 1U) << "nothing was sent again";
}

TEST(Failure, OfASinkStartsAgainFromTheLastCommit) {
  GraphDriver graph(pass_through(real_time(1s)));
  graph.feed("in", {{"a", "1"}});
  graph.advance(2s);
  graph.sink.write_answer = Status(Code::unavailable, "broken");
  graph.feed("in", {{"a", "2"}});
  graph.sink.write_answer = Status();
  graph.advance(10s);
  graph.drain();
  EXPECT_THAT(values_of(graph.committed("out")), ElementsAre("1", "2"));
}

// Every crash point of the barrier, the commit and the switch, at its first passes, under steady
// switching: committed output is exact; what stands there besides comes from epochs that were open.
struct CrashAt : ::testing::TestWithParam<std::tuple<const char*, std::uint32_t>> {};

std::map<std::string, int> count(const std::vector<std::string>& values) {
  std::map<std::string, int> counts;
  for (const std::string& value : values) ++counts[value];
  return counts;
}

void run_with_crash(const std::string& fault, std::uint32_t parallelism, std::uint64_t pass,
                    std::uint64_t seed) {
  GraphDriver graph(re_keyed(real_time(200ms), parallelism),
                    {.partitions = 3, .seed = seed, .poll_rows_max = 4});
  if (seed % 2 == 0) graph.sink.in_flight_max = 6;  // cuts are under way while more is polled
  ASSERT_TRUE(base::Faults::configure(fault + "=crash@" + std::to_string(pass)).ok());
  std::mt19937_64 random(seed * 31 + pass);
  std::size_t fed = 0;
  const auto more = [&](std::size_t records) {
    for (; records > 0; --records, ++fed)
      graph.append("in", {.key = "k" + std::to_string(fed % 11), .value = std::to_string(fed)});
  };
  for (int i = 0; i < 15; ++i) {
    more(random() % 150);  // more batches than one step lets in
    graph.take_turns(static_cast<int>(random() % 4));
    graph.begin_switch_to(i % 2 == 0 ? micro_batch(300ms) : real_time(200ms));
    for (int turn = 0; turn < 6; ++turn) {
      graph.take_turns(1);
      more(random() % 3);
    }
    graph.advance(Duration(random() % 400'000'000));
  }
  graph.drain();
  ASSERT_EQ(graph.crashes(), 1U) << "the point was not passed often enough";
  const auto committed = count(values_of(graph.committed("out")));
  ASSERT_EQ(committed.size(), fed) << "nothing is lost";
  for (const auto& [value, times] : committed)
    ASSERT_EQ(times, 1) << value << " is committed twice";
  ASSERT_EQ(order_broken_at(graph.committed("out")), "");
}

TEST_P(CrashAt, LosesNothingAndCommitsNothingTwice) {
  const auto& [fault, parallelism] = GetParam();
  for (std::uint64_t pass = 1; pass <= 3; ++pass)
    for (std::uint64_t seed = 1; seed <= 4; ++seed)
      ASSERT_NO_FATAL_FAILURE(run_with_crash(fault, parallelism, pass, seed))
          << fault << " pass " << pass << " seed " << seed;
}

INSTANTIATE_TEST_SUITE_P(
    Points, CrashAt,
    ::testing::Combine(::testing::Values("barrier.injected", "barrier.aligned", "cut.requested",
                                         "epoch.sealed", "epoch.acknowledged", "commit.sent",
                                         "commit.acknowledged", "commit.applied",
                                         "produce.handed_over", "switch.requested",
                                         "switch.flipped"),
                       ::testing::Values(1U, 2U, 4U)),
    [](const auto& point) {
      std::string name = std::get<0>(point.param);
      std::replace(name.begin(), name.end(), '.', '_');
      return name + "_" + std::to_string(std::get<1>(point.param));
    });

TEST(Rebalance, ARevocationCommitsWhatIsHeldBeforeThePartitionsGo) {
  GraphDriver graph(pass_through(micro_batch(1h)));
  graph.feed("in", {{"a", "1"}, {"a", "2"}});
  ASSERT_TRUE(graph.output("out").empty());
  graph.source.revoke = true;
  graph.settle();
  EXPECT_EQ(graph.source.released, 1U);
  EXPECT_THAT(values_of(graph.committed("out")), ElementsAre("1", "2"));
  graph.feed("in", {{"a", "3"}});
  ASSERT_TRUE(graph.switch_to(real_time(100ms)).ok());
  graph.drain();
  EXPECT_THAT(values_of(graph.output("out")), ElementsAre("1", "2", "3"));
}

TEST(Rebalance, ACommitThatTakesTooLongDoesNotHoldThePartitions) {
  GraphDriver graph(pass_through(real_time(1h)));
  graph.source.hold_commits = true;
  graph.feed("in", {{"a", "1"}});
  graph.source.revoke = true;
  graph.advance(4s);
  EXPECT_EQ(graph.source.released, 0U);
  graph.advance(2s);
  EXPECT_EQ(graph.source.released, 1U);
}

TEST(Rebalance, WhatIsHeldOfLostPartitionsIsDropped) {
  GraphDriver graph(pass_through(micro_batch(1h)));
  graph.feed("in", {{"a", "1"}, {"a", "2"}});
  graph.source.lose = true;
  graph.settle();
  EXPECT_TRUE(graph.output("out").empty());
  ASSERT_TRUE(graph.switch_to(real_time(100ms)).ok());
  graph.drain();
  EXPECT_THAT(values_of(graph.output("out")), ElementsAre("1", "2")) << "nothing of it twice";
}

TEST(Rebalance, WhatIsOnItsWayFromLostPartitionsIsDropped) {
  GraphDriver graph(pass_through(real_time(100ms)));
  graph.sink.acknowledge = false;
  graph.feed("in", {{"a", "1"}, {"a", "2"}});
  graph.source.lose = true;
  graph.settle();
  graph.sink.acknowledge = true;
  graph.drain();
  EXPECT_THAT(values_of(graph.output("out")), ElementsAre("1", "2")) << "nothing of it twice";
}

struct CrashInARebalance : ::testing::TestWithParam<std::tuple<const char*, std::uint32_t>> {};

void rebalance_with_crash(const std::string& fault, std::uint32_t parallelism, std::uint64_t pass) {
  GraphDriver graph(re_keyed(real_time(200ms), parallelism),
                    {.partitions = 3, .seed = pass, .poll_rows_max = 4});
  ASSERT_TRUE(base::Faults::configure(fault + "=crash@" + std::to_string(pass)).ok());
  std::mt19937_64 random(pass);
  std::size_t fed = 0;
  for (int i = 0; i < 12; ++i) {
    for (std::size_t more = random() % 60; more > 0; --more, ++fed)
      graph.append("in", {.key = "k" + std::to_string(fed % 11), .value = std::to_string(fed)});
    graph.take_turns(static_cast<int>(random() % 5));
    (i % 2 == 0 ? graph.source.revoke : graph.source.lose) = true;
    graph.take_turns(static_cast<int>(random() % 3));
    graph.advance(Duration(random() % 400'000'000));
  }
  graph.drain();
  ASSERT_EQ(graph.crashes(), 1U) << "the point was not passed often enough";
  const auto committed = count(values_of(graph.committed("out")));
  ASSERT_EQ(committed.size(), fed) << "nothing is lost";
  for (const auto& [value, times] : committed)
    ASSERT_EQ(times, 1) << value << " is committed twice";
  ASSERT_EQ(order_broken_at(graph.committed("out")), "");
}

TEST_P(CrashInARebalance, LosesNothingAndCommitsNothingTwice) {
  const auto& [fault, parallelism] = GetParam();
  for (std::uint64_t pass = 1; pass <= 3; ++pass)
    ASSERT_NO_FATAL_FAILURE(rebalance_with_crash(fault, parallelism, pass)) << "pass " << pass;
}

INSTANTIATE_TEST_SUITE_P(Points, CrashInARebalance,
                         ::testing::Combine(::testing::Values("revoke.requested",
                                                              "revoke.committed", "lost.dropped"),
                                            ::testing::Values(1U, 2U, 4U)),
                         [](const auto& point) {
                           std::string name = std::get<0>(point.param);
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name + "_" + std::to_string(std::get<1>(point.param));
                         });

TEST(Crash, TwiceInARowIsSurvivedToo) {
  GraphDriver graph(re_keyed(micro_batch(500ms), 2), {.partitions = 2});
  feed_numbers(graph, "in", 100, 7);
  graph.take_turns(5);
  graph.crash();
  graph.crash();
  graph.drain();
  EXPECT_EQ(count(values_of(graph.committed("out"))).size(), 100U);
  EXPECT_EQ(graph.committed("out").size(), 100U);
}

TEST(Crash, AnOpenEpochIsReadAgainAndDuplicatesCarryTheSameIdentity) {
  GraphDriver graph(pass_through(real_time(1h)));
  graph.feed("in", {{"a", "1"}, {"a", "2"}});
  graph.crash();
  ASSERT_TRUE(graph.switch_to(micro_batch(1s)).ok());
  graph.drain();
  EXPECT_THAT(origins_of(graph.output("out")),
              ElementsAre("in-0-0-0", "in-0-1-0", "in-0-0-0", "in-0-1-0"));
  EXPECT_THAT(origins_of(graph.committed("out")), ElementsAre("in-0-0-0", "in-0-1-0"));
}

}  // namespace
}  // namespace leat::test
