#include "main/registry.h"

#include "kafka/profile.h"
#include "local/local.h"
#include "plan/plan.h"
#include "spec/text.h"

namespace leat::main {
namespace {

kafka::CreateTopics create_topics(daemon::CreateTopics setting) {
  switch (setting) {
    case daemon::CreateTopics::never: return kafka::CreateTopics::never;
    case daemon::CreateTopics::internal: return kafka::CreateTopics::internal;
    case daemon::CreateTopics::all: return kafka::CreateTopics::all;
  }
  return kafka::CreateTopics::internal;
}

}  // namespace

Result<flow::Registry> make_registry(const daemon::Config& config) {
  kafka::KafkaOptions options;
  options.profiles.clear();
  options.default_profile = config.kafka.default_profile;
  options.create_topics = create_topics(config.kafka.create_topics);
  for (const auto& [name, profile] : config.kafka.profiles) {
    auto properties = profile.resolved();
    if (!properties.ok()) return properties.status().with("profile", name);
    options.profiles[name] = kafka::Profile{profile.brokers, *std::move(properties)};
  }
  LEAT_RETURN_IF_ERROR(kafka::check_options(options));
  flow::Registry registry;
  kafka::register_kafka(registry, options);
  local::register_local(registry, {.read_folders = config.files_read, .write_folders = config.files_write});
  return registry;
}

spec::Options definition_options(const daemon::Config& config) {
  spec::Options options;
  options.definition_bytes = config.http.definition_max;
  options.definition_depth = config.limits.definition_depth;
  options.definition_nodes = config.limits.definition_nodes;
  options.steps_max = config.steps_max;
  options.topics_max = config.topics_max;
  options.parallelism_max = config.limits.parallelism;
  options.expression_length = config.limits.expression_length;
  options.checkpoint_interval = config.defaults.checkpoint_interval;
  if (config.defaults.start_latest) options.start.kind = spec::StartSpec::Kind::latest;
  options.restart = {config.restart.initial, config.restart.max, config.restart.give_up_after};
  options.default_profile = config.kafka.default_profile;
  for (const auto& [name, profile] : config.kafka.profiles) options.profiles.push_back(name);
  return options;
}

runtime::SupervisorOptions supervisor_options(const daemon::Config& config, const Clock& clock) {
  runtime::SupervisorOptions options;
  options.application = config.application;
  options.instance = config.instance;
  options.state_dir = config.state_dir;
  options.workers = config.workers;
  options.workers_pin = config.workers_pin;
  options.idle_spin = config.idle_spin;
  options.idle_yield = config.idle_yield;
  options.pipelines_max = config.pipelines_max;
  options.restart_initial = config.restart.initial;
  options.restart_max = config.restart.max;
  options.restart_give_up_after = config.restart.give_up_after;
  options.restart_reset_after = config.restart.reset_after;
  options.stop_timeout = config.defaults.stop_timeout;
  options.clock = &clock;
  return options;
}

Result<runtime::PutRequest> read_definition(const std::string& file, const std::string& text,
                                            const spec::Options& options, std::uint32_t workers) {
  spec::ParseResult parsed = spec::parse_pipeline(text, options);
  std::vector<spec::Diagnostic> problems = std::move(parsed.diagnostics);
  runtime::PutRequest request;
  if (parsed.ok()) {
    plan::PlanResult built = plan::build_plan(parsed.spec, {workers});
    spec::locate(text, built.diagnostics);
    problems.insert(problems.end(), built.diagnostics.begin(), built.diagnostics.end());
    request.spec = parsed.spec;
    request.plan = built.plan;
  }
  if (request.plan) return request;
  std::string lines;
  for (const spec::Diagnostic& problem : problems) {
    if (problem.severity != spec::Severity::error) continue;
    if (!lines.empty()) lines += '\n';
    lines += spec::to_line(file, problem);
  }
  return Status(Code::invalid_argument, lines);
}

}  // namespace leat::main
