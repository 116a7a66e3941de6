#include "expr/operators.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "expr/containers.h"
#include "expr/times.h"
#include "expr/values.h"

namespace leat::expr {
namespace {

// What rows mostly hold: int or double.
bool is_plain(const Value& v) { return v.is(Type::integer) || v.is(Type::real); }
double plain_real(const Value& v) {
  return v.is(Type::real) ? v.as_real() : static_cast<double>(v.as_integer());
}

Value checked_time(const Instant& a, const Instant& b, int sign) {
  return make_timestamp(a.seconds + sign * b.seconds, a.nanos + sign * b.nanos);
}
Value checked_duration(const Instant& a, const Instant& b, int sign) {
  return make_duration(a.seconds + sign * b.seconds, a.nanos + sign * b.nanos);
}

bool same_type(const Value& a, const Value& b, Type type) { return a.is(type) && b.is(type); }

Value join(Frame& frame, const Value& a, const Value& b) {
  const std::string_view x = a.as_text();
  const std::string_view y = b.as_text();
  const std::size_t size = x.size() + y.size();
  if (size > kTextBytesMax || is_exhausted(frame)) return fail(kTooLarge);
  char* at = frame.arena.allocate(size, 1);
  if (!x.empty()) std::memcpy(at, x.data(), x.size());
  if (!y.empty()) std::memcpy(at + x.size(), y.data(), y.size());
  return a.is(Type::string) ? Value::string({at, size}) : Value::bytes({at, size});
}

// The items of both lists.
Value append(Frame& frame, const Value& a, const Value& b) {
  std::span<const Value> x;
  std::span<const Value> y;
  if (const RowError* error = items_of(a, frame.arena, x)) return fail(*error);
  if (const RowError* error = items_of(b, frame.arena, y)) return fail(*error);
  if (x.size() + y.size() > kItemsMax || is_exhausted(frame)) return fail(kTooLarge);
  const std::span<Value> all = frame.arena.array<Value>(x.size() + y.size());
  std::copy(y.begin(), y.end(), std::copy(x.begin(), x.end(), all.begin()));
  return Value::list(all);
}

using Signed = std::int64_t;
using Unsigned = std::uint64_t;

// Each arithmetic operator: whole() is false when the result is `error`; others() gets every pair
// that is neither two numbers of one type nor a number and a double.
struct Add {
  template <class T>
  static bool whole(T a, T b, T& r) {
    return !__builtin_add_overflow(a, b, &r);
  }
  static const RowError& error(std::int64_t) { return kOverflow; }
  static double reals(double a, double b) { return a + b; }
  static Value others(Frame& frame, const Value& a, const Value& b) {
    if (same_type(a, b, Type::string) || same_type(a, b, Type::bytes)) return join(frame, a, b);
    if (is_list(a) && is_list(b)) return append(frame, a, b);
    if (same_type(a, b, Type::duration)) return checked_duration(instant_of(a), instant_of(b), 1);
    const bool times = (a.is(Type::timestamp) && b.is(Type::duration)) ||
                       (a.is(Type::duration) && b.is(Type::timestamp));
    return times ? checked_time(instant_of(a), instant_of(b), 1) : misfit(a, b);
  }
};

struct Subtract {
  template <class T>
  static bool whole(T a, T b, T& r) {
    return !__builtin_sub_overflow(a, b, &r);
  }
  static const RowError& error(std::int64_t) { return kOverflow; }
  static double reals(double a, double b) { return a - b; }
  static Value others(Frame&, const Value& a, const Value& b) {
    if (a.is(Type::timestamp) && b.is(Type::duration))
      return checked_time(instant_of(a), instant_of(b), -1);
    if (same_type(a, b, Type::timestamp) || same_type(a, b, Type::duration))
      return checked_duration(instant_of(a), instant_of(b), -1);
    return misfit(a, b);
  }
};

struct Multiply {
  template <class T>
  static bool whole(T a, T b, T& r) {
    return !__builtin_mul_overflow(a, b, &r);
  }
  static const RowError& error(std::int64_t) { return kOverflow; }
  static double reals(double a, double b) { return a * b; }
  static Value others(Frame&, const Value& a, const Value& b) { return misfit(a, b); }
};

bool divides(Signed a, Signed b) {
  return b != 0 && !(b == -1 && a == std::numeric_limits<Signed>::min());
}
bool divides(Unsigned, Unsigned b) { return b != 0; }

struct Divide {
  template <class T>
  static bool whole(T a, T b, T& r) {
    if (!divides(a, b)) return false;
    r = a / b;
    return true;
  }
  static const RowError& error(std::int64_t b) { return b == 0 ? kDivideByZero : kOverflow; }
  static double reals(double a, double b) { return a / b; }
  static Value others(Frame&, const Value& a, const Value& b) { return misfit(a, b); }
};

// Everything but two ints, which only come here when the result is an error.
template <class Op>
[[gnu::noinline]] Value arithmetic(Frame& frame, const Value& a, const Value& b) {
  if (is_broken(a) || is_broken(b)) return misfit(a, b);
  if (same_type(a, b, Type::integer)) return fail(Op::error(b.as_integer()));
  if (same_type(a, b, Type::unsigned_integer)) {
    Unsigned result = 0;
    return Op::whole(a.as_unsigned(), b.as_unsigned(), result) ? Value::unsigned_integer(result)
                                                               : fail(Op::error(b.as_integer()));
  }
  const bool mixed = (a.is(Type::real) && b.is(Type::integer)) ||
                     (a.is(Type::integer) && b.is(Type::real)) || same_type(a, b, Type::real);
  return mixed ? Value::real(Op::reals(real_of(a), real_of(b))) : Op::others(frame, a, b);
}

template <class Op>
void arithmetic_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  const Operand left = in[0];
  const Operand right = in[1];
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& a = left[i];
    const Value& b = right[i];
    if (a.is(Type::integer) && b.is(Type::integer)) {
      Signed result = 0;
      if (Op::whole(a.as_integer(), b.as_integer(), result)) [[likely]] {
        out[i] = Value::integer(result);
        continue;
      }
    } else if (is_plain(a) && is_plain(b)) {
      out[i] = Value::real(Op::reals(plain_real(a), plain_real(b)));
      continue;
    }
    out[i] = arithmetic<Op>(frame, a, b);
  }
}

