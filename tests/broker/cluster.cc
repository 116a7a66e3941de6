#include "cluster.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "kafka/lists.h"

namespace leat::kafka::test {
namespace {

constexpr int kAnswerMs = 30'000;

void expect_none(rd_kafka_error_t* error) {
  if (error == nullptr) return;
  ADD_FAILURE() << rd_kafka_error_string(error);
  rd_kafka_error_destroy(error);
}

// Waits for the answer to the admin request that `ask` sends.
template <class Ask>
Event answer(rd_kafka_t* client, Ask ask) {
  rd_kafka_queue_t* const queue = rd_kafka_queue_new(client);
  ask(queue);
  Event event(rd_kafka_queue_poll(queue, kAnswerMs));
  rd_kafka_queue_destroy(queue);
  EXPECT_NE(event, nullptr);
  EXPECT_EQ(rd_kafka_event_error(event.get()), RD_KAFKA_RESP_ERR_NO_ERROR)
      << rd_kafka_event_error_string(event.get());
  return event;
}

template <class Result>
void expect_topics_ok(const Result* result,
                      const rd_kafka_topic_result_t** (*topics_of)(const Result*, std::size_t*)) {
  std::size_t count = 0;
  const rd_kafka_topic_result_t** const topics = topics_of(result, &count);
  for (std::size_t i = 0; i < count; ++i)
    EXPECT_EQ(rd_kafka_topic_result_error(topics[i]), RD_KAFKA_RESP_ERR_NO_ERROR)
        << rd_kafka_topic_result_error_string(topics[i]);
}

}  // namespace

RawClient raw_client(rd_kafka_type_t type, const std::string& bootstrap,
                     const std::map<std::string, std::string>& properties) {
  std::array<char, 512> why{};
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap.c_str(), why.data(), why.size());
  rd_kafka_conf_set(conf, "log_level", "0", why.data(), why.size());
  rd_kafka_conf_set(conf, "reconnect.backoff.max.ms", "500", why.data(), why.size());
  for (const auto& [name, value] : properties)
    EXPECT_EQ(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()),
              RD_KAFKA_CONF_OK)
        << why.data();
  RawClient made(rd_kafka_new(type, conf, why.data(), why.size()));
  EXPECT_NE(made, nullptr) << why.data();
  return made;
}

KafkaOptions Cluster::options(std::map<std::string, std::string> properties) const {
  KafkaOptions options;
  options.profiles["default"] = {{bootstrap()}, std::move(properties)};
  return options;
}

void Cluster::create(const std::string& topic, int partitions,
                     const std::map<std::string, std::string>& config) {
  rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, nullptr, 0);
  for (const auto& [name, value] : config)
    rd_kafka_NewTopic_set_config(wanted, name.c_str(), value.c_str());
  const Event event = answer(admin_.get(), [&](rd_kafka_queue_t* queue) {
    rd_kafka_CreateTopics(admin_.get(), &wanted, 1, nullptr, queue);
  });
  expect_topics_ok(rd_kafka_event_CreateTopics_result(event.get()),
                   rd_kafka_CreateTopics_result_topics);
  rd_kafka_NewTopic_destroy(wanted);
}

void Cluster::grow(const std::string& topic, int partitions) {
  rd_kafka_NewPartitions_t* wanted =
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<std::size_t>(partitions), nullptr, 0);
  const Event event = answer(admin_.get(), [&](rd_kafka_queue_t* queue) {
    rd_kafka_CreatePartitions(admin_.get(), &wanted, 1, nullptr, queue);
  });
  expect_topics_ok(rd_kafka_event_CreatePartitions_result(event.get()),
                   rd_kafka_CreatePartitions_result_topics);
  rd_kafka_NewPartitions_destroy(wanted);
}

void Cluster::remove_before(const std::string& topic, std::int32_t partition, std::int64_t offset) {
  const PartitionList list = make_list(1);
  add(list, topic, partition, offset);
  rd_kafka_DeleteRecords_t* wanted = rd_kafka_DeleteRecords_new(list.get());
  const Event event = answer(admin_.get(), [&](rd_kafka_queue_t* queue) {
    rd_kafka_DeleteRecords(admin_.get(), &wanted, 1, nullptr, queue);
  });
  const auto* const done =
      rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event.get()));
  EXPECT_EQ(done->elems[0].err, RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_DeleteRecords_destroy(wanted);
}

std::int64_t Cluster::end_of(const std::string& topic, std::int32_t partition) const {
  std::int64_t begin = -1;
  std::int64_t end = -1;
  EXPECT_EQ(rd_kafka_query_watermark_offsets(admin_.get(), topic.c_str(), partition, &begin, &end,
                                             kAnswerMs),
            RD_KAFKA_RESP_ERR_NO_ERROR);
  return end;
}

Cluster::Group Cluster::group(const std::string& name) {
  const char* names[] = {name.c_str()};
  const Event event = answer(admin_.get(), [&](rd_kafka_queue_t* queue) {
    rd_kafka_DescribeConsumerGroups(admin_.get(), names, 1, nullptr, queue);
  });
  std::size_t count = 0;
  const auto** const groups = rd_kafka_DescribeConsumerGroups_result_groups(
      rd_kafka_event_DescribeConsumerGroups_result(event.get()), &count);
  Group found{"Dead", {}};
  if (count != 1) return found;
  found.state =
      rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(groups[0]));
  if (found.state == "Unknown") found.state = "Dead";
  for (std::size_t i = 0; i < rd_kafka_ConsumerGroupDescription_member_count(groups[0]); ++i) {
    const char* const instance = rd_kafka_MemberDescription_group_instance_id(
        rd_kafka_ConsumerGroupDescription_member(groups[0], i));
    found.instances.emplace_back(instance != nullptr ? instance : "");
  }
  return found;
}

