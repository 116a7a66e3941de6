#include "expr/check.h"

#include <algorithm>
#include <string>

#include <re2/re2.h>

#include "base/text.h"
#include "expr/lexer.h"
#include "expr/parser.h"
#include "expr/regex_cache.h"

namespace leat::expr {
namespace {

using StaticType = std::optional<Type>;

constexpr Types kNumbers = types(Type::integer, Type::real);
constexpr Types kTimes = types(Type::timestamp, Type::duration);
constexpr Types kTexts = types(Type::string, Type::bytes);

Types accepted(Operator op) {
  switch (op) {
    case Operator::add: return kNumbers | kTexts | kTimes;
    case Operator::subtract: return kNumbers | kTimes;
    case Operator::multiply:
    case Operator::divide: return kNumbers;
    case Operator::negate: return types(Type::integer, Type::real, Type::duration);
    case Operator::modulo: return types(Type::integer);
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal: return kNumbers | kTexts | kTimes | types(Type::boolean);
    case Operator::logical_and:
    case Operator::logical_or:
    case Operator::logical_not: return types(Type::boolean);
    default: return kAnyType;
  }
}

bool is_arithmetic(Operator op) {
  return op == Operator::add || op == Operator::subtract || op == Operator::multiply ||
         op == Operator::divide || op == Operator::modulo;
}
bool is_ordering(Operator op) {
  return op == Operator::less || op == Operator::less_equal || op == Operator::greater ||
         op == Operator::greater_equal;
}

bool within(StaticType type, Types set) { return !type || (types(*type) & set) != 0; }

// The type of l op r for an arithmetic operator, or nothing when there is no such overload.
StaticType arithmetic_type(Operator op, Type l, Type r) {
  const auto pair = [&](Type a, Type b) { return l == a && r == b; };
  if (within(l, kNumbers) && within(r, kNumbers))
    return pair(Type::integer, Type::integer) ? l : Type::real;
  if (op == Operator::add) {
    if (l == r && l != Type::timestamp) return l;
    if (within(l, kTimes) && within(r, kTimes) && l != r) return Type::timestamp;
  }
  if (op == Operator::subtract) {
    if (pair(Type::timestamp, Type::duration)) return Type::timestamp;
    if (l == r) return Type::duration;
  }
  return std::nullopt;
}

std::string name_of(StaticType type) {
  return type ? std::string(record::to_string(*type)) : "dyn";
}

class Checker {
 public:
  Checker(const Ast& ast, const std::vector<Use>& uses, Resolver& resolver, TypeCheck mode)
      : ast_(ast), uses_(uses), resolver_(resolver), strict_(mode == TypeCheck::strict) {}

  CheckResult run() {
    out_.nodes.resize(ast_.nodes.size());
    out_.nodes.back().live = true;
    for (std::size_t id = ast_.nodes.size(); id-- > 0;)
      if (out_.nodes[id].live)
        for (const NodeId input : inputs_of(ast_, uses_, static_cast<NodeId>(id)))
          out_.nodes[input].live = true;
    for (NodeId id = 0; id < ast_.nodes.size(); ++id)
      if (out_.nodes[id].live) node(id);
    std::stable_sort(out_.diagnostics.begin(), out_.diagnostics.end(),
                     [](const auto& a, const auto& b) { return a.span->first < b.span->first; });
    return std::move(out_);
  }

 private:
  spec::Diagnostic& report(std::string code, std::string message, Span span) {
    return out_.diagnostics.emplace_back(diagnose(std::move(code), std::move(message), span));
  }
  void report(const Refusal& refusal, Span span) {
    report(refusal.code, refusal.message, span).did_you_mean = refusal.did_you_mean;
  }
  void to_come(const std::string& what, Span span) {
    report("NOT_AVAILABLE_YET", what + " is not available yet", span);
  }
  StaticType type(NodeId id) const { return out_.nodes[id].type; }

  void node(NodeId id) {
    const Node& node = ast_[id];
    Checked& checked = out_.nodes[id];
    switch (uses_[id]) {
      case Use::path: checked.column = field(path_of(ast_, id), node.span); break;
      case Use::meta:
      case Use::headers:
        to_come(uses_[id] == Use::meta ? "`meta` as a value" : "`meta.headers` as a value",
                node.span);
        break;
      case Use::meta_field: meta_field(id, checked); break;
      case Use::header: header(node.span); break;
      case Use::has: has(id, checked); break;
      case Use::in_headers:
        header(node.span);
        checked.type = Type::boolean;
        break;
      case Use::in_set: checked.type = Type::boolean; break;
      case Use::to_come: refuse(node); break;
      case Use::unknown: unknown_function(node); break;
      case Use::value: value(id, checked); break;
    }
  }

