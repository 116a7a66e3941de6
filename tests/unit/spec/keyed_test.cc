#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "definitions.h"

namespace leat::spec {
namespace {

using namespace testing;  // NOLINT
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// An aggregate by `k` with these members more.
std::string aggregate(std::string_view members) {
  return with_steps(
      R"json([{"id": "w", "aggregate": {"by": ["k"], "compute": {"n": "count()"})json" +
      std::string(members.empty() ? "" : ", ") + std::string(members) + "}}]");
}
std::string aggregate_errors(std::string_view members) { return errors_of(aggregate(members)); }

std::string window_errors(std::string_view window) {
  return aggregate_errors(R"("window": {)" + std::string(window) + "}");
}

AggregateStep read(std::string_view members) {
  const ParseResult result = parse_pipeline(aggregate(members));
  EXPECT_TRUE(result.ok()) << codes(result.diagnostics);
  return result.ok() ? std::get<AggregateStep>(result.spec->steps[0].verb) : AggregateStep();
}

TEST(KeyedSteps, NeedAnIdBecauseTheirStateGoesByIt) {
  EXPECT_EQ(
      errors_of(with_steps(R"json([{"aggregate": {"by": [], "compute": {"n": "count()"}}}])json")),
      "MISSING_FIELD /steps/0");
  EXPECT_EQ(errors_of(with_steps(R"([{"dedupe": {"by": ["k"], "within": "1h"}}])")),
            "MISSING_FIELD /steps/0");
}

TEST(KeyedSteps, SayWhichIdTheyHad) {
  const auto steps = [](const std::string& first, const std::string& second) {
    return with_steps(R"([{"id": "a", )" + first +
                      R"("dedupe": {"by": ["k"], "within": "1h"}}, {"id": "b", )" + second +
                      R"("dedupe": {"by": ["k"], "within": "2h"}}])");
  };
  const ParseResult renamed = parse_pipeline(steps(R"("renamed_from": "x", )", ""));
  ASSERT_TRUE(renamed.ok()) << codes(renamed.diagnostics);
  EXPECT_EQ(renamed.spec->steps[0].renamed_from, "x");
  EXPECT_EQ(errors_of(steps(R"("renamed_from": "b", )", "")), "RENAME_CLASH /steps/0/renamed_from");
  EXPECT_EQ(errors_of(steps(R"("renamed_from": "x", )", R"("renamed_from": "x", )")),
            "RENAME_CLASH /steps/1/renamed_from");
  EXPECT_EQ(errors_of(steps(R"("renamed_from": "A b", )", "")), "BAD_NAME /steps/0/renamed_from");
  EXPECT_EQ(errors_of(with_steps(R"([{"id": "a", "renamed_from": "x", "filter": "true"}])")),
            "RENAME_WITHOUT_STATE /steps/0/renamed_from");
}

TEST(Aggregate, TwelveMistakesAreToldAtOnce) {
  EXPECT_EQ(
      errors_of(with_steps(R"json([{"aggregate": {"by": ["a.k", "k", 7, "x["], "null_key": "skip",
      "window": {"tumbling": "0s", "offset": "later"}, "compute": {"k": "count()", "window_start": "1", "b": ""},
      "emit": "complete", "late": "drop", "too_late": "drop", "ttl": "1h"}}])json")),
      "MISSING_FIELD /steps/0\n"
      "FIELD_CLASH /steps/0/aggregate/by/1\n"
      "WRONG_TYPE /steps/0/aggregate/by/2\n"
      "BAD_FIELD_PATH /steps/0/aggregate/by/3\n"
      "UNKNOWN_VALUE /steps/0/aggregate/null_key\n"
      "OUT_OF_RANGE /steps/0/aggregate/window/tumbling\n"
      "BAD_VALUE /steps/0/aggregate/window/offset\n"
      "FIELD_CLASH /steps/0/aggregate/compute/k\n"
      "RESERVED_NAME /steps/0/aggregate/compute/window_start\n"
      "OUT_OF_RANGE /steps/0/aggregate/compute/b\n"
      "BAD_VALUE /steps/0/aggregate/emit\n"
      "BAD_VALUE /steps/0/aggregate/too_late\n"
      "BAD_VALUE /steps/0/aggregate/ttl");
}

TEST(Aggregate, FieldsOfTheResultHaveNamesOfTheirOwn) {
  EXPECT_EQ(
      errors_of(with_steps(
          R"json([{"id": "w", "aggregate": {"by": ["a.x", "b.x"], "compute": {"n": "count()"}}}])json")),
      "FIELD_CLASH /steps/0/aggregate/by/1");
  EXPECT_EQ(
      errors_of(with_steps(
          R"json([{"id": "w", "aggregate": {"by": {"n": "a"}, "compute": {"n.x": "count()"}}}])json")),
      "FIELD_CLASH /steps/0/aggregate/compute/n.x");
  EXPECT_EQ(
      errors_of(with_steps(
          R"json([{"id": "w", "aggregate": {"by": ["a.window_end"], "compute": {"n": "count()"}}}])json")),
      "RESERVED_NAME /steps/0/aggregate/by/0");
}

TEST(Aggregate, ByMayBeEmptyAndMustStandThere) {
  EXPECT_EQ(
      errors_of(with_steps(R"([{"id": "w", "aggregate": {"by": [], "compute": {"n": "1"}}}])")),
      "");
  EXPECT_EQ(
      errors_of(with_steps(R"([{"id": "w", "aggregate": {"by": {}, "compute": {"n": "1"}}}])")),
      "");
  EXPECT_EQ(errors_of(with_steps(R"([{"id": "w", "aggregate": {"compute": {}}}])")),
            "MISSING_FIELD /steps/0/aggregate\nOUT_OF_RANGE /steps/0/aggregate/compute");
}

TEST(Windows, AreOfExactlyOneKind) {
  EXPECT_EQ(window_errors(""), "EXACTLY_ONE_OF /steps/0/aggregate/window");
  EXPECT_EQ(window_errors(R"("tumbling": "1m", "session": "1m")"),
            "EXACTLY_ONE_OF /steps/0/aggregate/window");
}

TEST(Windows, HaveLengthsWithinTheLimitThatIsNamed) {
  EXPECT_EQ(window_errors(R"("tumbling": "400d")"), "");
  for (const char* size : {"0s", "999us", "401d", "99999999999999d"}) {
    for (const char* kind : {"tumbling", "session", "lookback"}) {
      const ParseResult result = parse_pipeline(
          aggregate(R"("window": {")" + std::string(kind) + R"(": ")" + std::string(size) + "\"}"));
      EXPECT_EQ(codes(result.diagnostics),
                "OUT_OF_RANGE /steps/0/aggregate/window/" + std::string(kind))
          << size;
      EXPECT_THAT(result.diagnostics[0].message, HasSubstr("400d (`limits.window`)"));
    }
  }
  Options options;
  options.window_max = 1h;
  EXPECT_EQ(errors_of(aggregate(R"("window": {"tumbling": "61m"})"), options),
            "OUT_OF_RANGE /steps/0/aggregate/window/tumbling");
  EXPECT_EQ(window_errors(R"("tumbling": "1500us")"),
            "BAD_VALUE /steps/0/aggregate/window/tumbling")
      << "identities of windows have milliseconds";
}

