#include "kafka/sink.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "kafka/errors.h"
#include "kafka/settings.h"
#include "kafka/writer.h"

namespace leat::kafka {
namespace {

// Blocks: on the background thread. A topic that is there already is no error.
void create_topic(rd_kafka_t* client, const std::string& topic, const std::string& like) {
  std::size_t partitions = 1;
  if (!like.empty())
    partitions = std::max<std::size_t>(1, look_up_topic(client, like).leaders.size());
  std::array<char, 256> why{};
  // -1: the broker's own replication factor.
  rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(topic.c_str(), static_cast<int>(partitions),
                                                      -1, why.data(), why.size());
  if (wanted == nullptr)
    return log::warn("kafka", "cannot create a topic", {{"topic", topic}, {"error", why.data()}});
  rd_kafka_queue_t* const queue = rd_kafka_queue_new(client);
  rd_kafka_CreateTopics(client, &wanted, 1, nullptr, queue);
  rd_kafka_NewTopic_destroy(wanted);
  if (const Event event{rd_kafka_queue_poll(queue, 5 * Client::kCallMs)}) {
    std::size_t count = 0;
    const auto* const result = rd_kafka_event_CreateTopics_result(event.get());
    const auto** const topics =
        result != nullptr ? rd_kafka_CreateTopics_result_topics(result, &count) : nullptr;
    const auto error =
        count > 0 ? rd_kafka_topic_result_error(topics[0]) : rd_kafka_event_error(event.get());
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
      log::info("kafka", "topic created", {{"topic", topic}, {"partitions", partitions}});
    else if (error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
      log::warn("kafka", "cannot create a topic",
                {{"topic", topic}, {"error", rd_kafka_err2str(error)}});
  }
  rd_kafka_queue_destroy(queue);
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
  for (const spec::KafkaSinkSpec* spec : parts_.specs)
    if (Result<Target*> target = producer_->add_target(*spec); !target.ok())
      return std::move(target).status();
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

void KafkaSink::ask() {
  asking_ = true;
  ask_at_ = base::kNever;
  std::vector<std::string> topics;
  for (const auto& target : producer_->targets()) topics.push_back(target->topic);
  const bool create = parts_.create_topics == CreateTopics::all;
  producer_->client().post(
      [answers = answers_, topics, create, like = parts_.source_topic](rd_kafka_t* client) {
        Answer answer;
        for (const std::string& topic : topics) {
          TopicFacts facts = look_up_topic(client, topic);
          if (create && unknown(facts.error)) create_topic(client, topic, like ? like() : "");
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
  if (!asking_ && now >= ask_at_) ask();
  return ask_at_;
}

void KafkaSink::on_answer(const Answer& answer) {
  asking_ = false;
  bool all = true;
  for (std::size_t i = 0; i < answer.topics.size(); ++i) {
    const TopicFacts& facts = answer.topics[i];
    Target& target = *producer_->targets()[i];
    const auto count = static_cast<std::int32_t>(facts.leaders.size());
    if (facts.error != RD_KAFKA_RESP_ERR_NO_ERROR || count == 0) {
      all = false;
      const auto error = facts.error != RD_KAFKA_RESP_ERR_NO_ERROR
                             ? facts.error
                             : RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
      disconnected(classify(error).name,
                   describe(error, "cannot write to topic `" + target.topic + "`"));
    } else if (target.spec->partition.value_or(0) >= count) {
      all = false;
      disconnected("UNKNOWN_PARTITION", "topic `" + target.topic + "` has " +
                                            std::to_string(count) +
                                            " partitions, the sink names partition " +
                                            std::to_string(*target.spec->partition));
    } else {
      target.leaders.store(std::make_shared<const std::vector<std::int32_t>>(facts.leaders));
      target.partitions.store(count, std::memory_order_release);
    }
  }
  ask_at_ = now_ + (all ? kRefreshEvery : kRetryAfter);
  if (!all) return;
  producer_->wake_writers();
  if (connected_.exchange(true, std::memory_order_acq_rel)) return;
  told_ = true;
  log::info("kafka", "the sink is connected", {{"pipeline", parts_.pipeline}});
  listener_->on_sink_connected(true, "CONNECTED", "all topics are there");
}

void KafkaSink::on_trouble(const Producer::Trouble& trouble) {
  if (trouble.fatal) {
    if (failed_) return;
    failed_ = true;
    connected_.store(false, std::memory_order_release);
    if (classify(trouble.error).kind == ErrorClass::row) {
      log::warn("kafka", "the broker refuses records: from now on they are sent one by one",
                {{"pipeline", parts_.pipeline}, {"code", classify(trouble.error).name}});
      parts_.send_one_by_one();
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
  if (connected_.exchange(false, std::memory_order_acq_rel) || !told_)
    log::warn("kafka", "the sink is not connected",
              {{"pipeline", parts_.pipeline}, {"code", reason}, {"error", message}});
  told_ = true;
  listener_->on_sink_connected(false, reason, message);
}

}  // namespace leat::kafka
