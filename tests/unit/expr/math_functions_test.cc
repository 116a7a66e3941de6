#include <cmath>
#include <limits>

#include "unit/expr/function_cases.h"

namespace leat::expr::testing {
namespace {

const Fields& numbers() {
  static const Fields kFields{
      {"i", Value::integer(7)},
      {"low", Value::integer(std::numeric_limits<std::int64_t>::min())},
      {"big", Value::integer(std::numeric_limits<std::int64_t>::max())},
      {"d", Value::real(2.5)},
      {"nan", Value::real(std::nan(""))},
      {"inf", Value::real(HUGE_VAL)},
      {"n", Value::null()},
      {"s", Value::string("x")},
      {"list", Value::json("[3, 1.5, -2]")},
      {"words", Value::json(R"(["a"])")},
      {"broken", Value::json("[1, 2")},
  };
  return kFields;
}

TEST(MathFunctions, GreatestAndLeastCompareNumbersOfAllTypesExactly) {
  expect_values(
      {
          {"math.greatest(1)", "int 1"},
          {"math.greatest(1, 2.5)", "double 2.5"},
          {"math.greatest(1u, -7)", "uint 1"},
          {"math.least(5.4, 10, 3u, -5.0, 9223372036854775807)", "double -5"},
          {"math.greatest(9007199254740993, 9007199254740992.0)", "int 9007199254740993"},
          {"math.greatest(i, d)", "int 7"},
          {"math.least(i, d)", "double 2.5"},
          {"math.greatest(1, 1.0)", "int 1"},
          {"math.greatest([1, 5, 3])", "int 5"},
          {"math.greatest(list)", "int 3"},
          {"math.least(list)", "int -2"},
          {"math.greatest([])", "error OUT_OF_RANGE"},
          {"math.greatest(nan, 1)", "error NOT_A_NUMBER"},
          {"math.greatest(1, nan)", "error NOT_A_NUMBER"},
          {"math.greatest(inf, 1)", "double inf"},
          {"math.greatest(words)", "error NO_SUCH_OVERLOAD"},
          {"math.greatest(broken)", "error INVALID_JSON"},
          {"math.greatest(1, s)", "error NO_SUCH_OVERLOAD"},
          {"math.greatest(1, n)", "error NO_SUCH_OVERLOAD"},
          {"math.greatest(1, nothing)", "error NO_SUCH_FIELD"},
          {"math.greatest(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, i)", "int 10"},
      },
      numbers());
}

TEST(MathFunctions, RoundingTakesDoublesOnly) {
  expect_values(
      {
          {"math.ceil(1.2)", "double 2"},
          {"math.ceil(-1.2)", "double -1"},
          {"math.floor(1.2)", "double 1"},
          {"math.floor(-1.2)", "double -2"},
          {"math.round(1.5)", "double 2"},
          {"math.round(2.5)", "double 3"},
          {"math.round(-1.5)", "double -2"},
          {"math.round(0.49999999999999994)", "double 0"},
          {"math.trunc(-1.9)", "double -1"},
          {"math.trunc(nan)", "double nan"},
          {"math.ceil(inf)", "double inf"},
          {"math.floor(i)", "error NO_SUCH_OVERLOAD"},
          {"math.round(s)", "error NO_SUCH_OVERLOAD"},
      },
      numbers());
}

TEST(MathFunctions, AbsAndSignKeepTheType) {
  expect_values(
      {
          {"math.abs(-3)", "int 3"},
          {"math.abs(3u)", "uint 3"},
          {"math.abs(-2.5)", "double 2.5"},
          {"math.abs(low)", "error OVERFLOW"},
          {"math.abs(big)", "int 9223372036854775807"},
          {"math.abs(nan)", "double nan"},
          {"math.sign(-42)", "int -1"},
          {"math.sign(0)", "int 0"},
          {"math.sign(7u)", "uint 1"},
          {"math.sign(-0.0)", "double 0"},
          {"math.sign(-inf)", "double -1"},
          {"math.sign(nan)", "double nan"},
          {"math.sign(true)", "error NO_SUCH_OVERLOAD"},
      },
      numbers());
}

TEST(MathFunctions, KindsOfDoublesAndRoots) {
  expect_values(
      {
          {"math.isNaN(nan)", "true"},
          {"math.isNaN(d)", "false"},
          {"math.isInf(-inf)", "true"},
          {"math.isInf(nan)", "false"},
          {"math.isFinite(d)", "true"},
          {"math.isFinite(nan)", "false"},
          {"math.isFinite(i)", "error NO_SUCH_OVERLOAD"},
          {"math.sqrt(81)", "double 9"},
          {"math.sqrt(81u)", "double 9"},
          {"math.sqrt(2.25)", "double 1.5"},
          {"math.isNaN(math.sqrt(-15))", "true"},
          {"math.sqrt('9')", "error NO_SUCH_OVERLOAD"},
      },
      numbers());
}

TEST(MathFunctions, BitsOfIntsAndUints) {
  expect_values(
      {
          {"math.bitOr(4, -2)", "int -2"},
          {"math.bitAnd(-3, -5)", "int -7"},
          {"math.bitXor(3u, 5u)", "uint 6"},
          {"math.bitAnd(1, 1u)", "error NO_SUCH_OVERLOAD"},
          {"math.bitOr(1.0, 1)", "error NO_SUCH_OVERLOAD"},
          {"math.bitNot(0u)", "uint 18446744073709551615"},
          {"math.bitNot(1)", "int -2"},
          {"math.bitShiftLeft(-1, 2)", "int -4"},
          {"math.bitShiftLeft(1, 63)", "int -9223372036854775808"},
          {"math.bitShiftLeft(1, 64)", "int 0"},
          {"math.bitShiftLeft(1u, big)", "uint 0"},
          {"math.bitShiftLeft(1, -1)", "error OUT_OF_RANGE"},
          {"math.bitShiftRight(-1024, 3)", "int 2305843009213693824"},
          {"math.bitShiftRight(low, 63)", "int 1"},
          {"math.bitShiftRight(1024u, 64)", "uint 0"},
          {"math.bitShiftRight(1, low)", "error OUT_OF_RANGE"},
          {"math.bitShiftRight(1, 2u)", "error NO_SUCH_OVERLOAD"},
      },
      numbers());
}

}  // namespace
}  // namespace leat::expr::testing
