#include "expr/operators.h"

#include <cmath>
#include <compare>
#include <limits>

#include "base/check.h"
#include "expr/json_walk.h"

namespace leat::expr {
namespace {

bool is_number(const Value& v) { return v.is(Type::integer) || v.is(Type::real); }
double to_real(const Value& v) {
  return v.is(Type::real) ? v.as_real() : static_cast<double>(v.as_integer());
}

// 0001-01-01T00:00:00Z … 9999-12-31T23:59:59.999999Z, as CEL bounds times.
constexpr std::int64_t kTimeMin = -62135596800000000;
constexpr std::int64_t kTimeMax = 253402300799999999;

Value checked_time(std::int64_t us, bool overflow) {
  return overflow || us < kTimeMin || us > kTimeMax ? fail(kOverflow) : Value::timestamp(us);
}
Value checked_duration(std::int64_t us, bool overflow) {
  return overflow ? fail(kOverflow) : Value::duration(us);
}

Value join(Frame& frame, const Value& a, const Value& b) {
  const std::string_view x = a.as_text();
  const std::string_view y = b.as_text();
  const std::size_t size = x.size() + y.size();
  if (size > kTextBytesMax) return fail(kTooLarge);
  char* at = frame.arena.allocate(size, 1);
  if (!x.empty()) std::memcpy(at, x.data(), x.size());
  if (!y.empty()) std::memcpy(at + x.size(), y.data(), y.size());
  return a.is(Type::string) ? Value::string({at, size}) : Value::bytes({at, size});
}

// Each arithmetic operator: integers() is false when the result is `error`; others() gets every
// pair that is not two numbers.
struct Add {
  static bool integers(std::int64_t a, std::int64_t b, std::int64_t& r) {
    return !__builtin_add_overflow(a, b, &r);
  }
  static const RowError& error(std::int64_t) { return kOverflow; }
  static double reals(double a, double b) { return a + b; }
  static Value others(Frame& frame, const Value& a, const Value& b) {
    if (a.type() == b.type() && (a.is(Type::string) || a.is(Type::bytes))) return join(frame, a, b);
    const bool times = (a.is(Type::timestamp) && b.is(Type::duration)) ||
                       (a.is(Type::duration) && b.is(Type::timestamp));
    const bool durations = a.is(Type::duration) && b.is(Type::duration);
    if (!times && !durations) return misfit(a, b);
    std::int64_t us = 0;
    const bool overflow = __builtin_add_overflow(a.as_integer(), b.as_integer(), &us);
    return times ? checked_time(us, overflow) : checked_duration(us, overflow);
  }
};

struct Subtract {
  static bool integers(std::int64_t a, std::int64_t b, std::int64_t& r) {
    return !__builtin_sub_overflow(a, b, &r);
  }
  static const RowError& error(std::int64_t) { return kOverflow; }
  static double reals(double a, double b) { return a - b; }
  static Value others(Frame&, const Value& a, const Value& b) {
    const bool time = a.is(Type::timestamp) && b.is(Type::duration);
    const bool span = a.type() == b.type() && (a.is(Type::timestamp) || a.is(Type::duration));
    if (!time && !span) return misfit(a, b);
    std::int64_t us = 0;
    const bool overflow = __builtin_sub_overflow(a.as_integer(), b.as_integer(), &us);
    return time ? checked_time(us, overflow) : checked_duration(us, overflow);
  }
};

struct Multiply {
  static bool integers(std::int64_t a, std::int64_t b, std::int64_t& r) {
    return !__builtin_mul_overflow(a, b, &r);
  }
  static const RowError& error(std::int64_t) { return kOverflow; }
  static double reals(double a, double b) { return a * b; }
  static Value others(Frame&, const Value& a, const Value& b) { return misfit(a, b); }
};

bool divides(std::int64_t a, std::int64_t b) {
  return b != 0 && !(b == -1 && a == std::numeric_limits<std::int64_t>::min());
}

struct Divide {
  static bool integers(std::int64_t a, std::int64_t b, std::int64_t& r) {
    if (!divides(a, b)) return false;
    r = a / b;
    return true;
  }
  static const RowError& error(std::int64_t b) { return b == 0 ? kDivideByZero : kOverflow; }
  static double reals(double a, double b) { return a / b; }
  static Value others(Frame&, const Value& a, const Value& b) { return misfit(a, b); }
};

template <class Op>
[[gnu::noinline]] Value arithmetic(Frame& frame, const Value& a, const Value& b) {
  if (is_broken(a) || is_broken(b)) return misfit(a, b);
  if (!is_number(a) || !is_number(b)) return Op::others(frame, a, b);
  if (a.is(Type::integer) && b.is(Type::integer)) return fail(Op::error(b.as_integer()));
  return Value::real(Op::reals(to_real(a), to_real(b)));
}

template <class Op>
void arithmetic_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  const Operand left = in[0];
  const Operand right = in[1];
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& a = left[i];
    const Value& b = right[i];
    if (a.is(Type::integer) && b.is(Type::integer)) {
      std::int64_t result = 0;
      if (Op::integers(a.as_integer(), b.as_integer(), result)) [[likely]] {
        out[i] = Value::integer(result);
        continue;
      }
    } else if (is_number(a) && is_number(b)) {
      out[i] = Value::real(Op::reals(to_real(a), to_real(b)));
      continue;
    }
    out[i] = arithmetic<Op>(frame, a, b);
  }
}

