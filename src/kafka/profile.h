#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "flow/registry.h"

namespace leat::kafka {

// How to reach one cluster: brokers and librdkafka properties of its own. A value.
struct Profile {
  static constexpr std::string_view kEmbedded = "embedded";

  std::vector<std::string>
      brokers;  // host:port, or only "embedded": the mock cluster of this process
  std::map<std::string, std::string> properties;  // never those that leat sets itself

  bool embedded() const noexcept { return brokers.size() == 1 && brokers.front() == kEmbedded; }
};

enum class CreateTopics : std::uint8_t { never, internal, all };

// When rows leave for librdkafka: at once, or in rounds whose gap follows the acknowledgement time
// (see lanes.h).
enum class ProducePolicy : std::uint8_t { plain, paced };

// What the daemon's configuration says about Kafka. A value.
struct KafkaOptions {
  std::map<std::string, Profile> profiles{{"default", Profile{{"127.0.0.1:9092"}, {}}}};
  std::string default_profile = "default";
  bool allow_unsafe_properties = false;
  CreateTopics create_topics = CreateTopics::internal;
  std::size_t fetch_bytes = std::size_t{64} << 20;  // of one pipeline: fetched and not read yet
  std::size_t produce_bytes = std::size_t{64}
                              << 20;  // of one pipeline: written and not acknowledged yet
  ProducePolicy produce_policy = ProducePolicy::plain;
};

// The first mistake in the profiles: no brokers, properties leat sets itself or that run code, or
// that librdkafka refuses.
Status check_options(const KafkaOptions& options);

// Registers the source, the sampler and the sink "kafka". Their definitions name profiles of `options`.
void register_kafka(flow::Registry& registry, const KafkaOptions& options);

// The bootstrap address of this process' mock cluster ("127.0.0.1:<port>"); starts it at the first
// call. Thread-safe. The cluster keeps 5 MiB or 100 000 records per partition, creates topics (4
// partitions) when they are asked for, has no look-up by time and dies with the process.
const std::string& embedded_bootstrap();

// The version of the librdkafka this process runs with: "2.0.2".
std::string_view client_version() noexcept;
// The threads of librdkafka in this process now.
int client_threads() noexcept;

}  // namespace leat::kafka
