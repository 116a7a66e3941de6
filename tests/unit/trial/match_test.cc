#include "trial/match.h"

#include <gmock/gmock.h>

#include "json/parse.h"

namespace leat::trial {
namespace {

using testing::ElementsAre;
using testing::Optional;

json::Value value(const std::string& text) { return json::parse(text).root(); }

std::string difference(const std::string& expected, const std::string& actual) {
  const auto found = compare(value(expected), value(actual));
  return found ? found->pointer + " " + found->message : "";
}

TEST(Compare, NumbersByValueAndObjectsInAnyOrder) {
  EXPECT_EQ(difference(R"({"a": 1, "b": [1, null, "x"]})", R"({"b": [1.0, null, "x"], "a": 1})"),
            "");
  EXPECT_EQ(difference("9007199254740993", "9007199254740992"),
            " expected 9007199254740993, got 9007199254740992");
  EXPECT_EQ(difference("123456789012345678901234567890", "123456789012345678901234567891"),
            " expected 123456789012345678901234567890, got 123456789012345678901234567891");
}

TEST(Compare, NamesTheFirstPlaceThatDiffers) {
  EXPECT_EQ(difference(R"({"a": {"b": [1, 2]}})", R"({"a": {"b": [1, 3]}})"),
            "/a/b/1 expected 2, got 3");
  EXPECT_EQ(difference(R"({"a": 1})", "{}"), "/a expected 1, and it is not there");
  EXPECT_EQ(difference("{}", R"({"a": 1})"), "/a not expected, got 1");
  EXPECT_EQ(difference("[1]", "[1, 2]"), " expected 1 items, got 2");
  EXPECT_EQ(difference("1", "\"1\""), " expected 1, got \"1\"");
  EXPECT_EQ(difference("null", "false"), " expected null, got false");
}

TEST(Compare, MatchersStandForValues) {
  EXPECT_EQ(difference(R"({"a": {"$any": true}})", R"({"a": [1]})"), "");
  EXPECT_EQ(difference(R"({"a": {"$any": true}})", "{}"),
            R"(/a expected {"$any":true}, and it is not there)");
  EXPECT_EQ(difference(R"({"$approx": 1.5})", "1.5000001"), "");
  EXPECT_EQ(difference(R"({"$approx": 1.5})", "1.50001"),
            R"( expected {"$approx":1.5}, got 1.50001)");
  EXPECT_EQ(difference(R"({"$approx": 0})", "1e-10"), "");
  EXPECT_NE(difference(R"({"$approx": 1})", "\"1\""), "");
}

TEST(PairUp, FindsAPartnerForAsManyAsCan) {
  // 0 fits both, 1 only the first: the greedy choice would leave 1 alone.
  const auto fits = [](std::size_t i, std::size_t j) { return i == 0 || j == 0; };
  EXPECT_THAT(pair_up(2, 2, fits), ElementsAre(Optional(1u), Optional(0u)));
}

TEST(PairUp, LeavesAloneWhatFitsNothing) {
  const auto fits = [](std::size_t i, std::size_t j) { return i + j == 3; };
  EXPECT_THAT(pair_up(3, 2, fits), ElementsAre(std::nullopt, std::nullopt, Optional(1u)));
}

TEST(PairUp, ManyEqualThingsAreQuick) {
  std::size_t asked = 0;
  const auto fits = [&](std::size_t, std::size_t) { return ++asked > 0; };
  pair_up(5000, 5000, fits);
  EXPECT_EQ(asked, 5000u);
}

}  // namespace
}  // namespace leat::trial
