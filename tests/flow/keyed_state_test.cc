#include <gmock/gmock.h>

#include <map>
#include <random>

#include "base/faults.h"
#include "support/graph_driver.h"
#include "support/keyed_plans.h"
#include "support/record_matchers.h"

namespace leat::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

std::string count_of(GraphDriver& graph, const std::string& key, bool latest = false) {
  const auto value = graph.read("step", key, latest);
  return value.ok() ? *value : value.status().message();
}

TEST(KeyedState, GoesOnWhereTheLastCommitWas) {
  GraphDriver graph(counted(real_time(1s), 2), {.partitions = 2});
  graph.feed("in", {{"a", "1"}, {"b", "1"}, {"a", "2"}});
  graph.advance(2s);
  graph.crash();
  graph.feed("in", {{"a", "3"}});
  graph.advance(2s);
  EXPECT_EQ(count_of(graph, "a"), "{\"n\":3}");
  EXPECT_EQ(count_of(graph, "b"), "{\"n\":1}");
}

TEST(KeyedState, WhatWasNotCommittedIsCountedAgain) {
  GraphDriver graph(counted(real_time(60s), 1));
  graph.feed("in", {{"a", "1"}, {"a", "2"}});
  EXPECT_EQ(count_of(graph, "a", true), "{\"n\":2}");
  graph.crash();
  graph.settle();
  EXPECT_EQ(count_of(graph, "a", true), "{\"n\":2}");
  EXPECT_EQ(graph.state.appended, 0);
}

TEST(KeyedState, IsCommittedOnlyWhenItIsDurable) {
  GraphDriver graph(counted(real_time(1s), 1));
  graph.settle();
  graph.hold_disk = true;
  graph.feed("in", {{"a", "1"}});
  graph.advance(5s);
  EXPECT_EQ(graph.source.commits, 0u);
  graph.hold_disk = false;
  graph.settle();
  EXPECT_EQ(graph.source.commits, 1u);
  EXPECT_EQ(graph.state.appended, 1);
}

TEST(KeyedState, IsCommittedOnlyWhenItsRecordsAreAcknowledged) {
  GraphDriver graph(counted(real_time(1s), 1));
  graph.settle();
  graph.sink.acknowledge = false;
  graph.feed("in", {{"a", "1"}});
  graph.advance(5s);
  EXPECT_EQ(graph.state.appended, 1);
  EXPECT_EQ(graph.source.commits, 0u);
  graph.sink.acknowledge = true;
  graph.advance(1s);
  EXPECT_EQ(graph.source.commits, 1u);
  EXPECT_EQ(graph.state.folded, 1);
}

TEST(KeyedState, IsReadAsCommittedOrAsItIsNow) {
  GraphDriver graph(counted(real_time(60s), 2));
  graph.feed("in", {{"a", "1"}});
  EXPECT_EQ(count_of(graph, "a", true), "{\"n\":1}");
  EXPECT_THAT(count_of(graph, "a"), HasSubstr("no such key"));
  graph.advance(61s);
  EXPECT_EQ(count_of(graph, "a"), "{\"n\":1}");
  EXPECT_THAT(count_of(graph, "b", true), HasSubstr("no such key"));
}

TEST(KeyedState, OfAnotherCommitPausesThePipelineUntilSomebodyDecides) {
  GraphDriver graph(counted(real_time(1s), 1));
  graph.feed("in", {{"a", "1"}});
  graph.advance(2s);
  graph.state.lose();
  graph.crash();
  graph.advance(60s);
  EXPECT_EQ(graph.pipeline().actual(), runtime::Actual::paused);
  EXPECT_THAT(graph.pipeline().snapshot()->reason, HasSubstr("STATE_MISMATCH"));
  EXPECT_THAT(graph.pipeline().snapshot()->reason, HasSubstr("?state=discard"));
  graph.feed("in", {{"a", "2"}});
  EXPECT_EQ(graph.output("out").size(), 1u) << "nothing is read";
  const auto resumed = graph.resume();
  EXPECT_EQ(runtime::problem_of(resumed.status()), "WRONG_STATE") << "it still does not fit";
}

TEST(KeyedState, AFullDiskPausesThePipelineAndItGoesOnByItself) {
  GraphDriver graph(counted(real_time(1s), 1));
  graph.settle();
  graph.state.append_answer = Status(Code::exhausted, "the disk is full");
  graph.feed("in", {{"a", "1"}});
  graph.advance(1500ms);
  EXPECT_EQ(graph.pipeline().actual(), runtime::Actual::paused);
  EXPECT_THAT(graph.pipeline().snapshot()->reason, HasSubstr("DISK_LOW: the disk is full"));
  graph.state.append_answer = Status();
  graph.advance(30s);
  EXPECT_EQ(graph.pipeline().actual(), runtime::Actual::running);
  EXPECT_EQ(count_of(graph, "a"), "{\"n\":1}");
}

