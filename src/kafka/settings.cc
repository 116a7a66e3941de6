#include "kafka/settings.h"

#include <algorithm>
#include <array>

#include "base/log.h"

namespace leat::kafka {
namespace {

constexpr int kVersion22 = 0x02020000;

// The law. Both modes use the same client: nothing here can change on a live one.
constexpr Setting kSettings[] = {
    {Role::both, "bootstrap.servers", "", 0, 0, "of the profile"},
    {Role::both, "client.id", "", 0, 0, "names the pipeline in the broker's logs and quotas"},
    {Role::both, "socket.nagle.disable", "true", 0, 0, "a small request leaves at once"},
    {Role::both, "socket.keepalive.enable", "true", 0, 0, "a broker that vanished is noticed"},
    {Role::both, "reconnect.backoff.ms", "50", 0, 0, "a broker that is back is found soon"},
    {Role::both, "reconnect.backoff.max.ms", "1000", 0, 0,
     "the default of 10 s is too long to wait for it"},
    {Role::both, "topic.metadata.refresh.interval.ms", "5000", 0, 0,
     "new partitions are seen within seconds"},
    {Role::both, "allow.auto.create.topics", "", 0, 0,
     "false: a misspelt topic is a message, not a new topic (embedded: it always creates)"},
    {Role::both, "statistics.interval.ms", "0", 0, 0, "we count ourselves"},
    {Role::both, "log.connection.close", "false", 0, 0,
     "an idle connection that closes is no news"},

    {Role::consumer, "group.id", "", 0, 0, "<application>.<pipeline>, or what the definition says"},
    {Role::consumer, "group.instance.id", "", 0, 0,
     "a restart resumes without a rebalance; <application>.<instance>.<pipeline>, or where rows of "
     "a "
     "key meet in memory <application>.<pipeline>: a second instance fences the first (embedded: "
     "none, it knows none)"},
    {Role::consumer, "session.timeout.ms", "", 0, 0,
     "10000: how long a dead member holds its partitions (embedded: 3000)"},
    {Role::consumer, "heartbeat.interval.ms", "", 0, 0,
     "3000: a third of the session (embedded: 500)"},
    {Role::consumer, "max.poll.interval.ms", "300000", 0, 0,
     "the control thread serves the queue every second"},
    {Role::consumer, "partition.assignment.strategy", "range,roundrobin", 0, 0,
     "eager: one place where partitions come and go"},
    {Role::consumer, "enable.auto.commit", "false", 0, 0, "offsets are committed with the epoch"},
    {Role::consumer, "enable.auto.offset.store", "false", 0, 0,
     "offsets are committed with the epoch"},
    {Role::consumer, "isolation.level", "read_committed", 0, 0, "aborted records are no records"},
    {Role::consumer, "check.crcs", "true", 0, 0, "damaged bytes are an error, not data"},
    {Role::consumer, "auto.offset.reset", "", 0, 0,
     "error: every assign carries offsets, a jump is never silent (embedded: earliest)"},
    {Role::consumer, "enable.partition.eof", "false", 0, 0,
     "an end is found by asking, not by a message for every drain"},
    {Role::consumer, "fetch.min.bytes", "1", 0, 0, "the broker answers when there is a record"},
    {Role::consumer, "fetch.wait.max.ms", "", 0, 0,
     "500: a broker wakes on data (embedded: 10, it does not)"},
    {Role::consumer, "fetch.error.backoff.ms", "50", 0, 0,
     "a partition that moved is read again soon"},
    {Role::consumer, "queued.min.messages", "1000000", 0, kVersion22,
     "a full queue stops fetching for a whole second there"},
    {Role::consumer, "queued.max.messages.kbytes", "", 0, 0, "the memory budget"},
    {Role::consumer, "fetch.queue.backoff.ms", "10", kVersion22, 0,
     "a full queue fetches again soon"},

    {Role::producer, "enable.idempotence", "true", 0, 0, "retries neither double nor reorder"},
    {Role::producer, "acks", "all", 0, 0, "acknowledged is durable"},
    {Role::producer, "linger.ms", "0", 0, 0, "0 or >= 1; our lanes do the batching"},
    {Role::producer, "batch.num.messages", "", 0, 0,
     "10000: what waits goes together (1 after a refusal, see ProducerMode)"},
    {Role::producer, "max.in.flight.requests.per.connection", "5", 0, 0,
     "the most that keeps order; one would serialise partitions"},
    {Role::producer, "queue.buffering.max.messages", "500000", 0, 0, "the bytes are the limit"},
    {Role::producer, "queue.buffering.max.kbytes", "", 0, 0, "the memory budget"},
    {Role::producer, "message.timeout.ms", "0", 0, 0,
     "a broker that is away is waited for; the epoch does not commit meanwhile"},
    {Role::producer, "delivery.report.only.error", "false", 0, 0,
     "every record is counted down in the ledger"},
    {Role::producer, "retry.backoff.ms", "50", 0, 0, "after a leader moved"},
};

constexpr std::array<std::string_view, 5> kRunsCode{
    "plugin.library.paths", "sasl.kerberos.kinit.cmd", "ssl.engine.location", "ssl.providers",
    "ssl_engine_callback_data"};
// Other names of properties above, and what would fight with our use of the client.
constexpr std::array<std::string_view, 22> kAlsoOurs{"metadata.broker.list",
                                                     "request.required.acks",
                                                     "queue.buffering.max.ms",
                                                     "enable.gapless.guarantee",
                                                     "transactional.id",
                                                     "transaction.timeout.ms",
                                                     "partitioner",
                                                     "partitioner_cb",
                                                     "sticky.partitioning.linger.ms",
                                                     "test.mock.num.brokers",
                                                     "group.protocol",
                                                     "group.remote.assignor",
                                                     "group.protocol.type",
                                                     "delivery.timeout.ms",
                                                     "max.in.flight",
                                                     "auto.commit.interval.ms",
                                                     "auto.commit.enable",
                                                     "offset.store.method",
                                                     "offset.store.path",
                                                     "enable.random.seed",
                                                     "message.send.max.retries",
                                                     "retries"};

bool applies(const Setting& setting, Role role) noexcept {
  const int version = rd_kafka_version();
  const bool for_role = (static_cast<unsigned>(setting.role) & static_cast<unsigned>(role)) != 0;
  return for_role && version >= setting.from_version &&
         (setting.until_version == 0 || version < setting.until_version);
}

std::string joined(const std::vector<std::string>& items) {
  std::string all;
  for (const std::string& item : items) {
    if (!all.empty()) all += ',';
    all += item;
  }
  return all;
}

std::string computed(std::string_view name, const Profile& profile,
                     const ClientIdentity& identity) {
  const std::size_t kbytes =
      std::clamp<std::size_t>(identity.queue_bytes >> 10, 1024, std::size_t{2} << 20);
  if (name == "bootstrap.servers")
    return profile.embedded() ? embedded_bootstrap() : joined(profile.brokers);
  if (name == "client.id") return identity.client_id;
  if (name == "group.id") return identity.group;
  if (name == "group.instance.id") return profile.embedded() ? "" : identity.instance;
  if (name == "allow.auto.create.topics") return profile.embedded() ? "true" : "false";
  if (name == "session.timeout.ms") return profile.embedded() ? "3000" : "10000";
  if (name == "heartbeat.interval.ms") return profile.embedded() ? "500" : "3000";
  if (name == "auto.offset.reset") return profile.embedded() ? "earliest" : "error";
  if (name == "fetch.wait.max.ms") return profile.embedded() ? "10" : "500";
  if (name == "batch.num.messages") return identity.one_by_one ? "1" : "10000";
  if (name == "queued.max.messages.kbytes" || name == "queue.buffering.max.kbytes")
    return std::to_string(kbytes);
  LEAT_CHECK(false);
}

Status set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> why{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) ==
      RD_KAFKA_CONF_OK)
    return {};
  return Status(Code::invalid_argument, why.data()).with("property", name);
}

