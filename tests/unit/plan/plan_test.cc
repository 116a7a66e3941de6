#include "plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/plan/plan_run.h"

namespace leat::plan {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// A pipeline from one source to one sink.
std::string with_steps(const std::string& steps,
                       const std::string& sink = R"("kafka":{"topic":"out"})",
                       const std::string& source = "") {
  return R"({"name":"p","sources":{"in":{"kafka":{"topics":["in"]})" + source + R"(}},"steps":[)" +
         steps + R"(],"sinks":{"out":{)" + sink + "}}}";
}

// What comes out of the steps for each row.
std::vector<std::string> through(const std::string& steps, const std::vector<std::string>& rows) {
  const Planned made = planned(with_steps(steps));
  if (made.plan == nullptr) return made.problems;
  PlanRun run(made.plan);
  run.feed("in", rows);
  return run.output("out");
}

TEST(Plan, WithoutStepsBytesPassAndBadRecordsAreDropped) {
  EXPECT_THAT(through("", {R"( {"a" : 1.10,"a":2} )", "nonsense", "TOMBSTONE", "[]"}),
              ElementsAre(R"( {"a" : 1.10,"a":2} )", "TOMBSTONE"));
}

TEST(Plan, RecordsBeyondTheLimitsCannotBeRead) {
  const auto counted = [](codec::RecordLimits limits, const std::string& source) {
    const Planned made = planned(with_steps(R"({"set":{"n":"[[[[1]]]]"}},{"set":{"m":"this"}})",
                                            R"("kafka":{"topic":"out"})", source),
                                 2, limits);
    PlanRun run(made.plan);
    run.feed("in", {R"({"a":[1]})", R"({"a":[[1]]})"});
    return run.output("out").size();
  };
  EXPECT_EQ(counted({2, 1000}, ""), 1u);
  EXPECT_EQ(counted({3, 1000}, ""), 2u) << "what the pipeline makes itself has no limit";
  EXPECT_EQ(counted({3, 9}, ""), 1u);
  EXPECT_EQ(counted({3, 8}, ""), 0u);
}

TEST(Plan, ASinkThatAPatternOfTheSameClusterReadsIsALoop) {
  const auto problems = [](const std::string& pattern, const std::string& sink) {
    return planned(R"({"name":"p","sources":{"in":{"kafka":{"topics":{"pattern":")" + pattern +
                   R"("}}}},"sinks":{"out":{"kafka":{)" + sink + "}}}}")
        .problems;
  };
  EXPECT_THAT(problems("^orders-.*$", R"("topic":"orders-big")"),
              ElementsAre("error /sinks/out/kafka/topic TOPIC_LOOP"));
  EXPECT_THAT(problems("^orders-.*$", R"("topic":"orders-big","allow_loop":true)"), IsEmpty());
  EXPECT_THAT(problems("^orders-.*$", R"("topic":"big-orders-1")"), IsEmpty());
  EXPECT_THAT(problems("^orders-($", R"("topic":"out")"),
              ElementsAre("error /sources/in/kafka/topics/pattern BAD_VALUE"));
}

TEST(Plan, FilterKeepsBytesAsTheyCame) {
  EXPECT_THAT(
      through(R"({"filter":"(amount ?? 0) > 100"})", {R"({"amount" : 100.50})", R"({"amount":5})",
                                                      "{}", "TOMBSTONE", R"({"amount":"x"})"}),
      ElementsAre(R"({"amount" : 100.50})", "TOMBSTONE"));
}

TEST(Plan, SetSeesTheRowAsItEntered) {
  EXPECT_THAT(through(R"({"set":{"a":"b","b":"a"}})", {R"({"a":1.10,"b":"x\u0041","c":3})"}),
              ElementsAre(R"({"a":"x\u0041","b":1.10,"c":3})"));
  EXPECT_THAT(through(R"({"set":{"a":"a + 1","b":"a * 10"}})", {R"({"a":1})"}),
              ElementsAre(R"({"a":2,"b":10})"));
  EXPECT_THAT(through(R"({"set":{"a":"a + 1"}},{"set":{"a":"a + 1","b":"a"}})", {R"({"a":1})"}),
              ElementsAre(R"({"a":3,"b":2})"));
}

