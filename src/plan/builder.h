#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operators/compute.h"
#include "operators/topic_check.h"
#include "plan/edges.h"
#include "plan/expressions.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "plan/presence.h"
#include "plan/results.h"
#include "spec/parse.h"

namespace leat::plan {

// Walks a definition from its sources to its sinks and puts its graph together. Belongs to one call
// of build_plan.
class Builder {
 public:
  // `options` outlives it.
  // With a `draft` the definition is its graph; it outlives the builder.
  Builder(std::shared_ptr<const spec::PipelineSpec> definition, const PlanOptions& options,
          const spec::ParseResult* draft = nullptr)
      : spec_(std::move(definition)),
        draft_(draft),
        limits_(options.expressions),
        plugins_(*spec_, options.plugins, options.mocks),
        mocks_(options.mocks, &plugins_),
        options_(options),
        parallelism_(tasks_of(*spec_, options)) {}

  void build() {
    plugins_.tell(diagnostics_);
    // A source without a usable time has a rule of its own.
    absence_is_meant_ = true;
    for (std::uint32_t i = 0; i < spec_->sources.size(); ++i) {
      const spec::SourceSpec& source = spec_->sources[i];
      if (const auto* generator = std::get_if<spec::GeneratorSpec>(&source.kind)) {
        check_generator(*generator, limits_, diagnostics_);
        for (const auto& [name, value] : generator->fields) presence_.settle({name});
      }
      flows_.emplace(source.id, add_source(i, source));
    }
    for (const spec::StepSpec& step : spec_->steps) {
      if (draft_ != nullptr && draft_->unsound.contains(step.pointer)) {
        pass_over(step);
        continue;
      }
      const Flow input = input_of(step.from, step.id);
      absence_is_meant_ = step.on_error.has_value() || has_unsound();
      check_epochs(step, input);
      flows_.emplace(
          step.id, std::visit([&](const auto& verb) { return add(step, verb, input); }, step.verb));
    }
    absence_is_meant_ = has_unsound();
    for (std::uint32_t i = 0; i < spec_->sinks.size(); ++i) add_sink(i, spec_->sinks[i]);
    if (draft_ != nullptr) check_faulty();
    for (const spec::TestSpec& test : spec_->tests) check_mocks(test);
  }

  Graph& graph() noexcept { return graph_; }
  std::vector<spec::Diagnostic> take_diagnostics() { return std::move(diagnostics_); }
  std::vector<PluginPin> pins() const { return plugins_.pins(); }
  std::vector<KeyedStep> take_keyed() { return std::move(keyed_); }

 private:
  Flow input_of(const std::vector<std::string>& from, const std::string& step) {
    std::vector<const Flow*> inputs;
    for (const std::string& id : from)
      if (const auto flow = flows_.find(id); flow != flows_.end()) inputs.push_back(&flow->second);
    if (inputs.empty() || inputs.size() < from.size()) return unknown_rows(step);
    if (inputs.size() > 1)
      for (const Flow* input : inputs) check_written(input->shape);
    return graph_.unite(inputs, step);
  }

  bool has_unsound() const { return draft_ != nullptr && !draft_->unsound.empty(); }
  // Rows of which nothing is known, in a draft.
  Flow unknown_rows(const std::string& id);
  void pass_over(const spec::StepSpec& step);
  // What expressions have by themselves in parts that could not be planned as they were meant.
  void check_faulty();

  // Lets `attempt` compile against the input's shape; when it meets mixed fields, once more behind
  // an encode.
  template <class Attempt>
  Flow compiled_input(Flow input, const std::string& step, Attempt&& attempt) {
    const std::size_t known = diagnostics_.size();
    const Presence before = presence_;
    Expressions first = compiler_of(input.shape);
    if (attempt(first, input.shape) && !first.mixed()) return input;
    diagnostics_.resize(known);
    presence_ = before;
    check_written(input.shape);
    input = graph_.materialise(input, step);
    Expressions second = compiler_of(input.shape);
    attempt(second, input.shape);
    return input;
  }
  Expressions compiler_of(const Shape& shape) {
    return {spec_->name,
            shape,
            graph_.scopes(),
            limits_,
            mocks_,
            diagnostics_,
            absence_is_meant_ ? nullptr : &presence_};
  }

  void warn(const std::string& pointer, std::string code, std::string message) {
    spec::Diagnostic diagnostic;
    diagnostic.severity = spec::Severity::warning;
    report(std::move(diagnostic), pointer, std::move(code), std::move(message));
  }
  void report(std::optional<Misfit> misfit, const std::string& pointer) {
    if (misfit) report({}, pointer, std::move(misfit->code), std::move(misfit->message));
  }
  void report(spec::Diagnostic diagnostic, const std::string& pointer, std::string code,
              std::string message) {
    diagnostic.pointer = pointer;
    diagnostic.code = std::move(code);
    diagnostic.message = std::move(message);
    diagnostics_.push_back(std::move(diagnostic));
  }

  // build_sources.cc
  Flow add_source(std::uint32_t index, const spec::SourceSpec& source);
  // Whether times can be read by the source's format and zone.
  bool check_time_format(const spec::SourceSpec& source);

  Flow add(const spec::StepSpec& step, const spec::FilterStep& filter, Flow input);
  Flow add(const spec::StepSpec& step, const spec::SetStep& set, Flow input);
  Flow add(const spec::StepSpec& step, const spec::SelectStep& select, Flow input);
  Flow add(const spec::StepSpec& step, const spec::DropStep& drop, Flow input);
  Flow add(const spec::StepSpec& step, const spec::RepartitionStep& repartition, Flow input);
  // build_explode.cc
  bool check_targets(const spec::StepSpec& step, const spec::ExplodeStep& explode);
  Flow add(const spec::StepSpec& step, const spec::ExplodeStep& explode, Flow input);

