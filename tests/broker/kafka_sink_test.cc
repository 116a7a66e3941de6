#include <gmock/gmock.h>

#include "cluster.h"
#include "kafka/lookup.h"

namespace leat::kafka::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

class SinkOnKafka : public ::testing::Test {
 protected:
  SinkOnKafka()
      : broker(leat::test::RealBroker::shared()), cluster(broker), topic(fresh_name("sink")) {}

  std::unique_ptr<SinkDriver> connected(spec::KafkaSinkSpec spec, flow::SinkBinding binding = {},
                                        KafkaOptions options = {}) {
    options.profiles = cluster.options().profiles;
    auto made = std::make_unique<SinkDriver>(std::move(spec), std::move(binding), options);
    EXPECT_TRUE(made->until([&] { return made->sink->connected(); }));
    return made;
  }
  std::unique_ptr<SinkDriver> connected() { return connected(SinkDriver::writes(topic)); }
  std::vector<Plain> read(std::size_t count, int partitions = 1) const {
    return Outside::read(topic, count, cluster.bootstrap(), partitions);
  }

  leat::test::RealBroker& broker;
  Cluster cluster;
  const std::string topic;
};

TEST_F(SinkOnKafka, KeysGoWhereJavasProducerPutsThem) {
  constexpr int kPartitions = 12;
  std::vector<std::string> keys = {"", "a", "ä", "日本", "a longer key with spaces", "-1"};
  for (int i = 0; i < 150; ++i) keys.push_back("key-" + std::to_string(i * 37));
  const std::string javas = fresh_name("java");
  cluster.create(javas, kPartitions);
  cluster.create(topic, kPartitions);
  const auto expected = cluster.partitions_of_javas_producer(javas, kPartitions, keys);
  ASSERT_THAT(expected, SizeIs(keys.size()));
  const auto driver = connected();
  std::vector<Plain> rows;
  for (const std::string& key : keys) rows.push_back({"v", key});
  ASSERT_TRUE(driver->write(rows).ok());
  ASSERT_TRUE(driver->acknowledged());
  std::map<std::string, std::int32_t> found;
  for (const Plain& record : read(keys.size(), kPartitions))
    found[record.key.value_or("(none)")] = record.partition;
  EXPECT_EQ(found, expected);
}

TEST_F(SinkOnKafka, RowsWithoutAKeyStayTogetherForAWhileAndReachAllPartitions) {
  cluster.create(topic, 3);
  const auto driver = connected();
  constexpr std::size_t kRows = 240;
  for (std::size_t i = 0; i < kRows; i += 8)
    ASSERT_TRUE(
        driver->write(std::vector<Plain>(8, Plain{std::string(1000, 'x'), std::nullopt})).ok());
  ASSERT_TRUE(driver->acknowledged());
  std::map<std::int32_t, std::size_t> by_partition;
  for (const Plain& record : read(kRows, 3)) {
    EXPECT_EQ(record.key, std::nullopt);
    ++by_partition[record.partition];
  }
  ASSERT_THAT(by_partition, SizeIs(3));
  // Sixteen kilobytes a turn: whole turns of 17 rows, the last one apart.
  std::size_t broken = 0;
  for (const auto& [partition, rows] : by_partition) broken += rows % 17 != 0 ? 1 : 0;
  EXPECT_LE(broken, 1u);
}

TEST_F(SinkOnKafka, HeadersTimestampsTombstonesAndEmptyValuesArriveAsTheyAre) {
  cluster.create(topic);
  spec::KafkaSinkSpec spec = SinkDriver::writes(topic);
  spec.origin_header = true;
  flow::SinkBinding binding;
  binding.headers = {{"replaced", std::string("new")},
                     {"removed", flow::SinkBinding::None{}},
                     {"added", std::string("yes")}};
  const auto driver = connected(spec, std::move(binding));
  const std::vector<std::pair<std::string, std::string>> headers = {
      {"kept", "1"}, {"kept", "2"}, {"replaced", "old"}, {"removed", "x"}, {"leat-src", "forged"}};
  const std::int64_t time = base::machine_clock().wall_now().us / 1000 - 5'000;
  record::RecordBatch rows = SinkDriver::batch(
      {{"value", "k", -1, -1, time, headers}, {"", "k", -1, -1, time + 1}, {"", "k"}});
  rows.rows()[1].flags |= record::Row::kNullValue;
  ASSERT_TRUE(driver->writer->write(rows, EpochId(1)).ok());
  ASSERT_TRUE(driver->acknowledged());
  const auto found = read(3);
  ASSERT_THAT(found, SizeIs(3));
  EXPECT_THAT(found[0].headers,
              ElementsAre(Pair("kept", "1"), Pair("kept", "2"), Pair("replaced", "new"),
                          Pair("added", "yes"), Pair("leat-src", "origin-3-100-0")));
  EXPECT_EQ(found[0].timestamp_ms, time);
  EXPECT_EQ(found[1].timestamp_ms, time + 1);
  EXPECT_GT(found[2].timestamp_ms, time);  // a row without a time gets the present one
  SourceDriver reader(fresh_name("tombstones"), {SourceDriver::reads({topic})}, cluster.options());
  reader.start();
  ASSERT_TRUE(reader.until([&] { return reader.rows() == 3; }));
  std::vector<bool> tombstones;
  for (const auto& batch : reader.batches)
    for (const auto& row : batch.rows()) tombstones.push_back(row.tombstone());
  EXPECT_THAT(tombstones, ElementsAre(false, true, false));
}

