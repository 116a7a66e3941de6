#include "log_files.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace leat::test {
namespace {

constexpr int kOffsetsPartitions = 4;  // offsets.topic.num.partitions of the test broker
constexpr int kWaitMsMax = 30'000;

// Kafka writes numbers with the high byte first.
template <class Number>
Number read_number(std::string_view bytes, std::size_t at) {
  std::make_unsigned_t<Number> number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) number = static_cast<std::make_unsigned_t<Number>>((number << 8) | static_cast<unsigned char>(bytes[at + i]));
  return static_cast<Number>(number);
}

// Record batches, format 2: base offset (8), length (4) of what follows, …, producer id at 43, its epoch at 51.
void add_producers(std::string_view log, std::set<std::pair<std::int64_t, std::int16_t>>& found) {
  std::size_t at = 0;
  while (at + 61 <= log.size()) {
    const auto length = read_number<std::int32_t>(log, at + 8);
    if (length <= 0) return;
    found.emplace(read_number<std::int64_t>(log, at + 43), read_number<std::int16_t>(log, at + 51));
    at += 12 + static_cast<std::size_t>(length);
  }
}

// Key: version 2, group; value: version, protocol type, generation.
bool generation_in(const rd_kafka_message_t& message, const std::string& group, std::int32_t& generation) {
  const std::string_view key(static_cast<const char*>(message.key), message.key_len);
  const std::string_view value(static_cast<const char*>(message.payload), message.len);
  if (key.size() < 4 || read_number<std::int16_t>(key, 0) != 2 || key.substr(4) != group || value.size() < 8) return false;
  const auto type_bytes = static_cast<std::size_t>(read_number<std::int16_t>(value, 2));
  generation = read_number<std::int32_t>(value, 4 + type_bytes);
  return true;
}

}  // namespace

std::set<std::pair<std::int64_t, std::int16_t>> producers_of(const std::string& broker_folder, const std::string& topic) {
  std::set<std::pair<std::int64_t, std::int16_t>> found;
  for (const auto& folder : std::filesystem::directory_iterator(broker_folder + "/data")) {
    const std::string name = folder.path().filename();
    if (name.substr(0, name.rfind('-')) != topic) continue;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      if (file.path().extension() != ".log") continue;
      std::ostringstream bytes;
      bytes << std::ifstream(file.path(), std::ios::binary).rdbuf();
      add_producers(bytes.str(), found);
    }
  }
  return found;
}

std::set<std::int32_t> generations_of(const std::string& brokers, const std::string& group) {
  std::array<char, 512> why{};
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), why.data(), why.size());
  rd_kafka_conf_set(conf, "group.id", "acceptance-offsets", why.data(), why.size());
  rd_kafka_conf_set(conf, "enable.partition.eof", "true", why.data(), why.size());
  rd_kafka_t* const client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why.data(), why.size());
  rd_kafka_poll_set_consumer(client);
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(kOffsetsPartitions);
  for (int partition = 0; partition < kOffsetsPartitions; ++partition) rd_kafka_topic_partition_list_add(list, "__consumer_offsets", partition)->offset = 0;
  rd_kafka_assign(client, list);
  rd_kafka_topic_partition_list_destroy(list);

  std::set<std::int32_t> generations;
  for (int ended = 0; ended < kOffsetsPartitions;) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(client, kWaitMsMax);
    EXPECT_NE(message, nullptr) << "__consumer_offsets cannot be read";
    if (message == nullptr) break;
    std::int32_t generation = 0;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ++ended;
    else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && generation_in(*message, group, generation) && generation > 0) generations.insert(generation);
    rd_kafka_message_destroy(message);
  }
  rd_kafka_consumer_close(client);
  rd_kafka_destroy(client);
  return generations;
}

}  // namespace leat::test
