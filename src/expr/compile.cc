#include "expr/compile.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include <re2/re2.h>

#include "expr/code.h"
#include "expr/compiler/check.h"
#include "expr/compiler/failures.h"
#include "expr/compiler/generate.h"
#include "expr/compiler/hints.h"
#include "expr/compiler/names.h"
#include "expr/parser.h"

namespace leat::expr {
namespace {

// FNV-1a; 0 of an empty text. Part of what uuid() gives: must not change.
std::uint64_t hash_of(std::string_view text) {
  if (text.empty()) return 0;
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return hash;
}

}  // namespace

Compiled compile(std::string_view text, Resolver& resolver, const Limits& limits, TypeCheck mode) {
  ParseResult parsed = parse(text, limits);
  if (parsed.ok()) return compile(parsed.ast, resolver, mode);
  Compiled result;
  result.diagnostics = std::move(parsed.diagnostics);
  return result;
}

Compiled compile(const Ast& ast, Resolver& resolver, TypeCheck mode) {
  Compiled result;
  const Meanings meanings = classify(ast, resolver);
  CheckResult checked = check(ast, meanings, resolver, mode);
  result.diagnostics = std::move(checked.diagnostics);
  if (!result.diagnostics.empty()) return result;
  Hints hints = find_hints(ast, meanings, checked.nodes);
  result.warnings = std::move(hints.warnings);
  result.bare_fields = std::move(hints.bare_fields);
  std::unique_ptr<Code> code = generate(ast, meanings, checked.nodes, hash_of(resolver.place()));
  if (mode == TypeCheck::strict) {
    Failures failures = find_failures(ast, meanings, checked.nodes);
    if (failures.mistake) {
      result.diagnostics.push_back(*std::move(failures.mistake));
      return result;
    }
    std::move(failures.warnings.begin(), failures.warnings.end(),
              std::back_inserter(result.warnings));
  }
  result.program.emplace(std::move(code));
  return result;
}

}  // namespace leat::expr
