#include "conformance/text_format.h"

#include <gtest/gtest.h>

#include "conformance/differences.h"
#include "conformance/vectors.h"

namespace leat::conformance {
namespace {

Message read(std::string_view text) {
  Result<Message> made = parse_text_format(text);
  EXPECT_TRUE(made.ok()) << made.status().to_string();
  return made.ok() ? *made : Message();
}

TEST(TextFormat, ReadsScalarsAndMessagesInEveryNotation) {
  const Message file = read(R"(# a comment
name: "plain"  ## another
number: -17, double: -1.5e3; flag: true
nested { a: 1 b < c: inf > }
with_colon: { a: 2 }
[type.googleapis.com/google.protobuf.Duration] { seconds: 3 }
list: [1, 2] list: 3 empty: []
)");
  EXPECT_EQ(file.text("name"), "plain");
  EXPECT_EQ(file.text("number"), "-17");
  EXPECT_EQ(file.text("double"), "-1.5e3");
  EXPECT_TRUE(file.flag("flag"));
  EXPECT_EQ(file.in("nested").text("a"), "1");
  EXPECT_EQ(file.in("nested").in("b").text("c"), "inf");
  EXPECT_EQ(file.in("with_colon").text("a"), "2");
  EXPECT_EQ(file.in("[type.googleapis.com/google.protobuf.Duration]").text("seconds"), "3");
  EXPECT_EQ(file.all("list").size(), 3u);
  EXPECT_EQ(file.find("empty"), nullptr);
  EXPECT_EQ(file.text("not_there"), "");
}

TEST(TextFormat, ResolvesEscapesAndJoinsNeighbouringStrings) {
  const Message file = read(R"(a: "x\n\t\\\"\'\?" 'y' "z"
b: '\101\x42\u00e4\U0001F600\377\0'
c:
  "one "
  "two")");
  EXPECT_EQ(file.text("a"), "x\n\t\\\"'?yz");
  EXPECT_EQ(file.text("b"), std::string_view("AB\xC3\xA4\xF0\x9F\x98\x80\xFF\0", 10));
  EXPECT_EQ(file.text("c"), "one two");
}

TEST(TextFormat, NamesTheLineOfWhatItCannotRead) {
  for (const std::string_view text : {"\n\na {", "\n\na: \"x\n\"", "\n\na: \"\\q\"", "\n\na 1",
                                      "\n\n}", "\n\na: [1", "\n\n[a.b 1"}) {
    const Result<Message> made = parse_text_format(text);
    ASSERT_FALSE(made.ok()) << text;
    EXPECT_EQ(made.status().code(), Code::invalid_argument);
    EXPECT_EQ(made.status().fields()[0].second, "3") << text;
  }
  EXPECT_FALSE(parse_text_format(std::string(1000, '{')).ok());
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "a{";
  EXPECT_FALSE(parse_text_format(deep).ok());
}

TEST(Vectors, HaveAnIdEachAndExpectTrueUnlessTheySayOtherwise) {
  const Result<std::vector<Vector>> made = read_vectors("f", R"(name: "f"
section { name: "s"
  test { name: "a" expr: "true" }
  test { name: "a" expr: "1 / 0" eval_error { errors { message: "x" } } }
  test { name: "b" expr: "x" disable_check: true container: "c"
         bindings { key: "x" value: { value: { int64_value: 1 } } } value: { int64_value: 1 } }
  test { name: "c" expr: "TestAllTypes{}" }
  test { name: "d" expr: "1" typed_result { result { int64_value: 1 } deduced_type { primitive: INT64 } } }
})");
  ASSERT_TRUE(made.ok());
  const std::vector<Vector>& all = *made;
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[0].id, "f/s/a");
  EXPECT_TRUE(all[0].value.flag("bool_value"));
  EXPECT_EQ(all[1].id, "f/s/a#2");
  EXPECT_EQ(all[1].expectation, Expectation::error);
  EXPECT_TRUE(all[2].disable_check);
  EXPECT_EQ(all[2].bindings.at("x").in("value").text("int64_value"), "1");
  EXPECT_EQ(reason_to_skip(all[2]), "");
  EXPECT_NE(reason_to_skip(all[3]), "");
  EXPECT_EQ(all[4].type->text("primitive"), "INT64");
}

TEST(Differences, AreTheRowsOfTheTables) {
  const auto all = read_differences(
      "# title\n| vector | reason |\n|---|---|\n| `a/b/c` | x | because |\n| `a/b/d` | since "
      "|\r\ntext `a` | b |\n");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all.at("a/b/c"), "because");
  EXPECT_EQ(all.at("a/b/d"), "since");
}

}  // namespace
}  // namespace leat::conformance
