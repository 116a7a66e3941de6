#include "kafka/sampling/sample.h"

#include <regex.h>

#include <algorithm>
#include <tuple>

#include "kafka/errors.h"
#include "kafka/lookup.h"

namespace leat::kafka {
namespace {

using flow::SampledRecord;
using Records = std::vector<SampledRecord>;

constexpr int kPollMs = 50;

struct TopicFree {
  void operator()(rd_kafka_topic_t* topic) const noexcept { rd_kafka_topic_destroy(topic); }
};
using Topic = std::unique_ptr<rd_kafka_topic_t, TopicFree>;

struct MessageFree {
  void operator()(rd_kafka_message_t* message) const noexcept { rd_kafka_message_destroy(message); }
};
using Message = std::unique_ptr<rd_kafka_message_t, MessageFree>;

std::string text_of(const void* bytes, std::size_t size) {
  return size == 0 ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

SampledRecord copy_of(const rd_kafka_message_t& message) {
  SampledRecord record;
  record.topic = rd_kafka_topic_name(message.rkt);
  record.partition = message.partition;
  record.offset = message.offset;
  record.timestamp_ms = std::max<std::int64_t>(0, rd_kafka_message_timestamp(&message, nullptr));
  if (message.key != nullptr) record.key = text_of(message.key, message.key_len);
  if (message.payload != nullptr) record.value = text_of(message.payload, message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    record.headers.emplace_back(name, text_of(value, size));
  return record;
}

// The topics of the cluster. To ask for one by its name might make it.
Result<std::vector<std::string>> all_topics(rd_kafka_t* client) {
  const struct rd_kafka_metadata* metadata = nullptr;
  const auto error = rd_kafka_metadata(client, 1, nullptr, &metadata, Client::kCallMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return to_status(error, "the topics cannot be listed");
  std::vector<std::string> names;
  for (int i = 0; i < metadata->topic_cnt; ++i) names.emplace_back(metadata->topics[i].topic);
  rd_kafka_metadata_destroy(metadata);
  std::sort(names.begin(), names.end());
  return names;
}

// Those of them that match; names of the broker's own begin with two underscores.
Result<std::vector<std::string>> matching_topics(std::vector<std::string> topics,
                                                 const std::string& pattern) {
  regex_t compiled;
  if (regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
    return Status(Code::invalid_argument, "the pattern of topics is not valid");
  const std::unique_ptr<regex_t, decltype(&regfree)> owner(&compiled, &regfree);
  std::erase_if(topics, [&compiled](const std::string& name) {
    return name.starts_with("__") || regexec(&compiled, name.c_str(), 0, nullptr, 0) != 0;
  });
  if (topics.empty())
    return to_status(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                     "the cluster has no topic that matches `" + pattern + "`");
  return topics;
}

// What the source reads, as it is there.
Result<std::vector<std::string>> topics_of(rd_kafka_t* client,
                                           const spec::KafkaSourceSpec& source) {
  Result<std::vector<std::string>> there = all_topics(client);
  if (!there.ok()) return there.status();
  if (!source.pattern.empty()) return matching_topics(*std::move(there), source.pattern);
  for (const std::string& topic : source.topics)
    if (!std::binary_search(there->begin(), there->end(), topic))
      return to_status(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                       "the cluster has no topic `" + topic + "`, or does not show it");
  return source.topics;
}

// The partitions of the source that hold something, with their ends.
Result<std::vector<PartitionFacts>> partitions_of(rd_kafka_t* client,
                                                  const spec::KafkaSourceSpec& source) {
  const Result<std::vector<std::string>> topics = topics_of(client, source);
  if (!topics.ok()) return topics.status();
  std::vector<PartitionFacts> facts;
  for (const std::string& topic : *topics) {
    const TopicFacts of_topic = look_up_topic(client, topic);
    if (of_topic.error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return to_status(of_topic.error, "the topic `" + topic + "` cannot be read");
    for (std::size_t i = 0; i < of_topic.leaders.size(); ++i) {
      if (of_topic.leaders[i] < 0 || facts.size() == KafkaSampler::kPartitionsMax) continue;
      PartitionFacts& fact = facts.emplace_back();
      fact.topic = topic;
      fact.partition = static_cast<std::int32_t>(i);
    }
  }
  if (const auto error = look_up(client, false, facts); error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return to_status(error, "the ends of the topics cannot be found");
  std::erase_if(facts, [](const PartitionFacts& fact) { return fact.end <= fact.begin; });
  return facts;
}

// Reads the last records of partitions with librdkafka's simple consumer. Lives on the background
// thread of its client.
class Reading {
 public:
  Reading(rd_kafka_t* client, std::vector<PartitionFacts> partitions, std::size_t records_max)
      : client_(client), partitions_(std::move(partitions)), records_max_(records_max) {}
  ~Reading() {
    for (std::size_t i = 0; i < topics_.size(); ++i)
      rd_kafka_consume_stop(topics_[i].get(), partitions_[i].partition);
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  Result<Records> run() {
    queue_.reset(rd_kafka_queue_new(client_));
    const std::size_t count = std::max<std::size_t>(1, partitions_.size());
    const auto share = static_cast<std::int64_t>((records_max_ + count - 1) / count);
    for (const PartitionFacts& fact : partitions_)
      LEAT_RETURN_IF_ERROR(start(fact, std::max(fact.begin, fact.end - share)));
    left_ = partitions_.size();
    const Instant begin = base::machine_clock().now();
    Instant last = begin;
    while (wants_more()) {
      const Message message(rd_kafka_consume_queue(queue_.get(), kPollMs));
      const Instant now = base::machine_clock().now();
      if (message != nullptr && take(*message)) last = now;
      if (now - begin >= KafkaSampler::kReadingMax) break;
      if (!records_.empty() && now - last >= KafkaSampler::kQuietMax) break;
    }
    return sorted();
  }

 private:
  Status start(const PartitionFacts& fact, std::int64_t offset) {
    Topic topic(rd_kafka_topic_new(client_, fact.topic.c_str(), nullptr));
    if (topic == nullptr) return to_status(rd_kafka_last_error(), "the topic cannot be read");
    if (rd_kafka_consume_start_queue(topic.get(), fact.partition, offset, queue_.get()) != 0)
      return to_status(rd_kafka_last_error(), "the partition cannot be read");
    topics_.push_back(std::move(topic));
    return {};
  }
  bool wants_more() const {
    return left_ > 0 && records_.size() < records_max_ && bytes_ < KafkaSampler::kBytesMax;
  }
  // False for what is no record of ours.
  bool take(const rd_kafka_message_t& message) {
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR || message.rkt == nullptr) return false;
    const std::string_view topic = rd_kafka_topic_name(message.rkt);
    const auto found =
        std::find_if(partitions_.begin(), partitions_.end(), [&](const PartitionFacts& fact) {
          return fact.partition == message.partition && fact.topic == topic;
        });
    // Newer than the end that was found.
    if (found == partitions_.end() || message.offset >= found->end) return false;
    if (message.offset + 1 == found->end) --left_;
    bytes_ += message.len + message.key_len;
    records_.push_back(copy_of(message));
    return true;
  }
  // By time, and by offset inside a partition, whose times may go back.
  Records sorted() {
    std::sort(records_.begin(), records_.end(), [](const auto& a, const auto& b) {
      return std::tie(a.topic, a.partition, a.offset) < std::tie(b.topic, b.partition, b.offset);
    });
    std::vector<std::pair<std::int64_t, std::size_t>> order;
    for (std::size_t i = 0; i < records_.size(); ++i) {
      const bool first = i == 0 || records_[i - 1].topic != records_[i].topic ||
                         records_[i - 1].partition != records_[i].partition;
      const std::int64_t before = first ? 0 : order[i - 1].first;
      order.emplace_back(std::max(before, records_[i].timestamp_ms), i);
    }
    std::sort(order.begin(), order.end());
    Records all;
    for (const auto& [time, index] : order) all.push_back(std::move(records_[index]));
    return all;
  }

  rd_kafka_t* const client_;
  const std::vector<PartitionFacts> partitions_;
  const std::size_t records_max_;
  Queue queue_;
  std::vector<Topic> topics_;  // by partition
  std::size_t left_ = 0;       // partitions whose end was not read
  std::size_t bytes_ = 0;
  Records records_;
};

Result<Records> read(rd_kafka_t* client, const spec::KafkaSourceSpec& source,
                     std::size_t records_max) {
  Result<std::vector<PartitionFacts>> partitions = partitions_of(client, source);
  if (!partitions.ok()) return partitions.status();
  return Reading(client, *std::move(partitions), records_max).run();
}

}  // namespace

Result<base::Ref<Client>> KafkaSampler::make_client(const spec::KafkaSourceSpec& source) const {
  const std::string& name = source.profile.empty() ? options_.default_profile : source.profile;
  const auto profile = options_.profiles.find(name);
  if (profile == options_.profiles.end())
    return Status(Code::not_found, "there is no such profile in `kafka.profiles`")
        .with("profile", name);
  ClientIdentity identity;
  identity.client_id = "leat-preview";
  identity.queue_bytes = kBytesMax;
  Result<rd_kafka_conf_t*> conf =
      make_conf(Role::consumer, profile->second, source.properties, identity);
  if (!conf.ok()) return conf.status();
  return Client::make(Role::consumer, *conf);
}

void KafkaSampler::sample(const spec::SourceSpec& source, std::size_t records_max,
                          flow::SampleReply reply) {
  collect();
  const auto* const kafka = std::get_if<spec::KafkaSourceSpec>(&source.kind);
  LEAT_CHECK(kafka != nullptr);
  base::Ref<Client> client;
  const auto replied = std::make_shared<std::atomic<bool>>(false);
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || running_.size() >= kSamplesMax)
      return reply(Status(Code::unavailable, "too many previews read from the broker now"));
    Result<base::Ref<Client>> made = make_client(*kafka);
    if (!made.ok()) return reply(made.status());
    client = *std::move(made);
    running_.push_back({client, replied});
  }
  client->post(
      [source = *kafka, records_max, reply = std::move(reply), replied](rd_kafka_t* handle) {
        Result<Records> records = read(handle, source, records_max);
        replied->store(true);  // who collects now waits for the reply
        reply(std::move(records));
      });
}

// Clients end outside of the lock, which takes a moment, and never on a thread of their own.
void KafkaSampler::collect() {
  std::vector<Running> done;
  {
    const std::lock_guard lock(mutex_);
    const auto split = std::partition(running_.begin(), running_.end(),
                                      [](const Running& one) { return !one.replied->load(); });
    std::move(split, running_.end(), std::back_inserter(done));
    running_.erase(split, running_.end());
  }
}

void KafkaSampler::stop() {
  std::vector<Running> all;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    all.swap(running_);
  }
}

}  // namespace leat::kafka
