#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "definitions.h"
#include "spec/field_path.h"

namespace leat::spec {
namespace {

using namespace testing;  // NOLINT
using ::testing::ElementsAre;

constexpr std::string_view kTwoSources = R"({"name": "p",
  "sources": {"a": {"kafka": {"topics": ["ta"]}}, "b": {"kafka": {"topics": ["tb"]}}}, "steps": [@],
  "sinks": {"out": {"stdout": {}}}})";

std::string errors_of_two(std::string_view steps) {
  return errors_of(with(kTwoSources, "@", steps));
}

TEST(Steps, HaveExactlyOneVerb) {
  EXPECT_EQ(errors_of(with_steps("[{}]")), "EXACTLY_ONE_OF /steps/0");
  EXPECT_EQ(errors_of(with_steps(R"([{"id": "a", "description": "x"}])")),
            "EXACTLY_ONE_OF /steps/0");
  EXPECT_EQ(errors_of(with_steps(R"([{"filter": "a", "set": {"b": "1"}}])")),
            "EXACTLY_ONE_OF /steps/0");
  EXPECT_EQ(errors_of(with_steps(R"([{"fliter": "a"}])")), "UNKNOWN_FIELD /steps/0/fliter");
  EXPECT_EQ(errors_of(with_steps(R"([{"join": {}}])")), "NOT_AVAILABLE_YET /steps/0/join");
  EXPECT_EQ(errors_of(with_steps(R"([1, null, []])")),
            "WRONG_TYPE /steps/0\nWRONG_TYPE /steps/1\nWRONG_TYPE /steps/2");
}

