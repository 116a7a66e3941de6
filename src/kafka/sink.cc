#include "kafka/sink.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "kafka/errors.h"
#include "kafka/settings.h"
#include "kafka/writer.h"

namespace leat::kafka {
namespace {

// Blocks: on the background thread. A topic that is there already is no error.
rd_kafka_resp_err_t create_topic(rd_kafka_t* client, const std::string& topic,
                                 const std::string& like) {
  std::size_t partitions = 1;
  if (!like.empty())
    partitions = std::max<std::size_t>(1, look_up_topic(client, like).leaders.size());
  std::array<char, 256> why{};
  // -1: the broker's own replication factor.
  rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(topic.c_str(), static_cast<int>(partitions),
                                                      -1, why.data(), why.size());
  if (wanted == nullptr) return RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION;
  rd_kafka_queue_t* const queue = rd_kafka_queue_new(client);
  rd_kafka_CreateTopics(client, &wanted, 1, nullptr, queue);
  rd_kafka_NewTopic_destroy(wanted);
  auto error = RD_KAFKA_RESP_ERR__TIMED_OUT;
  if (const Event event{rd_kafka_queue_poll(queue, 5 * Client::kCallMs)}) {
    std::size_t count = 0;
    const auto* const result = rd_kafka_event_CreateTopics_result(event.get());
    const auto** const topics =
        result != nullptr ? rd_kafka_CreateTopics_result_topics(result, &count) : nullptr;
    error = count > 0 ? rd_kafka_topic_result_error(topics[0]) : rd_kafka_event_error(event.get());
  }
  rd_kafka_queue_destroy(queue);
  if (error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return RD_KAFKA_RESP_ERR_NO_ERROR;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
    log::info("kafka", "topic created", {{"topic", topic}, {"partitions", partitions}});
  return error;
}

bool unknown(rd_kafka_resp_err_t error) noexcept {
  return error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
         error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
}

}  // namespace

Status KafkaSink::start(flow::SinkListener& listener, base::Wakeup& control) {
  thread_.check();
  listener_ = &listener;
  answers_ = std::make_shared<base::Mailbox<Answer>>(control);
  std::map<std::string, std::string> properties;
  for (const spec::KafkaSinkSpec* spec : parts_.specs)
    properties.insert(spec->properties.begin(), spec->properties.end());
  const ClientIdentity identity{"leat-" + parts_.pipeline, "", "", parts_.produce_bytes,
                                parts_.mode == ProducerMode::one_by_one};
  Result<rd_kafka_conf_t*> conf = make_conf(Role::producer, parts_.profile, properties, identity);
  if (!conf.ok()) return std::move(conf).status();
  Result<std::unique_ptr<Producer>> producer =
      Producer::make(*conf, parts_.mode, parts_.clock, control);
  if (!producer.ok()) return std::move(producer).status();
  producer_ = *std::move(producer);
  for (std::size_t i = 0; i < parts_.specs.size(); ++i) {
    Result<Target*> target = producer_->add_target(*parts_.specs[i]);
    if (!target.ok()) return std::move(target).status();
    (*target)->dead_letters = parts_.dead_letters == parts_.indexes[i];
  }
  ask();
  return {};
}

Result<std::unique_ptr<flow::SinkWriter>> KafkaSink::make_writer(
    std::uint32_t sink, flow::SinkBinding binding, const flow::WriterContext& context) {
  const auto found = std::find(parts_.indexes.begin(), parts_.indexes.end(), sink);
  LEAT_CHECK(found != parts_.indexes.end() && producer_ != nullptr);
  Target& target = *producer_->targets()[static_cast<std::size_t>(found - parts_.indexes.begin())];
  return std::unique_ptr<flow::SinkWriter>(
      std::make_unique<Writer>(*producer_, target, std::move(binding), context, parts_.policy));
}

// `internal` means the default topics of dead letters, `all` whatever a definition names.
bool KafkaSink::creates(const Target& target) const {
  if (parts_.create_topics == CreateTopics::internal)
    return target.dead_letters && target.topic == flow::default_dead_letter_topic(parts_.pipeline);
  return parts_.create_topics == CreateTopics::all;
}

void KafkaSink::ask() {
  asking_ = true;
  ask_at_ = base::kNever;
  struct Topic {
    std::string name;
    bool create;
    bool one_partition;
  };
  std::vector<Target*> targets;
  for (const auto& target : producer_->targets()) targets.push_back(target.get());
  const std::vector<Target*> named = producer_->named_targets();
  targets.insert(targets.end(), named.begin(), named.end());
  std::vector<Topic> topics;
  for (const Target* target : targets)
    topics.push_back({target->topic, creates(*target),
                      target->dead_letters &&
                          target->topic == flow::default_dead_letter_topic(parts_.pipeline)});
  producer_->client().post(
      [answers = answers_, targets, topics, like = parts_.source_topic](rd_kafka_t* client) {
        Answer answer;
        answer.targets = targets;
        for (const Topic& topic : topics) {
          if (topic.name.empty()) {  // its rows name their topics: somebody must be there
            answer.topics.push_back({look_up_cluster(client), {0}});
            continue;
          }
          TopicFacts facts = look_up_topic(client, topic.name);
          if (topic.create && unknown(facts.error)) {
            const bool alone = topic.one_partition || !like;
            const auto creation = create_topic(client, topic.name, alone ? "" : like());
            if (creation == RD_KAFKA_RESP_ERR_NO_ERROR) facts = look_up_topic(client, topic.name);
            facts.creation = creation;
          }
          answer.topics.push_back(std::move(facts));
        }
        answers->push(std::move(answer));
      });
}

Instant KafkaSink::serve(Instant now) {
  thread_.check();
  now_ = now;
  if (producer_ == nullptr) return base::kNever;
  // With writers, acknowledgements are theirs: the ledgers they name live as long as they do.
  if (!producer_->has_writers()) producer_->serve(nullptr);
  for (const Answer& answer : answers_->take()) on_answer(answer);
  for (const Producer::Trouble& trouble : producer_->take_troubles()) on_trouble(trouble);
  if (!asking_ && (now >= ask_at_ || producer_->named_anew())) ask();
  return std::min(ask_at_, look_for_quiet(now));
}

Instant KafkaSink::look_for_quiet(Instant now) {
  if (parts_.mode != ProducerMode::one_by_one || failed_) return base::kNever;
  const std::uint64_t refusals = producer_->refusals();
  if (std::exchange(refusals_, refusals) != refusals || !quiet_since_) quiet_since_ = now;
  if (now - *quiet_since_ < parts_.quiet_for) return *quiet_since_ + parts_.quiet_for;
  quiet_since_ = now;  // asked again later, should nobody act
  parts_.set_mode(ProducerMode::together);
  listener_->on_sink_outdated();
  return now + parts_.quiet_for;
}

std::optional<KafkaSink::Missing> KafkaSink::take(const TopicFacts& facts, Target& target) const {
  const auto count = static_cast<std::int32_t>(facts.leaders.size());
  const std::string what =
      (target.dead_letters ? "cannot write dead letters to topic `" : "cannot write to topic `") +
      target.topic + "`";
  if (facts.creation != RD_KAFKA_RESP_ERR_NO_ERROR)
    return Missing{classify(facts.creation).name,
                   describe(facts.creation, what + ": it is missing and cannot be created")};
  if (facts.error != RD_KAFKA_RESP_ERR_NO_ERROR || count == 0) {
    const auto error = facts.error != RD_KAFKA_RESP_ERR_NO_ERROR
                           ? facts.error
                           : RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    return Missing{classify(error).name, describe(error, what)};
  }
  if (!target.topic.empty() && target.spec->partition.value_or(0) >= count)
    return Missing{"UNKNOWN_PARTITION", "topic `" + target.topic + "` has " +
                                            std::to_string(count) +
                                            " partitions, the sink names partition " +
                                            std::to_string(*target.spec->partition)};
  target.leaders.store(std::make_shared<const std::vector<std::int32_t>>(facts.leaders));
  target.partitions.store(count, std::memory_order_release);
  return std::nullopt;
}

void KafkaSink::on_answer(const Answer& answer) {
  asking_ = false;
  std::optional<Missing> missing;
  bool reachable = true;  // all but the topic of dead letters
  bool wait = false;      // a topic that a row names is not known yet
  for (std::size_t i = 0; i < answer.topics.size(); ++i) {
    Target& target = *answer.targets[i];
    std::optional<Missing> one = take(answer.topics[i], target);
    if (i >= producer_->targets().size()) {
      // What a row names and nobody has is the row's mistake.
      const TopicFacts& facts = answer.topics[i];
      const bool gone = one && (unknown(facts.error) || !facts.leaders.empty());
      target.missing.store(gone, std::memory_order_release);
      wait = wait || (one && !gone);
      continue;
    }
    if (!one) continue;
    if (!missing || !target.dead_letters) missing = std::move(one);
    reachable = reachable && target.dead_letters;
  }
  ask_at_ = now_ + (missing || wait ? kRetryAfter : kRefreshEvery);
  producer_->wake_writers();
  connected_.store(reachable, std::memory_order_release);
  if (missing) return tell(false, missing->reason, missing->message);
  tell(true, "CONNECTED", "all topics are there");
}

void KafkaSink::on_trouble(const Producer::Trouble& trouble) {
  if (trouble.fatal) {
    if (failed_) return;
    failed_ = true;
    connected_.store(false, std::memory_order_release);
    if (classify(trouble.error).kind == ErrorClass::row) {
      log::warn("kafka", "the broker refuses records: for a while they are sent one by one",
                {{"pipeline", parts_.pipeline}, {"code", classify(trouble.error).name}});
      parts_.set_mode(ProducerMode::one_by_one);
    }
    return listener_->on_sink_failed(to_status(trouble.error, trouble.reason));
  }
  const ErrorRule& rule = classify(trouble.error);
  // One connection of several; when it was the last one, the next error says so.
  if (trouble.error == RD_KAFKA_RESP_ERR__TRANSPORT || rule.kind != ErrorClass::retriable) {
    log::debug("kafka", "the producer reports an error",
               {{"pipeline", parts_.pipeline}, {"code", rule.name}, {"error", trouble.reason}});
    return;
  }
  disconnected(rule.name, describe(trouble.error, trouble.reason));
  if (!asking_) ask_at_ = std::min(ask_at_, now_ + kRetryAfter);
}

void KafkaSink::disconnected(std::string_view reason, std::string_view message) {
  connected_.store(false, std::memory_order_release);
  tell(false, reason, message);
}

void KafkaSink::tell(bool connected, std::string_view reason, std::string_view message) {
  if (told_ != reason) {
    told_ = reason;
    if (connected)
      log::info("kafka", "the sink is connected", {{"pipeline", parts_.pipeline}});
    else
      log::warn("kafka", "the sink is not connected",
                {{"pipeline", parts_.pipeline}, {"code", reason}, {"error", message}});
  } else if (connected) {
    return;
  }
  listener_->on_sink_connected(connected, reason, message);
}

}  // namespace leat::kafka
