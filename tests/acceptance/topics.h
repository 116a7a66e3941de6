#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace leat::test {

inline constexpr int kPartitions = 4;
inline constexpr int kWaitMsMax = 30'000;

struct Destroy {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
template <class T>
using Owned = std::unique_ptr<T, Destroy>;

// A client of the broker under test; what goes wrong fails the test that uses it.
Owned<rd_kafka_t> make_client(rd_kafka_type_t type, const std::string& brokers, const std::string& group = "acceptance-reader",
                              rd_kafka_conf_t* conf = rd_kafka_conf_new());
// A topic of kPartitions.
void create_topic(const std::string& brokers, const std::string& name);
// Partition → end.
std::map<std::int32_t, std::int64_t> ends_of(rd_kafka_t* client, const std::string& topic, int partitions = kPartitions);
int partitions_of(rd_kafka_t* client, const std::string& name);
// Every record of the topic, once.
void read_all(const std::string& brokers, const std::string& topic, int partitions, const std::function<void(const rd_kafka_message_t&)>& take);

// Numbers of a record: no order, no pattern between neighbours.
std::uint64_t mixed(std::uint64_t x) noexcept;

}  // namespace leat::test
