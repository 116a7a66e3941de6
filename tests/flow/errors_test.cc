#include <functional>
#include <map>
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

using namespace std::chrono_literals;
using spec::ErrorAction;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr const char* kDefinition = R"json({
  "name": "p",
  "sources": {"orders": {"kafka": {"topics": ["orders"]}}},
  "steps": [{"id": "big", "filter": "n > 10"}, {"id": "share", "set": {"share": "100 / (n - 50)"}}],
  "sinks": {"out": {"kafka": {"topic": "out"}}}})json";

using Change = std::function<void(spec::PipelineSpec&)>;

std::shared_ptr<const plan::Plan> plan_of(const Change& change = {},
                                          const std::string& definition = kDefinition) {
  const spec::ParseResult parsed = spec::parse_pipeline(definition);
  EXPECT_TRUE(parsed.ok());
  auto changed = std::make_shared<spec::PipelineSpec>(*parsed.spec);
  if (change) change(*changed);
  const plan::PlanResult planned = plan::build_plan(changed, {.workers = 1});
  EXPECT_NE(planned.plan, nullptr);
  return planned.plan;
}

std::vector<std::string> codes_of(const std::vector<OutputRow>& letters) {
  std::vector<std::string> codes;
  for (const OutputRow& letter : letters)
    for (const auto& [name, value] : letter.headers)
      if (name == "leat-error") codes.push_back(value);
  return codes;
}

const flow::StepStats& step(GraphDriver& graph, const std::string& id) {
  return *graph.pipeline().counts().steps().at(id).front();
}

TEST(DeadLetter, IsTheRecordAsItCameAndSaysWhatHappenedToIt) {
  GraphDriver graph(plan_of());
  graph.append("orders", {.key = "k",
                          .value = R"({ "n" : 50 })",
                          .timestamp_ms = 1234,
                          .headers = {{"trace", "1"}, {"trace", "2"}, {"leat-src", "forged"}}});
  graph.drain();
  const std::vector<OutputRow> letters = graph.committed_dead_letters();
  ASSERT_THAT(letters, SizeIs(1));
  EXPECT_EQ(letters[0].key, "k");
  EXPECT_EQ(letters[0].value, R"({ "n" : 50 })");
  EXPECT_THAT(
      letters[0].headers,
      ElementsAre(Pair("trace", "1"), Pair("trace", "2"), Pair("__connect.errors.topic", "orders"),
                  Pair("__connect.errors.partition", "0"), Pair("__connect.errors.offset", "0"),
                  Pair("__connect.errors.connector.name", "p"),
                  Pair("__connect.errors.task.id", "0"),
                  Pair("__connect.errors.stage", "TRANSFORMATION"),
                  Pair("__connect.errors.class.name", "set"),
                  Pair("__connect.errors.exception.class.name", "DIVIDE_BY_ZERO"),
                  Pair("__connect.errors.exception.message", "an integer was divided by zero"),
                  Pair("leat-pipeline", "p"), Pair("leat-step", "share"),
                  Pair("leat-error", "DIVIDE_BY_ZERO"), Pair("leat-src", "orders-0-0-0")));
}

TEST(DeadLetter, OfBytesThatCannotBeReadNamesTheDecoder) {
  GraphDriver graph(plan_of());
  graph.append("orders", {.key = "k", .value = "no json"});
  graph.drain();
  const std::vector<OutputRow> letters = graph.committed_dead_letters();
  ASSERT_THAT(letters, SizeIs(1));
  EXPECT_THAT(letters[0].headers,
              ::testing::Contains(Pair("__connect.errors.stage", "VALUE_CONVERTER")));
  EXPECT_THAT(letters[0].headers, ::testing::Contains(Pair("__connect.errors.class.name", "json")));
  EXPECT_THAT(letters[0].headers, ::testing::Contains(Pair("leat-step", "orders")));
  EXPECT_EQ(step(graph, "orders").failed.value(), 1U);
  EXPECT_EQ(step(graph, "orders").dead_lettered.value(), 1U);
  EXPECT_EQ(step(graph, "orders").dropped(flow::DropReason::decode).value(), 0U);
}

TEST(DeadLetter, BelongsToTheEpochOfItsRecord) {
  GraphDriver graph(plan_of());
  graph.sink.acknowledge = false;
  graph.feed("orders", {{"k", "no json"}});
  graph.advance(5s);
  EXPECT_EQ(graph.source.commits, 0U);  // its acknowledgement is missing
  EXPECT_THAT(graph.dead_letters(), IsEmpty());
  graph.sink.acknowledge = true;
  graph.drain();
  EXPECT_THAT(graph.committed_dead_letters(), SizeIs(1));
}