  std::size_t field(const record::FieldPath& path, Span span) {
    const Resolution found = resolver_.resolve_field(path);
    if (found.refusal) report(*found.refusal, span);
    return found.column;
  }

  void meta_field(NodeId id, Checked& checked) {
    const std::string_view name = member_name(ast_, id);
    const Span span = ast_[id].span;
    const std::span<const MetaField> known = meta_fields();
    const auto found = std::find_if(known.begin(), known.end(),
                                    [name](const MetaField& f) { return f.name == name; });
    if (found == known.end()) {
      std::vector<std::string_view> names;
      for (const MetaField& one : known) names.push_back(one.name);
      report("UNKNOWN_FIELD", "`meta` has no `" + std::string(name) + "`", span).did_you_mean =
          base::nearest(name, names);
    } else if (const std::optional<Refusal> refusal = resolver_.refuse_meta(name)) {
      report(*refusal, span);
    } else if (found->kernel == nullptr) {
      to_come("`meta." + std::string(name) + "`", span);
    } else {
      checked.meta = &*found;
      checked.type = found->type;
    }
  }

  void header(Span span) {
    if (const std::optional<Refusal> refusal = resolver_.refuse_meta("headers"))
      report(*refusal, span);
  }

  void has(NodeId id, Checked& checked) {
    checked.type = Type::boolean;
    const Node& node = ast_[id];
    const NodeId tested = node.children.size() == 1 ? node.children[0] : id;
    const Span span = ast_[tested].span;
    switch (uses_[tested]) {
      case Use::path: {
        record::FieldPath path = path_of(ast_, tested);
        if (path.empty()) break;
        checked.column = field(path, span);
        path.pop_back();
        if (!path.empty()) checked.parent_column = resolver_.resolve_field(path).column;
        return;
      }
      case Use::meta_field: return meta_field(tested, checked), void(checked.type = Type::boolean);
      case Use::header: return header(span);
      case Use::to_come: return refuse(ast_[tested]);
      case Use::value:
        if (ast_[tested].kind == NodeKind::select) return;
        break;
      default: break;
    }
    report("WRONG_ARGUMENTS", "has() takes one field: has(a), has(a.b)", node.span);
  }

  void refuse(const Node& node) {
    switch (node.kind) {
      case NodeKind::list: return to_come("a list other than x in [constants]", node.span);
      case NodeKind::map: return to_come("a map", node.span);
      case NodeKind::message: return to_come("a message value", node.span);
      case NodeKind::select: return to_come("optional selection `.?`", node.name);
      case NodeKind::index:
        return to_come(node.optional ? "optional selection `[?`" : "`meta` with a computed name",
                       node.span);
      default: return to_come("`" + full_name(ast_, node) + "`", node.name);
    }
  }

  void unknown_function(const Node& node) {
    std::vector<std::string_view> names;
    for (const Function& known : functions())
      if (names.empty() || names.back() != known.name) names.push_back(known.name);
    names.push_back("has");
    const std::string name = full_name(ast_, node);
    report("UNKNOWN_FUNCTION", "there is no function `" + name + "`", node.name).did_you_mean =
        base::nearest(node.text, names);
  }

  void value(NodeId id, Checked& checked) {
    const Node& node = ast_[id];
    switch (node.kind) {
      case NodeKind::literal: return literal(node, checked);
      case NodeKind::unary: return unary(node, checked);
      case NodeKind::binary: return binary(node, checked);
      case NodeKind::call: return call(node, checked);
      case NodeKind::conditional: return conditional(node, checked);
      default: break;  // select, index: the type is not known
    }
    const StaticType operand = type(node.children[0]);
    if (strict_ && operand && *operand != Type::json)
      report("WRONG_ARGUMENTS", name_of(operand) + " has no members or items", node.span);
  }

  void literal(const Node& node, Checked& checked) {
    switch (node.literal) {
      case LiteralKind::null: checked.type = Type::null; break;
      case LiteralKind::boolean: checked.type = Type::boolean; break;
      case LiteralKind::integer: checked.type = Type::integer; break;
      case LiteralKind::real: checked.type = Type::real; break;
      case LiteralKind::string: checked.type = Type::string; break;
      case LiteralKind::bytes: checked.type = Type::bytes; break;
      case LiteralKind::unsigned_integer: to_come("uint", node.span); break;
    }
  }

