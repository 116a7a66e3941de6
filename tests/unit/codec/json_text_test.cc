#include "codec/json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "codec/row_errors.h"

namespace leat::codec {
namespace {

using record::Type;
using record::Value;

std::string written(const Value& value) {
  TextBuffer out;
  EXPECT_EQ(append_value(out, value), nullptr);
  return std::string(out.view());
}

TEST(JsonText, WritesEveryTypeAsTheRulesSay) {
  EXPECT_EQ(written(Value::null()), "null");
  EXPECT_EQ(written(Value::boolean(true)), "true");
  EXPECT_EQ(written(Value::boolean(false)), "false");
  EXPECT_EQ(written(Value::integer(std::numeric_limits<std::int64_t>::min())),
            "-9223372036854775808");
  EXPECT_EQ(written(Value::integer(42)), "42");
  EXPECT_EQ(written(Value::json(R"({"a": [1.10]})")), R"({"a": [1.10]})");
  EXPECT_EQ(written(Value::bytes("")), R"("")");
  EXPECT_EQ(written(Value::bytes("f")), R"("Zg==")");
  EXPECT_EQ(written(Value::bytes("fo")), R"("Zm8=")");
  EXPECT_EQ(written(Value::bytes("foo")), R"("Zm9v")");
  EXPECT_EQ(written(Value::bytes("\xff\xfe\xfd\x00")), R"("//79")");
}

TEST(JsonText, DoublesAlwaysHaveAFractionOrExponent) {
  EXPECT_EQ(written(Value::real(3)), "3.0");
  EXPECT_EQ(written(Value::real(1e16)), "1e+16");
  EXPECT_EQ(written(Value::real(-0.0)), "-0.0");
  EXPECT_EQ(written(Value::real(0.1)), "0.1");
  EXPECT_EQ(written(Value::real(5e-324)), "5e-324");
  EXPECT_EQ(written(Value::real(std::numeric_limits<double>::max())), "1.7976931348623157e+308");
}

// Numbers of few decimals have a way of their own, which must give the same text.
TEST(JsonText, DoublesAreTheShortestTextThatReadsBack) {
  const auto shortest = [](double number) {
    std::array<char, 40> text{};
    std::string made(text.data(),
                     std::to_chars(text.data(), text.data() + text.size(), number).ptr);
    return made.find_first_of(".e") == std::string::npos ? made + ".0" : made;
  };
  std::mt19937_64 random(7);
  for (int i = 0; i < 200'000; ++i) {
    const auto hundredths = static_cast<double>(random() >> (14 + random() % 50));
    const double number = (random() % 2 == 0 ? -1 : 1) * (hundredths / 100);
    for (const double near : {number, std::nextafter(number, 1e300), std::nextafter(number, 0.0)})
      ASSERT_EQ(written(Value::real(near)), shortest(near));
  }
  EXPECT_EQ(written(Value::real(-0.05)), "-0.05");
  EXPECT_EQ(written(Value::real(0.1 + 0.2)), "0.30000000000000004");
  EXPECT_EQ(written(Value::real(999999999999.99)), "999999999999.99");
  EXPECT_EQ(written(Value::real(99999999999999.98)), "99999999999999.98");
}

TEST(JsonText, ListsAndMapsKeepTheirOrder) {
  using record::Entry;
  const std::array<Value, 3> items{Value::integer(1), Value::string("a\"b"), Value::null()};
  EXPECT_EQ(written(Value::list(items)), R"([1,"a\"b",null])");
  EXPECT_EQ(written(Value::list({})), "[]");
  const Value inner = Value::list(items);
  const std::array<Entry, 5> entries{{{Value::string("z"), inner},
                                      {Value::integer(-2), Value::json("{ }")},
                                      {Value::boolean(true), Value::real(2)},
                                      {Value::unsigned_integer(7), Value::optional(&items[0])},
                                      {Value::string("n"), Value::optional(nullptr)}}};
  EXPECT_EQ(written(Value::map(entries.data(), entries.size())),
            R"({"z":[1,"a\"b",null],"-2":{ },"true":2.0,"7":1,"n":null})");
  EXPECT_EQ(written(Value::map(nullptr, 0)), "{}");
  EXPECT_EQ(written(Value::unsigned_integer(std::numeric_limits<std::uint64_t>::max())),
            "18446744073709551615");
  TextBuffer out;
  EXPECT_EQ(append_value(out, Value::type_name("int")), &kNotRepresentable);
  const std::array<Value, 1> broken{Value::real(NAN)};
  EXPECT_EQ(append_value(out, Value::list(broken)), &kNotRepresentable);
}

TEST(JsonText, ListsInsideEachOtherHaveAnEnd) {
  std::array<Value, 300> nested;
  for (std::size_t i = 1; i < nested.size(); ++i) nested[i] = Value::list({&nested[i - 1], 1});
  TextBuffer out;
  EXPECT_EQ(append_value(out, nested.back()), &kNotRepresentable);
  EXPECT_EQ(append_value(out, nested[250]), nullptr);
}

TEST(JsonText, WhatIsNotFiniteIsARowError) {
  TextBuffer out;
  EXPECT_EQ(append_value(out, Value::real(INFINITY)), &kNotRepresentable);
  EXPECT_EQ(append_value(out, Value::real(-INFINITY)), &kNotRepresentable);
  EXPECT_EQ(append_value(out, Value::real(NAN)), &kNotRepresentable);
  EXPECT_EQ(append_value(out, Value::error(kWrongType)), &kWrongType);
}

