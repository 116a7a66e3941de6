#include <array>
#include <cmath>
#include <limits>

#include "expr/library/library.h"
#include "expr/values.h"

namespace leat::expr {
namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kBits = 64;

// ---- the greatest and the least

// Of equal numbers the first. `sign`: 1 for the greatest, -1 for the least.
Value extreme(std::span<const Value> numbers, int sign) {
  if (numbers.empty()) return fail(kOutOfRange);
  const Value* best = nullptr;
  for (const Value& number : numbers) {
    if (!is_number(number)) return misfit(number);
    if (number.is(Type::real) && std::isnan(number.as_real())) return fail(kNotANumber);
    if (best == nullptr || compare_numbers(number, *best) == sign) best = &number;
  }
  return *best;
}

// One argument may be a list.
Value extreme_of(Frame& frame, std::span<const Value> arguments, int sign) {
  if (arguments.size() != 1 || is_number(arguments[0])) return extreme(arguments, sign);
  std::span<const Value> items;
  if (const RowError* error = items_of(arguments[0], frame.arena, items)) return fail(*error);
  return extreme(items, sign);
}
Value greatest(Frame& frame, std::span<const Value> arguments) {
  return extreme_of(frame, arguments, 1);
}
Value least(Frame& frame, std::span<const Value> arguments) {
  return extreme_of(frame, arguments, -1);
}

// ---- doubles

template <double (*Round)(double)>
Value rounded(Frame&, const Value& a) {
  return a.is(Type::real) ? Value::real(Round(a.as_real())) : fail(kNoSuchOverload);
}
double ceil_of(double d) { return std::ceil(d); }
double floor_of(double d) { return std::floor(d); }
double round_of(double d) { return std::round(d); }  // ties away from zero
double trunc_of(double d) { return std::trunc(d); }

Value is_nan(Frame&, const Value& a) {
  return a.is(Type::real) ? Value::boolean(std::isnan(a.as_real())) : fail(kNoSuchOverload);
}
Value is_inf(Frame&, const Value& a) {
  return a.is(Type::real) ? Value::boolean(std::isinf(a.as_real())) : fail(kNoSuchOverload);
}
Value is_finite(Frame&, const Value& a) {
  return a.is(Type::real) ? Value::boolean(std::isfinite(a.as_real())) : fail(kNoSuchOverload);
}

Value square_root(Frame&, const Value& a) {
  switch (a.type()) {
    case Type::real: return Value::real(std::sqrt(a.as_real()));
    case Type::integer: return Value::real(std::sqrt(static_cast<double>(a.as_integer())));
    case Type::unsigned_integer:
      return Value::real(std::sqrt(static_cast<double>(a.as_unsigned())));
    default: return fail(kNoSuchOverload);
  }
}

// ---- any number

Value absolute(Frame&, const Value& a) {
  switch (a.type()) {
    case Type::real: return Value::real(std::fabs(a.as_real()));
    case Type::integer:
      if (a.as_integer() == kLowest) return fail(kOverflow);
      return Value::integer(a.as_integer() < 0 ? -a.as_integer() : a.as_integer());
    case Type::unsigned_integer: return a;
    default: return fail(kNoSuchOverload);
  }
}

Value sign(Frame&, const Value& a) {
  switch (a.type()) {
    case Type::real: {
      const double d = a.as_real();
      return std::isnan(d) ? a : Value::real(d > 0 ? 1.0 : d < 0 ? -1.0 : 0.0);
    }
    case Type::integer: return Value::integer((a.as_integer() > 0) - (a.as_integer() < 0));
    case Type::unsigned_integer: return Value::unsigned_integer(a.as_unsigned() > 0 ? 1 : 0);
    default: return fail(kNoSuchOverload);
  }
}

// ---- bits

bool is_whole(const Value& value) {
  return value.is(Type::integer) || value.is(Type::unsigned_integer);
}
// A value of the type of `like` with these bits.
Value bits_like(const Value& like, std::uint64_t bits) {
  return like.is(Type::integer) ? Value::integer(static_cast<std::int64_t>(bits))
                                : Value::unsigned_integer(bits);
}

template <std::uint64_t (*Combine)(std::uint64_t, std::uint64_t)>
Value combined(Frame&, const Value& a, const Value& b) {
  if (!is_whole(a) || !b.is(a.type())) return fail(kNoSuchOverload);
  return bits_like(a, Combine(a.as_unsigned(), b.as_unsigned()));
}
std::uint64_t bits_or(std::uint64_t a, std::uint64_t b) { return a | b; }
std::uint64_t bits_and(std::uint64_t a, std::uint64_t b) { return a & b; }
std::uint64_t bits_xor(std::uint64_t a, std::uint64_t b) { return a ^ b; }

Value bits_not(Frame&, const Value& a) {
  return is_whole(a) ? bits_like(a, ~a.as_unsigned()) : fail(kNoSuchOverload);
}

template <bool kLeft>
Value shifted(Frame&, const Value& a, const Value& by) {
  if (!is_whole(a) || !by.is(Type::integer)) return fail(kNoSuchOverload);
  if (by.as_integer() < 0) return fail(kOutOfRange);
  if (by.as_integer() >= kBits) return bits_like(a, 0);
  const std::uint64_t bits = a.as_unsigned();
  return bits_like(a, kLeft ? bits << by.as_integer() : bits >> by.as_integer());
}

constexpr CallStyle kGlobal = CallStyle::global;
constexpr std::string_view kMath = "math";
constexpr Types kReals = types(Type::real);
constexpr Types kWhole = types(Type::integer, Type::unsigned_integer);
constexpr Types kNumbersOrList = kNumbers | kLists;

constexpr Function of_real(std::string_view name, Type result, Kernel kernel,
                           std::string_view signature, std::string_view summary) {
  return {name, kGlobal, 1, {kReals}, result, kernel, {kMath, signature, summary}};
}
constexpr Function of_bits(std::string_view name, Types second, Kernel kernel,
                           std::string_view signature, std::string_view summary) {
  return {name, kGlobal, 2, {kWhole, second}, std::nullopt, kernel, {kMath, signature, summary}};
}

constexpr std::array kTable{
    Function{"math.greatest",
             kGlobal,
             1,
             {kNumbersOrList},
             std::nullopt,
             each<greatest>,
             {kMath, "math.greatest(number, ...) -> number",
              "The greatest of its arguments, or of one list of numbers."},
             true,
             true},
    Function{"math.least",
             kGlobal,
             1,
             {kNumbersOrList},
             std::nullopt,
             each<least>,
             {kMath, "math.least(number, ...) -> number",
              "The least of its arguments, or of one list of numbers."},
             true,
             true},
    of_real("math.ceil", Type::real, each<rounded<ceil_of>>, "math.ceil(double) -> double",
            "The next whole number at or above it."),
    of_real("math.floor", Type::real, each<rounded<floor_of>>, "math.floor(double) -> double",
            "The next whole number at or below it."),
    of_real("math.round", Type::real, each<rounded<round_of>>, "math.round(double) -> double",
            "The nearest whole number, ties away from zero."),
    of_real("math.trunc", Type::real, each<rounded<trunc_of>>, "math.trunc(double) -> double",
            "The number without its fraction."),
    Function{"math.abs",
             kGlobal,
             1,
             {kNumbers},
             std::nullopt,
             each<absolute>,
             {kMath, "math.abs(number) -> number", "The number without its sign."}},
    Function{"math.sign",
             kGlobal,
             1,
             {kNumbers},
             std::nullopt,
             each<sign>,
             {kMath, "math.sign(number) -> number", "-1, 0 or 1, of the type of the number."}},
    Function{"math.sqrt",
             kGlobal,
             1,
             {kNumbers},
             Type::real,
             each<square_root>,
             {kMath, "math.sqrt(number) -> double", "The square root; NaN of negative numbers."}},
    of_real("math.isNaN", Type::boolean, each<is_nan>, "math.isNaN(double) -> bool",
            "Whether it is not a number."),
    of_real("math.isInf", Type::boolean, each<is_inf>, "math.isInf(double) -> bool",
            "Whether it is infinite."),
    of_real("math.isFinite", Type::boolean, each<is_finite>, "math.isFinite(double) -> bool",
            "Whether it is neither infinite nor NaN."),
    of_bits("math.bitOr", kWhole, each<combined<bits_or>>,
            "math.bitOr(int | uint, int | uint) -> int | uint",
            "The bits that are set in one or both; both of one type."),
    of_bits("math.bitAnd", kWhole, each<combined<bits_and>>,
            "math.bitAnd(int | uint, int | uint) -> int | uint",
            "The bits that are set in both; both of one type."),
    of_bits("math.bitXor", kWhole, each<combined<bits_xor>>,
            "math.bitXor(int | uint, int | uint) -> int | uint",
            "The bits that are set in one of them; both of one type."),
    Function{"math.bitNot",
             kGlobal,
             1,
             {kWhole},
             std::nullopt,
             each<bits_not>,
             {kMath, "math.bitNot(int | uint) -> int | uint", "Every bit turned over."}},
    of_bits("math.bitShiftLeft", kInts, each<shifted<true>>,
            "math.bitShiftLeft(int | uint, int) -> int | uint",
            "The bits moved to the left, 0 from 64 on; negative is an error."),
    of_bits("math.bitShiftRight", kInts, each<shifted<false>>,
            "math.bitShiftRight(int | uint, int) -> int | uint",
            "The bits moved to the right, zeros come in; negative is an error."),
};

}  // namespace

const std::span<const Function> kMathFunctions{kTable};

}  // namespace leat::expr
