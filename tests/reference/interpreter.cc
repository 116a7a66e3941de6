#include "reference/interpreter.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace leat::reference {
namespace {

using Type = record::Type;
using expr::LiteralKind;
using expr::Node;
using expr::NodeId;
using expr::NodeKind;
using expr::Operator;

bool is_literal_text(const Node& node) {
  return node.kind == NodeKind::literal && node.literal == LiteralKind::string;
}

constexpr const char* kLeftOut = "left out";  // in the text of the optional of `?x` without value
bool is_left_out(const Thing& thing) { return thing.is(Type::optional) && thing.text == kLeftOut; }

constexpr std::array<std::string_view, 11> kTypes{"bool",      "int",   "uint",         "double",
                                                  "string",    "bytes", "list",         "map",
                                                  "null_type", "type",  "optional_type"};

constexpr std::array<std::string_view, 11> kNamespaces{
    "math", "optional", "lists", "sets", "base64", "cel", "strings", "hex", "url", "json", "hash"};

}  // namespace

Thing Interpreter::run() {
  const Thing value = eval(ast_.root());
  return value.is(Type::absent) && !is_path(ast_.root()) ? as_error(value) : value;
}

Thing Interpreter::eval(NodeId id) {
  const Node& node = ast_[id];
  if (is_path(id)) return path(id);
  switch (node.kind) {
    case NodeKind::literal: return literal(node);
    case NodeKind::identifier: {
      if (const Thing* bound = node.rooted ? nullptr : variable(node.text)) return *bound;
      return make_type(node.text);
    }
    case NodeKind::select:
    case NodeKind::index: return member(node);
    case NodeKind::call: return call(node);
    case NodeKind::unary: return unary(node);
    case NodeKind::binary: return binary(node);
    case NodeKind::conditional: return conditional(node);
    case NodeKind::list: return list(node);
    case NodeKind::map: return map(node);
    default: return make_error("UNSUPPORTED");
  }
}

Thing Interpreter::literal(const Node& node) const {
  switch (node.literal) {
    case LiteralKind::null: return make_null();
    case LiteralKind::boolean: return make_boolean(node.integer != 0);
    case LiteralKind::integer: return make_integer(node.integer);
    case LiteralKind::unsigned_integer:
      return make_unsigned(static_cast<std::uint64_t>(node.integer));
    case LiteralKind::real: return make_real(node.real);
    case LiteralKind::string: return make_string(node.text);
    case LiteralKind::bytes: return make_bytes(node.text);
  }
  return {};
}

Thing Interpreter::list(const Node& node) {
  Thing made = make_list({});
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    Thing item = part(node, i, node.children[i]);
    if (is_broken(item)) return as_error(item);
    if (!is_left_out(item)) made.items.push_back(std::move(item));
  }
  return made;
}

Thing Interpreter::map(const Node& node) {
  Thing made = make_map({});
  for (std::size_t i = 0; i < node.children.size(); i += 2) {
    Thing key = eval(node.children[i]);
    if (is_broken(key)) return as_error(key);
    Thing value = part(node, i / 2, node.children[i + 1]);
    if (is_broken(value)) return as_error(value);
    const bool fits = key.is(Type::integer) || key.is(Type::unsigned_integer) ||
                      key.is(Type::string) || key.is(Type::boolean);
    if (!fits) return make_error("NO_SUCH_OVERLOAD");
    if (is_left_out(value)) continue;
    if (find_key(made, key) != nullptr) return make_error("DUPLICATE_KEY");
    made.items.push_back(std::move(key));
    made.items.push_back(std::move(value));
  }
  return made;
}

Thing Interpreter::unary(const Node& node) {
  const Thing a = eval(node.children[0]);
  if (is_broken(a)) return as_error(a);
  if (node.op == Operator::negate) return negate(a);
  return a.is(Type::boolean) ? make_boolean(!a.boolean) : make_error("NO_SUCH_OVERLOAD");
}