TEST(Windows, HopsAreBoundedByTheWindowsOfOneRow) {
  EXPECT_EQ(window_errors(R"("hopping": "1m")"), "MISSING_FIELD /steps/0/aggregate/window");
  EXPECT_EQ(window_errors(R"("tumbling": "1m", "every": "1s")"),
            "BAD_VALUE /steps/0/aggregate/window/every");
  EXPECT_EQ(window_errors(R"("hopping": "1m", "every": "7s")"), "") << "need not divide";
  EXPECT_EQ(window_errors(R"("hopping": "1000s", "every": "1s")"), "");
  EXPECT_EQ(window_errors(R"("hopping": "1m", "every": "0s")"),
            "OUT_OF_RANGE /steps/0/aggregate/window/every");
  EXPECT_EQ(window_errors(R"("hopping": "1m", "every": "2m")"),
            "OUT_OF_RANGE /steps/0/aggregate/window/every");
  const ParseResult many =
      parse_pipeline(aggregate(R"("window": {"hopping": "1001s", "every": "1s"})"));
  EXPECT_EQ(codes(many.diagnostics), "OUT_OF_RANGE /steps/0/aggregate/window/every");
  EXPECT_THAT(many.diagnostics[0].message, HasSubstr("`limits.windows_per_row` is 1000"));
  Options options;
  options.windows_per_row = 2;
  EXPECT_EQ(errors_of(aggregate(R"("window": {"hopping": "2001ms", "every": "1s"})"), options),
            "OUT_OF_RANGE /steps/0/aggregate/window/every");
}