void to_our_log(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  // Connections that fail are told once, as a condition of the pipeline, not at every attempt.
  const bool connection =
      std::string_view(facility) == "FAIL" || std::string_view(facility) == "ERROR";
  const log::Level ours = level > 4 || connection ? log::Level::debug
                          : level == 4            ? log::Level::warn
                                                  : log::Level::error;
  log::write(ours, "kafka", text, {{"client", rd_kafka_name(client)}, {"facility", facility}});
}

Status fill(rd_kafka_conf_t* conf, Role role, const Profile& profile,
            const std::map<std::string, std::string>& properties, const ClientIdentity& identity) {
  for (const auto& [name, value] : profile.properties) LEAT_RETURN_IF_ERROR(set(conf, name, value));
  for (const auto& [name, value] : properties) {
    if (is_ours(name) || runs_code(name))
      return Status(Code::invalid_argument, "leat sets this property itself")
          .with("property", name);
    LEAT_RETURN_IF_ERROR(set(conf, name, value));
  }
  for (const Setting& setting : settings()) {
    if (!applies(setting, role)) continue;
    const std::string value =
        *setting.value != '\0' ? setting.value : computed(setting.name, profile, identity);
    if (value.empty()) continue;
    LEAT_RETURN_IF_ERROR(set(conf, setting.name, value));
  }
  return {};
}

}  // namespace

std::span<const Setting> settings() noexcept { return kSettings; }

bool is_ours(std::string_view property) noexcept {
  const auto same = [&](const Setting& setting) { return property == setting.name; };
  return std::any_of(std::begin(kSettings), std::end(kSettings), same) ||
         std::find(kAlsoOurs.begin(), kAlsoOurs.end(), property) != kAlsoOurs.end();
}

bool runs_code(std::string_view property) noexcept {
  return std::find(kRunsCode.begin(), kRunsCode.end(), property) != kRunsCode.end();
}

Result<rd_kafka_conf_t*> make_conf(Role role, const Profile& profile,
                                   const std::map<std::string, std::string>& properties,
                                   const ClientIdentity& identity) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, &to_our_log);
  if (Status filled = fill(conf, role, profile, properties, identity); !filled.ok()) {
    rd_kafka_conf_destroy(conf);
    return filled;
  }
  return conf;
}

}  // namespace leat::kafka
