#include "daemon/definitions.h"

#include <algorithm>

#include "daemon/outside.h"
#include "spec/text.h"
#include "trial/places.h"

namespace leat::daemon {
namespace {

// `diagnostics` without line and column, of `text`.
Status refusal(std::string_view file, std::string_view text,
               std::vector<spec::Diagnostic> diagnostics) {
  spec::locate(text, diagnostics);
  trial::to_exact_places(text, diagnostics);
  std::string lines;
  for (const spec::Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity != spec::Severity::error) continue;
    lines += (lines.empty() ? "" : "\n") + spec::to_line(file, diagnostic);
  }
  return Status(Code::invalid_argument, lines.empty() ? "the definition is not valid" : lines);
}

}  // namespace

spec::Options definition_options(const Config& config) {
  spec::Options options;
  options.definition_bytes = config.http.definition_max;
  options.definition_depth = config.limits.definition_depth;
  options.definition_nodes = config.limits.definition_nodes;
  options.steps_max = config.steps_max;
  options.topics_max = config.topics_max;
  options.parallelism_max = config.limits.parallelism;
  options.expression_length = config.limits.expression_length;
  options.window_max = config.limits.window;
  options.windows_per_row = config.limits.windows_per_row;
  options.checkpoint_interval = config.defaults.checkpoint_interval;
  options.start.kind = config.defaults.start_latest ? spec::StartSpec::Kind::latest
                                                    : spec::StartSpec::Kind::earliest;
  options.restart = {config.restart.initial, config.restart.max, config.restart.give_up_after};
  options.default_profile = config.kafka.default_profile;
  for (const auto& [name, profile] : config.kafka.profiles) options.profiles.push_back(name);
  options.outside = {config.values_env, config.values_folders};
  options.read_outside = [folders = config.values_folders](std::string_view kind,
                                                           std::string_view name) {
    return read_outside(kind, name, folders);
  };
  return options;
}

plan::PlanOptions plan_options(const Config& config, plugin::Plugins* plugins) {
  plan::PlanOptions options;
  options.plugins = plugins;
  options.workers = config.workers;
  options.default_profile = config.kafka.default_profile;
  options.expressions = {config.limits.expression_length, config.limits.expression_depth,
                         config.limits.expression_nodes};
  options.aggregates.collect = config.limits.collect;
  options.emit_per_row = config.limits.emit_per_row;
  options.records = {config.limits.record_depth, config.limits.record_bytes};
  return options;
}

Result<runtime::PutRequest> read_definition(const Config& config, std::string_view file,
                                            std::string_view text, std::string_view name,
                                            plugin::Plugins* plugins) {
  spec::Options options = definition_options(config);
  if (!name.empty()) options.name = std::string(name);
  spec::ParseResult parsed = spec::parse_pipeline(text, options);
  if (!parsed.ok()) {
    const auto more = plan::check_rest(parsed, plan_options(config, plugins));
    parsed.diagnostics.insert(parsed.diagnostics.end(), more.begin(), more.end());
    return refusal(file, text, std::move(parsed.diagnostics));
  }
  plan::PlanResult planned = plan::build_plan(parsed.spec, plan_options(config, plugins));
  if (planned.plan == nullptr) return refusal(file, text, std::move(planned.diagnostics));
  runtime::PutRequest request;
  request.spec = parsed.spec;
  request.plan = planned.plan;
  request.actor = "leat";
  return request;
}

}  // namespace leat::daemon
