#include "json/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "base/text.h"
#include "json/write.h"

namespace leat::json {
namespace {

using ::testing::HasSubstr;

std::string code_of(std::string_view text, const ParseOptions& options = {}) {
  const Parsed parsed = parse(text, options);
  return parsed.ok() ? "ok" : parsed.problems().front().code;
}

std::string place_text(Place place) {
  return std::to_string(place.line) + ":" + std::to_string(place.column);
}

std::string place_of_problem(std::string_view text) {
  const Parsed parsed = parse(text);
  return parsed.ok() ? "ok" : place_text(parsed.problems().front().place);
}

constexpr std::string_view kSample = R"({ // a comment
  "name": "caf\u00e9 \ud83d\ude00 ü",
  "list": [1, -2.5e3, true, false, null, "x\n\t\\\"\/\b\f\r"], /* another
  one */ "empty": {}, "none": [],
  "deep": {"a": {"b": [[0]]}}
})";

TEST(Parse, KeepsOrderTypesAndTokens) {
  const Parsed parsed = parse(kSample);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(
      to_text(parsed.root()),
      "{\"name\":\"café 😀 ü\",\"list\":[1,-2.5e3,true,false,null,"
      "\"x\\n\\t\\\\\\\"/\\b\\f\\r\"],\"empty\":{},\"none\":[],\"deep\":{\"a\":{\"b\":[[0]]}}}");
}

TEST(Parse, TakesScalarsAtTheTop) {
  EXPECT_EQ(to_text(parse("42").root()), "42");
  EXPECT_EQ(to_text(parse(" \"a\" ").root()), "\"a\"");
  EXPECT_EQ(to_text(parse("null").root()), "null");
}

TEST(Parse, KnowsTheLineAndColumnOfEveryValueAndKeyInCodePoints) {
  const Parsed parsed = parse("{\n  \"käse\": 1,  \"b\": [true,\n\"ü\", 7]}");
  ASSERT_TRUE(parsed.ok());
  const Value& root = parsed.root();
  EXPECT_EQ(place_text(root.place()), "1:1");
  EXPECT_EQ(place_text(root.members()[0].key_place), "2:3");
  EXPECT_EQ(place_text(root.members()[0].value.place()), "2:11");
  EXPECT_EQ(place_text(root.members()[1].key_place), "2:15");
  EXPECT_EQ(place_text(root.members()[1].value.place()), "2:20");
  EXPECT_EQ(place_text(root.members()[1].value.elements()[1].place()), "3:1");
  EXPECT_EQ(place_text(root.members()[1].value.elements()[2].place()), "3:6");
}

TEST(Parse, RefusesWhatIsNotJsonAtItsPlace) {
  EXPECT_EQ(place_of_problem("{\"a\": 1,}"), "1:9");
  EXPECT_EQ(place_of_problem("[1,\n 2,\n]"), "3:1");
  EXPECT_EQ(place_of_problem("{\"ä\" 1}"), "1:6");
  EXPECT_EQ(place_of_problem("[1] 2"), "1:5");
  EXPECT_EQ(place_of_problem(""), "1:1");
  EXPECT_EQ(place_of_problem("\n\n  "), "3:3");
  EXPECT_EQ(place_of_problem("\"a\nb\""), "1:3");
  EXPECT_EQ(place_of_problem("{'a': 1}"), "1:2");
}

TEST(Parse, CallsEverythingThatIsNotJsonMalformed) {
  for (const std::string_view text :
       {"",         " ",     "{",     "}",    "[",        "]",         "\"",          "\"a",
        "tru",      "nul",   "nan",   "NaN",  "Infinity", "-",         "+1",          "01",
        "-01",      "1.",    ".5",    "1e",   "1e+",      "0x1",       "[1 2]",       "{\"a\"}",
        "{\"a\":}", "{a:1}", "{1:1}", "[,1]", "\"\\x\"",  "\"\\u12\"", "\"\\u12g4\"", "\"\\u+123\"",
        "\"\\",     "\"\\u", "/",     "/*",   "/* x",     "// x",      "1 /",         "[1]x",
        "{} {}",    "True",  "\t\x01"}) {
    const Parsed parsed = parse(text);
    EXPECT_TRUE(parsed.malformed()) << text;
    EXPECT_EQ(parsed.problems().size(), 1u) << text;
    EXPECT_EQ(parsed.partial(), nullptr) << text;
  }
}

