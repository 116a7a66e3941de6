#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "expr/ast.h"
#include "expr/functions.h"
#include "record/layout.h"

// The first pass of compiling: what each node stands for, and which nodes are computed at all.
namespace leat::expr {

enum class Use : std::uint8_t {
  value,       // computed from its inputs
  path,        // a field path, or `this`
  meta,        // the word itself
  meta_field,  // meta.topic
  headers,     // meta.headers
  header,      // meta.headers.x, meta.headers['x'], meta.headers[expression]
  has,         // has(…)
  in_headers,  // x in meta.headers
  in_set,      // x in [a, b, c]
  to_come,     // refused by name; nothing inside is looked at
  unknown,     // a call of a function that does not exist
};

// For every node of `ast` its use.
std::vector<Use> classify(const Ast& ast);

// The nodes whose values node `id` is computed from, in order.
std::vector<NodeId> inputs_of(const Ast& ast, const std::vector<Use>& uses, NodeId id);

// The path of a node whose use is `path`.
record::FieldPath path_of(const Ast& ast, NodeId id);
// The member that a select names, or an index by a literal string; empty for others.
std::string_view member_name(const Ast& ast, NodeId id);
// "math.greatest": the name of a call with the namespace before it.
std::string full_name(const Ast& ast, const Node& call);

}  // namespace leat::expr
