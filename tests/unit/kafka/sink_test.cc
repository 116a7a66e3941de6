#include <gmock/gmock.h>

#include "sink_driver.h"

namespace leat::kafka::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

TEST(KafkaSink, WritesKeyValueTimestampAndHeadersOfTheRecord) {
  const std::string topic = fresh_name("plain");
  SinkDriver driver(SinkDriver::writes(topic));
  ASSERT_TRUE(driver.until([&] { return driver.sink->connected(); }));
  EXPECT_EQ(driver.connected, true);
  ASSERT_TRUE(driver.write({{"value", "key", -1, -1, 1'700'000'000'123, {{"a", "1"}}}}).ok());
  ASSERT_TRUE(driver.acknowledged());
  const auto found = Outside::read(topic, 1);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].value, "value");
  EXPECT_EQ(found[0].key, "key");
  EXPECT_EQ(found[0].timestamp_ms, 1'700'000'000'123);
  EXPECT_EQ(found[0].partition, record::java_partition("key", 4).value());
  EXPECT_THAT(found[0].headers, ElementsAre(Pair("a", "1")));
  EXPECT_EQ(driver.stats.in.value(), 1u);
  EXPECT_EQ(driver.stats.out.value(), 1u);
  base::HistogramSnapshot acknowledged, end_to_end;
  acknowledged.merge(driver.latency.sink_ack);
  end_to_end.merge(driver.latency.end_to_end);
  EXPECT_EQ(acknowledged.total(), 1u);
  EXPECT_EQ(end_to_end.total(), 1u);
}

TEST(KafkaSink, RowsMayNameTheirTopics) {
  spec::KafkaSinkSpec spec;
  spec.topic_expression = {"topic", "/x"};
  spec.topics = {"*"};
  flow::SinkBinding binding;
  binding.topic_column = 0;
  const std::string a = fresh_name("named-a");
  const std::string b = fresh_name("named-b");
  SinkDriver driver(spec, std::move(binding));
  ASSERT_TRUE(driver.until([&] { return driver.sink->connected(); }));
  record::RecordBatch rows = SinkDriver::batch({{"1", "k"}, {"2", "k"}, {"3", "k"}});
  const record::Column topics = rows.make_column(0);
  topics[0] = topics[2] = record::Value::string(a);
  topics[1] = record::Value::string(b);
  ASSERT_TRUE(driver.writer->write(rows, EpochId(1)).ok());
  ASSERT_TRUE(driver.acknowledged());
  const auto in_a = Outside::read(a, 2);
  ASSERT_THAT(in_a, SizeIs(2));
  EXPECT_EQ(in_a[0].value + in_a[1].value, "13");
  const auto in_b = Outside::read(b, 1);
  ASSERT_THAT(in_b, SizeIs(1));
  EXPECT_EQ(in_b[0].value, "2");
  EXPECT_EQ(driver.stats.out.value(), 3u);
}

TEST(KafkaSink, TheLedgerHoldsAnEpochUntilTheLastAcknowledgement) {
  const std::string topic = fresh_name("ledger");
  SinkDriver driver(SinkDriver::writes(topic));
  ASSERT_TRUE(driver.until([&] { return driver.sink->connected(); }));
  ASSERT_TRUE(driver.write({{"a", "k"}, {"b", "k"}}, EpochId(1)).ok());
  ASSERT_TRUE(driver.write({{"c", "k"}}, EpochId(2)).ok());
  EXPECT_EQ(driver.ledger.in_flight(EpochId(1)), 2u);
  EXPECT_EQ(driver.ledger.in_flight(EpochId(2)), 1u);
  ASSERT_TRUE(driver.acknowledged(EpochId(1)));
  ASSERT_TRUE(driver.acknowledged(EpochId(2)));
  const auto found = Outside::read(topic, 3);
  ASSERT_THAT(found, SizeIs(3));
  EXPECT_EQ(found[0].value + found[1].value + found[2].value, "abc");
}

TEST(KafkaSink, RowsWaitInOrderUntilTheTopicIsKnown) {
  const std::string topic = fresh_name("early");
  SinkDriver driver(SinkDriver::writes(topic));
  EXPECT_FALSE(driver.writer->ready());
  ASSERT_TRUE(driver.write({{"1", "k"}, {"2", "k"}}).ok());
  ASSERT_TRUE(driver.write({{"3", "k"}}).ok());
  EXPECT_EQ(driver.ledger.in_flight(EpochId(1)), 3u);
  ASSERT_TRUE(driver.acknowledged());
  EXPECT_TRUE(driver.writer->ready());
  std::string all;
  for (const Plain& record : Outside::read(topic, 3)) all += record.value;
  EXPECT_EQ(all, "123");
}