  void unary(const Node& node, Checked& checked) {
    const StaticType operand = type(node.children[0]);
    checked.type = node.op == Operator::logical_not ? Type::boolean : operand;
    if (within(operand, accepted(node.op)) || !strict_) return;
    checked.type = std::nullopt;
    report("WRONG_ARGUMENTS",
           "`" + std::string(to_string(node.op)) + "` does not take " + name_of(operand),
           node.span);
  }

  void binary(const Node& node, Checked& checked) {
    const StaticType l = type(node.children[0]);
    const StaticType r = type(node.children[1]);
    bool fits = within(l, accepted(node.op)) && within(r, accepted(node.op));
    if (node.op == Operator::in) fits = within(r, types(Type::json));
    if (is_arithmetic(node.op)) {
      if (l && r) {
        checked.type = fits ? arithmetic_type(node.op, *l, *r) : std::nullopt;
        fits = checked.type.has_value();
      } else {
        checked.type = half_known(node.op, l ? l : r);
      }
    } else if (node.op == Operator::coalesce) {
      // The left side counts only when it is not null.
      checked.type = l == Type::null ? r : (l == r ? l : std::nullopt);
    } else {
      checked.type = Type::boolean;
      if (is_ordering(node.op) && l && r)
        fits = fits && (l == r || (within(l, kNumbers) && within(r, kNumbers)));
    }
    if (fits || !strict_) return;
    report("WRONG_ARGUMENTS",
           "`" + std::string(to_string(node.op)) + "` does not take " + name_of(l) + " and " +
               name_of(r),
           node.span);
  }

  // The type when only one side is known.
  static StaticType half_known(Operator op, StaticType side) {
    if (op == Operator::modulo) return Type::integer;
    if (side == Type::real) return side;
    if (op == Operator::add && side && within(side, kTexts)) return side;
    return std::nullopt;
  }

  void conditional(const Node& node, Checked& checked) {
    const StaticType condition = type(node.children[0]);
    const StaticType then = type(node.children[1]);
    if (then == type(node.children[2])) checked.type = then;
    if (strict_ && !within(condition, types(Type::boolean)))
      report("WRONG_ARGUMENTS", "the condition before `?` is " + name_of(condition) + ", not bool",
             ast_[node.children[0]].span);
  }

  void call(const Node& node, Checked& checked) {
    const CallStyle style = node.method ? CallStyle::method : CallStyle::global;
    bool style_fits = false;
    for (const Function& known : functions()) {
      if (known.name != node.text) continue;
      const bool fits = known.style == CallStyle::either || known.style == style;
      style_fits |= fits;
      if (fits && known.arguments == node.children.size()) checked.function = &known;
    }
    if (checked.function == nullptr) return wrong_call(node, style_fits);
    checked.type = checked.function->result;
    for (std::size_t i = 0; i < node.children.size(); ++i) argument(node, *checked.function, i);
    if (node.text == "matches") pattern(node.children[1], checked);
  }

  void wrong_call(const Node& node, bool style_fits) {
    const std::string name = "`" + node.text + "`";
    if (style_fits)
      report("WRONG_ARGUMENTS", name + " does not take this number of arguments", node.span);
    else if (node.method)
      report("WRONG_ARGUMENTS", name + " is no method: write " + node.text + "(x)", node.span);
    else
      report("WRONG_ARGUMENTS", name + " is a method: write x." + node.text + "(…)", node.span);
  }

  void argument(const Node& node, const Function& function, std::size_t i) {
    const StaticType given = type(node.children[i]);
    if (!strict_ || within(given, function.accepts[i])) return;
    report("WRONG_ARGUMENTS", "`" + node.text + "` does not take " + name_of(given) + " here",
           ast_[node.children[i]].span);
  }

  void pattern(NodeId id, Checked& checked) {
    const Node& node = ast_[id];
    if (node.kind != NodeKind::literal || node.literal != LiteralKind::string) return;
    std::string error;
    checked.pattern = compile_pattern(node.text, error);
    if (checked.pattern == nullptr && strict_)
      report("INVALID_PATTERN", "this regular expression (RE2) is not valid: " + error, node.span);
  }

  const Ast& ast_;
  const std::vector<Use>& uses_;
  Resolver& resolver_;
  const bool strict_;
  CheckResult out_;
};

}  // namespace

CheckResult check(const Ast& ast, const std::vector<Use>& uses, Resolver& resolver,
                  TypeCheck mode) {
  return Checker(ast, uses, resolver, mode).run();
}

}  // namespace leat::expr
