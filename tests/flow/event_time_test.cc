#include <gmock/gmock.h>

#include "plan/plan.h"
#include "spec/parse.h"
#include "support/graph_driver.h"

// Event time through whole graphs: watermarks of sources and steps, over exchanges and restarts.
namespace leat::test {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kStart = 1'767'225'600;  // seconds

std::shared_ptr<const plan::Plan> plan_of(const std::string& event_time, std::uint32_t workers) {
  const spec::ParseResult parsed = spec::parse_pipeline(
      R"({"name":"p","sources":{"a":{"kafka":{"topics":["a"]},"event_time":)" + event_time +
      R"(},"b":{"kafka":{"topics":["b"]},"event_time":)" + event_time + R"(}},
          "steps":[{"id":"left","from":"a","filter":"true"},
                   {"id":"both","from":["left","b"],"set":{"seen":"meta.event_time"}},
                   {"id":"spread","repartition":{"by":["k"]}},
                   {"id":"last","set":{"done":"true"}}],
          "sinks":{"out":{"kafka":{"topic":"out"}}}})");
  EXPECT_TRUE(parsed.ok());
  const plan::PlanResult planned = plan::build_plan(parsed.spec, {.workers = workers});
  EXPECT_NE(planned.plan, nullptr);
  return planned.plan;
}

struct EventTimeGraph {
  explicit EventTimeGraph(
      std::uint32_t workers,
      const std::string& rules = R"({"field":"at","format":"s","max_lateness":"2s"})")
      : driver(plan_of(rules, workers), {.partitions = 2}) {}

  void feed(const std::string& source, std::int64_t seconds, std::size_t partition) {
    driver.append(source,
                  {.key = "k",
                   .value = R"({"k":1,"at":)" + std::to_string(kStart + seconds) + "}",
                   .timestamp_ms = 0,
                   .headers = {}},
                  partition);
  }
  // Seconds since the start; "none" when nothing is known.
  static std::string shown(const std::optional<WallTime>& time) {
    return time ? std::to_string(time->us / 1'000'000 - kStart) : "none";
  }
  std::string of(const std::string& id) {
    const runtime::SnapshotPtr snapshot = driver.pipeline().snapshot();
    for (const runtime::SourceStatus& source : snapshot->sources)
      if (source.id == id) return shown(source.watermark);
    for (const runtime::StepStatus& step : snapshot->steps)
      if (step.id == id) return shown(step.watermark);
    return "unknown id";
  }

  GraphDriver driver;
};

class EventTimeTimes : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(EventTimeTimes, EveryStepHasTheLowestWatermarkOfTheSourcesThatReachIt) {
  EventTimeGraph graph(GetParam());
  EXPECT_EQ(graph.of("a"), "none");
  graph.feed("a", 10, 0);
  graph.feed("a", 20, 1);
  graph.driver.advance(200ms);
  EXPECT_EQ(graph.of("a"), "8");
  EXPECT_EQ(graph.of("left"), "8");
  EXPECT_EQ(graph.of("b"), "none");
  EXPECT_EQ(graph.of("both"), "none");
  graph.feed("b", 5, 0);
  graph.feed("b", 6, 1);
  graph.driver.advance(200ms);
  EXPECT_EQ(graph.of("both"), "3");
  EXPECT_EQ(graph.of("spread"), "3");
  EXPECT_EQ(graph.of("last"), "3");
}

TEST_P(EventTimeTimes, RowsFarAheadOfTheClockAreCounted) {
  EventTimeGraph graph(GetParam());
  const std::int64_t now = graph.driver.clock.wall_now().us / 1'000'000 - kStart;
  graph.feed("a", now, 0);
  graph.feed("a", now + 86'000, 0);
  graph.feed("a", now + 87'000, 0);
  graph.feed("a", now + 90'000, 1);
  graph.driver.advance(200ms);
  const runtime::SnapshotPtr snapshot = graph.driver.pipeline().snapshot();
  EXPECT_EQ(snapshot->source_steps[0].ahead, 2U);
  EXPECT_EQ(snapshot->source_steps[1].ahead, 0U);
  EXPECT_EQ(snapshot->source_steps[0].out, 4U) << "they are rows like others";
}

TEST_P(EventTimeTimes, WhatIsIdleIsNotWaitedFor) {
  EventTimeGraph graph(GetParam());
  graph.feed("a", 10, 0);
  graph.driver.advance(5s);
  EXPECT_EQ(graph.of("last"), "none");
  graph.feed("a", 30, 0);
  graph.driver.advance(6s);
  // a/1 and b never had a record.
  EXPECT_EQ(graph.of("last"), "28");
  graph.driver.advance(1min);
  EXPECT_EQ(graph.of("last"), "28");
}

TEST_P(EventTimeTimes, TheWatermarkComesBackAfterACrash) {
  EventTimeGraph graph(GetParam());
  for (const char* source : {"a", "b"})
    for (const std::size_t partition : {0U, 1U}) graph.feed(source, 10, partition);
  graph.driver.drain();
  graph.driver.crash();
  graph.driver.advance(200ms);
  EXPECT_EQ(graph.of("last"), "8");
  // A row that is older does not take it back.
  graph.feed("a", 1, 0);
  graph.driver.advance(200ms);
  EXPECT_EQ(graph.of("last"), "8");
  graph.driver.drain();
  EXPECT_EQ(graph.driver.committed("out").size(), 5U);
}

TEST_P(EventTimeTimes, ASwitchOfTheTriggerChangesNothing) {
  EventTimeGraph graph(GetParam());
  for (const char* source : {"a", "b"})
    for (const std::size_t partition : {0U, 1U}) graph.feed(source, 10, partition);
  graph.driver.advance(200ms);
  ASSERT_TRUE(graph.driver.switch_to(micro_batch(1s)).ok());
  EXPECT_EQ(graph.of("last"), "8");
  for (const char* source : {"a", "b"})
    for (const std::size_t partition : {0U, 1U}) graph.feed(source, 20, partition);
  graph.driver.settle();
  EXPECT_EQ(graph.of("last"), "8");  // held: the rows have not entered yet
  graph.driver.advance(1200ms);
  EXPECT_EQ(graph.of("last"), "18");
}

INSTANTIATE_TEST_SUITE_P(Workers, EventTimeTimes, ::testing::Values(1U, 2U, 4U));

}  // namespace
}  // namespace leat::test
