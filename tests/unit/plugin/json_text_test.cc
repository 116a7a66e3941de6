#include "plugin/calls/json_text.h"

#include <gtest/gtest.h>

#include <limits>

#include "json/parse.h"

namespace leat::plugin {
namespace {

using record::Value;

TEST(JsonText, IsTakenAsTheParserTakesIt) {
  for (const char* text : {"null",
                           " true ",
                           "-0",
                           "1e5",
                           "0.5E-3",
                           "\"\"",
                           "\"a\\u00e9\\n\"",
                           "[]",
                           "{}",
                           "[1,[2,{}],\"x\"]",
                           "{\"a\":{\"b\":[null]},\"c\":1}",
                           " [ 1 , 2 ] ",
                           "{ \"a\" : 1 }",
                           "",
                           " ",
                           "nul",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "\"",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\x01\"",
                           "[1,]",
                           "[,1]",
                           "{\"a\":}",
                           "{a:1}",
                           "{\"a\":1,}",
                           "[1 2]",
                           "{\"a\" 1}",
                           "[}",
                           "{]",
                           "]",
                           "1 2",
                           "{\"a\":1}}",
                           "\xff",
                           "[\"\xc3\"]",
                           "NaN",
                           "[",
                           "{"}) {
    json::ParseOptions plain;
    plain.comments = false;
    EXPECT_EQ(is_json(text), json::parse(text, plain).ok()) << text;
  }
}

TEST(JsonText, DepthIsLimited) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(is_json(nested(kJsonDepthMax)));
  EXPECT_FALSE(is_json(nested(kJsonDepthMax + 1)));
  EXPECT_FALSE(is_json(std::string(100'000, '{')));
}

TEST(JsonText, ScalarsBecomeValues) {
  base::Arena arena;
  EXPECT_TRUE(value_of_json("null", arena).is(record::Type::null));
  EXPECT_TRUE(value_of_json(" true", arena).as_boolean());
  EXPECT_EQ(value_of_json("-7", arena).as_integer(), -7);
  EXPECT_TRUE(value_of_json("-7", arena).is(record::Type::integer));
  EXPECT_DOUBLE_EQ(value_of_json("1e2", arena).as_real(), 100);
  EXPECT_TRUE(value_of_json("9223372036854775808", arena).is(record::Type::real));
  EXPECT_EQ(value_of_json("\"a b\"", arena).as_text(), "a b");
  EXPECT_EQ(value_of_json("\"a\\n\\u00e9\"", arena).as_text(), "a\n\u00e9");
  EXPECT_EQ(value_of_json(" {\"a\":1} ", arena).as_text(), "{\"a\":1}");
}

TEST(JsonText, ComputedValuesAreWritten) {
  base::Arena arena;
  const Value items[] = {Value::integer(1), Value::real(0.5), Value::string("a\"b"), Value::null()};
  const record::Entry entries[] = {{Value::string("k"), Value::list(items)},
                                   {Value::integer(2), Value::json("[7]")}};
  EXPECT_EQ(json_of(Value::map(entries, 2), arena), "{\"k\":[1,0.5,\"a\\\"b\",null],\"2\":[7]}");
  EXPECT_EQ(json_of(Value::timestamp(0), arena), "\"1970-01-01T00:00:00.000000Z\"");
  EXPECT_FALSE(json_of(Value::bytes("x"), arena).has_value());
  EXPECT_FALSE(json_of(Value::real(std::numeric_limits<double>::infinity()), arena).has_value());
}

}  // namespace
}  // namespace leat::plugin
