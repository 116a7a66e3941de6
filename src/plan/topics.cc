#include "plan/topics.h"

#include <utility>

#include "expr/regex_cache.h"

namespace leat::plan {
namespace {

spec::Diagnostic mistake(std::string pointer, std::string code, std::string message) {
  spec::Diagnostic diagnostic;
  diagnostic.pointer = std::move(pointer);
  diagnostic.code = std::move(code);
  diagnostic.message = std::move(message);
  return diagnostic;
}

}  // namespace

void check_topic_patterns(const spec::PipelineSpec& spec,
                          std::vector<spec::Diagnostic>& diagnostics) {
  for (const spec::SourceSpec& source : spec.sources) {
    const auto* reads = std::get_if<spec::KafkaSourceSpec>(&source.kind);
    if (reads == nullptr || reads->pattern.empty()) continue;
    std::string error;
    if (!expr::pattern_matches(reads->pattern, "", error)) {
      diagnostics.push_back(mistake(source.pointer + "/kafka/topics/pattern", "BAD_VALUE",
                                    "this is no regular expression: " + error));
      continue;
    }
    for (const spec::SinkSpec& sink : spec.sinks) {
      const auto* writes = std::get_if<spec::KafkaSinkSpec>(&sink.kind);
      if (writes == nullptr || writes->allow_loop || writes->profile != reads->profile) continue;
      if (expr::pattern_matches(reads->pattern, writes->topic, error).value_or(false))
        diagnostics.push_back(mistake(
            sink.pointer + "/kafka/topic", "TOPIC_LOOP",
            "the pattern of `" + source.id + "` reads `" + writes->topic +
                "` too: an endless loop, unless `\"allow_loop\": true` or another pattern"));
    }
  }
}

}  // namespace leat::plan
