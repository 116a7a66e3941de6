#include "expr/compiler/failures.h"

#include <algorithm>
#include <string>
#include <utility>

#include <re2/re2.h>

#include "expr/compiler/lexer.h"
#include "expr/parser.h"

namespace leat::expr {
namespace {

class Finder {
 public:
  Finder(const Ast& ast, const Meanings& meanings, const std::vector<Checked>& nodes)
      : ast_(ast), meanings_(meanings), nodes_(nodes), certain_(ast.nodes.size()) {}

  Failures run() {
    for (NodeId id = 0; id < ast_.nodes.size(); ++id)
      if (nodes_[id].live) certain_[id] = fails_for_every_row(id);
    Failures found;
    if (certain_[ast_.root()])
      found.mistake = told(cause_of(ast_.root()), "every row fails here: ");
    else
      found.warnings = find_exposed();
    return found;
  }

 private:
  Use use(NodeId id) const { return meanings_.uses[id]; }
  std::vector<NodeId> inputs(NodeId id) const {
    return nodes_[id].optional_path ? std::vector<NodeId>() : inputs_of(ast_, meanings_, id);
  }
  bool is_certain(NodeId id) const { return certain_[id]; }
  bool has_failing_input(NodeId id) const {
    const std::vector<NodeId> from = inputs(id);
    return std::any_of(from.begin(), from.end(),
                       [this](NodeId input) { return nodes_[input].fails != nullptr; });
  }
  bool is_try(NodeId id) const {
    return use(id) == Use::call && !ast_[id].method && ast_[id].text == "try";
  }
  bool is_or(NodeId id) const {
    return use(id) == Use::call && ast_[id].method &&
           (ast_[id].text == "or" || ast_[id].text == "orValue");
  }
  bool binds(NodeId id) const {
    return use(id) == Use::macro &&
           meanings_.scopes[meanings_.scope_made[id]].macro->kind == MacroKind::bind;
  }

  // The list that a macro goes through, when it is written out.
  const Node* written_range(NodeId id) const {
    if (use(id) != Use::macro) return nullptr;
    const Scope& scope = meanings_.scopes[meanings_.scope_made[id]];
    const Node& range = ast_[scope.range];
    const bool list = is_comprehension(scope.macro->kind) && range.kind == NodeKind::list;
    return list ? &range : nullptr;
  }
  // Then its first input behind the range is evaluated.
  bool has_elements(NodeId id) const {
    const Node* const range = written_range(id);
    return range != nullptr && !range->children.empty() &&
           std::count(range->marks.begin(), range->marks.end(), 1) == 0;
  }
  bool runs_over_nothing(NodeId id) const {
    const Node* const range = written_range(id);
    return range != nullptr && range->children.empty();
  }

  bool fails_for_every_row(NodeId id) const {
    if (nodes_[id].fails != nullptr) return true;
    if (nodes_[id].constant) return false;
    const std::vector<NodeId> from = inputs(id);
    const auto any = [&] {
      return std::any_of(from.begin(), from.end(), [this](NodeId i) { return is_certain(i); });
    };
    const auto all = [&] {
      return std::all_of(from.begin(), from.end(), [this](NodeId i) { return is_certain(i); });
    };
    switch (use(id)) {
      case Use::variable: return !from.empty() && is_certain(from[0]);
      case Use::macro:
        return is_certain(binds(id) ? from.back() : from.front()) ||
               (has_elements(id) && is_certain(from[1]));
      case Use::call: return is_try(id) ? all() : is_or(id) ? is_certain(from[0]) : any();
      case Use::mock: return false;
      case Use::value: break;
      default: return any();
    }
    const Node& node = ast_[id];
    if (node.kind == NodeKind::conditional)
      return is_certain(from[0]) || (is_certain(from[1]) && is_certain(from[2]));
    const bool absorbs = node.op == Operator::coalesce || node.op == Operator::logical_and ||
                         node.op == Operator::logical_or;
    return absorbs ? all() : any();
  }

  // The innermost piece that is to blame. Requires: is_certain().
  NodeId cause_of(NodeId id) const {
    for (;;) {
      const std::vector<NodeId> from = inputs(id);
      const auto found =
          std::find_if(from.begin(), from.end(), [this](NodeId i) { return is_certain(i); });
      if (found == from.end()) return id;
      id = *found;
    }
  }

  // From the root down: pieces whose failing somebody sees.
  std::vector<spec::Diagnostic> find_exposed() const {
    std::vector<bool> exposed(ast_.nodes.size());
    exposed[ast_.root()] = true;
    std::vector<spec::Diagnostic> found;
    for (std::size_t i = ast_.nodes.size(); i-- > 0;) {
      const auto id = static_cast<NodeId>(i);
      if (!exposed[id] || nodes_[id].constant) continue;
      if (nodes_[id].fails != nullptr && !has_failing_input(id)) {
        found.push_back(told(id, "this fails whenever it is evaluated: "));
        found.back().severity = spec::Severity::warning;
        continue;
      }
      const std::vector<NodeId> from = inputs(id);
      const bool shields = binds(id) || is_try(id) || ast_[id].op == Operator::coalesce;
      if (runs_over_nothing(id)) continue;
      for (std::size_t k = shields ? 1 : 0; k < from.size(); ++k) exposed[from[k]] = true;
    }
    std::reverse(found.begin(), found.end());
    return found;
  }

  spec::Diagnostic told(NodeId id, const std::string& what) const {
    const record::RowError* const error = nodes_[id].fails;
    return diagnose("ALWAYS_FAILS",
                    what + std::string(error->message) + " (" + std::string(error->code) + ")",
                    ast_[id].span);
  }

  const Ast& ast_;
  const Meanings& meanings_;
  const std::vector<Checked>& nodes_;
  std::vector<bool> certain_;
};

}  // namespace

Failures find_failures(const Ast& ast, const Meanings& meanings,
                       const std::vector<Checked>& nodes) {
  return Finder(ast, meanings, nodes).run();
}

}  // namespace leat::expr
