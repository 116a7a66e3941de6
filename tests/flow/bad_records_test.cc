#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "plan/plan.h"
#include "spec/parse.h"
#include "support/graph_driver.h"
#include "support/record_matchers.h"

namespace leat::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

std::shared_ptr<const plan::Plan> plan_of(const std::string& definition) {
  const spec::ParseResult parsed = spec::parse_pipeline(definition);
  EXPECT_TRUE(parsed.ok());
  const plan::PlanResult planned =
      plan::build_plan(std::make_shared<spec::PipelineSpec>(*parsed.spec), {.workers = 1});
  EXPECT_NE(planned.plan, nullptr);
  return planned.plan;
}

constexpr const char* kDefinition = R"json({
  "name": "p",
  "sources": {"in": {"kafka": {"topics": ["in"]}}},
  "steps": [{"filter": "n > 10"}, {"set": {"twice": "n * 2"}}],
  "sinks": {"out": {"kafka": {"topic": "out"}}}})json";

std::string error_of(const OutputRow& letter) {
  for (const auto& [name, value] : letter.headers)
    if (name == "leat-error") return value;
  return {};
}

std::string deep(std::size_t depth) {
  return R"({"n":11,"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
}

TEST(BadRecords, BecomeDeadLettersByteForByteAndTheOthersPass) {
  GraphDriver graph(plan_of(kDefinition));
  constexpr std::size_t kTenMegabytes = 10'000'000;
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"", "EMPTY_VALUE"},
      {R"({"n":11,"x":)" + std::string(kTenMegabytes, 'x'), "MALFORMED_JSON"},
      {"{\"n\":11,\"x\":\"\xff\"}", "INVALID_UTF8"},
      {"{\"n\":\"\r\n2026-01-01T00:00:00Z ERROR admin forged\\u001b[31m\"}", "MALFORMED_JSON"},
      {R"({"n":"\r\nERROR forged\u001b[31m"})", "NO_SUCH_OVERLOAD"}};
  const std::vector<std::string> good = {
      R"({"n":11})", R"({"n":12,"x":")" + std::string(kTenMegabytes, 'x') + "\"}"};
  for (const auto& [value, code] : bad) {
    graph.append("in", {.key = "k", .value = value});
    graph.append("in", {.key = "k", .value = good[0]});
  }
  graph.append("in", {.key = "k", .value = good[1]});
  graph.drain();

  // Those of the source and of the filter have no order among each other.
  std::vector<OutputRow> letters = graph.committed_dead_letters();
  ASSERT_THAT(letters, SizeIs(bad.size()));
  std::sort(letters.begin(), letters.end(),
            [](const OutputRow& a, const OutputRow& b) { return a.offset < b.offset; });
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_TRUE(letters[i].value == bad[i].first) << i;
    EXPECT_EQ(error_of(letters[i]), bad[i].second) << i;
  }
  const std::vector<OutputRow> out = graph.committed("out");
  ASSERT_THAT(out, SizeIs(bad.size() + 1));
  EXPECT_EQ(out[0].value, R"({"n":11,"twice":22})");
  EXPECT_EQ(out.back().value->size(), good[1].size() + std::string(R"(,"twice":24)").size());
  EXPECT_EQ(graph.unbalanced(), "");
}

