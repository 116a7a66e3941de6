#include "expr/compile.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include <re2/re2.h>

#include "expr/code.h"
#include "expr/compiler/check.h"
#include "expr/compiler/copies.h"
#include "expr/compiler/failures.h"
#include "expr/compiler/generate.h"
#include "expr/compiler/hints.h"
#include "expr/compiler/names.h"
#include "expr/copy.h"
#include "expr/json_walk.h"
#include "expr/parser.h"
#include "expr/values.h"

namespace leat::expr {
namespace {

// FNV-1a; 0 of an empty text. Part of what uuid() gives: must not change.
std::uint64_t hash_of(std::string_view text) {
  if (text.empty()) return 0;
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return hash;
}

// Where the numbers of a copy come as tokens; whether there are any.
bool mark_written(const Ast& ast, const Meanings& meanings, std::vector<Checked>& nodes,
                  CopyResolver& resolver) {
  const std::vector<bool> passed = passed_on(ast, meanings);
  bool any = false;
  for (NodeId id = 0; id < ast.nodes.size(); ++id) {
    if (!passed[id] || !nodes[id].live) continue;
    const Use use = meanings.uses[id];
    const bool path = use == Use::path && id != ast.root();
    const bool member =
        use == Use::value && (ast[id].kind == NodeKind::select || ast[id].kind == NodeKind::index);
    if (path || nodes[id].optional_path) {
      record::FieldPath field = path_of(ast, path ? id : ast[id].children[0]);
      if (!path) field.emplace_back(member_name(ast, id));
      if (!field.empty()) nodes[id].token_column = resolver.resolve_token(field);
    } else {
      nodes[id].written = member;
    }
    any = any || nodes[id].written || nodes[id].token_column.has_value();
  }
  return any;
}

// `copies`: null unless the value is written as it is.
CompiledCopy compile_with(const Ast& ast, Resolver& resolver, TypeCheck mode,
                          CopyResolver* copies) {
  CompiledCopy made;
  Compiled& result = made.compiled;
  const Meanings meanings = classify(ast, resolver);
  CheckResult checked = check(ast, meanings, resolver, mode);
  result.diagnostics = std::move(checked.diagnostics);
  if (!result.diagnostics.empty()) return made;
  if (copies != nullptr) made.gives_tokens = mark_written(ast, meanings, checked.nodes, *copies);
  Hints hints = find_hints(ast, meanings, checked.nodes);
  result.warnings = std::move(hints.warnings);
  result.bare_fields = std::move(hints.bare_fields);
  std::unique_ptr<Code> code = generate(ast, meanings, checked.nodes, hash_of(resolver.place()));
  if (mode == TypeCheck::strict) {
    Failures failures = find_failures(ast, meanings, checked.nodes);
    if (failures.mistake) {
      result.diagnostics.push_back(*std::move(failures.mistake));
      return made;
    }
    std::move(failures.warnings.begin(), failures.warnings.end(),
              std::back_inserter(result.warnings));
  }
  result.program.emplace(std::move(code));
  return made;
}

// A number's token as its value; other values as they are.
Value read_number(const Value& written, base::Arena& arena) {
  const bool token = written.is(Type::json) && !is_list(written) && !is_map(written);
  return token ? json_value(written.as_text(), arena) : written;
}

}  // namespace

CompiledCopy compile_copy(std::string_view text, CopyResolver& resolver, const Limits& limits) {
  ParseResult parsed = parse(text, limits);
  if (parsed.ok()) return compile_with(parsed.ast, resolver, TypeCheck::strict, &resolver);
  CompiledCopy refused;
  refused.compiled.diagnostics = std::move(parsed.diagnostics);
  return refused;
}

void read_numbers(record::Column written, record::Column out, base::Arena& arena) {
  for (std::size_t i = 0; i < written.size(); ++i) {
    const Value value = written[i];
    const bool held = value.is(Type::optional) && value.as_optional() != nullptr;
    out[i] = held ? make_optional(arena, read_number(*value.as_optional(), arena))
                  : read_number(value, arena);
  }
}

Compiled compile(std::string_view text, Resolver& resolver, const Limits& limits, TypeCheck mode) {
  ParseResult parsed = parse(text, limits);
  if (parsed.ok()) return compile(parsed.ast, resolver, mode);
  Compiled result;
  result.diagnostics = std::move(parsed.diagnostics);
  return result;
}

Compiled compile(const Ast& ast, Resolver& resolver, TypeCheck mode) {
  return compile_with(ast, resolver, mode, nullptr).compiled;
}

}  // namespace leat::expr