TEST(Plan, TheExampleOfTheRules) {
  EXPECT_THAT(through(R"({"set":{"user.city":"'Köln'","geo.lat":"50.9"}},{"drop":["tmp","nope"]})",
                      {R"({"user":{"name":"a"},"tmp":1})"}),
              ElementsAre(R"({"user":{"name":"a","city":"Köln"},"geo":{"lat":50.9}})"));
}

TEST(Plan, PathsCopyTokensAndAreTypedWhereTheyAreUsed) {
  EXPECT_THAT(
      through(
          R"({"set":{"x":"n"}},{"filter":"x > 1 && s == 'A'"},{"select":{"y":"x","t":"s","big":"b"}})",
          {R"({"n":1.10,"s":"\u0041","b":123456789012345678901234567890})"}),
      ElementsAre(R"({"y":1.10,"t":"\u0041","big":123456789012345678901234567890})"));
}

TEST(Plan, NumbersThatAreOnlyPassedOnKeepTheirTokens) {
  const std::string row =
      R"({"x":{"y":[1.50,1e2,"s\u0041",null]},"n":1.10,"t":true,"big":123456789012345678901234567890})";
  for (const auto& [text, gives] : std::initializer_list<std::pair<std::string, std::string>>{
           {"x.y[0]", "1.50"},
           {"x['y'][1]", "1e2"},
           {"this.x.y[0]", "1.50"},
           {"x.?y[?0]", "1.50"},
           {"x.y[?0].orValue(2.50)", "1.50"},
           {"x.y[?9].orValue(n)", "1.10"},
           {"this.?n", "1.10"},
           {"this.?n ?? 0", "1.10"},
           {"n ?? 0", "1.10"},
           {"nope ?? big", "123456789012345678901234567890"},
           {"t ? n : x.y[0]", "1.10"},
           {"!t ? n : x.y[0]", "1.50"},
           {"cel.bind(v, x.y[0], t ? v : n)", "1.50"},
           {"try(x.y[0], 0)", "1.50"},
           {"optional.of(x.y[0])", "1.50"},
           {"x.y[2]", R"("sA")"},
           {"x.y[3]", "null"},
           {"x", R"({"y":[1.50,1e2,"s\u0041",null]})"},
           {"cel.bind(v, x.y[0], v > 1 ? v : n)", "1.5"},
           {"[x.y[0]]", "[1.5]"},
           {"x.y[0] + 0", "1.5"}})
    EXPECT_THAT(through(R"({"set":{"b":")" + text + R"("}},{"select":["b"]})", {row}),
                ElementsAre(R"({"b":)" + gives + "}"))
        << text;
  EXPECT_THAT(through(R"({"set":{"b":"x.y[0]","c":"n ?? 0"}},{"filter":"b > 1 && c < 2"},
                 {"set":{"d":"b + c","f":"b ?? 0","all":"this"}},{"set":{"e":"all.b"}},{"select":["b","c","d","e","f"]})",
                      {row}),
              ElementsAre(R"({"b":1.50,"c":1.10,"d":2.6,"e":1.50,"f":1.50})"))
      << "they are numbers to the steps below";
}

TEST(Plan, SelectListKeepsAbsentFieldsAbsentAndExpressionsDoNot) {
  EXPECT_THAT(through(R"({"select":["user.name","b"]})",
                      {R"({"user":{"name":"a","x":1},"b":null})", R"({"user":3})", "{}"}),
              ElementsAre(R"({"name":"a","b":null})", "{}", "{}"));
  EXPECT_THAT(through(R"({"select":{"name":"user.name"}})",
                      {R"({"user":{"name":"a","x":1}})", R"({"user":3})"}),
              ElementsAre(R"({"name":"a"})"));
  EXPECT_THAT(through(R"({"set":{"a":"null"}})", {R"({"a":1})"}), ElementsAre(R"({"a":null})"));
}

