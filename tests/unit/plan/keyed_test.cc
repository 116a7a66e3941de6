#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/plan/plan_run.h"

namespace leat::plan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

constexpr std::string_view kIdle = R"("event_time":{"advance_when_idle":true})";

// One source, these steps, one sink.
std::string with_steps(const std::string& steps,
                       const std::string& sink = R"("kafka":{"topic":"out"})",
                       const std::string& source = std::string(kIdle)) {
  return R"({"name":"p","sources":{"in":{"kafka":{"topics":["in"]})" +
         (source.empty() ? "" : "," + source) + R"(}},"steps":[)" + steps +
         R"(],"sinks":{"out":{)" + sink + "}}}";
}

// An aggregate by `k` in windows that close, with these fields computed.
std::string windowed(const std::string& compute, const std::string& more = "") {
  return R"({"id":"w","aggregate":{"by":["k"],"window":{"tumbling":"1m"},"emit":"on_close")" +
         (more.empty() ? "" : "," + more) + R"(,"compute":{)" + compute + "}}}";
}

// Fields without a schema may be absent everywhere here.
std::vector<std::string> told_of(const Planned& made) {
  std::vector<std::string> told;
  for (const std::string& problem : made.problems)
    if (!problem.ends_with("MAY_BE_ABSENT")) told.push_back(problem);
  return told;
}

std::vector<std::string> problems(const std::string& steps,
                                  const std::string& sink = R"("kafka":{"topic":"out"})") {
  return told_of(planned(with_steps(steps, sink)));
}
std::vector<std::string> compute_problems(const std::string& compute) {
  return problems(windowed(compute));
}

std::string message_of(const std::string& compute) {
  for (const spec::Diagnostic& one : planned(with_steps(windowed(compute))).diagnostics)
    if (one.code != "MAY_BE_ABSENT") return one.message;
  return "";
}

const std::string kAt = "error /steps/0/aggregate/compute/x ";

TEST(Compute, AggregateCallsAreLeavesOfExpressions) {
  for (const char* fine :
       {"count()", "sum(v * 2) + max(v)", "k + ':' + string(count())", "top_k(v, 3)[0].value",
        "last(order).id ?? 'none'", "[1, 2].map(i, i * count())", "count(meta.key)", "k", "1 + 1",
        "collect_list(v, 10).size()", "sum(items.map(i, i.price).size())", "last(this)",
        "count_if(v > 3) > 0 ? 'a' : 'b'", "min_by(v, t)", "approx_percentile(v, 0.99)"})
    EXPECT_THAT(compute_problems(R"("x":")" + std::string(fine) + "\""), IsEmpty()) << fine;
}

TEST(Compute, OutsideOfCallsOnlyFieldsOfByMayStand) {
  EXPECT_THAT(compute_problems(R"("x":"sum(v) + v")"), ElementsAre(kAt + "UNKNOWN_FIELD"));
  EXPECT_THAT(message_of(R"("x":"sum(v) + v")"), HasSubstr("`last(v)`"));
  EXPECT_THAT(compute_problems(R"("x":"this.k")"), IsEmpty());
  EXPECT_THAT(compute_problems(R"("x":"this")"), ElementsAre(kAt + "UNKNOWN_FIELD"));
  EXPECT_THAT(compute_problems(R"("x":"meta.topic")"), ElementsAre(kAt + "UNKNOWN_FIELD"));
  EXPECT_THAT(compute_problems(R"json("n":"count()","x":"n + 1")json"),
              ElementsAre(kAt + "UNKNOWN_FIELD"))
      << "computed fields do not see each other";
  EXPECT_THAT(problems(R"json({"id":"w","aggregate":{"by":["user.id"],"window":{"session":"1m"},
      "compute":{"x":"id + user.id + string(count())"}}})json"),
              IsEmpty())
      << "by its name in the result, or its path in the row";
}

TEST(Compute, MistakesHaveTheirPlaceInTheText) {
  const Planned made = planned(with_steps(windowed(R"json("x":"sum(v) + sum(1 + 'a')")json")));
  ASSERT_EQ(made.diagnostics.size(), 1u);
  EXPECT_EQ(made.diagnostics[0].pointer, "/steps/0/aggregate/compute/x");
  ASSERT_TRUE(made.diagnostics[0].span.has_value());
  EXPECT_GE(made.diagnostics[0].span->first, 13u);
}

