#pragma once

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "expr/errors.h"
#include "unit/expr/rows.h"

// The semantics of expressions once more, written as plainly as possible: one row, one tree,
// recursion, no sharing with the room but the error table. What the batch program is compared with.
namespace leat::expr::testing {

struct Tree {
  std::string
      op;  // "literal", "field", "-x", "!", "+", "==", "&&", "?:", "??", "in", or a function's name
  Value literal;
  std::string text;  // of a field: its name; of a literal: as it is written
  std::vector<std::unique_ptr<Tree>> children;
};

__extension__ typedef __int128 Wide;

class TreeInterpreter {
 public:
  explicit TreeInterpreter(const Fields& fields) : fields_(fields) {}

  // The value of the whole expression.
  Value run(const Tree& tree) {
    const Value value = eval(tree);
    return value.is(Type::absent) && tree.op != "field" ? Value::error(kNoSuchField) : value;
  }

 private:
  static Value error(const record::RowError& e) { return Value::error(e); }
  static bool is_number(const Value& v) { return v.is(Type::integer) || v.is(Type::real); }
  static double as_double(const Value& v) {
    return v.is(Type::integer) ? static_cast<double>(v.as_integer()) : v.as_real();
  }
  static Value as_error(const Value& v) {
    if (v.is_error()) return v;
    return error(v.is(Type::absent) ? kNoSuchField : kNoSuchOverload);
  }
  Value text(std::string made) {
    pool_.push_back(std::move(made));
    return Value::string(pool_.back());
  }

  Value eval(const Tree& tree) {
    if (tree.op == "literal") return tree.literal;
    if (tree.op == "field") {
      const auto found = fields_.find(tree.text);
      return found == fields_.end() ? Value() : found->second;
    }
    if (tree.op == "has") return Value::boolean(fields_.count(tree.children[0]->text) > 0);
    if (tree.op == "?:") {
      const Value condition = eval(*tree.children[0]);
      if (!condition.is(Type::boolean)) return as_error(condition);
      return eval(*tree.children[condition.as_boolean() ? 1 : 2]);
    }
    if (tree.op == "??") {
      const Value left = eval(*tree.children[0]);
      if (left.is_error() || left.is(Type::absent) || left.is(Type::null))
        return eval(*tree.children[1]);
      return left;
    }
    if (tree.op == "&&" || tree.op == "||") return logic(tree);
    std::vector<Value> arguments;
    for (const auto& child : tree.children) arguments.push_back(eval(*child));
    for (const Value& one : arguments)
      if (one.is_error() || one.is(Type::absent)) return as_error(one);
    if (tree.op == "-x" || tree.op == "!") return unary(tree.op, arguments[0]);
    if (tree.op == "in") return in(arguments);
    if (tree.op == "==" || tree.op == "!=")
      return Value::boolean(same(arguments[0], arguments[1]) == (tree.op == "=="));
    if (tree.op[0] == '<' || tree.op[0] == '>') return ordered(tree.op, arguments[0], arguments[1]);
    if (std::string("+-*/%").find(tree.op[0]) != std::string::npos)
      return arithmetic(tree.op[0], arguments[0], arguments[1]);
    return call(tree.op, arguments);
  }

  Value logic(const Tree& tree) {
    const bool decides = tree.op == "||";
    const Value left = eval(*tree.children[0]);
    const Value right = eval(*tree.children[1]);
    for (const Value& side : {left, right})
      if (side.is(Type::boolean) && side.as_boolean() == decides) return side;
    if (!left.is(Type::boolean)) return as_error(left);
    if (!right.is(Type::boolean)) return as_error(right);
    return Value::boolean(!decides);
  }

  static Value unary(const std::string& op, const Value& a) {
    if (op == "!")
      return a.is(Type::boolean) ? Value::boolean(!a.as_boolean()) : error(kNoSuchOverload);
    if (a.is(Type::real)) return Value::real(-a.as_real());
    return a.is(Type::integer) ? narrow(-static_cast<Wide>(a.as_integer()))
                               : error(kNoSuchOverload);
  }

  static Value narrow(Wide wide) {
    const bool fits = wide >= std::numeric_limits<std::int64_t>::min() &&
                      wide <= std::numeric_limits<std::int64_t>::max();
    return fits ? Value::integer(static_cast<std::int64_t>(wide)) : error(kOverflow);
  }

  Value arithmetic(char op, const Value& a, const Value& b) {
    if (op == '+' && a.is(Type::string) && b.is(Type::string))
      return text(std::string(a.as_text()) + std::string(b.as_text()));
    if (!is_number(a) || !is_number(b)) return error(kNoSuchOverload);
    if (a.is(Type::integer) && b.is(Type::integer)) {
      const Wide x = a.as_integer();
      const Wide y = b.as_integer();
      if ((op == '/' || op == '%') && y == 0) return error(kDivideByZero);
      if (op == '/') return narrow(x / y);
      if (op == '%') return narrow(x / y).is_error() ? error(kOverflow) : narrow(x % y);
      return narrow(op == '+' ? x + y : op == '-' ? x - y : x * y);
    }
    const double x = as_double(a);
    const double y = as_double(b);
    switch (op) {
      case '+': return Value::real(x + y);
      case '-': return Value::real(x - y);
      case '*': return Value::real(x * y);
      case '/': return Value::real(x / y);
      default: return error(kNoSuchOverload);
    }
  }