TEST(Plan, FieldsAreReplacedDroppedAndAddedAgain) {
  EXPECT_THAT(through(R"({"drop":["a"]},{"set":{"a":"b"}})", {R"({"a":1,"b":2,"c":3})"}),
              ElementsAre(R"({"b":2,"c":3,"a":2})"));
  EXPECT_THAT(through(R"({"set":{"a.x":"1"}},{"drop":["a"]})", {R"({"a":{"y":2},"b":2})"}),
              ElementsAre(R"({"b":2})"));
  EXPECT_THAT(
      through(R"({"set":{"a.x":"1"}},{"drop":["a.y","a.x"]})", {R"({"a":{"y":2,"z":3},"b":2})"}),
      ElementsAre(R"({"a":{"z":3},"b":2})"));
  EXPECT_THAT(through(R"({"drop":["a","a.b","c.d","c"]})", {R"({"a":{"b":2},"b":2,"c":{"d":1}})"}),
              ElementsAre(R"({"b":2})"));
  EXPECT_THAT(through(R"({"drop":["a.b"]},{"set":{"a":"1"}})", {R"({"a":{"b":2},"b":2})"}),
              ElementsAre(R"({"a":1,"b":2})"));
  EXPECT_THAT(through(R"({"set":{"a.b":"7"}},{"set":{"a":"1"}})", {R"({"a":{"b":2},"b":2})"}),
              ElementsAre(R"({"a":1,"b":2})"));
  EXPECT_THAT(
      through(R"({"select":["a","b"]},{"drop":["a"]},{"set":{"c":"b"}})", {R"({"a":1,"b":2})"}),
      ElementsAre(R"({"b":2,"c":2})"));
}

TEST(Plan, PiecesArePutTogetherWhereADocumentIsNeeded) {
  EXPECT_THAT(through(R"({"set":{"a":"1"}},{"set":{"all":"this"}})", {R"({"b":2})"}),
              ElementsAre(R"({"b":2,"a":1,"all":{"b":2,"a":1}})"));
  EXPECT_THAT(through(R"({"set":{"all":"this"}})", {R"({"b":2})"}),
              ElementsAre(R"({"b":2,"all":{"b":2}})"));
  EXPECT_THAT(through(R"({"set":{"u.x":"1"}},{"set":{"copy":"u"}})", {R"({"u":{"y":2}})"}),
              ElementsAre(R"({"u":{"y":2,"x":1},"copy":{"y":2,"x":1}})"));
  EXPECT_THAT(through(R"({"drop":["u.x"]},{"set":{"copy":"u"}})", {R"({"u":{"y":2,"x":1}})"}),
              ElementsAre(R"({"u":{"y":2},"copy":{"y":2}})"));
  EXPECT_THAT(
      through(R"({"set":{"c":"u"}},{"set":{"c.z":"3"}},{"drop":["c.y"]})", {R"({"u":{"y":2}})"}),
      ElementsAre(R"({"u":{"y":2},"c":{"z":3}})"));
  EXPECT_THAT(through(R"({"set":{"c":"u"}},{"filter":"c.y == 2"},{"set":{"d":"c.y"}})",
                      {R"({"u":{"y":2}})"}),
              ElementsAre(R"({"u":{"y":2},"c":{"y":2},"d":2})"));
  EXPECT_THAT(through(R"({"select":{"a":"x"}},{"set":{"all":"this"}})", {R"({"x":2})"}),
              ElementsAre(R"({"a":2,"all":{"a":2}})"));
}

