#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "expr/parser.h"
#include "json/parse.h"
#include "plan/plan.h"
#include "spec/excerpt.h"
#include "spec/field_path.h"
#include "spec/parse.h"
#include "spec/text.h"

// Definitions, triggers and field paths; what is right is planned too.
namespace leat::fuzz {

inline bool has_error(const std::vector<spec::Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const spec::Diagnostic& each) {
    return each.severity == spec::Severity::error;
  });
}

inline void check_diagnostics(std::string_view text,
                              const std::vector<spec::Diagnostic>& diagnostics) {
  const json::Parsed parsed = json::parse(text);
  LEAT_CHECK(diagnostics.size() <= 4 * spec::ParseResult::kErrorsMax);
  for (const spec::Diagnostic& each : diagnostics) {
    LEAT_CHECK(!each.code.empty() && !each.message.empty());
    LEAT_CHECK(base::valid_utf8(each.message) && base::valid_utf8(each.pointer));
    LEAT_CHECK(!each.span || each.span->first <= each.span->second);
    if (parsed.ok()) {
      LEAT_CHECK(each.line >= 1 && each.column >= 1);
      LEAT_CHECK(json::find_pointer(parsed.root(), each.pointer) != nullptr);
    }
    LEAT_CHECK(spec::to_line("f", each).find(each.code) != std::string::npos);
    LEAT_CHECK(each.line == 0 || spec::excerpt(text, each).find('^') != std::string::npos);
    json::Writer writer;
    spec::write_diagnostic(writer, each);
    LEAT_CHECK(json::parse(writer.take()).ok());
  }
}

inline void check_path(const spec::FieldPath& path) {
  const std::string text = spec::format_field_path(path);
  const Result<spec::FieldPath> again = spec::parse_field_path(text);
  LEAT_CHECK(again.ok() && *again == path);
  // Expressions take no broken UTF-8 between backticks; definitions cannot have it.
  if (!base::valid_utf8(text)) return;
  const expr::PathResult expression = expr::parse_path(text);
  LEAT_CHECK(expression.ok() && expression.path == path);
}

inline void check_trigger(const spec::TriggerSpec& trigger) {
  const spec::TriggerResult again = spec::parse_trigger(spec::to_json(trigger));
  LEAT_CHECK(again.ok() && *again.trigger == trigger);
}

inline void check_paths(const spec::PipelineSpec& spec) {
  for (const spec::StepSpec& step : spec.steps) {
    if (const auto* set = std::get_if<spec::SetStep>(&step.verb))
      for (const spec::Assignment& each : set->fields) check_path(each.target);
    if (const auto* select = std::get_if<spec::SelectStep>(&step.verb))
      for (const spec::Assignment& each : select->fields) check_path(each.target);
    if (const auto* explode = std::get_if<spec::ExplodeStep>(&step.verb)) {
      check_path(explode->field);
      check_path(explode->as);
      if (explode->index) check_path(*explode->index);
    }
    if (const auto* drop = std::get_if<spec::DropStep>(&step.verb))
      for (const spec::FieldPath& each : drop->fields) check_path(each);
    if (const auto* aggregate = std::get_if<spec::AggregateStep>(&step.verb)) {
      for (const spec::Assignment& each : aggregate->by) check_path(each.target);
      for (const spec::Assignment& each : aggregate->compute) check_path(each.target);
    }
    if (const auto* dedupe = std::get_if<spec::DedupeStep>(&step.verb))
      for (const spec::Assignment& each : dedupe->by) check_path(each.target);
    if (const auto* repartition = std::get_if<spec::RepartitionStep>(&step.verb))
      for (const spec::FieldPath& each : repartition->by) check_path(each);
  }
}

// Ids are single, and rows come from above.
inline void check_graph(const spec::PipelineSpec& spec) {
  std::set<std::string> known;
  const auto from_above = [&known](const std::vector<std::string>& from) {
    LEAT_CHECK(!from.empty());
    for (const std::string& id : from) LEAT_CHECK(known.contains(id));
  };
  LEAT_CHECK(!spec.sources.empty() && !spec.sinks.empty());
  for (const spec::SourceSpec& source : spec.sources) LEAT_CHECK(known.insert(source.id).second);
  for (const spec::StepSpec& step : spec.steps) {
    from_above(step.from);
    LEAT_CHECK(known.insert(step.id).second && !spec::verb_of(step).empty());
    if (spec::has_late_output(step)) known.insert(step.id + std::string(spec::kLateSuffix));
  }
  for (const spec::SinkSpec& sink : spec.sinks) from_above(sink.from);
}

inline void check_plan(std::string_view text, const spec::ParseResult& parsed) {
  plan::PlanResult planned = plan::build_plan(parsed.spec, {2});
  LEAT_CHECK((planned.plan == nullptr) == has_error(planned.diagnostics));
  std::vector<spec::Diagnostic> diagnostics =
      planned.plan == nullptr ? planned.diagnostics : planned.plan->warnings;
  spec::locate(text, diagnostics);
  check_diagnostics(text, diagnostics);
  if (planned.plan == nullptr) return;
  LEAT_CHECK(!planned.plan->stages.empty());
  LEAT_CHECK(plan::describe(*planned.plan).size() == planned.plan->stages.size());
  for (const plan::Stage& stage : planned.plan->stages) {
    for (std::size_t i = 0; i < stage.nodes.size(); ++i)
      for (const std::size_t next : stage.nodes[i].next)
        LEAT_CHECK(next > i && next < stage.nodes.size());
  }
}

inline void check_definition(std::string_view text) {
  const spec::ParseResult parsed = spec::parse_pipeline(text);
  LEAT_CHECK(parsed.ok() != has_error(parsed.diagnostics));
  LEAT_CHECK(!parsed.malformed || parsed.diagnostics.size() == 1);
  LEAT_CHECK(parsed.malformed == json::parse(text).malformed());
  check_diagnostics(text, parsed.diagnostics);
  if (!parsed.ok()) {
    std::vector<spec::Diagnostic> rest = plan::check_rest(parsed, {2});
    spec::locate(text, rest);
    check_diagnostics(text, rest);
    return;
  }
  LEAT_CHECK(parsed.spec->text == text);
  const spec::ParseResult again = spec::parse_pipeline(parsed.spec->json);
  LEAT_CHECK(again.ok() && again.spec->json == parsed.spec->json);
  LEAT_CHECK(again.diagnostics.size() == parsed.diagnostics.size());
  check_trigger(parsed.spec->trigger);
  check_paths(*parsed.spec);
  check_graph(*parsed.spec);
  check_plan(text, parsed);
}

inline void fuzz_spec(std::string_view text) {
  check_definition(text);
  const spec::TriggerResult trigger = spec::parse_trigger(text);
  LEAT_CHECK(trigger.ok() != has_error(trigger.diagnostics));
  check_diagnostics(text, trigger.diagnostics);
  if (trigger.ok()) check_trigger(*trigger.trigger);
  if (const Result<spec::FieldPath> path = spec::parse_field_path(text); path.ok())
    check_path(*path);
}

}  // namespace leat::fuzz
