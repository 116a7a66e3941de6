#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expr/ast.h"
#include "operators/aggregates/function.h"
#include "plan/shape.h"
#include "spec/diagnostic.h"

// Expressions of `compute`, taken apart: calls of aggregate functions are their leaves. Pure.
namespace leat::plan {

struct AggregateCall {
  const operators::AggregateDescription* description = nullptr;
  std::vector<expr::Ast> arguments;  // over the row; behind them those that must be constants
  std::string text;                  // equal for calls that give the same
  expr::Span span;
};

// An expression over results and fields of `by`; its pieces keep the places they were written at.
struct AggregateExpression {
  expr::Ast rest;  // in place of a call stands the name result_name() of its index
  std::vector<AggregateCall> calls;
  std::string text;
  // Pointers are left to the caller. Codes: those of expr::parse(), WRONG_ARGUMENTS,
  // NESTED_AGGREGATE.
  std::vector<spec::Diagnostic> diagnostics;

  bool ok() const noexcept { return diagnostics.empty(); }
};
AggregateExpression split_aggregates(std::string_view text, const expr::Limits& limits);

std::string result_name(std::size_t call);
// The call that a name stands for; nothing for names that people write.
std::optional<std::size_t> result_of(std::string_view name);

// The expression written anew: the same for texts that differ in white space and brackets only.
std::string canonical_text(const expr::Ast& ast);

// Divisions by `/` of whole numbers for all that is known, one of them a result. `types`: of the
// results, null = unknown.
std::vector<expr::Span> whole_divisions(const expr::Ast& rest, const std::vector<TypePtr>& types);

// False when no value of this type is one that the function takes; null = unknown.
bool takes(const operators::AggregateDescription& function, const TypePtr& argument);
// The type of what the function gives, besides null; `argument` is that of its first argument; null
// = unknown.
TypePtr result_type(std::string_view function, const TypePtr& argument);

}  // namespace leat::plan
