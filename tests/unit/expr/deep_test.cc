#include <gtest/gtest.h>

#include "unit/expr/rows.h"

namespace leat::expr::testing {
namespace {

constexpr std::size_t kLong = 10'000;

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

// What an expression gives for {"a": 1, "yes": true} when only its nesting is limited.
std::string value_of(const std::string& text) {
  Names names;
  const Compiled compiled = compile(text, names, {1'000'000, 128, 1'000'000});
  if (!compiled.ok()) return compiled.diagnostics[0].code;
  const RecordBatch batch =
      batch_of({{{"a", Value::integer(1)}, {"yes", Value::boolean(true)}}}, names);
  Scratch scratch;
  Value out;
  compiled.program->run(batch, scratch, Column(&out, 1));
  if (is_nameless(out)) compiled.program->name_absences(batch, scratch, Column(&out, 1));
  return show(out);
}

// Members, signs and chains of one operator are no nesting: nothing recurses over them.
TEST(Deep, ChainsOfMembersAndSignsCostNoStack) {
  EXPECT_EQ(value_of("a" + repeated(".b", kLong)), "absent");
  EXPECT_EQ(value_of("1 + a" + repeated(".b", kLong)), "error NO_SUCH_FIELD");
  EXPECT_EQ(value_of("has(a" + repeated(".b", kLong) + ")"), "error NO_SUCH_FIELD");
  EXPECT_EQ(value_of("a" + repeated("['b']", kLong)), "absent");
  EXPECT_EQ(value_of("a" + repeated(".?b", kLong)), "error NO_SUCH_OVERLOAD");
  EXPECT_EQ(value_of("this.?x" + repeated(".?b", kLong)), "none");
  EXPECT_EQ(value_of("[a]" + repeated("[0]", kLong)), "error NO_SUCH_OVERLOAD");
  EXPECT_EQ(value_of("{'b': a}" + repeated(".b", kLong)), "error NO_SUCH_OVERLOAD");
  EXPECT_EQ(value_of(repeated("!", kLong) + "yes"), "true");
  EXPECT_EQ(value_of(repeated("-", kLong) + "a"), "int 1");
  EXPECT_EQ(value_of(repeated("!", kLong) + "true"), "true");
  EXPECT_EQ(value_of(repeated("-", kLong) + "9"), "int 9");
  EXPECT_EQ(value_of(repeated("a + ", kLong) + "a"), "int 10001");
  EXPECT_EQ(value_of(repeated("yes && ", kLong) + "yes"), "true");
  EXPECT_EQ(value_of("a" + repeated(".string()", 1000)), "WRONG_ARGUMENTS");
  EXPECT_EQ(value_of("' x'" + repeated(".trim()", kLong)), "string x");
}

TEST(Deep, NestingIsLimited) {
  for (const std::string_view open : {"(", "[", "{1: ", "f(", "a[", "a ? 1 : ", "a ?? "})
    EXPECT_EQ(value_of(repeated(open, kLong)), "EXPRESSION_TOO_DEEP") << open;
  Names names;
  EXPECT_EQ(compile(repeated("(", 200), names, Limits()).diagnostics.at(0).message,
            "the expression is nested deeper than 128: brackets, calls, conditionals and `??` "
            "inside each other (limits.expression_depth)");
}

}  // namespace
}  // namespace leat::expr::testing