TEST(KeyedState, DamageEndsThePipelineWithItsName) {
  GraphDriver graph(counted(real_time(1s), 1));
  graph.settle();
  graph.state.append_answer = Status(Code::data_loss, "the changelog is cut short");
  graph.feed("in", {{"a", "1"}});
  graph.advance(60s);
  EXPECT_EQ(graph.pipeline().actual(), runtime::Actual::failed);
  EXPECT_THAT(graph.pipeline().snapshot()->reason, HasSubstr("STATE_DAMAGED"));
}

TEST(Drain, LetsOutWhatWaitsAndStops) {
  GraphDriver graph(counted(real_time(60s), 2), {.partitions = 2});
  graph.feed("in", {{"a", "1"}, {"b", "1"}, {"a", "2"}});
  const auto drained = graph.drain_windows();
  ASSERT_TRUE(drained.ok()) << drained.status().to_string();
  EXPECT_EQ((*drained).actual, runtime::Actual::stopped);
  EXPECT_EQ((*drained).desired, runtime::Desired::stopped);
  EXPECT_THAT(values_of(graph.committed("out")),
              UnorderedElementsAre("a=1", "a=2", "b=1", "a=total2", "b=total1"));
  const auto again = graph.drain_windows();
  EXPECT_TRUE(again.ok()) << "asking for the state it is in is a no-op";
}

TEST(Drain, WorksFromAPauseAndALaterStartBeginsEmpty) {
  GraphDriver graph(counted(micro_batch(10s), 2), {.partitions = 2});
  graph.feed("in", {{"a", "1"}});
  ASSERT_TRUE(graph.pause().ok());
  ASSERT_TRUE(graph.drain_windows().ok());
  EXPECT_THAT(values_of(graph.committed("out")), UnorderedElementsAre("a=1", "a=total1"));
  graph.begin();
  graph.feed("in", {{"a", "2"}});
  graph.advance(11s);
  EXPECT_EQ(values_of(graph.committed("out")).back(), "a=1");
}

TEST(Drain, CutByACrashIsAskedForAgain) {
  GraphDriver graph(counted(real_time(60s), 1));
  graph.feed("in", {{"a", "1"}});
  ASSERT_TRUE(base::Faults::configure("commit.sent=crash").ok());
  static_cast<void>(graph.drain_windows());
  ASSERT_EQ(graph.crashes(), 1u);
  EXPECT_EQ(graph.pipeline().actual(), runtime::Actual::running);
  EXPECT_EQ(count_of(graph, "a", true), "{\"n\":1}") << "nothing was taken out";
  ASSERT_TRUE(graph.drain_windows().ok());
  EXPECT_EQ(values_of(graph.committed("out")).back(), "a=total1");
}

// Crashes at a named point again and again, at random moments: in the end every key was counted as
// often as it came, and no number was skipped or given twice to readers of what is committed.
class KeyedCrashAt : public ::testing::TestWithParam<const char*> {};

TEST_P(KeyedCrashAt, TheStateIsThatOfTheModel) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto parallelism = static_cast<std::uint32_t>(1 + seed % 3);
    const spec::TriggerSpec trigger = seed % 2 == 0 ? micro_batch(1s) : real_time(1s);
    GraphDriver graph(counted(trigger, parallelism), {.partitions = 2, .seed = seed});
    std::map<std::string, int> model;
    for (int round = 0; round < 8; ++round) {
      const std::string at = std::string(GetParam()) + "=crash@" + std::to_string(1 + random() % 3);
      ASSERT_TRUE(base::Faults::configure(at).ok());
      for (int i = 0; i < 5; ++i) {
        const std::string key(1, static_cast<char>('a' + random() % 6));
        graph.append("in", {.key = key, .value = "v"});
        ++model[key];
      }
      graph.take_turns(static_cast<int>(random() % 20));
      if (round == 3 || random() % 4 == 0) graph.crash();
      graph.advance(std::chrono::milliseconds(random() % 3000));
    }
    base::Faults::clear();
    graph.drain();
    graph.advance(3s);
    ASSERT_EQ(graph.pipeline().actual(), runtime::Actual::running)
        << graph.pipeline().snapshot()->reason;
    for (const auto& [key, count] : model)
      EXPECT_EQ(count_of(graph, key), "{\"n\":" + std::to_string(count) + "}") << key;
    EXPECT_GT(graph.crashes(), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(EveryPoint, KeyedCrashAt,
                         ::testing::Values("cut.requested", "barrier.injected", "barrier.aligned",
                                           "epoch.sealed", "epoch.durable", "epoch.acknowledged",
                                           "commit.sent", "commit.acknowledged", "commit.applied",
                                           "restore.begun", "restore.done", "delta.temp",
                                           "delta.synced", "delta.applied"),
                         [](const auto& point) {
                           std::string name = point.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

}  // namespace
}  // namespace leat::test
