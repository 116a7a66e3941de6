#include <gmock/gmock.h>

#include <algorithm>

#include "plan/plan.h"
#include "spec/parse.h"

namespace leat::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CheckExpressions, TheirMistakesAreToldBesideThoseOfTheDefinition) {
  const std::string text =
      R"json({ "name": "p", "sources": { "in": { "kafka": { "topics": ["t"] } } },
    "steps": [ { "filter": "amount >" }, { "set": { "a": "nope(1)" } } ],
    "sinks": { "out": { "kafka": { "topci": "u" } } } })json";
  const spec::ParseResult parsed = spec::parse_pipeline(text);
  ASSERT_FALSE(parsed.ok());
  std::vector<spec::Diagnostic> found = check_expressions(parsed.expressions);
  std::vector<std::string> places;
  for (const spec::Diagnostic& diagnostic : found)
    places.push_back(diagnostic.pointer + " " + diagnostic.code);
  EXPECT_THAT(places,
              ElementsAre("/steps/0/filter EXPRESSION_SYNTAX", "/steps/1/set/a UNKNOWN_FUNCTION"));
  spec::locate(text, found);
  EXPECT_EQ(found.front().line, 2);
}

TEST(CheckExpressions, AnyFieldMayStandInThem) {
  EXPECT_THAT(check_expressions({{"anything.at.all > 1 && this['x'] == 'y'", "/steps/0/filter"}}),
              IsEmpty());
}

TEST(CheckRest, MistakesBesideTheGraphHideNoneOfIt) {
  const spec::ParseResult parsed = spec::parse_pipeline(
      R"({"name": "A B", "trigger": {"mode": "sometimes"}, "nmae": 1,
          "sources": {"in": {"kafka": {"topics": ["t"]}, "schema": {"a": "int"}}},
          "steps": [{"filter": "'no condition'"}, {"select": ["nope"]}],
          "sinks": {"out": {"stdout": {}}}})");
  ASSERT_FALSE(parsed.ok());
  std::vector<std::string> places;
  for (const spec::Diagnostic& each : check_rest(parsed, {}))
    if (each.severity == spec::Severity::error) places.push_back(each.code + " " + each.pointer);
  EXPECT_THAT(places, ::testing::ElementsAre("NOT_A_BOOLEAN /steps/0/filter",
                                             "UNKNOWN_FIELD /steps/1/select/0"));
}

// Errors of parsing and of the graph, as the caller shows them together.
std::vector<std::string> errors_of(const std::string& text) {
  const spec::ParseResult parsed = spec::parse_pipeline(text);
  std::vector<std::string> all;
  const auto add = [&all](const std::vector<spec::Diagnostic>& found) {
    for (const spec::Diagnostic& each : found)
      if (each.severity == spec::Severity::error) all.push_back(each.code + " " + each.pointer);
  };
  add(parsed.diagnostics);
  add(check_rest(parsed, {}));
  std::sort(all.begin(), all.end());
  return all;
}

