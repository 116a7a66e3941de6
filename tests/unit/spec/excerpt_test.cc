#include "spec/excerpt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leat::spec {
namespace {

using ::testing::HasSubstr;

Diagnostic at(int line, int column,
              std::optional<std::pair<std::size_t, std::size_t>> span = std::nullopt) {
  Diagnostic diagnostic;
  diagnostic.line = line;
  diagnostic.column = column;
  diagnostic.span = span;
  return diagnostic;
}

TEST(Excerpt, ShowsTheLineWithACaret) {
  EXPECT_EQ(excerpt("{\n  \"nme\": 1 }\n", at(2, 3)), "  2 |   \"nme\": 1 }\n    |   ^\n");
  EXPECT_EQ(excerpt("x", at(1, 1)), "  1 | x\n    | ^\n");
  EXPECT_EQ(excerpt("a\r\nb\r\n", at(2, 1)), "  2 | b\n    | ^\n");
}

TEST(Excerpt, MarksTheSpanInsideAString) {
  EXPECT_EQ(excerpt(R"({"f": "amuont > 1"})", at(1, 7, {{0, 6}})),
            "  1 | {\"f\": \"amuont > 1\"}\n    |        ^~~~~~\n");
  EXPECT_EQ(excerpt(R"("\u00e4\n\ud83d\ude00b ü bad")", at(1, 1, {{7, 10}})),
            "  1 | \"\\u00e4\\n\\ud83d\\ude00b ü bad\"\n    |                          ^~~\n");
  EXPECT_EQ(excerpt("[1, 2]", at(1, 2, {{0, 3}})), "  1 | [1, 2]\n    |  ^\n")
      << "a span belongs to a string";
  EXPECT_EQ(excerpt("\"ab\"", at(1, 1, {{2, 2}})), "  1 | \"ab\"\n    |    ^\n");
}

TEST(Excerpt, PlacesThatAreNotThereDoNoHarm) {
  EXPECT_EQ(excerpt("abc", at(0, 0)), "");
  EXPECT_EQ(excerpt("abc", at(9, 9)), "  9 | \n    | ^\n");
  EXPECT_EQ(excerpt("abc", at(1, 99)), "  1 | abc\n    |    ^\n");
  EXPECT_EQ(excerpt("\"a", at(1, 1, {{50, 90}})), "  1 | \"a\n    |   ^\n");
  EXPECT_EQ(excerpt("", at(1, 1)), "  1 | \n    | ^\n");
}

TEST(Excerpt, ThePlaceOfTheCaretIsOneColumn) {
  const std::string text = R"({ "f": "a\n\"b" })";
  EXPECT_EQ(at_caret(text, at(1, 8, {{3, 4}})).column, 14);
  EXPECT_FALSE(at_caret(text, at(1, 8, {{3, 4}})).span.has_value());
  EXPECT_EQ(at_caret(text, at(1, 8)).column, 8);
  EXPECT_EQ(at_caret(text, at(0, 0, {{1, 2}})).column, 0);
}

TEST(Excerpt, ControlCharactersAreShownAndCounted) {
  EXPECT_EQ(excerpt("\ta\x1b x", at(1, 5)), "  1 |  a\\x1b x\n    |        ^\n");
}

TEST(Excerpt, OfALongLineTheNeighbourhoodIsShown) {
  std::string line(1001, 'a');
  line.replace(500, 1, "!");
  line.replace(501, 500, 500, 'b');
  const std::string shown = excerpt(line, at(1, 501));
  EXPECT_THAT(shown, HasSubstr("…" + std::string(60, 'a') + "!" + std::string(59, 'b') + "…"));
  EXPECT_THAT(shown, HasSubstr("\n    | " + std::string(61, ' ') + "^\n"));
}

}  // namespace
}  // namespace leat::spec
