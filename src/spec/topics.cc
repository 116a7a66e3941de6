#include <algorithm>

#include "spec/glob.h"
#include "spec/sections.h"

namespace leat::spec {
namespace {

// One look at all topics that a definition reads and writes.
class TopicCheck {
 public:
  TopicCheck(Findings& findings, const json::Value& root) : findings_(findings), root_(root) {}

  void add(const SourceSpec& source);
  void check(const SinkSpec& sink);

 private:
  void error(std::string_view code, const std::string& pointer, std::string message) {
    findings_.error_at(code, pointer, json::place_of(root_, pointer), std::move(message));
  }
  const std::string& profile_of(const std::string& profile) const {
    return profile.empty() ? findings_.options().default_profile : profile;
  }
  bool reads_from(const std::string& profile) const {
    return first_ != nullptr && profile_of(profile) == profile_of(first_->profile);
  }
  // A topic's name as messages may show it: not when it stands outside of the definition.
  std::string shown(const std::string& pointer, const std::string& topic) const {
    const json::Value* value = json::find_pointer(root_, pointer);
    return value != nullptr && value->is_string() ? findings_.shown(*value) : quoted(topic);
  }

  Findings& findings_;
  const json::Value& root_;
  std::map<std::string, const SourceSpec*, std::less<>> readers_;
  const KafkaSourceSpec* first_ = nullptr;
};

void TopicCheck::add(const SourceSpec& source) {
  const auto* kafka = std::get_if<KafkaSourceSpec>(&source.kind);
  // A source of no known kind is none of Kafka either.
  const bool written = json::find_pointer(root_, source.pointer + "/kafka") != nullptr;
  if (kafka == nullptr || !written) return;
  if (first_ == nullptr) first_ = kafka;
  if (profile_of(kafka->profile) != profile_of(first_->profile))
    error("PROFILES_DIFFER", source.pointer + "/kafka",
          "all Kafka sources of a pipeline use one profile");
  if (kafka->group != first_->group)
    error("GROUPS_DIFFER", source.pointer + "/kafka",
          "all Kafka sources of a pipeline are one member of one group");
  for (std::size_t i = 0; i < kafka->topics.size(); ++i) {
    const auto [at, fresh] = readers_.emplace(kafka->topics[i], &source);
    if (!fresh && at->second != &source)
      error("TOPIC_READ_TWICE", source.pointer + "/kafka/topics/" + std::to_string(i),
            shown(source.pointer + "/kafka/topics/" + std::to_string(i), kafka->topics[i]) +
                " is read by " + quoted(at->second->id) +
                " already: read it once and branch by `from`");
  }
}

void TopicCheck::check(const SinkSpec& sink) {
  const auto* kafka = std::get_if<KafkaSinkSpec>(&sink.kind);
  if (kafka == nullptr || kafka->allow_loop || !reads_from(kafka->profile)) return;
  if (readers_.contains(kafka->topic))
    error("TOPIC_LOOP", sink.pointer + "/kafka/topic",
          shown(sink.pointer + "/kafka/topic", kafka->topic) +
              " is read by this pipeline: an endless loop, unless `\"allow_loop\": true`");
  for (std::size_t i = 0; kafka->topic_expression && i < kafka->topics.size(); ++i) {
    const bool fits = std::any_of(readers_.begin(), readers_.end(), [&](const auto& reader) {
      return glob_matches(kafka->topics[i], reader.first);
    });
    if (fits)
      error("TOPIC_LOOP", sink.pointer + "/kafka/topics/" + std::to_string(i),
            quoted(kafka->topics[i]) +
                " fits a topic that this pipeline reads: an endless loop, unless "
                "`\"allow_loop\": true`");
  }
}

}  // namespace

void check_topics(Findings& findings, const json::Value& root,
                  const std::vector<SourceSpec>& sources, const std::vector<SinkDraft>& sinks) {
  TopicCheck check(findings, root);
  for (const SourceSpec& source : sources) check.add(source);
  for (const SinkDraft& sink : sinks) check.check(sink.spec);
}

}  // namespace leat::spec
