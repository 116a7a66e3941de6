#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/expr/rows.h"

namespace leat::expr::testing {
namespace {

using ::testing::HasSubstr;

// "refused 0-5 CODE: …", the warnings, or "".
std::string told(std::string_view text, TypeCheck check = TypeCheck::strict) {
  Names names;
  const Compiled compiled = compile(text, names, Limits(), check);
  return compiled.ok() ? show(compiled.warnings) : "refused " + show(compiled.diagnostics);
}

TEST(AlwaysFails, AMistakeIsWhatFailsForEveryRow) {
  EXPECT_EQ(told("1 / 0"),
            "refused 0-5 ALWAYS_FAILS: every row fails here: an integer was divided by zero "
            "(DIVIDE_BY_ZERO)\n");
  EXPECT_EQ(told("a + 2 * (1 % 0)"),
            "refused 8-15 ALWAYS_FAILS: every row fails here: an integer was divided by zero "
            "(DIVIDE_BY_ZERO)\n");
  for (const std::string_view text :
       {"timestamp('x')", "duration('x')", "int('a')", "a > timestamp('2026-13-01T00:00:00Z')",
        "[a, int('x')]", "{'k': int('x')}", "int('x') ? a : b", "a ? int('x') : int('y')",
        "1 / 0 > 0 && int('x') > 1", "int('x') ?? int('y')", "try(int('x'), int('y'))",
        "cel.bind(x, int('x'), x + a)", "int('x') in a", "[int('x')].all(x, x > a)",
        "9223372036854775807 + 1", "{'a': 1}.b", "optional.none().value()", "'abc'.charAt(9)"})
    EXPECT_THAT(told(text), HasSubstr("refused ")) << text;
}

TEST(AlwaysFails, LiteralsFailWhateverTheRowHas) {
  for (const std::string_view text : {"a.getHours('Mars/Olympus')",
                                      "time.format(a, '%Q')",
                                      "time.format(a, '%F', 'nowhere')",
                                      "time.parse(a, '%Y-%Q')",
                                      "time.parse(a, '%F', 'nowhere')",
                                      "time.parse(a, '%V')",
                                      "net.in_cidr(a, '10.0.0.0/99')",
                                      "net.in_cidr('10.0.0.999', a)",
                                      "'%q'.format([a])",
                                      "'%d %d'.format([a])",
                                      "regex.replace(a, 'x', '\\\\1')",
                                      "regex.extract(a, '(x)(y)')",
                                      "a.matches('(' + '')",
                                      "time.truncate(a, duration('0s'))",
                                      "a % 0",
                                      "a % 0u",
                                      "a % (1 - 1)",
                                      "size(a) / 0",
                                      "math.bitShiftLeft(a, -1)",
                                      "math.bitShiftRight(a, -1)",
                                      "a.flatten(-1)",
                                      "a.charAt(-1)",
                                      "a.substring(-1)",
                                      "a.substring(3, 2)",
                                      "a.indexOf('x', -1)",
                                      "a.lastIndexOf(b, -1)",
                                      "a.slice(-1, 2)",
                                      "a.slice(2, 1)",
                                      "[a, 1][-1]",
                                      "a.split(',')[-1]"})
    EXPECT_THAT(told(text), HasSubstr("refused ")) << text;
  for (const std::string_view text : {"a.getHours('Europe/Berlin')",
                                      "a.getHours(b)",
                                      "time.format(a, '%F %T.%3f')",
                                      "time.format(a, b, 'UTC')",
                                      "time.parse(a, '%F')",
                                      "time.parse(a, b)",
                                      "net.in_cidr(a, '10.0.0.0/8')",
                                      "net.in_cidr(a, '2001:db8::/32')",
                                      "net.in_cidr('10.0.0.1', a)",
                                      "'%s %d %.2f'.format([a, b, a])",
                                      "'%d %d'.format(a)",
                                      "'%d'.format([?a, ?b])",
                                      "regex.replace(a, b, '\\\\1')",
                                      "regex.replace(a, '(x)', '\\\\1')",
                                      "time.truncate(a, duration('1h'))",
                                      "a.format([1])",
                                      "a.split(',', 2)",
                                      "a.substring(1)",
                                      "a.charAt(3)",
                                      "math.greatest(a, 1)",
                                      "hash.md5('x') == a",
                                      "json.parse(a)",
                                      "a % 2",
                                      "a % b",
                                      "size(a) / 2",
                                      "1 / size(a)",
                                      "math.bitShiftLeft(-1, a)",
                                      "math.bitShiftLeft(a, 70)",
                                      "a.flatten(0)",
                                      "a.substring(2, 3)",
                                      "a.split(',', -1)",
                                      "a.slice(5, 9)",
                                      "a[-1]",
                                      "{-1: a}[-1]",
                                      "[a, 1][?-1].orValue(1)"})
    EXPECT_THAT(told(text), Not(HasSubstr("ALWAYS_FAILS"))) << text;
}

TEST(AlwaysFails, MacrosOverListsThatAreWrittenOutRun) {
  for (const std::string_view text :
       {"[1, 2].all(x, x / 0 > 1)", "[1, 2].map(x, x % 0)", "[a].map(x, x % 0)",
        "[1].filter(x, int('x') > x)", "[1].map(x, int('x') > x, x)",
        "[1, 2].transformList(i, x, i / 0)", "[1].exists_one(x, x.flatten(-1) == a)"})
    EXPECT_THAT(told(text), HasSubstr("refused ")) << text;
  for (const std::string_view text : {"[a].map(x, x / 0)", "[1].map(x, a, x / 0)"})
    EXPECT_THAT(told(text), Not(HasSubstr("refused "))) << text;
  EXPECT_EQ(told("[].map(x, x % 0)"), "");
  EXPECT_EQ(told("[?a].map(x, 1)"), "");
}

TEST(AlwaysFails, ADivisionByZeroOfWhatMayBeADoubleIsAWarning) {
  EXPECT_THAT(told("a / 0"), HasSubstr("0-5 INT_DIVISION: an int divided by 0 fails its row"));
  EXPECT_EQ(told("a / 0.0"), "");
  EXPECT_EQ(told("a / 2"), "");
  EXPECT_EQ(told("double(a) / 0"), "");
}

TEST(AlwaysFails, AWarningIsWhatSomeRowsNeverGetTo) {
  EXPECT_EQ(told("a ? 1 : 1 / 0"),
            "8-13 ALWAYS_FAILS: this fails whenever it is evaluated: an integer was divided by "
            "zero (DIVIDE_BY_ZERO)\n");
  for (const std::string_view text :
       {"a && 1 / 0 > 0", "1 / 0 > 0 || a", "a.all(x, x > 1 / 0)", "a ?? int('x')",
        "a.map(x, int('x'))", "a.?b.orValue(int('x'))", "a ? time.format(b, '%Q') : ''",
        "try(a, int('x'))"})
    EXPECT_THAT(told(text), AllOf(HasSubstr("ALWAYS_FAILS"), Not(HasSubstr("refused")))) << text;
}

TEST(AlwaysFails, ErrorsThatAreLookedAfterAreNone) {
  for (const std::string_view text :
       {"false && 1 / 0 > 0", "1 / 0 > 0 || true", "true ? 1 : 1 / 0", "1 / 0 ?? a",
        "try(1 / 0, a)", "a && try(int('x') > 0, false)", "optional.of(1).orValue(1 / 0) + a",
        "cel.bind(x, int('x'), a)", "cel.bind(x, int('x'), x ?? a)", "a / 0.0", "1.0 / 0.0",
        "time.format(a, '%Q') ?? 'x'"})
    EXPECT_EQ(told(text), "") << text;
}

TEST(AlwaysFails, IsLeftToTheRowsWhereTypesAre) {
  EXPECT_EQ(told("1 / 0", TypeCheck::dynamic), "");
  EXPECT_EQ(told("a && 1 / 0 > 0", TypeCheck::dynamic), "");
}

}  // namespace
}  // namespace leat::expr::testing
