#include "spec/parse.h"

#include <algorithm>
#include <tuple>

#include "json/parse.h"
#include "json/write.h"
#include "spec/sections.h"

namespace leat::spec {
namespace {

constexpr std::size_t kLabelsMax = 64;
constexpr std::size_t kLabelBytesMax = 255;

json::ParseOptions guards(const Options& options) {
  json::ParseOptions guard;
  guard.bytes_max = options.definition_bytes;
  guard.depth_max = std::min(options.definition_depth, json::ParseOptions::kDepthCeiling);
  guard.values_max = options.definition_nodes;
  return guard;
}

// What the configuration calls the guard that refused; empty = it is none of its own.
std::string_view limit_of(std::string_view code, bool too_large) {
  if (code == "TOO_DEEP") return "limits.definition_depth";
  if (code == "TOO_MANY_VALUES") return "limits.definition_nodes";
  return code == "TOO_LARGE" && too_large ? "http.definition_max" : std::string_view();
}

void add_problems(Findings& findings, const json::Parsed& parsed, std::string_view text) {
  const bool too_large = text.size() > findings.options().definition_bytes;
  for (const json::Problem& problem : parsed.problems()) {
    const std::string_view limit = limit_of(problem.code, too_large);
    findings.error_at(problem.code, problem.pointer, problem.place,
                      problem.message + (limit.empty() ? "" : " (`" + std::string(limit) + "`)"));
  }
}

std::map<std::string, std::string> read_labels(Findings& findings, const Spot& spot) {
  std::map<std::string, std::string> labels;
  if (spot.value.members().size() > kLabelsMax)
    findings.error("OUT_OF_RANGE", spot,
                   "at most " + std::to_string(kLabelsMax) + " labels are taken");
  for (const json::Member& member : spot.value.members()) {
    if (findings.full()) break;
    const Spot at = spot.at(member.key, member.value);
    if (!is_id(member.key) && !is_pipeline_name(member.key))
      findings.error_at("BAD_NAME", at.pointer, member.key_place,
                        quoted(member.key) + " is no name for a label");
    if (findings.taken(member.value)) continue;
    const std::string* text = member.value.as_string();
    if (text == nullptr)
      findings.error(
          "WRONG_TYPE", at,
          "a label is a string, not " + std::string(json::kind_name(member.value.kind())));
    else if (text->size() > kLabelBytesMax || has_control_characters(*text))
      findings.error("OUT_OF_RANGE", at, "a label has at most 255 bytes and no control characters");
    else
      labels[member.key] = *text;
  }
  return labels;
}

void read_name(Findings& findings, const ObjectReader& reader, PipelineSpec& spec) {
  const auto& expected = findings.options().name;
  spec.name = reader.text("name").value_or(expected.value_or(""));
  if (!reader.has("name") && !expected && reader.spot().value.is_object())
    findings.error("MISSING_FIELD", reader.spot(), "`name` is missing: the pipeline's name");
  if (expected && reader.get("name") != nullptr && spec.name != *expected)
    findings.error("NAME_MISMATCH", *reader.spot_of("name"),
                   "the name differs from the one in the path, " + quoted(*expected));
}

LimitsSpec read_limits(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "limits");
  return {reader.count("records_per_second").value_or(0),
          reader.size("bytes_per_second").value_or(0), reader.size("memory").value_or(0),
          reader.size("state").value_or(0)};
}

RestartSpec read_restart(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "restart");
  RestartSpec restart = findings.options().restart;
  const auto initial = reader.duration("initial");
  const auto max = reader.duration("max");
  if (initial) restart.initial = *initial;
  restart.max = max.value_or(std::max(restart.max, restart.initial));
  if (max && restart.max < restart.initial)
    findings.error("OUT_OF_RANGE", *reader.spot_of("max"),
                   "`max` must not be shorter than `initial`");
  if (const auto give_up = reader.count("give_up_after"))
    restart.give_up_after = static_cast<std::uint32_t>(*give_up);
  return restart;
}

std::vector<PluginSpec> read_plugins(Findings& findings, const Spot& spot) {
  std::vector<PluginSpec> plugins;
  for (const json::Member& member : spot.value.members()) {
    if (findings.full()) break;
    const Spot at = spot.at(member.key, member.value);
    if (findings.taken(member.value)) continue;
    if (const std::string* version = member.value.as_string()) {
      plugins.push_back({member.key, *version, at.pointer});
    } else if (member.value.is_object()) {
      const ObjectReader reader(findings, at, "plugin");
      if (const auto written = reader.text("version"))
        plugins.push_back({member.key, *written, at.pointer});
    } else {
      findings.error("WRONG_TYPE", at,
                     "a plugin is a version (a string) or an object with it, not " +
                         std::string(json::kind_name(member.value.kind())));
    }
  }
  return plugins;
}

