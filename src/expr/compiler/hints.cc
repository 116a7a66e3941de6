#include "expr/compiler/hints.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <re2/re2.h>

#include "expr/compiler/lexer.h"
#include "expr/parser.h"

namespace leat::expr {
namespace {

// Instructions of a compiled pattern beyond which it is worth a word: matching may look at all of
// them for every byte, and what RE2 remembers of them no longer fits its cache.
constexpr int kPatternSizeMax = 5000;

class Finder {
 public:
  Finder(const Ast& ast, const Meanings& meanings, const std::vector<Checked>& nodes)
      : ast_(ast), meanings_(meanings), nodes_(nodes) {}

  Hints run() {
    for (NodeId id = 0; id < ast_.nodes.size(); ++id)
      if (nodes_[id].live) note_question(id);
    find_bare_fields();
    find_patterns();
    find_divisions();
    return std::move(out_);
  }

 private:
  Use use(NodeId id) const { return meanings_.uses[id]; }

  // ---- what the expression asks for

  void note_question(NodeId id) {
    const Node& node = ast_[id];
    if (use(id) == Use::has && node.children.size() == 1) {
      const NodeId tested = node.children[0];
      if (use(tested) == Use::path) tested_.insert(path_of(ast_, tested));
      if (use(tested) == Use::header) headers_.insert(std::string(member_name(ast_, tested)));
    } else if (use(id) == Use::in_headers) {
      headers_.insert(ast_[node.children[0]].text);
    } else if (use(id) == Use::call && !node.method && node.text == "type") {
      note_look(node.children[0]);
    } else if (node.op == Operator::equal || node.op == Operator::not_equal) {
      for (const std::size_t side : {0u, 1u})
        if (is_null(node.children[1 - side])) note_look(node.children[side]);
    }
  }
  void note_look(NodeId id) {
    if (use(id) == Use::path) looked_at_.insert(path_of(ast_, id));
  }
  bool is_null(NodeId id) const {
    return ast_[id].kind == NodeKind::literal && ast_[id].literal == LiteralKind::null;
  }

  // ---- fields

  // How a node is taken: whether its failing fails the row, and whether its being null does.
  struct Taken {
    bool exposed = false;
    bool null_fails = false;
  };

  // From the root down.
  void find_bare_fields() {
    std::vector<Taken> taken(ast_.nodes.size());
    taken[ast_.root()].exposed = true;
    for (std::size_t i = ast_.nodes.size(); i-- > 0;) {
      const auto id = static_cast<NodeId>(i);
      if (!taken[id].exposed) continue;
      if (use(id) == Use::path) {
        add_path(id, taken[id].null_fails);
      } else if (nodes_[id].parent_column) {
        if (nodes_[id].may_be_absent) add_parent(id);
      } else if (!nodes_[id].optional_path) {
        if (use(id) == Use::header) add_header(id);
        take_inputs(id, taken);
      }
    }
    std::reverse(out_.bare_fields.begin(), out_.bare_fields.end());
    keep_first();
  }

  // Each is told of once, where it stands first.
  void keep_first() {
    std::vector<BareField> first;
    for (BareField& field : out_.bare_fields) {
      const auto same = [&field](const BareField& known) {
        return known.path == field.path && known.why == field.why;
      };
      if (std::none_of(first.begin(), first.end(), same)) first.push_back(std::move(field));
    }
    out_.bare_fields = std::move(first);
  }

  void take_inputs(NodeId id, std::vector<Taken>& taken) const {
    const std::vector<NodeId> inputs = inputs_of(ast_, meanings_, id);
    if (is_decided(id) || runs_over_nothing(id)) return;
    for (std::size_t k = is_shielded(id) ? 1 : 0; k < inputs.size(); ++k) {
      taken[inputs[k]].exposed = true;
      taken[inputs[k]].null_fails |= fails_for_null(id, k, taken[id].null_fails);
    }
  }

  // x || true, false && x: an error of the other side is none of the node's.
  bool is_decided(NodeId id) const {
    const Node& node = ast_[id];
    if (node.op != Operator::logical_or && node.op != Operator::logical_and) return false;
    return std::any_of(node.children.begin(), node.children.end(), [&](NodeId side) {
      const Node& literal = ast_[side];
      return literal.kind == NodeKind::literal && literal.literal == LiteralKind::boolean &&
             (literal.integer != 0) == (node.op == Operator::logical_or);
    });
  }

  // [].map(x, y): the body is for no element.
  bool runs_over_nothing(NodeId id) const {
    if (use(id) != Use::macro || !is_comprehension(macro_kind(id))) return false;
    const Node& range = ast_[meanings_.scopes[meanings_.scope_made[id]].range];
    const bool container = range.kind == NodeKind::list || range.kind == NodeKind::map;
    return container && range.children.empty();
  }

  // Whether an error of the first input is none of the node's.
  bool is_shielded(NodeId id) const {
    const Node& node = ast_[id];
    if (use(id) == Use::value) return node.op == Operator::coalesce;
    if (use(id) == Use::call) return !node.method && node.text == "try";
    // What a name is bound to counts where the name stands.
    return use(id) == Use::macro && macro_kind(id) == MacroKind::bind;
  }