TEST(Plan, AParentThatIsNoObjectFailsTheRow) {
  const std::string row = R"({"user":{"city":"x"}})";
  EXPECT_THAT(through(R"({"set":{"user.city":"'x'"}})", {R"({"user":1})", "{}"}), ElementsAre(row));
  EXPECT_THAT(through(R"({"set":{"user.city":"'x'"}})", {R"({"user":null})", R"({"user":[{}]})",
                                                         R"({"user":"{"})", R"({"user":{}})"}),
              ElementsAre(row));
  EXPECT_THAT(through(R"({"set":{"a.b.c":"1"}},{"drop":["a"]})",
                      {R"({"a":{"b":2},"n":1})", R"({"a":2,"n":2})", R"({"a":{"b":{}},"n":3})"}),
              ElementsAre(R"({"n":3})"));
  EXPECT_THAT(
      through(R"({"set":{"a":"m ?? 5"}},{"set":{"a.b":"1"}},{"select":["n"]})", {R"({"n":1})"}),
      IsEmpty());
  EXPECT_THAT(through(R"({"drop":["a.b"]},{"set":{"a.b":"1"}},{"select":["n"]})",
                      {R"({"a":5,"n":1})", R"({"a":{"b":7},"n":2})"}),
              ElementsAre(R"({"n":2})"));
  EXPECT_THAT(through(R"json({"set":{"a.b":"optional.none()"}})json",
                      {R"({"a":5})", R"({"a":{"b":1,"c":2}})"}),
              ElementsAre(R"({"a":{"c":2}})"));
}

TEST(Plan, AParentIsLookedAtInTheStepThatSetsTheField) {
  const std::string steps =
      R"({"id":"lift","set":{"a.b":"1"}},{"id":"more","set":{"a.c":"2"}},{"id":"last","select":["n"]})";
  const Planned made = planned(with_steps(steps));
  ASSERT_NE(made.plan, nullptr) << testing::PrintToString(made.problems);
  PlanRun run(made.plan);
  run.feed("in", {R"({"a":5,"n":1})", R"({"n":2})", "TOMBSTONE", R"({"a":[],"n":3})"});
  EXPECT_EQ(run.counts("lift"), "4 2 2");
  EXPECT_EQ(run.counts("last"), "2 2 0");
}

TEST(Plan, ItemsAndPositionsNeedAnObjectToStandIn) {
  EXPECT_THAT(through(R"({"explode":{"field":"items","as":"a.item"}},{"select":["n"]})",
                      {R"({"items":[1,2],"a":5,"n":1})", R"({"items":[],"a":5,"n":2})",
                       R"({"items":[3],"n":3})"}),
              ElementsAre(R"({"n":3})"));
  EXPECT_THAT(through(R"({"explode":{"field":"items","index":"a.i"}},{"select":["n"]})",
                      {R"({"items":[1,2],"a":"x","n":1})", R"({"items":[3],"a":{},"n":2})"}),
              ElementsAre(R"({"n":2})"));
  EXPECT_THAT(through(R"({"explode":{"field":"a.items","outer":true}})",
                      {R"({"a":5,"n":1})", R"({"a":{},"n":2})"}),
              ElementsAre(R"({"a":{"items":null},"n":2})"));
}

TEST(Plan, WhatTheSchemaSaysIsNoObjectTakesNoFields) {
  const auto problems = [](const std::string& steps) {
    return planned(R"({"name":"p","sources":{"in":{"kafka":{"topics":["in"]},"schema":{"a":"int",
        "list":"list<int>","o":{"x":"int"},"m":"map<int>","j":"json"}}},"steps":[)" +
                   steps + R"(],"sinks":{"out":{"kafka":{"topic":"out"}}}})")
        .problems;
  };
  EXPECT_THAT(
      problems(R"({"set":{"a.b":"1","list.b":"1","o.x.y":"1"}})"),
      ElementsAre("error /steps/0/set/a.b NOT_AN_OBJECT", "error /steps/0/set/list.b NOT_AN_OBJECT",
                  "error /steps/0/set/o.x.y NOT_AN_OBJECT"));
  EXPECT_THAT(problems(R"({"set":{"o.b":"1","m.b":"1","j.b":"1","new.b":"1"}})"), IsEmpty());
  EXPECT_THAT(problems(R"({"explode":{"field":"list","as":"a.item","index":"o.x.i"}})"),
              ElementsAre("error /steps/0/explode/as NOT_AN_OBJECT",
                          "error /steps/0/explode/index NOT_AN_OBJECT"));
  EXPECT_THAT(problems(R"({"select":["o"]},{"set":{"o.x.y":"1"}})"),
              ElementsAre("error /steps/1/set/o.x.y NOT_AN_OBJECT"));
}

TEST(Plan, AllMistakesAreReportedAtOnceWithTheirPlace) {
  const Planned made = planned(with_steps(
      R"({"filter":"a >"},{"set":{"x":"'a' + 1","y":"nope(1) "}},{"select":["x"]},{"filter":"z == 1"},{"filter":"'text'"})",
      R"("kafka":{"topic":"out","key":{"expr":"w"}})"));
  EXPECT_EQ(made.plan, nullptr);
  std::vector<std::string> places;
  for (const spec::Diagnostic& diagnostic : made.diagnostics) places.push_back(diagnostic.pointer);
  EXPECT_THAT(places,
              ElementsAre("/steps/0/filter", "/steps/1/set/x", "/steps/1/set/y", "/steps/3/filter",
                          "/steps/4/filter", "/sinks/out/kafka/key/expr"));
  EXPECT_TRUE(made.diagnostics[1].span.has_value());
  EXPECT_EQ(made.diagnostics[3].code, "UNKNOWN_FIELD");
  EXPECT_EQ(made.diagnostics[4].code, "NOT_A_BOOLEAN");
}