TEST_F(SinkOnKafka, ARecordTooLargeForTheClientIsDroppedAndTheStreamGoesOn) {
  cluster.create(topic);
  const auto driver = connected();
  ASSERT_TRUE(
      driver->write({{"before", "k"}, {std::string(2 << 20, 'x'), "k"}, {"after", "k"}}).ok());
  ASSERT_TRUE(driver->acknowledged());
  const auto found = read(2);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].value + "," + found[1].value, "before,after");
  EXPECT_EQ(driver->stats.in.value(), 3u);
  EXPECT_EQ(driver->stats.out.value(), 2u);
  EXPECT_EQ(driver->stats.dropped(flow::DropReason::skip).value(), 1u);
  EXPECT_TRUE(driver->failure.ok());
}

// A broker refuses a request as a whole, so the first refusal restarts the pipeline, whose producer
// then finds the guilty records.
TEST_F(SinkOnKafka, ARecordTooLargeForTheTopicTakesNoOtherWithIt) {
  cluster.create(topic, 1, {{"max.message.bytes", "4000"}});
  const flow::Registry process = SinkDriver::registry_of(cluster.options());
  std::vector<Plain> rows;
  std::string expected;
  for (int i = 0; i < 40; ++i) {
    rows.push_back({std::string(i % 10 == 3 ? 5000 : 50, static_cast<char>('A' + i)), "k"});
    if (i % 10 != 3) expected += static_cast<char>('A' + i);
  }
  {
    SinkDriver driver(SinkDriver::writes(topic), {}, process);
    ASSERT_TRUE(driver.until([&] { return driver.sink->connected(); }));
    ASSERT_TRUE(driver.write(rows).ok());
    ASSERT_TRUE(driver.until([&] { return !driver.failure.ok(); }));
    EXPECT_THAT(driver.failure.to_string(), HasSubstr("RECORD_TOO_LARGE"));
    EXPECT_THAT(driver.failure.message(), HasSubstr("`max.message.bytes` of the topic"));
    EXPECT_GT(driver.ledger.in_flight(EpochId(1)), 0u);
    EXPECT_EQ(driver.stats.dropped(flow::DropReason::skip).value(), 0u);
  }
  const std::size_t before =
      static_cast<std::size_t>(cluster.end_of(topic, 0));  // what went before the refusal
  SinkDriver driver(SinkDriver::writes(topic), {}, process);
  ASSERT_TRUE(driver.until([&] { return driver.sink->connected(); }));
  ASSERT_TRUE(driver.write(rows).ok());
  ASSERT_TRUE(driver.acknowledged());
  EXPECT_TRUE(driver.failure.ok()) << driver.failure.to_string();
  EXPECT_EQ(driver.stats.out.value(), 36u);
  EXPECT_EQ(driver.stats.dropped(flow::DropReason::skip).value(), 4u);
  std::string all;
  for (const Plain& record : read(before + 36)) all += record.value.front();
  EXPECT_EQ(all.substr(before), expected);
  // Quiet for long enough: the next producer sends together again.
  const Instant now = base::machine_clock().now();
  driver.sink->serve(now);
  EXPECT_FALSE(driver.outdated);
  driver.sink->serve(now + std::chrono::minutes(2));
  EXPECT_TRUE(driver.outdated);
}