TEST(KafkaSink, AFullProducerIsBackPressureAndLosesNothing) {
  const std::string topic = fresh_name("full");
  KafkaOptions options = SourceDriver::embedded();
  options.produce_bytes = std::size_t{1} << 20;
  SinkDriver driver(SinkDriver::writes(topic), {}, options);
  ASSERT_TRUE(driver.until([&] { return driver.sink->connected(); }));
  const std::vector<Plain> rows(16, Plain{std::string(32 * 1024, 'x'), "k"});
  bool was_full = false;
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(driver.write(rows).ok());
    was_full = was_full || !driver.writer->ready();
  }
  EXPECT_TRUE(was_full);
  ASSERT_TRUE(driver.acknowledged());
  EXPECT_TRUE(driver.writer->ready());
  EXPECT_EQ(driver.ledger.failed(), 0u);
}

TEST(KafkaSink, ARowThatCannotBeEncodedIsCountedAndDropped) {
  SinkDriver driver(SinkDriver::writes(fresh_name("bad")));
  ASSERT_TRUE(driver.until([&] { return driver.sink->connected(); }));
  ASSERT_TRUE(driver.write({{"good", "k"}, {"bad", "k"}}).ok());
  EXPECT_EQ(driver.ledger.in_flight(EpochId(1)), 1u);
  EXPECT_EQ(driver.stats.in.value(), 2u);
  EXPECT_EQ(driver.stats.out.value(), 1u);
  EXPECT_EQ(driver.stats.dropped(flow::DropReason::skip).value(), 1u);
  EXPECT_TRUE(driver.acknowledged());
}

// What a chain does: failed rows of one sink, written by another.
class Letters final : public flow::SinkWriter {
 public:
  bool ready() override { return true; }
  Status write(record::RecordBatch& batch, EpochId epoch) override {
    for (const record::Row& row : batch.rows()) rows.emplace_back(row.value);
    epochs.push_back(epoch);
    return {};
  }
  Status on_epoch_end(EpochId) override { return {}; }
  Instant serve(Instant) override { return base::kNever; }
  std::vector<std::string> rows;
  std::vector<EpochId> epochs;
};

TEST(KafkaSink, ARecordThatIsTooLargeBecomesADeadLetterOfItsOwnEpoch) {
  SinkDriver driver(SinkDriver::writes(fresh_name("large-letter")), {}, SourceDriver::embedded(),
                    spec::ErrorAction::dead_letter);
  Letters letters;
  driver.errors.connect(&letters);
  const std::string large(2 << 20, 'x');
  driver.errors.begin(EpochId(7));
  ASSERT_TRUE(driver.write({{large, "k"}, {"small", "k"}}, EpochId(7)).ok());  // waits
  driver.errors.begin(EpochId(8));
  ASSERT_TRUE(driver.acknowledged(EpochId(7)));
  EXPECT_EQ(letters.rows, std::vector{large});
  EXPECT_EQ(letters.epochs, std::vector{EpochId(7)});
  EXPECT_EQ(driver.stats.out.value(), 1u);
  EXPECT_EQ(driver.stats.failed.value(), 1u);
  EXPECT_EQ(driver.stats.dead_lettered.value(), 1u);
}

TEST(KafkaSink, ADeadLetterThatIsTooLargeIsWrittenWithoutWhatMakesItSo) {
  const std::string topic = fresh_name("short-letters");
  SinkDriver driver(SinkDriver::writes(topic), {},
                    SinkDriver::registry_of(SourceDriver::embedded()), spec::ErrorAction::stop, 0);
  ASSERT_TRUE(driver.until([&] { return driver.sink->connected(); }));
  const std::string large(2 << 20, 'x');
  const std::pair<std::string, std::string> ours{"__connect.errors.topic", "origin"};
  ASSERT_TRUE(driver
                  .write({{large, "k", -1, -1, 0, {{"h", "1"}, ours}},
                          {"value", "k", -1, -1, 0, {{"h", large}, ours}},
                          {"small", "k", -1, -1, 0, {{"h", "1"}, ours}}})
                  .ok());
  ASSERT_TRUE(driver.acknowledged());
  EXPECT_TRUE(driver.failure.ok());
  const auto found = Outside::read(topic, 3);
  ASSERT_THAT(found, SizeIs(3));
  EXPECT_EQ(found[0].value, "");
  EXPECT_EQ(found[0].key, "k");
  EXPECT_THAT(found[0].headers,
              ElementsAre(Pair("h", "1"), ours, Pair("leat-value-bytes", "2097152"),
                          Pair("leat-omitted", "value")));
  EXPECT_EQ(found[2].value, "small");
  EXPECT_THAT(found[1].headers, ElementsAre(ours, Pair("leat-value-bytes", "5"),
                                            Pair("leat-omitted", "value,key,headers")));
}

