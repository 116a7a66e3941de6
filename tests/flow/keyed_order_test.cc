#include <gmock/gmock.h>

#include "plan/plan.h"
#include "spec/parse.h"
#include "support/graph_driver.h"
#include "support/record_matchers.h"

namespace leat::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr const char* kSessions = R"json({
  "name": "sessions",
  "sources": {"in": {"kafka": {"topics": ["in"]}, "event_time": {"idle_after": "1h"}}},
  "steps": [{"id": "s", "aggregate": {"by": ["k"], "window": {"session": "6s"}, "late": "update",
             "allowed_lateness": "30s", "compute": {"n": "count()"}}},
            {"id": "n", "select": {"n": "n"}}],
  "sinks": {"out": {"kafka": {"topic": "out"}}}})json";

std::shared_ptr<const plan::Plan> plan_of(const char* definition) {
  const spec::ParseResult parsed = spec::parse_pipeline(definition);
  EXPECT_TRUE(parsed.ok()) << parsed.diagnostics.front().message;
  return plan::build_plan(parsed.spec, {.workers = 1}).plan;
}

FakeRecord at(const char* key, int second) {
  FakeRecord record;
  record.key = key;
  record.value = std::string(R"({"k":")") + key + "\"}";
  record.timestamp_ms += second * 1000;
  return record;
}

// Found by a random schedule: what rows bring about at once came out behind all closes of the batch.
TEST(KeyedOrder, LateRowsAndClosesOfASessionComeOutAsTheyHappen) {
  GraphDriver graph(plan_of(kSessions), {.trigger = real_time(50ms)});
  graph.append("in", at("a", 0));
  graph.append("in", at("z", 10));
  graph.append("in", at("a", 5));  // 1 was closed; goes on until 11
  graph.append("in", at("z", 12));
  graph.append("in", at("a", 4));   // 2 was closed; 3 at once
  graph.append("in", at("a", 10));  // goes on until 16
  graph.append("in", at("z", 17));
  graph.append("in", at("a", 12));  // 4 was closed; goes on until 18
  graph.settle();
  EXPECT_THAT(values_of(graph.output("out")),
              ElementsAre(R"({"n":1})", R"({"n":2})", R"({"n":3})", R"({"n":4})"));
}

}  // namespace
}  // namespace leat::test
