#include <limits>

#include "reference/interpreter.h"

namespace leat::reference {
namespace {

using Type = record::Type;
using expr::Operator;

Thing no_overload() { return make_error("NO_SUCH_OVERLOAD"); }

Thing narrow(Wide wide) {
  const bool fits = wide >= std::numeric_limits<std::int64_t>::min() &&
                    wide <= std::numeric_limits<std::int64_t>::max();
  return fits ? make_integer(static_cast<std::int64_t>(wide)) : make_error("OVERFLOW");
}

Thing narrow_unsigned(Wide wide) {
  const bool fits = wide >= 0 && wide <= std::numeric_limits<std::uint64_t>::max();
  return fits ? make_unsigned(static_cast<std::uint64_t>(wide)) : make_error("OVERFLOW");
}

Thing whole(Operator op, Wide x, Wide y, Thing (*fit)(Wide)) {
  switch (op) {
    case Operator::add: return fit(x + y);
    case Operator::subtract: return fit(x - y);
    case Operator::multiply: {
      Wide product = 0;
      return __builtin_mul_overflow(x, y, &product) ? make_error("OVERFLOW") : fit(product);
    }
    default: break;
  }
  if (y == 0) return make_error("DIVIDE_BY_ZERO");
  if (op == Operator::divide || fit(x / y).is_error()) return fit(x / y);
  return fit(x % y);
}

Thing times(Operator op, const Thing& a, const Thing& b) {
  const bool plus = op == Operator::add;
  const Wide nanos = plus ? a.nanos + b.nanos : a.nanos - b.nanos;
  if (!plus && op != Operator::subtract) return no_overload();
  if (a.is(Type::duration) && b.is(Type::duration)) return make_duration(nanos);
  if (a.is(Type::timestamp) && b.is(Type::duration)) return make_timestamp(nanos);
  if (plus && a.is(Type::duration) && b.is(Type::timestamp)) return make_timestamp(nanos);
  if (!plus && a.is(Type::timestamp) && b.is(Type::timestamp)) return make_duration(nanos);
  return no_overload();
}

bool is_time(const Thing& v) { return v.is(Type::timestamp) || v.is(Type::duration); }

}  // namespace

Thing as_error(const Thing& thing) {
  if (thing.is_error()) return thing;
  return make_error(thing.is(Type::absent) ? "NO_SUCH_FIELD" : "NO_SUCH_OVERLOAD");
}

Thing arithmetic(Operator op, const Thing& a, const Thing& b) {
  if (a.is_number() && b.is_number()) {
    if (a.is(Type::integer) && b.is(Type::integer)) return whole(op, a.integer, b.integer, narrow);
    if (a.is(Type::unsigned_integer) && b.is(Type::unsigned_integer))
      return whole(op, a.natural, b.natural, narrow_unsigned);
    if (a.is(Type::unsigned_integer) || b.is(Type::unsigned_integer)) return no_overload();
    const double x = as_double(a);
    const double y = as_double(b);
    switch (op) {
      case Operator::add: return make_real(x + y);
      case Operator::subtract: return make_real(x - y);
      case Operator::multiply: return make_real(x * y);
      case Operator::divide: return make_real(x / y);
      default: return no_overload();
    }
  }
  if (is_time(a) && is_time(b)) return times(op, a, b);
  if (op != Operator::add || a.type != b.type) return no_overload();
  if (a.is(Type::string)) return make_string(a.text + b.text);
  if (a.is(Type::bytes)) return make_bytes(a.text + b.text);
  if (!a.is(Type::list)) return no_overload();
  std::vector<Thing> items = a.items;
  items.insert(items.end(), b.items.begin(), b.items.end());
  return make_list(std::move(items));
}

Thing negate(const Thing& a) {
  if (a.is(Type::real)) return make_real(-a.real);
  if (a.is(Type::integer)) return narrow(-static_cast<Wide>(a.integer));
  return a.is(Type::duration) ? make_duration(-a.nanos) : no_overload();
}

Thing ordered(Operator op, const Thing& a, const Thing& b) {
  const auto by = [op](const auto& x, const auto& y) {
    switch (op) {
      case Operator::less: return make_boolean(x < y);
      case Operator::less_equal: return make_boolean(x <= y);
      case Operator::greater: return make_boolean(x > y);
      default: return make_boolean(x >= y);
    }
  };
  const auto whole_number = [](const Thing& v) {
    return v.is(Type::integer) ? Wide{v.integer} : Wide{v.natural};
  };
  if (a.is_number() && b.is_number()) {
    if (a.is(Type::real) || b.is(Type::real)) return by(as_double(a), as_double(b));
    return by(whole_number(a), whole_number(b));
  }
  if (a.type != b.type) return no_overload();
  if (a.is(Type::string) || a.is(Type::bytes)) return by(a.text, b.text);
  if (a.is(Type::boolean)) return by(a.boolean, b.boolean);
  return is_time(a) ? by(a.nanos, b.nanos) : no_overload();
}

Thing contains(const Thing& a, const Thing& in) {
  if (in.is(Type::map)) return make_boolean(find_key(in, a) != nullptr);
  if (!in.is(Type::list)) return no_overload();
  for (const Thing& item : in.items)
    if (equal(a, item)) return make_boolean(true);
  return make_boolean(false);
}

Thing member_of(const Thing& operand, const std::string& name) {
  if (operand.is(Type::optional)) {
    if (operand.items.empty()) return operand;
    const Thing found = member_of(operand.items[0], name);
    if (found.is(Type::absent)) return make_none();
    return found.is_error() ? found : make_some(found);
  }
  if (!operand.is(Type::map)) return no_overload();
  const Thing* found = find_key(operand, make_string(name));
  return found == nullptr ? Thing() : *found;
}

Thing item_of(const Thing& operand, const Thing& key) {
  if (operand.is(Type::map)) {
    if (!key.is_number() && !key.is(Type::string) && !key.is(Type::boolean)) return no_overload();
    const Thing* found = find_key(operand, key);
    return found == nullptr ? Thing() : *found;
  }
  if (operand.is(Type::optional)) {
    if (operand.items.empty()) return operand;
    const Thing found = item_of(operand.items[0], key);
    const bool missing =
        found.is(Type::absent) || (found.is_error() && found.text == "OUT_OF_RANGE");
    if (missing) return make_none();
    return found.is_error() ? found : make_some(found);
  }
  if (!operand.is(Type::list) || !key.is_number()) return no_overload();
  for (std::size_t i = 0; i < operand.items.size(); ++i)
    if (equal(key, make_integer(static_cast<std::int64_t>(i)))) return operand.items[i];
  return make_error("OUT_OF_RANGE");
}

}  // namespace leat::reference
