#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "aggregates_driven.h"

namespace leat::operators {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
const Value kNull = Value::null();

// ---- counts and sums

TEST(AggregateCount, CountsRowsValuesAndTrueOnes) {
  const std::vector<Value> values = {Value::boolean(true), kNull, Value(), Value::boolean(false),
                                     Value::boolean(true)};
  EXPECT_EQ(result_of(aggregate("count"), values), "3");
  EXPECT_EQ(result_of(aggregate("count_if"), values), "2");
  Aggregated rows(aggregate("count", 0));
  for (std::size_t i = 0; i < values.size(); ++i) rows.add({});
  EXPECT_EQ(rows.result(), "5");
}

TEST(AggregateCount, IsZeroOfNothing) {
  EXPECT_EQ(result_of(aggregate("count", 0), {}), "0");
  EXPECT_EQ(result_of(aggregate("count"), {kNull}), "0");
  EXPECT_EQ(result_of(aggregate("count_if"), {}), "0");
  EXPECT_EQ(result_of(aggregate("count_distinct"), {kNull}), "0");
  EXPECT_EQ(result_of(aggregate("approx_count_distinct"), {}), "0");
}

TEST(AggregateNothingLeft, IsNullAndCollectionsAreEmpty) {
  for (const char* name : {"sum", "avg", "min", "max", "first", "last", "stddev", "variance",
                           "stddev_pop", "variance_pop"})
    EXPECT_EQ(result_of(aggregate(name), {kNull, Value()}), "null") << name;
  EXPECT_EQ(result_of(aggregate("top_k", 1, {number(3)}), {kNull}), "null");
  EXPECT_EQ(result_of(aggregate("largest", 1, {number(3)}), {kNull}), "null");
  EXPECT_EQ(result_of(aggregate("approx_percentile", 1, {real(0.5)}), {kNull}), "null");
  EXPECT_EQ(result_of(aggregate("collect_list", 1, {number(3)}), {kNull}), "[]");
  EXPECT_EQ(result_of(aggregate("collect_set", 1, {number(3)}), {Value()}), "[]");
  for (const char* name : {"min_by", "max_by"}) {
    Aggregated best(aggregate(name, 2));
    EXPECT_EQ(best.add({kNull, number(1)}), "");
    EXPECT_EQ(best.add({number(1), kNull}), "");
    EXPECT_EQ(best.result(), "null") << name;
  }
}

TEST(AggregateSum, OfIntsIsAnIntAndOfOneDoubleADouble) {
  EXPECT_EQ(result_of(aggregate("sum"), {number(1), kNull, number(2)}), "3");
  EXPECT_EQ(result_of(aggregate("sum"), {number(1), real(2), number(3)}), "6.0");
  EXPECT_EQ(result_of(aggregate("sum"), {Value::unsigned_integer(7), number(-9)}), "-2");
}

TEST(AggregateSum, OfIntsOverflows) {
  Aggregated sum(aggregate("sum"));
  EXPECT_EQ(sum.add({number(kMost)}), "");
  EXPECT_EQ(sum.add({number(1)}), "OVERFLOW");
  EXPECT_EQ(sum.add({Value::unsigned_integer(~std::uint64_t{0})}), "OVERFLOW");
  EXPECT_EQ(sum.add({number(-1)}), "");
  EXPECT_EQ(sum.add({number(1)}), "");
  EXPECT_EQ(sum.result(), std::to_string(kMost));
}

TEST(AggregateSum, WithOneDoubleIsADoubleHoweverLargeTheIntsAre) {
  const Aggregated::Function sum = aggregate("sum");
  EXPECT_EQ(result_of(sum, {number(kMost), real(1.5), number(1)}), show(real(0x1p63)));
  EXPECT_EQ(result_of(sum, {real(1.5), number(kMost), number(1)}), show(real(0x1p63)));
  EXPECT_EQ(result_of(sum, {real(-0x1p63), number(kMost), number(kMost), number(2)}),
            show(real(0x1p63)));
  EXPECT_EQ(result_of(sum, {real(0.5), number(-kMost), number(-kMost), number(-2)}),
            show(real(-0x1p64)));
  Aggregated parts(sum);
  Aggregated other(sum);
  EXPECT_EQ(parts.add({number(kMost)}), "");
  EXPECT_EQ(other.add({real(0)}), "");
  EXPECT_EQ(other.add({number(kMost)}), "");
  EXPECT_EQ(parts.merge(other), "");
  EXPECT_EQ(parts.result(), show(real(0x1p64)));
  parts.decode_all(parts.encoded());
  EXPECT_EQ(parts.result(), show(real(0x1p64)));
  parts.retract({real(0)});
  EXPECT_EQ(parts.result(), "error OVERFLOW") << "of ints alone";
}

TEST(AggregateSum, RefusesAMergeThatOverflows) {
  Aggregated a(aggregate("sum"));
  Aggregated b(aggregate("sum"));
  a.add({number(kMost)});
  b.add({number(1)});
  EXPECT_EQ(a.merge(b), "OVERFLOW");
  EXPECT_EQ(a.result(), std::to_string(kMost));
}

TEST(AggregateSum, SaysOverflowWhereTakingOutLeavesTooMuch) {
  Aggregated sum(aggregate("sum"));
  for (const std::int64_t value : {kMost, std::int64_t{-5}, std::int64_t{5}})
    EXPECT_EQ(sum.add({number(value)}), "");
  sum.retract({number(-5)});
  EXPECT_EQ(sum.result(), "error OVERFLOW");
  const std::string bytes = sum.encoded();
  sum.decode_all(bytes);
  EXPECT_EQ(sum.add({number(1)}), "OVERFLOW");
  sum.retract({number(5)});
  EXPECT_EQ(sum.result(), std::to_string(kMost));
}

TEST(AggregateSum, OfDoublesIsRoundedOnceWhateverTheirOrder) {
  const Aggregated::Function sum = aggregate("sum");
  EXPECT_EQ(result_of(sum, std::vector<Value>(10, real(0.1))), "1.0");
  EXPECT_EQ(result_of(sum, {real(1e16), real(1), real(-1e16)}), "1.0");
  EXPECT_EQ(result_of(sum, {real(1e308), real(1e308), real(-1e308)}), show(real(1e308)));
  EXPECT_EQ(result_of(sum, {real(5e-324), real(1e300), real(-1e300)}), "4.9406564584124654e-324");
  EXPECT_EQ(result_of(sum, {real(1e308), real(1e308)}), "inf");
  EXPECT_EQ(result_of(sum, {real(-1e308), real(-1e308)}), "-inf");
  EXPECT_EQ(result_of(sum, {number(kMost), real(0.5), number(-kMost)}), "0.5");
  EXPECT_EQ(result_of(sum, {real(-0.0)}), "0.0");
}

TEST(AggregateAvg, IsTheNearestDouble) {
  const Aggregated::Function avg = aggregate("avg");
  EXPECT_EQ(result_of(avg, {number(1), number(2)}), "1.5");
  EXPECT_EQ(result_of(avg, {number(kMost), number(kMost)}), "9.2233720368547758e+18");
  EXPECT_EQ(result_of(avg, {real(1.7e308), real(1.7e308), real(1.7e308)}), show(real(1.7e308)));
  EXPECT_EQ(result_of(avg, {real(5e-324), real(0)}), "0.0");
  EXPECT_EQ(result_of(avg, {real(5e-324), real(1e-323)}), "9.8813129168249309e-324");
  EXPECT_EQ(result_of(avg, {number(1), number(0), number(0)}), "0.33333333333333331");
  EXPECT_EQ(result_of(avg, {number(-1), number(-1), number(0)}), "-0.66666666666666663");
}

// Shewchuk's growing expansion, rounded as Python's math.fsum does it.
double exact_sum(const std::vector<double>& values) {
  std::vector<double> parts;
  for (double x : values) {
    std::size_t kept = 0;
    for (double y : parts) {
      if (std::abs(x) < std::abs(y)) std::swap(x, y);
      const double high = x + y;
      const double low = y - (high - x);
      if (low != 0.0) parts[kept++] = low;
      x = high;
    }
    parts.resize(kept);
    parts.push_back(x);
  }
  if (parts.empty()) return 0.0;
  double high = parts.back();
  double low = 0.0;
  std::size_t i = parts.size() - 1;
  while (i > 0 && low == 0.0) {
    const double x = high;
    const double y = parts[--i];
    high = x + y;
    low = y - (high - x);
  }
  if (i > 0 && ((low < 0.0 && parts[i - 1] < 0.0) || (low > 0.0 && parts[i - 1] > 0.0))) {
    const double y = low * 2.0;
    const double x = high + y;
    if (y == x - high) high = x;
  }
  return high;
}

class DoublesOfAllSizes : public testing::TestWithParam<int> {};

TEST_P(DoublesOfAllSizes, SumAsAnExactExpansionDoes) {
  std::mt19937_64 random(static_cast<std::uint64_t>(GetParam()));
  std::uniform_int_distribution<int> exponents(-GetParam() * 50, GetParam() * 45);
  std::uniform_real_distribution<double> fractions(-1, 1);
  for (int round = 0; round < 50; ++round) {
    std::vector<double> values;
    for (int i = 0; i < 60; ++i) {
      const double value = std::ldexp(fractions(random), exponents(random));
      values.push_back(value);
      if (i % 4 == 0) values.push_back(-value);
    }
    Aggregated sum(aggregate("sum"));
    for (const double value : values) sum.add({real(value)});
    EXPECT_EQ(sum.result(), show(real(exact_sum(values))));
    const std::string bytes = sum.encoded();
    for (std::size_t i = values.size(); i > 30; --i) sum.retract({real(values[i - 1])});
    values.resize(30);
    EXPECT_EQ(sum.result(), show(real(exact_sum(values))));
    std::shuffle(values.begin(), values.end(), random);
    Aggregated again(aggregate("sum"));
    for (const double value : values) again.add({real(value)});
    EXPECT_EQ(again.encoded(), sum.encoded());
    again.decode_all(bytes);
    EXPECT_EQ(again.encoded(), bytes);
  }
}
INSTANTIATE_TEST_SUITE_P(Exponents, DoublesOfAllSizes, testing::Values(0, 1, 3, 10, 20));

TEST(AggregateVariance, IsExactWhereTheTextbookFormulaIsLost) {
  const std::vector<Value> values = {real(1e9 + 4), real(1e9 + 7), real(1e9 + 13), real(1e9 + 16)};
  EXPECT_EQ(result_of(aggregate("variance"), values), "30.0");
  EXPECT_EQ(result_of(aggregate("variance_pop"), values), "22.5");
  EXPECT_EQ(result_of(aggregate("stddev_pop"), {number(2), number(4), number(4), number(4),
                                                number(5), number(5), number(7), number(9)}),
            "2.0");
  EXPECT_EQ(result_of(aggregate("stddev"), {number(1), number(2), number(3)}), "1.0");
}

TEST(AggregateVariance, OfSamplesIsNullUnderTwoRowsAndOfPopulationsZeroOfOne) {
  for (const char* name : {"variance", "stddev"})
    EXPECT_EQ(result_of(aggregate(name), {number(7), kNull}), "null");
  for (const char* name : {"variance_pop", "stddev_pop"})
    EXPECT_EQ(result_of(aggregate(name), {real(0.1), kNull}), "0.0");
}

TEST(AggregateVariance, BearsTheLargestAndTheSmallestDoubles) {
  const double largest = std::numeric_limits<double>::max();
  EXPECT_EQ(result_of(aggregate("variance"), {real(largest), real(-largest)}), "inf");
  EXPECT_EQ(result_of(aggregate("variance"), {real(largest), real(largest), real(5e-324)}), "inf");
  EXPECT_EQ(result_of(aggregate("variance"), {real(largest), real(largest)}), "0.0");
  EXPECT_EQ(result_of(aggregate("variance"), {real(5e-324), real(0)}), "0.0");
  EXPECT_EQ(result_of(aggregate("variance_pop"), {real(1e-150), real(-1e-150)}),
            show(real(1e-150 * 1e-150)));
  EXPECT_EQ(result_of(aggregate("variance"), {number(kMost), number(-kMost - 1)}),
            show(real(std::ldexp(1.0, 127))));
}

// ---- wrong input

TEST(AggregateInput, OfAWrongTypeFailsTheRow) {
  const std::array<Value, 1> items = {number(1)};
  const Value list = Value::list(items);
  for (const char* name : {"sum", "avg", "stddev", "variance_pop"})
    for (const Value& value : {text("1"), Value::boolean(true), Value::timestamp(1), list})
      EXPECT_EQ(Aggregated(aggregate(name)).add({value}), "NO_SUCH_OVERLOAD") << name;
  EXPECT_EQ(Aggregated(aggregate("count_if")).add({number(1)}), "NO_SUCH_OVERLOAD");
  for (const char* name : {"min", "max", "count_distinct", "approx_count_distinct"}) {
    EXPECT_EQ(Aggregated(aggregate(name)).add({list}), "NO_SUCH_OVERLOAD") << name;
    EXPECT_EQ(Aggregated(aggregate(name)).add({Value::json("{}")}), "NO_SUCH_OVERLOAD") << name;
  }
  for (const char* name : {"collect_set", "top_k", "largest"})
    EXPECT_EQ(Aggregated(aggregate(name, 1, {number(2)})).add({list}), "NO_SUCH_OVERLOAD") << name;
  EXPECT_EQ(Aggregated(aggregate("min_by", 2)).add({number(1), list}), "NO_SUCH_OVERLOAD");
  EXPECT_EQ(Aggregated(aggregate("approx_percentile", 1, {real(0.5)})).add({text("a")}),
            "NO_SUCH_OVERLOAD");
}

TEST(AggregateInput, ThatIsNotFiniteFailsTheRow) {
  for (const char* name : {"sum", "avg", "stddev", "variance"})
    for (const double value : {std::nan(""), kInfinity, -kInfinity}) {
      Aggregated state(aggregate(name));
      EXPECT_EQ(state.add({real(value)}), "NOT_FINITE") << name;
      EXPECT_EQ(state.result(), "null");
    }
}

TEST(AggregateInput, ThatIsNotANumberHasNoOrder) {
  const Value nan = real(std::nan(""));
  for (const char* name : {"min", "max", "count_distinct", "approx_count_distinct"})
    EXPECT_EQ(Aggregated(aggregate(name)).add({nan}), "NOT_A_NUMBER") << name;
  EXPECT_EQ(Aggregated(aggregate("max_by", 2)).add({number(1), nan}), "NOT_A_NUMBER");
  EXPECT_EQ(Aggregated(aggregate("approx_percentile", 1, {number(1)})).add({nan}), "NOT_A_NUMBER");
  EXPECT_EQ(result_of(aggregate("max"), {real(1), real(kInfinity)}), "inf");
  EXPECT_EQ(result_of(aggregate("count"), {nan}), "1");
}

TEST(AggregateInput, OfMixedTypesFailsWhereTheyAreCompared) {
  const auto fails = [](const Aggregated::Function& function) {
    Aggregated state(function);
    EXPECT_EQ(state.add({number(1)}), "");
    EXPECT_EQ(state.add({text("1")}), "MIXED_TYPES");
    EXPECT_EQ(state.add({real(0.5)}), "");
    Aggregated other(function);
    EXPECT_EQ(other.add({text("1")}), "");
    EXPECT_EQ(state.merge(other), "MIXED_TYPES");
  };
  fails(aggregate("min"));
  fails(aggregate("max"));
  fails(aggregate("largest", 1, {number(2)}));
  Aggregated times(aggregate("approx_percentile", 1, {real(0.5)}));
  EXPECT_EQ(times.add({Value::timestamp(5)}), "");
  EXPECT_EQ(times.add({number(5)}), "MIXED_TYPES");
  Aggregated best(aggregate("min_by", 2));
  EXPECT_EQ(best.add({text("x"), number(5)}), "");
  EXPECT_EQ(best.add({number(7), text("5")}), "MIXED_TYPES");
}

TEST(AggregateInput, ThatNestsTooDeeplyCannotBeHeld) {
  std::vector<Value> levels(400);
  levels[0] = number(1);
  for (std::size_t i = 1; i < levels.size(); ++i) levels[i] = Value::list({&levels[i - 1], 1});
  EXPECT_EQ(Aggregated(aggregate("first")).add({levels.back()}), "VALUE_TOO_DEEP");
  EXPECT_EQ(Aggregated(aggregate("last")).add({levels[255]}), "");
}

// ---- extremes

TEST(AggregateExtremes, CompareIntsAndDoublesByExactValue) {
  EXPECT_EQ(result_of(aggregate("min"), {real(2.5), number(2), number(3)}), "2");
  EXPECT_EQ(result_of(aggregate("max"), {number(kMost), real(9.2233720368547758e18)}),
            show(real(9.2233720368547758e18)));
  EXPECT_EQ(result_of(aggregate("max"), {real(9007199254740992.0), number(9007199254740993)}),
            "9007199254740993");
  EXPECT_EQ(result_of(aggregate("max"), {Value::unsigned_integer(~std::uint64_t{0}), number(-1),
                                         real(1.8446744073709550e19)}),
            "18446744073709551615u");
  EXPECT_EQ(result_of(aggregate("min"), {number(-3), real(-3.5), real(-1e300)}),
            show(real(-1e300)));
  EXPECT_EQ(result_of(aggregate("max"), {text("ab"), text("b"), text("\xC3\xA9"), text("z")}),
            "\"\xC3\xA9\"");
  EXPECT_EQ(result_of(aggregate("min"), {Value::boolean(true), Value::boolean(false)}), "false");
  EXPECT_EQ(result_of(aggregate("max"), {Value::timestamp(5, 1), Value::timestamp(5, 0)}), "@5us");
}

TEST(AggregateExtremes, GiveOneFormOfEqualValuesInAnyOrder) {
  for (const char* name : {"min", "max"}) {
    EXPECT_EQ(result_of(aggregate(name), {real(1), number(1)}), "1");
    EXPECT_EQ(result_of(aggregate(name), {number(1), real(1)}), "1");
    EXPECT_EQ(result_of(aggregate(name), {real(-0.0), real(0.0)}), "0.0");
    EXPECT_EQ(result_of(aggregate(name), {real(0.0), real(-0.0)}), "0.0");
  }
  EXPECT_EQ(result_of(aggregate("largest", 1, {number(3)}),
                      {real(2), number(1), number(2), real(7.5), number(2)}),
            "[7.5, 2, 2]");
}

// ---- sets

TEST(AggregateSets, TakeEqualNumbersForOne) {
  const std::vector<Value> values = {number(2), real(2),   real(1),   real(-0.0),
                                     text("1"), real(0.0), text("1"), real(1)};
  EXPECT_EQ(result_of(aggregate("count_distinct"), values), "4");
  EXPECT_EQ(result_of(aggregate("approx_count_distinct"), values), "4");
  EXPECT_EQ(result_of(aggregate("collect_set", 1, {number(9)}), values), "[0.0, 1.0, 2, \"1\"]");
  EXPECT_EQ(result_of(aggregate("top_k", 1, {number(2)}), values),
            "[{\"value\": 0.0, \"count\": 2}, {\"value\": 1.0, \"count\": 2}]");
}

TEST(AggregateSets, FailTheRowThatWouldBeOneTooMany) {
  for (const auto& function :
       {aggregate("count_distinct", 1, {}, 2), aggregate("top_k", 1, {number(1)}, 2),
        aggregate("collect_set", 1, {number(2)}, 100)}) {
    Aggregated state(function);
    EXPECT_EQ(state.add({number(1)}), "");
    EXPECT_EQ(state.add({number(2)}), "");
    EXPECT_EQ(state.add({number(3)}), "TOO_MANY_VALUES");
    EXPECT_EQ(state.add({real(2)}), "");
    Aggregated other(function);
    EXPECT_EQ(other.add({number(2)}), "");
    EXPECT_EQ(state.merge(other), "");
    EXPECT_EQ(other.add({number(4)}), "");
    EXPECT_EQ(state.merge(other), "TOO_MANY_VALUES");
  }
}

// ---- places

TEST(AggregatePlaces, OrderByTimeTopicPartitionOffsetAndOrdinal) {
  const record::Origin a0{"a", PartitionId(0)};
  const record::Origin a1{"a", PartitionId(1)};
  const record::Origin b0{"b", PartitionId(0)};
  const std::vector<RowPlace> places = {{1, &b0, 9, 9},
                                        {2, nullptr, 0, 0, "w/1"},
                                        {2, nullptr, 0, 0, "w/2"},
                                        {2, &a0, 5, 0},
                                        {2, &a0, 5, 1},
                                        {2, &a0, 6, 0},
                                        {2, &a1, 1, 0},
                                        {2, &b0, 0, 0}};
  std::vector<std::size_t> order(places.size());
  std::iota(order.begin(), order.end(), 0U);
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    Aggregated first(aggregate("first"));
    Aggregated last(aggregate("last"));
    Aggregated list(aggregate("collect_list", 1, {number(5)}));
    for (const std::size_t i : order) {
      first.add({number(static_cast<std::int64_t>(i))}, places[i]);
      last.add({number(static_cast<std::int64_t>(i))}, places[i]);
      list.add({number(static_cast<std::int64_t>(i))}, places[i]);
    }
    EXPECT_EQ(first.result(), "0");
    EXPECT_EQ(last.result(), "7");
    EXPECT_EQ(list.result(), "[0, 1, 2, 3, 4]");
  }
}

