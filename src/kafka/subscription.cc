#include "kafka/subscription.h"

#include <algorithm>

namespace leat::kafka {

Result<Subscription> Subscription::make(const std::vector<const spec::SourceSpec*>& specs,
                                        const std::vector<std::uint32_t>& indexes, bool embedded) {
  Subscription made;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const auto& kafka = std::get<spec::KafkaSourceSpec>(specs[i]->kind);
    const std::uint32_t source = indexes[i];
    const auto refuse = [&](std::string message) {
      return Status(Code::invalid_argument, std::move(message)).with("source", specs[i]->id);
    };
    if (i > 0 && kafka.group != made.group_)
      return refuse("all Kafka sources of a pipeline are one member of one `group`");
    made.group_ = kafka.group;
    if (embedded && kafka.start.kind == spec::StartSpec::Kind::time)
      return refuse("the embedded broker has no look-up by time: use `earliest` or `latest`");
    made.starts_[source] = kafka.start;
    for (const std::string& topic : kafka.topics) {
      if (!made.sources_.emplace(topic, source).second)
        return refuse("topic `" + topic + "` stands in two sources: let steps branch from one");
      made.topics_.push_back(topic);
    }
    if (!kafka.pattern.empty()) {
      if (made.pattern_source_)
        return Status(Code::not_available_yet, "two sources with a pattern in one pipeline")
            .with("source", specs[i]->id);
      made.pattern_source_ = source;
      made.topics_.push_back(kafka.pattern.front() == '^' ? kafka.pattern : '^' + kafka.pattern);
    }
    for (const auto& [name, value] : kafka.properties) {
      const auto [held, fresh] = made.properties_.emplace(name, value);
      if (!fresh && held->second != value)
        return refuse("property `" + name + "` differs between sources that share a consumer");
    }
  }
  return made;
}

std::optional<std::uint32_t> Subscription::source_of(const std::string& topic) const {
  const auto found = sources_.find(topic);
  return found != sources_.end() ? std::optional(found->second) : pattern_source_;
}

const spec::StartSpec* Subscription::start_for(const std::string& topic) const {
  const std::optional<std::uint32_t> source = source_of(topic);
  const auto found = source ? starts_.find(*source) : starts_.end();
  return found != starts_.end() ? &found->second : nullptr;
}

std::int64_t Subscription::time_for(const std::string& topic, WallTime wall) const {
  const spec::StartSpec* const start = start_for(topic);
  if (start == nullptr || start->kind != spec::StartSpec::Kind::time) return -1;
  if (!start->ago) return std::max<std::int64_t>(0, start->time.us / 1000);
  return std::max<std::int64_t>(
      0,
      wall.us / 1000 - std::chrono::duration_cast<std::chrono::milliseconds>(*start->ago).count());
}

std::int64_t Subscription::start_of(const PartitionFacts& facts, bool first) const {
  const spec::StartSpec* const start = start_for(facts.topic);
  if (start == nullptr || !first) return facts.begin;
  switch (start->kind) {
    case spec::StartSpec::Kind::earliest: return facts.begin;
    case spec::StartSpec::Kind::latest: return facts.end;
    case spec::StartSpec::Kind::time: return facts.from_time >= 0 ? facts.from_time : facts.begin;
    case spec::StartSpec::Kind::offsets: break;
  }
  const auto given = start->offsets.find(facts.topic + '-' + std::to_string(facts.partition));
  return given != start->offsets.end() ? std::clamp(given->second, facts.begin, facts.end)
                                       : facts.begin;
}

}  // namespace leat::kafka
