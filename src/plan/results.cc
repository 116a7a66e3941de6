#include "plan/results.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "plan/types.h"
#include "spec/field_path.h"

namespace leat::plan {
namespace {

// Names outside of aggregate calls: results and the fields of `by`.
class ResultResolver final : public expr::Resolver {
 public:
  ResultResolver(std::string place, const std::vector<spec::Assignment>& by,
                 std::vector<TypedColumn> keys, std::vector<TypedColumn> results, Mocks& mocks)
      : place_(std::move(place)),
        by_(by),
        keys_(std::move(keys)),
        results_(std::move(results)),
        mocks_(mocks) {}

  std::string place() const override { return place_; }
  expr::Resolution resolve_field(const record::FieldPath& path) override {
    if (const TypedColumn* const meaning = find(path))
      return {meaning->column, {}, meaning->type.get()};
    std::vector<std::string> names;
    for (const spec::Assignment& field : by_)
      names.push_back(spec::format_field_path(field.target));
    const std::string asked = path.empty() ? "this" : spec::format_field_path(path);
    return {
        0,
        expr::Refusal{"UNKNOWN_FIELD",
                      "`" + asked +
                          "` stands outside of an aggregate, where only the fields of `by` may; "
                          "write `last(" +
                          asked + ")`, or what else is meant",
                      base::nearest(asked, {names.begin(), names.end()})},
        nullptr};
  }
  std::optional<expr::Refusal> refuse_meta(std::string_view) override {
    return expr::Refusal{"UNKNOWN_FIELD",
                         "`meta` is of a row: it stands inside of an aggregate, `last(meta.…)`",
                         {}};
  }
  bool hides_type(std::string_view name) const override {
    return find({std::string(name)}) != nullptr;
  }
  expr::MockPtr find_mock(std::string_view name) const override { return mocks_.find(name); }

  // Null when the path stands for nothing.
  const TypedColumn* find(const record::FieldPath& path) const {
    if (path.size() == 1)
      if (const auto call = result_of(path[0])) return &results_[*call];
    for (std::size_t i = 0; i < by_.size(); ++i)
      if (path == by_[i].target || path == by_[i].copy_of) return &keys_[i];
    return nullptr;
  }

 private:
  const std::string place_;
  const std::vector<spec::Assignment>& by_;
  const std::vector<TypedColumn> keys_;
  const std::vector<TypedColumn> results_;
  Mocks& mocks_;
};

// Constants know no names at all.
class NoNames final : public expr::Resolver {
 public:
  expr::Resolution resolve_field(const record::FieldPath&) override {
    return {0, refusal(), nullptr};
  }
  std::optional<expr::Refusal> refuse_meta(std::string_view) override { return refusal(); }

