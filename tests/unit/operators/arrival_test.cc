#include "operators/arrival.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operators/topic_check.h"
#include "unit/operators/driven.h"

namespace leat::operators {
namespace {

using record::RecordBatch;
using record::Row;
using record::Value;
using testing::ElementsAre;
using Unit = spec::EventTimeSpec::Unit;

constexpr std::size_t kTime = 0;

std::string time_of(const Value& value, Unit unit) {
  const std::optional<std::int64_t> time = event_time_of(value, unit);
  return time ? std::to_string(*time) : "none";
}

TEST(EventTime, IsReadByItsFormat) {
  EXPECT_EQ(time_of(Value::string("1970-01-01T01:00:00.5+01:00"), Unit::automatic), "500000");
  EXPECT_EQ(time_of(Value::integer(1500), Unit::automatic), "1500000");
  EXPECT_EQ(time_of(Value::timestamp(7), Unit::automatic), "7");
  EXPECT_EQ(time_of(Value::timestamp(7), Unit::s), "7");
  EXPECT_EQ(time_of(Value::integer(2), Unit::s), "2000000");
  EXPECT_EQ(time_of(Value::real(1.5), Unit::s), "1500000");
  EXPECT_EQ(time_of(Value::string("2"), Unit::s), "2000000");
  EXPECT_EQ(time_of(Value::integer(2), Unit::us), "2");
  EXPECT_EQ(time_of(Value::integer(2999), Unit::ns), "2");
  EXPECT_EQ(time_of(Value::integer(-1), Unit::ns), "-1");
}

TEST(EventTime, WhatIsNoTimeIsNone) {
  EXPECT_EQ(time_of(Value(), Unit::automatic), "none");
  EXPECT_EQ(time_of(Value::null(), Unit::ms), "none");
  EXPECT_EQ(time_of(Value::string("yesterday"), Unit::automatic), "none");
  EXPECT_EQ(time_of(Value::string("1500"), Unit::automatic), "none");
  EXPECT_EQ(time_of(Value::string("1500x"), Unit::ms), "none");
  EXPECT_EQ(time_of(Value::real(1.5), Unit::automatic), "none");
  EXPECT_EQ(time_of(Value::real(1e300), Unit::s), "none");
  EXPECT_EQ(time_of(Value::integer(1), Unit::pattern), "none");
  EXPECT_EQ(time_of(Value::boolean(true), Unit::ms), "none");
  EXPECT_EQ(time_of(Value::integer(253'402'300'800'000), Unit::ms), "none");
  EXPECT_EQ(time_of(Value::integer(9'223'372'036'854'775'807), Unit::s), "none");
}

std::shared_ptr<ArrivalWork> work_with_column() {
  auto work = std::make_shared<ArrivalWork>();
  work->column = kTime;
  return work;
}

TEST(Arrival, GivesRowsTheTimeOfTheirRecord) {
  RecordBatch batch = rows(2);
  batch.rows()[0].timestamp_ms = 5;
  batch.rows()[1].timestamp_ms = INT64_MAX;
  Arrival arrival(std::make_shared<ArrivalWork>());
  const Driven driven(arrival, std::move(batch));
  EXPECT_EQ(driven.out.batches[0].rows()[0].event_time_us, 5000);
  EXPECT_EQ(driven.counts(), "2 in 2 out");
}

TEST(Arrival, RowsWithoutAUsableTimeFail) {
  RecordBatch batch = rows_with(kTime, {Value::integer(7), Value(), Value::string("x")});
  Arrival arrival(work_with_column());
  const Driven driven(arrival, std::move(batch));
  EXPECT_THAT(driven.offsets(), ElementsAre(0));
  EXPECT_EQ(driven.out.batches[0].rows()[0].event_time_us, 7000);
  EXPECT_EQ(driven.counts(), "3 in 1 out 2 skip");
}

TEST(Arrival, MayFallBackToTheTimeOfTheRecord) {
  RecordBatch batch = rows_with(kTime, {Value()});
  batch.rows()[0].timestamp_ms = 9;
  auto work = work_with_column();
  work->fallback_kafka = true;
  Arrival arrival(work);
  const Driven driven(arrival, std::move(batch));
  EXPECT_EQ(driven.out.batches[0].rows()[0].event_time_us, 9000);
}

TEST(Arrival, TombstonesPassAndMoveNothing) {
  spec::EventTimeSpec rules;
  flow::SourceClock clock(rules);
  RecordBatch batch = rows_with(kTime, {Value(), Value::integer(1)});
  batch.now = WallTime{1'000'000'000};
  batch.rows()[0].flags = Row::kNullValue;
  batch.rows()[0].timestamp_ms = 5;
  Arrival arrival(work_with_column());
  const Driven driven(arrival, std::move(batch), {}, &clock);
  ASSERT_EQ(driven.out.batches[0].size(), 2U);
  EXPECT_EQ(driven.out.batches[0].rows()[0].event_time_us, 5000);
  EXPECT_EQ(driven.out.batches[0].rows()[1].watermark_us, record::kNoTime);
}

TEST(Arrival, SaysThatKeysAreBytes) {
  auto work = std::make_shared<ArrivalWork>();
  work->key_as_bytes = true;
  Arrival arrival(work);
  const Driven driven(arrival, rows(1));
  EXPECT_EQ(driven.out.batches[0].rows()[0].flags, Row::kKeyIsBytes);
}

TEST(Glob, StarsAndQuestionMarks) {
  EXPECT_TRUE(matches_glob("a-*", "a-"));
  EXPECT_TRUE(matches_glob("a-*", "a-b-c"));
  EXPECT_FALSE(matches_glob("a-*", "b-a-"));
  EXPECT_TRUE(matches_glob("*-x-*", "a-x-x-b"));
  EXPECT_FALSE(matches_glob("*-x", "a-x-y"));
  EXPECT_TRUE(matches_glob("a?c", "abc"));
  EXPECT_FALSE(matches_glob("a?c", "ac"));
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_FALSE(matches_glob("", "a"));
  EXPECT_TRUE(matches_glob("**a**", "bab"));
}

TEST(TopicCheck, LetsOnlyAllowedTopicsThrough) {
  static const record::Origin origin{"own", PartitionId(0), 0};
  RecordBatch batch =
      rows_with(kTime, {Value::string("a-1"), Value::string("b-1"), Value::string("a-\xc3\xa9"),
                        Value::integer(1), Value::string("__a"), Value::string("a-own"), Value(),
                        Value::string(std::string_view()), Value::string("..")});
  for (Row& row : batch.rows()) row.origin = &origin;
  TopicCheck check({kTime, {"a-*", "__*", "own"}, {"a-own"}, false});
  const Driven driven(check, std::move(batch));
  EXPECT_THAT(driven.offsets(), ElementsAre(0));
  EXPECT_EQ(driven.counts(), "8 in 0 out 8 skip");
}

TEST(TopicCheck, ReadTopicsMayBeWrittenWhereLoopsAreAllowed) {
  for (const bool loops : {false, true}) {
    TopicCheck check({kTime, {"*"}, {"in"}, loops});
    const Driven driven(check, rows_with(kTime, {Value::string("in")}));
    EXPECT_EQ(driven.offsets().size(), loops ? 1U : 0U);
  }
}

}  // namespace
}  // namespace leat::operators