TEST(AggregatePlaces, DecideTiesForTheEarliest) {
  for (const char* name : {"min_by", "max_by"}) {
    Aggregated best(aggregate(name, 2));
    best.add({text("late"), real(1)}, {20});
    best.add({text("early"), number(1)}, {10});
    best.add({text("later"), number(1)}, {30});
    EXPECT_EQ(best.result(), "\"early\"") << name;
  }
}

TEST(AggregatePlaces, HoldValuesOfAnyType) {
  const std::array<Value, 2> items = {text("x"), real(0.5)};
  const std::array<record::Entry, 1> entries = {record::Entry{text("k"), Value::list(items)}};
  const Value some = items[0];
  const std::vector<Value> all = {Value::boolean(true),
                                  number(-5),
                                  Value::unsigned_integer(~std::uint64_t{0}),
                                  real(-0.0),
                                  text(""),
                                  text("a text that is longer than others"),
                                  Value::bytes("\xFF"),
                                  Value::timestamp(-7, 3),
                                  Value::duration(7, 9),
                                  Value::json("{\"a\":[1]}"),
                                  Value::list(items),
                                  Value::map(entries.data(), 1),
                                  Value::type_name("int"),
                                  Value::optional(nullptr),
                                  Value::optional(&some)};
  std::string shown = "[";
  for (const Value& value : all) {
    EXPECT_EQ(result_of(aggregate("last"), {number(1), text("before"), value}), show(value));
    EXPECT_EQ(result_of(aggregate("first"), {value, number(1)}), show(value));
    shown += (shown.size() > 1 ? ", " : "") + show(value);
  }
  const Aggregated::Function list = aggregate("collect_list", 1, {number(50)});
  EXPECT_EQ(result_of(list, all), shown + "]");
  Aggregated state(list);
  for (const Value& value : all) state.add({value});
  const std::string bytes = state.encoded();
  Aggregated again(list);
  again.decode_all(bytes);
  EXPECT_EQ(again.result(), shown + "]");
}

