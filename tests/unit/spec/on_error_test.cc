#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "definitions.h"
#include "spec/stop_if.h"

namespace leat::spec {
namespace {

using namespace testing;  // NOLINT
using namespace std::chrono_literals;

std::string with_on_error(std::string_view members) {
  return with(kSmallest, "\"steps\"", "\"on_error\": {" + std::string(members) + "}, \"steps\"");
}

TEST(OnError, BadRecordsGoToTheDeadLettersByDefault) {
  const OnErrorSpec on_error = parse_pipeline(kSmallest).spec->on_error;
  EXPECT_EQ(on_error.decode, ErrorAction::dead_letter);
  EXPECT_EQ(on_error.record, ErrorAction::dead_letter);
  EXPECT_EQ(on_error.topic + on_error.profile, "");
  EXPECT_FALSE(on_error.retry || on_error.stop_if);
}

TEST(OnError, ReadsEveryKey) {
  const auto spec = parse_pipeline(kFull).spec;
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->on_error.decode, ErrorAction::skip);
  EXPECT_EQ(spec->on_error.record, ErrorAction::stop);
  EXPECT_EQ(spec->on_error.topic, "bad");
  EXPECT_EQ(spec->on_error.profile, "prod");
  EXPECT_EQ(spec->on_error.retry->attempts, 5u);
  EXPECT_EQ(spec->on_error.retry->initial, 1s);
  EXPECT_EQ(spec->on_error.retry->max, 20s);
  const StopIfSpec stop_if = *spec->on_error.stop_if;
  EXPECT_EQ(stop_if.measure, StopIfSpec::Measure::error_ratio);
  EXPECT_TRUE(stop_if.or_equal);
  EXPECT_EQ(stop_if.threshold, 0.5);
  EXPECT_EQ(stop_if.over, 1min);
  EXPECT_EQ(stop_if.more_records_than, 100u);
}

TEST(OnError, WrongValuesAreRefused) {
  EXPECT_EQ(errors_of(with_on_error(R"("decode": "drop", "record": 1, "retry": {"attempts": 0},
      "dead_letter": {"topic": "__x"}, "stop_if": "errors")")),
            "UNKNOWN_VALUE /on_error/decode\nWRONG_TYPE /on_error/record\n"
            "OUT_OF_RANGE /on_error/retry/attempts\nRESERVED_NAME /on_error/dead_letter/topic\n"
            "BAD_VALUE /on_error/stop_if");
  EXPECT_EQ(errors_of(with_on_error(R"("retry": {"initial": "10s", "max": "1s"})")),
            "OUT_OF_RANGE /on_error/retry/max");
  EXPECT_EQ(errors_of(with_on_error(R"("retry": {"initial": "1m"})")), "");
}

TEST(StopIf, ReadsItsGrammar) {
  const Result<StopIfSpec> late = parse_stop_if("late_ratio > .25 over 1h30m");
  ASSERT_TRUE(late.ok());
  EXPECT_EQ(late->measure, StopIfSpec::Measure::late_ratio);
  EXPECT_FALSE(late->or_equal);
  EXPECT_EQ(late->threshold, 0.25);
  EXPECT_EQ(late->over, 90min);
  EXPECT_EQ(late->more_records_than, 0u);
  const Result<StopIfSpec> errors = parse_stop_if("  errors >=  10 over 5s and records > 1000 ");
  ASSERT_TRUE(errors.ok());
  EXPECT_EQ(errors->measure, StopIfSpec::Measure::errors);
  EXPECT_EQ(errors->threshold, 10);
  EXPECT_EQ(errors->more_records_than, 1000u);
}

TEST(StopIf, RefusesEverythingElseWithAnExample) {
  for (const char* bad : {"",
                          "errors",
                          "errors > 1",
                          "errors > 1 over",
                          "errors < 1 over 1m",
                          "errors = 1 over 1m",
                          "error > 1 over 1m",
                          "errors > x over 1m",
                          "errors > -1 over 1m",
                          "errors > nan over 1m",
                          "errors > inf over 1m",
                          "errors > 1e400 over 1m",
                          "error_ratio > 1.5 over 1m",
                          "errors > 1 in 1m",
                          "errors > 1 over 60",
                          "errors > 1 over 0s",
                          "errors > 1 over 2d",
                          "errors > 1 over 1m or records > 1",
                          "errors > 1 over 1m and records >= 1",
                          "errors > 1 over 1m and records > 1.5",
                          "errors > 1 over 1m and records > -1",
                          "errors>1 over 1m",
                          "errors > 1 over 1m and records > 1 and more"}) {
    const Result<StopIfSpec> read = parse_stop_if(bad);
    EXPECT_FALSE(read.ok()) << bad;
    EXPECT_THAT(read.status().message(), ::testing::HasSubstr("write `error_ratio")) << bad;
  }
}

}  // namespace
}  // namespace leat::spec
