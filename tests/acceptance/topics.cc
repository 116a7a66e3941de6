#include "topics.h"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace leat::test {

std::uint64_t mixed(std::uint64_t x) noexcept {
  x = (x + 1) * 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9u;
  return x ^ (x >> 32);
}

Owned<rd_kafka_t> make_client(rd_kafka_type_t type, const std::string& brokers, const std::string& group, rd_kafka_conf_t* conf) {
  std::array<char, 512> why{};
  const std::vector<std::pair<const char*, std::string>> properties{
      {"bootstrap.servers", brokers}, {"log_level", "0"},          {"group.id", group},
      {"enable.auto.commit", "false"}, {"enable.idempotence", "true"}, {"queue.buffering.max.messages", "1000000"}};
  for (const auto& [name, value] : properties) {
    if (type == RD_KAFKA_PRODUCER && std::string_view(name).starts_with("enable.auto")) continue;
    rd_kafka_conf_set(conf, name, value.c_str(), why.data(), why.size());
  }
  return Owned<rd_kafka_t>(rd_kafka_new(type, conf, why.data(), why.size()));
}

void create_topic(const std::string& brokers, const std::string& name) {
  const Owned<rd_kafka_t> client = make_client(RD_KAFKA_PRODUCER, brokers);
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name.c_str(), kPartitions, 1, nullptr, 0);
  rd_kafka_queue_t* const queue = rd_kafka_queue_new(client.get());
  rd_kafka_CreateTopics(client.get(), &topic, 1, nullptr, queue);
  rd_kafka_event_t* const event = rd_kafka_queue_poll(queue, kWaitMsMax);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR) << rd_kafka_event_error_string(event);
  rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_NewTopic_destroy(topic);
}

std::map<std::int32_t, std::int64_t> ends_of(rd_kafka_t* client, const std::string& topic, int partitions) {
  std::map<std::int32_t, std::int64_t> ends;
  for (int partition = 0; partition < partitions; ++partition) {
    std::int64_t low = 0;
    EXPECT_EQ(rd_kafka_query_watermark_offsets(client, topic.c_str(), partition, &low, &ends[partition], kWaitMsMax), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  return ends;
}

int partitions_of(rd_kafka_t* client, const std::string& name) {
  const Owned<rd_kafka_topic_t> topic(rd_kafka_topic_new(client, name.c_str(), nullptr));
  const struct rd_kafka_metadata* metadata = nullptr;
  EXPECT_EQ(rd_kafka_metadata(client, 0, topic.get(), &metadata, kWaitMsMax), RD_KAFKA_RESP_ERR_NO_ERROR);
  if (metadata == nullptr) return 0;
  const int partitions = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
  rd_kafka_metadata_destroy(metadata);
  return partitions;
}

// Every record of the topic, once.
void read_all(const std::string& brokers, const std::string& topic, int partitions,
              const std::function<void(const rd_kafka_message_t&)>& take) {
  const Owned<rd_kafka_t> client = make_client(RD_KAFKA_CONSUMER, brokers);
  rd_kafka_poll_set_consumer(client.get());
  const std::map<std::int32_t, std::int64_t> ends = ends_of(client.get(), topic, partitions);
  const Owned<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(partitions));
  std::int64_t missing = 0;
  for (const auto& [partition, end] : ends) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = 0;
    missing += end;
  }
  rd_kafka_assign(client.get(), list.get());
  while (missing > 0) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(client.get(), kWaitMsMax);
    EXPECT_NE(message, nullptr) << "`" << topic << "` ends " << missing << " records early";
    if (message == nullptr) break;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      --missing;
      take(*message);
    }
    rd_kafka_message_destroy(message);
  }
  rd_kafka_consumer_close(client.get());
}

}  // namespace leat::test
