#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expr/ast.h"
#include "expr/compile.h"
#include "expr/functions.h"
#include "expr/macros.h"
#include "record/layout.h"

// The first pass of compiling: what each node stands for, where the names that macros make mean
// something, and which nodes are computed at all.
namespace leat::expr {

enum class Use : std::uint8_t {
  value,        // computed from its inputs
  path,         // a field path, or `this`
  meta,         // the word itself
  meta_field,   // meta.topic
  headers,      // meta.headers
  header,       // meta.headers.x, meta.headers['x'], meta.headers[expression]
  has,          // has(…)
  in_headers,   // x in meta.headers
  call,         // of a function of the library
  mock,         // of a function that something else answers for
  type_name,    // int, google.protobuf.Timestamp, …
  variable,     // the name that a macro makes
  declaration,  // the place where it does
  macro,        // a call of a macro
  bad_macro,    // with arguments that make none
  refused,      // by name; nothing inside is looked at
  unknown,      // a call of a function that does not exist
  function,     // a call of one that is none of the library's
};

using ScopeId = std::uint32_t;
inline constexpr ScopeId kOutermost = 0;

// Where the names of one macro hold: in its last arguments.
struct Scope {
  ScopeId parent = kOutermost;
  std::uint32_t depth = 0;  // of scopes around it
  const Macro* macro = nullptr;
  NodeId call = 0;
  NodeId range = 0;                 // what the variables run over, or are
  std::vector<std::string> names;   // 1 or 2
  std::optional<NodeId> condition;  // of elements to take, before `body`
  NodeId body = 0;
};

// What the nodes of one expression mean.
struct Meanings {
  std::vector<Use> uses;
  std::vector<ScopeId> scope_of;    // the innermost scope around a node
  std::vector<ScopeId> scope_made;  // of macros: their own
  std::vector<Scope> scopes;        // [kOutermost] is the expression itself
  struct Variable {
    ScopeId scope = kOutermost;
    std::size_t index = 0;
  };
  std::vector<Variable> variables;            // of nodes whose use is `variable`
  std::map<NodeId, MockPtr> mocks;            // of nodes whose use is `mock`
  std::map<NodeId, FoundFunction> functions;  // of nodes whose use is `function`
};

Meanings classify(const Ast& ast, const Resolver& resolver);

// The nodes whose values node `id` is computed from, in order.
std::vector<NodeId> inputs_of(const Ast& ast, const Meanings& meanings, NodeId id);

// The path of a node whose use is `path`.
record::FieldPath path_of(const Ast& ast, NodeId id);
// The member that a select names, or an index by a literal string; empty for others.
std::string_view member_name(const Ast& ast, NodeId id);
// "math.greatest": the name of a call with the namespace before it, if it can be one.
std::string full_name(const Ast& ast, const Node& call);
// Whether the call is written with a namespace that the library has a function of that name in.
bool is_namespaced(const Ast& ast, const Node& call);
// "int" of the name of a type, written as a name or as a path; empty for others.
std::string_view type_name(const Ast& ast, NodeId id);

}  // namespace leat::expr
