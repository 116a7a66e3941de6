#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "expr/program.h"
#include "operators/aggregates/function.h"
#include "operators/compute.h"
#include "operators/keyed_work.h"
#include "plan/aggregates.h"
#include "plan/expressions.h"
#include "plan/plan.h"
#include "plan/shape.h"

namespace leat::plan {

// A column and what is known of its values; null = nothing.
struct TypedColumn {
  std::size_t column = 0;
  TypePtr type;
};

// What `compute` of an aggregate becomes: calls over the rows that come, and expressions over what
// these give. Mistakes go to the diagnostics. Belongs to one call of build_plan.
class Results {
 public:
  Results(const spec::PipelineSpec& pipeline, const spec::AggregateStep& aggregate,
          const PlanOptions& options, Mocks& mocks, Scopes& scopes,
          std::vector<spec::Diagnostic>& diagnostics);

  // Compiles the arguments of all calls; what must run goes to `work`. May be called again.
  void bind_arguments(Expressions& expressions, operators::ComputeWork& work);
  // Calls as the operator takes them; those with mistakes are left out. Requires: bind_arguments().
  std::vector<operators::AggregateWork::Call> calls();
  // The computed fields. `keys`: of the fields of `by`, where results are. What must run on results
  // goes to `work`. Requires: bind_arguments().
  std::vector<Member> members(const std::vector<TypedColumn>& keys, operators::ComputeWork& work);
  // What people know each call by: the field that is nothing else, or its text.
  std::vector<std::string> names() const;

 private:
  struct Call {
    AggregateCall parsed;
    std::string pointer;  // of the expression that it stands in first
    std::vector<std::size_t> arguments;
    TypedColumn result;
  };
  struct Field {
    AggregateExpression expression;
    std::vector<std::size_t> calls;  // by the expression's own numbers: indexes in `calls_`
  };
  void add_field(const spec::Assignment& field);
  void bind(const Field& field, const spec::Assignment& target,
            const std::vector<TypedColumn>& keys, Member& member, operators::ComputeWork& work);
  std::optional<record::Value> constant_of(const expr::Ast& ast, const std::string& pointer);
  void take(std::vector<spec::Diagnostic> diagnostics, const std::string& pointer);
  void report(const expr::Span& span, const std::string& pointer, std::string code,
              std::string message, spec::Severity severity = spec::Severity::error);

  const std::string& pipeline_;
  const spec::AggregateStep& aggregate_;
  const PlanOptions& options_;
  Mocks& mocks_;
  Scopes& scopes_;
  std::vector<spec::Diagnostic>& diagnostics_;
  std::vector<Call> calls_;  // equal ones once
  std::vector<Field> fields_;
};

}  // namespace leat::plan