TEST(BadRecords, NestedAHundredThousandDeepCostNoStack) {
  GraphDriver graph(plan_of(kDefinition));
  graph.append("in", {.key = "deep", .value = deep(100'000)});
  graph.append("in", {.key = "good", .value = R"({"n":11})"});
  graph.drain();
  EXPECT_EQ(graph.committed("out").size() + graph.committed_dead_letters().size(), 2u);
  EXPECT_EQ(graph.committed("out").back().value, R"({"n":11,"twice":22})");
  EXPECT_EQ(graph.unbalanced(), "");
}

TEST(BadRecords, NothingButBadOnesAreCommittedLikeOthers) {
  constexpr std::size_t kCount = 20'000;
  GraphDriver graph(plan_of(kDefinition));
  for (std::size_t i = 0; i < kCount; ++i)
    graph.append("in", {.key = std::to_string(i), .value = "poison " + std::to_string(i)});
  graph.drain();
  EXPECT_THAT(graph.committed("out"), IsEmpty());
  const std::vector<OutputRow> letters = graph.committed_dead_letters();
  ASSERT_THAT(letters, SizeIs(kCount));
  EXPECT_EQ(letters.back().value, "poison 19999");
  EXPECT_EQ(graph.broker.topic(0).partitions[0]->committed, std::int64_t{kCount});
  EXPECT_EQ(graph.pipeline().actual(), runtime::Actual::running);
  EXPECT_EQ(graph.unbalanced(), "");
}

TEST(BadRecords, AThousandHeadersComeThroughInTheirOrder) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (int i = 0; i < 1000; ++i)
    headers.emplace_back("h" + std::to_string(i % 10), std::to_string(i));
  GraphDriver graph(plan_of(kDefinition));
  graph.append("in", {.key = "k", .value = R"({"n":11})", .headers = headers});
  graph.append("in", {.key = "k", .value = "bad", .headers = headers});
  graph.drain();
  ASSERT_THAT(graph.committed("out"), SizeIs(1));
  EXPECT_EQ(graph.committed("out")[0].headers, headers);
  ASSERT_THAT(graph.committed_dead_letters(), SizeIs(1));
  auto kept = graph.committed_dead_letters()[0].headers;
  ASSERT_GT(kept.size(), headers.size());
  kept.resize(headers.size());
  EXPECT_EQ(kept, headers);
}

TEST(BadRecords, TimesBeyondAllCalendarsAreKeptAndMoveNoWatermark) {
  GraphDriver graph(plan_of(R"json({
    "name": "p",
    "sources": {"in": {"kafka": {"topics": ["in"]}}},
    "steps": [{"set": {"ms": "time.epoch_ms(meta.event_time)"}}],
    "sinks": {"out": {"kafka": {"topic": "out"}}}})json"));
  constexpr std::int64_t kYear294276 = 9'224'318'015'999'999;
  constexpr std::int64_t kPlain = 1'767'225'600'000;
  for (const std::int64_t ms :
       {kPlain, kYear294276, std::numeric_limits<std::int64_t>::max(), kPlain})
    graph.append("in", {.key = "k", .value = "{}", .timestamp_ms = ms});
  graph.drain();
  EXPECT_THAT(graph.committed_dead_letters(), IsEmpty());
  const std::vector<OutputRow> out = graph.committed("out");
  ASSERT_THAT(out, SizeIs(4));
  EXPECT_EQ(out[0].value, R"({"ms":1767225600000})");
  EXPECT_EQ(out[1].value, R"({"ms":253402300799999})");  // the end of the year 9999
  EXPECT_EQ(out[3].value, R"({"ms":1767225600000})");
  EXPECT_EQ(graph.broker.topic(0).partitions[0]->event_time_us, kPlain * 1000);
}

TEST(BadRecords, ThatAreMeantForABacktrackingPatternTakeLinearTime) {
  GraphDriver graph(plan_of(R"json({
    "name": "p",
    "sources": {"in": {"kafka": {"topics": ["in"]}}},
    "steps": [{"filter": "s.matches('^(a+)+$')"}],
    "sinks": {"out": {"kafka": {"topic": "out"}}}})json"));
  const std::string many(1'000'000, 'a');
  graph.append("in", {.value = R"({"s":")" + many + "!\"}"});
  graph.append("in", {.value = R"({"s":")" + many + "\"}"});
  graph.drain();
  EXPECT_THAT(graph.committed("out"), SizeIs(1));
  EXPECT_THAT(graph.committed_dead_letters(), IsEmpty());
}

TEST(BadRecords, WithoutAKeyHaveNoneInTheOutput) {
  GraphDriver graph(plan_of(kDefinition));
  graph.append("in", {.value = R"({"n":11})"});
  graph.append("in", {.value = "bad"});
  graph.drain();
  ASSERT_THAT(graph.committed("out"), SizeIs(1));
  EXPECT_EQ(graph.committed("out")[0].key, std::nullopt);
  ASSERT_THAT(graph.committed_dead_letters(), SizeIs(1));
  EXPECT_EQ(graph.committed_dead_letters()[0].key, std::nullopt);
}

}  // namespace
}  // namespace leat::test