TEST(DeadLetter, ThatCannotBeWrittenNowHoldsThePipelineBack) {
  GraphDriver graph(plan_of());
  graph.sink.write_answer = Status(Code::unavailable, "not now");
  graph.feed("orders", {{"k", "no json"}});
  EXPECT_EQ(graph.pipeline().actual(), runtime::Actual::failed);
  graph.sink.write_answer = {};
  graph.advance(5s);
  graph.drain();
  EXPECT_THAT(graph.committed_dead_letters(), SizeIs(1));
}

TEST(OnError, SkipDropsAndCounts) {
  GraphDriver graph(plan_of([](spec::PipelineSpec& spec) {
    spec.on_error.decode = ErrorAction::skip;
    spec.on_error.record = ErrorAction::skip;
  }));
  graph.feed("orders", {{"k", "no json"}, {"k", "{}"}, {"k", R"({"n":60})"}});
  graph.drain();
  EXPECT_THAT(graph.committed("out"), SizeIs(1));
  EXPECT_THAT(graph.dead_letters(), IsEmpty());
  EXPECT_EQ(step(graph, "orders").dropped(flow::DropReason::decode).value(), 1U);
  EXPECT_EQ(step(graph, "big").dropped(flow::DropReason::skip).value(), 1U);
  EXPECT_EQ(step(graph, "big").failed.value(), 0U);
  EXPECT_EQ(graph.unbalanced(), "");
}

TEST(OnError, OfAStepWinsOverThatOfThePipeline) {
  GraphDriver graph(plan_of([](spec::PipelineSpec& spec) {
    spec.on_error.decode = ErrorAction::skip;
    spec.on_error.record = ErrorAction::skip;
    spec.steps[1].on_error = ErrorAction::dead_letter;
  }));
  graph.feed("orders", {{"k", "no json"}, {"k", "{}"}, {"k", R"({"n":50})"}});
  graph.drain();
  EXPECT_THAT(codes_of(graph.committed_dead_letters()), ElementsAre("DIVIDE_BY_ZERO"));
  EXPECT_EQ(graph.unbalanced(), "");
}

struct Stop : ::testing::TestWithParam<spec::TriggerSpec> {};

TEST_P(Stop, EndsFailedAtTheRecordAndCommitsNothingBeyondIt) {
  GraphDriver graph(
      plan_of([](spec::PipelineSpec& spec) { spec.steps[1].on_error = ErrorAction::stop; }),
      {.trigger = GetParam()});
  graph.feed("orders", {{"k", R"({"n":60})"}, {"k", R"({"n":70})"}});
  graph.drain();
  graph.feed("orders", {{"k", R"({"n":80})"}, {"k", R"({"n":50})"}, {"k", R"({"n":90})"}});
  graph.advance(5s);
  const runtime::SnapshotPtr ended = graph.pipeline().snapshot();
  EXPECT_EQ(ended->actual, runtime::Actual::failed);
  EXPECT_THAT(ended->reason, HasSubstr("`share`"));
  EXPECT_THAT(ended->reason, HasSubstr("DIVIDE_BY_ZERO"));
  EXPECT_THAT(ended->reason, HasSubstr("orders-0-3"));
  EXPECT_LE(graph.broker.topic(0).partitions[0]->committed.value(), 3);
  for (const OutputRow& row : graph.output("out")) EXPECT_LT(row.offset, 3);
  EXPECT_THAT(graph.dead_letters(), IsEmpty());
  // It does not try again by itself.
  const std::uint64_t restarts = ended->restarts;
  graph.advance(10min);
  EXPECT_EQ(graph.pipeline().actual(), runtime::Actual::failed);
  EXPECT_EQ(graph.pipeline().snapshot()->restarts, restarts);
}

INSTANTIATE_TEST_SUITE_P(Triggers, Stop, ::testing::Values(micro_batch(1s), real_time(100ms)),
                         [](const auto& tested) {
                           return tested.param.mode == spec::TriggerMode::micro_batch
                                      ? std::string("Held")
                                      : std::string("AtOnce");
                         });