// ---- the catalog

TEST(AggregateCatalog, KnowsItsFunctionsByNameAndArguments) {
  EXPECT_EQ(find_aggregate("median", 1), nullptr);
  EXPECT_EQ(find_aggregate("sum", 0), nullptr);
  EXPECT_EQ(find_aggregate("top_k", 1), nullptr);
  EXPECT_EQ(find_aggregate("count", 0)->row_arguments, 0U);
  for (const AggregateDescription& one : aggregate_descriptions()) {
    EXPECT_EQ(find_aggregate(one.name, one.row_arguments + one.constant_arguments), &one);
    EXPECT_TRUE(one.signature.starts_with(std::string(one.name) + "("));
    EXPECT_TRUE(one.text.ends_with('.'));
    EXPECT_EQ(aggregate(one.name, one.row_arguments,
                        std::vector<Value>(one.constant_arguments, number(1)))
                      ->state_bytes() %
                  8,
              0U);
  }
}

TEST(AggregateCatalog, RefusesConstantsOutOfRange) {
  const auto refusal = [](std::string_view name, const Value& constant) {
    const std::vector<Value> constants = {constant};
    const auto made = make_aggregate(*find_aggregate(name, 2), constants, AggregateLimits{50});
    EXPECT_EQ(made.ok() ? Code::ok : made.status().code(), Code::invalid_argument);
    return made.status().message();
  };
  for (const char* name : {"top_k", "largest", "collect_list", "collect_set"})
    for (const Value& wrong : {number(0), number(-1), number(51), real(3), text("3"), kNull})
      EXPECT_NE(refusal(name, wrong).find("a whole number from 1 to 50"), std::string::npos);
  EXPECT_TRUE(refusal("top_k", number(0)).starts_with("top_k: k must be"));
  EXPECT_TRUE(refusal("collect_set", number(0)).starts_with("collect_set: max must be"));
  for (const Value& wrong : {real(-0.1), real(1.01), number(95), text("0.5"), real(std::nan(""))})
    EXPECT_NE(refusal("approx_percentile", wrong).find("from 0 to 1"), std::string::npos);
}

}  // namespace
}  // namespace leat::operators
