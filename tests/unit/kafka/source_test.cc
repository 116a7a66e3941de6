#include <gmock/gmock.h>

#include "driver.h"

namespace leat::kafka::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

std::vector<Plain> numbered(int from, int to, std::int32_t partition = 0) {
  std::vector<Plain> records;
  for (int i = from; i <= to; ++i) {
    Plain record;
    record.value = std::to_string(i);
    record.partition = partition;
    record.timestamp_ms = 1'700'000'000'000 + i;
    records.push_back(std::move(record));
  }
  return records;
}

TEST(KafkaSource, ReadsCommitsAndResumesAtTheCommitWithItsEpoch) {
  Outside outside;
  const std::string topic = fresh_name("resume");
  outside.write(topic, numbered(1, 3));
  std::vector<flow::PartitionPosition> positions;
  {
    SourceDriver driver("resume", {SourceDriver::reads({topic})});
    driver.start();
    ASSERT_TRUE(driver.until([&] { return driver.rows() == 3; }));
    EXPECT_EQ(driver.positioned, 1);
    EXPECT_EQ(driver.epoch, EpochId(0));
    EXPECT_EQ(driver.connected, true);
    EXPECT_THAT(driver.values(), ElementsAre("1", "2", "3"));
    EXPECT_THAT(driver.positions(), SizeIs(4));
    const Status committed = driver.commit(EpochId(7), driver.positions());
    ASSERT_TRUE(committed.ok()) << committed.to_string();
    EXPECT_TRUE(driver.leave());
  }
  outside.write(topic, numbered(4, 5));
  SourceDriver again("resume", {SourceDriver::reads({topic})});
  again.start();
  ASSERT_TRUE(again.until([&] { return again.rows() == 2; }));
  EXPECT_THAT(again.values(), ElementsAre("4", "5"));
  EXPECT_EQ(again.epoch, EpochId(7));
  EXPECT_EQ(again.readers.front()->replayed(), 0u);
}

TEST(KafkaSource, APurgedGroupBeginsAgainOnTheEmbeddedBrokerToo) {
  Outside outside;
  const std::string topic = fresh_name("purged");
  outside.write(topic, numbered(1, 3));
  for (int life = 0; life < 2; ++life) {
    SourceDriver driver("purged", {SourceDriver::reads({topic})});
    driver.start();
    ASSERT_TRUE(driver.until([&] { return driver.rows() == 3; })) << life;
    EXPECT_EQ(driver.epoch, EpochId(0)) << "nothing is committed";
    ASSERT_TRUE(driver.commit(EpochId(7), driver.positions()).ok());
    EXPECT_TRUE(driver.leave());
    std::optional<Status> purged;
    driver.source->purge([&](Status status) { purged = std::move(status); });
    ASSERT_TRUE(driver.until([&] { return purged.has_value(); }));
    EXPECT_TRUE(purged->ok()) << purged->to_string();
  }
}

TEST(KafkaSource, RowsViewTheMessageAndCarryKeyHeadersTimestampAndPlace) {
  Outside outside;
  const std::string topic = fresh_name("rows");
  Plain record{"value", "key", 2, -1, 1'700'000'000'123, {{"a", "1"}, {"b", ""}}};
  outside.write(topic, {record});
  SourceDriver driver("rows", {SourceDriver::reads({topic})});
  driver.start();
  ASSERT_TRUE(driver.until([&] { return driver.rows() == 1; }));
  const record::Row row = driver.batches.front().rows().front();
  EXPECT_EQ(row.value, "value");
  EXPECT_EQ(row.key, "key");
  EXPECT_FALSE(row.null_key());
  EXPECT_FALSE(row.tombstone());
  EXPECT_EQ(row.origin->topic, topic);
  EXPECT_EQ(row.origin->partition, PartitionId(2));
  EXPECT_EQ(row.offset, 0);
  EXPECT_EQ(row.timestamp_ms, 1'700'000'000'123);
  ASSERT_EQ(row.all_headers().size(), 2u);
  EXPECT_EQ(row.all_headers()[0].name, "a");
  EXPECT_EQ(row.all_headers()[0].value, "1");
  EXPECT_EQ(row.all_headers()[1].name, "b");
  // The batch keeps the message alive when source and readers are gone.
  auto kept = std::move(driver.batches.front());
  driver.batches.clear();
  driver.readers.clear();
  EXPECT_EQ(kept.rows().front().value, "value");
}

TEST(KafkaSource, WhatWasNotCommittedIsReadAgainAndCounted) {
  Outside outside;
  const std::string topic = fresh_name("replay");
  outside.write(topic, numbered(1, 5));
  {
    SourceDriver driver("replay", {SourceDriver::reads({topic})});
    driver.start();
    ASSERT_TRUE(driver.until([&] { return driver.rows() == 5; }));
    EXPECT_EQ(driver.readers.front()->replayed(), 0u);
    EXPECT_TRUE(driver.leave());
  }
  outside.write(topic, numbered(6, 6));
  SourceDriver again("replay", {SourceDriver::reads({topic})});
  again.start();
  ASSERT_TRUE(again.until([&] { return again.rows() == 6; }));
  EXPECT_EQ(again.readers.front()->replayed(), 5u);
}