  // Whether null in input `k` fails the row; `whole`: null as the node's own value does.
  bool fails_for_null(NodeId id, std::size_t k, bool whole) const {
    const Node& node = ast_[id];
    switch (use(id)) {
      case Use::mock:
      case Use::function: return false;
      case Use::variable: return whole;
      case Use::macro: return macro_kind(id) == MacroKind::bind ? whole : k == 0;
      case Use::call: {
        if (is_shielded(id)) return whole;
        const auto declared = std::max<std::size_t>(nodes_[id].function->arguments, 1) - 1;
        const Types types = nodes_[id].function->accepts[std::min(k, declared)];
        return (types & expr::types(Type::null)) == 0;
      }
      case Use::value: break;
      default: return true;
    }
    switch (node.kind) {
      case NodeKind::list: return false;
      case NodeKind::map: return k % 2 == 0;
      case NodeKind::conditional: return k == 0 || whole;
      case NodeKind::binary:
        if (node.op == Operator::equal || node.op == Operator::not_equal) return false;
        if (node.op == Operator::coalesce) return whole;
        return node.op != Operator::in || k == 1;
      default: return true;
    }
  }

  MacroKind macro_kind(NodeId id) const {
    return meanings_.scopes[meanings_.scope_made[id]].macro->kind;
  }

  void add_path(NodeId id, bool null_fails) {
    record::FieldPath path = path_of(ast_, id);
    if (path.empty()) return;
    const bool nullable = nodes_[id].may_be_absent ||
                          (nodes_[id].declared != nullptr && !nodes_[id].declared->required);
    const bool tested = tested_.contains(path);
    if (tested && null_fails && nullable && !looked_at_.contains(path))
      add({std::move(path), ast_[id].span, true, false, BareField::Why::null});
    else if (!tested && nodes_[id].may_be_absent)
      add({std::move(path), ast_[id].span, null_fails, id == ast_.root()});
  }
  void add(BareField field) { out_.bare_fields.push_back(std::move(field)); }

  void add_header(NodeId id) {
    const std::string_view name = member_name(ast_, id);
    if (!name.empty() && !headers_.contains(std::string(name)))
      add({{std::string(name)}, ast_[id].span, false, id == ast_.root(), BareField::Why::header});
  }

  // has(a.b) and a.?b: {a}.
  void add_parent(NodeId id) {
    const NodeId of =
        use(id) == Use::has ? ast_[ast_[id].children[0]].children[0] : ast_[id].children[0];
    record::FieldPath path = path_of(ast_, of);
    if (!path.empty() && !tested_.contains(path)) add({std::move(path), ast_[of].span, true});
  }

  // ---- patterns

  void find_patterns() {
    std::vector<bool> differs(ast_.nodes.size());  // from row to row
    for (NodeId id = 0; id < ast_.nodes.size(); ++id) {
      if (!nodes_[id].live) continue;
      const std::vector<NodeId> inputs = inputs_of(ast_, meanings_, id);
      differs[id] = is_of_row(id) || std::any_of(inputs.begin(), inputs.end(),
                                                 [&](NodeId input) { return differs[input]; });
      if (!nodes_[id].takes_pattern) continue;
      if (differs[inputs[1]])
        warn(inputs[1],
             "this pattern comes from the row: every new one is compiled, which costs more than "
             "matching; write it as a text, or use startsWith(), contains() or `in`");
      else if (nodes_[id].pattern_size > kPatternSizeMax)
        warn(inputs[1],
             "this pattern compiles to " + std::to_string(nodes_[id].pattern_size) +
                 " instructions (more than " + std::to_string(kPatternSizeMax) +
                 " make matching slow): use smaller counts in {n,m}, `*` or `+` with a test of "
                 "size(), or ASCII classes like [a-z] for \\p{…}");
    }
  }

  bool is_of_row(NodeId id) const {
    switch (use(id)) {
      case Use::path:
      case Use::meta_field:
      case Use::headers:
      case Use::header:
      case Use::has:
      case Use::in_headers:
      case Use::mock: return true;
      case Use::function: return !meanings_.functions.at(id).function->pure();
      case Use::variable:
        return is_comprehension(meanings_.scopes[meanings_.variables[id].scope].macro->kind);
      case Use::call: return !nodes_[id].function->pure;
      default: return nodes_[id].optional_path;
    }
  }

  // ---- divisions

  // x / 0, where x may be an int or a double.
  void find_divisions() {
    for (NodeId id = 0; id < ast_.nodes.size(); ++id) {
      const Node& node = ast_[id];
      if (!nodes_[id].live || node.op != Operator::divide || nodes_[node.children[0]].type)
        continue;
      const Node& by = ast_[node.children[1]];
      const bool zero =
          by.kind == NodeKind::literal && by.integer == 0 &&
          (by.literal == LiteralKind::integer || by.literal == LiteralKind::unsigned_integer);
      if (zero)
        warn(id, "INT_DIVISION",
             "an int divided by 0 fails its row (DIVIDE_BY_ZERO); a double gives infinity or NaN: "
             "divide by another number, or write `/ 0.0` where infinity is meant");
    }
  }

  void warn(NodeId pattern, std::string message) {
    warn(pattern, "EXPENSIVE_PATTERN", std::move(message));
  }
  void warn(NodeId id, std::string code, std::string message) {
    spec::Diagnostic& warning =
        out_.warnings.emplace_back(diagnose(std::move(code), std::move(message), ast_[id].span));
    warning.severity = spec::Severity::warning;
  }

  const Ast& ast_;
  const Meanings& meanings_;
  const std::vector<Checked>& nodes_;
  std::set<record::FieldPath> tested_;     // by has(): whether they are there
  std::set<record::FieldPath> looked_at_;  // whether they are null, or of which type
  std::set<std::string> headers_;          // whether there are such headers
  Hints out_;
};

}  // namespace

Hints find_hints(const Ast& ast, const Meanings& meanings, const std::vector<Checked>& nodes) {
  return Finder(ast, meanings, nodes).run();
}

}  // namespace leat::expr
