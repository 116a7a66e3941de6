#include "expr/compiler/hints.h"

#include <algorithm>
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
    find_bare_fields();
    find_patterns();
    return std::move(out_);
  }

 private:
  Use use(NodeId id) const { return meanings_.uses[id]; }

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
        if (nodes_[id].may_be_absent) add_field(path_of(ast_, id), id, taken[id].null_fails);
      } else if (nodes_[id].parent_column) {
        if (nodes_[id].may_be_absent) add_parent(id);
      } else if (!nodes_[id].optional_path) {
        take_inputs(id, taken);
      }
    }
    std::erase_if(out_.bare_fields, [this](const BareField& field) { return is_tested(field); });
    std::reverse(out_.bare_fields.begin(), out_.bare_fields.end());
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

  void add_field(record::FieldPath path, NodeId id, bool null_fails) {
    const auto same = [&](const BareField& known) { return known.path == path; };
    std::erase_if(out_.bare_fields, same);  // the first one in the text stays
    if (!path.empty())
      out_.bare_fields.push_back({std::move(path), ast_[id].span, null_fails, id == ast_.root()});
  }

  // has(a.b) and a.?b: {a}.
  void add_parent(NodeId id) {
    const NodeId of =
        use(id) == Use::has ? ast_[ast_[id].children[0]].children[0] : ast_[id].children[0];
    add_field(path_of(ast_, of), of, true);
  }

  // Whether the expression asks somewhere if the field is there.
  bool is_tested(const BareField& field) const {
    for (NodeId id = 0; id < ast_.nodes.size(); ++id) {
      if (use(id) != Use::has || ast_[id].children.size() != 1) continue;
      const NodeId tested = ast_[id].children[0];
      if (use(tested) == Use::path && path_of(ast_, tested) == field.path) return true;
    }
    return false;
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

  void warn(NodeId pattern, std::string message) {
    spec::Diagnostic& warning = out_.warnings.emplace_back(
        diagnose("EXPENSIVE_PATTERN", std::move(message), ast_[pattern].span));
    warning.severity = spec::Severity::warning;
  }

  const Ast& ast_;
  const Meanings& meanings_;
  const std::vector<Checked>& nodes_;
  Hints out_;
};

}  // namespace

Hints find_hints(const Ast& ast, const Meanings& meanings, const std::vector<Checked>& nodes) {
  return Finder(ast, meanings, nodes).run();
}

}  // namespace leat::expr