TEST(Parse, RefusesBytesThatAreNotUtf8AndByteOrderMarks) {
  for (const std::string& text :
       {std::string("\"\xC3\""), std::string("\"\xC0\xAF\""), std::string("\"\xED\xA0\x80\""),
        std::string("\"\xF4\x90\x80\x80\""), std::string("\"\xFF\""), std::string("\xEF\xBB\xBF{}"),
        std::string("// \xE2\x82\n1"), std::string("{\0}", 3), std::string("\xFF\xFE{\0}\0", 6),
        std::string("\0{\0}", 4)})
    EXPECT_TRUE(parse(text).malformed());
  EXPECT_EQ(place_of_problem("[\"ü\",\n \"\xC3\"]"), "2:3");
}

TEST(Parse, CommentsCanBeSwitchedOff) {
  ParseOptions strict;
  strict.comments = false;
  EXPECT_EQ(code_of("[1] // x", strict), "MALFORMED_JSON");
  EXPECT_EQ(code_of("/* x */ [1]", strict), "MALFORMED_JSON");
  EXPECT_EQ(code_of("/* x */ [1] // x"), "ok");
  EXPECT_EQ(code_of("[\"// no comment /* nor this\"]"), "ok");
}

TEST(Parse, DepthIsBoundedHoweverDeepTheText) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(code_of(nested(32)), "ok");
  EXPECT_EQ(code_of(nested(33)), "TOO_DEEP");
  EXPECT_EQ(code_of(nested(100'000)), "TOO_DEEP");
  EXPECT_EQ(code_of(std::string(100'000, '[')), "TOO_DEEP");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_EQ(code_of(objects), "TOO_DEEP");
  EXPECT_FALSE(parse(objects).malformed());
  const Parsed parsed = parse("{\"a\":" + nested(40) + "}");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(place_text(parsed.problems()[0].place), "1:37");
  EXPECT_EQ(parsed.problems()[0].pointer.substr(0, 8), "/a/0/0/0");
}

TEST(Parse, ValuesAreBounded) {
  std::string many = "[{}";
  while (many.size() < 256 * 1024) many += ",{}";
  many += "]";
  EXPECT_EQ(code_of(many), "ok");  // 87 000 of them
  std::string more = "[0";
  while (more.size() < 256 * 1024) more += ",0";
  more += "]";
  EXPECT_EQ(code_of(more), "TOO_MANY_VALUES");
  std::string loose;
  while (loose.size() < 256 * 1024) loose += "{}";
  EXPECT_EQ(code_of(loose), "MALFORMED_JSON");
  ParseOptions few;
  few.values_max = 3;
  EXPECT_EQ(code_of("[1,2]", few), "ok");
  EXPECT_EQ(code_of("[1,2,3]", few), "TOO_MANY_VALUES");
}

TEST(Parse, BytesAndKeysAreBounded) {
  ParseOptions small;
  small.bytes_max = 8;
  EXPECT_EQ(code_of("[1,2,34]", small), "ok");
  EXPECT_EQ(code_of("[1,2,345]", small), "TOO_LARGE");
  EXPECT_EQ(code_of("{\"" + std::string(4096, 'k') + "\":1}"), "ok");
  EXPECT_EQ(code_of("{\"" + std::string(4097, 'k') + "\":1}"), "TOO_LARGE");
}

TEST(Parse, FindsDuplicateKeysHoweverTheyAreWritten) {
  const Parsed parsed = parse(R"({"x": {"a": 1, "b": 2, "\u0061": 3}, "y": {"a": 1}})");
  ASSERT_EQ(parsed.problems().size(), 1u);
  EXPECT_FALSE(parsed.malformed());
  EXPECT_EQ(parsed.problems()[0].code, "DUPLICATE_KEY");
  EXPECT_EQ(parsed.problems()[0].pointer, "/x/a");
  EXPECT_EQ(place_text(parsed.problems()[0].place), "1:24");
  ASSERT_NE(parsed.partial(), nullptr);
  EXPECT_EQ(parsed.partial()->find("x")->find("a")->as_integer(), 1);
  EXPECT_EQ(code_of(R"({"": 1, "": 2})"), "DUPLICATE_KEY");
  EXPECT_EQ(code_of(R"({"a": 1, "A": 2})"), "ok");
}

TEST(Parse, FindsLoneSurrogates) {
  for (const std::string_view text :
       {R"("\ud800")", R"("\udc00")", R"("\ud800\ud800")", R"("\udc00\ud800")", R"("\ud800x")",
        R"("\ud800\n")", R"(["\uDBFF\u0041"])"})
    EXPECT_EQ(code_of(text), "LONE_SURROGATE") << text;
  EXPECT_EQ(*parse(R"("\ud83d\ude00")").root().as_string(), "😀");
  EXPECT_EQ(*parse(R"("\uDBFF\uDFFF")").root().as_string(), "\xF4\x8F\xBF\xBF");
  EXPECT_EQ(parse(R"("ab\ud800")").problems()[0].place.column, 4u);
  const Parsed parsed = parse(R"("\ud800A")");
  EXPECT_EQ(*parsed.partial()->as_string(),
            "\xEF\xBF\xBD"
            "A");
}

TEST(Parse, ReportsAllRefusalsOfOneTextTogether) {
  const Parsed parsed = parse(R"({"a": 1e400, "b": "\ud800", "b": 1, "c": [-1e999]})");
  std::string codes;
  for (const Problem& problem : parsed.problems()) codes += problem.code + problem.pointer + " ";
  EXPECT_EQ(codes, "OUT_OF_RANGE/a LONE_SURROGATE/b OUT_OF_RANGE/c/0 DUPLICATE_KEY/b ");
}

TEST(Parse, ATextThatIsNotJsonHasNoOtherProblem) {
  const Parsed parsed = parse(R"({"a": 1e400, "b": "\ud800", "b": 1, )");
  EXPECT_TRUE(parsed.malformed());
  EXPECT_EQ(parsed.problems().size(), 1u);
}

TEST(Parse, TheNumberOfProblemsIsBounded) {
  std::string text = "[1e400";
  for (int i = 0; i < 5000; ++i) text += ",1e400";
  EXPECT_EQ(parse(text + "]").problems().size(), Parsed::kProblemsMax);
  const Parsed deep = parse(text + "," + std::string(50, '['));
  EXPECT_EQ(deep.problems().size(), Parsed::kProblemsMax);
  EXPECT_EQ(deep.problems().back().code, "TOO_DEEP");
}

TEST(Parse, NumbersOfAnyLengthAreReadOrRefused) {
  const std::string digits(100'000, '7');
  EXPECT_EQ(code_of(digits), "OUT_OF_RANGE");
  EXPECT_EQ(code_of("-" + digits), "OUT_OF_RANGE");
  EXPECT_EQ(code_of("0." + digits), "ok");
  EXPECT_EQ(code_of("1e" + digits), "OUT_OF_RANGE");
  EXPECT_EQ(code_of("1e400"), "OUT_OF_RANGE");
  EXPECT_EQ(code_of("-1e400"), "OUT_OF_RANGE");
  EXPECT_EQ(code_of("1.7976931348623157e308"), "ok");
}

TEST(Parse, IntegersAreExactAndLargerOnesAreReals) {
  EXPECT_EQ(parse("9223372036854775807").root().as_integer(),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse("-9223372036854775808").root().as_integer(),
            std::numeric_limits<std::int64_t>::min());
  const Value big = parse("9223372036854775808").root();
  EXPECT_EQ(big.kind(), Kind::real);
  EXPECT_EQ(big.as_integer(), std::nullopt);
  EXPECT_EQ(big.as_double(), 9223372036854775808.0);
  EXPECT_EQ(big.number_token(), "9223372036854775808");
  EXPECT_EQ(parse("1.10").root().number_token(), "1.10");
  EXPECT_EQ(parse("-0").root().as_integer(), 0);
  EXPECT_EQ(to_text(parse("-0").root()), "-0");
}

TEST(Parse, GettersAreTypedAndCheckRanges) {
  EXPECT_EQ(parse("255").root().as_integer<std::uint8_t>(), 255);
  EXPECT_EQ(parse("256").root().as_integer<std::uint8_t>(), std::nullopt);
  EXPECT_EQ(parse("-1").root().as_integer<std::uint64_t>(), std::nullopt);
  EXPECT_EQ(parse("4294967297").root().as_integer<std::int32_t>(), std::nullopt);
  EXPECT_EQ(parse("true").root().as_integer(), std::nullopt);
  EXPECT_EQ(parse("1.0").root().as_integer(), std::nullopt);
  EXPECT_EQ(parse("1e3").root().as_integer(), std::nullopt);
  EXPECT_EQ(parse("1").root().as_bool(), std::nullopt);
  EXPECT_EQ(parse("1").root().as_double(), 1.0);
  EXPECT_EQ(parse("\"1\"").root().as_double(), std::nullopt);
  EXPECT_EQ(parse("1").root().as_string(), nullptr);
  EXPECT_EQ(parse("[]").root().find("a"), nullptr);
}

TEST(Parse, EveryTruncationOfAValidTextIsMalformed) {
  for (std::size_t size = 0; size < kSample.size(); ++size)
    EXPECT_TRUE(parse(kSample.substr(0, size)).malformed()) << size;
}

TEST(Parse, EveryFlippedByteHasADefiniteResult) {
  std::size_t taken = 0;
  for (std::size_t i = 0; i < kSample.size(); ++i) {
    for (int bits = 1; bits < 256; ++bits) {
      std::string text(kSample);
      text[i] = static_cast<char>(text[i] ^ static_cast<char>(bits));
      const Parsed parsed = parse(text);
      if (!parsed.ok()) {
        EXPECT_GT(parsed.problems()[0].place.line, 0u);
        continue;
      }
      ++taken;
      EXPECT_TRUE(parse(to_text(parsed.root())).ok());
    }
  }
  EXPECT_GT(taken, 0u);
}

TEST(Pointer, FindsValuesAndPlaces) {
  const Parsed parsed = parse("{\"a/b\": {\"~\": [1, {\"x\": 2}]}, \"\": 3}");
  const Value& root = parsed.root();
  EXPECT_EQ(find_pointer(root, ""), &root);
  EXPECT_EQ(find_pointer(root, "/a~1b/~0/1/x")->as_integer(), 2);
  EXPECT_EQ(find_pointer(root, "/")->as_integer(), 3);
  for (const std::string_view none :
       {"/a", "a", "/a~1b/~0/2", "/a~1b/~0/-1", "/a~1b/~0/01x", "/a~1b/~0/"})
    EXPECT_EQ(find_pointer(root, none), nullptr) << none;
  EXPECT_EQ(place_of(root, "/a~1b/~0/1/x").column, 25u);
  EXPECT_EQ(place_of(root, "/a~1b/~0/1/x", true).column, 20u);
  EXPECT_EQ(place_of(root, "/a~1b/~0/1/missing").column, 19u);
}

TEST(Pointer, IsEscaped) {
  EXPECT_EQ(pointer_to("/a", "b/c~d"), "/a/b~1c~0d");
  EXPECT_EQ(pointer_to("", 7u), "/7");
}

TEST(Parse, ALongKeyAboveManyValuesCostsNothingExtra) {
  std::string text = "{\"" + std::string(4096, '/') + "\": [0";
  for (int i = 0; i < 90'000; ++i) text += ",0";
  EXPECT_EQ(code_of(text + "]}"), "ok");
}

}  // namespace
}  // namespace leat::json
