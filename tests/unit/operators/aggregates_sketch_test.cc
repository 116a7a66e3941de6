#include <cmath>
#include <numeric>
#include <random>

#include "aggregates_driven.h"

namespace leat::operators {
namespace {

// ---- approx_count_distinct

std::int64_t estimate(const Aggregated& state) {
  base::Arena arena;
  return state.result(arena).as_integer();
}

TEST(ApproxCountDistinct, IsExactWhileThereAreFew) {
  Aggregated state(aggregate("approx_count_distinct"));
  for (std::int64_t i = 1; i <= 3000; ++i) {
    state.add({number(i * 7919)});
    ASSERT_NEAR(static_cast<double>(estimate(state)), static_cast<double>(i), 1.0);
  }
}

// 13 runs of up to 100 000: a fault of the estimator shows in their mean, its spread in each.
TEST(ApproxCountDistinct, StaysWithinItsErrorAtEverySize) {
  constexpr int kRuns = 13;
  for (const std::int64_t size : {3073, 4000, 8000, 20'000, 40'000, 60'000, 100'000}) {
    double total = 0;
    for (std::int64_t run = 0; run < kRuns; ++run) {
      Aggregated state(aggregate("approx_count_distinct"));
      for (std::int64_t i = 0; i < size; ++i) state.add({number(run << 40 | i)});
      const double error = static_cast<double>(estimate(state)) / static_cast<double>(size) - 1;
      EXPECT_LT(std::abs(error), 0.033) << size << " of run " << run;
      total += error;
    }
    EXPECT_LT(std::abs(total / kRuns), 0.0075) << size;
  }
}

TEST(ApproxCountDistinct, CountsTextsAndNumbersApart) {
  Aggregated state(aggregate("approx_count_distinct"));
  std::vector<std::string> texts;
  for (int i = 0; i < 1000; ++i) texts.push_back(std::to_string(i));
  for (int repeat = 0; repeat < 3; ++repeat)
    for (int i = 0; i < 1000; ++i) {
      state.add({text(texts[static_cast<std::size_t>(i)])});
      state.add({number(i)});
      state.add({real(i)});
    }
  EXPECT_NEAR(static_cast<double>(estimate(state)), 2000, 1);
}

TEST(ApproxCountDistinct, IsTheSameMergedInAnyOrderAndReadBack) {
  for (const std::int64_t size : {100, 3000, 5000, 50'000}) {
    Aggregated whole(aggregate("approx_count_distinct"));
    Aggregated few(aggregate("approx_count_distinct"));
    Aggregated many(aggregate("approx_count_distinct"));
    for (std::int64_t i = 0; i < size; ++i) {
      whole.add({number(size - i)});
      (i % 16 == 0 ? few : many).add({number(i + 1)});
    }
    Aggregated again(aggregate("approx_count_distinct"));
    again.decode_all(few.encoded());
    EXPECT_EQ(again.merge(many), "");
    EXPECT_EQ(many.merge(few), "");
    EXPECT_EQ(again.encoded(), whole.encoded());
    EXPECT_EQ(many.encoded(), whole.encoded());
    EXPECT_LE(whole.encoded().size(), 12'289U);
    EXPECT_LE(whole.heap_bytes(), 16'384U + 4096U);
  }
}

TEST(ApproxCountDistinct, RefusesDamagedRegisters) {
  Aggregated whole(aggregate("approx_count_distinct"));
  for (std::int64_t i = 0; i < 20'000; ++i) whole.add({number(i)});
  const std::string bytes = whole.encoded();
  for (std::size_t i = 0; i < bytes.size(); i += 97) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(0xFF);
    Aggregated state(aggregate("approx_count_distinct"));
    std::string_view left = damaged;
    if (state.decode(left)) state.result();
    left = std::string_view(bytes).substr(0, i);
    EXPECT_FALSE(Aggregated(aggregate("approx_count_distinct")).decode(left));
  }
}

// ---- approx_percentile

constexpr double kShares[] = {0.0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0};

// How far the rank of what is given lies from the one asked for, as a share of all.
double rank_error(const std::vector<double>& sorted, double given, double share) {
  const auto n = static_cast<double>(sorted.size());
  const auto low = std::lower_bound(sorted.begin(), sorted.end(), given);
  const auto high = std::upper_bound(sorted.begin(), sorted.end(), given);
  EXPECT_NE(low, high) << given << " was no input";
  const double wanted = std::max(1.0, std::ceil(share * n));
  const double first = static_cast<double>(low - sorted.begin()) + 1;
  const auto last = static_cast<double>(high - sorted.begin());
  return wanted < first ? (first - wanted) / n : wanted > last ? (wanted - last) / n : 0;
}

std::vector<double> series(std::string_view shape, std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<double> values(size);
  std::iota(values.begin(), values.end(), 0.0);
  if (shape == "descending") std::reverse(values.begin(), values.end());
  if (shape == "shuffled") std::shuffle(values.begin(), values.end(), random);
  if (shape == "few")
    for (double& value : values) value = static_cast<double>(random() % 13);
  if (shape == "zigzag")
    for (std::size_t i = 1; i < size; i += 2) values[i] = -values[i];
  if (shape == "skewed")
    for (double& value : values)
      value = std::exp(static_cast<double>(random() % 1'000'000) / 50'000);
  return values;
}

class Percentiles : public testing::TestWithParam<const char*> {};

TEST_P(Percentiles, AreExactUpToAThousandAndWithinOnePercentBeyond) {
  for (const std::size_t size : {10UL, 1000UL, 1001UL, 5000UL, 100'000UL, 200'000UL}) {
    std::vector<double> values = series(GetParam(), size, size);
    Aggregated state(aggregate("approx_percentile", 1, {real(0.5)}));
    for (const double value : values) state.add({real(value)});
    std::sort(values.begin(), values.end());
    EXPECT_LT(state.heap_bytes(), 80U << 10);
    const std::string bytes = state.encoded();
    for (const double share : kShares) {
      Aggregated asked(aggregate("approx_percentile", 1, {real(share)}));
      asked.decode_all(bytes);
      base::Arena arena;
      const double error = rank_error(values, asked.result(arena).as_real(), share);
      EXPECT_LE(error, size <= 1000 ? 0 : 0.01) << size << " at " << share;
    }
  }
}

TEST_P(Percentiles, OfManyMergedPartsStayWithinOnePercent) {
  std::vector<double> values = series(GetParam(), 200'000, 3);
  Aggregated whole(aggregate("approx_percentile", 1, {real(0.5)}));
  for (std::size_t part = 0; part < 100; ++part) {
    Aggregated one(aggregate("approx_percentile", 1, {real(0.5)}));
    for (std::size_t i = 0; i < 2000; ++i) one.add({real(values[part * 2000 + i])});
    ASSERT_EQ(whole.merge(one), "");
  }
  std::sort(values.begin(), values.end());
  const std::string bytes = whole.encoded();
  for (const double share : kShares) {
    Aggregated asked(aggregate("approx_percentile", 1, {real(share)}));
    asked.decode_all(bytes);
    base::Arena arena;
    EXPECT_LE(rank_error(values, asked.result(arena).as_real(), share), 0.01) << share;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Percentiles,
                         testing::Values("ascending", "descending", "shuffled", "few", "zigzag",
                                         "skewed"));

TEST(ApproxPercentile, IsTheSameForTheSameRowsReadBackInTheMiddle) {
  const std::vector<double> values = series("shuffled", 30'000, 9);
  Aggregated whole(aggregate("approx_percentile", 1, {real(0.9)}));
  Aggregated cut(aggregate("approx_percentile", 1, {real(0.9)}));
  for (std::size_t i = 0; i < values.size(); ++i) {
    whole.add({real(values[i])});
    cut.add({real(values[i])});
    if (i % 4999 == 0) cut.decode_all(cut.encoded());
  }
  EXPECT_EQ(cut.encoded(), whole.encoded());
  EXPECT_EQ(cut.result(), whole.result());
}

TEST(ApproxPercentile, IsOfTimesToo) {
  const auto p = [](double share) { return aggregate("approx_percentile", 1, {real(share)}); };
  const std::vector<Value> times = {Value::timestamp(30), Value::timestamp(10),
                                    Value::timestamp(20)};
  EXPECT_EQ(result_of(p(0.5), times), "@20us");
  EXPECT_EQ(result_of(p(0), times), "@10us");
  EXPECT_EQ(result_of(p(1), {Value::duration(1), Value::duration(3)}), "3us");
  EXPECT_EQ(result_of(p(0.34), {number(1), real(2.5), number(3)}), "2.5");
  EXPECT_EQ(result_of(p(0.33), {number(1), real(2.5), number(3)}), "1");
}

}  // namespace
}  // namespace leat::operators