Value modulo(Frame&, const Value& a, const Value& b) {
  if (!a.is(Type::integer) || !b.is(Type::integer)) return fail(kNoSuchOverload);
  if (!divides(a.as_integer(), b.as_integer())) return fail(Divide::error(b.as_integer()));
  return Value::integer(a.as_integer() % b.as_integer());
}

Value negate(Frame&, const Value& a) {
  if (a.is(Type::real)) return Value::real(-a.as_real());
  const bool whole = a.is(Type::integer) || a.is(Type::duration);
  if (!whole) return fail(kNoSuchOverload);
  if (a.as_integer() == std::numeric_limits<std::int64_t>::min()) return fail(kOverflow);
  return a.is(Type::integer) ? Value::integer(-a.as_integer()) : Value::duration(-a.as_integer());
}

Value logical_not(Frame&, const Value& a) {
  return a.is(Type::boolean) ? Value::boolean(!a.as_boolean()) : fail(kNoSuchOverload);
}

// ---- comparison

constexpr int kUnordered = 2;  // one side is NaN
constexpr int kInvalid = 3;    // types that have no order between them

template <class T>
int sign(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}
int compare_reals(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return kUnordered;
  return sign(a, b);
}
int compare_numbers(const Value& a, const Value& b) {
  if (a.is(Type::integer) && b.is(Type::integer)) return sign(a.as_integer(), b.as_integer());
  if (a.is(Type::real) && b.is(Type::real)) return compare_reals(a.as_real(), b.as_real());
  if (a.is(Type::integer)) return compare_exactly(a.as_integer(), b.as_real());
  const int turned = compare_exactly(b.as_integer(), a.as_real());
  return turned == kUnordered ? kUnordered : -turned;
}

int order(const Value& a, const Value& b) {
  if (is_number(a) && is_number(b)) return compare_numbers(a, b);
  if (a.type() != b.type()) return kInvalid;
  switch (a.type()) {
    case Type::string:
    case Type::bytes: return sign(a.as_text().compare(b.as_text()), 0);
    case Type::boolean:
    case Type::timestamp:
    case Type::duration: return sign(a.as_integer(), b.as_integer());
    default: return kInvalid;
  }
}

struct Less {
  template <class T>
  static bool plain(T a, T b) {
    return a < b;
  }
  static bool holds(int order) { return order == -1; }
};
struct LessEqual {
  template <class T>
  static bool plain(T a, T b) {
    return a <= b;
  }
  static bool holds(int order) { return order == -1 || order == 0; }
};
struct Greater {
  template <class T>
  static bool plain(T a, T b) {
    return a > b;
  }
  static bool holds(int order) { return order == 1; }
};
struct GreaterEqual {
  template <class T>
  static bool plain(T a, T b) {
    return a >= b;
  }
  static bool holds(int order) { return order == 1 || order == 0; }
};

