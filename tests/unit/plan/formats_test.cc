#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "unit/plan/plan_run.h"

namespace leat::plan {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = spec::SchemaType::Kind;

spec::SchemaType type(Kind kind, bool required = false) {
  spec::SchemaType made;
  made.kind = kind;
  made.required = required;
  return made;
}

// From the source `in` through `steps` to the sink `out`, after `change` to what was read.
struct Definition {
  std::string steps;
  std::function<void(spec::PipelineSpec&)> change = [](spec::PipelineSpec&) {};
};

PlanResult built(const Definition& definition) {
  const std::string text = R"({"name":"p","sources":{"in":{"kafka":{"topics":["in"]}}},"steps":[)" +
                           definition.steps + R"(],"sinks":{"out":{"kafka":{"topic":"out"}}}})";
  spec::ParseResult parsed = spec::parse_pipeline(text);
  for (const spec::Diagnostic& diagnostic : parsed.diagnostics)
    EXPECT_NE(diagnostic.severity, spec::Severity::error)
        << diagnostic.pointer << " " << diagnostic.message;
  if (!parsed.ok()) return {};
  auto spec = std::make_shared<spec::PipelineSpec>(*parsed.spec);
  definition.change(*spec);
  return build_plan(spec, {1});
}

std::vector<std::string> through(const Definition& definition,
                                 const std::vector<std::string>& rows) {
  const PlanResult result = built(definition);
  std::vector<std::string> problems;
  for (const spec::Diagnostic& diagnostic : result.diagnostics) {
    std::string line = diagnostic.pointer + " " + diagnostic.code;
    for (const std::string& name : diagnostic.did_you_mean) line += " " + name;
    problems.push_back(line);
  }
  if (result.plan == nullptr) return problems;
  PlanRun run(result.plan);
  run.feed("in", rows);
  return run.output("out");
}

void from_csv(spec::PipelineSpec& spec, std::vector<std::string> fields) {
  spec.sources[0].format = spec::Format::csv;
  spec.sources[0].csv.fields = std::move(fields);
}
void to_csv(spec::PipelineSpec& spec, std::vector<std::string> fields) {
  spec.sinks[0].format = spec::Format::csv;
  spec.sinks[0].csv.fields = std::move(fields);
}
void declare(spec::PipelineSpec& spec, std::vector<spec::SchemaField> fields,
             spec::ExtraFields extra = spec::ExtraFields::keep) {
  spec.sources[0].schema.emplace();
  spec.sources[0].schema->fields = std::move(fields);
  spec.sources[0].schema->extra = extra;
}

TEST(Csv, BecomesAnObjectWithTheFieldsInColumnOrder) {
  const Definition plain{"", [](auto& spec) { from_csv(spec, {"b", "a"}); }};
  EXPECT_THAT(through(plain, {"1,\"x,y\"", "broken", "TOMBSTONE"}),
              ElementsAre(R"({"b":"1","a":"x,y"})", "TOMBSTONE"));
  const Definition set{R"({"set":{"c":"a + '!'"}},{"filter":"b != '0'"})", [](auto& spec) {
                         from_csv(spec, {"b", "a"});
                       }};
  EXPECT_THAT(through(set, {"1,x", "0,y"}), ElementsAre(R"({"b":"1","a":"x","c":"x!"})"));
}

TEST(Csv, AnUntouchedRowIsWrittenByteForByteToTheSameColumns) {
  const Definition same{R"({"filter":"a != ''"})", [](auto& spec) {
                          from_csv(spec, {"a", "b"});
                          to_csv(spec, {"a", "b"});
                        }};
  EXPECT_THAT(through(same, {"\"1\", 2", ",x"}), ElementsAre("\"1\", 2"));
  const Definition other{"", [](auto& spec) {
                           from_csv(spec, {"a", "b"});
                           to_csv(spec, {"b", "a"});
                         }};
  EXPECT_THAT(through(other, {"\"1\",2"}), ElementsAre("2,1"));
}

TEST(Csv, FieldsThatNoColumnHasAreRefusedWithSuggestions) {
  EXPECT_THAT(through({R"({"filter":"amuont == '1'"})",
                       [](auto& spec) {
                         from_csv(spec, {"amount", "b"});
                       }},
                      {}),
              ElementsAre("/steps/0/filter UNKNOWN_FIELD amount"));
  EXPECT_THAT(through({"",
                       [](auto& spec) {
                         from_csv(spec, {"amount"});
                         to_csv(spec, {"amount", "amout"});
                       }},
                      {}),
              ElementsAre("/sinks/out/format/csv/fields/1 UNKNOWN_FIELD amount"));
}

TEST(Csv, TheSinkWritesWhatTheRowHas) {
  const Definition json{R"({"set":{"t":"1.5","l":"list","gone":"null"}})", [](auto& spec) {
                          to_csv(spec, {"a", "t", "l", "gone", "never", "o"});
                        }};
  EXPECT_THAT(through(json, {R"({"a":1.10,"list":[1, "x"],"o":{"x":"a,b"}})"}),
              ElementsAre(R"(1.10,1.5,"[1, ""x""]",,,"{""x"":""a,b""}")"));
}

TEST(Csv, ThisIsTheRowAsAnObject) {
  EXPECT_THAT(
      through({R"({"set":{"copy":"this"}})", [](auto& spec) { from_csv(spec, {"a"}); }}, {"x"}),
      ElementsAre(R"({"a":"x","copy":{"a":"x"}})"));
}

TEST(Schema, TypesAreReadAndAbsentFieldsAreNull) {
  const Definition definition{
      R"~({"set":{"later":"at + duration('1s')","copy":"maybe","half":"d / 2","known":"has(maybe)"}})~",
      [](auto& spec) {
        declare(spec, {{"at", type(Kind::timestamp)},
                       {"d", type(Kind::real)},
                       {"maybe", type(Kind::integer)}});
      }};
  EXPECT_THAT(
      through(definition, {R"({"at":0,"d":3})", R"({"at":0,"d":3,"maybe":1.5})"}),
      ElementsAre(
          R"({"at":0,"d":3,"later":"1970-01-01T00:00:01Z","copy":null,"half":1.5,"known":false})"));
}

TEST(Schema, UndeclaredFieldsCannotBeNamedButPass) {
  const auto with = [](auto& spec) {
    spec::SchemaType user;
    user.kind = Kind::object;
    user.members = {{"city", type(Kind::string)}};
    declare(spec, {{"amount", type(Kind::integer)}, {"user", user}});
  };
  EXPECT_THAT(through({R"({"filter":"amout > 1"})", with}, {}),
              ElementsAre("/steps/0/filter UNKNOWN_FIELD amount"));
  EXPECT_THAT(through({R"({"filter":"user.cty == 'x'"})", with}, {}),
              ElementsAre("/steps/0/filter UNKNOWN_FIELD city"));
  EXPECT_THAT(
      through({R"({"filter":"amount > 1"},{"set":{"y":"this['x']"}},{"filter":"y[0] == 7"})", with},
              {R"({"x":[7],"amount":2})"}),
      ElementsAre(R"({"x":[7],"amount":2,"y":[7]})"));
}

TEST(Schema, TypesSurviveWhereARowIsPutTogether) {
  const Definition definition{
      R"~({"set":{"computed":"at + duration('1s')","size":"size(this)"}},)~"
      R"~({"set":{"a":"this","b":"at + duration('1m')","c":"computed + duration('1m')"}},)~"
      R"({"select":["b","c"]})",
      [](auto& spec) {
        declare(spec, {{"at", type(Kind::timestamp)}});
      }};
  EXPECT_THAT(through(definition, {R"({"at":"1970-01-01T00:00:00Z"})"}),
              ElementsAre(R"({"b":"1970-01-01T00:01:00Z","c":"1970-01-01T00:01:01Z"})"));
}

TEST(Schema, ExtraFieldsAreDroppedOrRefused) {
  for (const auto& [extra, expected] :
       std::vector<std::pair<spec::ExtraFields, std::vector<std::string>>>{
           {spec::ExtraFields::keep, {R"({"x":1,"a":2})"}},
           {spec::ExtraFields::drop, {R"({"a":2})"}},
           {spec::ExtraFields::error, {}}}) {
    const Definition definition{"", [extra = extra](auto& spec) {
                                  declare(spec, {{"a", type(Kind::integer)}}, extra);
                                }};
    EXPECT_EQ(through(definition, {R"({"x":1,"a":2})"}), expected);
  }
}

TEST(Schema, TypesOfCsvColumnsCarryOver) {
  const Definition definition{
      R"({"filter":"n > 1"},{"set":{"all":"this"}})", [](auto& spec) {
        from_csv(spec, {"n", "t"});
        declare(spec, {{"n", type(Kind::real)}, {"t", type(Kind::timestamp)}});
      }};
  EXPECT_THAT(through(definition, {"2.50,0", "1,0", "x,0"}),
              ElementsAre(R"({"n":2.50,"t":0,"all":{"n":2.50,"t":0}})"));
}

spec::ExplodeStep explode(spec::FieldPath field) {
  spec::ExplodeStep step;
  step.as = field;
  step.field = std::move(field);
  return step;
}

// Replaces the step with this number.
auto step_is(std::size_t at, spec::ExplodeStep step) {
  return [at, step](spec::PipelineSpec& spec) { spec.steps[at].verb = step; };
}

constexpr const char* kAnyStep = R"({"drop":["zzz"]})";

TEST(Explode, KeepsTheOtherFieldsAndTheTokensOfItems) {
  EXPECT_THAT(
      through({kAnyStep, step_is(0, explode({"items"}))},
              {R"({"id":1.0,"items":[1.10, {"a" : 1}],"z":0})", R"({"items":[]})",
               R"({"items":"x"})", "{}", "TOMBSTONE"}),
      ElementsAre(R"({"id":1.0,"items":1.10,"z":0})", R"({"id":1.0,"items":{"a" : 1},"z":0})"));
}

TEST(Explode, PutsItemAndPositionWhereTheyAreWanted) {
  spec::ExplodeStep step = explode({"order", "items"});
  step.as = {"item"};
  step.index = spec::FieldPath{"at", "i"};
  step.outer = true;
  EXPECT_THAT(through({kAnyStep, step_is(0, step)},
                      {R"({"order":{"id":7,"items":["a","b"]}})", R"({"order":{"id":8}})"}),
              ElementsAre(R"({"order":{"id":7},"item":"a","at":{"i":0}})",
                          R"({"order":{"id":7},"item":"b","at":{"i":1}})",
                          R"({"order":{"id":8},"item":null,"at":{"i":null}})"));
}

TEST(Explode, MembersOfItemsAreReadWithoutEncodingTheRow) {
  const std::string steps =
      std::string(kAnyStep) + R"(,{"filter":"items.n > 1"},{"set":{"double":"items.n * 2"}})";
  const PlanResult result = built({steps, step_is(0, explode({"items"}))});
  ASSERT_NE(result.plan, nullptr);
  // decode, arrival, explode, filter, set, sink: nothing in between.
  EXPECT_EQ(result.plan->stages[0].nodes.size(), 6U);
  EXPECT_THAT(through({steps, step_is(0, explode({"items"}))},
                      {R"({"items":[{"n":1},{"n":2},{"m":0},5]})"}),
              ElementsAre(R"({"items":{"n":2},"double":4})"));
}

TEST(Explode, ListsOfListsAreExplodedTwice) {
  spec::ExplodeStep rows = explode({"table"});
  rows.as = {"row"};
  rows.index = spec::FieldPath{"y"};
  spec::ExplodeStep cells = explode({"row"});
  cells.as = {"cell"};
  cells.index = spec::FieldPath{"x"};
  const Definition definition{std::string(kAnyStep) + "," + kAnyStep,
                              [&](spec::PipelineSpec& spec) {
                                spec.steps[0].verb = rows;
                                spec.steps[1].verb = cells;
                              }};
  EXPECT_THAT(through(definition, {R"({"table":[[1,2],[],[3.0]]})"}),
              ElementsAre(R"({"y":0,"cell":1,"x":0})", R"({"y":0,"cell":2,"x":1})",
                          R"({"y":2,"cell":3.0,"x":0})"));
}

TEST(Explode, TakesComputedListsToo) {
  const std::string steps =
      std::string(R"({"set":{"l":"[a, a + 1]"}},)") + kAnyStep + R"(,{"set":{"n":"l + 1"}})";
  EXPECT_THAT(through({steps, step_is(1, explode({"l"}))}, {R"({"a":5})"}),
              ElementsAre(R"({"a":5,"l":5,"n":6})", R"({"a":5,"l":6,"n":7})"));
}

TEST(Explode, ItemsHaveTheTypeThatTheSchemaSays) {
  spec::SchemaType list = type(Kind::list);
  list.element = std::make_shared<spec::SchemaType>(type(Kind::timestamp));
  const std::string steps = std::string(kAnyStep) + R"~(,{"set":{"later":"ts + duration('1s')"}})~";
  EXPECT_THAT(through({steps,
                       [&](spec::PipelineSpec& spec) {
                         declare(spec, {{"ts", list}});
                         step_is(0, explode({"ts"}))(spec);
                       }},
                      {R"({"ts":["1970-01-01T00:00:00+00:00",1000]})"}),
              ElementsAre(R"({"ts":"1970-01-01T00:00:00+00:00","later":"1970-01-01T00:00:01Z"})",
                          R"({"ts":1000,"later":"1970-01-01T00:00:02Z"})"));
}

TEST(Explode, MistakesHaveTheirPlace) {
  const auto problems = [](const spec::ExplodeStep& step) {
    return through({kAnyStep, step_is(0, step)}, {});
  };
  spec::ExplodeStep inside = explode({"a"});
  inside.as = {"a", "b"};
  EXPECT_THAT(problems(inside), ElementsAre("/steps/0/explode/as FIELD_CLASH"));
  spec::ExplodeStep same = explode({"a"});
  same.index = spec::FieldPath{"a"};
  EXPECT_THAT(problems(same), ElementsAre("/steps/0/explode/index FIELD_CLASH"));
  EXPECT_THAT(through({kAnyStep,
                       [](spec::PipelineSpec& spec) {
                         declare(spec, {{"n", type(Kind::integer)}});
                         spec.steps[0].verb = explode({"n"});
                       }},
                      {}),
              ElementsAre("/steps/0/explode/field WRONG_TYPE"));
  EXPECT_THAT(
      through({R"({"drop":["a"]},)" + std::string(kAnyStep), step_is(1, explode({"a"}))}, {}),
      ElementsAre("/steps/1/explode/field UNKNOWN_FIELD"));
}

TEST(SinkTopic, ComesFromTheRowAndMustBeAllowed) {
  const PlanResult result = built({"", [](spec::PipelineSpec& spec) {
                                     auto& kafka =
                                         std::get<spec::KafkaSinkSpec>(spec.sinks[0].kind);
                                     kafka.topic.clear();
                                     kafka.topic_expression = {"'a-' + kind", "/x"};
                                     kafka.topics = {"a-*"};
                                   }});
  ASSERT_NE(result.plan, nullptr);
  PlanRun run(result.plan);
  run.feed("in", {R"({"kind":"x"})", R"({"kind":"?"})", R"({})"});
  EXPECT_THAT(run.output("out"), ElementsAre(R"(to a-x {"kind":"x"})"));
  EXPECT_EQ(run.counts("sink out"), "2 0 2");
}

TEST(Timestamps, AreWrittenAsTheSinkWants) {
  for (const auto& [text, expected] : std::vector<std::pair<spec::TimestampText, std::string>>{
           {spec::TimestampText::rfc3339,
            R"({"t":"1970-01-01T00:00:01.5Z","l":["1970-01-01T00:00:00Z"]})"},
           {spec::TimestampText::ms, R"({"t":1500,"l":[0]})"},
           {spec::TimestampText::us, R"({"t":1500000,"l":[0]})"}}) {
    EXPECT_THAT(
        through({R"~({"select":{"t":"timestamp('1970-01-01T00:00:01.5Z')","l":"[timestamp(0)]"}})~",
                 [text = text](spec::PipelineSpec& spec) { spec.sinks[0].timestamps = text; }},
                {"{}"}),
        ElementsAre(expected));
  }
}

TEST(EventTimes, ComeFromAFieldOrAnExpression) {
  const auto with = [](const std::string& text, spec::EventTimeSpec::Unit unit) {
    return [text, unit](spec::PipelineSpec& spec) {
      spec.sources[0].event_time.value = {text, "/sources/in/event_time/field"};
      spec.sources[0].event_time.unit = unit;
    };
  };
  const std::string steps = R"({"set":{"t":"meta.event_time"}},{"select":["t"]})";
  EXPECT_THAT(through({steps, with("at.s", spec::EventTimeSpec::Unit::s)},
                      {R"({"at":{"s":1.5}})", R"({"at":1})", "{}"}),
              ElementsAre(R"({"t":"1970-01-01T00:00:01.5Z"})"));
  EXPECT_THAT(through({steps, with("a + b", spec::EventTimeSpec::Unit::ms)}, {R"({"a":1,"b":2})"}),
              ElementsAre(R"({"t":"1970-01-01T00:00:00.003Z"})"));
  EXPECT_THAT(through({steps, with("a +", spec::EventTimeSpec::Unit::ms)}, {}),
              testing::Contains(testing::StartsWith("/sources/in/event_time/field ")));
}

TEST(EventTimes, StayWithTheRowWhateverBecomesOfTheField) {
  const auto with = [](spec::PipelineSpec& spec) {
    spec.sources[0].event_time.value = {"at", "/x"};
  };
  EXPECT_THAT(
      through({R"({"set":{"at":"5"}},{"drop":["at"]},{"set":{"t":"meta.event_time"}})", with},
              {R"({"at":1000,"x":1})"}),
      ElementsAre(R"({"x":1,"t":"1970-01-01T00:00:01Z"})"));
}

TEST(Keys, AreBytesWhereTheSourceSaysSo) {
  const auto with = [](spec::PipelineSpec& spec) { spec.sources[0].key_as_bytes = true; };
  EXPECT_THAT(through({R"({"set":{"k":"meta.key"}})", with}, {"{}"}),
              ElementsAre(R"({"k":"c291cmNlLWtleQ=="})"));
}

}  // namespace
}  // namespace leat::plan
