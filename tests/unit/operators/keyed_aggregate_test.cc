#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "operators/keyed/made_rows.h"

#include "unit/operators/keyed_rows.h"

namespace leat::operators {
namespace {

using record::Row;
using record::Value;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::int64_t kSecond = 1'000'000;
// 2026-01-01T00:00:00Z
constexpr std::int64_t kDay = 1'767'225'600 * kSecond;

Window hopping() { return {Window::Kind::hopping, 20 * kSecond, 10 * kSecond, 0, false, false}; }
Window tumbling() { return {Window::Kind::tumbling, 60 * kSecond, 0, 0, false, false}; }

TEST(PlainAggregate, TellsTheStateBehindEveryRow) {
  for (const std::size_t size : {1U, 2U, 5U}) {
    KeyedDriver driver(keyed_work());
    const std::vector<KeyedRow> rows{{"a", 5, 1, record::kNoTime, 0},
                                     {"b", 6, 10, record::kNoTime, 1},
                                     {"a", 4, 2, record::kNoTime, 2},
                                     {"a", 9, 3, record::kNoTime, 3}};
    for (std::size_t at = 0; at < rows.size(); at += size)
      driver.feed(std::vector<KeyedRow>(
          rows.begin() + static_cast<std::ptrdiff_t>(at),
          rows.begin() + static_cast<std::ptrdiff_t>(std::min(at + size, rows.size()))));
    EXPECT_THAT(driver.lines,
                ElementsAre("a 1 1 [0]", "b 1 10 [1]", "a 2 3 [2,0]", "a 3 6 [2,0,3]"));
    EXPECT_EQ(driver.counts(), "4 in 4 out");
  }
}

TEST(PlainAggregate, ARowThatFailsChangesNothing) {
  KeyedDriver driver(keyed_work({}, 10));
  driver.feed({{"a", 1, 6, record::kNoTime, 0},
               {"a", 2, 5, record::kNoTime, 1},
               {"b", 3, 11, record::kNoTime, 2},
               {"b", 3, 12, record::kNoTime, 3},
               {"a", 4, 4, record::kNoTime, 4}});
  EXPECT_THAT(driver.lines, ElementsAre("a 1 6 [0]", "a 2 10 [0,4]"));
  EXPECT_EQ(driver.counts(), "5 in 2 out 3 skip");
  EXPECT_EQ(driver.state.table->keys(), 1U);
}

TEST(PlainAggregate, ArgumentsThatAreErrorsFailTheRow) {
  KeyedDriver driver(keyed_work());
  record::RecordBatch batch = driver.batch_of({{"a", 1, 6, record::kNoTime, 0}, {"a", 2, 5}});
  batch.column(kValue)[0] = Value::error(kTooMuch);
  driver.feed(std::move(batch));
  EXPECT_THAT(driver.lines, ElementsAre("a 1 5 [0]"));
  EXPECT_EQ(driver.counts(), "2 in 1 out 1 skip");
}

TEST(PlainAggregate, KeysMustBeUsable) {
  for (const bool null_is_key : {false, true}) {
    AggregateWork work = keyed_work();
    work.key.null_is_key = null_is_key;
    KeyedDriver driver(work);
    record::RecordBatch batch = driver.batch_of(std::vector<KeyedRow>(6));
    const record::Column keys = batch.column(kKey);
    keys[0] = Value::null();
    keys[1] = Value();
    keys[2] = Value::json("[1]");
    keys[3] = Value::duration(5);
    keys[4] = Value::real(2.0);
    keys[5] = Value::integer(2);
    driver.feed(std::move(batch));
    EXPECT_EQ(driver.counts(), null_is_key ? "6 in 4 out 2 skip" : "6 in 2 out 4 skip");
    EXPECT_EQ(driver.lines.back(), "2 2 0 [0]");
    EXPECT_EQ(driver.lines.size() == 4, null_is_key);
    EXPECT_EQ(driver.lines[driver.lines.size() - 2], "2 1 0 [0]");  // 2.0 is 2
  }
}

TEST(PlainAggregate, TombstonesAreDroppedAndCounted) {
  KeyedDriver driver(keyed_work());
  record::RecordBatch batch = driver.batch_of(std::vector<KeyedRow>(2));
  batch.rows()[0].flags = Row::kNullValue;
  driver.feed(std::move(batch));
  EXPECT_EQ(driver.counts(), "2 in 1 out 1 tombstone");
}

TEST(PlainAggregate, RowsGetTheTextOfTheirKeyAndTheirTime) {
  AggregateWork work = keyed_work();
  KeyedDriver driver(work);
  driver.feed({{"a", 5'999, 1, 3, 7}});
  EXPECT_EQ(driver.last_row().key, "a");
  EXPECT_EQ(driver.last_row().timestamp_ms, 5);
  EXPECT_EQ(driver.last_row().event_time_us, 5'999);
  EXPECT_EQ(driver.last_row().watermark_us, 3);
  EXPECT_EQ(driver.last_row().offset, 7);
  EXPECT_TRUE(driver.last_row().made());
  EXPECT_EQ(driver.last_row().made_as, nullptr);

  work.key.columns = {kKey, kValue};
  work.key.out_columns = {kOutKey, kStart};
  KeyedDriver two(work);
  two.feed({{"x\"y", 5, 4}});
  EXPECT_EQ(two.last_row().key, R"(["x\"y",4])");

  work.key = {};
  KeyedDriver none(work);
  none.feed({{"a", 5, 4}, {"b", 6, 5}});
  EXPECT_THAT(none.lines, ElementsAre("- 1 4 [0]", "- 2 9 [0,0]"));
  EXPECT_EQ(none.last_row().key, "[]");
}

TEST(PlainAggregate, KeptRowsStayTheRecords) {
  AggregateWork work = keyed_work();
  work.keep_row = true;
  work.key.out_columns = {};
  work.key.text_column = kOutKey;
  KeyedDriver driver(work);
  driver.feed({{"a", 5'000, 1, record::kNoTime, 7}});
  EXPECT_THAT(driver.lines, ElementsAre("a 1 1 [7]"));
  EXPECT_EQ(driver.last_row().key, "source");
  EXPECT_FALSE(driver.last_row().made());
}

TEST(PlainAggregate, StateIsForgottenAfterItsTtl) {
  AggregateWork work = keyed_work();
  work.ttl_us = 10'000;
  KeyedDriver driver(work);
  driver.now = {1'000'000};
  driver.feed({{"a", 1, 1}, {"b", 1, 1}});
  driver.now = {1'009'000};
  driver.feed({{"a", 2, 2}});
  driver.now = {1'010'000};
  driver.feed({{"b", 3, 4}});  // ten milliseconds have passed
  driver.now = {1'018'999};
  driver.feed({{"a", 4, 8}});
  EXPECT_THAT(driver.lines,
              ElementsAre("a 1 1 [0]", "b 1 1 [0]", "a 2 3 [0,0]", "b 1 4 [0]", "a 3 11 [0,0,0]"));
  EXPECT_EQ(driver.state.table->keys(), 2U);
  driver.now = {1'020'000};
  driver.feed({{"c", 4, 8}});
  driver.end_epoch();
  EXPECT_EQ(driver.state.table->keys(), 2U);  // b is gone
  EXPECT_EQ(driver.counts(), "6 in 6 out");
}

TEST(PlainAggregate, AnExpiredStateIsNotSeenByARowThatFails) {
  AggregateWork work = keyed_work({}, 10);
  work.ttl_us = 1'000;
  KeyedDriver driver(work);
  driver.now = {1'000'000};
  driver.feed({{"a", 1, 9}});
  driver.now = {2'000'000};
  driver.feed({{"a", 2, 11}});
  EXPECT_EQ(driver.state.table->keys(), 0U);
  driver.feed({{"a", 3, 10}});
  EXPECT_THAT(driver.lines, ElementsAre("a 1 9 [0]", "a 1 10 [0]"));
}

TEST(PlainAggregate, PerBatchTellsEachChangedKeyOnceAnEpoch) {
  AggregateWork work = keyed_work();
  work.emit = Emit::per_batch;
  KeyedDriver driver(work);
  driver.feed({{"a", 1, 1}, {"b", 2'500, 2}, {"a", 3, 3}});
  driver.feed({{"b", 4'500, 4}});
  EXPECT_THAT(driver.lines, IsEmpty());
  driver.end_epoch();
  EXPECT_THAT(driver.lines, UnorderedElementsAre("a 2 4 [0,0]", "b 2 6 [0,0]"));
  EXPECT_EQ(driver.last_row().timestamp_ms, 4);
  EXPECT_TRUE(driver.last_row().made());
  driver.lines.clear();
  driver.end_epoch();
  EXPECT_THAT(driver.lines, IsEmpty());
  driver.feed({{"a", 5, 5}});
  driver.end_epoch();
  EXPECT_THAT(driver.lines, ElementsAre("a 3 9 [0,0,0]"));
  EXPECT_THAT(std::string(*driver.last_row().made_as), testing::MatchesRegex("step/[0-9a-f]+/3"));
  EXPECT_EQ(driver.last_row().origin, nullptr);
  EXPECT_THAT(driver.state.delivered, ElementsAre(1, 2, 3));
  EXPECT_EQ(driver.counts(), "5 in 3 out");
}

TEST(PlainAggregate, CompleteTellsAllKeysWhenOneChanged) {
  AggregateWork work = keyed_work();
  work.emit = Emit::complete;
  KeyedDriver driver(work);
  driver.feed({{"a", 1, 1}, {"b", 2, 2}});
  driver.end_epoch();
  driver.end_epoch();
  driver.feed({{"b", 3, 3}});
  driver.end_epoch();
  EXPECT_THAT(driver.lines, ElementsAre("a 1 1 [0]", "b 1 2 [0]", "a 1 1 [0]", "b 2 5 [0,0]"));
}

TEST(PlainAggregate, ManyKeysComeInSeveralBatches) {
  AggregateWork work = keyed_work();
  work.emit = Emit::complete;
  KeyedDriver driver(work);
  for (int b = 0; b < 3; ++b) {
    std::vector<KeyedRow> rows;
    for (int i = 0; i < 200; ++i) rows.push_back({std::to_string(b * 200 + i), i, 1});
    driver.feed(rows);
  }
  driver.end_epoch();
  EXPECT_EQ(driver.lines.size(), 600U);
  EXPECT_EQ(driver.batches.size(), 3U);
}

TEST(WindowAggregate, ARowIsToldOfInEachOfItsWindows) {
  AggregateWork work = keyed_work(hopping());
  work.several = true;
  KeyedDriver driver(work);
  record::RecordBatch batch = driver.batch_of({{"a", kDay + 15 * kSecond, 1}});
  batch.rows()[0].ordinal = 3;
  driver.feed(std::move(batch));
  const auto& rows = driver.batches.at(0).rows();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].key, R"(["a","2026-01-01T00:00:00Z"])");
  EXPECT_EQ(rows[1].key, R"(["a","2026-01-01T00:00:10Z"])");
  EXPECT_EQ(rows[0].timestamp_ms, kDay / 1000 + 20'000 - 1);
  EXPECT_EQ(rows[0].ordinal, 3U << SplitRows::kBits);
  EXPECT_EQ(rows[1].ordinal, (3U << SplitRows::kBits) + 1);
  EXPECT_EQ(driver.counts(), "1 in 2 out");
}

TEST(WindowAggregate, ClosedWindowsCarryTheTimeBeforeTheirClose) {
  AggregateWork work = keyed_work(tumbling());
  work.emit = Emit::on_close;
  KeyedDriver driver(work);
  driver.watermark(kDay);
  driver.feed({{"b", kDay + 70 * kSecond, 1}, {"a", kDay + 5 * kSecond, 1}});
  driver.watermark(kDay + 59 * kSecond);
  EXPECT_THAT(driver.lines, IsEmpty());
  driver.watermark(kDay + 500 * kSecond);
  ASSERT_EQ(driver.lines.size(), 2U);  // in the order of their ends
  EXPECT_EQ(driver.lines[0].substr(0, 1), "a");
  const Row& row = driver.batches.at(0).rows()[0];
  EXPECT_EQ(row.key, "a");
  EXPECT_EQ(row.watermark_us, kDay + 59 * kSecond);
  EXPECT_EQ(row.event_time_us, kDay + 60 * kSecond - 1000);
  EXPECT_EQ(row.timestamp_ms, kDay / 1000 + 59'999);
  EXPECT_TRUE(row.made());
  EXPECT_THAT(std::string(*row.made_as),
              testing::MatchesRegex("step/[0-9a-f]+/" + std::to_string(kDay / 1000)));
  EXPECT_EQ(driver.state.table->keys(), 0U);
}

TEST(WindowAggregate, TheEndOfTimeClosesEverythingAndIsForgotten) {
  AggregateWork work = keyed_work(tumbling());
  work.emit = Emit::on_close;
  KeyedDriver driver(work);
  driver.feed({{"a", kDay, 1}});
  driver.watermark(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(driver.lines.size(), 1U);
  driver.feed({{"a", kDay, 2}});
  driver.watermark(kDay + 60 * kSecond);
  EXPECT_EQ(driver.lines.size(), 2U);
}

TEST(WindowAggregate, RowsOfAPartitionBackFromIdleAreLateForWhatIsClosed) {
  AggregateWork work = keyed_work(tumbling());
  work.late = Late::side_output;
  KeyedDriver driver(work);
  driver.watermark(kDay + 60 * kSecond);
  driver.feed({{"a", kDay + 59 * kSecond, 1, kDay, 4}, {"a", kDay + 60 * kSecond, 1, kDay, 5}});
  EXPECT_EQ(driver.counts(), "2 in 1 out 1 late");
  EXPECT_EQ(driver.stats.late_idle.value(), 1U);
  EXPECT_EQ(driver.stats.late_closed.value(), 0U);
  EXPECT_THAT(driver.side, ElementsAre("4 leat-late-by=1000"));
}

TEST(WindowAggregate, BeyondTheAllowedLatenessRowsMayGoToTheSide) {
  AggregateWork work = keyed_work(tumbling());
  work.late = Late::update;
  work.allowed_lateness_us = 10 * kSecond;
  for (const bool to_side : {false, true}) {
    work.too_late_to_side = to_side;
    KeyedDriver driver(work);
    driver.feed({{"a", kDay, 1, kDay + 69 * kSecond, 0}, {"a", kDay, 1, kDay + 70 * kSecond, 1}});
    EXPECT_EQ(driver.counts(), "2 in 1 out 1 late");
    EXPECT_EQ(driver.side.size(), to_side ? 1U : 0U);
  }
}

TEST(WindowAggregate, WindowsByTheClockCloseByTimers) {
  Window window = tumbling();
  window.processing_time = true;
  AggregateWork work = keyed_work(window);
  work.emit = Emit::on_close;
  KeyedDriver driver(work);
  EXPECT_TRUE(driver.step().has_timers());
  EXPECT_EQ(driver.step().next_timer(), flow::Operator::kNoTimer);
  driver.now = {kDay + 30 * kSecond};
  driver.feed({{"a", 5, 1, 1'000, 0}, {"a", 900 * kDay, 2, 1'000, 1}});
  driver.watermark(kDay + 90 * kSecond);  // means nothing here
  EXPECT_THAT(driver.lines, IsEmpty());
  EXPECT_EQ(driver.step().next_timer().us, kDay + 60 * kSecond);
  driver.timer(kDay + 60 * kSecond);
  ASSERT_EQ(driver.lines.size(), 1U);
  // A batch from before the close counts after it.
  driver.feed({{"a", 5, 4, 1'000, 2}});
  driver.timer(kDay + 120 * kSecond);
  ASSERT_EQ(driver.lines.size(), 2U);
  EXPECT_THAT(driver.lines[1], testing::HasSubstr(std::to_string(kDay + 120 * kSecond) + " 1 4"));
  EXPECT_EQ(driver.counts(), "3 in 2 out");
}

TEST(WindowAggregate, ByTheClockARowAtTheEndOfASessionBelongsToIt) {
  Window window{Window::Kind::session, 10 * kSecond};
  window.processing_time = true;
  AggregateWork work = keyed_work(window);
  work.emit = Emit::on_close;
  KeyedDriver driver(work);
  driver.now = {kDay};
  driver.feed({{"a", 0, 1, record::kNoTime, 0}});
  EXPECT_EQ(driver.step().next_timer().us, kDay + 10 * kSecond + 1);
  driver.timer(kDay + 10 * kSecond);
  EXPECT_THAT(driver.lines, IsEmpty());
  driver.now = {kDay + 10 * kSecond};
  driver.feed({{"a", 0, 1, record::kNoTime, 1}});
  driver.now = {kDay + 20 * kSecond + 1};
  driver.timer(driver.now.us);
  driver.feed({{"a", 0, 1, record::kNoTime, 2}});
  driver.timer(kDay + 90 * kSecond);
  ASSERT_EQ(driver.lines.size(), 2U);
  EXPECT_THAT(driver.lines[0], testing::EndsWith(" 2 2 [0,1]"));
  EXPECT_THAT(driver.lines[1], testing::EndsWith(" 1 1 [2]"));
  EXPECT_EQ(driver.step().next_timer(), flow::Operator::kNoTimer);
}

TEST(WindowAggregate, WhatCannotBePutTogetherOfPanesFails) {
  AggregateWork work = keyed_work(hopping(), 10);
  work.emit = Emit::on_close;
  KeyedDriver driver(work);
  driver.feed({{"a", 5 * kSecond, 7}, {"a", 15 * kSecond, 7}});
  driver.watermark(100 * kSecond);
  EXPECT_EQ(driver.lines.size(), 2U);  // the first and the last window
  EXPECT_EQ(driver.counts(), "2 in 2 out 1 skip");
  EXPECT_EQ(driver.state.table->keys(), 0U);
}

TEST(WindowAggregate, RowsOfAbsorbedSessionsAreFollowedByTombstones) {
  AggregateWork work = keyed_work({Window::Kind::session, 10 * kSecond});
  KeyedDriver driver(work);
  driver.feed({{"a", kDay, 1, record::kNoTime, 0},
               {"a", kDay + 20 * kSecond, 1, record::kNoTime, 1},
               {"a", kDay + 10 * kSecond, 1, record::kNoTime, 2}});
  ASSERT_EQ(driver.lines.size(), 4U);
  EXPECT_THAT(driver.lines[2], testing::EndsWith(" 3 3 [0,2,1]"));
  EXPECT_EQ(driver.lines[3], R"(["a","2026-01-01T00:00:20Z"] gone)");
  EXPECT_EQ(driver.last_row().ordinal, 1U);
  EXPECT_EQ(driver.last_row().offset, 2);
  // An earlier row gives the session another start.
  driver.feed({{"a", kDay - 5 * kSecond, 1, record::kNoTime, 3}});
  EXPECT_EQ(driver.lines.back(), R"(["a","2026-01-01T00:00:00Z"] gone)");
  EXPECT_EQ(driver.counts(), "4 in 6 out");
}

TEST(WindowAggregate, SessionsThatALateRowAbsorbsAreTakenBackThoughTheyWereClosed) {
  AggregateWork work = keyed_work({Window::Kind::session, 10 * kSecond});
  work.emit = Emit::on_close;
  work.late = Late::update;
  work.allowed_lateness_us = 100 * kSecond;
  KeyedDriver driver(work);
  driver.feed(
      {{"a", kDay, 1, record::kNoTime, 0}, {"a", kDay + 15 * kSecond, 1, record::kNoTime, 1}});
  driver.watermark(kDay + 60 * kSecond);
  ASSERT_EQ(driver.lines.size(), 2U);
  EXPECT_EQ(driver.last_row().key, R"(["a","2026-01-01T00:00:15Z"])");
  // One that joins both, and one that gives what is left another start.
  driver.feed({{"a", kDay + 7 * kSecond, 1, kDay + 60 * kSecond, 2},
               {"a", kDay - 1 * kSecond, 1, kDay + 60 * kSecond, 3}});
  ASSERT_EQ(driver.lines.size(), 6U);
  EXPECT_THAT(driver.lines[2], testing::EndsWith(" 3 3 [0,2,1]"));
  EXPECT_EQ(driver.lines[3], R"(["a","2026-01-01T00:00:15Z"] gone)");
  EXPECT_THAT(driver.lines[4], testing::EndsWith(" 4 4 [3,0,2,1]"));
  EXPECT_EQ(driver.lines[5], R"(["a","2026-01-01T00:00:00Z"] gone)");
}

TEST(WindowAggregate, StateOutlivesAChangeOfEmit) {
  AggregateWork work = keyed_work(hopping());
  work.emit = Emit::on_close;
  const auto panes = make_value_type(work);
  AggregateWork other = work;
  other.emit = Emit::per_record;
  const auto windows = make_value_type(other);

  KeyedDriver driver(work, FakeTable::Reload::each_epoch);
  driver.feed(
      {{"a", 5 * kSecond, 7, record::kNoTime, 0}, {"a", 15 * kSecond, 1, record::kNoTime, 1}});
  std::string bytes;
  const auto take = [&](const state::Entry& entry) { panes->encode(entry.value, bytes); };
  ASSERT_TRUE(driver.state.table->visit(state::Table::Which::all, take).ok());
  std::vector<std::uint64_t> memory(windows->inline_bytes() / 8);
  ASSERT_TRUE(windows->decode(bytes, memory.data()).ok());
  std::string shown;
  show_value(other, memory.data(), {"sum", "n", "ids"}, shown);
  EXPECT_EQ(
      shown,
      R"({"windows":[)"
      R"({"window_start":"1969-12-31T23:59:50Z","window_end":"1970-01-01T00:00:10Z","sum":7,"n":1,"ids":"0"},)"
      R"({"window_start":"1970-01-01T00:00:00Z","window_end":"1970-01-01T00:00:20Z","sum":8,"n":2,"ids":"0,1"},)"
      R"({"window_start":"1970-01-01T00:00:10Z","window_end":"1970-01-01T00:00:30Z","sum":1,"n":1,"ids":"1"}]})");
  std::string back;
  windows->encode(memory.data(), back);
  windows->destroy(memory.data());
  ASSERT_TRUE(panes->decode(back, memory.data()).ok());
  std::string again;
  panes->encode(memory.data(), again);
  EXPECT_EQ(back, again);
  panes->destroy(memory.data());
}

TEST(KeyedValues, AnAddedCallStartsWithNoRows) {
  AggregateWork before = keyed_work();
  before.calls.erase(before.calls.begin());
  const AggregateWork after = keyed_work();
  for (const Window& window : {Window{}, tumbling(), Window{Window::Kind::lookback, 100}}) {
    before.window = window;
    AggregateWork now = after;
    now.window = window;
    KeyedDriver driver(before);
    driver.feed({{"a", 5, 7, record::kNoTime, 0}});
    std::string bytes;
    const auto old_type = make_value_type(before);
    const auto take = [&](const state::Entry& entry) { old_type->encode(entry.value, bytes); };
    ASSERT_TRUE(driver.state.table->visit(state::Table::Which::all, take).ok());
    const auto type = make_value_type(now);
    std::vector<std::uint64_t> memory(type->inline_bytes() / 8);
    ASSERT_TRUE(type->decode(bytes, memory.data()).ok());
    std::string shown;
    show_value(now, memory.data(), {"sum", "n", "ids"}, shown);
    if (window.kind != Window::Kind::lookback)
      EXPECT_THAT(shown, testing::HasSubstr(R"("sum":0,"n":1,"ids":"0")"));
    else
      EXPECT_THAT(shown, testing::HasSubstr(R"("rows":1)"));
    type->destroy(memory.data());
    // A call that is gone cannot be left out silently.
    std::string full;
    ASSERT_TRUE(type->decode(bytes, memory.data()).ok());
    type->encode(memory.data(), full);
    type->destroy(memory.data());
    std::vector<std::uint64_t> old_memory(old_type->inline_bytes() / 8);
    EXPECT_EQ(old_type->decode(full, old_memory.data()).code(), Code::data_loss);
  }
}

TEST(KeyedValues, DamagedBytesAreRefused) {
  AggregateWork work = keyed_work();
  for (const Window& window :
       {Window{}, tumbling(), hopping(), Window{Window::Kind::session, 60 * kSecond},
        Window{Window::Kind::lookback, 60 * kSecond}}) {
    work.window = window;
    const auto type = make_value_type(work);
    KeyedDriver driver(work);
    driver.feed({{"a", 5, 7, record::kNoTime, 0}, {"a", 70 * kSecond, 7, record::kNoTime, 1}});
    std::string bytes;
    const auto take = [&](const state::Entry& entry) { type->encode(entry.value, bytes); };
    ASSERT_TRUE(driver.state.table->visit(state::Table::Which::all, take).ok());
    std::vector<std::uint64_t> memory(type->inline_bytes() / 8);
    for (std::size_t length = 0; length < bytes.size(); ++length)
      EXPECT_EQ(type->decode(std::string_view(bytes).substr(0, length), memory.data()).code(),
                Code::data_loss);
    EXPECT_EQ(type->decode(bytes + "x", memory.data()).code(), Code::data_loss);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      std::string other = bytes;
      other[i] = static_cast<char>(other[i] ^ 0x55);
      if (type->decode(other, memory.data()).ok()) type->destroy(memory.data());
    }
  }
}

// What a lookback gives, recomputed from all rows it has seen.
TEST(LookbackAggregate, GivesWhatANaiveRecomputationGives) {
  for (const bool retracts : {true, false})
    for (const std::int64_t limit : {std::int64_t{1} << 40, std::int64_t{40}})
      for (const std::uint32_t seed : {1U, 2U, 3U})
        for (const std::size_t size : {1U, 7U, 256U, 50U}) {
          AggregateWork work = keyed_work({Window::Kind::lookback, 250}, limit, retracts);
          work.allowed_lateness_us = 200;
          work.late = Late::side_output;
          work.keep_row = true;
          RandomRows rules;
          rules.partitions = 1 + seed % 2;
          const Stream stream = make_stream(rules, seed);
          std::vector<std::string> expected;
          std::map<std::string, std::vector<KeyedRow>> seen;
          std::size_t late = 0;
          std::size_t failed = 0;
          for (const KeyedRow& row : stream.rows) {
            if (row.time_us + 200 <= row.watermark_us) {
              ++late;
              continue;
            }
            std::map<std::pair<std::int64_t, std::int64_t>, KeyedRow> span;
            for (const KeyedRow& other : seen[row.key])
              if (other.time_us > row.time_us - 250 && other.time_us <= row.time_us)
                span[{other.time_us, other.id}] = other;
            span[{row.time_us, row.id}] = row;
            std::int64_t sum = 0;
            std::string ids;
            for (const auto& [place, other] : span) {
              sum += other.value;
              ids += (ids.empty() ? "" : ",") + std::to_string(other.id);
            }
            if (sum > limit) {
              ++failed;
              continue;
            }
            seen[row.key].push_back(row);
            expected.push_back(row.key + " " + std::to_string(span.size()) + " " +
                               std::to_string(sum) + " [" + ids + "]");
          }
          KeyedDriver driver(work,
                             size == 50 ? FakeTable::Reload::real : FakeTable::Reload::each_batch);
          run(driver, stream, size);
          ASSERT_EQ(driver.lines, expected) << "seed " << seed << ", batches of " << size;
          EXPECT_EQ(driver.stats.dropped(flow::DropReason::late).value(), late);
          EXPECT_EQ(driver.side.size(), late);
          EXPECT_EQ(driver.stats.dropped(flow::DropReason::skip).value(), failed);
          EXPECT_EQ(driver.state.table->keys(), 0U);
          EXPECT_GT(late, 0U);
        }
}

TEST(LookbackAggregate, ByTheClockRowsCountAtTheTimeOfTheirBatch) {
  AggregateWork work = keyed_work({Window::Kind::lookback, 10'000});
  work.window.processing_time = true;
  work.keep_row = true;
  KeyedDriver driver(work);
  driver.now = {1'000'000};
  driver.feed({{"a", 900, 1, kDay, 0}, {"a", 5, 1, kDay, 1}});
  driver.now = {1'009'999};
  driver.feed({{"a", 1, 1, kDay, 2}});
  driver.now = {1'010'000};
  driver.feed({{"a", 1, 1, kDay, 3}});
  EXPECT_THAT(driver.lines,
              ElementsAre("a 1 1 [0]", "a 2 2 [0,1]", "a 3 3 [0,1,2]", "a 2 2 [2,3]"));
  EXPECT_EQ(driver.step().next_timer().us, 1'010'000);
  driver.timer(1'010'000);
  EXPECT_EQ(driver.step().next_timer().us, 1'019'999);
  driver.timer(1'020'000);
  EXPECT_EQ(driver.state.table->keys(), 0U);
}

}  // namespace
}  // namespace leat::operators
