#include "trial/tests.h"

#include <gmock/gmock.h>

#include "json/write.h"
#include "unit/trial/definitions.h"

namespace leat::trial {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using testing::UnorderedElementsAre;

std::string shown(const json::Value& value) { return json::to_text(value); }

TEST(DefinitionTests, PassWhenRowsAreAsExpected) {
  const Report report = run(pipeline(R"J([{"filter": "v > 1"}, {"set": {"w": "v * 2"}}])J", R"J([
    {"name": "doubles", "input": {"in": [{"v": 1}, {"v": 2}, {"v": 3}, {"v": 4}]},
     "expect": {"out": {"exactly": [{"v": 2, "w": 4}, {"v": 4, "w": 8}, {"v": 3, "w": 6}]}}}])J"));
  EXPECT_EQ(first_failures(report), "");
  EXPECT_TRUE(report.passed());
}

TEST(DefinitionTests, RunInBothModesWithOneAFewAndAllRows) {
  const Report report = run(pipeline("[]", R"J([
    {"name": "t", "input": {"in": [{"v": 1}, {"v": 2}, {"v": 3}, {"v": 4}, {"v": 5}]},
     "expect": {"out": {"count": 5}}}])J"));
  std::vector<std::string> seen;
  for (const TestRun& one : report.runs)
    seen.push_back(one.mode + "/" + std::to_string(one.batch_size));
  EXPECT_THAT(seen, ElementsAre("real_time/1", "real_time/3", "real_time/5", "micro_batch/1",
                                "micro_batch/3", "micro_batch/5"));
  EXPECT_EQ(first_failures(report), "");
}

TEST(DefinitionTests, KeepToTheModesTheyName) {
  const Report report = run(pipeline("[]", R"J([
    {"name": "t", "modes": ["micro_batch"], "input": {"in": [{"v": 1}]},
     "expect": {"out": {"count": 1}}}])J"));
  ASSERT_EQ(report.runs.size(), 1u);
  EXPECT_EQ(report.runs[0].mode, "micro_batch");
}

TEST(DefinitionTests, SayWhichRowsAreMissingAndWhichWereNotExpected) {
  const Report report = run(pipeline(R"J([{"set": {"w": "v + 1"}}])J", R"J([
    {"name": "t", "input": {"in": [{"v": 1}, {"v": 2}]},
     "expect": {"out": {"exactly": [{"v": 1, "w": 2}, {"v": 2, "w": 4}]}}}])J"));
  ASSERT_FALSE(report.passed());
  const Failure& failure = report.runs[0].failures.at(0);
  EXPECT_EQ(failure.sink, "out");
  EXPECT_EQ(failure.message,
            "exactly: 1 of 2 expected rows did not come, 1 row came that nobody expected; /w: "
            "expected 4, got 3");
  EXPECT_EQ(shown(failure.expected), R"J([{"v":2,"w":4}])J");
  EXPECT_EQ(shown(failure.actual), R"J([{"v":2,"w":3}])J");
}

TEST(DefinitionTests, AFailureShowsTheRowsThatFailedOnTheirWay) {
  const std::string input = R"J("input": {"in": [{"$advance": "1s"}, {"v": 1}, {"x": 2},
      {"$value": {"v": "a"}, "$key": "k"}]})J";
  const Report report = run(pipeline(R"J([{"id": "more", "set": {"w": "v + 1"}}])J",
                                     R"J([{"name": "t", "modes": ["real_time"], )J" + input +
                                         R"J(, "expect": {"out": {"count": 3}}}])J"));
  ASSERT_FALSE(report.passed());
  for (const TestRun& one : report.runs) {
    ASSERT_EQ(one.failures.size(), 2u);
    EXPECT_EQ(one.failures[1].sink, "errors");
    EXPECT_EQ(one.failures[1].message, "2 rows failed on the way, of which the test says nothing");
    const std::string actual = shown(one.failures[1].actual);
    EXPECT_THAT(actual, testing::HasSubstr(R"("step":"more","code":"NO_SUCH_FIELD")"));
    EXPECT_THAT(actual, testing::HasSubstr(R"("input":"/input/in/2","$value":{"x":2})"));
    EXPECT_THAT(actual, testing::HasSubstr(R"("input":"/input/in/3","$value":{"v":"a"})"));
  }
  const Report passed =
      run(pipeline(R"J([{"id": "more", "set": {"w": "v + 1"}}])J",
                   R"J([{"name": "t", )J" + input + R"J(, "expect": {"out": {"count": 1}}}])J"));
  EXPECT_TRUE(passed.passed());
}