TestNames test_names(const PipelineSpec& spec) {
  TestNames names;
  for (const SourceSpec& source : spec.sources) names.sources.push_back(source.id);
  for (const StepSpec& step : spec.steps) names.steps.push_back(step.id);
  for (const SinkSpec& sink : spec.sinks) names.sinks.push_back(sink.id);
  return names;
}

void read_graph(Findings& findings, const json::Value& root, const ObjectReader& reader,
                PipelineSpec& spec) {
  Graph graph(findings);
  std::vector<StepDraft> steps;
  std::vector<SinkDraft> sinks;
  if (const auto sources = reader.spot_of("sources")) {
    spec.sources = read_sources(findings, *sources);
    graph.add_sources(spec.sources, *sources);
  }
  if (const auto list = reader.spot_of("steps")) steps = read_steps(findings, *list);
  if (const auto map = reader.spot_of("sinks")) sinks = read_sinks(findings, *map);
  graph.connect(steps, sinks);
  check_topics(findings, root, spec.sources, sinks);
  warn_of_literals(findings, root, spec.sources, steps, sinks);
  for (StepDraft& draft : steps) spec.steps.push_back(std::move(draft.spec));
  for (SinkDraft& draft : sinks) spec.sinks.push_back(std::move(draft.spec));
  if (const auto tests = reader.spot_of("tests"))
    spec.tests = read_tests(findings, *tests, test_names(spec));
}

// Rows of tests are data: what stands in them is no reference.
void note_outside(Findings& findings, const json::Value& root) {
  std::string pointer;
  if (!root.is_object()) return findings.note_outside(root, pointer);
  for (const json::Member& member : root.members()) {
    if (member.key == "tests") continue;
    pointer = json::pointer_to("", member.key);
    findings.note_outside(member.value, pointer);
  }
}

void read_pipeline(Findings& findings, const json::Value& root, PipelineSpec& spec) {
  note_outside(findings, root);
  const ObjectReader reader(findings, {root, ""}, "pipeline", {"name"});
  read_name(findings, reader, spec);
  spec.description = reader.text("description").value_or("");
  if (const auto labels = reader.spot_of("labels")) spec.labels = read_labels(findings, *labels);
  spec.trigger.checkpoint_interval = findings.options().checkpoint_interval;
  if (const auto trigger = reader.spot_of("trigger"))
    spec.trigger = read_trigger(findings, *trigger);
  spec.parallelism = static_cast<std::uint32_t>(reader.count("parallelism").value_or(0));
  if (const auto limits = reader.spot_of("limits")) spec.limits = read_limits(findings, *limits);
  if (const auto restart = reader.spot_of("restart"))
    spec.restart = read_restart(findings, *restart);
  if (const auto on_error = reader.spot_of("on_error"))
    spec.on_error = read_on_error(findings, *on_error);
  if (const auto plugins = reader.spot_of("plugins"))
    spec.plugins = read_plugins(findings, *plugins);
  read_graph(findings, root, reader, spec);
  findings.refuse_unclaimed();
}

}  // namespace

const Options& default_options() noexcept {
  static const Options* const kept = new Options();
  return *kept;
}

