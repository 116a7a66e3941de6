#include "kafka/profile.h"

#include <array>
#include <string>
#include <utility>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/log.h"
#include "kafka/settings.h"

namespace leat::kafka {
namespace {

Status check_properties(const Profile& profile, bool allow_unsafe) {
  for (const auto& [property, value] : profile.properties) {
    if (is_ours(property))
      return Status(Code::invalid_argument, "leat sets this property itself: remove it")
          .with("property", property);
    if (runs_code(property) && !allow_unsafe)
      return Status(Code::permission_denied,
                    "this property runs code: it needs `kafka.allow_unsafe_properties`")
          .with("property", property);
  }
  return {};
}

Status check_profile(const Profile& profile, bool allow_unsafe) {
  if (profile.brokers.empty()) return Status(Code::invalid_argument, "`brokers` is empty");
  for (const std::string& broker : profile.brokers) {
    if (broker.empty()) return Status(Code::invalid_argument, "a broker's address is empty");
    if (broker == Profile::kEmbedded && !profile.embedded())
      return Status(Code::invalid_argument, "\"embedded\" stands alone in `brokers`");
  }
  LEAT_RETURN_IF_ERROR(check_properties(profile, allow_unsafe));
  // Makes no client, so even a profile with the mock cluster starts nothing.
  Profile unreached = profile;
  if (profile.embedded()) unreached.brokers = {"127.0.0.1:1"};
  Result<rd_kafka_conf_t*> conf =
      make_conf(Role::both, unreached, {}, ClientIdentity{"check", "check", "check"});
  if (!conf.ok()) return std::move(conf).status();
  rd_kafka_conf_destroy(*conf);
  return {};
}

// Held for the life of the process: its threads serve whoever still runs when static objects end.
struct EmbeddedBroker {
  rd_kafka_t* client;
  rd_kafka_mock_cluster_t* cluster;
  std::string address;
};

EmbeddedBroker* start_embedded() {
  std::array<char, 256> why{};
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {
  });  // it has no brokers, on purpose
  rd_kafka_t* const client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why.data(), why.size());
  LEAT_CHECK(client != nullptr);
  rd_kafka_mock_cluster_t* const cluster = rd_kafka_mock_cluster_new(client, 1);
  LEAT_CHECK(cluster != nullptr);
  std::string address = rd_kafka_mock_cluster_bootstraps(cluster);
  log::info("kafka", "embedded broker started", {{"bootstrap", address}});
  return new EmbeddedBroker{client, cluster, std::move(address)};
}

}  // namespace

Status check_options(const KafkaOptions& options) {
  for (const auto& [name, profile] : options.profiles)
    if (Status checked = check_profile(profile, options.allow_unsafe_properties); !checked.ok())
      return checked.with("profile", name);
  if (!options.profiles.contains(options.default_profile))
    return Status(Code::invalid_argument, "`default_profile` names no profile")
        .with("profile", options.default_profile);
  return {};
}

const std::string& embedded_bootstrap() {
  static const EmbeddedBroker* const broker = start_embedded();  // reachable, never destroyed
  return broker->address;
}

std::string_view client_version() noexcept { return rd_kafka_version_str(); }
int client_threads() noexcept { return rd_kafka_thread_cnt(); }

}  // namespace leat::kafka
