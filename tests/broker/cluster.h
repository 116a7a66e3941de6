#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/real_broker.h"
#include "unit/kafka/sink_driver.h"

namespace leat::kafka::test {

struct DestroyClient {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
using RawClient = std::unique_ptr<rd_kafka_t, DestroyClient>;

RawClient raw_client(rd_kafka_type_t type, const std::string& bootstrap,
                     const std::map<std::string, std::string>& properties = {});

// What an operator does to a real cluster, with clients of its own. A request that fails ends the
// test.
class Cluster {
 public:
  explicit Cluster(const leat::test::RealBroker& broker)
      : broker_(broker), admin_(raw_client(RD_KAFKA_PRODUCER, broker.bootstrap())) {}

  const std::string& bootstrap() const { return broker_.bootstrap(); }
  // A profile for this cluster.
  KafkaOptions options(std::map<std::string, std::string> properties = {}) const;

  void create(const std::string& topic, int partitions = 1,
              const std::map<std::string, std::string>& config = {});
  void grow(const std::string& topic, int partitions);
  // Removes the records before the offset, as retention does.
  void remove_before(const std::string& topic, std::int32_t partition, std::int64_t offset);

  std::int64_t end_of(const std::string& topic, std::int32_t partition) const;

  struct Group {
    std::string state;  // "Dead" when it is not there
    std::vector<std::string> instances;
  };
  Group group(const std::string& name);
  struct Commit {
    std::int64_t offset = -1;  // -1 = none
    std::string metadata;
  };
  Commit committed(const std::string& group, const std::string& topic,
                   std::int32_t partition) const;
  void commit(const std::string& group, const std::string& topic, std::int32_t partition,
              std::int64_t offset, const std::string& metadata = "") const;

  // Partition of each key as Kafka's own Java producer chooses it for the topic.
  std::map<std::string, std::int32_t> partitions_of_javas_producer(
      const std::string& topic, int partitions, const std::vector<std::string>& keys) const;

 private:
  const leat::test::RealBroker& broker_;
  const RawClient admin_;
};

// Writes transactions.
class Transactions {
 public:
  explicit Transactions(const std::string& bootstrap);
  enum class End { commit, abort };
  void write(const std::string& topic, const std::vector<std::string>& values, End end);

 private:
  RawClient producer_;
};

// Another member of a group, which shows whether the group was rebalanced.
class Onlooker {
 public:
  Onlooker(const std::string& bootstrap, const std::string& group, const std::string& topic);
  ~Onlooker();
  Onlooker(const Onlooker&) = delete;
  Onlooker& operator=(const Onlooker&) = delete;
  // Serves its membership; call it while waiting for something.
  void serve();
  // Its place in the group with the group's generation, opaque: each rebalance changes it.
  std::string place() const;

 private:
  RawClient consumer_;
};

}  // namespace leat::kafka::test