TEST(Compute, CallsDoNotNestAndHaveTheirArguments) {
  EXPECT_THAT(compute_problems(R"json("x":"sum(count())")json"),
              ElementsAre(kAt + "NESTED_AGGREGATE"));
  EXPECT_THAT(compute_problems(R"json("x":"sum(v, 2)")json"), ElementsAre(kAt + "WRONG_ARGUMENTS"));
  EXPECT_THAT(compute_problems(R"json("x":"collect_list(v)")json"),
              ElementsAre(kAt + "WRONG_ARGUMENTS"));
  EXPECT_THAT(message_of(R"json("x":"collect_list(v)")json"),
              HasSubstr("collect_list(x: any, max: int)"));
  EXPECT_THAT(compute_problems(R"json("x":"top_k(v, k)")json"),
              ElementsAre(kAt + "WRONG_ARGUMENTS"));
  EXPECT_THAT(compute_problems(R"json("x":"top_k(v, 'a')")json"),
              ElementsAre(kAt + "WRONG_ARGUMENTS"));
  EXPECT_THAT(compute_problems(R"json("x":"top_k(v, 1 + 2)")json"), IsEmpty())
      << "known beforehand";
  EXPECT_THAT(compute_problems(R"json("x":"collect_list(v, 100000)")json"),
              ElementsAre(kAt + "WRONG_ARGUMENTS"));
  EXPECT_THAT(message_of(R"json("x":"collect_list(v, 100000)")json"), HasSubstr("limits.collect"));
  EXPECT_THAT(compute_problems(R"json("x":"no_such(k)")json"),
              ElementsAre(kAt + "UNKNOWN_FUNCTION"));
  EXPECT_THAT(compute_problems(R"("x":"sum(")"), ElementsAre(kAt + "EXPRESSION_SYNTAX"));
}

TEST(Compute, ANearAggregateIsSuggestedAndWhatStandsInItLeftAlone) {
  const Planned made = planned(with_steps(windowed(R"J("x":"k + summ(v) + no_such(w)")J")));
  std::vector<std::string> told;
  for (const spec::Diagnostic& each : made.diagnostics)
    if (each.severity == spec::Severity::error) told.push_back(each.code + " " + each.message);
  ASSERT_THAT(told, ElementsAre("UNKNOWN_FUNCTION there is no function `summ`",
                                "UNKNOWN_FUNCTION there is no function `no_such`"));
  EXPECT_THAT(made.diagnostics.at(0).did_you_mean, ElementsAre("sum"));
}

TEST(Compute, ASchemaTellsWhatNoRowCanGive) {
  const auto told = [](const std::string& call) {
    return told_of(planned(
        with_steps(windowed("\"x\":\"" + call + "\""), R"("stdout":{})",
                   std::string(kIdle) + R"(,"schema":{"k":"string","v":"int","s":"string"})")));
  };
  EXPECT_THAT(told("sum(v)"), IsEmpty());
  EXPECT_THAT(told("sum(s)"), ElementsAre(kAt + "WRONG_ARGUMENTS"));
  EXPECT_THAT(told("count_if(v)"), ElementsAre(kAt + "WRONG_ARGUMENTS"));
  EXPECT_THAT(told("sum(double(s))"), IsEmpty());
  EXPECT_THAT(told("sum(nope)"), ElementsAre(kAt + "UNKNOWN_FIELD"));
}

TEST(Compute, WhatAMacroNamesIsNoFieldOfRows) {
  EXPECT_THAT(compute_problems(R"json("x":"[1, 2].map(v, sum(v))")json"),
              ElementsAre(kAt + "WRONG_ARGUMENTS"));
  EXPECT_THAT(compute_problems(R"json("x":"[1, 2].map(i, sum(v) + i)")json"), IsEmpty());
}

TEST(Compute, WholeNumbersDivideWhole) {
  const std::string warning = "warning /steps/0/aggregate/compute/x INT_DIVISION";
  EXPECT_THAT(compute_problems(R"json("x":"sum(v) / count()")json"), ElementsAre(warning));
  EXPECT_THAT(compute_problems(R"("x":"count() / 2")"), ElementsAre(warning));
  for (const char* fine : {"sum(v) / 2.0", "double(sum(v)) / count()", "avg(v) / 2", "7 / 2",
                           "sum(v / 2)", "stddev(v) / count()"})
    EXPECT_THAT(compute_problems(R"("x":")" + std::string(fine) + "\""), IsEmpty()) << fine;
}

