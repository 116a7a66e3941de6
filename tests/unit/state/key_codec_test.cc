#include "state/key_codec.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <vector>

#include "record/key_hash.h"

namespace leat::state {
namespace {

using record::Type;
using record::Value;

std::string encoded(const std::vector<Value>& values) {
  std::string out;
  encode_key(values, out);
  return out;
}

// In their order; equal ones stand together.
std::vector<std::vector<Value>> ranks() {
  const double two53 = 9007199254740992.0;
  return {
      {Value::null(), Value()},
      {Value::boolean(false)},
      {Value::boolean(true)},
      {Value::real(-std::numeric_limits<double>::infinity())},
      {Value::real(-1e300)},
      {Value::integer(std::numeric_limits<std::int64_t>::min()),
       Value::real(-9223372036854775808.0)},
      {Value::integer(std::numeric_limits<std::int64_t>::min() + 1)},
      {Value::integer(-257)},
      {Value::integer(-256)},
      {Value::integer(-255)},
      {Value::real(-1.5)},
      {Value::integer(-1), Value::real(-1.0)},
      {Value::real(-0.5)},
      {Value::real(-1e-300)},
      {Value::integer(0), Value::real(0.0), Value::real(-0.0), Value::unsigned_integer(0)},
      {Value::real(5e-324)},
      {Value::real(0.25)},
      {Value::integer(1), Value::real(1.0), Value::unsigned_integer(1)},
      {Value::real(1.5)},
      {Value::integer(255)},
      {Value::integer(256)},
      {Value::integer(65535)},
      {Value::integer(65536)},
      {Value::real(two53)},
      {Value::integer(9007199254740993)},
      {Value::integer(std::numeric_limits<std::int64_t>::max())},
      {Value::unsigned_integer(std::uint64_t{1} << 63), Value::real(9223372036854775808.0)},
      {Value::unsigned_integer(std::numeric_limits<std::uint64_t>::max())},
      {Value::real(18446744073709551616.0)},
      {Value::real(std::numeric_limits<double>::infinity())},
      {Value::string("")},
      {Value::string(std::string_view("\0", 1))},
      {Value::string(std::string_view("\0a", 2))},
      {Value::string("a")},
      {Value::string(std::string_view("a\0", 2))},
      {Value::string(std::string_view("a\0b", 3))},
      {Value::string("a\x01")},
      {Value::string("ab")},
      {Value::string("\xFF")},
      {Value::bytes("")},
      {Value::bytes("a")},
      {Value::timestamp(-1, 999)},
      {Value::timestamp(0)},
      {Value::timestamp(0, 1)},
      {Value::timestamp(1)},
  };
}

TEST(KeyCodecTest, TheOrderOfTheBytesIsThatOfTheValuesAndEqualValuesAreEqual) {
  const auto all = ranks();
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const Value& value : all[i]) EXPECT_EQ(encoded({value}), encoded({all[i][0]})) << i;
    for (std::size_t j = i + 1; j < all.size(); ++j)
      EXPECT_LT(encoded({all[i][0]}), encoded({all[j][0]})) << i << " " << j;
  }
}

TEST(KeyCodecTest, TheOrderGoesFieldByField) {
  const auto all = ranks();
  const Value low = Value::integer(1), high = Value::string("z");
  for (std::size_t i = 0; i + 1 < all.size(); ++i)
    EXPECT_LT(encoded({all[i][0], high}), encoded({all[i + 1][0], low})) << i;
}

TEST(KeyCodecTest, GivesTheValuesBack) {
  std::vector<Value> all;
  for (const auto& rank : ranks()) all.push_back(rank[0]);
  base::Arena arena;
  std::vector<Value> back(all.size());
  const std::string bytes = encoded(all);
  ASSERT_TRUE(decode_key(bytes, arena, back));
  EXPECT_EQ(encoded(back), bytes);
  EXPECT_EQ(back[17].type(), Type::integer);
  EXPECT_EQ(back[17].as_integer(), 1);
  EXPECT_EQ(back[18].as_real(), 1.5);
  EXPECT_EQ(back[35].as_text(), std::string_view("a\0b", 3));
  EXPECT_EQ(back[41].as_nanos(), 999u);
}

TEST(KeyCodecTest, WholeNumbersComeBackAsIntegersAsFarAsTheyFit) {
  base::Arena arena;
  std::vector<Value> back(3);
  ASSERT_TRUE(decode_key(
      encoded({Value::real(7.0), Value::unsigned_integer(8), Value::real(9223372036854775808.0)}),
      arena, back));
  EXPECT_EQ(back[0].type(), Type::integer);
  EXPECT_EQ(back[1].type(), Type::integer);
  EXPECT_EQ(back[2].type(), Type::unsigned_integer);
}

TEST(KeyCodecTest, TheHashOfTheBytesIsThatOfTheValues) {
  std::uint64_t whole = 0;
  std::vector<Value> all;
  for (const auto& rank : ranks()) {
    for (const Value& value : rank) {
      std::uint64_t hash = 1;
      ASSERT_TRUE(hash_key(encoded({value}), hash));
      EXPECT_EQ(hash, record::mix_key(0, value));
    }
    whole = record::mix_key(whole, rank[0]);
    all.push_back(rank[0]);
  }
  std::uint64_t hash = 1;
  ASSERT_TRUE(hash_key(encoded(all), hash));
  EXPECT_EQ(hash, whole);
  ASSERT_TRUE(hash_key("", hash));
  EXPECT_EQ(hash, 0u);
}

TEST(KeyCodecTest, BytesThatAreNoKeyAreRefused) {
  base::Arena arena;
  std::vector<Value> two(2);
  const std::string bytes = encoded({Value::string(std::string_view("a\0b", 3)), Value::real(1.5)});
  ASSERT_TRUE(decode_key(bytes, arena, two));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_key(std::string_view(bytes).substr(0, size), arena, two)) << size;
  EXPECT_FALSE(decode_key(bytes + "x", arena, two));
  std::vector<Value> one(1);
  for (const char* bad : {"\x04", "\x15", "\x2A", "\x7F", "\x20\x02",
                          "\x30"
                          "a",
                          "\x40"
                          "1234567"})
    EXPECT_FALSE(decode_key(bad, arena, one)) << bad;
}

}  // namespace
}  // namespace leat::state