TEST(Windows, AnOffsetMayBeNegativeAndShiftsGridsOnly) {
  EXPECT_EQ(read(R"("window": {"tumbling": "1m", "offset": "-1m15s"})").window->offset, -75s);
  EXPECT_EQ(window_errors(R"("session": "1m", "offset": "1s")"),
            "BAD_VALUE /steps/0/aggregate/window/offset");
  EXPECT_EQ(window_errors(R"("tumbling": "1m", "offset": "--1s")"),
            "BAD_VALUE /steps/0/aggregate/window/offset");
}

TEST(Windows, SlidingIsRefusedWithWhatItMayMean) {
  EXPECT_EQ(window_errors(R"("sliding": "1m")"), "UNKNOWN_FIELD /steps/0/aggregate/window/sliding");
}

TEST(Windows, AnOrderIsToCome) {
  EXPECT_EQ(window_errors(R"("lookback": "1m", "order": "event_time")"),
            "NOT_AVAILABLE_YET /steps/0/aggregate/window/order");
}

TEST(Emit, FitsTheWindow) {
  EXPECT_EQ(aggregate_errors(R"("emit": "on_close")"), "BAD_VALUE /steps/0/aggregate/emit");
  EXPECT_EQ(aggregate_errors(R"("emit": "complete")"), "");
  EXPECT_EQ(aggregate_errors(R"("emit": "complete", "window": {"tumbling": "1m"})"),
            "BAD_VALUE /steps/0/aggregate/emit");
  for (const char* emit : {"per_batch", "on_close", "complete"})
    EXPECT_EQ(
        aggregate_errors(R"("window": {"lookback": "1m"}, "emit": ")" + std::string(emit) + "\""),
        "BAD_VALUE /steps/0/aggregate/emit");
  EXPECT_EQ(read(R"("window": {"tumbling": "1m"})").emit, Emit::per_record);
  EXPECT_EQ(read(R"("window": {"session": "1m"}, "emit": "per_record")").emit, Emit::per_record);
  EXPECT_EQ(aggregate_errors(R"("emit_empty": true)"),
            "UNKNOWN_FIELD /steps/0/aggregate/emit_empty");
}

TEST(KeepRow, NeedsARowForEveryRow) {
  EXPECT_TRUE(read(R"("keep_row": true)").keep_row);
  EXPECT_EQ(aggregate_errors(R"("keep_row": true, "emit": "per_batch")"),
            "BAD_VALUE /steps/0/aggregate/keep_row");
  EXPECT_EQ(aggregate_errors(R"("keep_row": true, "window": {"session": "1m"})"),
            "BAD_VALUE /steps/0/aggregate/keep_row")
      << "a session comes out when it closes";
  EXPECT_EQ(aggregate_errors(R"("keep_row": false, "window": {"lookback": "1m"})"),
            "BAD_VALUE /steps/0/aggregate/keep_row");
}

TEST(LateRows, NeedAWindowOfEventTime) {
  EXPECT_EQ(aggregate_errors(R"("late": "drop")"), "");
  EXPECT_EQ(aggregate_errors(R"("late": "side_output")"), "BAD_VALUE /steps/0/aggregate/late");
  EXPECT_EQ(
      aggregate_errors(R"("late": "update", "window": {"tumbling": "1m", "time": "processing"})"),
      "BAD_VALUE /steps/0/aggregate/late");
  EXPECT_EQ(aggregate_errors(R"("late": "update", "window": {"lookback": "1m"})"),
            "BAD_VALUE /steps/0/aggregate/late");
  EXPECT_EQ(aggregate_errors(R"("late": "pass", "window": {"tumbling": "1m"})"),
            "UNKNOWN_VALUE /steps/0/aggregate/late");
}

TEST(LateRows, AreAllowedWhereTheyUpdate) {
  const std::string window = R"("window": {"tumbling": "1m"}, )";
  EXPECT_EQ(aggregate_errors(window + R"("allowed_lateness": "5s")"),
            "BAD_VALUE /steps/0/aggregate/allowed_lateness");
  EXPECT_EQ(aggregate_errors(window + R"("too_late": "drop")"),
            "BAD_VALUE /steps/0/aggregate/too_late");
  EXPECT_EQ(aggregate_errors(window + R"("late": "update", "allowed_lateness": "401d")"),
            "OUT_OF_RANGE /steps/0/aggregate/allowed_lateness");
  const AggregateStep plain = read(window + R"("late": "update", "too_late": "drop")");
  EXPECT_EQ(plain.allowed_lateness, 0s);
  EXPECT_FALSE(plain.too_late_to_side);
  EXPECT_EQ(read(R"("window": {"lookback": "1m"}, "allowed_lateness": "5s")").allowed_lateness, 5s);
}