TEST(Compute, EqualCallsAreKeptOnce) {
  const Planned made = planned(with_steps(
      windowed(R"json("total":"sum( v )","mean":"(sum(v)) / double(count())","n":"count()")json")));
  ASSERT_NE(made.plan, nullptr);
  EXPECT_THAT(made.plan->keyed[0].calls, ElementsAre("sum(v)", "count()"));
}

TEST(Keyed, StateIsToldByWhatItDependsOn) {
  const auto schema = [](const std::string& step) {
    const Planned made = planned(with_steps(R"({"id":"w",)" + step + "}"));
    return made.plan == nullptr ? "none" : made.plan->keyed.at(0).schema;
  };
  const std::string plain = schema(
      R"json("aggregate":{"by":["k"],"window":{"tumbling":"1m"},"compute":{"n":"count()"}})json");
  EXPECT_EQ(plain, "aggregate 1 by [k = k] tumbling 1m");
  EXPECT_EQ(
      schema(R"json("aggregate":{"by":{"k":" k "},"window":{"tumbling":"60s"},"emit":"per_batch",
      "late":"update","allowed_lateness":"5s","compute":{"n":"count() + 1","m":"sum(v)"}})json"),
      plain)
      << "what comes out, and when, changes nothing";
  EXPECT_EQ(
      schema(R"json("aggregate":{"by":{"a.b":"k.lowerAscii( )","c":"k"},"null_key":"group",
      "window":{"hopping":"1m","every":"10s","offset":"-5s","time":"processing"},"compute":{"n":"count()"}})json"),
      "aggregate 1 by [a.b = k.lowerAscii(), c = k] null too hopping 1m every 10s offset -5s of "
      "processing time");
  EXPECT_EQ(schema(R"json("aggregate":{"by":[],"compute":{"n":"count()"}})json"),
            "aggregate 1 by []");
  EXPECT_EQ(schema(R"("dedupe":{"by":["u.k"],"within":"1h"})"), "dedupe 1 by [k = u.k] within 1h");
}

TEST(Keyed, StateIsBoundedByAWindowOrATtlOrThereIsOneKey) {
  const auto told = [](const std::string& members) {
    return problems(R"json({"id":"w","aggregate":{"compute":{"n":"count()"},)json" + members +
                    "}}");
  };
  EXPECT_THAT(told(R"("by":["k"])"), ElementsAre("warning /steps/0/aggregate UNBOUNDED_STATE"));
  EXPECT_THAT(told(R"("by":["k"],"ttl":"1h")"), IsEmpty());
  EXPECT_THAT(told(R"("by":[])"), IsEmpty());
  EXPECT_THAT(told(R"("by":["k"],"window":{"lookback":"1m"})"), IsEmpty());
  const Planned made = planned(with_steps(
      R"json({"id":"w","aggregate":{"by":["u.k"],"compute":{"n":"count()"},"ttl":"1h"}})json"));
  ASSERT_NE(made.plan, nullptr);
  const KeyedStep& keyed = made.plan->keyed.at(0);
  EXPECT_EQ(keyed.step, "w");
  EXPECT_EQ(keyed.ttl, std::chrono::hours(1));
  EXPECT_TRUE(keyed.bounded);
  EXPECT_THAT(keyed.key_fields, ElementsAre("k"));
  EXPECT_THAT(keyed.key_types, ElementsAre(spec::SchemaType::Kind::json)) << "only rows tell";
  EXPECT_GT(keyed.key_bytes, 64u);
}