Cluster::Commit Cluster::committed(const std::string& group, const std::string& topic,
                                   std::int32_t partition) const {
  const RawClient client = raw_client(RD_KAFKA_CONSUMER, bootstrap(), {{"group.id", group}});
  const PartitionList list = make_list(1);
  const rd_kafka_topic_partition_t& at = add(list, topic, partition, RD_KAFKA_OFFSET_INVALID);
  EXPECT_EQ(rd_kafka_committed(client.get(), list.get(), kAnswerMs), RD_KAFKA_RESP_ERR_NO_ERROR);
  return {at.offset >= 0 ? at.offset : -1, std::string(metadata_of(at))};
}

void Cluster::commit(const std::string& group, const std::string& topic, std::int32_t partition,
                     std::int64_t offset, const std::string& metadata) const {
  const RawClient client = raw_client(RD_KAFKA_CONSUMER, bootstrap(), {{"group.id", group}});
  const PartitionList list = make_list(1);
  set_metadata(client.get(), add(list, topic, partition, offset), metadata);
  EXPECT_EQ(rd_kafka_commit(client.get(), list.get(), 0), RD_KAFKA_RESP_ERR_NO_ERROR);
}

std::map<std::string, std::int32_t> Cluster::partitions_of_javas_producer(
    const std::string& topic, int partitions, const std::vector<std::string>& keys) const {
  const std::string lines = broker_.folder() + "/" + topic + ".keys";
  {
    std::ofstream file(lines);
    for (const std::string& key : keys) file << key << ":v\n";
  }
  std::string command = LEAT_BROKER_SCRIPT;
  command.append(" tool org.apache.kafka.tools.ConsoleProducer --bootstrap-server ")
      .append(bootstrap())
      .append(" --reader-property parse.key=true --reader-property key.separator=: --topic ")
      .append(topic)
      .append(" <")
      .append(lines)
      .append(" >/dev/null");
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::map<std::string, std::int32_t> found;
  for (const Plain& record : Outside::read(topic, keys.size(), bootstrap(), partitions))
    found[record.key.value_or("(none)")] = record.partition;
  return found;
}

Transactions::Transactions(const std::string& bootstrap)
    : producer_(raw_client(RD_KAFKA_PRODUCER, bootstrap,
                           {{"transactional.id", fresh_name("transactions")}})) {
  expect_none(rd_kafka_init_transactions(producer_.get(), kAnswerMs));
}

void Transactions::write(const std::string& topic, const std::vector<std::string>& values,
                         End end) {
  expect_none(rd_kafka_begin_transaction(producer_.get()));
  for (const std::string& value : values)
    EXPECT_EQ(rd_kafka_producev(producer_.get(), RD_KAFKA_V_TOPIC(topic.c_str()),
                                RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                                RD_KAFKA_V_END),
              RD_KAFKA_RESP_ERR_NO_ERROR);
  // An aborted record is in the log only when it was sent before.
  EXPECT_EQ(rd_kafka_flush(producer_.get(), kAnswerMs), RD_KAFKA_RESP_ERR_NO_ERROR);
  expect_none(end == End::commit ? rd_kafka_commit_transaction(producer_.get(), kAnswerMs)
                                 : rd_kafka_abort_transaction(producer_.get(), kAnswerMs));
}

Onlooker::Onlooker(const std::string& bootstrap, const std::string& group, const std::string& topic)
    : consumer_(raw_client(RD_KAFKA_CONSUMER, bootstrap,
                           {{"group.id", group},
                            {"heartbeat.interval.ms", "100"},
                            {"session.timeout.ms", "6000"},
                            {"partition.assignment.strategy", "range,roundrobin"}})) {
  rd_kafka_poll_set_consumer(consumer_.get());
  const PartitionList topics = make_list(1);
  add(topics, topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_OFFSET_INVALID);
  EXPECT_EQ(rd_kafka_subscribe(consumer_.get(), topics.get()), RD_KAFKA_RESP_ERR_NO_ERROR);
}

Onlooker::~Onlooker() { rd_kafka_consumer_close(consumer_.get()); }

void Onlooker::serve() {
  if (rd_kafka_message_t* const message = rd_kafka_consumer_poll(consumer_.get(), 0);
      message != nullptr)
    rd_kafka_message_destroy(message);
}

std::string Onlooker::place() const {
  rd_kafka_consumer_group_metadata_t* const metadata =
      rd_kafka_consumer_group_metadata(consumer_.get());
  const void* bytes = nullptr;
  std::size_t size = 0;
  expect_none(rd_kafka_consumer_group_metadata_write(metadata, const_cast<void**>(&bytes), &size));
  const std::string place(static_cast<const char*>(bytes), size);
  rd_kafka_mem_free(nullptr, const_cast<void*>(bytes));
  rd_kafka_consumer_group_metadata_destroy(metadata);
  return place;
}

}  // namespace leat::kafka::test
