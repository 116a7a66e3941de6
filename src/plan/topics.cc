#include "plan/topics.h"

#include "expr/topic_pattern.h"

namespace leat::plan {
namespace {

class PatternCheck {
 public:
  PatternCheck(const spec::KafkaSourceSpec& source, const std::string& default_profile,
               std::vector<spec::Diagnostic>& diagnostics)
      : source_(source),
        default_profile_(default_profile),
        diagnostics_(diagnostics),
        pattern_(source.pattern) {}

  bool check(const std::string& pointer);
  void check(const spec::SinkSpec& sink);

 private:
  const std::string& profile_of(const std::string& profile) const {
    return profile.empty() ? default_profile_ : profile;
  }
  bool reads(const std::string& topic, const std::string& profile) const {
    return profile_of(profile) == profile_of(source_.profile) && pattern_.matches(topic);
  }
  void report(std::string code, const std::string& pointer, std::string message) {
    spec::Diagnostic diagnostic;
    diagnostic.code = std::move(code);
    diagnostic.pointer = pointer;
    diagnostic.message = std::move(message);
    diagnostics_.push_back(std::move(diagnostic));
  }

  const spec::KafkaSourceSpec& source_;
  const std::string& default_profile_;
  std::vector<spec::Diagnostic>& diagnostics_;
  const expr::TopicPattern pattern_;
};

bool PatternCheck::check(const std::string& pointer) {
  if (pattern_.error().empty()) return true;
  report("BAD_VALUE", pointer,
         "the pattern cannot be used: " + pattern_.error() +
             "; topics are matched by POSIX extended expressions: `[0-9]` instead of `\\d`, no "
             "`(?…)`");
  return false;
}

void PatternCheck::check(const spec::SinkSpec& sink) {
  const auto* kafka = std::get_if<spec::KafkaSinkSpec>(&sink.kind);
  if (kafka == nullptr || kafka->allow_loop) return;
  constexpr std::string_view kWhy =
      "the pattern of a source matches this topic: an endless loop, unless `\"allow_loop\": true`";
  if (!kafka->topic_expression && !kafka->topic.empty() && reads(kafka->topic, kafka->profile))
    report("TOPIC_LOOP", sink.pointer + "/kafka/topic", std::string(kWhy));
  for (std::size_t i = 0; i < kafka->topics.size(); ++i)
    if (kafka->topics[i].find_first_of("*?") == std::string::npos &&
        reads(kafka->topics[i], kafka->profile))
      report("TOPIC_LOOP", sink.pointer + "/kafka/topics/" + std::to_string(i), std::string(kWhy));
}

}  // namespace

void check_topic_patterns(const spec::PipelineSpec& spec, const std::string& default_profile,
                          std::vector<spec::Diagnostic>& diagnostics) {
  for (const spec::SourceSpec& source : spec.sources) {
    const auto* kafka = std::get_if<spec::KafkaSourceSpec>(&source.kind);
    if (kafka == nullptr || kafka->pattern.empty()) continue;
    PatternCheck check(*kafka, default_profile, diagnostics);
    if (!check.check(source.pointer + "/kafka/topics/pattern")) continue;
    for (const spec::SinkSpec& sink : spec.sinks) check.check(sink);
  }
}

}  // namespace leat::plan