TEST(Keyed, TypesOfKeysAreThoseOfTheirValues) {
  using Kind = spec::SchemaType::Kind;
  const Planned made = planned(with_steps(
      R"json({"id":"w","renamed_from":"v","dedupe":{"by":{"size":"size(string(k))","odd":"k == 1","k":"k"},"within":"1h"}})json"));
  ASSERT_NE(made.plan, nullptr);
  const KeyedStep& keyed = made.plan->keyed.at(0);
  EXPECT_EQ(keyed.renamed_from, "v");
  EXPECT_THAT(keyed.key_types, ElementsAre(Kind::integer, Kind::boolean, Kind::json));
}

TEST(Keyed, RowsChangeTasksByTheirKeyWhereThereAreSeveral) {
  const std::string text =
      with_steps(R"({"filter":"v > 1"},)" + windowed(R"json("n":"count()")json"));
  const Planned two = planned(text, 2);
  ASSERT_NE(two.plan, nullptr);
  EXPECT_EQ(two.plan->stages.size(), 2u);
  ASSERT_EQ(two.plan->exchanges.size(), 1u);
  EXPECT_EQ(two.plan->exchanges[0].key_columns.size(), 1u);
  EXPECT_EQ(two.plan->keyed[0].stage, 1u);
  EXPECT_EQ(describe(*two.plan)[1].exchange, "k");
  const Planned one = planned(text, 1);
  ASSERT_NE(one.plan, nullptr);
  EXPECT_EQ(one.plan->stages.size(), 1u);
  EXPECT_EQ(one.plan->keyed[0].stage, 0u);
}

TEST(Keyed, RowsOfSeveralStagesMeetInOneWhateverTheParallelism) {
  const Planned made = planned(with_steps(R"json({"id":"r","repartition":{"by":["a"]}},
                    {"id":"w","from":["in","r"],"aggregate":{"by":["k"],"window":{"session":"1m"},"compute":{"n":"count()"}}})json"),
                               1);
  ASSERT_NE(made.plan, nullptr);
  EXPECT_EQ(made.plan->stages.size(), 3u);
  EXPECT_EQ(made.plan->keyed[0].stage, 2u);
}

TEST(Keyed, AGroupOfAllRowsIsOneTasks) {
  const Planned made =
      planned(with_steps(R"json({"id":"w","aggregate":{"by":[],"compute":{"n":"count()"}}})json"));
  ASSERT_NE(made.plan, nullptr);
  EXPECT_THAT(made.plan->exchanges.at(0).key_columns, IsEmpty());
  EXPECT_EQ(describe(*made.plan)[1].exchange, "all rows together");
}

TEST(Keyed, PartitionsDoNotSayWhereStateLies) {
  const std::string text = with_steps(windowed(R"json("n":"count()")json"), R"("stdout":{})",
                                      std::string(kIdle) + R"(,"partitioned_by":["k"])");
  EXPECT_THAT(told_of(planned(text, 2)),
              ElementsAre("info /sources/in/partitioned_by EXCHANGE_KEPT"));
  EXPECT_THAT(told_of(planned(text, 1)), IsEmpty());
}

TEST(Keyed, UpdatesAreNotCountedAgain) {
  const auto below = [](const std::string& above) {
    return problems(R"json({"id":"a","aggregate":{"by":["k"],"compute":{"n":"count()"},)json" +
                    above +
                    R"(}},{"set":{"m":"n"}},{"id":"d","dedupe":{"by":["k"],"within":"1m"}})");
  };
  const std::string refusal = "error /steps/2/dedupe READS_UPDATES";
  EXPECT_THAT(below(R"("ttl":"1h")"), ElementsAre(refusal));
  EXPECT_THAT(below(R"("window":{"tumbling":"1m"})"), ElementsAre(refusal));
  EXPECT_THAT(below(R"("window":{"tumbling":"1m"},"emit":"per_batch")"), ElementsAre(refusal));
  EXPECT_THAT(below(R"("window":{"tumbling":"1m"},"emit":"on_close")"), IsEmpty());
  const std::string late = R"("window":{"tumbling":"1m"},"emit":"on_close","late":"update")";
  EXPECT_THAT(below(late + R"(,"allowed_lateness":"5s")"), ElementsAre(refusal));
  EXPECT_THAT(below(late + R"(,"allowed_lateness":"0s")"), IsEmpty());
  EXPECT_THAT(below(R"("window":{"lookback":"1m"})"), IsEmpty());
  EXPECT_THAT(below(R"("ttl":"1h","keep_row":true)"), IsEmpty());
}

