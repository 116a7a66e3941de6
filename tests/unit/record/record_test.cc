#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "record/batch.h"
#include "record/key_hash.h"

namespace leat::record {
namespace {

// Values of org.apache.kafka.common.utils.UtilsTest.testMurmur2.
TEST(KeyHash, IsWhatTheJavaClientComputes) {
  const std::vector<std::pair<std::string, std::int32_t>> vectors{
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"abc", 479470107}};
  for (const auto& [key, expected] : vectors)
    EXPECT_EQ(static_cast<std::int32_t>(murmur2(key)), expected) << key;
}

TEST(KeyHash, EqualKeysHashAlikeAndTypesDiffer) {
  EXPECT_EQ(mix_key(0, Value::integer(1)), mix_key(0, Value::real(1.0)));
  EXPECT_EQ(mix_key(0, Value::real(-0.0)), mix_key(0, Value::real(0.0)));
  EXPECT_NE(mix_key(0, Value::integer(1)), mix_key(0, Value::string("1")));
  EXPECT_NE(mix_key(0, Value::integer(1)), mix_key(0, Value::boolean(true)));
  EXPECT_NE(mix_key(0, Value::string("ab")), mix_key(0, Value::bytes("ab")));
  EXPECT_EQ(mix_key(0, Value::unsigned_integer(1)), mix_key(0, Value::integer(1)));
  EXPECT_EQ(mix_key(0, Value::unsigned_integer(1ULL << 63)), mix_key(0, Value::real(0x1p63)));
  EXPECT_EQ(mix_key(0, Value::integer(1LL << 62)), mix_key(0, Value::real(0x1p62)));
  EXPECT_NE(mix_key(0, Value::timestamp(5, 1)), mix_key(0, Value::timestamp(5)));
  EXPECT_NE(mix_key(0, Value::timestamp(5)), mix_key(0, Value::duration(5)));
}

TEST(KeyHash, GroupsSpreadEvenlyOverSlices) {
  std::vector<int> counts(4);
  for (std::int64_t i = 0; i < 40'000; ++i)
    ++counts[slice_of_group(key_group(mix_key(0, Value::integer(i))), 4).value()];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 600);
}

RecordBatch numbers(int n) {
  RecordBatch batch(base::Ref<BatchMemory>(new BatchMemory()));
  for (int i = 0; i < n; ++i) {
    Row row;
    row.offset = i;
    batch.rows().push_back(row);
  }
  const Column column = batch.make_column(1);
  for (int i = 0; i < n; ++i) column[static_cast<std::size_t>(i)] = Value::integer(i * 10);
  return batch;
}

std::vector<std::int64_t> column_of(const RecordBatch& batch) {
  std::vector<std::int64_t> values;
  for (const Value& value : batch.column(1)) values.push_back(value.as_integer());
  return values;
}

TEST(RecordBatch, RetainKeepsRowsAndColumnsTogether) {
  RecordBatch batch = numbers(5);
  const std::vector<std::uint8_t> keep{0, 1, 0, 1, 1};
  batch.retain(keep);
  EXPECT_THAT(column_of(batch), ::testing::ElementsAre(10, 30, 40));
  EXPECT_EQ(batch.rows()[2].offset, 4);
  EXPECT_TRUE(batch.column(0).empty());
}

TEST(RecordBatch, GatheredRowsOutliveTheBatchTheyCameFrom) {
  RecordBatch picked;
  {
    RecordBatch batch = numbers(3);
    batch.rows()[2].value = batch.arena().copy("two");
    const std::vector<std::uint32_t> indexes{2, 0};
    picked = batch.gather(indexes);
  }
  EXPECT_EQ(picked.rows()[0].value, "two");
  EXPECT_THAT(column_of(picked), ::testing::ElementsAre(20, 0));
}

// Counts how often it is asked; every record has one header, its own name.
class OneHeader final : public HeaderReader {
 public:
  std::span<const Header> read_headers(const void* record) noexcept override {
    ++asked;
    return {static_cast<const Header*>(record), 1};
  }
  int asked = 0;
};

TEST(RecordBatch, HeadersAreReadOnceAndBeforeRowsLeaveTheThread) {
  OneHeader reader;
  const Header name{"h", "1"};
  RecordBatch batch = numbers(4);
  for (Row& row : batch.rows()) row.set_headers(reader, &name);
  EXPECT_EQ(reader.asked, 0);
  EXPECT_EQ(batch.rows()[1].all_headers()[0].value, "1");
  EXPECT_EQ(batch.rows()[1].all_headers().size(), 1u);
  EXPECT_EQ(reader.asked, 1);
  const std::vector<std::uint32_t> indexes{1, 2};
  const RecordBatch picked = batch.gather(indexes);
  EXPECT_EQ(reader.asked, 2);
  batch.move_to_child_memory();
  EXPECT_EQ(reader.asked, 4);
  EXPECT_EQ(picked.rows()[1].all_headers()[0].value, "1");
  EXPECT_EQ(batch.rows()[3].all_headers()[0].value, "1");
  EXPECT_EQ(reader.asked, 4);
}

TEST(RecordBatch, ACloneIsFilteredByItself) {
  RecordBatch batch = numbers(2);
  RecordBatch copy = batch.clone();
  const std::vector<std::uint8_t> keep{1, 0};
  copy.retain(keep);
  EXPECT_THAT(column_of(copy), ::testing::ElementsAre(0));
  EXPECT_THAT(column_of(batch), ::testing::ElementsAre(0, 10));
}

}  // namespace
}  // namespace leat::record
