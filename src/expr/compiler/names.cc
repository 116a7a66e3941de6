#include "expr/compiler/names.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace leat::expr {
namespace {

constexpr std::array<std::string_view, 12> kTypeNames{
    "bool", "int", "uint", "double",    "string",        "bytes",
    "list", "map", "type", "null_type", "optional_type", "google.protobuf.Timestamp"};
constexpr std::string_view kDurationName = "google.protobuf.Duration";

bool is_word(const Node& node, std::string_view word) {
  return node.kind == NodeKind::identifier && !node.quoted && node.text == word;
}

bool is_literal_text(const Node& node) {
  return node.kind == NodeKind::literal && node.literal == LiteralKind::string;
}

// A name that a macro can give.
bool is_variable_name(const Node& node) {
  return node.kind == NodeKind::identifier && !node.quoted && !node.rooted && node.text != "this" &&
         node.text != "meta";
}

bool is_macro_name(std::string_view name) {
  const auto same = [name](const Macro& known) { return known.name == name; };
  return std::any_of(macros().begin(), macros().end(), same);
}

class Classifier {
 public:
  Classifier(const Ast& ast, const Resolver& resolver)
      : ast_(ast), resolver_(resolver), beside_type_(ast.nodes.size()) {
    const std::size_t count = ast.nodes.size();
    out_.uses.assign(count, Use::value);
    out_.scope_of.assign(count, kOutermost);
    out_.scope_made.assign(count, kOutermost);
    out_.variables.resize(count);
    out_.scopes.emplace_back();
  }

  Meanings run() {
    for (std::size_t id = ast_.nodes.size(); id-- > 0;) descend(static_cast<NodeId>(id));
    for (NodeId id = 0; id < ast_.nodes.size(); ++id)
      if (out_.uses[id] == Use::value) out_.uses[id] = use_of(id);
    return std::move(out_);
  }

 private:
  // ---- from the root down: scopes, and names that stand where a type is meant

  void descend(NodeId id) {
    const Node& node = ast_[id];
    for (const NodeId child : node.children) out_.scope_of[child] = out_.scope_of[id];
    if (node.kind == NodeKind::call) call(id, node);
    if (node.kind != NodeKind::binary) return;
    if (node.op != Operator::equal && node.op != Operator::not_equal && node.op != Operator::in)
      return;
    for (const std::size_t side : {0u, 1u})
      if (is_type_call(node.children[side])) mark_type(node.children[1 - side]);
  }

  bool is_type_call(NodeId id) const {
    const Node& node = ast_[id];
    return node.kind == NodeKind::call && !node.method && node.text == "type";
  }
  void mark_type(NodeId id) {
    beside_type_[id] = true;
    if (ast_[id].kind == NodeKind::list)
      for (const NodeId item : ast_[id].children) beside_type_[item] = true;
  }

  void call(NodeId id, const Node& node) {
    if (!node.method) return;
    const std::string full = full_name(ast_, node);
    const bool bind = full == "cel.bind";
    if (!bind && (!is_macro_name(node.text) || is_namespaced(ast_, node))) return;
    const Macro* const macro = form_of(node, bind);
    if (macro == nullptr) {
      out_.uses[id] = Use::bad_macro;
      return;
    }
    out_.uses[id] = Use::macro;
    Scope scope;
    scope.parent = out_.scope_of[id];
    scope.depth = out_.scopes[scope.parent].depth + 1;
    scope.macro = macro;
    scope.call = id;
    const std::vector<NodeId>& parts = node.children;
    scope.range = bind ? parts[2] : parts[0];
    for (std::size_t i = 1; i <= macro->variables; ++i) {
      scope.names.push_back(ast_[parts[i]].text);
      out_.uses[parts[i]] = Use::declaration;
    }
    scope.body = parts.back();
    if (macro->conditional) scope.condition = parts[parts.size() - 2];
    const auto made = static_cast<ScopeId>(out_.scopes.size());
    out_.scope_of[scope.body] = made;
    if (scope.condition) out_.scope_of[*scope.condition] = made;
    out_.scope_made[id] = made;
    out_.scopes.push_back(std::move(scope));
  }

  // The form that the arguments have, or nullptr.
  const Macro* form_of(const Node& node, bool bind) const {
    const std::string_view name = bind ? "cel.bind" : std::string_view(node.text);
    const std::vector<NodeId>& parts = node.children;
    const Macro* best = nullptr;
    for (const Macro& known : macros()) {
      const std::size_t count = 2u + known.variables + (known.conditional ? 1 : 0) + (bind ? 1 : 0);
      if (known.name != name || parts.size() != count) continue;
      bool named = true;
      for (std::size_t i = 1; i <= known.variables; ++i) named &= is_variable_name(ast_[parts[i]]);
      if (known.variables == 2) named = named && ast_[parts[1]].text != ast_[parts[2]].text;
      if (named && (best == nullptr || known.variables > best->variables)) best = &known;
    }
    return best;
  }

  // ---- from the leaves up

  Use use_of(NodeId id) {
    const Node& node = ast_[id];
    switch (node.kind) {
      case NodeKind::identifier: return use_of_name(id, node);
      case NodeKind::select:
      case NodeKind::index: return use_of_member(id, node);
      case NodeKind::call: return use_of_call(id, node);
      case NodeKind::message: return Use::refused;
      case NodeKind::binary:
        return node.op == Operator::in && out_.uses[node.children[1]] == Use::headers
                   ? Use::in_headers
                   : Use::value;
      default: return Use::value;
    }
  }