TEST(Keyed, WhatDependsOnEpochsIsTold) {
  const auto below = [](const std::string& emit, const std::string& step) {
    return problems(
        R"json({"id":"a","aggregate":{"by":["k"],"ttl":"1h","compute":{"n":"count()"},"emit":")json" +
        emit + "\"}}," + step);
  };
  EXPECT_THAT(below("per_batch", R"({"filter":"n > 1"})"),
              ElementsAre("warning /steps/1/filter DEPENDS_ON_EPOCHS"));
  EXPECT_THAT(below("complete", R"({"explode":{"field":"n"}})"),
              testing::Contains("warning /steps/1/explode DEPENDS_ON_EPOCHS"));
  EXPECT_THAT(below("per_record", R"({"filter":"n > 1"})"), IsEmpty());
  EXPECT_THAT(below("per_batch", R"({"set":{"m":"n"}})"), IsEmpty());
}

TEST(Keyed, AWindowThatClosesNeedsTheNextRecord) {
  const std::string warning = "warning /steps/0/aggregate NEEDS_NEXT_RECORD";
  const auto told = [](const std::string& step) {
    return told_of(planned(with_steps(step, R"("stdout":{})", "")));
  };
  EXPECT_THAT(told(windowed(R"json("n":"count()")json")), ElementsAre(warning));
  EXPECT_THAT(
      told(
          R"json({"id":"w","aggregate":{"by":["k"],"window":{"session":"1m"},"compute":{"n":"count()"}}})json"),
      ElementsAre(warning));
  EXPECT_THAT(
      told(
          R"json({"id":"w","aggregate":{"by":["k"],"window":{"tumbling":"1m"},"compute":{"n":"count()"}}})json"),
      IsEmpty());
}

TEST(Keyed, BelowAnAggregateMetaIsTheEventTimeOnly) {
  EXPECT_THAT(problems(windowed(R"json("n":"count()")json") + R"(,{"filter":"meta.topic == 'a'"})"),
              ElementsAre("error /steps/1/filter UNKNOWN_FIELD"));
  EXPECT_THAT(
      problems(windowed(R"json("n":"count()")json") + R"(,{"set":{"t":"meta.event_time"}})"),
      IsEmpty());
  EXPECT_THAT(problems(windowed(R"json("n":"count()")json"),
                       R"("kafka":{"topic":"out","key":{"expr":"meta.key"}})"),
              ElementsAre("error /sinks/out/kafka/key/expr UNKNOWN_FIELD"));
  EXPECT_THAT(problems(R"json({"id":"w","aggregate":{"by":["k"],"window":{"lookback":"1m"},
                          "compute":{"n":"count()"}}},{"filter":"meta.topic == 'a'"})json"),
              IsEmpty())
      << "a row that is kept is the record's";
}

TEST(Keyed, TheResultHasTheseFieldsAndNoOthers) {
  EXPECT_THAT(problems(windowed(R"json("n":"count()","m":"max(v)")json") +
                       R"(,{"select":["k","window_start","window_end","n","m"]})"),
              IsEmpty());
  EXPECT_THAT(problems(windowed(R"json("n":"count()")json") + R"(,{"filter":"v > 1"})"),
              ElementsAre("error /steps/1/filter UNKNOWN_FIELD"));
  EXPECT_THAT(problems(windowed(R"json("n":"count()")json") + R"(,{"filter":"n + 'a' == 'b'"})"),
              Not(IsEmpty()))
      << "a count is a whole number";
  EXPECT_THAT(problems(R"json({"id":"w","aggregate":{"by":["k"],"window":{"lookback":"1m"},
                  "compute":{"user.n":"count()"}}},{"filter":"v > 1 && user.n > 2 && user.name == 'a'"})json"),
              IsEmpty());
}