TEST(DefinitionTests, DeadLettersThatNobodyExpectedHaveTheirInput) {
  const Report report = run(pipeline(R"J([{"id": "more", "set": {"w": "v + 1"}}])J", R"J([
    {"name": "t", "modes": ["real_time"], "input": {"in": [{"v": 1}, {"x": 2}, {"v": "a"}]},
     "expect": {"errors": [{"step": "more", "code": "NO_SUCH_FIELD"}]}}])J"));
  ASSERT_FALSE(report.passed());
  const Failure& failure = report.runs[0].failures.at(0);
  EXPECT_EQ(failure.message, "1 dead letter came that nobody expected");
  EXPECT_THAT(shown(failure.actual), HasSubstr(R"("input":"/input/in/2")"));
}

TEST(DefinitionTests, AFailureShowsAFewOfManyRowsThatFailed) {
  std::string rows;
  for (int i = 0; i < 40; ++i) rows += (i == 0 ? "{}" : ",{}");
  const Report report = run(pipeline(R"J([{"set": {"w": "v + 1"}}])J",
                                     R"J([{"name": "t", "input": {"in": [)J" + rows +
                                         R"J(]}, "expect": {"out": {"count": 40}}}])J"));
  ASSERT_FALSE(report.passed());
  const Failure& failure = report.runs[0].failures.at(1);
  EXPECT_THAT(failure.message, testing::StartsWith("40 rows failed"));
  EXPECT_EQ(failure.actual.elements().size(), 10u);
}

TEST(DefinitionTests, ASequenceMindsTheOrder) {
  const std::string input = R"J("input": {"in": [{"v": 1}, {"v": 2}]})J";
  EXPECT_EQ(first_failures(run(pipeline("[]", R"J([{"name": "t", )J" + input + R"J(,
    "expect": {"out": {"sequence": [{"v": 1}, {"v": 2}]}}}])J"))),
            "");
  EXPECT_EQ(first_failures(run(pipeline("[]", R"J([{"name": "t", )J" + input + R"J(,
    "expect": {"out": {"sequence": [{"v": 2}, {"v": 1}]}}}])J"))),
            "out: sequence: row 1: /v: expected 2, got 1\n");
  EXPECT_EQ(first_failures(run(pipeline("[]", R"J([{"name": "t", )J" + input + R"J(,
    "expect": {"out": {"sequence": [{"v": 1}]}}}])J"))),
            "out: sequence: row 2: 2 rows came, expected 1\n");
}

TEST(DefinitionTests, ContainsCountAndLastPerKey) {
  const std::string input =
      R"J("input": {"in": [{"k": "a", "v": 1}, {"k": "b", "v": 2}, {"k": "a", "v": 3}]})J";
  const auto expect = [&](const std::string& what) {
    return first_failures(run(pipeline(
        "[]", R"J([{"name": "t", )J" + input + R"J(, "expect": {"out": )J" + what + "}}]")));
  };
  EXPECT_EQ(expect(R"J({"contains": [{"k": "b", "v": 2}]})J"), "");
  EXPECT_EQ(expect(R"J({"contains": [{"k": "c", "v": 2}]})J"),
            "out: contains: 1 of 1 expected row did not come; /k: expected \"c\", got \"b\"\n");
  EXPECT_EQ(expect(R"J({"count": 3})J"), "");
  EXPECT_EQ(expect(R"J({"count": 2})J"), "out: count: expected 2 rows, got 3\n");
  EXPECT_EQ(expect(R"J({"last_per_key": [{"k": "a", "v": 3}, {"k": "b", "v": 2}], "key": ["k"]})J"),
            "");
  EXPECT_THAT(
      expect(R"J({"last_per_key": [{"k": "a", "v": 1}, {"k": "b", "v": 2}], "key": ["k"]})J"),
      HasSubstr("1 of 2 expected rows did not come"));
}

