#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "expr/ast.h"
#include "reference/thing.h"

// The semantics of expressions once more, written as plainly as possible: one row, one tree, recursion,
// nothing shared with the room but the parser and the codes of errors. What the batch programs are
// compared with.
namespace leat::reference {

using Row = std::map<std::string, Thing>;  // top-level fields; what is not there is absent

// Thread-confined.
class Interpreter {
 public:
  Interpreter(const expr::Ast& ast, const Row& row) : ast_(ast), row_(row) {}

  // The value of the whole expression; absent only when it is nothing but a path.
  Thing run();

 private:
  struct Pair {
    Thing first;
    Thing second;
  };

  Thing eval(expr::NodeId id);
  Thing literal(const expr::Node& node) const;
  Thing list(const expr::Node& node);
  Thing map(const expr::Node& node);
  Thing unary(const expr::Node& node);
  Thing binary(const expr::Node& node);
  Thing logic(const expr::Node& node);
  Thing conditional(const expr::Node& node);
  Thing member(const expr::Node& node);
  Thing call(const expr::Node& node);
  Thing choose(const expr::Node& node);
  Thing part(const expr::Node& node, std::size_t position, expr::NodeId id);

  // ---- paths
  const Thing* variable(const std::string& name) const;
  bool is_path(expr::NodeId id) const;
  Thing path(expr::NodeId id) const;
  Thing whole_row() const;
  Thing has(const expr::Node& node);

  // ---- macros
  bool is_macro(const expr::Node& node) const;
  Thing macro(const expr::Node& node);
  Thing quantifier(const expr::Node& node, const std::vector<Pair>& elements, bool two);
  Thing only_one(const expr::Node& node, const std::vector<Pair>& elements, bool two);
  Thing transform(const expr::Node& node, const std::vector<Pair>& elements, bool two);
  Thing transform_map(const expr::Node& node, const std::vector<Pair>& elements);
  Thing bind(const expr::Node& node);
  Thing map_optional(const expr::Node& node);
  // The value of `body` with the macro's variables bound to an element.
  Thing with(const expr::Node& node, const Pair& element, bool two, expr::NodeId body);

  const expr::Ast& ast_;
  const Row& row_;
  std::vector<std::pair<std::string, Thing>> scope_;
};

// operators.cc; operands are neither errors nor absent.
Thing add(const Thing& a, const Thing& b);
Thing arithmetic(expr::Operator op, const Thing& a, const Thing& b);
Thing ordered(expr::Operator op, const Thing& a, const Thing& b);
Thing negate(const Thing& a);
Thing contains(const Thing& a, const Thing& in);
Thing member_of(const Thing& operand, const std::string& name);
Thing item_of(const Thing& operand, const Thing& key);

// functions.cc: a function by its full name; a method's target is the first argument.
Thing call_function(const std::string& name, const std::vector<Thing>& arguments);

// What a broken operand makes of an operation.
Thing as_error(const Thing& thing);
inline bool is_broken(const Thing& thing) {
  return thing.is_error() || thing.is(record::Type::absent);
}

}  // namespace leat::reference