TEST(Keyed, LateRowsLeaveByTheSideAsTheyCame) {
  const Planned made = planned(
      R"({"name":"p","sources":{"in":{"kafka":{"topics":["in"]},"event_time":{"advance_when_idle":true}}},
          "steps":[{"set":{"z":"1"}},)" +
      windowed(R"json("n":"count()")json", R"("late":"side_output")") +
      R"(,{"id":"l","from":"w.late","filter":"z == 1 && meta.topic == 'in'"}],
          "sinks":{"out":{"from":"w","stdout":{}},"late":{"from":"l","stdout":{}}}})");
  ASSERT_NE(made.plan, nullptr) << testing::PrintToString(made.problems);
  std::size_t sides = 0;
  for (const Node& node : made.plan->stages[1].nodes) {
    for (const std::size_t reader : node.side) {
      EXPECT_EQ(node.step, "w");
      EXPECT_EQ(made.plan->stages[1].nodes[reader].step, "l");
      ++sides;
    }
  }
  EXPECT_EQ(sides, 1u);
}

TEST(Keyed, RowsThatManyRecordsMadeAreToldWhereTheyFail) {
  const Planned made = planned(
      with_steps(windowed(R"json("x":"10 / double(count())")json") + R"(,{"filter":"x > 1.0"})"),
      1);
  ASSERT_NE(made.plan, nullptr);
  for (const Node& node : made.plan->stages[0].nodes) {
    const bool below = node.kind == Node::Kind::sink || node.step == "filter-1";
    EXPECT_TRUE(!below || node.make_error_encoder != nullptr);
    if (node.arrival) {
      EXPECT_EQ(node.make_error_encoder, nullptr);
    }
  }
}

TEST(Keyed, SinksTakeTheKeyOfTheStep) {
  const auto key_of = [](const std::string& steps, const std::string& sink) {
    const Planned made = planned(with_steps(steps, sink), 1);
    if (made.plan == nullptr) return std::string("no plan");
    for (const Node& node : made.plan->stages.back().nodes) {
      if (node.kind != Node::Kind::sink) continue;
      const flow::SinkBinding binding = node.make_binding();
      if (std::holds_alternative<flow::SinkBinding::FromRecord>(binding.key))
        return std::string("row");
      if (std::holds_alternative<flow::SinkBinding::Column>(binding.key))
        return std::string("column");
      return std::string("literal");
    }
    return std::string("no sink");
  };
  const std::string dedupe = R"({"id":"d","dedupe":{"by":["k"],"within":"1h"}})";
  const std::string topic = R"("kafka":{"topic":"out"})";
  EXPECT_EQ(key_of(windowed(R"json("n":"count()")json"), topic), "row");
  EXPECT_EQ(key_of(dedupe, topic), "column");
  EXPECT_EQ(key_of(dedupe + R"(,{"set":{"a":"1"}},{"set":{"all":"this"}})", topic), "column");
  EXPECT_EQ(key_of(dedupe, R"("kafka":{"topic":"out","key":"x"})"), "literal");
  EXPECT_EQ(
      key_of(dedupe +
                 R"(,{"id":"o","from":"in","filter":"true == a"},{"from":["d","o"],"drop":["b"]})",
             topic),
      "column")
      << "rows of both have their key there";
}

TEST(Keyed, ASessionThatIsTakenBackNeedsTheKeyOfItsStep) {
  const std::string session =
      R"json({"id":"w","aggregate":{"by":["k"],"window":{"session":"1m"},"emit":"per_record","compute":{"n":"count()"}}})json";
  EXPECT_THAT(problems(session), IsEmpty());
  EXPECT_THAT(problems(session, R"("kafka":{"topic":"out","key":{"expr":"k"}})"),
              ElementsAre("error /sinks/out/kafka/key BAD_VALUE"));
  EXPECT_THAT(problems(session, R"("kafka":{"topic":"out","key":null})"),
              ElementsAre("error /sinks/out/kafka/key BAD_VALUE"));
  const auto closed = [](const std::string& more) {
    return problems(R"({"id":"w","aggregate":{"by":["k"],"window":{"session":"1m"},)" + more +
                        R"json("compute":{"n":"count()"}}})json",
                    R"("kafka":{"topic":"out","key":"x"})");
  };
  EXPECT_THAT(closed(""), IsEmpty());
  EXPECT_THAT(closed(R"("late":"update","allowed_lateness":"1m",)"),
              ElementsAre("error /sinks/out/kafka/key BAD_VALUE"));
}