namespace {

// The pointer's token number `index`, empty when it has fewer.
std::string_view token(std::string_view pointer, int index) {
  for (; index >= 0; --index) {
    const auto slash = pointer.find('/');
    if (slash == std::string_view::npos) return {};
    pointer.remove_prefix(slash + 1);
  }
  return pointer.substr(0, pointer.find('/'));
}

// A mistake in a step that leaves what the step does as it was meant.
bool spares_step(const Diagnostic& diagnostic) {
  const std::string_view member = token(diagnostic.pointer, 2);
  if (member.empty()) return diagnostic.code == "MISSING_FIELD";
  return diagnostic.code == "UNKNOWN_FIELD" || member == "id" || member == "from" ||
         member == "on_error" || member == "description";
}

// A mistake in a source that leaves the fields of its rows as they were meant.
bool spares_fields(const Diagnostic& diagnostic) {
  const std::string_view member = token(diagnostic.pointer, 2);
  if (member == "schema")
    return !token(diagnostic.pointer, 3).empty() &&
           (diagnostic.code == "UNKNOWN_VALUE" || diagnostic.code == "WRONG_TYPE");
  return member != "format" || token(diagnostic.pointer, 3).empty();
}

bool has_verb(const StepSpec& step) {
  const auto* const filter = std::get_if<FilterStep>(&step.verb);
  return filter == nullptr || !filter->condition.pointer.empty();
}

void forget_fields(SourceSpec& source) {
  source.schema.reset();
  if (source.format != Format::csv) return;
  source.format = Format::json;
  source.csv = {};
}

// Which parts of the graph are not as they were meant, told from where the mistakes stand. False
// when no graph can be told from what was read.
bool note_faults(ParseResult& result, PipelineSpec& graph) {
  for (const Diagnostic& each : result.diagnostics) {
    if (each.severity != Severity::error) continue;
    const std::string_view member = token(each.pointer, 0);
    const std::string_view part = token(each.pointer, 1);
    if (member.empty() && each.code != "MISSING_FIELD") return false;
    if (member == "steps" && part.empty())
      for (SinkSpec& sink : graph.sinks) sink.from.clear();
    if (part.empty() || (member != "sources" && member != "steps" && member != "sinks")) continue;
    const std::string at = "/" + std::string(member) + "/" + std::string(part);
    result.faulty.insert(at);
    if ((member == "steps" && !spares_step(each)) || (member == "sources" && !spares_fields(each)))
      result.unsound.insert(at);
  }
  for (const StepSpec& step : graph.steps)
    if (!has_verb(step)) result.unsound.insert(step.pointer);
  for (SourceSpec& source : graph.sources)
    if (result.unsound.contains(source.pointer)) forget_fields(source);
  return true;
}

}  // namespace

ParseResult parse_pipeline(std::string_view text, const Options& options) {
  ParseResult result;
  const json::Parsed parsed = json::parse(text, guards(options));
  result.malformed = parsed.malformed();
  Findings findings(options);
  add_problems(findings, parsed, text);
  auto spec = std::make_shared<PipelineSpec>();
  if (parsed.partial() != nullptr) read_pipeline(findings, *parsed.partial(), *spec);
  const bool sound = findings.errors() == 0;
  result.diagnostics = findings.take();
  result.expressions = findings.take_expressions();
  if (!sound) {
    if (parsed.partial() != nullptr && note_faults(result, *spec)) result.graph = std::move(spec);
    return result;
  }
  spec->json = json::to_text(parsed.root());
  spec->text = text;
  spec->warnings = result.diagnostics;
  result.spec = std::move(spec);
  return result;
}

TriggerResult parse_trigger(const json::Value& value, const Options& options,
                            std::string_view pointer) {
  TriggerResult result;
  Findings findings(options);
  std::string at(pointer);
  findings.note_outside(value, at);
  const TriggerSpec trigger = read_trigger(findings, {value, at});
  findings.refuse_unclaimed();
  if (findings.errors() == 0) result.trigger = trigger;
  result.diagnostics = findings.take();
  return result;
}

TriggerResult parse_trigger(std::string_view text, const Options& options) {
  const json::Parsed parsed = json::parse(text, guards(options));
  if (parsed.ok()) return parse_trigger(parsed.root(), options);
  TriggerResult result;
  result.malformed = parsed.malformed();
  Findings findings(options);
  add_problems(findings, parsed, text);
  result.diagnostics = findings.take();
  return result;
}

TestInputs parse_test_inputs(const json::Value& value, const PipelineSpec& definition,
                             std::string_view pointer) {
  TestInputs result;
  Findings findings(default_options());
  result.inputs = read_test_inputs(findings, {value, std::string(pointer)}, test_names(definition));
  result.diagnostics = findings.take();
  if (!result.diagnostics.empty()) result.inputs.clear();
  return result;
}

void locate(std::string_view text, std::vector<Diagnostic>& diagnostics) {
  json::ParseOptions guard;
  guard.bytes_max = text.size();
  guard.depth_max = json::ParseOptions::kDepthCeiling;
  guard.values_max = text.size() + 1;
  const json::Parsed parsed = json::parse(text, guard);
  if (parsed.partial() == nullptr) return;
  for (Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.line > 0 || diagnostic.code == "TOO_MANY_ERRORS") continue;
    const json::Place place = json::place_of(*parsed.partial(), diagnostic.pointer);
    diagnostic.line = static_cast<int>(place.line);
    diagnostic.column = static_cast<int>(place.column);
  }
  const auto known = std::stable_partition(diagnostics.begin(), diagnostics.end(),
                                           [](const Diagnostic& each) { return each.line > 0; });
  std::stable_sort(diagnostics.begin(), known, [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
}

}  // namespace leat::spec
