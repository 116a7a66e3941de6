#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "reference/compare.h"
#include "reference/generator.h"

namespace leat::reference {
namespace {

constexpr int kExpressionsPerSeed = 12500;  // × 8 seeds
constexpr std::size_t kRowsMax = 4;

// Reports at most `most` findings.
void run_seed(unsigned seed, int expressions, int most = 5) {
  Generator generator(seed);
  std::size_t answers = 0;
  std::size_t all = 0;
  int found = 0;
  for (int i = 0; i < expressions && found < most; ++i) {
    const std::string text = generator.expression(1 + static_cast<int>(generator.below(4)));
    std::vector<Row> rows;
    std::vector<Form> forms;
    for (std::size_t r = 1 + generator.below(kRowsMax); r > 0; --r) {
      rows.push_back(generator.row());
      forms.push_back(generator.below(3) == 0 ? Form::computed : Form::json);
    }
    all += rows.size();
    const std::string difference = compare(text, rows, forms, answers);
    if (difference.empty()) continue;
    ++found;
    ADD_FAILURE() << "seed " << seed << ", expression " << i << ": " << text << "\n"
                  << difference << show(rows);
  }
  EXPECT_GT(answers, all / 3) << "the expressions say too little: nearly all are errors";
}

class Seeds : public ::testing::TestWithParam<unsigned> {};

TEST_P(Seeds, TheBatchProgramEqualsTheInterpreter) {
  run_seed(20260101 + GetParam(), kExpressionsPerSeed);
}
INSTANTIATE_TEST_SUITE_P(Reference, Seeds, ::testing::Range(0u, 8u));

// For longer runs by hand: one more seed, only there when it is named.
std::vector<unsigned> named_seeds() {
  const char* seed = std::getenv("LEAT_REFERENCE_SEED");
  if (seed == nullptr) return {};
  return {static_cast<unsigned>(std::strtoul(seed, nullptr, 10))};
}
class NamedSeed : public ::testing::TestWithParam<unsigned> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(NamedSeed);

TEST_P(NamedSeed, TheBatchProgramEqualsTheInterpreter) {
  run_seed(GetParam(), 4 * kExpressionsPerSeed, 40);
}
INSTANTIATE_TEST_SUITE_P(Reference, NamedSeed, ::testing::ValuesIn(named_seeds()));

// What was found once: on one row with every field, and on one without.
TEST(Reference, Found) {
  Generator generator(1);
  Row full;
  while (full.size() < kFields.size()) full = generator.row();
  std::size_t answers = 0;
  for (const char* text :
       {"i + 1", "n.a ?? 'none'", "li.map(v, v * 2)", "has(n.b.c)", "1u - 0.1", "(u - u) + d",
        "math.greatest(0.0 / 0.0, 1)", "timestamp(0) - ts", "mi[li]"}) {
    EXPECT_EQ(compare(text, {full, Row()}, {Form::json, Form::computed}, answers), "") << text;
    EXPECT_EQ(compare(text, {full}, {Form::computed}, answers), "") << text;
  }
}

}  // namespace
}  // namespace leat::reference
