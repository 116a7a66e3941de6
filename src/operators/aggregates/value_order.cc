#include "operators/aggregates/value_order.h"

#include <cmath>

#include "expr/errors.h"

namespace leat::operators {
namespace {

using record::Type;
using record::Value;

template <class T>
int sign(const T& a, const T& b) noexcept {
  return a < b ? -1 : (b < a ? 1 : 0);
}

int compare_integers(const Value& a, const Value& b) noexcept {
  const bool a_beyond = a.is(Type::unsigned_integer) && a.as_integer() < 0;
  const bool b_beyond = b.is(Type::unsigned_integer) && b.as_integer() < 0;
  if (a_beyond != b_beyond) return a_beyond ? 1 : -1;
  return a_beyond ? sign(a.as_unsigned(), b.as_unsigned()) : sign(a.as_integer(), b.as_integer());
}

int compare_with_real(const Value& integer, double real) noexcept {
  if (real >= 18446744073709551616.0) return -1;
  if (real < -9223372036854775808.0) return 1;
  const double whole = std::floor(real);
  const Value floor = whole < 9223372036854775808.0
                          ? Value::integer(static_cast<std::int64_t>(whole))
                          : Value::unsigned_integer(static_cast<std::uint64_t>(whole));
  const int found = compare_integers(integer, floor);
  return found == 0 && whole < real ? -1 : found;
}

int compare_numbers(const Value& a, const Value& b) noexcept {
  if (a.is(Type::real))
    return b.is(Type::real) ? sign(a.as_real(), b.as_real()) : -compare_with_real(b, a.as_real());
  return b.is(Type::real) ? compare_with_real(a, b.as_real()) : compare_integers(a, b);
}

int compare_times(const Value& a, const Value& b) noexcept {
  const int found = sign(a.as_integer(), b.as_integer());
  return found != 0 ? found : sign(a.as_nanos(), b.as_nanos());
}

int form_of(const Value& value) noexcept {
  switch (value.type()) {
    case Type::unsigned_integer: return 1;
    case Type::real: return std::signbit(value.as_real()) ? 3 : 2;
    default: return 0;
  }
}

}  // namespace

Kind kind_of(const Value& value) noexcept {
  switch (value.type()) {
    case Type::boolean: return Kind::boolean;
    case Type::integer:
    case Type::unsigned_integer:
    case Type::real: return Kind::number;
    case Type::string: return Kind::string;
    case Type::bytes: return Kind::bytes;
    case Type::timestamp: return Kind::timestamp;
    case Type::duration: return Kind::duration;
    default: return Kind::none;
  }
}

int compare_values(const Value& a, const Value& b) noexcept {
  const Kind kind = kind_of(a);
  if (const int found = sign(kind, kind_of(b)); found != 0) return found;
  switch (kind) {
    case Kind::boolean: return sign(a.as_boolean(), b.as_boolean());
    case Kind::number: return compare_numbers(a, b);
    case Kind::string:
    case Kind::bytes: return sign(a.as_text(), b.as_text());
    case Kind::timestamp:
    case Kind::duration: return compare_times(a, b);
    case Kind::none: break;
  }
  return 0;
}

int compare_forms(const Value& a, const Value& b) noexcept {
  const int found = compare_values(a, b);
  return found != 0 ? found : sign(form_of(a), form_of(b));
}

const record::RowError* check_comparable(const Value& value) noexcept {
  if (kind_of(value) == Kind::none) return &expr::kNoSuchOverload;
  if (value.is(Type::real) && std::isnan(value.as_real())) return &expr::kNotANumber;
  return nullptr;
}

}  // namespace leat::operators
