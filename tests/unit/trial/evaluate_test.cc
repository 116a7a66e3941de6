#include "trial/evaluate.h"

#include <gtest/gtest.h>

namespace leat::trial {
namespace {

constexpr WallTime kNow{1'767'225'600'000'000};

std::string value_of(const std::string& expression, const std::string& row) {
  auto compiled = Evaluator::compile(expression);
  if (auto* mistakes = std::get_if<std::vector<spec::Diagnostic>>(&compiled))
    return mistakes->front().code;
  const Evaluated made = std::get<Evaluator>(compiled).run(row, kNow);
  return made.code.empty() ? made.value : std::string(made.code);
}

TEST(Evaluate, GivesTheValueAsJson) {
  EXPECT_EQ(value_of("amount * 2", R"({"amount": 2})"), "4");
  EXPECT_EQ(value_of("a.b + '!'", R"({"a": {"b": "x"}})"), "\"x!\"");
  EXPECT_EQ(value_of("this", R"({"a": 1})"), R"({"a": 1})");
  EXPECT_EQ(value_of("a / 2", R"({"a": 3.0})"), "1.5");
  EXPECT_EQ(value_of("timestamp('2026-01-01T00:00:00Z')", "{}"), "\"2026-01-01T00:00:00Z\"");
}

TEST(Evaluate, ANumberThatIsOnlyPassedOnKeepsItsToken) {
  const std::string row = R"({"x": {"y": [1.10, 1e2]}, "n": 1.10, "s": "1.10"})";
  EXPECT_EQ(value_of("n", row), "1.10");
  EXPECT_EQ(value_of("x.y[0]", row), "1.10");
  EXPECT_EQ(value_of("x[\"y\"][1]", row), "1e2");
  EXPECT_EQ(value_of("n > 0.0 ? n : 1", row), "1.10");
  EXPECT_EQ(value_of("s", row), "\"1.10\"");
  EXPECT_EQ(value_of("n + 0", row), "1.1");
  auto compiled = Evaluator::compile("x.y[1]");
  EXPECT_EQ(std::get<Evaluator>(compiled).run(row, kNow).type, "double");
}

TEST(Evaluate, RowsHaveTheLimitsOfRecords) {
  const auto nested = [](std::size_t n) {
    return "{\"a\": " + std::string(n, '[') + std::string(n, ']') + "}";
  };
  EXPECT_EQ(value_of("a", nested(70)), "RECORD_TOO_DEEP");
  EXPECT_EQ(value_of("a", nested(2)), "[[]]");
}

TEST(Evaluate, SaysWhyARowFails) {
  EXPECT_EQ(value_of("amount", "{}"), "NO_SUCH_FIELD");
  EXPECT_EQ(value_of("1 / amount", R"({"amount": 0})"), "DIVIDE_BY_ZERO");
  EXPECT_EQ(value_of("amount", "[1]"), "NOT_AN_OBJECT");
}

TEST(Evaluate, NamesTheFieldThatIsAbsent) {
  for (const std::string expression : {"z", "a + z + y"}) {
    auto compiled = Evaluator::compile(expression);
    EXPECT_EQ(std::get<Evaluator>(compiled).run(R"({"a": 1})", kNow).reason,
              "the field `z` that the expression reads is absent")
        << expression;
  }
}

TEST(Evaluate, TellsMistakesWithTheirPlaces) {
  const auto compiled = Evaluator::compile("1 + nofunction(a)");
  const auto& mistakes = std::get<std::vector<spec::Diagnostic>>(compiled);
  ASSERT_EQ(mistakes.size(), 1u);
  EXPECT_EQ(mistakes[0].code, "UNKNOWN_FUNCTION");
  EXPECT_EQ(mistakes[0].span, std::make_pair(std::size_t{4}, std::size_t{14}));
}

TEST(Evaluate, OneEvaluatorServesManyRows) {
  auto compiled = Evaluator::compile("v > 1");
  Evaluator& evaluator = std::get<Evaluator>(compiled);
  EXPECT_EQ(evaluator.type(), "bool");
  EXPECT_EQ(evaluator.run(R"({"v": 1})", kNow).value, "false");
  EXPECT_EQ(evaluator.run(R"({"v": 2})", kNow).value, "true");
}

}  // namespace
}  // namespace leat::trial