TEST(Plan, AConstantFilterIsAWarning) {
  EXPECT_THAT(planned(with_steps(R"({"filter":"1 > 2"})")).problems,
              ElementsAre("warning /steps/0/filter CONSTANT_FILTER"));
  EXPECT_THAT(planned(with_steps(R"({"filter":"(a ?? 0) > 2"})")).problems, IsEmpty());
}

TEST(Plan, DroppedFieldsCannotBeRead) {
  EXPECT_THAT(through(R"({"drop":["a"]},{"filter":"a == 1"})", {}),
              ElementsAre("error /steps/1/filter UNKNOWN_FIELD"));
  EXPECT_THAT(through(R"({"select":["amount"]},{"select":["amuont"]})", {}),
              ElementsAre("error /steps/1/select/0 UNKNOWN_FIELD"));
}

TEST(Plan, MocksAnswerForFunctionsThatThereAreOrThatAreCalled) {
  const auto problems = [](const std::string& step, const std::string& mock) {
    return planned(R"({"name":"p","sources":{"in":{"kafka":{"topics":["in"]}}},"steps":[)" + step +
                   R"(],"sinks":{"out":{"kafka":{"topic":"out"}}},"tests":[{"name":"t","expect":{},
                   "mock":{"functions":{)" +
                   mock + R"(:{"x":1}}}}]})");
  };
  const std::string calls = R"json({"set":{"a":"geo.country(s)"}})json";
  EXPECT_THAT(
      problems(R"json({"set":{"a":"(s ?? '').lowerAscii()"}})json", R"("lowerAscii")").problems,
      IsEmpty());
  EXPECT_THAT(problems(R"({"drop":["a"]})", R"("math.abs")").problems, IsEmpty());
  const Planned unknown = problems(R"({"drop":["a"]})", R"("math.absolute")");
  EXPECT_THAT(unknown.problems,
              ElementsAre("error /tests/0/mock/functions/math.absolute UNKNOWN_NAME"));
  // The call of what is not there is told, and its mock is not.
  EXPECT_THAT(problems(calls, R"("geo.country")").problems, testing::SizeIs(1));
  EXPECT_THAT(problems(calls, R"("geo.contry")").problems,
              testing::Contains("error /tests/0/mock/functions/geo.contry UNKNOWN_NAME"));
}

TEST(Plan, FormatsAndZonesOfTimesAreCheckedBeforeAnyRow) {
  const auto problems = [](const std::string& time, const std::string& beside = "") {
    return planned(with_steps("", R"("kafka":{"topic":"out"})",
                              beside + R"(,"event_time":{"field":"t",)" + time + "}"))
        .problems;
  };
  const std::string format = "error /sources/in/event_time/format BAD_VALUE";
  EXPECT_THAT(problems(R"("format":"%Q")"), ElementsAre(format));
  EXPECT_THAT(problems(R"("format":"%Y-%")"), ElementsAre(format));
  EXPECT_THAT(problems(R"("format":"%G-%V-%u")"), ElementsAre(format));
  EXPECT_THAT(problems(R"("format":"%Q","zone":"Mars")"),
              ElementsAre(format, "error /sources/in/event_time/zone BAD_VALUE"));
  for (const char* fine : {"%F %T", "%d/%b/%Y:%T %z", "%s.%f", "%A %e %B %Y %I:%M %p %%", "%j %y",
                           "%Y%m%d%H%M%S%3f", "%Y-%m-%dT%R%:z"})
    EXPECT_THAT(problems(R"("format":")" + std::string(fine) + R"(","zone":"+02:00")"), IsEmpty())
        << fine;
  EXPECT_THAT(problems(R"("format":"s")"), IsEmpty());
}

TEST(Plan, AFormatBesideATimestampOfTheSchemaIsRefused) {
  const auto problems = [](const std::string& format, const std::string& type) {
    return planned(with_steps("", R"("kafka":{"topic":"out"})",
                              R"(,"schema":{"t":")" + type + R"("},"event_time":{"field":"t")" +
                                  format + "}"))
        .problems;
  };
  for (const char* format : {R"(,"format":"s")", R"(,"format":"%F")"})
    EXPECT_THAT(problems(format, "timestamp"),
                ElementsAre("error /sources/in/event_time/format BAD_VALUE"));
  EXPECT_THAT(problems("", "timestamp"), IsEmpty());
  EXPECT_THAT(problems(R"(,"format":"s")", "int"), IsEmpty());
  EXPECT_THAT(problems(R"(,"format":"%F")", "string"), IsEmpty());
}

TEST(Plan, AGeneratorsFieldsReadItsSequence) {
  const std::string head =
      R"({"name":"p","sources":{"g":{"generator":{"rows_per_second":5,"fields":{"a":"seq * 2","b":")";
  const std::string tail = R"("}}}},"sinks":{"out":{"stdout":{}}}})";
  EXPECT_NE(planned(head + "string(seq % 3)" + tail).plan, nullptr);
  EXPECT_THAT(planned(head + "sec" + tail).problems,
              ElementsAre("error /sources/g/generator/fields/b UNKNOWN_FIELD"));
}