  // build_keyed.cc
  Flow add(const spec::StepSpec& step, const spec::AggregateStep& aggregate, Flow input);
  Flow add(const spec::StepSpec& step, const spec::DedupeStep& dedupe, Flow input);
  bool reads_updates(const spec::StepSpec& step, const Flow& input);
  void check_epochs(const spec::StepSpec& step, const Flow& input);
  void warn_of_windows(const spec::StepSpec& step, const spec::AggregateStep& aggregate,
                       const Flow& input);
  void tell_of_partitions(const std::vector<spec::Assignment>& by, const Flow& input);
  // Columns of the key's values; what must run for them goes to `work`.
  std::vector<TypedColumn> bind_key(const std::vector<spec::Assignment>& by,
                                    Expressions& expressions, operators::ComputeWork& work);
  // Rows with equal keys at one place, behind `work`.
  Flow gathered(Flow input, const spec::StepSpec& step,
                std::shared_ptr<operators::ComputeWork> work,
                const std::vector<std::size_t>& key_columns,
                const std::vector<spec::Assignment>& by);
  // The side output of the step that made `made` of `entered`.
  void add_late_rows(const spec::StepSpec& step, const Flow& made, Flow entered);
  void remember(const spec::StepSpec& step, const Flow& flow, KeyedStep keyed);
  void remember(const spec::StepSpec& step, const spec::AggregateStep& aggregate, const Flow& flow,
                std::shared_ptr<const operators::AggregateWork> work,
                std::vector<std::string> names, std::vector<spec::SchemaType::Kind> kinds);

  void check_mocks(const spec::TestSpec& test);
  void check_condition(const expr::Program& condition, const std::string& pointer);
  // Compiles all expressions of a set or select; what must run goes to `work`.
  std::vector<Member> assign(const std::vector<spec::Assignment>& fields, Expressions& expressions,
                             operators::ComputeWork& work);
  // Whether a field can be set in rows of `shape`, for all that is known: `at` is its place.
  void check_parents(const Shape& shape, const spec::FieldPath& target, const std::string& at);
  // Adds the columns to look at before it is.
  void ask_parents(const Shape& shape, const spec::FieldPath& target,
                   std::vector<operators::Need>& objects);
  // Remembers that no encoder takes the value of the expression at `pointer`.
  void note_unwritable(const Expressions::Value& value, const std::string& pointer);
  // Tells of what is written of rows of `shape` and cannot be.
  void check_written(const Shape& shape);
  void check_written(std::size_t column);
  Flow add_compute(const spec::StepSpec& step, const Flow& input,
                   std::shared_ptr<operators::ComputeWork> work, Shape after);

  // build_sinks.cc
  void add_sink(std::uint32_t index, const spec::SinkSpec& sink);
  // What the expressions of a Kafka sink become.
  struct Bindings {
    flow::SinkBinding::Text key = flow::SinkBinding::FromRecord{};
    std::vector<flow::SinkBinding::HeaderRule> headers;
    std::optional<std::size_t> timestamp_column;
    std::optional<std::size_t> topic_column;
    std::size_t value_column = 0;               // of the formats string and bytes
    std::vector<codec::CsvColumn> csv_columns;  // of the format csv
  };
  Bindings bind(const spec::SinkSpec& sink, Expressions& expressions, const Shape& shape,
                operators::ComputeWork& work);
  // Whether rows of this shape are the sink's own already, byte for byte.
  bool passes_csv(const spec::SinkSpec& sink, const Shape& shape);
  void bind_kafka(const spec::KafkaSinkSpec& kafka, Expressions& expressions,
                  operators::ComputeWork& work, Bindings& bindings);
  void bind_csv(const spec::SinkSpec& sink, Expressions& expressions, Bindings& bindings);
  // What is wrong with a value; nothing where nothing is.
  using Check = std::function<std::optional<Misfit>(const Expressions::Value&)>;
  std::size_t text_column(const spec::Expression& expression, Expressions& expressions,
                          operators::ComputeWork& work, const Check& check);
  std::size_t time_column(const spec::Expression& expression, Expressions& expressions,
                          operators::ComputeWork& work);
  MakeEncoder encoder_of(const spec::SinkSpec& sink, const Bindings& bindings, const Shape& shape);
  operators::TopicCheck::Rules topic_rules(const spec::KafkaSinkSpec& kafka,
                                           std::size_t column) const;
  std::size_t column(const Place& place, Want want) {
    return graph_.scopes().column(place.scope, place.path, want);
  }

  const std::shared_ptr<const spec::PipelineSpec> spec_;
  const spec::ParseResult* const draft_;
  const expr::Limits limits_;
  PluginFunctions plugins_;
  Mocks mocks_;
  const PlanOptions& options_;
  const std::uint32_t parallelism_;
  std::vector<KeyedStep> keyed_;
  Graph graph_;
  std::map<std::string, Flow> flows_;
  std::vector<spec::Diagnostic> diagnostics_;
  Presence presence_;
  std::map<std::size_t, spec::Diagnostic> unwritable_;  // by column
  bool absence_is_meant_ = false;  // what is being planned says what becomes of rows that fail
};

}  // namespace leat::plan