  static bool same(const Value& a, const Value& b) {
    if (a.is(Type::integer) && b.is(Type::integer)) return a.as_integer() == b.as_integer();
    if (is_number(a) && is_number(b)) return as_double(a) == as_double(b);
    if (a.type() != b.type()) return false;
    if (a.is(Type::string)) return a.as_text() == b.as_text();
    return a.is(Type::null) || a.as_boolean() == b.as_boolean();
  }

  static Value ordered(const std::string& op, const Value& a, const Value& b) {
    const auto by = [&op](const auto& x, const auto& y) {
      return Value::boolean(op == "<" ? x < y : op == "<=" ? x <= y : op == ">" ? x > y : x >= y);
    };
    if (a.is(Type::integer) && b.is(Type::integer)) return by(a.as_integer(), b.as_integer());
    if (is_number(a) && is_number(b)) return by(as_double(a), as_double(b));
    if (a.is(Type::string) && b.is(Type::string)) return by(a.as_text(), b.as_text());
    if (a.is(Type::boolean) && b.is(Type::boolean)) return by(a.as_boolean(), b.as_boolean());
    return error(kNoSuchOverload);
  }

  static Value in(const std::vector<Value>& arguments) {
    bool found = false;
    for (std::size_t i = 1; i < arguments.size(); ++i) found |= same(arguments[0], arguments[i]);
    return Value::boolean(found);
  }

  // The texts of the tests are ASCII.
  Value call(const std::string& name, const std::vector<Value>& arguments) {
    const Value& a = arguments[0];
    if (name == "int" && a.is(Type::integer)) return a;
    if (name == "double" && is_number(a)) return Value::real(as_double(a));
    if (name == "string" && a.is(Type::integer)) return text(std::to_string(a.as_integer()));
    if (name == "string" && a.is(Type::boolean)) return text(a.as_boolean() ? "true" : "false");
    if (name == "int" && a.is(Type::real)) {
      const long double whole = std::trunc(static_cast<long double>(a.as_real()));
      const bool fits = whole > -9223372036854775808.0L && whole < 9223372036854775808.0L;
      return fits ? Value::integer(static_cast<std::int64_t>(whole)) : error(kOutOfRange);
    }
    if (name == "string" && a.is(Type::real)) return text(shortest(a.as_real()));
    if (!a.is(Type::string)) return error(kNoSuchOverload);
    const std::string s(a.as_text());
    if (name == "int") return to_integer(s);
    if (name == "double") return to_double(s);
    if (name == "size") return Value::integer(static_cast<std::int64_t>(s.size()));
    if (name == "string") return a;
    if (name == "substring") return substring(s, arguments[1]);
    if (!arguments[1].is(Type::string)) return error(kNoSuchOverload);
    const std::string part(arguments[1].as_text());
    const std::size_t found = s.find(part);
    if (name == "contains") return Value::boolean(found != std::string::npos);
    if (name == "startsWith") return Value::boolean(s.substr(0, part.size()) == part);
    return Value::integer(
        found == std::string::npos ? -1 : static_cast<std::int64_t>(found));  // indexOf
  }

  static Value to_integer(const std::string& s) {
    char* end = nullptr;
    errno = 0;
    const long long found = std::strtoll(s.c_str(), &end, 10);
    return s.empty() || *end != '\0' || errno != 0 ? error(kBadConversion) : Value::integer(found);
  }
  static Value to_double(const std::string& s) {
    char* end = nullptr;
    const double found = std::strtod(s.c_str(), &end);
    return s.empty() || *end != '\0' ? error(kBadConversion) : Value::real(found);
  }

  // By trying: the first precision that reads back.
  static std::string shortest(double d) {
    if (std::isnan(d)) return "NaN";
    if (std::isinf(d)) return d > 0 ? "+Inf" : "-Inf";
    const bool plain = d == 0 || (std::abs(d) >= 1e-4 && std::abs(d) < 1e21);
    for (int precision = 0;; ++precision) {
      const std::string made =
          plain ? fmt::format("{:.{}f}", d, precision) : fmt::format("{:.{}e}", d, precision);
      if (std::strtod(made.c_str(), nullptr) == d) return made;
    }
  }

  Value substring(const std::string& s, const Value& from) {
    if (!from.is(Type::integer)) return error(kNoSuchOverload);
    const std::int64_t begin = from.as_integer();
    if (begin < 0 || begin > static_cast<std::int64_t>(s.size())) return error(kOutOfRange);
    return text(s.substr(static_cast<std::size_t>(begin)));
  }

  const Fields& fields_;
  std::deque<std::string> pool_;
};

}  // namespace leat::expr::testing
