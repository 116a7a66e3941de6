#include <array>
#include <set>
#include <thread>

#include <gmock/gmock.h>

#include "base/clock.h"
#include "base/mailbox.h"
#include "kafka/client.h"
#include "kafka/errors.h"
#include "kafka/lookup.h"
#include "kafka/partitioner.h"
#include "kafka/row_text.h"
#include "kafka/settings.h"

namespace leat::kafka {
namespace {

using ::testing::HasSubstr;

class Conf {
 public:
  Conf(Role role, const Profile& profile) {
    auto made = make_conf(role, profile, {},
                          ClientIdentity{"leat-p", "app.p", "app.p", std::size_t{32} << 20});
    EXPECT_TRUE(made.ok()) << made.status().to_string();
    conf_ = *made;
  }
  ~Conf() { rd_kafka_conf_destroy(conf_); }
  Conf(const Conf&) = delete;
  Conf& operator=(const Conf&) = delete;
  std::string operator[](const char* name) const {
    std::array<char, 512> value{};
    std::size_t size = value.size();
    const auto got = rd_kafka_conf_get(conf_, name, value.data(), &size);
    return got == RD_KAFKA_CONF_OK ? value.data() : "(unknown)";
  }

 private:
  rd_kafka_conf_t* conf_ = nullptr;
};

const Profile kReal{{"one:9092", "two:9092"}, {}};

TEST(KafkaSettings, TheConsumerFollowsTheLaw) {
  const Conf conf(Role::consumer, kReal);
  EXPECT_EQ(conf["bootstrap.servers"], "one:9092,two:9092");
  EXPECT_EQ(conf["group.id"], "app.p");
  EXPECT_EQ(conf["group.instance.id"], "app.p");
  EXPECT_EQ(conf["session.timeout.ms"], "10000");
  EXPECT_EQ(conf["enable.auto.commit"], "false");
  EXPECT_EQ(conf["enable.auto.offset.store"], "false");
  EXPECT_EQ(conf["isolation.level"], "read_committed");
  EXPECT_EQ(conf["check.crcs"], "true");
  EXPECT_EQ(conf["auto.offset.reset"], "error");
  EXPECT_EQ(conf["topic.metadata.refresh.interval.ms"], "5000");
  EXPECT_EQ(conf["socket.nagle.disable"], "true");
  EXPECT_EQ(conf["fetch.min.bytes"], "1");
  EXPECT_EQ(conf["fetch.wait.max.ms"], "500");
  EXPECT_EQ(conf["fetch.error.backoff.ms"], "50");
  EXPECT_EQ(conf["queued.max.messages.kbytes"], "32768");
  EXPECT_EQ(conf["partition.assignment.strategy"], "range,roundrobin");
  EXPECT_EQ(conf["statistics.interval.ms"], "0");
  EXPECT_EQ(conf["allow.auto.create.topics"], "false");
  if (rd_kafka_version() < 0x02020000)
    EXPECT_EQ(conf["queued.min.messages"], "1000000");
  else
    EXPECT_EQ(conf["fetch.queue.backoff.ms"], "10");
}

TEST(KafkaSettings, TheProducerFollowsTheLaw) {
  const Conf conf(Role::producer, kReal);
  EXPECT_EQ(conf["enable.idempotence"], "true");
  EXPECT_EQ(conf["acks"], "-1");
  EXPECT_EQ(conf["linger.ms"], "0");
  EXPECT_EQ(conf["batch.num.messages"], "10000");
  EXPECT_EQ(conf["max.in.flight.requests.per.connection"], "5");
  EXPECT_EQ(conf["message.timeout.ms"], "0");
  EXPECT_EQ(conf["socket.nagle.disable"], "true");
  EXPECT_EQ(conf["queue.buffering.max.kbytes"], "32768");
  EXPECT_EQ(conf["delivery.report.only.error"], "false");
}

TEST(KafkaSettings, TheEmbeddedBrokerIsPolledOftenAndItsMembersAreNotStatic) {
  const Conf conf(Role::consumer, Profile{{"embedded"}, {}});
  EXPECT_EQ(conf["bootstrap.servers"], embedded_bootstrap());
  EXPECT_EQ(conf["fetch.wait.max.ms"], "10");
  EXPECT_EQ(conf["auto.offset.reset"], "smallest");  // the older name of earliest
  EXPECT_NE(conf["group.instance.id"], "app.p");
}

TEST(KafkaSettings, ProfilesCannotTouchOurSettingsNorRunCode) {
  KafkaOptions options;
  options.profiles["default"].properties = {{"enable.auto.commit", "true"}};
  EXPECT_THAT(check_options(options).to_string(), HasSubstr("property=enable.auto.commit"));
  options.profiles["default"].properties = {{"plugin.library.paths", "/tmp/evil.so"}};
  EXPECT_EQ(check_options(options).code(), Code::permission_denied);
  options.profiles["default"].properties = {{"no.such.property", "1"}};
  EXPECT_EQ(check_options(options).code(), Code::invalid_argument);
  options.profiles["default"].properties = {{"security.protocol", "PLAINTEXT"},
                                            {"message.max.bytes", "2000000"}};
  EXPECT_TRUE(check_options(options).ok());
  options.profiles["default"].brokers = {"embedded", "other:9092"};
  EXPECT_THAT(check_options(options).message(), HasSubstr("stands alone"));
  options.profiles["default"].brokers = {};
  EXPECT_FALSE(check_options(options).ok());
  options = {};
  options.default_profile = "nobody";
  EXPECT_FALSE(check_options(options).ok());
}

TEST(KafkaSettings, OtherNamesOfOurSettingsAreOursToo) {
  for (const char* name : {"metadata.broker.list", "request.required.acks",
                           "queue.buffering.max.ms", "transactional.id", "partitioner"})
    EXPECT_TRUE(is_ours(name)) << name;
  for (const char* name :
       {"sasl.username", "ssl.ca.location", "message.max.bytes", "compression.level"})
    EXPECT_FALSE(is_ours(name)) << name;
}

TEST(KafkaErrors, EachErrorStandsInTheTableOnce) {
  std::set<int> seen;
  for (const ErrorRule& rule : error_rules()) {
    EXPECT_TRUE(seen.insert(rule.error).second) << rd_kafka_err2name(rule.error);
    EXPECT_FALSE(rule.name.empty());
    EXPECT_NE(rule.code, Code::ok);
  }
}

TEST(KafkaErrors, MeaningsThatMatter) {
  EXPECT_EQ(classify(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN).kind, ErrorClass::retriable);
  EXPECT_EQ(classify(RD_KAFKA_RESP_ERR__QUEUE_FULL).kind, ErrorClass::retriable);
  EXPECT_EQ(classify(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE).kind, ErrorClass::row);
  EXPECT_EQ(classify(RD_KAFKA_RESP_ERR__FATAL).kind, ErrorClass::producer);
  EXPECT_EQ(classify(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID).name, "FENCED");
  EXPECT_EQ(classify(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET).code, Code::data_loss);
  EXPECT_EQ(classify(RD_KAFKA_RESP_ERR_UNKNOWN).name, "KAFKA_ERROR");
  const Status status = to_status(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "cannot read");
  EXPECT_EQ(status.code(), Code::not_found);
  EXPECT_THAT(status.message(), HasSubstr("Create the topic"));
  EXPECT_THAT(status.to_string(), HasSubstr("code=UNKNOWN_TOPIC"));
}

TEST(KafkaLookup, TheEpochIsReadFromOurMetadataOnly) {
  EXPECT_EQ(epoch_of(R"({"v":1,"e":12,"s":"x"})"), EpochId(12));
  EXPECT_EQ(epoch_of(""), EpochId(0));
  EXPECT_EQ(epoch_of("somebody else's"), EpochId(0));
  EXPECT_EQ(epoch_of(R"({"v":2,"e":12})"), EpochId(0));
  EXPECT_EQ(epoch_of(R"({"v":1,"e":-1})"), EpochId(0));
}

TEST(KafkaClient, PostedCallsRunOnTheBackgroundThreadInOrder) {
  base::Wakeup wakeup;
  base::Mailbox<std::pair<int, std::thread::id>> done(wakeup);
  auto conf = make_conf(Role::producer, Profile{{"127.0.0.1:1"}, {}}, {},
                        ClientIdentity{"leat-test", "", ""});
  ASSERT_TRUE(conf.ok());
  auto client = Client::make(Role::producer, *conf);
  ASSERT_TRUE(client.ok());
  for (int i = 0; i < 3; ++i)
    (*client)->post([&, i](rd_kafka_t*) { done.push({i, std::this_thread::get_id()}); });
  std::vector<std::pair<int, std::thread::id>> ran;
  const Instant give_up = base::machine_clock().now() + std::chrono::seconds(30);
  while (ran.size() < 3 && base::machine_clock().now() < give_up) {
    wakeup.announce();
    for (const auto& one : done.take()) ran.push_back(one);
    if (ran.size() < 3) wakeup.sleep(std::chrono::milliseconds(20));
  }
  ASSERT_EQ(ran.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ran[static_cast<std::size_t>(i)].first, i);
  EXPECT_NE(ran[0].second, std::this_thread::get_id());
}

TEST(KafkaPartitioner, AgreesWithJavasClient) {
  // Of org.apache.kafka.common.utils.UtilsTest.
  EXPECT_EQ(static_cast<std::int32_t>(record::murmur2("21")), -973932308);
  EXPECT_EQ(static_cast<std::int32_t>(record::murmur2("foobar")), -790332482);
  EXPECT_EQ(static_cast<std::int32_t>(record::murmur2("a-little-bit-long-string")), -985981536);
  EXPECT_EQ(static_cast<std::int32_t>(record::murmur2("a-little-bit-longer-string")), -1486304829);
  EXPECT_EQ(static_cast<std::int32_t>(
                record::murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")),
            -58897971);
  EXPECT_EQ(static_cast<std::int32_t>(record::murmur2("abc")), 479470107);
  Partitioner partitioner(0);
  EXPECT_EQ(partitioner.choose("foobar", false, 10, 7), (-790332482 & 0x7fffffff) % 7);
}

TEST(KafkaPartitioner, RowsWithoutAKeyStayTogetherAndMoveOnAfterAWhile) {
  Partitioner partitioner(1);
  const std::int32_t first = partitioner.choose("", true, 1000, 4);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(partitioner.choose("", true, 1000, 4), first);
  partitioner.choose("", true, Partitioner::kStickyBytes, 4);
  EXPECT_NE(partitioner.choose("", true, 1000, 4), first);
  EXPECT_EQ(partitioner.choose("", true, 1000, 1), 0);
}

// The text of a key, "no key", or the code of the error.
std::string key_of(const record::Value& value, base::Arena& arena) {
  std::optional<std::string_view> text;
  const record::RowError* const error = as_key_text(value, arena, text);
  return error != nullptr ? std::string(error->code) : std::string(text.value_or("no key"));
}

TEST(KafkaRowText, KeysAndOriginsAsText) {
  base::Arena arena;
  EXPECT_EQ(key_of(record::Value::integer(-5), arena), "-5");
  EXPECT_EQ(key_of(record::Value::real(0.5), arena), "0.5");
  EXPECT_EQ(key_of(record::Value::boolean(true), arena), "true");
  EXPECT_EQ(key_of(record::Value::timestamp(1'767'225'600'000'000), arena), "2026-01-01T00:00:00Z");
  EXPECT_EQ(key_of(record::Value::timestamp(1'767'225'600'250'000), arena),
            "2026-01-01T00:00:00.25Z");
  EXPECT_EQ(key_of(record::Value::timestamp(-1, 1), arena), "1969-12-31T23:59:59.999999001Z");
  EXPECT_EQ(key_of(record::Value::duration(5'400'000'000), arena), "5400s");
  EXPECT_EQ(key_of(record::Value::duration(-250'000), arena), "-0.25s");
  EXPECT_EQ(key_of(record::Value::duration(-1, 999), arena), "-0.000000001s");
  EXPECT_EQ(key_of(record::Value::json(R"({"a":1})"), arena), R"({"a":1})");
  EXPECT_EQ(key_of(record::Value::null(), arena), "no key");
  const record::Origin origin{"a-topic-1", PartitionId(12), 0};
  record::Row row;
  row.origin = &origin;
  row.offset = 9'000'000'000;
  row.ordinal = 2;
  EXPECT_EQ(origin_text(row, arena), "a-topic-1-12-9000000000-2");
}

}  // namespace
}  // namespace leat::kafka
