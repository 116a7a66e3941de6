#include "expr/names.h"

#include <algorithm>
#include <string>

namespace leat::expr {
namespace {

bool is_word(const Node& node, std::string_view word) {
  return node.kind == NodeKind::identifier && !node.quoted && node.text == word;
}

bool is_literal_text(const Node& node) {
  return node.kind == NodeKind::literal && node.literal == LiteralKind::string;
}

Use use_of_member(const Ast& ast, const std::vector<Use>& uses, const Node& node) {
  if (node.optional) return Use::to_come;
  const bool named = node.kind == NodeKind::select || is_literal_text(ast[node.children[1]]);
  switch (uses[node.children[0]]) {
    case Use::path: return named ? Use::path : Use::value;
    case Use::headers: return Use::header;
    case Use::meta: {
      if (!named) return Use::to_come;
      const bool headers =
          (node.kind == NodeKind::select ? node.text : ast[node.children[1]].text) == "headers";
      return headers ? Use::headers : Use::meta_field;
    }
    default: return Use::value;
  }
}

Use use_of_call(const Ast& ast, const Node& node) {
  if (!node.method && node.text == "has") return Use::has;
  if (node.method) {
    const Node& target = ast[node.children[0]];
    if (target.kind == NodeKind::identifier && !target.quoted && is_function_namespace(target.text))
      return Use::to_come;
  }
  const auto same = [&node](const Function& known) { return known.name == node.text; };
  if (std::any_of(functions().begin(), functions().end(), same)) return Use::value;
  const auto coming = functions_to_come();
  return std::find(coming.begin(), coming.end(), node.text) != coming.end() ? Use::to_come
                                                                            : Use::unknown;
}

Use use_of(const Ast& ast, const std::vector<Use>& uses, const Node& node) {
  switch (node.kind) {
    case NodeKind::identifier: return is_word(node, "meta") ? Use::meta : Use::path;
    case NodeKind::select:
    case NodeKind::index: return use_of_member(ast, uses, node);
    case NodeKind::call: return use_of_call(ast, node);
    case NodeKind::binary: {
      if (node.op != Operator::in) return Use::value;
      const Node& right = ast[node.children[1]];
      if (uses[node.children[1]] == Use::headers) return Use::in_headers;
      return right.kind == NodeKind::list && !right.optional ? Use::in_set : Use::value;
    }
    case NodeKind::list:
    case NodeKind::map:
    case NodeKind::message: return Use::to_come;
    default: return Use::value;
  }
}

// has(x) is computed from what stands before the last member of x.
std::vector<NodeId> inputs_of_has(const Ast& ast, const std::vector<Use>& uses, const Node& node) {
  if (node.children.size() != 1) return {};
  const NodeId tested = node.children[0];
  if (uses[tested] == Use::header) return inputs_of(ast, uses, tested);
  if (uses[tested] == Use::value && ast[tested].kind == NodeKind::select)
    return ast[tested].children;
  return {};
}

}  // namespace

std::vector<Use> classify(const Ast& ast) {
  std::vector<Use> uses(ast.nodes.size(), Use::value);
  for (NodeId id = 0; id < ast.nodes.size(); ++id) uses[id] = use_of(ast, uses, ast[id]);
  return uses;
}

std::vector<NodeId> inputs_of(const Ast& ast, const std::vector<Use>& uses, NodeId id) {
  const Node& node = ast[id];
  switch (uses[id]) {
    case Use::value: return node.children;
    case Use::has: return inputs_of_has(ast, uses, node);
    case Use::header:
      return node.kind == NodeKind::index ? std::vector<NodeId>{node.children[1]}
                                          : std::vector<NodeId>();
    case Use::in_headers: return {node.children[0]};
    case Use::in_set: {
      std::vector<NodeId> all{node.children[0]};
      const Node& list = ast[node.children[1]];
      all.insert(all.end(), list.children.begin(), list.children.end());
      return all;
    }
    case Use::unknown: {
      std::vector<NodeId> all =
          node.children;  // a bare name before the dot may be meant as a namespace
      if (node.method && ast[all[0]].kind == NodeKind::identifier) all.erase(all.begin());
      return all;
    }
    default: return {};
  }
}

std::string_view member_name(const Ast& ast, NodeId id) {
  const Node& node = ast[id];
  if (node.kind == NodeKind::select) return node.text;
  if (node.kind == NodeKind::index && is_literal_text(ast[node.children[1]]))
    return ast[node.children[1]].text;
  return {};
}

record::FieldPath path_of(const Ast& ast, NodeId id) {
  record::FieldPath path;
  for (; ast[id].kind != NodeKind::identifier; id = ast[id].children[0])
    path.emplace_back(member_name(ast, id));
  if (!is_word(ast[id], "this")) path.push_back(ast[id].text);
  std::reverse(path.begin(), path.end());
  return path;
}

std::string full_name(const Ast& ast, const Node& call) {
  if (!call.method) return call.text;
  const Node& target = ast[call.children[0]];
  return target.kind == NodeKind::identifier ? target.text + "." + call.text : call.text;
}

}  // namespace leat::expr
