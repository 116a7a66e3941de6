#include "expr/compile.h"

#include <utility>

#include <re2/re2.h>

#include "expr/code.h"
#include "expr/compiler/check.h"
#include "expr/compiler/generate.h"
#include "expr/compiler/names.h"
#include "expr/parser.h"

namespace leat::expr {

Compiled compile(std::string_view text, Resolver& resolver, const Limits& limits, TypeCheck mode) {
  Compiled result;
  ParseResult parsed = parse(text, limits);
  if (!parsed.ok()) {
    result.diagnostics = std::move(parsed.diagnostics);
    return result;
  }
  const Meanings meanings = classify(parsed.ast, resolver);
  CheckResult checked = check(parsed.ast, meanings, resolver, mode);
  result.diagnostics = std::move(checked.diagnostics);
  if (result.diagnostics.empty())
    result.program.emplace(generate(parsed.ast, meanings, checked.nodes));
  return result;
}

}  // namespace leat::expr