template <class Op>
[[gnu::noinline]] Value ordered(const Value& a, const Value& b) {
  if (is_broken(a) || is_broken(b)) return misfit(a, b);
  const int found = order(a, b);
  return found == kInvalid ? fail(kNoSuchOverload) : Value::boolean(Op::holds(found));
}

// A number that a double holds without loss, so that comparing as doubles is exact.
bool is_exact_real(const Value& v) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  return v.is(Type::real) ||
         (v.is(Type::integer) && v.as_integer() >= -kExact && v.as_integer() <= kExact);
}

template <class Op>
void order_kernel(Frame&, const Operand* in, Value* out, std::size_t rows) {
  const Operand left = in[0];
  const Operand right = in[1];
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& a = left[i];
    const Value& b = right[i];
    if (a.is(Type::integer) && b.is(Type::integer)) {
      out[i] = Value::boolean(Op::plain(a.as_integer(), b.as_integer()));
    } else if (is_exact_real(a) && is_exact_real(b)) {
      out[i] = Value::boolean(Op::plain(to_real(a), to_real(b)));
    } else {
      out[i] = ordered<Op>(a, b);
    }
  }
}

template <bool kEqual>
void equal_kernel(Frame&, const Operand* in, Value* out, std::size_t rows) {
  const Operand left = in[0];
  const Operand right = in[1];
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& a = left[i];
    const Value& b = right[i];
    if (a.is(Type::string) && b.is(Type::string)) {
      out[i] = Value::boolean((a.as_text() == b.as_text()) == kEqual);
    } else if (a.is(Type::integer) && b.is(Type::integer)) {
      out[i] = Value::boolean((a.as_integer() == b.as_integer()) == kEqual);
    } else {
      const Value same = equals(a, b);
      out[i] = same.is_error() ? same : Value::boolean(same.as_boolean() == kEqual);
    }
  }
}

// ---- logic

// && and ||: the deciding value (false, true) wins over an error on the other side, whichever that
// is.
template <bool kDecides>
void logic_kernel(Frame&, const Operand* in, Value* out, std::size_t rows) {
  const Operand left = in[0];
  const Operand right = in[1];
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& a = left[i];
    const Value& b = right[i];
    const bool a_ok = a.is(Type::boolean);
    const bool b_ok = b.is(Type::boolean);
    if ((a_ok && a.as_boolean() == kDecides) || (b_ok && b.as_boolean() == kDecides)) {
      out[i] = Value::boolean(kDecides);
    } else if (a_ok && b_ok) {
      out[i] = Value::boolean(!kDecides);
    } else {
      out[i] = a_ok ? misfit(b) : misfit(a);
    }
  }
}

void coalesce_kernel(Frame&, const Operand* in, Value* out, std::size_t rows) {
  const Operand left = in[0];
  const Operand right = in[1];
  for (std::size_t i = 0; i < rows; ++i) {
    const Value* const a = &left[i];
    const Value* const b = &right[i];
    out[i] = *(a->is_missing() || a->is_error() ? b : a);
  }
}

Value in_value(Frame& frame, const Value& a, const Value& b) {
  return b.is(Type::json) ? json_contains(b.as_text(), a, frame.arena) : fail(kNoSuchOverload);
}

Value index_value(Frame& frame, const Value& operand, const Value& key) {
  if (!operand.is(Type::json)) return fail(kNoSuchOverload);
  return json_index(operand.as_text(), key, frame.arena);
}

Value member_value(Frame& frame, const Value& operand) {
  if (!operand.is(Type::json)) return fail(kNoSuchOverload);
  return json_member(operand.as_text(), frame.extra->text, frame.arena);
}

Value has_member_value(Frame& frame, const Value& operand) {
  if (!operand.is(Type::json)) return fail(kNoSuchOverload);
  const Value found = json_member(operand.as_text(), frame.extra->text, frame.arena);
  return found.is_error() ? found : Value::boolean(!found.is(Type::absent));
}

}  // namespace

