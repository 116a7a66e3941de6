#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

#include "kafka/profile.h"
#include "kafka/sampling/sample.h"
#include "kafka/sink.h"
#include "kafka/source.h"

namespace leat::kafka {
namespace {

// What the factories share: the options, and the topics that pipelines read, for topics that are
// created like them.
struct Shared {
  explicit Shared(KafkaOptions given) : options(std::move(given)) {}

  const KafkaOptions options;
  std::mutex mutex;
  std::map<std::string, std::string> first_topics;  // by pipeline, under mutex
  struct OneByOne {
    bool now = false;
    Duration quiet_for = kQuietMin;  // without a refusal, before records go together again
  };
  static constexpr Duration kQuietMin = std::chrono::minutes(1);
  static constexpr Duration kQuietMax = std::chrono::hours(1);
  std::map<std::string, OneByOne> one_by_one;  // by pipeline that ever had to, under mutex

  Result<const Profile*> profile(const std::string& name) const {
    const auto found = options.profiles.find(name.empty() ? options.default_profile : name);
    if (found != options.profiles.end()) return &found->second;
    return Status(Code::not_found, "there is no such profile in `kafka.profiles`")
        .with("profile", name);
  }
  void reads(const std::string& pipeline, const std::string& topic) {
    const std::lock_guard lock(mutex);
    first_topics[pipeline] = topic;
  }
  void send_one_by_one(const std::string& pipeline) {
    const std::lock_guard lock(mutex);
    const auto [found, first] = one_by_one.try_emplace(pipeline);
    if (!first) found->second.quiet_for = std::min(2 * found->second.quiet_for, kQuietMax);
    found->second.now = true;
  }
  void send_together(const std::string& pipeline) {
    const std::lock_guard lock(mutex);
    one_by_one[pipeline].now = false;
  }
  OneByOne one_by_one_of(const std::string& pipeline) {
    const std::lock_guard lock(mutex);
    const auto found = one_by_one.find(pipeline);
    return found != one_by_one.end() ? found->second : OneByOne();
  }
  std::string topic_of(const std::string& pipeline) {
    const std::lock_guard lock(mutex);
    const auto found = first_topics.find(pipeline);
    return found != first_topics.end() ? found->second : std::string();
  }
};

// The one profile of all specs of a kind.
template <class Kind, class Spec>
Result<const Profile*> one_profile(const Shared& shared, const std::vector<const Spec*>& specs) {
  const auto name_of = [&](const Spec* spec) {
    const std::string& name = std::get<Kind>(spec->kind).profile;
    return name.empty() ? shared.options.default_profile : name;
  };
  for (const Spec* spec : specs)
    if (name_of(spec) != name_of(specs.front()))
      return Status(Code::invalid_argument,
                    "all Kafka sources, and all Kafka sinks, of a pipeline use one profile")
          .with("id", spec->id);
  return shared.profile(name_of(specs.front()));
}

Result<std::unique_ptr<flow::Source>> make_source(Shared& shared,
                                                  const flow::SourceContext& context,
                                                  const std::vector<const spec::SourceSpec*>& specs,
                                                  const std::vector<std::uint32_t>& indexes) {
  Result<const Profile*> profile = one_profile<spec::KafkaSourceSpec>(shared, specs);
  if (!profile.ok()) return std::move(profile).status();
  Result<Subscription> subscription = Subscription::make(specs, indexes, (*profile)->embedded());
  if (!subscription.ok()) return std::move(subscription).status();
  const std::string own = context.application + '.' + context.pipeline;
  const std::string member =
      context.one_instance ? own
                           : context.application + '.' + context.instance + '.' + context.pipeline;
  const std::string group = subscription->group().empty() ? own : subscription->group();
  const auto& topics = std::get<spec::KafkaSourceSpec>(specs.front()->kind).topics;
  if (!topics.empty()) shared.reads(context.pipeline, topics.front());
  return std::unique_ptr<flow::Source>(std::make_unique<KafkaSource>(
      SourceParts{context.pipeline, group, member, **profile, *std::move(subscription),
                  shared.options.fetch_bytes, context.clock, context.positions_only}));
}

Result<std::unique_ptr<flow::Sink>> make_sink(const std::shared_ptr<Shared>& shared,
                                              const flow::SinkContext& context,
                                              const std::vector<const spec::SinkSpec*>& specs,
                                              const std::vector<std::uint32_t>& indexes) {
  Result<const Profile*> profile = one_profile<spec::KafkaSinkSpec>(*shared, specs);
  if (!profile.ok()) return std::move(profile).status();
  std::vector<const spec::KafkaSinkSpec*> kafka;
  for (const spec::SinkSpec* spec : specs)
    kafka.push_back(&std::get<spec::KafkaSinkSpec>(spec->kind));
  const auto source_topic = [shared, pipeline = context.pipeline] {
    return shared->topic_of(pipeline);
  };
  const auto set_mode = [shared, pipeline = context.pipeline](ProducerMode mode) {
    if (mode == ProducerMode::one_by_one)
      shared->send_one_by_one(pipeline);
    else
      shared->send_together(pipeline);
  };
  const Shared::OneByOne one_by_one = shared->one_by_one_of(context.pipeline);
  return std::unique_ptr<flow::Sink>(std::make_unique<KafkaSink>(SinkParts{
      context.pipeline, **profile, std::move(kafka), indexes, context.dead_letters,
      shared->options.produce_bytes, shared->options.create_topics, shared->options.produce_policy,
      one_by_one.now ? ProducerMode::one_by_one : ProducerMode::together, one_by_one.quiet_for,
      set_mode, source_topic, context.clock}));
}

}  // namespace

void register_kafka(flow::Registry& registry, const KafkaOptions& options) {
  const auto shared = std::make_shared<Shared>(options);
  registry.sources["kafka"] = [shared](const flow::SourceContext& context,
                                       std::vector<const spec::SourceSpec*> specs,
                                       std::vector<std::uint32_t> indexes) {
    return make_source(*shared, context, specs, indexes);
  };
  registry.samplers["kafka"] = std::make_shared<KafkaSampler>(options);
  registry.sinks["kafka"] = [shared](const flow::SinkContext& context,
                                     std::vector<const spec::SinkSpec*> specs,
                                     std::vector<std::uint32_t> indexes) {
    return make_sink(shared, context, specs, indexes);
  };
}

}  // namespace leat::kafka
