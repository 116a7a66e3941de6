#include "expr/compiler/check.h"

#include <algorithm>
#include <string>

#include <re2/re2.h>

#include "base/text.h"
#include "expr/compiler/lexer.h"
#include "expr/compiler/other_names.h"
#include "expr/library/reference.h"
#include "expr/parser.h"
#include "expr/regex_cache.h"

namespace leat::expr {
namespace {

using StaticType = std::optional<Type>;

constexpr Types kTimes = types(Type::timestamp, Type::duration);
constexpr Types kTexts = types(Type::string, Type::bytes);
constexpr Types kContainers = kLists | kMaps;

Types accepted(Operator op) {
  switch (op) {
    case Operator::add: return kNumbers | kTexts | kTimes | kLists;
    case Operator::subtract: return kNumbers | kTimes;
    case Operator::multiply:
    case Operator::divide: return kNumbers;
    case Operator::negate: return types(Type::integer, Type::real, Type::duration);
    case Operator::modulo: return types(Type::integer, Type::unsigned_integer);
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal: return kNumbers | kTexts | kTimes | kBooleans;
    case Operator::logical_and:
    case Operator::logical_or:
    case Operator::logical_not: return kBooleans;
    default: return kAnyType;
  }
}

// What can be given for a declared parameter; null is for the rows to say.
Types accepted(Type parameter) {
  constexpr Types kNulls = types(Type::null);
  switch (parameter) {
    case Type::integer: return kNulls | types(Type::integer, Type::unsigned_integer);
    case Type::real: return kNulls | kNumbers;
    case Type::bytes: return kNulls | kTexts;
    case Type::json: return kAnyType;
    default: return kNulls | types(parameter);
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
  if (within(l, kNumbers) && within(r, kNumbers)) {
    if (l == r) return l;
    const bool mixed = pair(Type::integer, Type::real) || pair(Type::real, Type::integer);
    return mixed ? StaticType(Type::real) : std::nullopt;
  }
  if (op == Operator::add) {
    if (within(l, kLists) && within(r, kLists)) return Type::list;
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
  if (type == Type::json) return "list or map";
  return type ? std::string(record::to_string(*type)) : "dyn";
}

// The type of the values that a decoder makes for a field.
StaticType type_of(const spec::SchemaType* declared) {
  using Kind = spec::SchemaType::Kind;
  if (declared == nullptr) return std::nullopt;
  switch (declared->kind) {
    case Kind::boolean: return Type::boolean;
    case Kind::integer: return Type::integer;
    case Kind::real: return Type::real;
    case Kind::string: return Type::string;
    case Kind::bytes: return Type::bytes;
    case Kind::timestamp: return Type::timestamp;
    case Kind::json: return std::nullopt;
    case Kind::list:
    case Kind::map:
    case Kind::object: return Type::json;
  }
  return std::nullopt;
}

// The type of a value inside the JSON text of another: there a number is what it looks like, and
// bytes and times are text.
StaticType type_inside(const spec::SchemaType* declared) {
  using Kind = spec::SchemaType::Kind;
  if (declared == nullptr) return std::nullopt;
  switch (declared->kind) {
    case Kind::real:
    case Kind::timestamp: return std::nullopt;
    case Kind::bytes: return Type::string;
    default: return type_of(declared);
  }
}

bool has_kind(const spec::SchemaType* declared, spec::SchemaType::Kind kind) {
  return declared != nullptr && declared->kind == kind;
}

class Checker {
 public:
  Checker(const Ast& ast, const Meanings& meanings, Resolver& resolver, TypeCheck mode)
      : ast_(ast), meanings_(meanings), resolver_(resolver), strict_(mode == TypeCheck::strict) {}

  CheckResult run() {
    out_.nodes.resize(ast_.nodes.size());
    out_.nodes.back().live = true;
    for (std::size_t id = ast_.nodes.size(); id-- > 0;)
      if (out_.nodes[id].live)
        for (const NodeId input : inputs_of(ast_, meanings_, static_cast<NodeId>(id)))
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
  Use use(NodeId id) const { return meanings_.uses[id]; }

  void node(NodeId id) {
    const Node& node = ast_[id];
    Checked& checked = out_.nodes[id];
    switch (use(id)) {
      case Use::path: {
        const Resolution found = field(id, node.span);
        checked.column = found.column;
        checked.declared = found.declared;
        checked.type = type_of(found.declared);
        checked.may_be_absent = found.may_be_absent;
        break;
      }
      case Use::meta: to_come("`meta` as a value", node.span); break;
      case Use::headers:
        header(node.span);
        checked.type = Type::map;
        break;
      case Use::meta_field: meta_field(id, checked); break;
      case Use::header: header(node.span); break;
      case Use::has: has(id, checked); break;
      case Use::in_headers:
        header(node.span);
        checked.type = Type::boolean;
        break;
      case Use::type_name: checked.type = Type::type_name; break;
      case Use::variable: variable(id, checked); break;
      case Use::declaration:
      case Use::mock: break;
      case Use::macro: macro(id, checked); break;
      case Use::bad_macro: bad_macro(node); break;
      case Use::refused: refuse(node); break;
      case Use::unknown: unknown_function(node); break;
      case Use::call: call(id, checked); break;
      case Use::function: function(id, checked); break;
      case Use::value: value(id, checked); break;
    }
  }

  Resolution field(NodeId id, Span span) {
    const record::FieldPath path = path_of(ast_, id);
    Resolution found = resolver_.resolve_field(path);
    if (found.refusal && is_index_of_this(id)) found = resolver_.resolve_extra_field(path);
    if (found.refusal) report(*found.refusal, span);
    return found;
  }

  // Whether the path begins with `this['…']`.
  bool is_index_of_this(NodeId id) const {
    NodeId first = id;
    for (; ast_[id].kind != NodeKind::identifier; id = ast_[id].children[0]) first = id;
    return ast_[first].kind == NodeKind::index;
  }

  Resolution field(const record::FieldPath& path, Span span) {
    Resolution found = resolver_.resolve_field(path);
    if (found.refusal) report(*found.refusal, span);
    return found;
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
    switch (use(tested)) {
      case Use::path: {
        record::FieldPath path = path_of(ast_, tested);
        if (path.empty()) break;
        return path_and_parent(std::move(path), span, checked);
      }
      case Use::meta_field: return meta_field(tested, checked), void(checked.type = Type::boolean);
      case Use::header: return header(span);
      case Use::refused: return refuse(ast_[tested]);
      case Use::value:
        if (ast_[tested].kind == NodeKind::select) return has_members(ast_[tested]);
        break;
      default: break;
    }
    report("WRONG_ARGUMENTS", "has() takes one field: has(a), has(a.b)", node.span);
  }

  void path_and_parent(record::FieldPath path, Span span, Checked& checked) {
    checked.column = field(path, span).column;
    path.pop_back();
    if (path.empty()) return;
    const Resolution parent = resolver_.resolve_field(path);
    checked.parent_column = parent.column;
    checked.may_be_absent = parent.may_be_absent;
  }

  void refuse(const Node& node) {
    if (node.kind == NodeKind::message) return to_come("a message value", node.span);
    to_come("`meta` with a computed or optional name", node.span);
  }

  // ---- macros

  void variable(NodeId id, Checked& checked) {
    const Scope& scope = meanings_.scopes[meanings_.variables[id].scope];
    if (scope.macro->kind == MacroKind::bind) {
      checked.type = type(scope.range);
      checked.declared = out_.nodes[scope.range].declared;
    }
    if (!is_comprehension(scope.macro->kind)) return;
    using Kind = spec::SchemaType::Kind;
    const spec::SchemaType* const range = out_.nodes[scope.range].declared;
    const bool first = meanings_.variables[id].index == 0;
    const bool list = has_kind(range, Kind::list);
    const bool map = has_kind(range, Kind::map) || has_kind(range, Kind::object);
    if (list && scope.names.size() == 2 && first) checked.type = Type::integer;
    if (map && first) checked.type = Type::string;
    if (const Node& written = ast_[scope.range]; written.kind == NodeKind::list)
      return void(checked.type =
                      scope.names.size() == 2 && first ? Type::integer : item_type(written));
    if (scope.names.size() == 1 ? !list : first || (!list && !map)) return;
    checked.declared = range->element.get();
    checked.type = type_inside(checked.declared);
  }

  // The type of all items of a list that is written out, when they have one.
  StaticType item_type(const Node& list) const {
    const auto differs = [&](NodeId item) { return type(item) != type(list.children[0]); };
    if (list.children.empty() || std::count(list.marks.begin(), list.marks.end(), 1) != 0 ||
        std::any_of(list.children.begin(), list.children.end(), differs))
      return std::nullopt;
    return type(list.children[0]);
  }

  void macro(NodeId id, Checked& checked) {
    const Scope& scope = meanings_.scopes[meanings_.scope_made[id]];
    const bool elements = is_comprehension(scope.macro->kind);
    if (elements && comprehensions_around(scope) > kMacroDepthMax)
      report("EXPRESSION_TOO_DEEP",
             "macros are nested deeper than " + std::to_string(kMacroDepthMax), ast_[id].name);
    if (elements && strict_ && !within(type(scope.range), kContainers))
      report("WRONG_ARGUMENTS", name_of(type(scope.range)) + " has no elements",
             ast_[scope.range].span);
    if (scope.condition) condition(*scope.condition);
    switch (scope.macro->kind) {
      case MacroKind::all:
      case MacroKind::exists:
      case MacroKind::exists_one: checked.type = Type::boolean; return condition(scope.body);
      case MacroKind::filter:
        checked.type = Type::list;
        if (has_kind(out_.nodes[scope.range].declared, spec::SchemaType::Kind::list))
          checked.declared = out_.nodes[scope.range].declared;
        return condition(scope.body);
      case MacroKind::map: checked.type = Type::list; return;
      case MacroKind::transform_map: checked.type = Type::map; return;
      case MacroKind::transform_map_entry:
        checked.type = Type::map;
        return body_is(scope, kMaps, "a map");
      case MacroKind::bind: checked.type = type(scope.body); return;
      case MacroKind::opt_map: break;
      case MacroKind::opt_flat_map: body_is(scope, kOptionals, "an optional"); break;
    }
    checked.type = Type::optional;
    if (strict_ && !within(type(scope.range), kOptionals))
      report("WRONG_ARGUMENTS", name_of(type(scope.range)) + " is no optional",
             ast_[scope.range].span);
  }

  std::size_t comprehensions_around(const Scope& scope) const {
    std::size_t count = 1;
    for (ScopeId at = scope.parent; at != kOutermost; at = meanings_.scopes[at].parent)
      if (is_comprehension(meanings_.scopes[at].macro->kind)) ++count;
    return count;
  }
  void condition(NodeId id) {
    if (strict_ && !within(type(id), kBooleans))
      report("WRONG_ARGUMENTS", "the condition is " + name_of(type(id)) + ", not bool",
             ast_[id].span);
  }
  void body_is(const Scope& scope, Types set, const std::string& what) {
    if (strict_ && !within(type(scope.body), set))
      report("WRONG_ARGUMENTS",
             "`" + std::string(scope.macro->name) + "` needs " + what + ", not " +
                 name_of(type(scope.body)),
             ast_[scope.body].span);
  }

  void bad_macro(const Node& node) {
    const std::string name = full_name(ast_, node) == "cel.bind" ? "cel.bind" : node.text;
    std::string shapes;
    for (const Macro& known : macros())
      if (known.name == name) shapes += (shapes.empty() ? "" : " or ") + std::string(known.shape);
    report("WRONG_ARGUMENTS", "`" + name + "` is written " + shapes, node.span);
  }

  void unknown_function(const Node& node) {
    if (!strict_) return;
    const std::string name = full_name(ast_, node);
    const bool in_namespace =
        name.size() > node.text.size() &&
        is_function_namespace(std::string_view(name).substr(0, name.find('.')));
    std::vector<std::string_view> names;
    for (const Function& known : functions())
      if (names.empty() || names.back() != known.name) names.push_back(known.name);
    const std::vector<std::string> further = resolver_.further_functions();
    names.insert(names.end(), further.begin(), further.end());
    const auto beside = [&](std::string_view other) {
      return other.starts_with(std::string_view(name).substr(0, name.find('.') + 1));
    };
    const bool of_them =
        name.size() > node.text.size() && std::any_of(further.begin(), further.end(), beside);
    Instead instead = instead_of_function(node.text, in_namespace ? name : node.text);
    if (of_them || (instead.remedy.empty() && instead.did_you_mean.empty()))
      instead = {
          "", base::nearest(in_namespace || of_them ? std::string_view(name) : node.text, names)};
    std::string hint = resolver_.hint_for(name);
    if (hint.empty() && !instead.remedy.empty()) hint = ": write " + instead.remedy;
    report("UNKNOWN_FUNCTION", "there is no function `" + name + "`" + hint, node.name)
        .did_you_mean = std::move(instead.did_you_mean);
  }

  void value(NodeId id, Checked& checked) {
    const Node& node = ast_[id];
    switch (node.kind) {
      case NodeKind::literal: return literal(node, checked);
      case NodeKind::unary: return unary(node, checked);
      case NodeKind::binary: return binary(node, checked);
      case NodeKind::conditional: return conditional(node, checked);
      case NodeKind::list: checked.type = Type::list; return parts(node);
      case NodeKind::map: checked.type = Type::map; return parts(node);
      default: return member(id, checked);
    }
  }

  // The items of a list, the entries of a map.
  void parts(const Node& node) {
    const bool map = node.kind == NodeKind::map;
    constexpr Types kKeys =
        types(Type::boolean, Type::integer, Type::unsigned_integer, Type::string);
    for (std::size_t i = 0; strict_ && i < node.marks.size(); ++i) {
      const NodeId part = node.children[map ? 2 * i + 1 : i];
      if (node.marks[i] != 0 && !within(type(part), kOptionals))
        report("WRONG_ARGUMENTS", "behind `?` stands an optional, not " + name_of(type(part)),
               ast_[part].span);
      if (map && !within(type(node.children[2 * i]), kKeys))
        report("WRONG_ARGUMENTS",
               "a key is bool, int, uint or string, not " + name_of(type(node.children[2 * i])),
               ast_[node.children[2 * i]].span);
    }
  }

  void member(NodeId id, Checked& checked) {
    const Node& node = ast_[id];
    const NodeId of = node.children[0];
    if (node.optional) {
      checked.type = Type::optional;
      if (use(of) == Use::path && !member_name(ast_, id).empty()) {
        record::FieldPath path = path_of(ast_, of);
        path.emplace_back(member_name(ast_, id));
        checked.optional_path = true;
        return path_and_parent(std::move(path), node.span, checked);
      }
    } else if (type(of) == Type::optional) {
      checked.type = Type::optional;
    }
    if (!node.optional) declared_member(id, out_.nodes[of].declared, checked);
    has_members(node);
  }

  void has_members(const Node& node) {
    using Kind = spec::SchemaType::Kind;
    const StaticType of = type(node.children[0]);
    const spec::SchemaType* const declared = out_.nodes[node.children[0]].declared;
    if (!strict_) return;
    // Inside of JSON text a number has no one type.
    const bool scalar = has_kind(declared, Kind::real) || has_kind(declared, Kind::timestamp);
    if (!within(of, kContainers | kOptionals) || (!of && scalar))
      report("WRONG_ARGUMENTS",
             name_of(of ? of : type_of(declared)) + " has no members or items" + size_of(node),
             node.span);
    else
      member_fits(node, declared);
  }

  // By name of a map or an object, by position of a list.
  void member_fits(const Node& node, const spec::SchemaType* declared) {
    using Kind = spec::SchemaType::Kind;
    const bool list = has_kind(declared, Kind::list);
    if (!list && !has_kind(declared, Kind::map) && !has_kind(declared, Kind::object)) return;
    if (node.kind == NodeKind::select) {
      if (list)
        report("WRONG_ARGUMENTS",
               "a list has no members" +
                   (size_of(node).empty() ? ": an item is written x[0]" : size_of(node)),
               node.span);
      return;
    }
    const NodeId index = node.children[1];
    if (within(type(index), list ? kNumbers : kStrings)) return;
    report("WRONG_ARGUMENTS",
           (list ? "a list is indexed by int, not " : "its members have names: ") +
               (list ? name_of(type(index))
                     : "write a string between the brackets, not " + name_of(type(index))),
           ast_[index].span);
  }

  // x.length
  static std::string size_of(const Node& node) {
    const bool meant = node.kind == NodeKind::select &&
                       (node.text == "length" || node.text == "size" || node.text == "len");
    return meant ? ": write size(x)" : "";
  }

  void declared_member(NodeId id, const spec::SchemaType* declared, Checked& checked) {
    using Kind = spec::SchemaType::Kind;
    if (has_kind(declared, Kind::list) || has_kind(declared, Kind::map)) {
      checked.declared = declared->element.get();
    } else if (has_kind(declared, Kind::object)) {
      const std::string_view name = member_name(ast_, id);
      if (name.empty()) return;
      std::vector<std::string_view> names;
      for (const auto& [known, member] : declared->members) {
        names.push_back(known);
        if (known == name) checked.declared = &member;
      }
      if (checked.declared == nullptr && strict_ && ast_[id].kind == NodeKind::select)
        report("UNKNOWN_FIELD", "the schema has no `" + std::string(name) + "` here", ast_[id].name)
            .did_you_mean = base::nearest(name, names);
    }
    checked.type = type_inside(checked.declared);
  }

  void literal(const Node& node, Checked& checked) {
    switch (node.literal) {
      case LiteralKind::null: checked.type = Type::null; break;
      case LiteralKind::boolean: checked.type = Type::boolean; break;
      case LiteralKind::integer: checked.type = Type::integer; break;
      case LiteralKind::real: checked.type = Type::real; break;
      case LiteralKind::string: checked.type = Type::string; break;
      case LiteralKind::bytes: checked.type = Type::bytes; break;
      case LiteralKind::unsigned_integer: checked.type = Type::unsigned_integer; break;
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
    if (node.op == Operator::in)
      fits = within(r, kContainers) && may_equal(l, item_of(node.children[1]));
    if (node.op == Operator::equal || node.op == Operator::not_equal) fits = may_equal(l, r);
    if (is_arithmetic(node.op)) {
      if (l && r) {
        checked.type = fits ? arithmetic_type(node.op, *l, *r) : std::nullopt;
        fits = checked.type.has_value();
      } else {
        checked.type = half_known(node.op, l ? l : r);
      }
    } else if (node.op == Operator::coalesce) {
      // The left side counts only when it is not null.
      checked.type = l == Type::null ? r : l == r && l != Type::optional ? l : std::nullopt;
    } else {
      checked.type = Type::boolean;
      if (is_ordering(node.op) && l && r)
        fits = fits && (l == r || (within(l, kNumbers) && within(r, kNumbers)));
    }
    if (fits || !strict_) return;
    report("WRONG_ARGUMENTS",
           "`" + std::string(to_string(node.op)) + "` does not take " + name_of(l) + " and " +
               right_of(node, r) + conversion(node.op, l, r),
           node.span);
  }

  // What the right side is called: "a list of string" where its items do not fit.
  std::string right_of(const Node& node, StaticType r) const {
    const StaticType item = node.op == Operator::in ? item_of(node.children[1]) : std::nullopt;
    if (!item) return name_of(r);
    const bool keys =
        !has_kind(out_.nodes[node.children[1]].declared, spec::SchemaType::Kind::list) &&
        ast_[node.children[1]].kind != NodeKind::list;
    return (keys ? "a map with keys of " : "a list of ") + name_of(item);
  }

  // What `in` compares with when it is known: the items of a list, the names of a map.
  StaticType item_of(NodeId range) const {
    using Kind = spec::SchemaType::Kind;
    if (ast_[range].kind == NodeKind::list) return item_type(ast_[range]);
    const spec::SchemaType* const declared = out_.nodes[range].declared;
    if (has_kind(declared, Kind::list)) return type_inside(declared->element.get());
    if (has_kind(declared, Kind::map) || has_kind(declared, Kind::object)) return Type::string;
    return std::nullopt;
  }

  // Whether two values of these types can be equal, or only rows tell.
  static bool may_equal(StaticType l, StaticType r) {
    constexpr Types kOpen = types(Type::null, Type::optional);
    if (!l || !r || l == r || (types(*l, *r) & kOpen) != 0) return true;
    const auto both = [&](Types set) { return within(l, set) && within(r, set); };
    return both(kNumbers) || both(kLists) || both(kMaps);
  }

  // How the two would fit; empty where nothing simple does it.
  static std::string conversion(Operator op, StaticType l, StaticType r) {
    const bool compares = is_ordering(op) || op == Operator::equal || op == Operator::not_equal;
    if ((!compares && op != Operator::add) || !l || !r || l == r) return "";
    const StaticType other = l == Type::string ? r : l;
    if (l != Type::string && r != Type::string) return "";
    if (compares && other == Type::timestamp) return ": write timestamp('…') of the string";
    if (compares && other == Type::duration) return ": write duration('…') of the string";
    if (within(other, kNumbers))
      return compares ? ": write " + name_of(other) + "(…) of the string, or string(…) of the other"
                      : ": write string(…) of the " + name_of(other);
    return "";
  }

  // The type when only one side is known.
  static StaticType half_known(Operator op, StaticType side) {
    if (op == Operator::modulo) return side;
    if (side == Type::real) return side;
    if (op == Operator::add && side && within(side, kTexts)) return side;
    return std::nullopt;
  }

  void conditional(const Node& node, Checked& checked) {
    const StaticType test = type(node.children[0]);
    const StaticType then = type(node.children[1]);
    if (then == type(node.children[2])) checked.type = then;
    if (strict_ && !within(test, kBooleans))
      report("WRONG_ARGUMENTS", "the condition before `?` is " + name_of(test) + ", not bool",
             ast_[node.children[0]].span);
  }

  void call(NodeId id, Checked& checked) {
    const Node& node = ast_[id];
    const std::vector<NodeId> given = inputs_of(ast_, meanings_, id);
    const bool method = node.method && !is_namespaced(ast_, node);
    const std::string name = node.method && !method ? full_name(ast_, node) : node.text;
    const CallStyle style = method ? CallStyle::method : CallStyle::global;
    bool style_fits = false;
    for (const Function& known : functions_named(name)) {
      if (known.kernel == nullptr) continue;
      const bool fits = known.style == CallStyle::either || known.style == style;
      style_fits |= fits;
      const bool counted =
          known.variadic ? given.size() >= known.arguments : given.size() == known.arguments;
      if (fits && counted) checked.function = &known;
    }
    if (checked.function == nullptr) return wrong_call(node, name, method, style_fits);
    checked.type = checked.function->result;
    for (std::size_t i = 0; i < given.size(); ++i) argument(name, given[i], *checked.function, i);
    checked.takes_pattern = name == "matches" || name.starts_with("regex.");
    if (checked.takes_pattern) pattern(name, given[1], checked);
  }

  // A call of a function with declared parameters.
  void function(NodeId id, Checked& checked) {
    const FoundFunction& found = meanings_.functions.at(id);
    if (found.refusal) return report(*found.refusal, ast_[id].name);
    const record::Function& called = *found.function;
    const std::vector<NodeId> given = inputs_of(ast_, meanings_, id);
    const auto parameters = called.parameters();
    const std::string name = "`" + std::string(called.name()) + "`";
    if (called.result().type != Type::json) checked.type = called.result().type;
    if (given.size() != parameters.size()) {
      report("WRONG_ARGUMENTS", name + " takes " + shown_of(parameters), ast_[id].span);
      return;
    }
    for (std::size_t i = 0; strict_ && i < given.size(); ++i)
      if (!within(type(given[i]), accepted(parameters[i].type)))
        report("WRONG_ARGUMENTS",
               name + " takes " + name_of(parameters[i].type) + " for `" + parameters[i].name +
                   "`, not " + name_of(type(given[i])),
               ast_[given[i]].span);
  }

  static std::string shown_of(std::span<const record::Function::Parameter> parameters) {
    if (parameters.empty()) return "no arguments";
    std::string all;
    for (const auto& parameter : parameters)
      all += (all.empty() ? "(" : ", ") + parameter.name + ": " +
             (parameter.type == Type::json ? "json" : name_of(parameter.type)) +
             (parameter.nullable ? "?" : "");
    return all + ")";
  }

  void wrong_call(const Node& node, const std::string& bare, bool method, bool style_fits) {
    const std::string name = "`" + bare + "`";
    if (style_fits)
      report("WRONG_ARGUMENTS", name + " does not take this number of arguments" + forms_of(bare),
             node.span);
    else if (method)
      report("WRONG_ARGUMENTS", name + " is no method: write " + bare + "(x)", node.span);
    else
      report("WRONG_ARGUMENTS", name + " is a method: write x." + bare + "(…)", node.span);
  }

  // How a function of the library is called.
  static std::string forms_of(const std::string& name) {
    std::string forms;
    for (const Function& known : functions_named(name))
      if (known.kernel != nullptr && !known.text.signature.empty())
        forms += (forms.empty() ? ": it is `" : " or `") + call_form(known) + "`";
    return forms;
  }

  void argument(const std::string& name, NodeId id, const Function& function, std::size_t i) {
    const StaticType given = type(id);
    const std::size_t declared = std::max<std::size_t>(function.arguments, 1) - 1;
    if (!strict_ || within(given, function.accepts[std::min({i, declared, kArgumentsMax - 1})]))
      return;
    report("WRONG_ARGUMENTS",
           "`" + name + "` does not take " + name_of(given) + " here" + forms_of(name),
           ast_[id].span);
  }

  void pattern(const std::string& function, NodeId id, Checked& checked) {
    const Node& node = ast_[id];
    if (node.kind != NodeKind::literal || node.literal != LiteralKind::string) return;
    std::string error;
    std::unique_ptr<re2::RE2> made = compile_pattern(node.text, error);
    if (made == nullptr) {
      if (strict_)
        report("INVALID_PATTERN", "this regular expression (RE2) is not valid: " + error,
               node.span);
      return;
    }
    checked.pattern_size = made->ProgramSize();
    if (function == "matches") checked.pattern = std::move(made);
  }

  const Ast& ast_;
  const Meanings& meanings_;
  Resolver& resolver_;
  const bool strict_;
  CheckResult out_;
};

}  // namespace

CheckResult check(const Ast& ast, const Meanings& meanings, Resolver& resolver, TypeCheck mode) {
  return Checker(ast, meanings, resolver, mode).run();
}

}  // namespace leat::expr