int compare_exactly(std::int64_t i, double d) noexcept {
  if (std::isnan(d)) return kUnordered;
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (d >= kLimit) return -1;
  if (d < -kLimit) return 1;
  const double whole = std::trunc(d);
  const int by_whole = sign(i, static_cast<std::int64_t>(whole));
  return by_whole != 0 ? by_whole : sign(0.0, d - whole);
}

Value equals(const Value& a, const Value& b) noexcept {
  if (is_broken(a) || is_broken(b)) return misfit(a, b);
  if (is_number(a) && is_number(b)) return Value::boolean(compare_numbers(a, b) == 0);
  if (a.type() != b.type()) return Value::boolean(false);
  if (a.is(Type::null)) return Value::boolean(true);
  if (a.is(Type::json)) return fail(kUnsupported);
  return Value::boolean(order(a, b) == 0);
}

void conditional_kernel(Frame&, const Operand* in, Value* out, std::size_t rows) {
  const Operand condition = in[0];
  const Operand then = in[1];
  const Operand otherwise = in[2];
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& c = condition[i];
    if (c.is(Type::boolean)) [[likely]] {
      const Value* const a = &then[i];
      const Value* const b = &otherwise[i];
      out[i] = *(c.as_boolean() ? a : b);
    } else {
      out[i] = misfit(c);
    }
  }
}

void copy_kernel(Frame&, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) out[i] = in[0][i];
}

void settle_kernel(Frame&, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& a = in[0][i];
    out[i] = a.is(Type::absent) ? fail(kNoSuchField) : a;
  }
}

void member_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each<member_value>(frame, in, out, rows);
}
void index_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each<index_value>(frame, in, out, rows);
}
void has_member_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each<has_member_value>(frame, in, out, rows);
}

void has_field_kernel(Frame&, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& a = in[0][i];
    out[i] = a.is_error() ? a : Value::boolean(!a.is(Type::absent));
  }
}

void has_path_kernel(Frame&, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& field = in[0][i];
    const Value& parent = in[1][i];
    if (!is_broken(field)) {
      out[i] = Value::boolean(true);
    } else if (field.is_error()) {
      out[i] = field;
    } else {
      out[i] = parent.is(Type::json) ? json_lacks_member(parent.as_text()) : misfit(parent);
    }
  }
}

namespace {

bool is_in_set(const Value& a, const std::vector<Value>& set) {
  if (a.is(Type::string)) {
    const std::string_view text = a.as_text();
    for (const Value& one : set)
      if (one.is(Type::string) && one.as_text() == text) return true;
    return false;
  }
  for (const Value& one : set)
    if (equals(a, one).as_boolean()) return true;
  return false;
}

}  // namespace

void in_set_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  const std::vector<Value>& set = frame.extra->set;
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& a = in[0][i];
    out[i] = is_broken(a) ? misfit(a) : Value::boolean(is_in_set(a, set));
  }
}

Kernel operator_kernel(Operator op) noexcept {
  switch (op) {
    case Operator::logical_or: return logic_kernel<true>;
    case Operator::logical_and: return logic_kernel<false>;
    case Operator::logical_not: return each<logical_not>;
    case Operator::equal: return equal_kernel<true>;
    case Operator::not_equal: return equal_kernel<false>;
    case Operator::less: return order_kernel<Less>;
    case Operator::less_equal: return order_kernel<LessEqual>;
    case Operator::greater: return order_kernel<Greater>;
    case Operator::greater_equal: return order_kernel<GreaterEqual>;
    case Operator::in: return each<in_value>;
    case Operator::coalesce: return coalesce_kernel;
    case Operator::add: return arithmetic_kernel<Add>;
    case Operator::subtract: return arithmetic_kernel<Subtract>;
    case Operator::multiply: return arithmetic_kernel<Multiply>;
    case Operator::divide: return arithmetic_kernel<Divide>;
    case Operator::modulo: return each<modulo>;
    case Operator::negate: return each<negate>;
    case Operator::none: break;
  }
  LEAT_CHECK(op != Operator::none);
  return copy_kernel;
}

}  // namespace leat::expr
