#include <algorithm>
#include <map>
#include <utility>

#include "operators/compute.h"
#include "operators/filter.h"
#include "operators/key_check.h"
#include "operators/pass.h"
#include "plan/errors.h"
#include "plan/expressions.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "plan/topics.h"
#include "spec/field_path.h"

namespace leat::plan {
namespace {

using operators::Compute;
using operators::ComputeWork;
using operators::Counting;

class Builder {
 public:
  Builder(std::shared_ptr<const spec::PipelineSpec> definition, const expr::Limits& limits)
      : spec_(std::move(definition)), limits_(limits) {}

  void build() {
    for (std::uint32_t i = 0; i < spec_->sources.size(); ++i) {
      const spec::SourceSpec& source = spec_->sources[i];
      if (const auto* generator = std::get_if<spec::GeneratorSpec>(&source.kind))
        check_generator(*generator, limits_, diagnostics_);
      flows_.emplace(source.id, graph_.add_source(i, source));
    }
    for (const spec::StepSpec& step : spec_->steps) {
      const Flow input = input_of(step.from, step.id);
      flows_.emplace(
          step.id, std::visit([&](const auto& verb) { return add(step, verb, input); }, step.verb));
    }
    for (std::uint32_t i = 0; i < spec_->sinks.size(); ++i) add_sink(i, spec_->sinks[i]);
    check_topic_patterns(*spec_, diagnostics_);
  }

  Graph& graph() noexcept { return graph_; }
  std::vector<spec::Diagnostic> take_diagnostics() { return std::move(diagnostics_); }

 private:
  Flow input_of(const std::vector<std::string>& from, const std::string& step) {
    std::vector<const Flow*> inputs;
    for (const std::string& id : from) inputs.push_back(&flows_.at(id));
    return graph_.unite(inputs, step);
  }

  // Lets `attempt` compile against the input's shape; when it meets mixed fields, once more behind
  // an encode.
  template <class Attempt>
  Flow compiled_input(Flow input, const std::string& step, Attempt&& attempt) {
    const std::size_t known = diagnostics_.size();
    Expressions first(spec_->name, input.shape, graph_.scopes(), limits_, diagnostics_);
    if (attempt(first, input.shape) && !first.mixed()) return input;
    diagnostics_.resize(known);
    input = graph_.materialise(input, step);
    Expressions second(spec_->name, input.shape, graph_.scopes(), limits_, diagnostics_);
    attempt(second, input.shape);
    return input;
  }

  void warn(const std::string& pointer, std::string code, std::string message) {
    spec::Diagnostic diagnostic;
    diagnostic.severity = spec::Severity::warning;
    report(std::move(diagnostic), pointer, std::move(code), std::move(message));
  }
  void report(spec::Diagnostic diagnostic, const std::string& pointer, std::string code,
              std::string message) {
    diagnostic.pointer = pointer;
    diagnostic.code = std::move(code);
    diagnostic.message = std::move(message);
    diagnostics_.push_back(std::move(diagnostic));
  }

  Flow add(const spec::StepSpec& step, const spec::FilterStep& filter, Flow input);
  Flow add(const spec::StepSpec& step, const spec::SetStep& set, Flow input);
  Flow add(const spec::StepSpec& step, const spec::SelectStep& select, Flow input);
  Flow add(const spec::StepSpec& step, const spec::DropStep& drop, Flow input);
  Flow add(const spec::StepSpec& step, const spec::RepartitionStep& repartition, Flow input);
  Flow add(const spec::StepSpec& step, const spec::ExplodeStep& explode, Flow input);

  void check_condition(const expr::Program& condition, const std::string& pointer);
  // Compiles all expressions of a set or select; what must run goes to `work`.
  std::vector<Member> assign(const std::vector<spec::Assignment>& fields, Expressions& expressions,
                             const Shape& shape, ComputeWork& work);
  Flow add_compute(const spec::StepSpec& step, const Flow& input, std::shared_ptr<ComputeWork> work,
                   Shape after);

  void add_sink(std::uint32_t index, const spec::SinkSpec& sink);
  // What the expressions of a Kafka sink become.
  struct Bindings {
    flow::SinkBinding::Text key = flow::SinkBinding::FromRecord{};
    std::vector<flow::SinkBinding::HeaderRule> headers;
    std::optional<std::size_t> timestamp_column;
    std::size_t value_column = 0;  // of the formats string and bytes
  };
  Bindings bind(const spec::SinkSpec& sink, Expressions& expressions, const Shape& shape,
                ComputeWork& work);
  std::size_t text_column(const spec::Expression& expression, Expressions& expressions,
                          const Shape& shape, ComputeWork& work);
  std::size_t time_column(const spec::Expression& expression, Expressions& expressions,
                          const Shape& shape, ComputeWork& work);

