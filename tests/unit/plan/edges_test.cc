#include "plan/edges.h"

#include <gmock/gmock.h>

#include "unit/plan/plan_run.h"

namespace leat::plan {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr const char* kSchema =
    R"(,"schema":{"s":"string","i":"int","d":"double","b":"bool","y":"bytes","t":"timestamp",)"
    R"("l":"list<string>","m":"map<int>","o":{"x":"int"},"j":"json"})";

struct Parts {
  std::string source = kSchema;
  std::string steps = "";
  std::string sink = R"("kafka":{"topic":"out"})";
  std::string more = "";
};

Planned plan_of(const Parts& parts) {
  return planned(R"({"name":"p","sources":{"in":{"kafka":{"topics":["in"]})" + parts.source +
                 R"(}},"steps":[)" + parts.steps + R"(],"sinks":{"out":{)" + parts.sink + "}}" +
                 parts.more + "}");
}

// "CODE message" of the only problem; "" = none.
std::string told(const Parts& parts) {
  const Planned made = plan_of(parts);
  std::string text;
  for (const spec::Diagnostic& each : made.diagnostics)
    if (each.severity == spec::Severity::error)
      text += (text.empty() ? "" : "\n") + each.code + " " + each.message;
  return text;
}

std::string topic(const std::string& expression, const std::string& steps = "") {
  return told({kSchema, steps,
               R"("kafka":{"topic":{"expr":")" + expression + R"("},"topics":["eu-*","1*"]})"});
}

TEST(SinkTopic, MustBeAText) {
  for (const char* good : {"s", "j", "'eu-' + s", "string(i)", "this['other']", "s ?? 'eu-x'",
                           "b ? s : 'eu-x'", "optional.of(s)", "'eu-x'"})
    EXPECT_EQ(topic(good), "") << good;
  for (const char* bad : {"b", "y", "t", "l", "m", "o", "i + 1", "s == 'a'", "null", "[s]"})
    EXPECT_THAT(topic(bad), HasSubstr("WRONG_TYPE every row fails here: the name of a topic is a "
                                      "text, and this is always "))
        << bad;
  EXPECT_THAT(topic("b"), HasSubstr("always bool: write `string(…)` around it"));
  EXPECT_THAT(topic("t"), HasSubstr("write `time.format(…, '%Y-%m-%d')`"));
  EXPECT_THAT(topic("l"), HasSubstr("always a list: name a field that is a text"));
}

TEST(SinkTopic, IsPlannedAsItRuns) {
  const Planned made =
      plan_of({kSchema, "", R"J("kafka":{"topic":{"expr":"i"},"topics":["eu-*","1*"]})J", ""});
  ASSERT_NE(made.plan, nullptr) << "the token of a copied number is a text";
  PlanRun run(made.plan);
  run.feed("in", {R"({"i":17})", R"({"i":2})"});
  EXPECT_THAT(run.output("out"), ElementsAre(HasSubstr("to 17 ")));
}

TEST(SinkTopic, ThatIsTheSameForAllRowsMustBeOneOfThoseItMayBe) {
  EXPECT_THAT(topic("'or ders'"), HasSubstr("ALWAYS_FAILS every row fails here: the topic is no "
                                            "text that Kafka takes as a name (TOPIC_INVALID)"));
  EXPECT_THAT(topic("'us-' + 'x'"), HasSubstr("(TOPIC_NOT_ALLOWED)"));
  EXPECT_THAT(topic("'__offsets'"), HasSubstr("(TOPIC_INTERNAL)"));
  EXPECT_THAT(topic("optional.none()"), HasSubstr("WRONG_TYPE"));
  EXPECT_THAT(topic("1 / 0"), HasSubstr("(DIVIDE_BY_ZERO)"));
}

TEST(SinkTopic, OfWhatAStepMadeIsKnownWithoutASchema) {
  const auto without = [](const std::string& steps, const std::string& expression) {
    return told(
        {"", steps, R"("kafka":{"topic":{"expr":")" + expression + R"("},"topics":["eu-*"]})"});
  };
  EXPECT_THAT(without(R"J({"set":{"n":"size(a ?? '')"}})J", "n"), HasSubstr("always int"));
  EXPECT_EQ(without(R"J({"set":{"n":"string(size(a ?? ''))"}})J", "n"), "");
  EXPECT_EQ(without(R"({"set":{"n":"a"}})", "n"), "");
}

std::string timestamp(const std::string& expression) {
  return told(
      {kSchema, "", R"("kafka":{"topic":"out","timestamp":{"expr":")" + expression + R"("}})", ""});
}

TEST(SinkTimestamp, IsATimestampOrMilliseconds) {
  for (const char* good : {"t", "i", "j", "timestamp(s)", "i * 1000", "meta.timestamp", "i ?? 5",
                           "timestamp('2026-01-01T00:00:00Z')", "1"})
    EXPECT_EQ(timestamp(good), "") << good;
  for (const char* bad :
       {"s", "d", "b", "y", "l", "m", "o", "d * 2.0", "'a' + s", "null", "duration('1s')", "1u"})
    EXPECT_THAT(timestamp(bad), HasSubstr("WRONG_TYPE every row fails here: the time of a record "
                                          "is a timestamp, or an int of milliseconds"))
        << bad;
  EXPECT_THAT(timestamp("s"), HasSubstr("write `timestamp(…)` around a text in RFC 3339"));
  EXPECT_THAT(timestamp("d"), HasSubstr("always double: write `int(…)` around milliseconds"));
  for (const char* never : {"0", "-5", "timestamp('1969-01-01T00:00:00Z')"})
    EXPECT_THAT(timestamp(never), HasSubstr("ALWAYS_FAILS")) << never;
}

std::string written_as(const std::string& format, const std::string& source,
                       const std::string& steps = "") {
  return told({source, steps, R"("kafka":{"topic":"out"},"format":)" + format, ""});
}

TEST(SinkFormat, StringAndBytesWriteAFieldOfTheirType) {
  const std::string text = R"(,"format":"string")";
  const std::string bytes = R"(,"format":"bytes")";
  EXPECT_EQ(written_as(R"("string")", text), "");
  EXPECT_EQ(written_as(R"("bytes")", bytes), "");
  EXPECT_EQ(written_as(R"("bytes")", text, R"J({"set":{"value":"bytes(value)"}})J"), "");
  EXPECT_EQ(written_as(R"("string")", bytes, R"J({"set":{"value":"string(value)"}})J"), "");
  EXPECT_EQ(written_as(R"("string")", ""), "") << "nothing is known";
  EXPECT_THAT(written_as(R"("string")", bytes),
              HasSubstr("WRONG_TYPE every row fails here: the format writes the field `value`, a "
                        "text, and this is always bytes: set it to `string(value)`"));
  EXPECT_THAT(written_as(R"("bytes")", text), HasSubstr("always string: set it to `bytes(value)`"));
  EXPECT_THAT(written_as(R"("string")", kSchema, R"({"select":{"value":"o"}})"),
              HasSubstr("always an object: set it to `json.print(value)`"));
  EXPECT_THAT(written_as(R"("string")", text, R"J({"set":{"value":"size(value)"}})J"),
              HasSubstr("always int"));
}

TEST(SinkFormat, RowsOfBytesStayBytesWhenTheyArePutTogether) {
  const Planned made = plan_of({R"(,"format":"bytes")",
                                R"J({"set":{"all":"json.print(this)"}},{"filter":"this != null"},)J"
                                R"J({"select":{"n":"size(value)","v":"value"}})J",
                                R"("kafka":{"topic":"out"})", ""});
  ASSERT_NE(made.plan, nullptr) << ::testing::PrintToString(made.problems);
  PlanRun run(made.plan);
  run.feed("in", {"abcd"});
  EXPECT_THAT(run.output("out"), ElementsAre(R"({"n":4,"v":"YWJjZA=="})"));
}

std::string event_time(const std::string& field, const std::string& more = "") {
  return told({std::string(kSchema) + R"(,"event_time":{"field":)" + field + more + "}", "",
               R"("kafka":{"topic":"out"})", ""});
}

TEST(SourceEventTime, IsOfATypeThatCanBeATime) {
  for (const char* good : {R"("t")", R"("s")", R"("i")", R"("j")", R"({"expr":"i * 1000"})",
                           R"J({"expr":"timestamp(s)"})J", R"({"expr":"meta.timestamp"})"})
    EXPECT_EQ(event_time(good), "") << good;
  EXPECT_EQ(event_time(R"("d")", R"(,"format":"s")"), "");
  for (const char* bad : {R"("b")", R"("y")", R"("l")", R"("m")", R"("o")", R"({"expr":"i > 1"})",
                          R"({"expr":"[i]"})", R"({"expr":"null"})"}) {
    EXPECT_THAT(event_time(bad), HasSubstr("WRONG_TYPE no row gets a time here: a time is a "
                                           "timestamp, a text or a number, and this is always "))
        << bad;
    EXPECT_THAT(event_time(bad, R"(,"format":"s","fallback":"kafka")"), HasSubstr("WRONG_TYPE"))
        << bad;
    EXPECT_NE(event_time(bad, R"(,"format":"%Y-%m-%d")"), "") << bad;
  }
  EXPECT_THAT(event_time(R"("d")"), HasSubstr("say in `format` what the number counts"));
  EXPECT_THAT(event_time(R"({"expr":"'yesterday'"})"), HasSubstr("ALWAYS_FAILS"));
  EXPECT_EQ(event_time(R"({"expr":"'2026-01-01T00:00:00Z'"})"), "");
}

TEST(Unwritable, IsToldAtTheExpressionWhereARowWithItIsWritten) {
  const auto problems = [](const std::string& steps, const std::string& sink = "") {
    return plan_of({kSchema, steps, R"("kafka":{"topic":"out"})" + sink, ""}).problems;
  };
  EXPECT_THAT(problems(R"J({"set":{"k":"type(s)"}})J"),
              ElementsAre("error /steps/0/set/k WRONG_TYPE"));
  EXPECT_THAT(problems(R"J({"select":{"x.k":"type(s)","n":"0.0/0.0"}})J"),
              UnorderedElementsAre("error /steps/0/select/x.k WRONG_TYPE",
                                   "error /steps/0/select/n ALWAYS_FAILS"));
  EXPECT_THAT(problems(R"J({"set":{"k":"type(j)"}},{"set":{"c":"k"}},{"drop":["k"]})J"),
              ElementsAre("error /steps/0/set/k WRONG_TYPE"))
      << "also in a copy";
  EXPECT_THAT(problems(R"J({"set":{"k":"type(j)"}},{"filter":"this != null"},{"drop":["k"]})J"),
              ElementsAre("error /steps/0/set/k WRONG_TYPE"))
      << "the row is put together on the way";
  EXPECT_THAT(problems(R"J({"set":{"k":"type(j)"}},{"filter":"k == int"},{"drop":["k"]})J"),
              IsEmpty());
  EXPECT_THAT(problems(R"J({"set":{"k":"1.0/0.0"}})J", R"(,"format":{"csv":{"fields":["s"]}})"),
              IsEmpty())
      << "no column";
  EXPECT_THAT(problems(R"J({"set":{"k":"1.0/0.0"}})J", R"(,"format":{"csv":{"fields":["k"]}})"),
              ElementsAre("error /steps/0/set/k ALWAYS_FAILS"));
}

TEST(Unwritable, IsToldOfKeysAndHeaders) {
  const Planned made = plan_of(
      {kSchema, "",
       R"J("kafka":{"topic":"out","key":{"expr":"type(s)"},"headers":{"h":{"expr":"0.0/0.0"}}})J",
       ""});
  EXPECT_THAT(made.problems, ElementsAre("error /sinks/out/kafka/key/expr WRONG_TYPE",
                                         "error /sinks/out/kafka/headers/h/expr ALWAYS_FAILS"));
}

TEST(SetInside, OfWhatAStepMadeIsKnownToFail) {
  const auto problems = [](const std::string& steps, const std::string& source = "") {
    return plan_of({source, steps, R"("kafka":{"topic":"out"})", ""}).problems;
  };
  for (const char* made : {"1", "'a'", "size(x ?? '')", "true"})
    EXPECT_THAT(problems(R"J({"set":{"a":")J" + std::string(made) + R"J("}},{"set":{"a.b":"2"}})J"),
                ElementsAre("error /steps/1/set/a.b NOT_AN_OBJECT"))
        << made;
  EXPECT_THAT(problems(R"J({"set":{"a.b":"1"}},{"set":{"a.b.c":"2"}})J"),
              ElementsAre("error /steps/1/set/a.b.c NOT_AN_OBJECT"));
  EXPECT_THAT(problems(R"J({"set":{"a":"{'x': 1}"}},{"set":{"a.b":"2"}})J"), IsEmpty());
  EXPECT_THAT(problems(R"J({"set":{"a":"1"}},{"drop":["a"]},{"set":{"a.b":"2"}})J"), IsEmpty());
  EXPECT_THAT(problems(R"J({"explode":{"field":"items","as":"item"}},{"set":{"n":"1"}},)J"
                       R"J({"explode":{"field":"item.more","as":"n.x"}})J"),
              ElementsAre("error /steps/2/explode/as NOT_AN_OBJECT"));
  EXPECT_THAT(problems(R"J({"set":{"s.x":"1"}})J", kSchema),
              ElementsAre("error /steps/0/set/s.x NOT_AN_OBJECT"));
}

TEST(SetInside, AMapForgetsTheTypeItsMembersHad) {
  const auto outputs = [](const std::string& set, const std::string& filter) {
    const Planned made = plan_of({kSchema,
                                  R"({"set":{)" + set + R"(}},{"set":{"all":"this"}},)" +
                                      R"({"filter":")" + filter + R"("},{"drop":["all"]})",
                                  R"("kafka":{"topic":"out"})", ""});
    EXPECT_NE(made.plan, nullptr) << ::testing::PrintToString(made.problems);
    if (made.plan == nullptr) return std::vector<std::string>{};
    PlanRun run(made.plan);
    run.feed("in", {R"({"m":{"a":1}})"});
    return run.output("out");
  };
  EXPECT_THAT(outputs(R"("m.b":"'text'")", "m.b == 'text'"),
              ElementsAre(R"({"m":{"a":1,"b":"text"}})"));
  EXPECT_THAT(outputs(R"("m.b":"7")", "m.a + m.b == 8"), ElementsAre(R"({"m":{"a":1,"b":7}})"));
}

TEST(SetInside, IsRefusedWithTheTypeThatIsInTheWay) {
  EXPECT_THAT(told({R"(,"format":"string")", R"({"set":{"value.x":"1"}})",
                    R"("kafka":{"topic":"out"})", ""}),
              HasSubstr("NOT_AN_OBJECT `value` is string here, so no field"));
  EXPECT_THAT(told({"", R"({"set":{"a":"true"}},{"explode":{"field":"a"}})",
                    R"("kafka":{"topic":"out"})", ""}),
              HasSubstr("WRONG_TYPE only a list can be exploded, and this is bool: name another"));
}

TEST(Generator, CountsInInts) {
  const auto problems = [](const std::string& field) {
    return planned(
               R"({"name":"p","sources":{"g":{"generator":{"rows_per_second":1,"fields":{"a":")" +
               field + R"("}}}},"sinks":{"out":{"stdout":{}}}})")
        .problems;
  };
  EXPECT_THAT(problems("seq > 'x'"),
              ElementsAre("error /sources/g/generator/fields/a WRONG_ARGUMENTS"));
  EXPECT_THAT(problems("string(seq % 7)"), IsEmpty());
}