TEST(DefinitionTests, TheLongFormLooksAtKeysHeadersAndTimes) {
  const std::string sink = R"J({"name": "p", "sources": {"in": {"kafka": {"topics": ["in"]}}},
    "sinks": {"out": {"kafka": {"topic": "made", "key": {"expr": "k"},
      "headers": {"kind": "test", "from": {"expr": "meta.topic"}, "old": null}}}}, "tests": [
    {"name": "t", "input": {"in": [{"$value": {"k": "a"}, "$key": "x", "$timestamp": "2026-03-01T00:00:00Z",
                                    "$headers": {"old": "1", "stays": "2"}}]},
     "expect": {"out": {"exactly": [)J";
  EXPECT_EQ(first_failures(run(sink + R"J({"$key": "a", "$value": {"k": "a"}, "$topic": "made",
      "$timestamp": "2026-03-01T00:00:00Z",
      "$headers": {"kind": "test", "from": "in", "stays": "2", "old": null}}]}}}]})J")),
            "");
  EXPECT_THAT(first_failures(run(sink + R"J({"$key": "x"}]}}}]})J")),
              HasSubstr(R"J($key: expected "x", got "a")J"));
  EXPECT_THAT(first_failures(run(sink + R"J({"$headers": {"kind": "other"}}]}}}]})J")),
              HasSubstr(R"J($headers/kind: expected "other", got "test")J"));
}

TEST(DefinitionTests, TombstonesAndRawBytes) {
  EXPECT_EQ(first_failures(run(pipeline(R"J([{"filter": "v > 1"}])J", R"J([
    {"name": "t", "input": {"in": [{"$null": true, "$key": "gone"}, {"$raw": "{\"v\":  2}"}]},
     "expect": {"out": {"exactly": [{"$null": true, "$key": "gone"}, {"$raw": "{\"v\":  2}"}]}}}])J"))),
            "");
}

TEST(DefinitionTests, RowsWithoutATimestampAreOfTheVirtualNow) {
  EXPECT_EQ(first_failures(run(pipeline(R"J([{"set": {"at": "string(meta.timestamp)"}}])J", R"J([
    {"name": "t", "input": {"in": [{"v": 1}, {"$advance": "1m30s"}, {"v": 2}, {"$end": true}]},
     "expect": {"out": {"sequence": [{"v": 1, "at": "2026-01-01T00:00:00Z"},
                                     {"v": 2, "at": "2026-01-01T00:01:30Z"}]}}}])J"))),
            "");
}

TEST(DefinitionTests, SeveralSourcesComeByTheirTimes) {
  const std::string text =
      R"J({"name": "p", "sources": {"a": {"kafka": {"topics": ["a"]}}, "b": {"kafka": {"topics": ["b"]}}},
    "steps": [{"from": ["a", "b"], "select": ["v"]}], "sinks": {"out": {"kafka": {"topic": "out"}}}, "tests": [
    {"name": "t", "input": {
       "b": [{"$value": {"v": 2}, "$timestamp": "2026-01-01T00:00:02Z"}, {"$value": {"v": 5}, "$timestamp": "2026-01-01T00:00:05Z"}],
       "a": [{"v": 1}, {"$advance": "3s"}, {"v": 3}, {"$value": {"v": 4}, "$timestamp": "2026-01-01T00:00:01Z"}, {"$advance": "10s"}, {"v": 6}]},
     "expect": {"out": {"sequence": [{"v": 1}, {"v": 2}, {"v": 3}, {"v": 4}, {"v": 5}, {"v": 6}]}}}]})J";
  EXPECT_EQ(first_failures(run(text)), "");
}

TEST(DefinitionTests, ALimitOfTheDefinitionTakesVirtualTimeOnly) {
  EXPECT_EQ(first_failures(run(pipeline("[]", R"J([
    {"name": "t", "input": {"in": [{"v": 1}, {"v": 2}, {"v": 3}, {"v": 4}]}, "expect": {"out": {"count": 4}}}])J",
                                        R"J(, "limits": {"records_per_second": 1})J"))),
            "");
}

TEST(DefinitionTests, AreRefusedBeyondTheirLimits) {
  const std::string text = pipeline("[]", R"J([
    {"name": "t", "modes": ["real_time"], "input": {"in": [{"v": 1}, {"$advance": "1h"}, {"v": 2}]}, "expect": {"out": {"count": 2}}}])J");
  Limits few_rows;
  few_rows.rows_max = 1;
  EXPECT_THAT(first_failures(run(text, few_rows)),
              StartsWith(": more rows of input than a trial takes"));
  Limits few_turns;
  few_turns.turns_max = 3;
  EXPECT_THAT(first_failures(run(text, few_turns)), StartsWith(": there is no end to it"));
  Limits short_time;
  short_time.virtual_time_max = std::chrono::minutes(1);
  EXPECT_THAT(first_failures(run(text, short_time)),
              StartsWith(": more virtual time passes than a trial takes"));
  Limits patient;
  patient.out_of_time = [] { return false; };
  EXPECT_EQ(first_failures(run(text, patient)), "");
}