TEST(Plan, SinkExpressionsBecomeColumns) {
  const Planned made = planned(with_steps(
      R"({"set":{"n2":"n * 2"}})",
      R"("kafka":{"topic":"out","key":{"expr":"n"},"headers":{"h":{"expr":"s + '!'"},"k":{"expr":"s"},"c":"literal"},"timestamp":{"expr":"t"}})"));
  ASSERT_NE(made.plan, nullptr) << testing::PrintToString(made.problems);
  PlanRun run(made.plan);
  run.feed("in", {R"({"n":1.10,"s":"x","t":5})", R"({"n":2,"t":6})", "TOMBSTONE",
                  R"({"n":null,"s":"y","t":7})"});
  EXPECT_THAT(run.output("out"),
              ElementsAre(R"(1.10=@5 h:x! k:x {"n":1.10,"s":"x","t":5,"n2":2.2})"));
  EXPECT_EQ(run.counts("sink out"),
            "2 0 2");  // without `s`, and the tombstone; null * 2 failed before
  EXPECT_EQ(run.counts("in"), "4 4 0");
  EXPECT_EQ(run.counts("set-0"), "4 3 1");
}

TEST(Plan, LiteralAndAbsentKeysNeedNoRow) {
  PlanRun literal(planned(with_steps("", R"("kafka":{"topic":"out","key":"k1"})")).plan);
  literal.feed("in", {"{}", "TOMBSTONE"});
  EXPECT_THAT(literal.output("out"), ElementsAre("k1={}", "k1=TOMBSTONE"));
  PlanRun none(planned(with_steps("", R"("kafka":{"topic":"out","key":null})")).plan);
  none.feed("in", {"{}", "TOMBSTONE"});
  EXPECT_THAT(none.output("out"), ElementsAre("none={}", "none=TOMBSTONE"));
  PlanRun meta(
      planned(with_steps("", R"("kafka":{"topic":"out","key":{"expr":"meta.key + '!'"}})")).plan);
  meta.feed("in", {"{}", "TOMBSTONE"});
  EXPECT_THAT(meta.output("out"), ElementsAre("source-key!={}", "source-key!=TOMBSTONE"));
}

TEST(Plan, RepartitionBeginsANewStage) {
  const Planned made = planned(
      with_steps(
          R"({"filter":"n > 0"},{"id":"by-user","repartition":{"by":["user.id"]}},{"set":{"m":"n + 1"}})"),
      3);
  ASSERT_NE(made.plan, nullptr);
  EXPECT_EQ(made.plan->parallelism, 3u);
  const std::vector<StageSummary> stages = describe(*made.plan);
  ASSERT_EQ(stages.size(), 2u);
  EXPECT_THAT(stages[0].steps, ElementsAre("filter-0", "by-user"));
  EXPECT_THAT(stages[1].steps, ElementsAre("set-2"));
  EXPECT_EQ(stages[0].exchange + "|" + stages[1].exchange, "|user.id");
  PlanRun run(made.plan);
  run.feed("in", {R"({"n":1,"user":{"id":"a"}})", R"({"n":1,"user":{}})",
                  R"({"n":1,"user":{"id":null}})", "TOMBSTONE", R"({"n":2,"user":{"id":[1]}})"});
  EXPECT_THAT(run.output("out"), ElementsAre(R"({"n":1,"user":{"id":"a"},"m":2})"));
  EXPECT_EQ(run.counts("by-user"), "5 1 4");
}