TEST(KafkaSink, ARecordThatIsTooLargeIsCountedAndDropped) {
  SinkDriver driver(SinkDriver::writes(fresh_name("large")));
  ASSERT_TRUE(driver.until([&] { return driver.sink->connected(); }));
  ASSERT_TRUE(driver.write({{std::string(2 << 20, 'x'), "k"}, {"small", "k"}}).ok());
  ASSERT_TRUE(driver.acknowledged());
  EXPECT_EQ(driver.stats.out.value(), 1u);
  EXPECT_EQ(driver.stats.dropped(flow::DropReason::skip).value(), 1u);
  EXPECT_TRUE(driver.failure.ok());
}

TEST(KafkaSink, HeaderRulesReplaceRemoveAndAddAndTheOriginComesLast) {
  const std::string topic = fresh_name("headers");
  spec::KafkaSinkSpec spec = SinkDriver::writes(topic);
  spec.origin_header = true;
  flow::SinkBinding binding;
  binding.headers = {{"replaced", std::string("new")},
                     {"removed", flow::SinkBinding::None{}},
                     {"added", std::string("yes")}};
  SinkDriver driver(spec, std::move(binding));
  ASSERT_TRUE(driver.until([&] { return driver.sink->connected(); }));
  ASSERT_TRUE(
      driver
          .write({{"v",
                   "k",
                   -1,
                   -1,
                   0,
                   {{"kept", "1"}, {"replaced", "old"}, {"removed", "x"}, {"leat-src", "forged"}}}})
          .ok());
  ASSERT_TRUE(driver.acknowledged());
  const auto found = Outside::read(topic, 1);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].headers,
              ElementsAre(Pair("kept", "1"), Pair("replaced", "new"), Pair("added", "yes"),
                          Pair("leat-src", "origin-3-100-0")));
}

TEST(KafkaSink, HeadersAreNotForwardedWhenTheSinkSaysSo) {
  const std::string topic = fresh_name("bare");
  spec::KafkaSinkSpec spec = SinkDriver::writes(topic);
  spec.forward_headers = false;
  SinkDriver driver(spec);
  ASSERT_TRUE(driver.until([&] { return driver.sink->connected(); }));
  ASSERT_TRUE(driver.write({{"v", "k", -1, -1, 0, {{"a", "1"}}}}).ok());
  ASSERT_TRUE(driver.acknowledged());
  const auto found = Outside::read(topic, 1);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].headers, IsEmpty());
}

TEST(KafkaSink, KeysComeFromLiteralsColumnsOrNowhere) {
  const std::string topic = fresh_name("keys");
  flow::SinkBinding binding;
  binding.key = flow::SinkBinding::Column{0};
  SinkDriver driver(SinkDriver::writes(topic), std::move(binding));
  ASSERT_TRUE(driver.until([&] { return driver.sink->connected(); }));
  static constexpr record::RowError kFailed{"FAILED", "no"};
  record::RecordBatch rows =
      SinkDriver::batch({{"int", "k"}, {"text", "k"}, {"null", "k"}, {"error", "k"}});
  const record::Column keys = rows.make_column(0);
  keys[0] = record::Value::integer(-12);
  keys[1] = record::Value::string("text-key");
  keys[2] = record::Value::null();
  keys[3] = record::Value::error(kFailed);
  ASSERT_TRUE(driver.writer->write(rows, EpochId(1)).ok());
  ASSERT_TRUE(driver.acknowledged());
  EXPECT_EQ(driver.stats.dropped(flow::DropReason::skip).value(), 1u);
  std::map<std::string, std::optional<std::string>> by_value;
  for (const Plain& record : Outside::read(topic, 3)) by_value[record.value] = record.key;
  EXPECT_THAT(by_value, ElementsAre(Pair("int", "-12"), Pair("null", std::nullopt),
                                    Pair("text", "text-key")));
}