// In both ways a topic can refuse a dead letter it is written all the same, without what is refused.
TEST_F(SinkOnKafka, ADeadLetterThatItsTopicRefusesIsWrittenWithoutWhatIsRefused) {
  cluster.create(topic, 1,
                 {{"max.message.bytes", "4000"}, {"message.timestamp.after.max.ms", "60000"}});
  const flow::Registry process = SinkDriver::registry_of(cluster.options());
  const auto connected_letters = [&] {
    auto made = std::make_unique<SinkDriver>(SinkDriver::writes(topic), flow::SinkBinding(),
                                             process, spec::ErrorAction::stop, 0);
    EXPECT_TRUE(made->until([&] { return made->connected == true; }));
    return made;
  };
  const std::pair<std::string, std::string> ours{"__connect.errors.topic", "origin"};
  const std::int64_t year_294276 = 9'224'318'015'999'999;
  const std::vector<Plain> rows = {{std::string(5000, 'x'), "k", -1, -1, 0, {ours}},
                                   {"late", "k", -1, -1, year_294276, {ours}},
                                   {"good", "k", -1, -1, 0, {ours}}};
  {
    const auto driver = connected_letters();
    ASSERT_TRUE(driver->write(rows).ok());
    ASSERT_TRUE(driver->until([&] { return !driver->failure.ok(); }));
  }
  const auto before = static_cast<std::size_t>(cluster.end_of(topic, 0));
  const auto driver = connected_letters();
  ASSERT_TRUE(driver->write(rows).ok());
  ASSERT_TRUE(driver->acknowledged());
  EXPECT_TRUE(driver->failure.ok()) << driver->failure.to_string();
  auto found = read(before + 3);
  ASSERT_THAT(found, SizeIs(before + 3));
  found.erase(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(before));
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> headers_of;
  for (const Plain& record : found) headers_of[record.value] = record.headers;
  EXPECT_THAT(headers_of["good"], ElementsAre(ours));
  EXPECT_THAT(headers_of[""],
              ElementsAre(ours, Pair("leat-value-bytes", "5000"), Pair("leat-omitted", "value")));
  EXPECT_THAT(headers_of["late"],
              ElementsAre(ours, Pair("leat-timestamp", std::to_string(year_294276)),
                          Pair("leat-omitted", "timestamp")));
}

TEST_F(SinkOnKafka, ATopicThatIsNotThereIsAConditionAndRowsWaitForIt) {
  KafkaOptions options = cluster.options();
  SinkDriver driver(SinkDriver::writes(topic), {}, options);
  ASSERT_TRUE(driver.until([&] { return driver.connected == false; }));
  EXPECT_EQ(driver.reason, "UNKNOWN_TOPIC");
  EXPECT_THAT(driver.message, HasSubstr("`" + topic + "`"));
  EXPECT_THAT(driver.message, HasSubstr("Create the topic"));
  EXPECT_FALSE(driver.writer->ready());
  ASSERT_TRUE(driver.write({{"1", "k"}, {"2", "k"}}).ok());
  cluster.create(topic);
  ASSERT_TRUE(driver.acknowledged());
  EXPECT_EQ(driver.connected, true);
  EXPECT_TRUE(driver.writer->ready());
  const auto found = read(2);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].value + found[1].value, "12");
}

TEST_F(SinkOnKafka, AMissingTopicOfDeadLettersIsToldAndHoldsNobodyBackUntilSomethingFails) {
  SinkDriver driver(SinkDriver::writes(topic), {}, SinkDriver::registry_of(cluster.options()),
                    spec::ErrorAction::stop, 0);
  ASSERT_TRUE(driver.until([&] { return driver.connected == false; }));
  EXPECT_EQ(driver.reason, "UNKNOWN_TOPIC");
  EXPECT_THAT(driver.message, HasSubstr("cannot write dead letters to topic `" + topic + "`"));
  EXPECT_THAT(driver.message, HasSubstr("Create the topic"));
  EXPECT_TRUE(driver.sink->connected());
  EXPECT_TRUE(driver.writer->ready());
  ASSERT_TRUE(driver.write({{"1", "k"}, {"2", "k"}}).ok());
  EXPECT_FALSE(driver.writer->ready());
  EXPECT_EQ(driver.ledger.in_flight(EpochId(1)), 2u);
  cluster.create(topic);
  ASSERT_TRUE(driver.acknowledged());
  EXPECT_TRUE(driver.writer->ready());
  EXPECT_EQ(driver.connected, true);
}

TEST_F(SinkOnKafka, TheDefaultTopicOfDeadLettersIsCreatedWithOnePartition) {
  const spec::KafkaSinkSpec spec = SinkDriver::writes("sink-dead-letter");
  SinkDriver driver(spec, {}, SinkDriver::registry_of(cluster.options()), spec::ErrorAction::stop,
                    0);
  ASSERT_TRUE(driver.until([&] { return driver.connected == true; }));
  ASSERT_TRUE(driver.write({{"1", "k1"}, {"2", "k2"}, {"3", std::nullopt}}).ok());
  ASSERT_TRUE(driver.acknowledged());
  EXPECT_EQ(cluster.end_of("sink-dead-letter", 0), 3);
}