Thing Interpreter::logic(const Node& node) {
  const bool decides = node.op == Operator::logical_or;
  const Thing left = eval(node.children[0]);
  const Thing right = eval(node.children[1]);
  for (const Thing* side : {&left, &right})
    if (side->is(Type::boolean) && side->boolean == decides) return *side;
  if (!left.is(Type::boolean)) return as_error(left);
  return right.is(Type::boolean) ? make_boolean(!decides) : as_error(right);
}

Thing Interpreter::conditional(const Node& node) {
  const Thing condition = eval(node.children[0]);
  if (!condition.is(Type::boolean)) return as_error(condition);
  return eval(node.children[condition.boolean ? 1 : 2]);
}

Thing Interpreter::binary(const Node& node) {
  if (node.op == Operator::logical_and || node.op == Operator::logical_or) return logic(node);
  const Thing a = eval(node.children[0]);
  if (node.op == Operator::coalesce) {
    const bool none = a.is(Type::optional) && a.items.empty();
    const Thing held = a.is(Type::optional) && !none ? a.items[0] : a;
    const bool missing = none || is_broken(held) || held.is(Type::null);
    return missing ? eval(node.children[1]) : held;
  }
  const Thing b = eval(node.children[1]);
  if (is_broken(a)) return as_error(a);
  if (is_broken(b)) return as_error(b);
  switch (node.op) {
    case Operator::equal: return make_boolean(equal(a, b));
    case Operator::not_equal: return make_boolean(!equal(a, b));
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal: return ordered(node.op, a, b);
    case Operator::in: return contains(a, b);
    default: return arithmetic(node.op, a, b);
  }
}

// An item of a list or a value of a map; the empty optional of `?x` stays one.
Thing Interpreter::part(const Node& node, std::size_t position, NodeId id) {
  const Thing value = eval(id);
  const bool marked = position < node.marks.size() && node.marks[position] != 0;
  if (!marked || is_broken(value)) return value;
  if (!value.is(Type::optional)) return make_error("NO_SUCH_OVERLOAD");
  if (!value.items.empty()) return value.items[0];
  Thing left_out = make_none();
  left_out.text = kLeftOut;
  return left_out;
}

// a.b, a[b], a.?b, a[?b] of a value that is no path.
Thing Interpreter::member(const Node& node) {
  const Thing operand = eval(node.children[0]);
  const bool select = node.kind == NodeKind::select;
  const Thing key = select ? make_string(node.text) : eval(node.children[1]);
  if (is_broken(operand)) return as_error(operand);
  if (is_broken(key)) return as_error(key);
  if (!node.optional) return select ? member_of(operand, node.text) : item_of(operand, key);
  const bool wrapped = operand.is(Type::optional);
  const Thing found = wrapped || !select ? item_of(operand, key) : member_of(operand, node.text);
  if (wrapped) return found;
  if (found.is(Type::absent) || (found.is_error() && found.text == "OUT_OF_RANGE"))
    return make_none();
  return found.is_error() ? found : make_some(found);
}

Thing Interpreter::call(const Node& node) {
  if (!node.method && node.text == "has") return has(node);
  if (is_macro(node)) return macro(node);
  std::string name = node.text;
  std::size_t first = 0;
  if (node.method) {
    const Node& target = ast_[node.children[0]];
    const bool space =
        target.kind == NodeKind::identifier && variable(target.text) == nullptr &&
        std::find(kNamespaces.begin(), kNamespaces.end(), target.text) != kNamespaces.end();
    if (space) {
      if (target.text == "cel") return bind(node);
      name = target.text + "." + name;
      first = 1;
    }
  }
  if (node.method && (name == "or" || name == "orValue")) return choose(node);
  std::vector<Thing> arguments;
  for (std::size_t i = first; i < node.children.size(); ++i)
    arguments.push_back(eval(node.children[i]));
  for (const Thing& one : arguments)
    if (is_broken(one)) return as_error(one);
  return call_function(name, arguments);
}