TEST(Ttl, IsForAggregatesWithoutWindow) {
  EXPECT_EQ(read(R"("ttl": "1h")").ttl, 1h);
  EXPECT_EQ(aggregate_errors(R"("ttl": "1h", "window": {"tumbling": "1m"})"),
            "BAD_VALUE /steps/0/aggregate/ttl");
  EXPECT_EQ(aggregate_errors(R"("ttl": "0s")"), "OUT_OF_RANGE /steps/0/aggregate/ttl");
}

TEST(Dedupe, HasAKeyAndABound) {
  EXPECT_EQ(errors_of(with_steps(R"([{"id": "d", "dedupe": {}}])")),
            "MISSING_FIELD /steps/0/dedupe\nMISSING_FIELD /steps/0/dedupe");
  EXPECT_EQ(errors_of(with_steps(R"([{"id": "d", "dedupe": {"by": [], "within": "0s"}}])")),
            "OUT_OF_RANGE /steps/0/dedupe/by\nOUT_OF_RANGE /steps/0/dedupe/within");
  EXPECT_EQ(
      errors_of(with_steps(
          R"([{"id": "d", "dedupe": {"by": ["a.k", "k"], "within": "401d", "late": "update"}}])")),
      "FIELD_CLASH /steps/0/dedupe/by/1\nOUT_OF_RANGE /steps/0/dedupe/within\n"
      "UNKNOWN_VALUE /steps/0/dedupe/late");
  const ParseResult result = parse_pipeline(
      with_steps(R"json([{"id": "d", "dedupe": {"by": {"k": "lower(k)"}, "within": "1h"}}])json"));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(std::get<DedupeStep>(result.spec->steps[0].verb).late, LateRows::pass);
}

TEST(LateOutput, IsReadByName) {
  const std::string steps =
      R"json([{"id": "w", "aggregate": {"by": ["k"], "window": {"tumbling": "1m"}, "late": "side_output",
           "compute": {"n": "count()"}}}, {"id": "x", "from": "w.late", "set": {"late": "true"}},
          {"from": ["w", "x"], "drop": ["a"]}])json";
  const ParseResult result = parse_pipeline(with_steps(steps));
  ASSERT_TRUE(result.ok()) << codes(result.diagnostics);
  EXPECT_THAT(result.spec->steps[1].from, ElementsAre("w.late"));
  EXPECT_THAT(result.diagnostics, ::testing::IsEmpty());
  EXPECT_TRUE(has_late_output(result.spec->steps[0]));
}

TEST(LateOutput, ThatNobodyReadsIsWarnedOf) {
  EXPECT_EQ(warnings_of(aggregate(R"("window": {"tumbling": "1m"}, "late": "side_output")")),
            "NEVER_READ /steps/0/aggregate/late");
  EXPECT_EQ(warnings_of(aggregate(
                R"("window": {"tumbling": "1m"}, "late": "update", "too_late": "side_output")")),
            "NEVER_READ /steps/0/aggregate/too_late");
}

TEST(LateOutput, ExistsOnlyWhereLateRowsGoThere) {
  const auto errors = [](std::string_view from) {
    return errors_of(with_steps(
        R"json([{"id": "w", "aggregate": {"by": ["k"], "window": {"tumbling": "1m"}, "compute": {"n": "count()"}}},
            {"id": "x", "from": ")json" +
        std::string(from) + R"(", "set": {"a": "1"}}])"));
  };
  EXPECT_EQ(errors("w.late"), "UNKNOWN_NAME /steps/1/from");
  EXPECT_EQ(errors("in.late"), "UNKNOWN_NAME /steps/1/from");
  EXPECT_EQ(errors("nobody.late"), "UNKNOWN_NAME /steps/1/from");
  EXPECT_EQ(errors("x.late"), "NOT_ABOVE /steps/1/from");
  EXPECT_EQ(errors("w.errors"), "NOT_AVAILABLE_YET /steps/1/from");
}

}  // namespace
}  // namespace leat::spec