// What the sink gets of rows with the time `t` (milliseconds), and of what closes at one minute.
std::vector<std::string> through(const std::string& steps, const std::vector<std::string>& rows) {
  const Planned made = planned(with_steps(steps, R"("kafka":{"topic":"out"})",
                                          R"("event_time":{"field":"t","advance_when_idle":true})"),
                               2);
  if (made.plan == nullptr) return made.problems;
  PlanRun run(made.plan);
  run.feed("in", rows);
  run.advance(60'000'000);
  return run.output("out");
}

TEST(Running, WindowsCloseWithTheirResults) {
  EXPECT_THAT(
      through(
          windowed(R"json("n":"count()","mean":"sum(v) / double(count())","tag":"k + '!'")json"),
          {R"({"k":"a","v":1,"t":1000})", R"({"k":"b","v":5,"t":2000})",
           R"({"k":"a","v":2,"t":3000})", R"({"k":"a","v":9,"t":61000})", R"({"v":1,"t":1})"}),
      UnorderedElementsAre(
          R"({"k":"a","window_start":"1970-01-01T00:00:00Z","window_end":"1970-01-01T00:01:00Z","n":2,"mean":1.5,"tag":"a!"})",
          R"({"k":"b","window_start":"1970-01-01T00:00:00Z","window_end":"1970-01-01T00:01:00Z","n":1,"mean":5.0,"tag":"b!"})"));
}

TEST(Running, KeysAndArgumentsAreExpressionsOverTheRow) {
  EXPECT_THAT(
      through(
          R"json({"set":{"w":"v * 10"}},{"id":"w","aggregate":{"by":{"city.name":"u.city.upperAscii()"},"ttl":"1h",
                "compute":{"all.n":"count(w)","best":"max_by(u, w).id"}}})json",
          {R"({"u":{"city":"x","id":1},"v":5,"t":1})", R"({"u":{"city":"X","id":2},"v":3,"t":1})"}),
      ElementsAre(R"({"city":{"name":"X"},"all":{"n":1},"best":1})",
                  R"({"city":{"name":"X"},"all":{"n":2},"best":1})"));
}

TEST(Running, ADoubleInTheKeyStaysADouble) {
  const std::vector<std::string> rows{R"({"x":1.0,"t":1})", R"({"x":1,"t":1})",
                                      R"({"x":1e19,"t":1})"};
  const auto told = [&](const std::string& by, const std::string& more) {
    return through(
        R"json({"id":"w","aggregate":{"by":)json" + by + R"json(,"window":{"tumbling":"1m"},)json" +
            more +
            R"json("compute":{"half":"k / 2","n":"count()"}}},{"select":["k","half","n"]})json",
        rows);
  };
  const auto ones =
      UnorderedElementsAre(R"({"k":1.0,"half":0.5,"n":2})", R"({"k":1e+19,"half":5e+18,"n":1})");
  EXPECT_THAT(told(R"json({"k":"double(x)"})json", R"("emit":"on_close",)"), ones);
  EXPECT_THAT(told(R"json({"k":"double(x)"})json", ""),
              UnorderedElementsAre(R"({"k":1.0,"half":0.5,"n":1})", R"({"k":1.0,"half":0.5,"n":2})",
                                   R"({"k":1e+19,"half":5e+18,"n":1})"));
  // What is not declared is what the key says: a whole number.
  EXPECT_THAT(
      told(R"({"k":"x"})", R"("emit":"on_close",)"),
      UnorderedElementsAre(R"({"k":1,"half":0,"n":2})", R"({"k":1e+19,"half":5e+18,"n":1})"));
}

