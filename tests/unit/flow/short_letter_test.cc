#include "flow/short_letter.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leat::flow {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

struct Letter {
  Letter() {
    row.origin = &origin;
    row.offset = 7;
    row.value = "a value";
    row.key = "k";
    row.timestamp_ms = 9'300'000'000'000'000;
    row.set_headers(headers);
  }
  record::Origin origin{"in", PartitionId(1), 0};
  // A record that was a dead letter before, with our own headers behind.
  std::vector<record::Header> headers{{"__connect.errors.topic", "elsewhere"},
                                      {"leat-omitted", "value"},
                                      {"h", "1"},
                                      {"__connect.errors.topic", "in"},
                                      {"__connect.errors.offset", "7"},
                                      {"leat-error", "MALFORMED_JSON"}};
  record::Row row;
};

std::vector<std::pair<std::string, std::string>> headers_of(const record::Row& row) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const record::Header& header : row.all_headers())
    all.emplace_back(header.name, header.value);
  return all;
}

TEST(ShortLetter, LosesItsValueFirstThenWhatTheRecordBroughtAndNothingMore) {
  Letter letter;
  base::Arena arena;
  const auto once = shorten_letter(letter.row, LetterFault::size, arena);
  ASSERT_TRUE(once);
  EXPECT_EQ(once->value, "");
  EXPECT_FALSE(once->tombstone());
  EXPECT_EQ(once->key, "k");
  EXPECT_EQ(once->timestamp_ms, letter.row.timestamp_ms);
  EXPECT_THAT(
      headers_of(*once),
      ElementsAre(Pair("__connect.errors.topic", "elsewhere"), Pair("h", "1"),
                  Pair("__connect.errors.topic", "in"), Pair("__connect.errors.offset", "7"),
                  Pair("leat-error", "MALFORMED_JSON"), Pair("leat-value-bytes", "7"),
                  Pair("leat-omitted", "value")));
  const auto twice = shorten_letter(*once, LetterFault::size, arena);
  ASSERT_TRUE(twice);
  EXPECT_TRUE(twice->null_key());
  EXPECT_THAT(
      headers_of(*twice),
      ElementsAre(Pair("__connect.errors.topic", "in"), Pair("__connect.errors.offset", "7"),
                  Pair("leat-error", "MALFORMED_JSON"), Pair("leat-value-bytes", "7"),
                  Pair("leat-omitted", "value,key,headers")));
  EXPECT_FALSE(shorten_letter(*twice, LetterFault::size, arena));
}

TEST(ShortLetter, GetsThePresentTimeWhenItsOwnIsRefused) {
  Letter letter;
  base::Arena arena;
  const auto once = shorten_letter(letter.row, LetterFault::time, arena);
  ASSERT_TRUE(once);
  EXPECT_EQ(once->timestamp_ms, 0);
  EXPECT_EQ(once->value, "a value");
  const auto headers = headers_of(*once);
  EXPECT_THAT(headers[headers.size() - 2], Pair("leat-timestamp", "9300000000000000"));
  EXPECT_THAT(headers.back(), Pair("leat-omitted", "timestamp"));
  EXPECT_FALSE(shorten_letter(*once, LetterFault::time, arena));
  const auto twice = shorten_letter(*once, LetterFault::size, arena);
  ASSERT_TRUE(twice);
  EXPECT_THAT(headers_of(*twice).back(), Pair("leat-omitted", "value,timestamp"));
}

TEST(ShortLetter, OfATombstoneStaysOne) {
  Letter letter;
  letter.row.value = {};
  letter.row.flags |= record::Row::kNullValue;
  base::Arena arena;
  const auto once = shorten_letter(letter.row, LetterFault::size, arena);
  ASSERT_TRUE(once);
  EXPECT_TRUE(once->tombstone());
  EXPECT_THAT(headers_of(*once).back(), Pair("leat-omitted", "key,headers"));
  EXPECT_FALSE(shorten_letter(*once, LetterFault::size, arena));
}

}  // namespace
}  // namespace leat::flow
