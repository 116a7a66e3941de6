#include "plan/builder.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "expr/absent_error.h"
#include "expr/functions.h"
#include "operators/compute.h"
#include "operators/filter.h"
#include "operators/key_check.h"
#include "operators/pass.h"
#include "plan/edges.h"
#include "plan/errors.h"
#include "plan/expressions.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "plan/topics.h"
#include "plan/types.h"
#include "record/named_error.h"
#include "spec/field_path.h"
#include "spec/parse.h"

namespace leat::plan {

using operators::Compute;
using operators::ComputeWork;
using operators::Counting;

void Builder::check_condition(const expr::Program& condition, const std::string& pointer) {
  const std::optional<record::Type> type = condition.type();
  const std::optional<record::Value> constant = condition.constant();
  if (type && *type != record::Type::boolean) {
    report({}, pointer, "NOT_A_BOOLEAN",
           "a filter must be true or false, and this is always " + std::string(to_string(*type)));
  } else if (constant && constant->is(record::Type::boolean)) {
    if (constant->as_boolean())
      warn(pointer, "CONSTANT_FILTER", "this filter lets every row through");
    else
      warn(pointer, "CONSTANT_FILTER", "this filter lets no row through");
  }
}

// A function that no version of the library has may be one to come, where an expression calls it.
void Builder::check_mocks(const spec::TestSpec& test) {
  const auto& called = mocks_.called();
  for (const spec::TestFunction& function : test.functions) {
    if (called.contains(function.name) || !expr::functions_named(function.name).empty()) continue;
    std::set<std::string_view> names(called.begin(), called.end());
    for (const expr::Function& each : expr::functions()) names.insert(each.name);
    const std::vector<std::string_view> known(names.begin(), names.end());
    spec::Diagnostic unknown;
    unknown.did_you_mean = base::nearest(function.name, known);
    report(std::move(unknown), function.pointer, "UNKNOWN_NAME",
           "there is no function `" + function.name +
               "`, and no expression calls it: nothing would ask these answers");
  }
}

Flow Builder::unknown_rows(const std::string& id) {
  spec::SourceSpec source;
  source.id = id;
  return graph_.add_source(0, source, options_.records);
}

void Builder::pass_over(const spec::StepSpec& step) {
  const Flow rows = unknown_rows(step.id);
  flows_.emplace(step.id, rows);
  flows_.emplace(step.id + std::string(spec::kLateSuffix), rows);
}

void Builder::check_faulty() {
  std::vector<spec::Expression> apart;
  for (const spec::Expression& each : draft_->expressions) {
    const std::size_t part = each.pointer.find('/', each.pointer.find('/', 1) + 1);
    if (draft_->faulty.contains(each.pointer.substr(0, part))) apart.push_back(each);
  }
  std::set<std::pair<std::string, std::string>> told;
  for (const spec::Diagnostic& each : diagnostics_) told.emplace(each.pointer, each.code);
  for (spec::Diagnostic& each : check_expressions(apart, limits_, &mocks_))
    if (!told.contains({each.pointer, each.code})) diagnostics_.push_back(std::move(each));
}

Flow Builder::add(const spec::StepSpec& step, const spec::FilterStep& filter, Flow input) {
  std::shared_ptr<const expr::Program> condition;
  input = compiled_input(std::move(input), step.id, [&](Expressions& expressions, const Shape&) {
    condition = expressions.compile_program(filter.condition);
    return true;
  });
  if (condition != nullptr) check_condition(*condition, filter.condition.pointer);
  return graph_.add_operator(
      input, step.id, [condition] { return std::make_unique<operators::Filter>(condition); },
      input.shape, true);
}

void Builder::note_unwritable(const Expressions::Value& value, const std::string& pointer) {
  std::optional<Misfit> misfit = misfit_written(value);
  if (!misfit) return;
  spec::Diagnostic& told = unwritable_[value.column];
  told.pointer = pointer;
  told.code = std::move(misfit->code);
  told.message = std::move(misfit->message);
}

void Builder::check_written(const Shape& shape) {
  for (const Member& member : shape.computed()) check_written(member.column);
}

void Builder::check_written(std::size_t column) {
  const auto found = unwritable_.find(column);
  if (found == unwritable_.end()) return;
  const spec::Diagnostic told = std::move(found->second);
  unwritable_.erase(found);
  const bool known = std::any_of(diagnostics_.begin(), diagnostics_.end(), [&](const auto& each) {
    return each.pointer == told.pointer && each.code == told.code;
  });
  if (!known) diagnostics_.push_back(told);
}

std::vector<Member> Builder::assign(const std::vector<spec::Assignment>& fields,
                                    Expressions& expressions, ComputeWork& work) {
  work = {};
  std::vector<Member> members;
  for (const spec::Assignment& field : fields) {
    const bool may_be_absent = !field.copy_of.empty();
    const Expressions::Value value = may_be_absent ? expressions.field(field.copy_of, field.pointer)
                                                   : expressions.compile_written(field.value);
    if (expressions.mixed()) return members;
    // Rows without a field that is set, or copied from, failed here.
    if (!may_be_absent) {
      presence_.settle(field.target);
      if (value.copy_of) presence_.settle(value.copy_of->path);
    }
    // A field that the schema declares reads as null where it is absent.
    const bool null_if_absent = !may_be_absent && value.declared;
    members.push_back(
        {field.target, value.copy_of, value.column, null_if_absent, value.type, value.written});
    note_unwritable(value, field.value.pointer);
    if (value.program != nullptr) {
      work.items.push_back({value.program, value.column, value.written});
    } else if (!may_be_absent && !value.declared && value.valid) {
      work.present.push_back({value.copy_of ? column(*value.copy_of, Want::token) : value.column,
                              &expr::absent_field(value.path)});
    }
  }
  return members;
}

namespace {

// That a row has no object in which `target` could be set: its first `size` segments lead there.
const record::RowError& no_object(const spec::FieldPath& target, std::size_t size) {
  const spec::FieldPath parent(target.begin(), target.begin() + static_cast<std::ptrdiff_t>(size));
  return record::named_error(operators::kSetInNoObject,
                             "the field " + spec::quoted_field_path(parent) +
                                 ", inside of which a field is to be set, is no object");
}

}  // namespace

void Builder::check_parents(const Shape& shape, const spec::FieldPath& target,
                            const std::string& at) {
  using Kind = spec::SchemaType::Kind;
  for (std::size_t size = 1; size < target.size(); ++size) {
    const spec::FieldPath parent(target.begin(),
                                 target.begin() + static_cast<std::ptrdiff_t>(size));
    const Field field = shape.find(parent, graph_.scopes(), Shape::Naming::extra);
    const bool known = field.type != nullptr && field.type->kind != Kind::object &&
                       field.type->kind != Kind::map && field.type->kind != Kind::json;
    if (!known) continue;
    return report({}, at, "NOT_AN_OBJECT",
                  "`" + spec::format_field_path(parent) + "` is " +
                      std::string(name_of(field.type->kind)) +
                      " here, so no field can be set inside of it: choose another name, or `drop` "
                      "it in a step before");
  }
}

void Builder::ask_parents(const Shape& shape, const spec::FieldPath& target,
                          std::vector<operators::Need>& objects) {
  for (const Place& parent : shape.parents_of(target)) {
    const std::size_t looked_at = column(parent, Want::token);
    if (std::none_of(objects.begin(), objects.end(),
                     [looked_at](const auto& known) { return known.column == looked_at; }))
      objects.push_back({looked_at, &no_object(target, parent.path.size())});
  }
}

Flow Builder::add_compute(const spec::StepSpec& step, const Flow& input,
                          std::shared_ptr<ComputeWork> work, Shape after) {
  return graph_.add_operator(
      input, step.id,
      [work = std::shared_ptr<const ComputeWork>(std::move(work))] {
        return std::make_unique<Compute>(work, Counting::every_row);
      },
      std::move(after), true);
}

Flow Builder::add(const spec::StepSpec& step, const spec::SetStep& set, Flow input) {
  const auto work = std::make_shared<ComputeWork>();
  std::vector<Member> members;
  for (const spec::Assignment& field : set.fields)
    check_parents(input.shape, field.target, field.pointer);
  input =
      compiled_input(std::move(input), step.id, [&](Expressions& expressions, const Shape& shape) {
        if (!std::all_of(set.fields.begin(), set.fields.end(),
                         [&](const auto& field) { return shape.can_set(field.target); }))
          return false;
        members = assign(set.fields, expressions, *work);
        if (!expressions.mixed())
          for (const spec::Assignment& field : set.fields)
            ask_parents(shape, field.target, work->objects);
        return true;
      });
  Shape after = input.shape;
  for (Member& member : members) after.set(std::move(member));
  return add_compute(step, input, work, std::move(after));
}

Flow Builder::add(const spec::StepSpec& step, const spec::SelectStep& select, Flow input) {
  const auto work = std::make_shared<ComputeWork>();
  std::vector<Member> members;
  input = compiled_input(std::move(input), step.id, [&](Expressions& expressions, const Shape&) {
    members = assign(select.fields, expressions, *work);
    return true;
  });
  Shape after = input.shape;
  after.select(std::move(members));
  return add_compute(step, input, work, std::move(after));
}

Flow Builder::add(const spec::StepSpec& step, const spec::DropStep& drop, Flow input) {
  input = compiled_input(std::move(input), step.id, [&](Expressions&, const Shape& shape) {
    return std::all_of(drop.fields.begin(), drop.fields.end(),
                       [&](const auto& field) { return shape.can_drop(field); });
  });
  Shape after = input.shape;
  for (const spec::FieldPath& field : drop.fields) after.drop(field);
  return graph_.add_operator(
      input, step.id, [] { return std::make_unique<operators::Pass>(Counting::every_row); },
      std::move(after), true);
}

Flow Builder::add(const spec::StepSpec& step, const spec::RepartitionStep& repartition,
                  Flow input) {
  std::vector<std::size_t> columns;
  input = compiled_input(std::move(input), step.id, [&](Expressions& expressions, const Shape&) {
    columns.clear();
    for (std::size_t i = 0; i < repartition.by.size(); ++i) {
      const std::string pointer = step.pointer + "/repartition/by/" + std::to_string(i);
      const std::optional<std::size_t> column =
          expressions.field_column(repartition.by[i], pointer);
      if (column) columns.push_back(*column);
    }
    return true;
  });
  const Flow checked = graph_.add_operator(
      input, step.id, [columns] { return std::make_unique<operators::KeyCheck>(columns); },
      input.shape, true);
  return graph_.add_exchange(checked, step.id, columns);
}

namespace {

bool is_error(const spec::Diagnostic& diagnostic) {
  return diagnostic.severity == spec::Severity::error;
}

// By which fields a step needs its rows together.
std::string by_of(const spec::StepSpec& step) {
  std::string names;
  const auto add = [&](const spec::FieldPath& field) {
    names += (names.empty() ? "" : ", ") + spec::format_field_path(field);
  };
  const auto add_all = [&](const std::vector<spec::Assignment>& by) {
    for (const spec::Assignment& field : by)
      add(field.copy_of.empty() ? field.target : field.copy_of);
  };
  if (const auto* repartition = std::get_if<spec::RepartitionStep>(&step.verb))
    for (const spec::FieldPath& field : repartition->by) add(field);
  if (const auto* aggregate = std::get_if<spec::AggregateStep>(&step.verb)) add_all(aggregate->by);
  if (const auto* dedupe = std::get_if<spec::DedupeStep>(&step.verb)) add_all(dedupe->by);
  return names.empty() ? "all rows together" : names;
}

}  // namespace

std::uint32_t tasks_of(const spec::PipelineSpec& spec, const PlanOptions& options) {
  return std::max<std::uint32_t>(1, spec.parallelism != 0 ? spec.parallelism : options.workers);
}

namespace {

// What shows when all is put together, also of a draft.
std::vector<spec::Diagnostic> put_together(Builder& builder, const spec::PipelineSpec& spec,
                                           const PlanOptions& options) {
  builder.build();
  std::vector<spec::Diagnostic> found = builder.take_diagnostics();
  check_topic_patterns(spec, options.default_profile, found);
  for (spec::Diagnostic& loop : check_dead_letters(spec)) found.push_back(std::move(loop));
  return found;
}

}  // namespace

PlanResult build_plan(std::shared_ptr<const spec::PipelineSpec> spec, const PlanOptions& options) {
  Builder builder(spec, options);
  std::vector<spec::Diagnostic> diagnostics = put_together(builder, *spec, options);
  if (std::any_of(diagnostics.begin(), diagnostics.end(), is_error))
    return {nullptr, std::move(diagnostics)};
  const auto plan = std::make_shared<Plan>();
  plan->parallelism = tasks_of(*spec, options);
  plan->dead_letters = dead_letters_of(*spec);
  plan->spec = std::move(spec);
  plan->stages = builder.graph().take_stages();
  plan->exchanges = builder.graph().take_exchanges();
  plan->keyed = builder.take_keyed();
  plan->plugins = builder.pins();
  plan->warnings = std::move(diagnostics);
  return {plan, {}};
}

std::vector<spec::Diagnostic> check_rest(const spec::ParseResult& parsed,
                                         const PlanOptions& options) {
  if (parsed.ok()) {
    PlanResult planned = build_plan(parsed.spec, options);
    return planned.plan != nullptr ? planned.plan->warnings : std::move(planned.diagnostics);
  }
  if (parsed.graph == nullptr) return check_expressions(parsed.expressions, options.expressions);
  Builder builder(parsed.graph, options, &parsed);
  std::vector<spec::Diagnostic> found = put_together(builder, *parsed.graph, options);
  std::erase_if(found, [&](const spec::Diagnostic& each) {
    return std::any_of(parsed.diagnostics.begin(), parsed.diagnostics.end(),
                       [&](const spec::Diagnostic& told) {
                         return told.pointer == each.pointer && told.code == each.code;
                       });
  });
  return found;
}

std::vector<StageSummary> describe(const Plan& plan) {
  std::vector<StageSummary> summaries;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const Stage& stage = plan.stages[i];
    StageSummary summary{"stage-" + std::to_string(i), stage.steps, plan.parallelism, ""};
    for (const spec::StepSpec& step : plan.spec->steps)
      if (!stage.exchanges.empty() && step.id == plan.exchanges[stage.exchanges[0].index].step)
        summary.exchange = by_of(step);
    summaries.push_back(std::move(summary));
  }
  return summaries;
}

}  // namespace leat::plan