TEST(JsonText, TimesHaveTheShortestFraction) {
  EXPECT_EQ(written(Value::timestamp(0)), R"("1970-01-01T00:00:00Z")");
  EXPECT_EQ(written(Value::timestamp(1767225600250000)), R"("2026-01-01T00:00:00.25Z")");
  EXPECT_EQ(written(Value::timestamp(-1)), R"("1969-12-31T23:59:59.999999Z")");
  EXPECT_EQ(written(Value::timestamp(951782400000000)), R"("2000-02-29T00:00:00Z")");
  EXPECT_EQ(written(Value::timestamp(-62135596800000000)), R"("0001-01-01T00:00:00Z")");
  EXPECT_EQ(written(Value::timestamp(253402300799999999)), R"("9999-12-31T23:59:59.999999Z")");
  EXPECT_EQ(written(Value::duration(5'400'000'000)), R"("5400s")");
  EXPECT_EQ(written(Value::duration(-250'000)), R"("-0.25s")");
  EXPECT_EQ(written(Value::duration(0)), R"("0s")");
  EXPECT_EQ(written(Value::timestamp(-1, 999)), R"("1969-12-31T23:59:59.999999999Z")");
  EXPECT_EQ(written(Value::timestamp(0, 1)), R"("1970-01-01T00:00:00.000000001Z")");
  EXPECT_EQ(written(Value::duration(-1, 999)), R"("-0.000000001s")");
  EXPECT_EQ(written(Value::duration(1'500'000, 20)), R"("1.50000002s")");
  TextBuffer out;
  EXPECT_EQ(append_value(out, Value::timestamp(253402300800000000)), &kNotRepresentable);
  EXPECT_EQ(append_value(out, Value::timestamp(-62135596800000001)), &kNotRepresentable);
}

TEST(JsonText, StringsEscapeOnlyWhatTheyMust) {
  EXPECT_EQ(written(Value::string("")), R"("")");
  EXPECT_EQ(written(Value::string("a/b Köln \x7f 😀")), "\"a/b Köln \x7f 😀\"");
  EXPECT_EQ(written(Value::string("\b\f\n\r\t\"\\")), R"("\b\f\n\r\t\"\\")");
  EXPECT_EQ(written(Value::string(std::string_view("\0\x1f", 2))), R"("\u0000\u001f")");
  // The character to escape at every place of a word of eight bytes.
  for (std::size_t at = 0; at < 20; ++at) {
    std::string text(20, 'x');
    text[at] = '"';
    std::string wanted(20, 'x');
    wanted.replace(at, 1, "\\\"");
    EXPECT_EQ(written(Value::string(text)), "\"" + wanted + "\"");
  }
}

TEST(JsonText, ReadsNumbersByTheirSpelling) {
  const auto read = [](std::string_view token) {
    Value value;
    EXPECT_EQ(read_number(token, value), nullptr) << token;
    return value;
  };
  EXPECT_EQ(read("0").as_integer(), 0);
  EXPECT_EQ(read("-9223372036854775808").as_integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(read("9223372036854775808").is(Type::real));
  EXPECT_DOUBLE_EQ(read("9223372036854775808").as_real(), 9223372036854775808.0);
  EXPECT_TRUE(read("1.0").is(Type::real));
  EXPECT_DOUBLE_EQ(read("1.10").as_real(), 1.1);
  EXPECT_TRUE(read("1e2").is(Type::real));
  EXPECT_DOUBLE_EQ(read("1E+2").as_real(), 100);
  EXPECT_DOUBLE_EQ(read("1e-400").as_real(), 0);
  EXPECT_TRUE(std::signbit(read("-1e-99999999999999999999").as_real()));
  EXPECT_DOUBLE_EQ(read("0." + std::string(400, '0') + "1").as_real(), 0);
  EXPECT_TRUE(std::signbit(read("-0.0").as_real()));
  EXPECT_TRUE(read("-0").is(Type::integer));
}

TEST(JsonText, RefusesWhatIsNoNumber) {
  Value value;
  for (const char* token : {"", "-", "+1", "01", "-01", ".5", "1.", "1.e5", "1e", "1e+", "1x",
                            "0x10", "1 2", "--1", "Infinity", "NaN", "1_0"})
    EXPECT_EQ(read_number(token, value), &kInvalidNumber) << token;
  for (const char* token : {"1e400", "-1e400", "1e99999999999999999999"})
    EXPECT_EQ(read_number(token, value), &kNumberOutOfRange) << token;
  EXPECT_EQ(read_number(std::string(100'000, '9'), value), &kNumberOutOfRange);
}

TEST(JsonText, ResolvesEscapes) {
  base::Arena arena;
  std::string_view out;
  EXPECT_EQ(unescape(R"(\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00x)", arena, out), nullptr);
  EXPECT_EQ(out, "\"\\/\b\f\n\r\tAé€😀x");
  EXPECT_EQ(unescape(R"(\u0000)", arena, out), nullptr);
  EXPECT_EQ(out, std::string_view("\0", 1));
  for (const char* bad : {R"(\ud800)", R"(\udc00)", R"(\ud800x)", R"(\ud800\u0041)",
                          R"(\ud800\ud800)", R"(\udfff\ud800)"})
    EXPECT_EQ(unescape(bad, arena, out), &kLoneSurrogate) << bad;
  for (const char* bad : {R"(\x)", R"(\u12)", R"(\u12g4)", "\\", R"(\')"}) {
    EXPECT_EQ(unescape(bad, arena, out), &kInvalidEscape) << bad;
    EXPECT_EQ(check_escapes(bad), &kInvalidEscape) << bad;
  }
}

}  // namespace
}  // namespace leat::codec
