#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "definitions.h"
#include "json/parse.h"

namespace leat::spec {
namespace {

using namespace testing;  // NOLINT
using namespace std::chrono_literals;

std::string errors(std::string_view text) { return codes(parse_trigger(text).diagnostics); }

TEST(ParseTrigger, ReadsTheThreeModes) {
  EXPECT_EQ(parse_trigger(R"({"mode": "micro_batch", "interval": "500ms", "max_records": 50000})")
                .trigger,
            (TriggerSpec{TriggerMode::micro_batch, 500ms, 50000, Duration{}}));
  EXPECT_EQ(parse_trigger(R"({"mode": "micro_batch"})").trigger,
            (TriggerSpec{TriggerMode::micro_batch, 0s, 0, Duration{}}));
  EXPECT_EQ(parse_trigger(R"({"mode": "real_time"})").trigger,
            (TriggerSpec{TriggerMode::real_time, Duration{}, 0, 1s}));
  EXPECT_EQ(parse_trigger(R"({"mode": "real_time", "checkpoint_interval": "10ms"})").trigger,
            (TriggerSpec{TriggerMode::real_time, Duration{}, 0, 10ms}));
  EXPECT_EQ(parse_trigger(R"({"mode": "available_now", "max_records": 1})").trigger,
            (TriggerSpec{TriggerMode::available_now, Duration{}, 1, Duration{}}));
}

TEST(ParseTrigger, RangesAreTold) {
  EXPECT_EQ(errors(R"({"mode": "micro_batch", "interval": "24h"})"), "");
  EXPECT_EQ(errors(R"({"mode": "micro_batch", "interval": "24h1ns"})"), "OUT_OF_RANGE /interval");
  EXPECT_EQ(errors(R"({"mode": "micro_batch", "interval": "36500d"})"), "OUT_OF_RANGE /interval");
  EXPECT_EQ(errors(R"({"mode": "micro_batch", "interval": "-1s"})"), "BAD_VALUE /interval");
  EXPECT_EQ(errors(R"({"mode": "micro_batch", "interval": "1"})"), "BAD_VALUE /interval");
  EXPECT_EQ(errors(R"({"mode": "micro_batch", "interval": 1})"), "WRONG_TYPE /interval");
  EXPECT_EQ(errors(R"({"mode": "micro_batch", "max_records": 0})"), "OUT_OF_RANGE /max_records");
  EXPECT_EQ(errors(R"({"mode": "micro_batch", "max_records": -5})"), "OUT_OF_RANGE /max_records");
  EXPECT_EQ(errors(R"({"mode": "real_time", "checkpoint_interval": "9ms"})"),
            "OUT_OF_RANGE /checkpoint_interval");
  EXPECT_EQ(errors(R"({"mode": "real_time", "checkpoint_interval": "1h"})"), "");
  EXPECT_EQ(errors(R"({"mode": "real_time", "checkpoint_interval": "61m"})"),
            "OUT_OF_RANGE /checkpoint_interval");
  const TriggerResult result =
      parse_trigger(R"({"mode": "real_time", "checkpoint_interval": "0s"})");
  EXPECT_EQ(result.diagnostics[0].message, "`checkpoint_interval` must be between 10ms and 1h");
}

TEST(ParseTrigger, AKeyOfAnotherModeIsRefused) {
  EXPECT_EQ(errors(R"({"mode": "real_time", "interval": "1s", "max_records": 1})"),
            "NOT_IN_THIS_MODE /interval\nNOT_IN_THIS_MODE /max_records");
  EXPECT_EQ(errors(R"({"mode": "micro_batch", "checkpoint_interval": "1s"})"),
            "NOT_IN_THIS_MODE /checkpoint_interval");
  EXPECT_EQ(errors(R"({"mode": "available_now", "interval": "1s"})"), "NOT_IN_THIS_MODE /interval");
}

TEST(ParseTrigger, AModeIsNeeded) {
  EXPECT_EQ(errors("{}"), "MISSING_FIELD ");
  EXPECT_EQ(errors(R"({"mode": 1})"), "WRONG_TYPE /mode");
  EXPECT_EQ(errors(R"({"mode": "realtime"})"), "UNKNOWN_VALUE /mode");
  EXPECT_EQ(errors(R"({"mode": "auto", "max_lag": "30s"})"),
            "NOT_AVAILABLE_YET /mode\nNOT_AVAILABLE_YET /max_lag");
  EXPECT_EQ(errors(R"({"mode": "${env:MODE}"})"), "OUTSIDE_VALUE_REFUSED /mode");
  EXPECT_EQ(errors("[]"), "WRONG_TYPE ");
}

TEST(ParseTrigger, TextThatIsNotJsonIsMalformed) {
  EXPECT_TRUE(parse_trigger("{").malformed);
  EXPECT_TRUE(parse_trigger("").malformed);
  EXPECT_FALSE(parse_trigger(R"({"mode": "real_time", "mode": "real_time"})").malformed);
  EXPECT_EQ(errors(R"({"mode": "real_time", "mode": "real_time"})"), "DUPLICATE_KEY /mode");
}

TEST(ParseTrigger, AValueOfAnotherDocumentKeepsItsPointer) {
  const json::Parsed parsed = json::parse(R"({"trigger": {"mode": "x"}})");
  EXPECT_EQ(codes(parse_trigger(*parsed.root().find("trigger"), {}, "/trigger").diagnostics),
            "UNKNOWN_VALUE /trigger/mode");
}

TEST(ParseTrigger, WhatIsWrittenReadsBackTheSame) {
  for (const TriggerSpec& trigger : {TriggerSpec{TriggerMode::micro_batch, 90s, 7, {}},
                                     TriggerSpec{TriggerMode::micro_batch, 0s, 0, {}},
                                     TriggerSpec{TriggerMode::real_time, {}, 0, 250ms},
                                     TriggerSpec{TriggerMode::available_now, {}, 9, {}},
                                     TriggerSpec{TriggerMode::available_now, {}, 0, {}}})
    EXPECT_EQ(parse_trigger(to_json(trigger)).trigger, trigger) << to_json(trigger);
  EXPECT_EQ(to_json(TriggerSpec{TriggerMode::micro_batch, 1500ms, 50000, {}}),
            R"({"mode":"micro_batch","interval":"1s500ms","max_records":50000})");
}

}  // namespace
}  // namespace leat::spec
