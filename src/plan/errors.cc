#include "plan/errors.h"

#include <algorithm>
#include <array>

#include "expr/regex_cache.h"

namespace leat::plan {
namespace {

using spec::ErrorAction;

constexpr const char* kId = "dead-letters";

std::string format_name(spec::Format format) {
  switch (format) {
    case spec::Format::json: return "json";
    case spec::Format::string: return "string";
    case spec::Format::bytes: return "bytes";
    case spec::Format::csv: return "csv";
  }
  return "json";
}

const spec::StepSpec* step_of(const spec::PipelineSpec& spec, const std::string& id) {
  const auto found = std::find_if(spec.steps.begin(), spec.steps.end(),
                                  [&](const spec::StepSpec& step) { return step.id == id; });
  return found != spec.steps.end() ? &*found : nullptr;
}

template <class Kind, class Spec>
const Kind* first_of(const std::vector<Spec>& all) {
  for (const Spec& one : all)
    if (const auto* kind = std::get_if<Kind>(&one.kind)) return kind;
  return nullptr;
}

bool any_dead_letter(const spec::PipelineSpec& spec) {
  if (spec.on_error.decode == ErrorAction::dead_letter ||
      spec.on_error.record == ErrorAction::dead_letter)
    return true;
  return std::any_of(spec.steps.begin(), spec.steps.end(), [](const spec::StepSpec& step) {
    return step.on_error == ErrorAction::dead_letter;
  });
}

std::string topic_of(const spec::PipelineSpec& spec) {
  return !spec.on_error.topic.empty() ? spec.on_error.topic
                                      : flow::default_dead_letter_topic(spec.name);
}

bool reads(const spec::KafkaSourceSpec& source, const std::string& topic) {
  if (std::find(source.topics.begin(), source.topics.end(), topic) != source.topics.end())
    return true;
  if (source.pattern.empty()) return false;
  expr::RegexCache patterns;
  const re2::RE2* const pattern = patterns.find(source.pattern);
  return pattern != nullptr && expr::matches_pattern(*pattern, topic);
}

// Where a sink names the topic: `/topic`, `/topics/1`; "" = it does not.
std::string where_written(const spec::KafkaSinkSpec& sink, const std::string& topic) {
  if (!sink.topic_expression) return sink.topic == topic ? "/topic" : "";
  const auto found = std::find(sink.topics.begin(), sink.topics.end(), topic);
  return found != sink.topics.end() ? "/topics/" + std::to_string(found - sink.topics.begin()) : "";
}

spec::Diagnostic mixed_with_dead_letters(std::string pointer) {
  spec::Diagnostic diagnostic;
  diagnostic.pointer = std::move(pointer);
  diagnostic.severity = spec::Severity::warning;
  diagnostic.code = "MIXED_WITH_DEAD_LETTERS";
  diagnostic.message =
      "the dead letters of this pipeline go to this topic too, as they came: whoever reads it gets "
      "both. Name another topic here or in `on_error.dead_letter.topic`";
  return diagnostic;
}

}  // namespace

std::optional<DeadLetters> dead_letters_of(const spec::PipelineSpec& spec) {
  if (!any_dead_letter(spec)) return std::nullopt;
  const auto* sink = first_of<spec::KafkaSinkSpec>(spec.sinks);
  const auto* source = first_of<spec::KafkaSourceSpec>(spec.sources);
  DeadLetters made;
  made.sink.id = kId;
  made.sink.pointer = "/on_error/dead_letter";
  made.sink.format = spec::Format::bytes;
  const bool named = !spec.on_error.topic.empty() || !spec.on_error.profile.empty();
  if (sink == nullptr && source == nullptr && !named) {
    made.kind = "dead_letters";
    made.sink.kind = spec::FileSinkSpec{};
    return made;
  }
  spec::KafkaSinkSpec kafka;
  kafka.topic = topic_of(spec);
  kafka.profile = spec.on_error.profile;
  if (kafka.profile.empty() && source != nullptr)
    kafka.profile = source->profile;
  else if (kafka.profile.empty() && sink != nullptr)
    kafka.profile = sink->profile;
  made.kind = "kafka";
  made.beside_sinks = sink != nullptr && sink->profile == kafka.profile;
  made.sink.kind = std::move(kafka);
  return made;
}

flow::ErrorPlace error_place(const spec::PipelineSpec& spec, const Node& node) {
  flow::ErrorPlace place;
  place.action = spec.on_error.record;
  place.kind = "sink";
  if (node.kind == Node::Kind::sink || node.of_sink) return place;
  if (const spec::StepSpec* const step = step_of(spec, node.step)) {
    place.action = step->on_error.value_or(spec.on_error.record);
    place.kind = spec::verb_of(*step);
    return place;
  }
  const auto source = std::find_if(spec.sources.begin(), spec.sources.end(),
                                   [&](const auto& one) { return one.id == node.step; });
  if (source == spec.sources.end()) return place;
  place.kind = format_name(source->format);
  if (node.arrival) return place;
  place.action = spec.on_error.decode;
  place.stage = flow::ErrorPlace::kDecode;
  return place;
}

flow::ErrorPlace dead_letter_place() {
  flow::ErrorPlace place;
  place.action = ErrorAction::stop;
  place.kind = kId;
  return place;
}

bool writes_dead_letters(const spec::PipelineSpec& spec, const Stage& stage) {
  return std::any_of(stage.nodes.begin(), stage.nodes.end(), [&](const Node& node) {
    return node.kind != Node::Kind::exchange &&
           error_place(spec, node).action == ErrorAction::dead_letter;
  });
}

std::vector<spec::Diagnostic> check_dead_letters(const spec::PipelineSpec& spec) {
  std::vector<spec::Diagnostic> found;
  const std::optional<DeadLetters> letters = dead_letters_of(spec);
  if (!letters || letters->kind != "kafka" || (spec.name.empty() && spec.on_error.topic.empty()))
    return found;
  const std::string topic = topic_of(spec);
  const std::string& profile = std::get<spec::KafkaSinkSpec>(letters->sink.kind).profile;
  for (const spec::SourceSpec& source : spec.sources) {
    const auto* kafka = std::get_if<spec::KafkaSourceSpec>(&source.kind);
    if (kafka == nullptr || kafka->profile != profile || !reads(*kafka, topic)) continue;
    spec::Diagnostic diagnostic;
    diagnostic.pointer = spec.on_error.topic.empty()
                             ? source.pointer + "/kafka" + (kafka->pattern.empty() ? "/topics" : "")
                             : "/on_error/dead_letter/topic";
    diagnostic.code = "TOPIC_LOOP";
    // One topic that is named once is one mistake, however many read it.
    if (!spec.on_error.topic.empty() && !found.empty()) break;
    // A name that was given may stand outside of the definition.
    diagnostic.message = "source `" + source.id + "` would read the pipeline's own dead letters" +
                         (spec.on_error.topic.empty() ? " in `" + topic + "`" : "") +
                         ": name another topic in `on_error.dead_letter.topic`, or read less";
    found.push_back(std::move(diagnostic));
  }
  for (const spec::SinkSpec& sink : spec.sinks) {
    const auto* kafka = std::get_if<spec::KafkaSinkSpec>(&sink.kind);
    if (kafka == nullptr || kafka->profile != profile) continue;
    if (const std::string pointer = where_written(*kafka, topic); !pointer.empty())
      found.push_back(mixed_with_dead_letters(sink.pointer + "/kafka" + pointer));
  }
  return found;
}

}  // namespace leat::plan
