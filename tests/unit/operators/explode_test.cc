#include "operators/explode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "operators/renumber.h"
#include "unit/operators/driven.h"

namespace leat::operators {
namespace {

using record::DecodeSlot;
using record::RecordBatch;
using record::Row;
using record::Value;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t kList = 0;
constexpr std::size_t kIndex = 1;
constexpr std::size_t kItem = 2;

// "offset/ordinal index item" of every row that comes out.
std::vector<std::string> shown(const Driven& driven) {
  std::vector<std::string> all;
  for (const RecordBatch& batch : driven.out.batches)
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const Row& row = batch.rows()[i];
      const Value index = batch.column(kIndex)[i];
      const Value item = batch.column(kItem)[i];
      all.push_back(std::to_string(row.offset) + "/" + std::to_string(row.ordinal) + " " +
                    (index.is_missing() ? "-" : std::to_string(index.as_integer())) + " " +
                    (item.is(record::Type::json) ? std::string(item.as_text())
                                                 : std::string(to_string(item.type()))));
    }
  return all;
}

struct ExplodeTest : testing::Test {
  std::unique_ptr<Explode> made(bool outer = false, bool several = false) {
    auto work = std::make_shared<ExplodeWork>();
    work->list = kList;
    work->index = kIndex;
    work->outer = outer;
    work->several = several;
    return std::make_unique<Explode>(
        work, codec::make_item_decoder({{{}, DecodeSlot::Want::token, kItem}}, nullptr));
  }
};

TEST_F(ExplodeTest, MakesOneRowOfEveryItem) {
  const auto explode = made();
  const Driven driven(*explode,
                      rows_with(kList, {Value::json(R"([1.10, "a"])"), Value::json("[]"),
                                        Value::json("null"), Value(), Value::json("[[2]]")}));
  EXPECT_THAT(shown(driven), ElementsAre("0/0 0 1.10", "0/1 1 \"a\"", "4/0 0 [2]"));
  EXPECT_EQ(driven.counts(), "5 in 3 out");
}

TEST_F(ExplodeTest, OuterKeepsRowsWithoutItems) {
  const auto explode = made(true);
  const Driven driven(*explode, rows_with(kList, {Value::json("[]"), Value(), Value::json("[7]")}));
  EXPECT_THAT(shown(driven), ElementsAre("0/0 - null", "1/0 - null", "2/0 0 7"));
  EXPECT_EQ(driven.counts(), "3 in 3 out");
}

TEST_F(ExplodeTest, OtherTypesFailTheRowAndBrokenItemsTheirs) {
  const auto explode = made();
  const Driven driven(*explode, rows_with(kList, {Value::json("{}"), Value::string("[1]"),
                                                  Value::json("[1,nul,3]"), Value::json("[1")}));
  EXPECT_THAT(shown(driven), ElementsAre("2/0 0 1", "2/2 2 3"));
  EXPECT_EQ(driven.counts(), "4 in 2 out 4 skip");
}

TEST_F(ExplodeTest, TombstonesAreDroppedAndCounted) {
  const auto explode = made(true);
  RecordBatch batch = rows_with(kList, {Value::json("[1]"), Value()});
  batch.rows()[1].flags = Row::kNullValue;
  const Driven driven(*explode, std::move(batch));
  EXPECT_THAT(shown(driven), ElementsAre("0/0 0 1"));
  EXPECT_EQ(driven.counts(), "2 in 1 out 1 tombstone");
}

TEST_F(ExplodeTest, ComputedListsKeepTheTypesOfTheirItems) {
  auto work = std::make_shared<ExplodeWork>();
  work->list = kList;
  Explode explode(work, codec::make_item_decoder({{{}, DecodeSlot::Want::value, kItem},
                                                  {{"n"}, DecodeSlot::Want::value, kItem + 1}},
                                                 nullptr));
  const record::Entry entry{Value::string("n"), Value::boolean(true)};
  const Value items[] = {Value::timestamp(5), Value::map(&entry, 1), Value::null()};
  const Driven driven(explode, rows_with(kList, {Value::list(items)}));
  const RecordBatch& batch = driven.out.batches.at(0);
  EXPECT_EQ(batch.column(kItem)[0].as_integer(), 5);
  EXPECT_TRUE(batch.column(kItem + 1)[1].as_boolean());
  EXPECT_TRUE(batch.column(kItem)[2].is(record::Type::null));
}

TEST_F(ExplodeTest, ALongListComesInSeveralBatches) {
  std::string list = "[0";
  for (int i = 1; i < 1000; ++i) list += "," + std::to_string(i);
  const auto explode = made();
  const Driven driven(*explode, rows_with(kList, {Value::json(list + "]"), Value::json("[5]")}));
  std::vector<std::size_t> sizes;
  for (const RecordBatch& batch : driven.out.batches) sizes.push_back(batch.size());
  EXPECT_THAT(sizes, ElementsAre(256, 256, 256, 233));
  EXPECT_EQ(shown(driven)[999], "0/999 999 999");
  EXPECT_EQ(shown(driven)[1000], "1/0 0 5");
  EXPECT_EQ(driven.counts(), "2 in 1001 out");
}

TEST_F(ExplodeTest, OrdinalsStayDifferentBelowAnotherExplode) {
  RecordBatch batch =
      rows_with(kList, {Value::json("[1,2,3]"), Value::json("[4]"), Value::json("[5,6,7,8]")});
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch.rows()[i].offset = 0;
    batch.rows()[i].ordinal = i;
  }
  const auto explode = made(false, true);
  const Driven driven(*explode, std::move(batch));
  std::vector<std::uint64_t> ordinals;
  for (const Row& row : driven.out.batches.at(0).rows()) ordinals.push_back(row.ordinal);
  EXPECT_EQ(ordinals.size(), 8U);
  EXPECT_TRUE(std::is_sorted(ordinals.begin(), ordinals.end()));
  EXPECT_EQ(std::set<std::uint64_t>(ordinals.begin(), ordinals.end()).size(), 8U);
}

TEST_F(ExplodeTest, MoreRowsThanOrdinalsFail) {
  std::string list = "[0";
  for (std::uint64_t i = 0; i < Explode::kItemsMax; ++i) list += ",0";
  list += "]";
  RecordBatch batch = rows_with(kList, {Value::json(list), Value::json("[1]")});
  batch.rows()[1].ordinal = std::uint64_t{1} << 44;
  const auto explode = made(false, true);
  const Driven driven(*explode, std::move(batch));
  EXPECT_EQ(driven.counts(), "2 in 0 out 2 skip");
}

TEST(Renumber, WaysOfARecordGetOrdinalsOfTheirOwn) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t way = 0; way < 3; ++way) {
    Renumber renumber(3, way);
    RecordBatch batch = rows(4);
    for (std::size_t i = 0; i < batch.size(); ++i) batch.rows()[i].ordinal = i;
    const Driven driven(renumber, std::move(batch));
    for (const Row& row : driven.out.batches[0].rows())
      EXPECT_TRUE(seen.insert(row.ordinal).second);
  }
  EXPECT_EQ(seen.size(), 12U);
}

}  // namespace
}  // namespace leat::operators