TEST(MixedWithDeadLetters, IsAWarningForASinkThatNamesTheirTopic) {
  const auto problems = [](const std::string& sink, const std::string& on_error = "") {
    return plan_of({"", "", sink, on_error}).problems;
  };
  EXPECT_THAT(problems(R"("kafka":{"topic":"p-dead-letter"})"),
              ElementsAre("warning /sinks/out/kafka/topic MIXED_WITH_DEAD_LETTERS"));
  EXPECT_THAT(problems(R"("kafka":{"topic":{"expr":"'a'"},"topics":["a","p-dead-letter"]})"),
              ElementsAre("warning /sinks/out/kafka/topics/1 MIXED_WITH_DEAD_LETTERS"));
  EXPECT_THAT(problems(R"("kafka":{"topic":"bad"})",
                       R"(,"on_error":{"record":"dead_letter","dead_letter":{"topic":"bad"}})"),
              ElementsAre("warning /sinks/out/kafka/topic MIXED_WITH_DEAD_LETTERS"));
  EXPECT_THAT(problems(R"("kafka":{"topic":"p-dead-letter"})",
                       R"(,"on_error":{"record":"skip","decode":"skip"})"),
              IsEmpty())
      << "there are none";
  EXPECT_THAT(problems(R"("kafka":{"topic":"p-dead-letter","profile":"other"})"), IsEmpty());
}

}  // namespace
}  // namespace leat::plan
