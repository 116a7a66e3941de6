#include "operators/keyed/dedupe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "unit/operators/keyed_rows.h"

namespace leat::operators {
namespace {

using testing::ElementsAre;

DedupeWork dedupe_work(std::int64_t within_us, Late late = Late::pass) {
  DedupeWork work;
  work.step = "step";
  work.key.columns = {kKey};
  work.key.text_column = kOutKey;
  work.within_us = within_us;
  work.late = late;
  return work;
}

std::vector<std::int64_t> ids_of(const KeyedDriver& driver) {
  std::vector<std::int64_t> ids;
  for (const record::RecordBatch& batch : driver.batches)
    for (const record::Row& row : batch.rows()) ids.push_back(row.offset);
  return ids;
}

TEST(Dedupe, TheFirstThatArrivedWinsAndIsNotExtended) {
  KeyedDriver driver(dedupe_work(10));
  driver.feed({{"a", 100, 0, record::kNoTime, 0},
               {"a", 109, 0, record::kNoTime, 1},  // duplicate
               {"a", 110, 0, record::kNoTime, 2},  // ten away
               {"b", 100, 0, record::kNoTime, 3},
               {"a", 91, 0, record::kNoTime, 4},  // duplicate, before
               {"a", 90, 0, record::kNoTime, 5}});
  EXPECT_THAT(ids_of(driver), ElementsAre(0, 2, 3, 5));
  EXPECT_EQ(driver.counts(), "6 in 4 out 2 dedupe");
  EXPECT_EQ(driver.last_row().key, "source");
  EXPECT_EQ(driver.batches[0].column(kOutKey)[0].as_text(), "a");
}

TEST(Dedupe, GivesWhatANaiveRecomputationGives) {
  for (const Late late : {Late::pass, Late::drop, Late::side_output})
    for (const std::uint32_t seed : {1U, 2U, 3U, 4U})
      for (const std::size_t size : {1U, 7U, 256U, 50U}) {
        RandomRows rules;
        rules.partitions = 1 + seed % 3;
        const Stream stream = make_stream(rules, seed);
        std::map<std::string, std::vector<std::int64_t>> firsts;
        std::vector<std::int64_t> expected;
        std::uint64_t lates = 0;
        std::uint64_t duplicates = 0;
        for (const KeyedRow& row : stream.rows) {
          if (row.time_us + 90 <= row.watermark_us) {
            ++lates;
            if (late == Late::pass) expected.push_back(row.id);
            continue;
          }
          bool duplicate = false;
          for (const std::int64_t first : firsts[row.key])
            duplicate = duplicate || std::abs(row.time_us - first) < 90;
          if (duplicate) {
            ++duplicates;
            continue;
          }
          firsts[row.key].push_back(row.time_us);
          expected.push_back(row.id);
        }
        KeyedDriver driver(dedupe_work(90, late),
                           size == 50 ? FakeTable::Reload::real : FakeTable::Reload::each_batch);
        run(driver, stream, size);
        ASSERT_EQ(ids_of(driver), expected) << "seed " << seed << ", batches of " << size;
        EXPECT_GT(lates, 0U);
        EXPECT_GT(duplicates, 0U);
        EXPECT_EQ(driver.stats.late_closed.value(), lates);
        EXPECT_EQ(driver.stats.dropped(flow::DropReason::late).value(),
                  late == Late::pass ? 0 : lates);
        EXPECT_EQ(driver.stats.dropped(flow::DropReason::dedupe).value(), duplicates);
        EXPECT_EQ(driver.side.size(), late == Late::side_output ? lates : 0);
        EXPECT_EQ(driver.state.table->keys(), 0U);
      }
}

TEST(Dedupe, KeysMustBeUsableAndTombstonesAreDropped) {
  KeyedDriver driver(dedupe_work(10));
  record::RecordBatch batch = driver.batch_of(std::vector<KeyedRow>(4));
  batch.column(kKey)[0] = record::Value::null();
  batch.column(kKey)[1] = record::Value::json("{}");
  batch.rows()[2].flags = record::Row::kNullValue;
  driver.feed(std::move(batch));
  EXPECT_EQ(driver.counts(), "4 in 1 out 2 skip 1 tombstone");
}

TEST(Dedupe, ShowsWhatItRemembers) {
  const DedupeWork work = dedupe_work(10);
  KeyedDriver driver(work);
  driver.feed({{"a", 1'000'000, 0}, {"a", 0, 0}});
  std::string shown;
  const auto show = [&](const state::Entry& entry) { show_value(work, entry.value, shown); };
  ASSERT_TRUE(driver.state.table->visit(state::Table::Which::all, show).ok());
  EXPECT_EQ(shown, R"({"first_rows":["1970-01-01T00:00:00Z","1970-01-01T00:00:01Z"]})");
}

}  // namespace
}  // namespace leat::operators