TEST(Plan, BranchesSeeTheSameRows) {
  const Planned made = planned(
      R"({"name":"p","sources":{"in":{"kafka":{"topics":["in"]}}},
          "steps":[{"id":"s","set":{"x":"a"}},{"id":"big","from":"s","filter":"x > 1"},{"id":"small","from":"s","filter":"x <= 1"},
                   {"id":"raw","from":"in","select":["a"]}],
          "sinks":{"b":{"from":"big","kafka":{"topic":"b"}},"s":{"from":"small","kafka":{"topic":"s"}},
                   "r":{"from":["raw","in"],"kafka":{"topic":"r"}}}})");
  ASSERT_NE(made.plan, nullptr) << testing::PrintToString(made.problems);
  PlanRun run(made.plan);
  run.feed("in", {R"({"a":1})", R"({"a":2})"});
  EXPECT_THAT(run.output("b"), ElementsAre(R"({"a":2,"x":2})"));
  EXPECT_THAT(run.output("s"), ElementsAre(R"({"a":1,"x":1})"));
  EXPECT_THAT(run.output("r"),
              UnorderedElementsAre(R"({"a":1})", R"({"a":2})", R"({"a":1})", R"({"a":2})"));
}

TEST(Plan, SourcesOfDifferentShapesFlowTogether) {
  const std::string head =
      R"({"name":"p","sources":{"j":{"kafka":{"topics":["j"]}},"s":{"kafka":{"topics":["s"]},"format":"string"},)"
      R"("k":{"kafka":{"topics":["k"]}}},"steps":[)";
  const std::string tail = R"(],"sinks":{"out":{"kafka":{"topic":"out"}}}})";
  const Planned alike =
      planned(head + R"({"from":["j","k"],"filter":"v > 1"},{"set":{"w":"v + 1"}})" + tail);
  ASSERT_NE(alike.plan, nullptr) << testing::PrintToString(alike.problems);
  PlanRun first(alike.plan);
  first.feed("j", {R"({"v":1})", R"({"v":2})"});
  first.feed("k", {R"({"v":3})"});
  EXPECT_THAT(first.output("out"), ElementsAre(R"({"v":2,"w":3})", R"({"v":3,"w":4})"));

  const Planned mixed = planned(
      head +
      R"({"id":"jj","from":"j","set":{"value":"string(v) "}},{"from":["jj","s","k"],"set":{"len":"size(value ?? '') "}})" +
      tail);
  ASSERT_NE(mixed.plan, nullptr) << testing::PrintToString(mixed.problems);
  PlanRun second(mixed.plan);
  second.feed("j", {R"({"v":12})"});
  second.feed("s", {"Köln"});
  second.feed("k", {R"({"z":0})"});
  EXPECT_THAT(second.output("out"),
              ElementsAre(R"({"v":12,"value":"12","len":2})", R"({"value":"Köln","len":4})",
                          R"({"z":0,"len":0})"));

  const Planned doubled = planned(head + R"({"from":["k","k"],"filter":"v > 0"})" + tail);
  PlanRun third(doubled.plan);
  third.feed("k", {R"({"v":1})"});
  EXPECT_THAT(third.output("out"), ElementsAre(R"({"v":1})", R"({"v":1})"));
}