// or(), orValue(): the second counts only when the first has no value.
Thing Interpreter::choose(const Node& node) {
  const Thing first = eval(node.children[0]);
  const bool unwrap = node.text == "orValue";
  if (!first.is(Type::optional)) return as_error(first);
  if (!first.items.empty()) return unwrap ? first.items[0] : first;
  const Thing second = eval(node.children[1]);
  if (is_broken(second)) return as_error(second);
  return unwrap || second.is(Type::optional) ? second : make_error("NO_SUCH_OVERLOAD");
}

// ---- paths

const Thing* Interpreter::variable(const std::string& name) const {
  for (auto it = scope_.rbegin(); it != scope_.rend(); ++it)
    if (it->first == name) return &it->second;
  return nullptr;
}

bool Interpreter::is_path(NodeId id) const {
  const Node& node = ast_[id];
  if (node.kind == NodeKind::identifier)
    return (node.rooted || variable(node.text) == nullptr) &&
           std::find(kTypes.begin(), kTypes.end(), node.text) == kTypes.end();
  const bool named = node.kind == NodeKind::select ||
                     (node.kind == NodeKind::index && is_literal_text(ast_[node.children[1]]));
  return named && !node.optional && is_path(node.children[0]);
}

Thing Interpreter::path(NodeId id) const {
  const Node& node = ast_[id];
  if (node.kind == NodeKind::identifier) {
    if (node.text == "this" && !node.quoted) return whole_row();
    const auto found = row_.find(node.text);
    return found == row_.end() ? Thing() : found->second;
  }
  const bool select = node.kind == NodeKind::select;
  const Thing parent = path(node.children[0]);
  const std::string& name = select ? node.text : ast_[node.children[1]].text;
  return parent.is(Type::map) ? member_of(parent, name) : Thing();
}

Thing Interpreter::whole_row() const {
  Thing whole = make_map({});
  for (const auto& [name, value] : row_) {
    whole.items.push_back(make_string(name));
    whole.items.push_back(value);
  }
  return whole;
}

Thing Interpreter::has(const Node& node) {
  const NodeId tested = node.children[0];
  const Node& inner = ast_[tested];
  if (inner.kind == NodeKind::identifier) return make_boolean(!path(tested).is(Type::absent));
  if (is_path(tested) && !path(tested).is(Type::absent)) return make_boolean(true);
  const Thing parent = eval(inner.children[0]);
  if (is_broken(parent)) return as_error(parent);
  Thing found = inner.kind == NodeKind::select ? member_of(parent, inner.text)
                                               : item_of(parent, eval(inner.children[1]));
  if (found.is_error()) return found;
  if (found.is(Type::optional) && (parent.is(Type::optional) || inner.optional))
    return make_boolean(!found.items.empty());
  return make_boolean(!found.is(Type::absent));
}

// ---- macros

bool Interpreter::is_macro(const Node& node) const {
  constexpr std::array<std::string_view, 11> kMacros{
      "all",           "exists",       "exists_one",        "existsOne", "map",       "filter",
      "transformList", "transformMap", "transformMapEntry", "optMap",    "optFlatMap"};
  return node.method && std::find(kMacros.begin(), kMacros.end(), node.text) != kMacros.end();
}

Thing Interpreter::macro(const Node& node) {
  const Thing range = eval(node.children[0]);
  if (is_broken(range)) return as_error(range);
  if (node.text == "optMap" || node.text == "optFlatMap") return map_optional(node);
  if (!range.is(Type::list) && !range.is(Type::map)) return make_error("NO_SUCH_OVERLOAD");
  const bool always_two = node.text.starts_with("transform");
  const bool two =
      always_two || (node.text != "map" && node.text != "filter" && node.children.size() == 4);
  std::vector<Pair> elements;
  const std::size_t step = range.is(Type::map) ? 2 : 1;
  for (std::size_t i = 0; i < range.items.size(); i += step) {
    if (step == 2)
      elements.push_back({range.items[i], range.items[i + 1]});
    else if (two)
      elements.push_back({make_integer(static_cast<std::int64_t>(i)), range.items[i]});
    else
      elements.push_back({range.items[i], Thing()});
  }
  if (node.text == "all" || node.text == "exists") return quantifier(node, elements, two);
  if (node.text.starts_with("exists")) return only_one(node, elements, two);
  if (node.text.starts_with("transformMap")) return transform_map(node, elements);
  return transform(node, elements, two);
}

