#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rows.h"

namespace leat::bench {

struct DestroyClient {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
struct DestroyQueue {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
struct DestroyTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
struct DestroyList {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using Client = std::unique_ptr<rd_kafka_t, DestroyClient>;
using Queue = std::unique_ptr<rd_kafka_queue_t, DestroyQueue>;
using Topic = std::unique_ptr<rd_kafka_topic_t, DestroyTopic>;
using List = std::unique_ptr<rd_kafka_topic_partition_list_t, DestroyList>;

// Command-line options: `--name value` pairs after the words. An unknown or missing one ends the program (exit 2).
class Options {
 public:
  Options(int argc, char** argv, std::map<std::string, std::string> defaults);
  const std::string& text(const std::string& name) const;
  std::uint64_t number(const std::string& name) const;
  std::int64_t signed_number(const std::string& name) const;
  const std::vector<std::string>& words() const noexcept { return words_; }

 private:
  std::map<std::string, std::string> values_;
  std::vector<std::string> words_;
};

// The options that say which records a run has, with their defaults, and the run that they say.
std::map<std::string, std::string> run_options();
Run run_of(const Options& options);

[[noreturn]] void give_up(const std::string& what);

using Properties = std::vector<std::pair<std::string, std::string>>;
// A client; `conf` may be prepared with callbacks. Properties win over what it holds.
Client make_client(rd_kafka_type_t type, const Properties& properties,
                   rd_kafka_conf_t* conf = rd_kafka_conf_new());
// The properties leat sets (src/kafka/settings.cc), so that the bare loop has the same features.
Properties consumer_properties(const std::string& brokers, const std::string& group);
Properties producer_properties(const std::string& brokers);

// Partitions of a topic; waits up to 10 s for its leaders. The first record of a new client does not wait then.
int partitions_of(rd_kafka_t* client, rd_kafka_topic_t* topic);

std::int64_t wall_ns() noexcept;

}  // namespace leat::bench