  Use use_of_name(NodeId id, const Node& node) {
    if (!node.quoted && !node.rooted) {
      for (ScopeId at = out_.scope_of[id]; at != kOutermost; at = out_.scopes[at].parent) {
        const std::vector<std::string>& names = out_.scopes[at].names;
        const auto found = std::find(names.begin(), names.end(), node.text);
        if (found == names.end()) continue;
        out_.variables[id] = {at, static_cast<std::size_t>(found - names.begin())};
        return Use::variable;
      }
      if (node.text == "meta") return Use::meta;
    }
    return means_type(id) ? Use::type_name : Use::path;
  }

  bool means_type(NodeId id) const {
    const std::string_view name = type_name(ast_, id);
    return !name.empty() && (beside_type_[id] || !resolver_.hides_type(name));
  }

  Use use_of_member(NodeId id, const Node& node) {
    const bool named = node.kind == NodeKind::select || is_literal_text(ast_[node.children[1]]);
    switch (out_.uses[node.children[0]]) {
      case Use::path:
        if (means_type(id)) return Use::type_name;
        return named && !node.optional ? Use::path : Use::value;
      case Use::headers: return node.optional ? Use::value : Use::header;
      case Use::meta: {
        if (!named || node.optional) return Use::refused;
        return member_name(ast_, id) == "headers" ? Use::headers : Use::meta_field;
      }
      default: return Use::value;
    }
  }

  Use use_of_call(NodeId id, const Node& node) {
    if (!node.method && node.text == "has") return Use::has;
    for (const std::string& name : {full_name(ast_, node), node.text}) {
      MockPtr mock = resolver_.find_mock(name);
      if (mock == nullptr) continue;
      out_.mocks.emplace(id, std::move(mock));
      return Use::mock;
    }
    if (node.method && full_name(ast_, node) != node.text) {
      if (auto found = resolver_.find_function(full_name(ast_, node))) {
        out_.functions.emplace(id, *std::move(found));
        return Use::function;
      }
    }
    if (is_namespaced(ast_, node)) return Use::call;
    const std::span<const Function> known = functions_named(node.text);
    const auto callable = [](const Function& one) { return one.kernel != nullptr; };
    return std::any_of(known.begin(), known.end(), callable) ? Use::call : Use::unknown;
  }

  const Ast& ast_;
  const Resolver& resolver_;
  std::vector<bool> beside_type_;
  Meanings out_;
};

// has(x) is computed from what stands before the last member of x.
std::vector<NodeId> inputs_of_has(const Ast& ast, const Meanings& meanings, const Node& node) {
  if (node.children.size() != 1) return {};
  const NodeId tested = node.children[0];
  if (meanings.uses[tested] == Use::header) return inputs_of(ast, meanings, tested);
  if (meanings.uses[tested] == Use::value && ast[tested].kind == NodeKind::select)
    return {ast[tested].children[0]};
  return {};
}

}  // namespace

Meanings classify(const Ast& ast, const Resolver& resolver) {
  return Classifier(ast, resolver).run();
}

std::vector<NodeId> inputs_of(const Ast& ast, const Meanings& meanings, NodeId id) {
  const Node& node = ast[id];
  switch (meanings.uses[id]) {
    case Use::value: return node.children;
    case Use::call: {
      std::vector<NodeId> all = node.children;
      if (is_namespaced(ast, node)) all.erase(all.begin());
      return all;
    }
    case Use::mock: {
      std::vector<NodeId> all = node.children;
      if (meanings.mocks.at(id)->name() != node.text) all.erase(all.begin());
      return all;
    }
    case Use::function: return {node.children.begin() + 1, node.children.end()};
    case Use::has: return inputs_of_has(ast, meanings, node);
    case Use::header:
      return node.kind == NodeKind::index ? std::vector<NodeId>{node.children[1]}
                                          : std::vector<NodeId>();
    case Use::in_headers: return {node.children[0]};
    case Use::variable: {
      const Scope& scope = meanings.scopes[meanings.variables[id].scope];
      return is_comprehension(scope.macro->kind) ? std::vector<NodeId>()
                                                 : std::vector<NodeId>{scope.range};
    }
    case Use::macro: {
      const Scope& scope = meanings.scopes[meanings.scope_made[id]];
      std::vector<NodeId> all{scope.range};
      if (scope.condition) all.push_back(*scope.condition);
      all.push_back(scope.body);
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
  const bool bare = target.kind == NodeKind::identifier && !target.quoted && !target.rooted;
  return bare ? target.text + "." + call.text : call.text;
}

bool is_namespaced(const Ast& ast, const Node& call) {
  if (!call.method) return false;
  const std::string name = full_name(ast, call);
  return name.size() > call.text.size() && !functions_named(name).empty();
}

std::string_view type_name(const Ast& ast, NodeId id) {
  const Node& node = ast[id];
  if (node.kind == NodeKind::identifier) {
    if (node.quoted) return {};
    const auto* const found = std::find(kTypeNames.begin(), kTypeNames.end(), node.text);
    return found == kTypeNames.end() ? std::string_view() : *found;
  }
  if (node.kind != NodeKind::select || node.quoted || node.optional) return {};
  const Node& middle = ast[node.children[0]];
  if (middle.kind != NodeKind::select || middle.text != "protobuf") return {};
  if (!is_word(ast[middle.children[0]], "google")) return {};
  if (node.text == "Timestamp") return kTypeNames.back();
  return node.text == "Duration" ? kDurationName : std::string_view();
}

}  // namespace leat::expr