  const std::shared_ptr<const spec::PipelineSpec> spec_;
  const expr::Limits limits_;
  Graph graph_;
  std::map<std::string, Flow> flows_;
  std::vector<spec::Diagnostic> diagnostics_;
};

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

std::vector<Member> Builder::assign(const std::vector<spec::Assignment>& fields,
                                    Expressions& expressions, const Shape& shape,
                                    ComputeWork& work) {
  work = {};
  std::vector<Member> members;
  for (const spec::Assignment& field : fields) {
    const bool may_be_absent = !field.copy_of.empty();
    const Expressions::Value value = may_be_absent ? expressions.field(field.copy_of, field.pointer)
                                                   : expressions.compile(field.value);
    if (expressions.mixed()) return members;
    members.push_back({field.target, value.copy_of, value.column});
    if (value.program != nullptr) {
      work.items.push_back({value.program, value.column});
    } else if (!may_be_absent && value.valid) {
      work.present.push_back(
          value.copy_of ? graph_.scopes().column(shape.scope(), *value.copy_of, Want::token)
                        : value.column);
    }
  }
  return members;
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
  input =
      compiled_input(std::move(input), step.id, [&](Expressions& expressions, const Shape& shape) {
        if (!std::all_of(set.fields.begin(), set.fields.end(),
                         [&](const auto& field) { return shape.can_set(field.target); }))
          return false;
        members = assign(set.fields, expressions, shape, *work);
        return true;
      });
  Shape after = input.shape;
  for (Member& member : members) after.set(std::move(member));
  return add_compute(step, input, work, std::move(after));
}

Flow Builder::add(const spec::StepSpec& step, const spec::SelectStep& select, Flow input) {
  const auto work = std::make_shared<ComputeWork>();
  std::vector<Member> members;
  input =
      compiled_input(std::move(input), step.id, [&](Expressions& expressions, const Shape& shape) {
        members = assign(select.fields, expressions, shape, *work);
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

Flow Builder::add(const spec::StepSpec& step, const spec::ExplodeStep&, Flow input) {
  report({}, step.pointer + "/explode", "NOT_AVAILABLE_YET", "`explode` is not available yet");
  return input;
}

std::size_t Builder::text_column(const spec::Expression& expression, Expressions& expressions,
                                 const Shape& shape, ComputeWork& work) {
  const Expressions::Value value = expressions.compile(expression);
  Scopes& scopes = graph_.scopes();
  if (value.program != nullptr) {
    work.items.push_back({value.program, value.column});
    if (!value.program->columns().empty()) work.tombstones = operators::Tombstones::drop;
    return value.column;
  }
  work.tombstones = operators::Tombstones::drop;
  if (!value.copy_of) {
    if (value.valid) work.present.push_back(value.column);
    return value.column;
  }
  const std::size_t typed = scopes.column(shape.scope(), *value.copy_of, Want::value);
  const std::size_t text = scopes.new_column();
  work.present.push_back(typed);
  work.texts.push_back({typed, scopes.column(shape.scope(), *value.copy_of, Want::token), text});
  return text;
}

std::size_t Builder::time_column(const spec::Expression& expression, Expressions& expressions,
                                 const Shape& shape, ComputeWork& work) {
  const Expressions::Value value = expressions.compile(expression);
  const std::size_t column =
      value.copy_of ? graph_.scopes().column(shape.scope(), *value.copy_of, Want::value)
                    : value.column;
  if (value.program != nullptr)
    work.items.push_back({value.program, column});
  else if (value.valid)
    work.present.push_back(column);
  if (value.program == nullptr || !value.program->columns().empty())
    work.tombstones = operators::Tombstones::drop;
  return column;
}

Builder::Bindings Builder::bind(const spec::SinkSpec& sink, Expressions& expressions,
                                const Shape& shape, ComputeWork& work) {
  using flow::SinkBinding;
  Bindings bindings;
  work = {};
  work.tombstones = operators::Tombstones::evaluate;
  if (sink.format != spec::Format::json) {
    const auto column = expressions.field_column({"value"}, sink.pointer + "/format");
    if (column) bindings.value_column = *column;
  }
  const auto* kafka = std::get_if<spec::KafkaSinkSpec>(&sink.kind);
  if (kafka == nullptr) return bindings;
  const auto column_of = [&](const spec::Expression& expression) {
    return SinkBinding::Column{text_column(expression, expressions, shape, work)};
  };
  if (kafka->key) {
    if (!*kafka->key)
      bindings.key = SinkBinding::None{};
    else if (const auto* text = std::get_if<std::string>(&**kafka->key))
      bindings.key = *text;
    else
      bindings.key = column_of(std::get<spec::Expression>(**kafka->key));
  }
  for (const auto& [name, value] : kafka->headers) {
    SinkBinding::HeaderRule rule{name, SinkBinding::None{}};
    if (value) {
      if (const auto* text = std::get_if<std::string>(&*value))
        rule.value = *text;
      else
        rule.value = column_of(std::get<spec::Expression>(*value));
    }
    bindings.headers.push_back(std::move(rule));
  }
  if (kafka->timestamp)
    bindings.timestamp_column = time_column(*kafka->timestamp, expressions, shape, work);
  return bindings;
}

void Builder::add_sink(std::uint32_t index, const spec::SinkSpec& sink) {
  const auto work = std::make_shared<ComputeWork>();
  Bindings bindings;
  Flow input = input_of(sink.from, sink.from.front());
  const std::string reader = input.step;  // rows are counted there until they reach the sink
  input =
      compiled_input(std::move(input), reader, [&](Expressions& expressions, const Shape& shape) {
        bindings = bind(sink, expressions, shape, *work);
        return true;
      });
  if (!work->items.empty() || !work->present.empty()) {
    input = graph_.add_operator(
        input, reader,
        [work = std::shared_ptr<const ComputeWork>(work)] {
          return std::make_unique<Compute>(work, Counting::failures);
        },
        input.shape, false);
    graph_.work_for_sink(input, index);
  }
  std::function<std::unique_ptr<record::RowEncoder>()> make_encoder;
  if (sink.format == spec::Format::json) {
    make_encoder = graph_.json_encoder(input.shape);
  } else {
    const codec::Format format =
        sink.format == spec::Format::string ? codec::Format::string : codec::Format::bytes;
    make_encoder = [format, column = bindings.value_column] {
      return codec::make_text_encoder(format, column);
    };
  }
  graph_.add_sink(input, index, [make_encoder, bindings] {
    flow::SinkBinding binding;
    binding.encoder = make_encoder();
    binding.key = bindings.key;
    binding.headers = bindings.headers;
    binding.timestamp_column = bindings.timestamp_column;
    return binding;
  });
}

bool is_error(const spec::Diagnostic& diagnostic) {
  return diagnostic.severity == spec::Severity::error;
}

}  // namespace

PlanResult build_plan(std::shared_ptr<const spec::PipelineSpec> spec, const PlanOptions& options) {
  Builder builder(spec, options.expressions);
  builder.build();
  std::vector<spec::Diagnostic> diagnostics = builder.take_diagnostics();
  for (spec::Diagnostic& loop : check_dead_letters(*spec)) diagnostics.push_back(std::move(loop));
  if (std::any_of(diagnostics.begin(), diagnostics.end(), is_error))
    return {nullptr, std::move(diagnostics)};
  const auto plan = std::make_shared<Plan>();
  plan->parallelism =
      std::max<std::uint32_t>(1, spec->parallelism != 0 ? spec->parallelism : options.workers);
  plan->dead_letters = dead_letters_of(*spec);
  plan->spec = std::move(spec);
  plan->stages = builder.graph().take_stages();
  plan->exchanges = builder.graph().take_exchanges();
  plan->warnings = std::move(diagnostics);
  return {plan, {}};
}

std::vector<StageSummary> describe(const Plan& plan) {
  std::vector<StageSummary> summaries;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const Stage& stage = plan.stages[i];
    StageSummary summary{"stage-" + std::to_string(i), stage.steps, plan.parallelism, ""};
    for (const spec::StepSpec& step : plan.spec->steps) {
      if (stage.exchanges.empty() || step.id != plan.exchanges[stage.exchanges[0].index].step)
        continue;
      for (const spec::FieldPath& field : std::get<spec::RepartitionStep>(step.verb).by)
        summary.exchange += (summary.exchange.empty() ? "" : ", ") + spec::format_field_path(field);
    }
    summaries.push_back(std::move(summary));
  }
  return summaries;
}

}  // namespace leat::plan
