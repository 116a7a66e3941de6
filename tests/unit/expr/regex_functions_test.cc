#include <string>

#include "unit/expr/function_cases.h"

namespace leat::expr::testing {
namespace {

TEST(RegexFunctions, ExtractGivesTheFirstMatchOrItsGroup) {
  expect_values({
      {"regex.extract('hello world', 'hello(.*)')", "some string  world"},
      {R"(regex.extract('item-A, item-B', r'item-(\w+)'))", "some string A"},
      {R"(regex.extract('id:123', r'\d+'))", "some string 123"},
      {"regex.extract('HELLO', 'hello')", "none"},
      {"regex.extract('', 'x*')", "some string "},
      {"regex.extract('ab', 'a(x?)b')", "none"},
      {"regex.extract('Köln', '.l')", "some string öl"},
      {"regex.extract('x', '(a)(b)')", "error TOO_MANY_GROUPS"},
      {"regex.extract('x', '(')", "error INVALID_PATTERN"},
      {"regex.extract(1, 'x')", "error NO_SUCH_OVERLOAD"},
      {"regex.extract('x', 1)", "error NO_SUCH_OVERLOAD"},
  });
}

TEST(RegexFunctions, ExtractAllGivesEveryMatch) {
  expect_values({
      {R"(regex.extract_all('id:123, id:456', r'id:\d+'))", "[string id:123, string id:456]"},
      {R"(regex.extract_all('id:123, id:456', r'id:(\d+)'))", "[string 123, string 456]"},
      {"regex.extract_all('id:123', 'none')", "[]"},
      {"regex.extract_all('aXbXX', 'X*')", "[string , string X, string XX]"},
      {"regex.extract_all('a,,b', '([^,]*)')", "[string a, string b]"},
      {"regex.extract_all('äöü', '.')", "[string ä, string ö, string ü]"},
      {"regex.extract_all('äö', '')", "[string , string , string ]"},
      {"regex.extract_all('aaa', '^a')", "[string a]"},
      {"regex.extract_all('x', '(a)(b)')", "error TOO_MANY_GROUPS"},
  });
}

TEST(RegexFunctions, ReplaceKnowsItsGroups) {
  expect_values({
      {"regex.replace('hello world hello', 'hello', 'hi')", "string hi world hi"},
      {"regex.replace('banana', 'a', 'x', 0)", "string banana"},
      {"regex.replace('banana', 'a', 'x', 1)", "string bxnana"},
      {"regex.replace('banana', 'a', 'x', 2)", "string bxnxna"},
      {"regex.replace('banana', 'a', 'x', -12)", "string bxnxnx"},
      {"regex.replace('banana', 'a', 'x', -9223372036854775808)", "string bxnxnx"},
      {R"(regex.replace('foo bar', '(fo)o (ba)r', r'\2 \1'))", "string ba fo"},
      {R"(regex.replace('ab', 'b', r'[\0]'))", "string a[b]"},
      {R"(regex.replace('ab', 'b', r'\\'))", R"(string a\)"},
      {"regex.replace('äö', '', '-')", "string -ä-ö-"},
      {"regex.replace('abc', 'b*', '-')", "string -a-c-"},
      {R"(regex.replace('x', '(a)?x', r'<\1>'))", "string <>"},
      {R"(regex.replace('4111 1111', r'\d', '*', 4))", "string **** 1111"},
      {R"(regex.replace('x', 'x', r'\1'))", "error INVALID_REPLACEMENT"},
      {R"(regex.replace('x', 'x', r'\n'))", "error INVALID_REPLACEMENT"},
      {R"(regex.replace('x', 'x', '\\'))", "error INVALID_REPLACEMENT"},
      {"regex.replace('x', '(', 'y')", "error INVALID_PATTERN"},
      {"regex.replace('x', 'x', 1)", "error NO_SUCH_OVERLOAD"},
  });
}

TEST(RegexFunctions, AReplacedTextHasALimit) {
  const std::string text(5'000, 'x');
  const std::string by(10'000, 'y');
  const Fields fields{{"x", Value::string(text)}, {"y", Value::string(by)}};
  EXPECT_EQ(evaluate("regex.replace(x, 'x', y)", fields), "error VALUE_TOO_LARGE");
}

}  // namespace
}  // namespace leat::expr::testing