// A definition with mistakes that only the graph shows, and a hole for one that reading finds.
struct Parts {
  std::string head = R"("name": "p",)";
  std::string source;
  std::string more_sources;
  std::string step_members;
  std::string last_steps;
  std::string sinks = R"("sinks": {"out": {"stdout": {}}})";
};
std::string with_mistakes(const Parts& parts) {
  return "{" + parts.head + R"(
    "sources": {"in": {"kafka": {"topics": ["t"]}, "schema": {"a": "int", "t": "string"},
                       "event_time": {"field": "t", "format": "%Q", "zone": "Mars"})" +
         parts.source + "}" + parts.more_sources + R"(},
    "steps": [{"filter": "'no condition'", "from": "in")" +
         parts.step_members + R"(}, {"set": {"x": "nope"}})" + parts.last_steps + R"(],
    "on_error": {"dead_letter": {"topic": "t"}},
    "tests": [{"name": "n", "input": {"in": []}, "expect": {}, "mock": {"functions": {"nofunction.x": {"1": 1}}}}],)" +
         parts.sinks + "}";
}

TEST(CheckRest, AMistakeInAPartOfTheGraphHidesNoneBesideAndAboveIt) {
  const std::vector<std::string> beside = errors_of(with_mistakes({}));
  ASSERT_THAT(beside, ::testing::IsSupersetOf(
                          {"BAD_VALUE /sources/in/event_time/format",
                           "BAD_VALUE /sources/in/event_time/zone", "NOT_A_BOOLEAN /steps/0/filter",
                           "UNKNOWN_FIELD /steps/1/set/x", "TOPIC_LOOP /on_error/dead_letter/topic",
                           "UNKNOWN_NAME /tests/0/mock/functions/nofunction.x"}));
  std::vector<Parts> hiding;
  const auto hole = [&hiding](std::string Parts::*part, const std::string& text) {
    hiding.emplace_back();
    hiding.back().*part = text;
  };
  hole(&Parts::head, "");
  hole(&Parts::source, R"(, "format": "xml")");
  hole(&Parts::more_sources, R"(, "two": {"kafka": {"topics": ["u"]}, "schema": {"a": "intt"}})");
  hole(&Parts::step_members, R"(, "id": "no id")");
  for (const char* step :
       {R"({"join": {}})", R"({"filter": "true", "set": {"a": "1"}})", R"({"explode": {}})",
        R"({"filter": "true", "from": "nope"})", R"({"set": {"a.0": "1"}})", R"({"set": "x"})",
        R"(5)", R"({"id": "in", "filter": "true"})", R"({"fitler": "true"})", R"({"set": {}})",
        R"({"aggregate": 5, "id": "g"})", R"({"dedupe": {"by": ["a"]}, "id": "d"})",
        R"({"select": []})"})
    hole(&Parts::last_steps, std::string(", ") + step);
  for (const char* sinks :
       {R"("sinks": {"out": {"stdout": {}, "format": "avro"}})", R"("sinks": {"out": {}})",
        R"("sinks": [])", R"("x": 1)", R"("sinks": {"out": {"kafka": {"topic": 5}}})",
        R"("sinks": {"out": {"stdout": {}, "from": []}})"})
    hole(&Parts::sinks, sinks);
  for (const Parts& each : hiding) {
    const std::string text = with_mistakes(each);
    const std::vector<std::string> found = errors_of(text);
    EXPECT_THAT(found, ::testing::IsSupersetOf(beside)) << text;
    EXPECT_GT(found.size(), beside.size()) << text;
    EXPECT_EQ(std::adjacent_find(found.begin(), found.end()), found.end()) << text;
  }
}

TEST(CheckRest, WhatCannotBeToldOfRowsIsNotGuessed) {
  const auto definition = [](const std::string& schema, const std::string& steps) {
    return R"({"name": "p", "sources": {"in": {"kafka": {"topics": ["t"]}, "schema": )" + schema +
           R"(, "event_time": {"field": "t", "format": "%Q", "zone": "Mars"}}}, "steps": [)" +
           steps + R"(], "sinks": {"out": {"stdout": {}}}})";
  };
  EXPECT_THAT(errors_of(definition(R"({"": "int"})", R"({"filter": "nope == 1"})")),
              ElementsAre("BAD_NAME /sources/in/schema/", "BAD_VALUE /sources/in/event_time/format",
                          "BAD_VALUE /sources/in/event_time/zone"));
  EXPECT_THAT(
      errors_of(definition(R"({"t": "string"})",
                           R"json({"set": {"x.0": "1", "y": "nofunction(t)"}},
                  {"filter": "below > 1"}, {"select": ["u"]}, {"filter": "t == 1"})json")),
      ElementsAre("BAD_FIELD_PATH /steps/0/set/x.0", "BAD_VALUE /sources/in/event_time/format",
                  "BAD_VALUE /sources/in/event_time/zone", "UNKNOWN_FIELD /steps/3/filter",
                  "UNKNOWN_FUNCTION /steps/0/set/y"));
}

TEST(CheckRest, AMockOfAFunctionThatOnlyAFaultyStepCallsIsAsked) {
  EXPECT_THAT(errors_of(R"json({"name": "p", "sources": {"in": {"kafka": {"topics": ["t"]}}},
                "steps": [{"set": {"x": "mine.fn(a)"}, "drop": ["b"]}],
                "sinks": {"out": {"stdout": {}}},
                "tests": [{"name": "n", "input": {"in": []}, "expect": {}, "mock": {"functions": {"mine.fn": {"1": 1}}}}]})json"),
              ::testing::Not(::testing::Contains(::testing::HasSubstr("/tests"))));
}

// The first mistake or warning of the graph at a place.
spec::Diagnostic told_at(const std::string& text, const std::string& pointer) {
  for (const spec::Diagnostic& each : check_rest(spec::parse_pipeline(text), {}))
    if (each.pointer == pointer) return each;
  return {};
}

TEST(CheckRest, WhatBoundsTheStateOfAFaultyStepIsNotKnown) {
  for (const char* bound : {R"("window": {"sliding": "1m"})", R"("tll": "1h")"}) {
    const std::string text =
        std::string(R"json({"name": "p", "sources": {"in": {"kafka": {"topics": ["t"]}}},
            "steps": [{"id": "w", "aggregate": {"by": ["k"], )json") +
        bound + R"json(, "compute": {"n": "count()"}}}], "sinks": {"out": {"stdout": {}}}})json";
    EXPECT_EQ(told_at(text, "/steps/0/aggregate").code, "") << bound;
  }
}

TEST(CheckRest, AFieldThatNothingIsNearToIsToldWithThoseThereAre) {
  const auto at = [](const std::string& schema) {
    return told_at(R"({"name": "p", "sources": {"in": {"kafka": {"topics": ["t"]}, "schema": {)" +
                       schema + R"(}}}, "steps": [{"set": {"x": "zzzzzz"}}],
                       "sinks": {"out": {"stdout": {}}}})",
                   "/steps/0/set/x")
        .message;
  };
  EXPECT_EQ(at(R"("aa": "int", "bb": "int")"),
            "no row has a field `zzzzzz` here: there are `aa`, `bb`");
  std::string many;
  for (char c = 'a'; c <= 'k'; ++c)
    many += std::string(many.empty() ? "" : ", ") + "\"" + c + "\": \"int\"";
  EXPECT_THAT(at(many), ::testing::EndsWith("`g`, `h` and 3 more"));
}

TEST(CheckRest, AWrongTypeInASchemaHidesNoFieldOfAnotherName) {
  EXPECT_THAT(errors_of(R"({"name": "p",
      "sources": {"in": {"kafka": {"topics": ["t"]},
          "schema": {"a": "decimal", "b": {"x": "date", "y": 3}, "n": "int"}},
        "csv": {"file": {"path": "f"}, "format": {"csv": {"fields": ["k", "v"]}},
          "schema": {"k": "text", "v": "json"}}},
      "steps": [{"from": "in", "filter": "aa > 1"}, {"set": {"c": "a * 2", "d": "b.x", "e": "b.z"}},
                {"filter": "n.size() > 1"}, {"from": "csv", "filter": "k > 1 && w > 1"}],
      "sinks": {"out": {"stdout": {}}}})"),
              ::testing::ElementsAre(
                  "BAD_VALUE /sources/csv/schema/v", "UNKNOWN_FIELD /steps/0/filter",
                  "UNKNOWN_FIELD /steps/1/set/e", "UNKNOWN_VALUE /sources/csv/schema/k",
                  "UNKNOWN_VALUE /sources/in/schema/a", "UNKNOWN_VALUE /sources/in/schema/b/x",
                  "WRONG_ARGUMENTS /steps/2/filter", "WRONG_TYPE /sources/in/schema/b/y"));
}

TEST(CheckRest, ANearFunctionIsNamedOnce) {
  const spec::Diagnostic found = told_at(
      R"json({"name": "p", "sources": {"in": {"kafka": {"topics": ["t"]}}},
              "steps": [{"set": {"x": "hash.md5(string(a))"}}], "sinks": {"out": {"stdout": {}}},
              "tests": [{"name": "n", "input": {"in": []}, "expect": {},
                         "mock": {"functions": {"hash.md6": {"1": 1}}}}]})json",
      "/tests/0/mock/functions/hash.md6");
  EXPECT_EQ(std::count(found.did_you_mean.begin(), found.did_you_mean.end(), "hash.md5"), 1);
}

TEST(CheckRest, ADeadLetterTopicThatManySourcesReadIsToldOnce) {
  std::string sources;
  for (const char* id : {"a", "b", "c"})
    sources += std::string(sources.empty() ? "" : ", ") + "\"" + id +
               R"(": {"kafka": {"topics": {"pattern": "^dead.*$"}}})";
  const std::vector<std::string> found =
      errors_of(R"({"name": "p", "sources": {)" + sources +
                R"(}, "on_error": {"dead_letter": {"topic": "dead"}},
          "sinks": {"out": {"stdout": {}, "from": ["a", "b", "c"]}}})");
  EXPECT_EQ(std::count(found.begin(), found.end(), "TOPIC_LOOP /on_error/dead_letter/topic"), 1);
}

}  // namespace
}  // namespace leat::plan
