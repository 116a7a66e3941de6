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

bool covers(const record::FieldPath& above, const record::FieldPath& path) {
  return above.size() <= path.size() && std::equal(above.begin(), above.end(), path.begin());
}

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

  // From the root down: which nodes fail the row when they fail.
  void find_bare_fields() {
    if (use(ast_.root()) == Use::path) return;  // a copy, not an operand
    std::vector<bool> exposed(ast_.nodes.size());
    exposed[ast_.root()] = true;
    for (std::size_t i = ast_.nodes.size(); i-- > 0;) {
      const auto id = static_cast<NodeId>(i);
      if (!exposed[id]) continue;
      if (use(id) == Use::path) {
        if (nodes_[id].may_be_absent) add_field(id);
      } else {
        for (const NodeId input : operands(id)) exposed[input] = true;
      }
    }
    std::erase_if(out_.bare_fields, [this](const BareField& field) { return is_tested(field); });
    std::reverse(out_.bare_fields.begin(), out_.bare_fields.end());
  }

  // The inputs whose errors become errors of the node.
  std::vector<NodeId> operands(NodeId id) const {
    const Node& node = ast_[id];
    if (nodes_[id].optional_path) return {};
    std::vector<NodeId> all = inputs_of(ast_, meanings_, id);
    const bool shields = (use(id) == Use::value && node.op == Operator::coalesce) ||
                         (use(id) == Use::call && !node.method && node.text == "try");
    // What a name is bound to counts where the name stands.
    const bool binds = use(id) == Use::macro &&
                       meanings_.scopes[meanings_.scope_made[id]].macro->kind == MacroKind::bind;
    if ((shields || binds) && !all.empty()) all.erase(all.begin());
    return all;
  }

  void add_field(NodeId id) {
    record::FieldPath path = path_of(ast_, id);
    const auto same = [&](const BareField& known) { return known.path == path; };
    std::erase_if(out_.bare_fields, same);  // the first one in the text stays
    if (!path.empty()) out_.bare_fields.push_back({std::move(path), ast_[id].span});
  }

  // Whether the expression asks somewhere if the field is there.
  bool is_tested(const BareField& field) const {
    for (NodeId id = 0; id < ast_.nodes.size(); ++id) {
      if (use(id) != Use::has || ast_[id].children.size() != 1) continue;
      const NodeId tested = ast_[id].children[0];
      if (use(tested) != Use::path) continue;
      const record::FieldPath path = path_of(ast_, tested);
      if (covers(path, field.path) || covers(field.path, path)) return true;
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