TEST(Running, ALookbackKeepsTheRowByteForByte) {
  EXPECT_THAT(through(R"json({"id":"w","aggregate":{"by":["k"],"window":{"lookback":"10s"},
                         "compute":{"n":"count()","r":"sum(v) + 0.5"}}},{"filter":"n > 1"})json",
                      {R"({"k":"a", "v":1.10,"t":1000})", R"({"k":"a", "v":2.00,"t":2000})"}),
              ElementsAre(R"(a={"k":"a", "v":2.00,"t":2000,"n":2,"r":3.6})"))
      << "with the key of the step";
}

TEST(Running, DuplicatesGoAndKeysStayTheirs) {
  EXPECT_THAT(
      through(R"({"id":"d","dedupe":{"by":["k","v"],"within":"10s"}},{"set":{"all":"this"}})",
              {R"({"k":"a","v":1,"t":1000})", R"({"k":"a","v":1.0,"t":2000})",
               R"({"k":"a","v":2,"t":2000})"}),
      ElementsAre(R"(["a",1]={"k":"a","v":1,"t":1000,"all":{"k":"a","v":1,"t":1000}})",
                  R"(["a",2]={"k":"a","v":2,"t":2000,"all":{"k":"a","v":2,"t":2000}})"));
}

TEST(Running, OnlyRowsOfASessionAreTakenBackWhenItGrows) {
  const auto session = [](const std::string& more) {
    return through(
        R"({"id":"w","aggregate":{"by":["k"],"window":{"session":"2s"},"emit":"per_record",)" +
            more + R"json("compute":{"n":"count()"}}},{"select":["n"]})json",
        {R"({"k":"a","t":1000})", R"({"k":"a","t":4000})", R"({"k":"a","t":2500})"});
  };
  EXPECT_THAT(session(""), ElementsAre(R"({"n":1})", R"({"n":1})", R"({"n":3})", "TOMBSTONE"));
  EXPECT_THAT(session(R"("keep_row":true,)"),
              ElementsAre(R"(a={"n":1})", R"(a={"n":1})", R"(a={"n":3})"));
}

TEST(Running, LateRowsComeOutAsTheyCame) {
  const Planned made = planned(
      R"({"name":"p","sources":{"in":{"kafka":{"topics":["in"]},"event_time":{"field":"t"}}},"steps":[)" +
      windowed(R"json("n":"count()")json", R"("late":"side_output")") +
      R"(],"sinks":{"out":{"from":"w","stdout":{}},"late":{"from":"w.late","stdout":{}}}})");
  ASSERT_NE(made.plan, nullptr) << testing::PrintToString(made.problems);
  PlanRun run(made.plan);
  run.feed("in", {R"({"k":"a", "t":1000})"});
  run.advance(60'000'000);
  run.feed("in", {R"({"k":"a",  "t":2000})", R"({"k":"a","t":62000})"});
  EXPECT_THAT(run.output("out"), testing::SizeIs(1));
  EXPECT_THAT(run.output("late"), ElementsAre(R"({"k":"a",  "t":2000})"));
}

TEST(Running, AResultThatCannotBeComputedFailsItsRow) {
  EXPECT_THAT(
      through(windowed(R"json("x":"100 / (count() - 1)")json"),
              {R"({"k":"a","t":1000})", R"({"k":"b","t":1000})", R"({"k":"b","t":1000})"}),
      ElementsAre(
          R"({"k":"b","window_start":"1970-01-01T00:00:00Z","window_end":"1970-01-01T00:01:00Z","x":100})"));
}

TEST(Keyed, MistakesAreToldWithoutAPlanToo) {
  const std::vector<spec::Diagnostic> found =
      check_expressions({{"sum(v) + nope(1)", "/a", true},
                         {"sum(count())", "/b", true},
                         {"sum(v)", "/c", false},
                         {"top_k(v, 3)[0].value / 2", "/d", true}});
  std::vector<std::string> told;
  for (const spec::Diagnostic& one : found) told.push_back(one.pointer + " " + one.code);
  EXPECT_THAT(told,
              ElementsAre("/a UNKNOWN_FUNCTION", "/b NESTED_AGGREGATE", "/c UNKNOWN_FUNCTION"));
}

}  // namespace
}  // namespace leat::plan