TEST(KafkaSource, StartLatestIsCommittedBeforeTheFirstRecord) {
  Outside outside;
  const std::string topic = fresh_name("latest");
  outside.write(topic, numbered(1, 3));
  spec::StartSpec latest;
  latest.kind = spec::StartSpec::Kind::latest;
  {
    SourceDriver driver("latest", {SourceDriver::reads({topic}, latest)});
    driver.start();
    ASSERT_TRUE(driver.until([&] { return driver.positioned == 1; }));
    const auto lag = driver.source->lag();
    ASSERT_THAT(lag, SizeIs(4));
    EXPECT_EQ(lag[0].committed, 3);
    EXPECT_EQ(lag[1].committed, 0);
  }
  outside.write(topic, numbered(4, 4));
  SourceDriver again("latest", {SourceDriver::reads({topic}, latest)});
  again.start();
  ASSERT_TRUE(again.until([&] { return again.rows() == 1; }));
  EXPECT_THAT(again.values(), ElementsAre("4"));
}

TEST(KafkaSource, ExplicitOffsetsCountOnlyWithoutACommit) {
  Outside outside;
  const std::string topic = fresh_name("offsets");
  outside.write(topic, numbered(0, 9));
  spec::StartSpec start;
  start.kind = spec::StartSpec::Kind::offsets;
  start.offsets = {{topic + "-0", 8}};
  SourceDriver driver("offsets", {SourceDriver::reads({topic}, start)});
  driver.start();
  ASSERT_TRUE(driver.until([&] { return driver.rows() == 2; }));
  EXPECT_THAT(driver.values(), ElementsAre("8", "9"));
}

TEST(KafkaSource, SlicesShareThePartitionsAndPositionsCoverAll) {
  Outside outside;
  const std::string topic = fresh_name("slices");
  for (int p = 0; p < 4; ++p) outside.write(topic, numbered(p * 10, p * 10 + 1, p));
  SourceDriver driver("slices", {SourceDriver::reads({topic})});
  driver.start(2);
  ASSERT_TRUE(driver.until([&] { return driver.rows() == 8; }));
  for (auto& reader : driver.readers) {
    std::vector<flow::PartitionPosition> positions;
    reader->positions(positions);
    EXPECT_THAT(positions, SizeIs(2));
    for (const auto& position : positions) EXPECT_EQ(position.next, Offset(2));
  }
}

TEST(KafkaSource, TwoSourcesAreOneConsumerAndRowsNameTheirSource) {
  Outside outside;
  const std::string left = fresh_name("left");
  const std::string right = fresh_name("right");
  outside.write(left, numbered(1, 1));
  outside.write(right, numbered(2, 2));
  SourceDriver driver("two", {SourceDriver::reads({left}), SourceDriver::reads({right})});
  driver.start();
  ASSERT_TRUE(driver.until([&] { return driver.rows() == 2; }));
  for (const auto& batch : driver.batches)
    for (const auto& row : batch.rows()) EXPECT_EQ(row.origin->source, row.value == "1" ? 0u : 1u);
}

TEST(KafkaSource, StandsAtTheFixedEndAndReadsNoFurther) {
  Outside outside;
  const std::string topic = fresh_name("end");
  outside.write(topic, numbered(1, 3));
  SourceDriver driver("end", {SourceDriver::reads({topic})});
  driver.reading = false;
  driver.start();
  ASSERT_TRUE(driver.until([&] { return driver.positioned == 1; }));
  driver.source->fix_end();
  bool fixed = false;
  driver.reading = true;
  ASSERT_TRUE(driver.until([&] { return fixed = driver.finished == 1; }));
  EXPECT_EQ(driver.rows(), 3u);
  outside.write(topic, numbered(4, 4));
  bool refreshed = false;
  ASSERT_TRUE(driver.until([&] { return std::exchange(refreshed, true); }));
  EXPECT_EQ(driver.rows(), 3u);
}

TEST(KafkaSource, AnEmptyCommitStillCarriesTheMetadata) {
  Outside outside;
  const std::string topic = fresh_name("empty");
  outside.write(topic, numbered(1, 1));
  {
    SourceDriver driver("empty", {SourceDriver::reads({topic})});
    driver.start();
    ASSERT_TRUE(driver.until([&] { return driver.rows() == 1; }));
    ASSERT_TRUE(driver.commit(EpochId(1), driver.positions()).ok());
    ASSERT_TRUE(driver.commit(EpochId(2), {}).ok());
    EXPECT_EQ(driver.source->lag().front().committed, 1);
  }
  SourceDriver again("empty", {SourceDriver::reads({topic})});
  again.start();
  ASSERT_TRUE(again.until([&] { return again.positioned == 1; }));
  EXPECT_EQ(again.epoch, EpochId(2));
}