Thing Interpreter::with(const Node& node, const Pair& element, bool two, NodeId body) {
  const std::size_t depth = scope_.size();
  scope_.emplace_back(ast_[node.children[1]].text, element.first);
  if (two) scope_.emplace_back(ast_[node.children[2]].text, element.second);
  Thing value = eval(body);
  scope_.resize(depth);
  return value;
}

Thing Interpreter::quantifier(const Node& node, const std::vector<Pair>& elements, bool two) {
  const bool decides = node.text == "exists";
  Thing result = make_boolean(!decides);
  for (const Pair& element : elements) {
    const Thing value = with(node, element, two, node.children.back());
    if (value.is(Type::boolean) && value.boolean == decides) return value;
    if (!value.is(Type::boolean) && !result.is_error()) result = as_error(value);
  }
  return result;
}

Thing Interpreter::only_one(const Node& node, const std::vector<Pair>& elements, bool two) {
  int count = 0;
  for (const Pair& element : elements) {
    const Thing value = with(node, element, two, node.children.back());
    if (!value.is(Type::boolean)) return as_error(value);
    if (value.boolean) ++count;
  }
  return make_boolean(count == 1);
}

// map(v, t), map(v, p, t), filter(v, p), transformList(i, v, t), transformList(i, v, p, t)
Thing Interpreter::transform(const Node& node, const std::vector<Pair>& elements, bool two) {
  const std::size_t variables = two ? 3 : 2;
  const bool keep = node.text == "filter";
  const bool filtered = keep || node.children.size() == variables + 2;
  std::vector<Thing> items;
  for (const Pair& element : elements) {
    if (filtered) {
      const Thing wanted = with(node, element, two, node.children[variables]);
      if (!wanted.is(Type::boolean)) return as_error(wanted);
      if (!wanted.boolean) continue;
    }
    Thing value = keep ? element.first : with(node, element, two, node.children.back());
    if (is_broken(value)) return as_error(value);
    items.push_back(std::move(value));
  }
  return make_list(std::move(items));
}

// transformMap(k, v, t), transformMap(k, v, p, t), transformMapEntry(…): t is a map of entries
Thing Interpreter::transform_map(const Node& node, const std::vector<Pair>& elements) {
  Thing made = make_map({});
  for (const Pair& element : elements) {
    if (node.children.size() == 5) {
      const Thing wanted = with(node, element, true, node.children[3]);
      if (!wanted.is(Type::boolean)) return as_error(wanted);
      if (!wanted.boolean) continue;
    }
    Thing value = with(node, element, true, node.children.back());
    if (is_broken(value)) return as_error(value);
    if (node.text == "transformMap") {
      made.items.push_back(element.first);
      made.items.push_back(std::move(value));
      continue;
    }
    if (!value.is(Type::map)) return make_error("NO_SUCH_OVERLOAD");
    for (std::size_t i = 0; i < value.items.size(); i += 2) {
      if (find_key(made, value.items[i]) != nullptr) return make_error("DUPLICATE_KEY");
      made.items.push_back(value.items[i]);
      made.items.push_back(value.items[i + 1]);
    }
  }
  return made;
}

// cel.bind(name, value, body)
Thing Interpreter::bind(const Node& node) {
  Thing value = eval(node.children[2]);
  scope_.emplace_back(ast_[node.children[1]].text, std::move(value));
  Thing result = eval(node.children[3]);
  scope_.pop_back();
  return result;
}

Thing Interpreter::map_optional(const Node& node) {
  const Thing target = eval(node.children[0]);
  if (!target.is(Type::optional)) return make_error("NO_SUCH_OVERLOAD");
  if (target.items.empty()) return target;
  const Thing value = with(node, {target.items[0], Thing()}, false, node.children.back());
  if (is_broken(value)) return as_error(value);
  if (node.text == "optMap") return make_some(value);
  return value.is(Type::optional) ? value : make_error("NO_SUCH_OVERLOAD");
}

}  // namespace leat::reference