Value modulo(Frame&, const Value& a, const Value& b) {
  if (same_type(a, b, Type::unsigned_integer))
    return b.as_unsigned() == 0 ? fail(kDivideByZero)
                                : Value::unsigned_integer(a.as_unsigned() % b.as_unsigned());
  if (!same_type(a, b, Type::integer)) return fail(kNoSuchOverload);
  if (!divides(a.as_integer(), b.as_integer())) return fail(Divide::error(b.as_integer()));
  return Value::integer(a.as_integer() % b.as_integer());
}

Value negate(Frame&, const Value& a) {
  if (a.is(Type::real)) return Value::real(-a.as_real());
  if (a.is(Type::duration)) return checked_duration({}, instant_of(a), -1);
  if (!a.is(Type::integer)) return fail(kNoSuchOverload);
  if (a.as_integer() == std::numeric_limits<Signed>::min()) return fail(kOverflow);
  return Value::integer(-a.as_integer());
}

Value logical_not(Frame&, const Value& a) {
  return a.is(Type::boolean) ? Value::boolean(!a.as_boolean()) : fail(kNoSuchOverload);
}

// ---- comparison

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
  const int found = compare(a, b);
  return found == kIncomparable ? fail(kNoSuchOverload) : Value::boolean(Op::holds(found));
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
    } else if (is_plain(a) && is_plain(b)) {
      out[i] = Value::boolean(Op::plain(plain_real(a), plain_real(b)));
    } else if (a.is(Type::timestamp) && b.is(Type::timestamp) && a.as_integer() != b.as_integer()) {
      out[i] = Value::boolean(Op::plain(a.as_integer(), b.as_integer()));
    } else {
      out[i] = ordered<Op>(a, b);
    }
  }
}

template <bool kEqual>
[[gnu::noinline]] Value equal(Frame& frame, const Value& a, const Value& b) {
  if (is_broken(a) || is_broken(b)) return misfit(a, b);
  const Value same = equals(a, b, frame.arena);
  return same.is_error() ? same : Value::boolean(same.as_boolean() == kEqual);
}

template <bool kEqual>
void equal_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
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
      out[i] = equal<kEqual>(frame, a, b);
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

// What an optional holds, absent for none; other values as they are.
const Value* content_of(const Value& value) {
  static constexpr Value kAbsent;
  if (!value.is(Type::optional)) return &value;
  return value.as_optional() == nullptr ? &kAbsent : value.as_optional();
}

void coalesce_kernel(Frame&, const Operand* in, Value* out, std::size_t rows) {
  const Operand left = in[0];
  const Operand right = in[1];
  for (std::size_t i = 0; i < rows; ++i) {
    const Value* const a = content_of(left[i]);
    const Value* const b = &right[i];
    out[i] = *(a->is_missing() || a->is_error() ? b : a);
  }
}

// All operands of a row as one text; false when not all of them are texts.
bool join_all(Frame& frame, const Operand* in, std::size_t row, Value& out) {
  std::size_t size = 0;
  for (std::size_t k = 0; k < frame.inputs; ++k) {
    const Value& part = in[k][row];
    if (!part.is(Type::string)) return false;
    size += part.as_text().size();
  }
  if (size > kTextBytesMax || is_exhausted(frame)) return out = fail(kTooLarge), true;
  char* const begin = frame.arena.allocate(size, 1);
  char* at = begin;
  for (std::size_t k = 0; k < frame.inputs; ++k) {
    const std::string_view part = in[k][row].as_text();
    at = std::copy(part.begin(), part.end(), at);
  }
  out = Value::string({begin, size});
  return true;
}

Value add(Frame& frame, const Value& a, const Value& b) {
  Signed result = 0;
  if (same_type(a, b, Type::integer) && Add::whole(a.as_integer(), b.as_integer(), result))
    return Value::integer(result);
  return arithmetic<Add>(frame, a, b);
}

}  // namespace

void chain_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    Value result;
    if (!join_all(frame, in, i, result)) {
      result = in[0][i];
      for (std::size_t k = 1; k < frame.inputs; ++k) result = add(frame, result, in[k][i]);
    }
    out[i] = result;
  }
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

void null_if_absent_kernel(Frame&, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& value = in[0][i];
    out[i] = value.is(Type::absent) ? Value::null() : value;
  }
}

void settle_kernel(Frame&, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& a = in[0][i];
    out[i] = a.is(Type::absent) ? fail(kNoSuchField) : a;
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
    case Operator::in: return in_kernel;
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
