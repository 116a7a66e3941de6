#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leat::expr {

// What an expression may cost to read; each is named in the error that it causes.
struct Limits {
  std::size_t length_max = 16384;  // code points of the text
  // Brackets, calls, conditionals and `??` inside each other. What stands in a row is no nesting:
  // members (a.b.c), signs (!!a), chains of operators count as parts only.
  std::size_t depth_max = 128;
  std::size_t nodes_max = 4096;  // parts: literals, names, members, operators and calls
};

// [begin, end) in code points of the expression's text.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

enum class NodeKind : std::uint8_t {
  literal,
  identifier,   // text = name
  select,       // children = {operand}, text = member
  index,        // children = {operand, index}
  call,         // text = name, children = arguments; a method's target is the first of them
  unary,        // children = {operand}
  binary,       // children = {left, right}
  conditional,  // children = {condition, then, otherwise}
  list,         // children = items
  map,          // children = key, value, key, value, …
  message,  // text = type name, children = values; fields are not kept (message types do not exist
            // here)
};

enum class Operator : std::uint8_t {
  none,
  logical_or,
  logical_and,
  logical_not,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  coalesce,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  negate,
};

// As it is written: "&&", "in", "-", …
std::string_view to_string(Operator op) noexcept;

enum class LiteralKind : std::uint8_t {
  null,
  boolean,
  integer,
  unsigned_integer,
  real,
  string,
  bytes
};

using NodeId = std::uint32_t;

// One piece of an expression.
struct Node {
  NodeKind kind = NodeKind::literal;
  Operator op = Operator::none;
  LiteralKind literal = LiteralKind::null;
  bool optional = false;     // `.?`, `[?`
  bool method = false;       // of calls: written target.name(…)
  bool quoted = false;       // of identifiers and selects: in backticks
  bool rooted = false;       // of identifiers: with a dot before them, so no variable of a macro
  NodeId first = 0;          // the subtree is exactly the nodes [first, this]
  Span span;                 // the whole piece
  Span name;                 // the name, operator or literal inside it
  std::int64_t integer = 0;  // boolean (0, 1), integer; unsigned_integer as its 64 bits
  double real = 0;
  std::string text;  // names; strings and bytes with escapes resolved
  std::vector<NodeId> children;
  std::vector<std::uint8_t> marks;  // of items and entries: 1 when written `?x`, `?k: v`
};

// A parsed expression: children before parents, the root last. A value.
struct Ast {
  std::vector<Node> nodes;

  bool empty() const noexcept { return nodes.empty(); }
  NodeId root() const noexcept { return static_cast<NodeId>(nodes.size() - 1); }
  const Node& operator[](NodeId id) const noexcept { return nodes[id]; }
};

}  // namespace leat::expr