TEST(KafkaSink, ATimestampColumnWinsOverTheRecordsTime) {
  const std::string topic = fresh_name("time");
  flow::SinkBinding binding;
  binding.timestamp_column = 0;
  SinkDriver driver(SinkDriver::writes(topic), std::move(binding));
  ASSERT_TRUE(driver.until([&] { return driver.sink->connected(); }));
  record::RecordBatch rows = SinkDriver::batch({{"us", "k"}, {"ms", "k"}, {"text", "k"}});
  const record::Column times = rows.make_column(0);
  times[0] = record::Value::timestamp(1'600'000'000'123'456);
  times[1] = record::Value::integer(1'500'000'000'000);
  times[2] = record::Value::string("soon");
  ASSERT_TRUE(driver.writer->write(rows, EpochId(1)).ok());
  ASSERT_TRUE(driver.acknowledged());
  EXPECT_EQ(driver.stats.dropped(flow::DropReason::skip).value(), 1u);
  std::map<std::string, std::int64_t> by_value;
  for (const Plain& record : Outside::read(topic, 2)) by_value[record.value] = record.timestamp_ms;
  EXPECT_THAT(by_value, ElementsAre(Pair("ms", 1'500'000'000'000), Pair("us", 1'600'000'000'123)));
}

TEST(KafkaSink, AFixedPartitionTakesAllRowsAndOneThatIsNotThereIsTold) {
  const std::string topic = fresh_name("fixed");
  spec::KafkaSinkSpec spec = SinkDriver::writes(topic);
  spec.partition = 2;
  {
    SinkDriver driver(spec);
    ASSERT_TRUE(driver.until([&] { return driver.sink->connected(); }));
    ASSERT_TRUE(driver.write({{"a", "k1"}, {"b", "k2"}, {"c", std::nullopt}}).ok());
    ASSERT_TRUE(driver.acknowledged());
    for (const Plain& record : Outside::read(topic, 3)) EXPECT_EQ(record.partition, 2);
  }
  spec.partition = 4;
  SinkDriver driver(spec);
  ASSERT_TRUE(driver.until([&] { return driver.connected == false; }));
  EXPECT_EQ(driver.reason, "UNKNOWN_PARTITION");
  EXPECT_THAT(driver.message, HasSubstr("has 4 partitions"));
}

TEST(KafkaSink, PacedRoundsKeepOrderAndAnEpochsEndReleasesAll) {
  const std::string topic = fresh_name("paced");
  KafkaOptions options = SourceDriver::embedded();
  options.produce_policy = ProducePolicy::paced;
  SinkDriver driver(SinkDriver::writes(topic), {}, options);
  ASSERT_TRUE(driver.until([&] { return driver.sink->connected(); }));
  std::string expected;
  for (char c = 'a'; c <= 'z'; ++c) {
    ASSERT_TRUE(driver.write({{std::string(1, c), "k"}, {"-", "other"}}).ok());
    expected += c;
  }
  ASSERT_TRUE(driver.writer->on_epoch_end(EpochId(1)).ok());
  ASSERT_TRUE(driver.acknowledged());
  std::string all;
  for (const Plain& record : Outside::read(topic, 52))
    if (record.key == "k") all += record.value;
  EXPECT_EQ(all, expected);
}

TEST(KafkaSink, TombstonesStayTombstones) {
  const std::string topic = fresh_name("tombstone");
  SinkDriver driver(SinkDriver::writes(topic));
  ASSERT_TRUE(driver.until([&] { return driver.sink->connected(); }));
  record::RecordBatch rows = SinkDriver::batch({{"", "k"}, {"", "k"}});
  rows.rows()[0].flags |= record::Row::kNullValue;
  ASSERT_TRUE(driver.writer->write(rows, EpochId(1)).ok());
  ASSERT_TRUE(driver.acknowledged());
  SourceDriver reader("tombstones", {SourceDriver::reads({topic})});
  reader.start();
  ASSERT_TRUE(reader.until([&] { return reader.rows() == 2; }));
  std::vector<bool> tombstones;
  for (const auto& batch : reader.batches)
    for (const auto& row : batch.rows()) tombstones.push_back(row.tombstone());
  EXPECT_THAT(tombstones, ElementsAre(true, false));
}

TEST(KafkaSink, ABrokerThatIsNotThereIsAConditionAndBackPressure) {
  KafkaOptions options;
  options.profiles["default"] = {{"127.0.0.1:1"}, {}};
  SinkDriver driver(SinkDriver::writes("any"), {}, options);
  ASSERT_TRUE(
      driver.until([&] { return driver.connected == false && driver.reason == "BROKERS_DOWN"; }));
  EXPECT_THAT(driver.message, HasSubstr("`brokers`"));
  EXPECT_FALSE(driver.writer->ready());
  EXPECT_FALSE(driver.sink->connected());
  EXPECT_TRUE(driver.failure.ok());
}

}  // namespace
}  // namespace leat::kafka::test