TEST_F(SinkOnKafka, TopicsAreCreatedLikeTheSourceWhenTheConfigurationSaysSo) {
  const std::string input = fresh_name("input");
  cluster.create(input, 5);
  flow::Registry registry;
  KafkaOptions options = cluster.options();
  options.create_topics = CreateTopics::all;
  register_kafka(registry, options);
  spec::SourceSpec source = SourceDriver::reads({input});
  ASSERT_TRUE(
      registry.sources.at("kafka")({"test", "here", "p", "", base::machine_clock()}, {&source}, {0})
          .ok());
  spec::SinkSpec spec;
  spec.id = "out";
  spec.kind = SinkDriver::writes(topic);
  struct Ignore final : flow::SinkListener {
    void on_sink_connected(bool, std::string_view, std::string_view) override {}
    void on_sink_failed(Status status) override { ADD_FAILURE() << status.to_string(); }
  } listener;
  base::Wakeup wakeup;
  auto sink =
      registry.sinks.at("kafka")({"test", "here", "p", base::machine_clock()}, {&spec}, {0});
  ASSERT_TRUE(sink.ok());
  ASSERT_TRUE((*sink)->start(listener, wakeup).ok());
  const Instant give_up = base::machine_clock().now() + kPatience;
  while (!(*sink)->connected() && base::machine_clock().now() < give_up) {
    wakeup.announce();
    (*sink)->serve(base::machine_clock().now());
    wakeup.sleep(std::chrono::milliseconds(20));
  }
  ASSERT_TRUE((*sink)->connected());
  const RawClient client = raw_client(RD_KAFKA_PRODUCER, cluster.bootstrap());
  EXPECT_THAT(look_up_topic(client.get(), topic).leaders, SizeIs(5));
}

// Source and sink over an outage of the broker: conditions tell, nothing is lost, doubled or turned
// around.
TEST_F(SinkOnKafka, ABrokerThatDiesAndComesBackCostsNothing) {
  cluster.create(topic);
  const std::string input = fresh_name("input");
  cluster.create(input);
  SourceDriver source(fresh_name("pipeline"), {SourceDriver::reads({input})}, cluster.options());
  source.start();
  ASSERT_TRUE(source.until([&] { return source.positioned == 1; }));
  const auto driver = connected();
  std::vector<std::string> expected;
  const auto write = [&](int from, int to) {
    for (int i = from; i < to; ++i) {
      expected.push_back(std::to_string(i));
      ASSERT_TRUE(driver->write({{expected.back(), "k"}}).ok());
      driver->writer->serve(base::machine_clock().now());
    }
  };
  write(0, 300);  // in flight when it dies
  broker.kill();
  ASSERT_TRUE(driver->until([&] { return driver->connected == false; }));
  EXPECT_EQ(driver->reason, "BROKERS_DOWN");
  EXPECT_FALSE(driver->sink->connected());
  ASSERT_TRUE(source.until([&] { return source.connected == false; }));
  EXPECT_EQ(source.reason, "BROKERS_DOWN");
  write(300, 600);
  broker.start();
  ASSERT_TRUE(driver->acknowledged());
  ASSERT_TRUE(driver->until([&] { return driver->connected == true; }));
  std::vector<std::string> found;
  for (const Plain& record : read(600)) found.push_back(record.value);
  EXPECT_EQ(found, expected);
  EXPECT_TRUE(driver->failure.ok());
  EXPECT_EQ(driver->ledger.failed(), 0u);
  Outside(cluster.bootstrap()).write(input, {{"back", std::nullopt, 0}});
  ASSERT_TRUE(source.until([&] { return source.rows() == 1 && source.connected == true; }))
      << source.rows() << " rows, connected " << *source.connected << ": " << source.message;
  EXPECT_TRUE(source.commit(EpochId(2), source.positions()).ok());
  EXPECT_TRUE(source.failure.ok());
}

TEST_F(SinkOnKafka, ABrokerThatHangsBeyondTheSessionCostsThePartitionsAndTheyComeBack) {
  cluster.create(topic);
  Outside outside(cluster.bootstrap());
  outside.write(topic, {{"1", std::nullopt, 0}, {"2", std::nullopt, 0}});
  SourceDriver source(fresh_name("pipeline"), {SourceDriver::reads({topic})}, cluster.options());
  source.start();
  ASSERT_TRUE(source.until([&] { return source.rows() == 2; }));
  auto positions = source.positions();
  positions[0].next = Offset(1);
  ASSERT_TRUE(source.commit(EpochId(4), positions).ok());
  broker.suspend();
  const bool lost = source.until([&] { return source.lost == 1; });
  broker.resume();
  ASSERT_TRUE(lost);
  EXPECT_THAT(source.positions(), IsEmpty());
  ASSERT_TRUE(source.until([&] { return source.positioned == 2 && source.rows() == 3; }));
  EXPECT_THAT(source.values(), ElementsAre("1", "2", "2"));
  EXPECT_EQ(source.epoch, EpochId(4));
  EXPECT_EQ(source.revoked, 0);
  EXPECT_TRUE(source.failure.ok());
}

}  // namespace
}  // namespace leat::kafka::test