TEST(Steps, ExpressionsAreMeasured) {
  EXPECT_EQ(errors_of(with_steps(R"([{"filter": " \t"}])")), "OUT_OF_RANGE /steps/0/filter");
  EXPECT_EQ(errors_of(with_steps("[{\"filter\": \"" + std::string(16'384, '(') + "\"}]")), "");
  EXPECT_EQ(errors_of(with_steps("[{\"filter\": \"" + std::string(16'385, '(') + "\"}]")),
            "OUT_OF_RANGE /steps/0/filter");
  EXPECT_EQ(errors_of(with_steps(R"([{"set": {"a": 1, "b": null, "c": true, "d": ""}}])")),
            "WRONG_TYPE /steps/0/set/a\nWRONG_TYPE /steps/0/set/b\nWRONG_TYPE "
            "/steps/0/set/c\nOUT_OF_RANGE /steps/0/set/d");
}

TEST(Steps, EmptyListsAndObjectsOfFieldsAreRefused) {
  EXPECT_EQ(
      errors_of(with_steps(
          R"([{"set": {}}, {"select": {}}, {"select": []}, {"drop": []}, {"repartition": {"by": []}}])")),
      "OUT_OF_RANGE /steps/0/set\nOUT_OF_RANGE /steps/1/select\nOUT_OF_RANGE "
      "/steps/2/select\nOUT_OF_RANGE /steps/3/drop\n"
      "OUT_OF_RANGE /steps/4/repartition/by");
}

TEST(Steps, FieldPathsAreChecked) {
  EXPECT_EQ(
      errors_of(with_steps(
          R"([{"set": {"a[0]": "1", "": "1", "a..b": "1", "x-y": "1"}}, {"drop": ["a", 1, "1a"]}])")),
      "BAD_FIELD_PATH /steps/0/set/a[0]\nBAD_FIELD_PATH /steps/0/set/\nBAD_FIELD_PATH "
      "/steps/0/set/a..b\n"
      "BAD_FIELD_PATH /steps/0/set/x-y\nWRONG_TYPE /steps/1/drop/1\nBAD_FIELD_PATH "
      "/steps/1/drop/2");
}

TEST(Steps, TwoExpressionsForOneFieldAreRefused) {
  EXPECT_EQ(errors_of(with_steps(R"([{"set": {"a": "1", "`a`": "2"}}])")),
            "FIELD_CLASH /steps/0/set/`a`");
  EXPECT_EQ(errors_of(with_steps(R"([{"set": {"a.b.c": "1", "a": "2", "ab": "3", "a.d": "4"}}])")),
            "FIELD_CLASH /steps/0/set/a.b.c\nFIELD_CLASH /steps/0/set/a.d");
  EXPECT_EQ(errors_of(with_steps(R"([{"select": ["user.name", "org.name"]}])")),
            "FIELD_CLASH /steps/0/select/1");
  EXPECT_EQ(errors_of(with_steps(
                R"([{"set": {"a.b": "1", "a.c": "2", "ab": "3"}}, {"drop": ["a", "a.b"]}])")),
            "");
}

TEST(Steps, TheViaOfARepartition) {
  EXPECT_EQ(errors_of(with_steps(R"([{"repartition": {"by": ["k"], "via": "memory"}}])")), "");
  EXPECT_EQ(errors_of(with_steps(R"([{"repartition": {"by": ["k"], "via": "kafka"}}])")),
            "NOT_AVAILABLE_YET /steps/0/repartition/via");
  EXPECT_EQ(errors_of(with_steps(R"([{"repartition": {"by": ["k"], "via": "disk"}}])")),
            "UNKNOWN_VALUE /steps/0/repartition/via");
}

TEST(Ids, AreUniqueOverSourcesAndSteps) {
  EXPECT_EQ(errors_of(with_steps(R"([{"id": "in", "filter": "a"}])")), "DUPLICATE_ID /steps/0/id");
  EXPECT_EQ(errors_of(with_steps(R"([{"id": "x", "filter": "a"}, {"id": "x", "filter": "a"}])")),
            "DUPLICATE_ID /steps/1/id");
  EXPECT_EQ(errors_of(with_steps(R"([{"id": "x.y", "filter": "a"}, {"id": "", "filter": "a"}])")),
            "BAD_NAME /steps/0/id\nBAD_NAME /steps/1/id");
}

TEST(Ids, MadeOnesAreNeverSuggested) {
  const ParseResult result = parse_pipeline(with_steps(
      R"([{"id": "big", "filter": "a"}, {"id": "big", "filter": "a"}, {"from": "bigg", "drop": ["a"]}])"));
  ASSERT_EQ(result.diagnostics.size(), 2u);
  EXPECT_EQ(result.diagnostics[1].did_you_mean, std::vector<std::string>{"big"});
}

TEST(Ids, MadeOnesAvoidGivenOnesAndCannotBeNamed) {
  const ParseResult result = parse_pipeline(with_steps(
      R"([{"id": "drop-1", "filter": "a"}, {"drop": ["b"]}, {"id": "filter-3", "drop": ["c"]},
    {"filter": "d"}, {"id": "set-5", "filter": "d"}, {"set": {"a": "1"}}])"));
  ASSERT_TRUE(result.ok()) << codes(result.diagnostics);
  std::vector<std::string> ids;
  for (const StepSpec& step : result.spec->steps) ids.push_back(step.id);
  EXPECT_THAT(ids, ElementsAre("drop-1", "drop-1_", "filter-3", "filter-3_", "set-5", "set-5_"));
  EXPECT_EQ(errors_of(with_steps(R"([{"filter": "a"}, {"filter": "b", "from": "filter-0"}])")),
            "UNKNOWN_NAME /steps/1/from");
}

TEST(From, DefaultsToTheStepAboveAndTheOnlySource) {
  const ParseResult result = parse_pipeline(
      with_steps(R"([{"filter": "a"}, {"id": "b", "filter": "b"}, {"filter": "c"}])"));
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(result.spec->steps[0].from, ElementsAre("in"));
  EXPECT_THAT(result.spec->steps[1].from, ElementsAre("filter-0"));
  EXPECT_THAT(result.spec->steps[2].from, ElementsAre("b"));
  EXPECT_THAT(result.spec->sinks[0].from, ElementsAre("filter-2"));
  EXPECT_THAT(parse_pipeline(with_steps("[]")).spec->sinks[0].from, ElementsAre("in"));
}

TEST(From, IsNeededWhenThereAreSeveralSources) {
  EXPECT_EQ(errors_of_two(R"({"filter": "a"})"), "MISSING_FIELD /steps/0");
  EXPECT_EQ(errors_of_two(""), "MISSING_FIELD /sinks/out");
  EXPECT_EQ(errors_of_two(R"({"from": ["a", "b"], "filter": "a"}, {"filter": "b"})"), "");
}

TEST(From, LooksUpwardsOnly) {
  EXPECT_EQ(errors_of(with_steps(
                R"([{"id": "x", "from": "y", "filter": "a"}, {"id": "y", "filter": "b"}])")),
            "NOT_ABOVE /steps/0/from");
  EXPECT_EQ(errors_of(with_steps(R"([{"id": "x", "from": "x", "filter": "a"}])")),
            "NOT_ABOVE /steps/0/from");
  EXPECT_EQ(errors_of(with_steps(R"([{"id": "x", "from": ["in", "xx", 7], "filter": "a"}])")),
            "UNKNOWN_NAME /steps/0/from/1\nWRONG_TYPE /steps/0/from/2");
  EXPECT_EQ(errors_of(with_steps(R"([{"from": [], "filter": "a"}])")),
            "OUT_OF_RANGE /steps/0/from");
  EXPECT_EQ(errors_of(with_steps(R"([{"from": "out", "filter": "a"}])")),
            "UNKNOWN_NAME /steps/0/from")
      << "a sink is read by nobody";
  EXPECT_EQ(errors_of(with_steps(R"([{"from": "in.errors", "filter": "a"}])")),
            "NOT_AVAILABLE_YET /steps/0/from");
}

TEST(From, BranchesAndUnions) {
  const ParseResult result =
      parse_pipeline(with(kTwoSources, "@", R"({"id": "x", "from": "a", "filter": "1"},
    {"id": "y", "from": "b", "filter": "2"}, {"id": "u", "from": ["x", "y", "x"], "filter": "3"})"));
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(result.spec->steps[2].from, ElementsAre("x", "y", "x"));
  EXPECT_THAT(result.diagnostics, ::testing::IsEmpty());
}

TEST(From, WhatNobodyReadsIsWarnedOf) {
  EXPECT_EQ(
      warnings_of(with(kTwoSources, "@",
                       R"({"id": "x", "from": "a", "filter": "1"}, {"from": "a", "filter": "2"})")),
      "NEVER_READ /sources/b\nNEVER_READ /steps/0");
  const std::string broken = with(kTwoSources, "@", R"({"id": "x", "from": "c", "filter": "1"})");
  EXPECT_EQ(errors_of(broken), "UNKNOWN_NAME /steps/0/from");
  EXPECT_EQ(warnings_of(broken), "") << "a name that is wrong explains what is not read";
}

TEST(FieldPaths, AreReadAndWritten) {
  const auto round_trip = [](std::string_view text) {
    const Result<FieldPath> path = parse_field_path(text);
    return path.ok() ? format_field_path(*path) : "not a path";
  };
  EXPECT_THAT(*parse_field_path("user.address.city"), ElementsAre("user", "address", "city"));
  EXPECT_THAT(*parse_field_path("`x-y`.`a.b`"), ElementsAre("x-y", "a.b"));
  EXPECT_THAT(*parse_field_path("`a b`.c"), ElementsAre("a b", "c"));
  EXPECT_EQ(round_trip("a.b_1._c"), "a.b_1._c");
  EXPECT_EQ(round_trip("`a`.`x-y`.`1`"), "a.`x-y`.`1`");
  EXPECT_EQ(round_trip("this.in.meta"), "`this`.`in`.`meta`");
  EXPECT_EQ(round_trip("`ü`"), "`ü`");
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "a[0]", "a[", "a b", "1a", "a-b", "`a", "``",
                          "`a`b", "a.`", "ü", "a\n"})
    EXPECT_EQ(round_trip(bad), "not a path") << bad;
  std::string deep = "a";
  for (int i = 0; i < 63; ++i) deep += ".a";
  EXPECT_EQ(round_trip(deep), deep);
  EXPECT_EQ(round_trip(deep + ".a"), "not a path");
}

TEST(Steps, AClashNamesBothPathsAndTheWayOut) {
  const auto told = [](std::string_view step) {
    const ParseResult result = parse_pipeline(with_steps("[" + std::string(step) + "]"));
    return result.diagnostics.empty() ? "" : result.diagnostics[0].message;
  };
  EXPECT_EQ(told(R"({"select": ["a", "b.a"]})"),
            "`a` and `b.a` both become the field `a`, the last part of their paths: name them "
            "yourself, {\"a\": \"a\", \"other\": \"b.a\"}");
  EXPECT_EQ(told(R"({"select": ["a", "a"]})"), "`a` is listed twice");
  EXPECT_EQ(told(R"({"set": {"a": "1", "a.b": "2"}})"), "`a.b` and `a` write the same field");
  EXPECT_EQ(told(R"({"set": {"c.d": "1", "`c`.d": "2"}})"),
            "`c.d` is one field, however it is written: \"c.d\" and \"`c`.d\"");
  EXPECT_EQ(told(R"json({"id": "a", "aggregate": {"by": ["k"], "compute": {"k": "count()"}}})json"),
            "`k` is the name of a field of `by` already: give this one another");
  EXPECT_EQ(told(R"({"id": "d", "dedupe": {"by": ["k"]}})"),
            "`within` is missing: How long, by event time, rows behind and before a key's first "
            "one are its duplicates.");
  EXPECT_EQ(told(R"({"explode": {"field": "x", "as": "x.i"}})"),
            "`x.i` and `x` are one field, or one lies in the other");
  EXPECT_EQ(told(R"({"drop": []})"), "`drop` must name 1 to 1024 fields, not 0");
}

TEST(Steps, AnUnknownInputIsToldWithThoseThereAre) {
  const ParseResult result = parse_pipeline(with_steps(R"([{"filter": "a", "from": "zzz"}])"));
  ASSERT_FALSE(result.diagnostics.empty());
  EXPECT_EQ(result.diagnostics[0].message, "there is no source or step `zzz` above: there is `in`");
}

}  // namespace
}  // namespace leat::spec