TEST(DefinitionTests, ADefinitionThatCannotBePutTogetherHasNoRuns) {
  const Report report = run(pipeline(R"J([{"filter": "nofunction(v)"}])J", R"J([
    {"name": "t", "input": {"in": [{"v": 1}]}, "expect": {"out": {"count": 1}}},
    {"name": "u", "input": {"in": [{"v": 1}]}, "expect": {"out": {"count": 1}}}])J"));
  EXPECT_FALSE(report.valid());
  EXPECT_TRUE(report.runs.empty());
  ASSERT_EQ(report.diagnostics.size(), 1u);
  EXPECT_EQ(report.diagnostics[0].code, "UNKNOWN_FUNCTION");
}

TEST(DefinitionTests, EveryRowThatIsNoRecordIsToldAtItsPlace) {
  const Report report = run(R"J({"name": "p", "sources": {
      "a": {"kafka": {"topics": ["a"]}, "format": {"csv": {"fields": ["x", "y"]}}},
      "b": {"kafka": {"topics": ["b"]}, "format": "bytes"}},
    "steps": [{"from": ["a", "b"], "filter": "true"}], "sinks": {"out": {"kafka": {"topic": "out"}}},
    "tests": [{"name": "t", "expect": {"out": {"count": 1}}, "input": {
        "a": [{"x": 1, "z": 2, "zz": 3}, {"y": 2}, {"$value": {"w": 1}}],
        "b": [{"value": "!"}, {"value": "AA=="}, {"other": "AA=="}]}}]})J");
  std::vector<std::string> told;
  for (const spec::Diagnostic& one : report.diagnostics)
    if (one.severity == spec::Severity::error) told.push_back(one.pointer + " " + one.message);
  EXPECT_THAT(told,
              UnorderedElementsAre(
                  "/tests/0/input/a/0 the csv source has no column `z`, `zz`: there are `x`, `y`",
                  "/tests/0/input/a/2 the csv source has no column `w`: there are `x`, `y`",
                  "/tests/0/input/b/0 the value of a row of bytes is base64",
                  "/tests/0/input/b/2 a row of this format is {\"value\": \"…\"} and nothing else"));
  EXPECT_TRUE(report.runs.empty());
}

TEST(DefinitionTests, FunctionsAnswerFromTables) {
  EXPECT_EQ(first_failures(run(pipeline(
                R"J([{"set": {"country": "geo.country_of(ip) ?? 'ZZ'", "n": "add(v, 1)"}}])J", R"J([
    {"name": "t", "mock": {"functions": {"geo.country_of": {"10.0.0.1": "DE"}, "add": {"[1, 1]": 2}}},
     "input": {"in": [{"ip": "10.0.0.1", "v": 1}, {"ip": "10.0.0.2", "v": 1}]},
     "expect": {"out": {"exactly": [{"ip": "10.0.0.1", "v": 1, "country": "DE", "n": 2},
                                    {"ip": "10.0.0.2", "v": 1, "country": "ZZ", "n": 2}]}}}])J"))),
            "");
}

TEST(DefinitionTests, AMockWinsOverTheLibrary) {
  EXPECT_EQ(first_failures(run(pipeline(R"J([{"set": {"n": "size(v)", "m": "v.size()"}}])J", R"J([
    {"name": "t", "mock": {"functions": {"size": {"abc": 7}}}, "input": {"in": [{"v": "abc"}]},
     "expect": {"out": {"exactly": [{"v": "abc", "n": 7, "m": 7}]}}}])J"))),
            "");
}

TEST(DefinitionTests, StepsOfTimeStandAmongTheRows) {
  EXPECT_EQ(first_failures(run(pipeline("[]", R"J([
    {"name": "t", "input": {"in": [{"v": 1}, {"$watermark": "2026-01-01T00:01:00Z"}, {"v": 2},
                                   {"$advance": "10s"}, {"v": 3}, {"$end": true}]},
     "expect": {"out": {"sequence": [{"v": 1}, {"v": 2}, {"v": 3}]}}}])J"))),
            "");
}

}  // namespace
}  // namespace leat::trial