TEST(KafkaSource, PositionsOfOthersAreIgnoredByACommit) {
  Outside outside;
  const std::string topic = fresh_name("others");
  outside.write(topic, numbered(1, 2));
  SourceDriver driver("others", {SourceDriver::reads({topic})});
  driver.start();
  ASSERT_TRUE(driver.until([&] { return driver.rows() == 2; }));
  const record::Origin stranger{"stranger", PartitionId(0), 9};
  auto positions = driver.positions();
  positions.push_back({&stranger, Offset(77)});
  EXPECT_TRUE(driver.commit(EpochId(1), positions).ok());
  EXPECT_EQ(driver.source->lag().front().committed, 2);
}

TEST(KafkaSource, LagTellsCommittedPositionEndAndTime) {
  Outside outside;
  const std::string topic = fresh_name("lag");
  outside.write(topic, numbered(1, 4));
  SourceDriver driver("lag", {SourceDriver::reads({topic})});
  driver.start();
  ASSERT_TRUE(driver.until([&] { return driver.rows() == 4; }));
  const auto lag = driver.source->lag();
  ASSERT_THAT(lag, SizeIs(4));
  EXPECT_EQ(lag[0].committed, 0);
  EXPECT_EQ(lag[0].position, 4);
  EXPECT_EQ(lag[0].begin, 0);
  EXPECT_EQ(lag[0].end, 4);
  EXPECT_EQ(lag[0].last_timestamp_ms, 1'700'000'000'004);
  EXPECT_EQ(lag[0].lag_seconds, 0.0);
}

TEST(KafkaSource, ARebalanceAsksBeforeItGivesPartitionsUp) {
  Outside outside;
  const std::string topic = fresh_name("rebalance");
  for (int p = 0; p < 4; ++p) outside.write(topic, numbered(p * 10, p * 10 + 1, p));
  SourceDriver first("rebalance", {SourceDriver::reads({topic})});
  first.start();
  ASSERT_TRUE(first.until([&] { return first.rows() == 8; }));
  first.hold_release = true;

  // The mock cluster knows no static members: another one of the same group makes a rebalance.
  SourceDriver second("rebalance", {SourceDriver::reads({topic})});
  second.start();
  ASSERT_TRUE(first.until([&] { return first.revoked == 1; }));
  // Still ours until the release; the mock cluster takes no commits now, so what was read is read
  // again.
  EXPECT_EQ(first.positions().size(), 4u);
  EXPECT_EQ(first.connected, true);
  first.held_release();
  EXPECT_TRUE(first.positions().empty());
  first.hold_release = false;
  // The mock cluster may begin another rebalance before the second member has joined: what counts
  // is that they share in the end.
  const auto shared = [&] {
    const Instant now = base::machine_clock().now();
    second.source->serve(now);
    second.read();
    const std::size_t mine = first.positions().size();
    const std::size_t theirs = second.positions().size();
    return mine > 0 && theirs > 0 && mine + theirs == 4;
  };
  ASSERT_TRUE(first.until(shared));
  EXPECT_GE(first.positioned, 2);
}

TEST(KafkaSource, ABrokerThatIsNotThereIsAConditionNotAFailure) {
  KafkaOptions options;
  options.profiles["default"] = {{"127.0.0.1:1"}, {}};
  SourceDriver driver("away", {SourceDriver::reads({"any"})}, options);
  driver.start();
  ASSERT_TRUE(driver.until([&] { return driver.connected == false; }));
  EXPECT_EQ(driver.reason, "BROKERS_DOWN");
  EXPECT_THAT(driver.message, HasSubstr("`brokers`"));
  EXPECT_TRUE(driver.failure.ok());
  EXPECT_EQ(driver.positioned, 0);
}

TEST(KafkaSource, MistakesAreRefusedWhenItIsMade) {
  EXPECT_THAT(
      SourceDriver("p", {SourceDriver::reads({"t"}), SourceDriver::reads({"t"})}).made().message(),
      HasSubstr("two sources"));
  spec::StartSpec time;
  time.kind = spec::StartSpec::Kind::time;
  EXPECT_THAT(SourceDriver("p", {SourceDriver::reads({"t"}, time)}).made().message(),
              HasSubstr("no look-up by time"));
  spec::SourceSpec unknown = SourceDriver::reads({"t"});
  std::get<spec::KafkaSourceSpec>(unknown.kind).profile = "nobody";
  EXPECT_EQ(SourceDriver("p", {unknown}).made().code(), Code::not_found);
}

}  // namespace
}  // namespace leat::kafka::test