TEST(StopIf, EndsThePipelineBehindACommitWhenTooManyFail) {
  GraphDriver graph(plan_of([](spec::PipelineSpec& spec) {
    spec.on_error.stop_if = spec::StopIfSpec{.threshold = 0.25, .over = 10s};
  }));
  for (int i = 0; i < 8; ++i) graph.append("orders", {.key = "k", .value = R"({"n":60})"});
  graph.append("orders", {.key = "k", .value = "no json"});
  graph.advance(3s);
  EXPECT_EQ(graph.pipeline().actual(), runtime::Actual::running);  // 1 of 9
  for (int i = 0; i < 3; ++i) graph.append("orders", {.key = "k", .value = "no json"});
  graph.advance(3s);
  const runtime::SnapshotPtr ended = graph.pipeline().snapshot();
  EXPECT_EQ(ended->actual, runtime::Actual::failed);
  EXPECT_THAT(ended->reason, HasSubstr("STOP_IF: error_ratio 0.33"));
  EXPECT_THAT(ended->reason, HasSubstr("> 0.25 over 10s"));
  EXPECT_EQ(graph.broker.topic(0).partitions[0]->committed, 12);
  EXPECT_THAT(graph.committed_dead_letters(), SizeIs(4));
  graph.advance(10min);
  EXPECT_EQ(graph.pipeline().actual(), runtime::Actual::failed);
}

TEST(StopIf, ForgetsWhatIsOlderThanItsWindow) {
  GraphDriver graph(plan_of([](spec::PipelineSpec& spec) {
    spec.on_error.stop_if = spec::StopIfSpec{
        .measure = spec::StopIfSpec::Measure::errors, .or_equal = true, .threshold = 3, .over = 5s};
  }));
  for (int i = 0; i < 4; ++i) {
    graph.append("orders", {.key = "k", .value = "no json"});
    graph.append("orders", {.key = "k", .value = "no json"});
    graph.advance(10s);
  }
  EXPECT_EQ(graph.pipeline().actual(), runtime::Actual::running);
  for (int i = 0; i < 3; ++i) {
    graph.append("orders", {.key = "k", .value = "no json"});
    graph.advance(1s);
  }
  graph.advance(1s);
  EXPECT_EQ(graph.pipeline().actual(), runtime::Actual::failed);
}

std::string first_error(const plan::PlanResult& planned) {
  for (const spec::Diagnostic& each : planned.diagnostics)
    if (each.severity == spec::Severity::error) return each.code + " " + each.pointer;
  return "none";
}

TEST(DeadLetterTopic, MustNotBeASource) {
  const spec::ParseResult parsed = spec::parse_pipeline(kDefinition);
  auto spec = std::make_shared<spec::PipelineSpec>(*parsed.spec);
  spec->on_error.topic = "orders";
  plan::PlanResult planned = plan::build_plan(spec, {.workers = 1});
  ASSERT_EQ(planned.plan, nullptr);
  EXPECT_EQ(first_error(planned), "TOPIC_LOOP /on_error/dead_letter/topic");

  spec = std::make_shared<spec::PipelineSpec>(*parsed.spec);
  auto& kafka = std::get<spec::KafkaSourceSpec>(spec->sources[0].kind);
  kafka.topics.clear();
  kafka.pattern = "^p";
  planned = plan::build_plan(spec, {.workers = 1});
  ASSERT_EQ(planned.plan, nullptr);
  EXPECT_EQ(first_error(planned), "TOPIC_LOOP /sources/orders/kafka");
}

TEST(DeadLetterTopic, IsOfTheSinksProfileThenOfTheSources) {
  const auto letters_of = [](const Change& change) { return plan_of(change)->dead_letters; };
  const auto kafka = [](const auto& letters) {
    return std::get<spec::KafkaSinkSpec>(letters->sink.kind);
  };
  EXPECT_EQ(kafka(letters_of({})).topic, "p-dead-letter");
  EXPECT_TRUE(letters_of({})->beside_sinks);
  const auto far = letters_of([](spec::PipelineSpec& spec) {
    std::get<spec::KafkaSourceSpec>(spec.sources[0].kind).profile = "far";
    spec.sinks[0].kind = spec::StdoutSinkSpec{};
    spec.on_error.topic = "bad";
  });
  EXPECT_EQ(kafka(far).profile, "far");
  EXPECT_EQ(kafka(far).topic, "bad");
  EXPECT_FALSE(far->beside_sinks);
  EXPECT_EQ(letters_of([](spec::PipelineSpec& spec) {
              spec.sources[0].kind = spec::FileSourceSpec{"in.ndjson", false};
              spec.sinks[0].kind = spec::StdoutSinkSpec{};
            })->kind,
            "dead_letters");
  EXPECT_FALSE(letters_of([](spec::PipelineSpec& spec) {
    spec.on_error.decode = ErrorAction::skip;
    spec.on_error.record = ErrorAction::stop;
  }));
}

}  // namespace
}  // namespace leat::test
