#include "json/write.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>

#include "json/parse.h"

namespace leat::json {
namespace {

TEST(Writer, WritesObjectsAndArraysWithCommas) {
  Writer writer;
  writer.begin_object()
      .member("a", 1)
      .member("b", "x")
      .key("c")
      .begin_array()
      .value(true)
      .null()
      .begin_object();
  writer.end_object()
      .value(2.5)
      .end_array()
      .member_null("d")
      .member_raw("e", "{\"z\":1}")
      .end_object();
  EXPECT_EQ(writer.take(),
            "{\"a\":1,\"b\":\"x\",\"c\":[true,null,{},2.5],\"d\":null,\"e\":{\"z\":1}}");
  writer.begin_array().end_array();
  EXPECT_EQ(writer.take(), "[]");
}

TEST(Writer, WritesEveryKindOfNumber) {
  Writer writer;
  writer.begin_array()
      .value(std::numeric_limits<std::int64_t>::min())
      .value(std::numeric_limits<std::uint64_t>::max());
  writer.value(std::uint8_t{7}).value(3.0).value(1e16).value(-0.0).value(0.1).value(5e-324);
  writer.value(std::numeric_limits<double>::infinity())
      .value(std::numeric_limits<double>::quiet_NaN())
      .end_array();
  EXPECT_EQ(writer.take(),
            "[-9223372036854775808,18446744073709551615,7,3.0,1e+16,-0.0,0.1,5e-324,null,null]");
}

TEST(Writer, WritesTextAsTextAndFlagsAsFlags) {
  Writer writer;
  const char* const pointer = "p";
  writer.begin_array()
      .value("literal")
      .value(pointer)
      .value(std::string("s"))
      .value(std::string_view("v"))
      .value(false);
  writer.value(std::optional<int>())
      .value(std::optional<int>(4))
      .value(std::optional<std::string>("o"))
      .end_array();
  EXPECT_EQ(writer.take(), "[\"literal\",\"p\",\"s\",\"v\",false,null,4,\"o\"]");
}

TEST(Writer, EscapesKeysAndTextAndReplacesInvalidBytes) {
  Writer writer;
  writer.begin_object().member("a\"b\n", std::string("\x01\\ü\xFF", 5)).end_object();
  const std::string text = writer.take();
  EXPECT_EQ(text, "{\"a\\\"b\\n\":\"\\u0001\\\\ü\xEF\xBF\xBD\"}");
  EXPECT_TRUE(parse(text).ok());
}

TEST(Writer, WritesTrees) {
  const Parsed parsed = parse("{\"a\": [1.10, 30e1, {}]}");
  Writer writer;
  writer.begin_array().value(parsed.root()).value(parsed.root()).end_array();
  EXPECT_EQ(writer.take(), "[{\"a\":[1.10,30e1,{}]},{\"a\":[1.10,30e1,{}]}]");
}

TEST(Pretty, IndentsByTwo) {
  const Parsed parsed = parse("{\"a\":[1,{\"b\":null}],\"c\":{},\"d\":[]}");
  EXPECT_EQ(
      pretty(parsed.root()),
      "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}");
}

TEST(Doubles, ReadBackTheSame) {
  for (const double number : {1.0, -1.5, 1e308, 2.2250738585072014e-308, 123456789.125, 1e21, 1e-7,
                              0.30000000000000004}) {
    std::string text;
    append_double(text, number);
    const Parsed parsed = parse(text);
    EXPECT_EQ(parsed.root().kind(), Kind::real) << text;
    EXPECT_EQ(parsed.root().as_double(), number) << text;
  }
}

}  // namespace
}  // namespace leat::json
