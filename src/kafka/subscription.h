#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "kafka/lookup.h"
#include "spec/pipeline.h"

namespace leat::kafka {

// What the Kafka sources of one pipeline read, and where they begin. A value, immutable once made.
class Subscription {
 public:
  // Refused: one topic in two sources, more than one pattern, other groups or profiles, `start` by
  // time with the embedded broker.
  static Result<Subscription> make(const std::vector<const spec::SourceSpec*>& specs,
                                   const std::vector<std::uint32_t>& indexes, bool embedded);

  // As rd_kafka_subscribe takes them: names, and "^…" for a pattern.
  const std::vector<std::string>& topics() const noexcept { return topics_; }
  bool has_pattern() const noexcept { return pattern_source_.has_value(); }
  // The source that reads a topic; nothing when no source does.
  std::optional<std::uint32_t> source_of(const std::string& topic) const;
  const std::string& group() const noexcept { return group_; }  // empty = the default
  const std::map<std::string, std::string>& properties() const noexcept { return properties_; }

  // The time to look up for a partition of the topic, milliseconds; -1 = none. `wall` is now.
  std::int64_t time_for(const std::string& topic, WallTime wall) const;
  // Where a partition without a commit begins. `first` = nothing of its topic was committed before;
  // later ones begin at earliest.
  std::int64_t start_of(const PartitionFacts& facts, bool first) const;

 private:
  const spec::StartSpec* start_for(const std::string& topic) const;

  std::vector<std::string> topics_;
  std::map<std::string, std::uint32_t> sources_;  // by topic name
  std::optional<std::uint32_t> pattern_source_;
  std::map<std::uint32_t, spec::StartSpec> starts_;  // by source
  std::string group_;
  std::map<std::string, std::string> properties_;
};

}  // namespace leat::kafka
