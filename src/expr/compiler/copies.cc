#include "expr/compiler/copies.h"

namespace leat::expr {
namespace {

MacroKind kind_of(const Meanings& meanings, ScopeId scope) {
  return meanings.scopes[scope].macro->kind;
}

// Whether input `k` can become the value of the node as it is.
bool passes(const Ast& ast, const Meanings& meanings, NodeId id, std::size_t k) {
  const Node& node = ast[id];
  switch (meanings.uses[id]) {
    case Use::variable: return kind_of(meanings, meanings.variables[id].scope) == MacroKind::bind;
    case Use::macro: return kind_of(meanings, meanings.scope_made[id]) == MacroKind::bind;
    case Use::call:
      if (!node.method) return node.text == "try";
      return node.text == "or" || node.text == "orValue" || node.text == "value" ||
             full_name(ast, node) == "optional.of";
    case Use::value:
      return node.kind == NodeKind::conditional ? k > 0 : node.op == Operator::coalesce;
    default: return false;
  }
}

}  // namespace

std::vector<bool> passed_on(const Ast& ast, const Meanings& meanings) {
  std::vector<bool> passed(ast.nodes.size());
  std::vector<bool> computed_with(ast.nodes.size());
  passed[ast.root()] = true;
  for (std::size_t i = ast.nodes.size(); i-- > 0;) {
    const auto id = static_cast<NodeId>(i);
    passed[id] = passed[id] && !computed_with[id];
    const std::vector<NodeId> inputs = inputs_of(ast, meanings, id);
    // What a name is bound to counts where the name stands.
    const bool binds = meanings.uses[id] == Use::macro && passes(ast, meanings, id, 0);
    for (std::size_t k = binds ? 1 : 0; k < inputs.size(); ++k) {
      if (passed[id] && passes(ast, meanings, id, k))
        passed[inputs[k]] = true;
      else
        computed_with[inputs[k]] = true;
    }
  }
  return passed;
}

}  // namespace leat::expr