 private:
  static expr::Refusal refusal() {
    return {"WRONG_ARGUMENTS", "this must be a constant: it is the same for all rows", {}};
  }
};

// Adds the aggregate functions that are near to one that is not known; what to write where there are
// none is left out. What stands inside of such a call is meant for one row, so what was said of it
// is left out too.
void suggest_aggregates(std::vector<spec::Diagnostic>& diagnostics) {
  std::vector<std::string_view> names;
  for (const operators::AggregateDescription& each : operators::aggregate_descriptions())
    names.push_back(each.name);
  std::optional<std::size_t> from;
  for (spec::Diagnostic& each : diagnostics) {
    const std::size_t begin = each.message.find('`') + 1;
    if (each.code != "UNKNOWN_FUNCTION" || begin == 0) continue;
    const std::size_t end = each.message.find('`', begin);
    const std::vector<std::string> near =
        base::nearest(each.message.substr(begin, end - begin), names);
    if (near.empty()) continue;
    each.message.resize(end + 1);
    each.did_you_mean.insert(each.did_you_mean.begin(), near.begin(), near.end());
    if (each.span && !from) from = each.span->first;
  }
  if (from)
    std::erase_if(diagnostics, [&](const spec::Diagnostic& each) {
      return each.code == "UNKNOWN_FIELD" && each.span && each.span->first > *from;
    });
}

}  // namespace

Results::Results(const spec::PipelineSpec& pipeline, const spec::AggregateStep& aggregate,
                 const PlanOptions& options, Mocks& mocks, Scopes& scopes,
                 std::vector<spec::Diagnostic>& diagnostics)
    : pipeline_(pipeline.name),
      aggregate_(aggregate),
      options_(options),
      mocks_(mocks),
      scopes_(scopes),
      diagnostics_(diagnostics) {
  for (const spec::Assignment& field : aggregate.compute) add_field(field);
}

void Results::report(const expr::Span& span, const std::string& pointer, std::string code,
                     std::string message, spec::Severity severity) {
  spec::Diagnostic& told = diagnostics_.emplace_back();
  told.severity = severity;
  told.pointer = pointer;
  told.span = {span.begin, span.end};
  told.code = std::move(code);
  told.message = std::move(message);
}

void Results::take(std::vector<spec::Diagnostic> diagnostics, const std::string& pointer) {
  for (spec::Diagnostic& diagnostic : diagnostics) {
    diagnostic.pointer = pointer;
    diagnostics_.push_back(std::move(diagnostic));
  }
}

void Results::add_field(const spec::Assignment& field) {
  Field& made = fields_.emplace_back();
  made.expression = split_aggregates(field.value.text, options_.expressions);
  take(made.expression.diagnostics, field.value.pointer);
  for (const AggregateCall& call : made.expression.calls) {
    const auto same = std::find_if(calls_.begin(), calls_.end(),
                                   [&](const Call& one) { return one.parsed.text == call.text; });
    made.calls.push_back(static_cast<std::size_t>(same - calls_.begin()));
    if (same == calls_.end())
      calls_.push_back({call, field.value.pointer, {}, {scopes_.new_column(), nullptr}});
  }
}

void Results::bind_arguments(Expressions& expressions, operators::ComputeWork& work) {
  for (Call& call : calls_) {
    call.arguments.clear();
    TypePtr first;
    for (std::size_t i = 0; i < call.parsed.description->row_arguments; ++i) {
      const Expressions::Value value = expressions.compile(call.parsed.arguments[i], call.pointer);
      call.arguments.push_back(
          value.copy_of ? scopes_.column(value.copy_of->scope, value.copy_of->path, Want::value)
                        : value.column);
      if (value.program != nullptr) work.items.push_back({value.program, value.column});
      if (i == 0) first = value.type;
    }
    if (!takes(*call.parsed.description, first))
      report(call.parsed.span, call.pointer, "WRONG_ARGUMENTS",
             "no row has a value here that `" + std::string(call.parsed.description->signature) +
                 "` takes");
    call.result.type = result_type(call.parsed.description->name, first);
  }
}

std::optional<record::Value> Results::constant_of(const expr::Ast& ast,
                                                  const std::string& pointer) {
  NoNames resolver;
  expr::Compiled compiled = expr::compile(ast, resolver);
  take(std::move(compiled.diagnostics), pointer);
  if (!compiled.program) return std::nullopt;
  const std::optional<record::Value> value = compiled.program->constant();
  if (value && (value->is(record::Type::integer) || value->is(record::Type::real))) return value;
  report(ast[ast.root()].span, pointer, "WRONG_ARGUMENTS", "this must be a number");
  return std::nullopt;
}

std::vector<operators::AggregateWork::Call> Results::calls() {
  std::vector<operators::AggregateWork::Call> made;
  for (const Call& call : calls_) {
    const AggregateCall& parsed = call.parsed;
    const std::size_t row_arguments = parsed.description->row_arguments;
    std::vector<record::Value> constants;
    for (std::size_t i = row_arguments; i < parsed.arguments.size(); ++i)
      if (const auto value = constant_of(parsed.arguments[i], call.pointer))
        constants.push_back(*value);
    if (row_arguments + constants.size() != parsed.arguments.size()) continue;
    auto function = operators::make_aggregate(*parsed.description, constants, options_.aggregates);
    if (function.ok())
      made.push_back({*std::move(function), call.arguments, call.result.column, parsed.text});
    else
      report(parsed.span, call.pointer, "WRONG_ARGUMENTS",
             std::string(function.status().message()));
  }
  return made;
}

std::vector<Member> Results::members(const std::vector<TypedColumn>& keys,
                                     operators::ComputeWork& work) {
  std::vector<Member> members;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const spec::Assignment& target = aggregate_.compute[i];
    Member& member =
        members.emplace_back(Member{target.target, std::nullopt, scopes_.new_column(), false, {}});
    if (fields_[i].expression.ok()) bind(fields_[i], target, keys, member, work);
  }
  return members;
}

void Results::bind(const Field& field, const spec::Assignment& target,
                   const std::vector<TypedColumn>& keys, Member& member,
                   operators::ComputeWork& work) {
  const std::string& pointer = target.value.pointer;
  std::vector<TypedColumn> values;
  std::vector<TypePtr> types;
  for (const std::size_t call : field.calls) {
    values.push_back(calls_[call].result);
    types.push_back(calls_[call].result.type);
  }
  ResultResolver resolver(pipeline_ + pointer, aggregate_.by, keys, values, mocks_);
  expr::Compiled compiled = expr::compile(field.expression.rest, resolver);
  suggest_aggregates(compiled.diagnostics);
  take(std::move(compiled.diagnostics), pointer);
  if (!compiled.program) return;
  for (const expr::Span& span : whole_divisions(field.expression.rest, types))
    report(span, pointer, "INT_DIVISION",
           "whole numbers divide as whole numbers, 7 / 2 is 3: a mean is `avg(x)`, else write "
           "`double(…)` around one of them",
           spec::Severity::warning);
  if (const record::FieldPath* const path = compiled.program->path()) {
    const TypedColumn* const meaning = resolver.find(*path);
    member.column = meaning->column;
    member.type = meaning->type;
    return;
  }
  member.type = type_of(*compiled.program);
  work.items.push_back(
      {std::make_shared<const expr::Program>(*std::move(compiled.program)), member.column});
}

std::vector<std::string> Results::names() const {
  std::vector<std::string> names;
  for (const Call& call : calls_) names.push_back(call.parsed.text);
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const Field& field = fields_[i];
    if (field.calls.size() == 1 && field.expression.text == calls_[field.calls[0]].parsed.text)
      names[field.calls[0]] = spec::format_field_path(aggregate_.compute[i].target);
  }
  return names;
}

}  // namespace leat::plan