TEST(Plan, StagesFlowTogetherWithoutAnExchange) {
  const Planned made = planned(
      R"({"name":"p","sources":{"a":{"kafka":{"topics":["a"]}},"b":{"kafka":{"topics":["b"]}}},
          "steps":[{"id":"r","from":"a","repartition":{"by":["k"]}},{"id":"u","from":["r","b"],"set":{"x":"k"}},
                   {"id":"r2","repartition":{"by":["x"]}}],
          "sinks":{"out":{"kafka":{"topic":"out"}}}})");
  ASSERT_NE(made.plan, nullptr) << testing::PrintToString(made.problems);
  const std::vector<StageSummary> stages = describe(*made.plan);
  ASSERT_EQ(stages.size(), 3u);
  EXPECT_THAT(stages[0].steps, ElementsAre("r", "u", "r2"));
  EXPECT_THAT(stages[1].steps, ElementsAre("u", "r2"));
  EXPECT_EQ(made.plan->exchanges.size(), 3u);
  PlanRun run(made.plan);
  run.feed("a", {R"({"k":1})"});
  run.feed("b", {R"({"k":2})"});
  EXPECT_THAT(run.output("out"), ElementsAre(R"({"k":1,"x":1})", R"({"k":2,"x":2})"));
}

TEST(Plan, FormatsConvert) {
  const auto converted = [](const std::string& source, const std::string& sink,
                            const std::string& steps, const std::string& row) {
    const Planned made =
        planned(with_steps(steps, R"("kafka":{"topic":"out"},"format":")" + sink + "\"",
                           R"(,"format":")" + source + "\""));
    if (made.plan == nullptr) return testing::PrintToString(made.problems);
    PlanRun run(made.plan);
    run.feed("in", {row});
    return run.output("out").empty() ? std::string("nothing") : run.output("out")[0];
  };
  EXPECT_EQ(converted("bytes", "bytes", "", "\xff\xfe"), "\xff\xfe");
  EXPECT_EQ(converted("string", "string", "", "Köln"), "Köln");
  EXPECT_EQ(converted("string", "string", "", "\xff"), "nothing");
  EXPECT_EQ(converted("string", "string", "", ""), "");
  EXPECT_EQ(converted("string", "json", "", "a\"b"), R"({"value":"a\"b"})");
  EXPECT_EQ(converted("bytes", "json", "", "foo"), R"({"value":"Zm9v"})");
  EXPECT_EQ(converted("json", "string", "", R"({"value":"x\ty","z":1})"), "x\ty");
  EXPECT_EQ(converted("json", "string", "", R"({"value":1})"), "error WRONG_TYPE");
  EXPECT_EQ(converted("json", "string", R"({"set":{"value":"a + '!'"}})", R"({"a":"x"})"), "x!");
  EXPECT_EQ(converted("json", "string", R"({"select":{"value":"a"}})", R"({"a":"x\u0041"})"), "xA");
  EXPECT_EQ(converted("string", "string",
                      R"({"filter":"size(value) > 1"},{"set":{"value":"value + value"}})", "ab"),
            "abab");
  EXPECT_EQ(converted("json", "bytes", "", R"({"value":"x"})"), "error WRONG_TYPE");
  EXPECT_EQ(converted("json", "string", R"({"select":["a"]})", "{}"),
            R"({ "error /sinks/out/format UNKNOWN_FIELD" })");
}

TEST(Plan, TapsShowRowsAsTheyLeaveTheStep) {
  const Planned made =
      planned(with_steps(R"({"set":{"b":"a + 1"}},{"drop":["a"]},{"filter":"b > 2"})"));
  PlanRun run(made.plan);
  run.feed("in", {R"({"a":1})", R"({"a":2})"});
  EXPECT_THAT(run.tapped("in"), ElementsAre(R"({"a":1})", R"({"a":2})"));
  EXPECT_THAT(run.tapped("set-0"), ElementsAre(R"({"a":1,"b":2})", R"({"a":2,"b":3})"));
  EXPECT_THAT(run.tapped("drop-1"), ElementsAre(R"({"b":2})", R"({"b":3})"));
  EXPECT_THAT(run.tapped("filter-2"), ElementsAre(R"({"b":3})"));
}

TEST(Plan, OnlyFieldsThatAreReadAreDecoded) {
  // `a` is only copied and `c` only passes: the one typed value that is read is bad in the second
  // row and skipped in the third.
  EXPECT_THAT(through(R"({"filter":"n > 0"},{"select":["a"]})",
                      {R"({"n":1,"c":"\ud800","a":1})", R"({"n":1e999,"a":1})",
                       R"({"n":2,"c":tru,"a":2})"}),
              ElementsAre(R"({"a":1})", R"({"a":2})"));
}

}  // namespace
}  // namespace leat::plan
