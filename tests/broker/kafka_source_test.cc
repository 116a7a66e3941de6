#include <gmock/gmock.h>

#include "cluster.h"

namespace leat::kafka::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using End = Transactions::End;

std::vector<Plain> numbered(int from, int to, std::int32_t partition = 0) {
  std::vector<Plain> records;
  for (int i = from; i <= to; ++i) {
    Plain record;
    record.value = std::to_string(i);
    record.partition = partition;
    records.push_back(std::move(record));
  }
  return records;
}

std::vector<std::string> texts(int from, int to) {
  std::vector<std::string> all;
  for (int i = from; i <= to; ++i) all.push_back(std::to_string(i));
  return all;
}

spec::SourceSpec reads_pattern(const std::string& pattern) {
  spec::SourceSpec spec = SourceDriver::reads({"in"});
  auto& kafka = std::get<spec::KafkaSourceSpec>(spec.kind);
  kafka.topics.clear();
  kafka.pattern = pattern;
  return spec;
}

spec::SourceSpec in_group(spec::SourceSpec spec, const std::string& group) {
  std::get<spec::KafkaSourceSpec>(spec.kind).group = group;
  return spec;
}

spec::StartSpec start_at(std::int64_t ms) {
  spec::StartSpec start;
  start.kind = spec::StartSpec::Kind::time;
  start.time = WallTime{ms * 1000};
  return start;
}

spec::StartSpec start_of(spec::StartSpec::Kind kind) {
  spec::StartSpec start;
  start.kind = kind;
  return start;
}

class SourceOnKafka : public ::testing::Test {
 protected:
  SourceOnKafka()
      : cluster(leat::test::RealBroker::shared()),
        outside(cluster.bootstrap()),
        topic(fresh_name("source")),
        pipeline(fresh_name("pipeline")) {}

  std::unique_ptr<SourceDriver> driver(spec::StartSpec start = {}) {
    return driver(SourceDriver::reads({topic}, std::move(start)));
  }
  std::unique_ptr<SourceDriver> driver(spec::SourceSpec spec, const std::string& name = "") {
    return std::make_unique<SourceDriver>(name.empty() ? pipeline : name,
                                          std::vector<spec::SourceSpec>{std::move(spec)},
                                          cluster.options());
  }
  // As one of several instances of the pipeline.
  std::unique_ptr<SourceDriver> driver(const SourceDriver::Place& place) {
    return std::make_unique<SourceDriver>(
        pipeline, std::vector<spec::SourceSpec>{SourceDriver::reads({topic})}, cluster.options(),
        place);
  }
  std::string group() const { return "test." + pipeline; }
  // Reads all from a fresh group with that start.
  std::vector<std::string> first_values(spec::StartSpec start, std::size_t count) {
    pipeline = fresh_name("pipeline");
    const auto reader = driver(std::move(start));
    reader->start();
    EXPECT_TRUE(reader->until([&] { return reader->positioned == 1 && reader->rows() >= count; }));
    return reader->values();
  }

  Cluster cluster;
  Outside outside;
  const std::string topic;
  std::string pipeline;
};

TEST_F(SourceOnKafka, ATopicAndAPartitionThatAppearLaterAreReadFromEarliestWithoutARestart) {
  const std::string family = fresh_name("family");
  cluster.create(family + ".a");
  cluster.create("other." + family);
  outside.write(family + ".a", numbered(1, 2));
  outside.write("other." + family, numbered(100, 100));
  const auto reader = driver(reads_pattern("^" + family + "[.][a-z]+$"));
  reader->start();
  ASSERT_TRUE(reader->until([&] { return reader->rows() == 2; }));
  ASSERT_TRUE(reader->commit(EpochId(3), reader->positions()).ok());
  cluster.create(family + ".b");
  outside.write(family + ".b", numbered(11, 12));
  cluster.grow(family + ".a", 2);
  Outside fresh(cluster.bootstrap());  // knows the new partition at once
  fresh.write(family + ".a", numbered(21, 22, 1));
  ASSERT_TRUE(reader->until([&] { return reader->rows() >= 6; }));
  EXPECT_THAT(reader->values(), UnorderedElementsAre("1", "2", "11", "12", "21", "22"));
  EXPECT_EQ(cluster.committed(group(), family + ".b", 0).offset, 0);
  EXPECT_EQ(reader->epoch, EpochId(3));
  EXPECT_TRUE(reader->failure.ok());
}

TEST_F(SourceOnKafka, EachStartBeginsWhereItSays) {
  cluster.create(topic);
  const std::int64_t now_ms = base::machine_clock().wall_now().us / 1000;
  std::vector<Plain> records = numbered(0, 5);
  for (std::size_t i = 0; i < records.size(); ++i)
    records[i].timestamp_ms = now_ms - (static_cast<std::int64_t>(5 - i) * 20 * 60'000 + 60'000);
  outside.write(topic, records);
  EXPECT_EQ(first_values({}, 6), texts(0, 5));
  EXPECT_THAT(first_values(start_of(spec::StartSpec::Kind::latest), 0), IsEmpty());
  EXPECT_EQ(first_values(start_at(records[4].timestamp_ms), 2), texts(4, 5));
  EXPECT_THAT(first_values(start_at(now_ms), 0), IsEmpty());
  spec::StartSpec ago = start_of(spec::StartSpec::Kind::time);
  ago.ago = std::chrono::hours(1);
  EXPECT_EQ(first_values(ago, 3), texts(3, 5));
  spec::StartSpec offsets = start_of(spec::StartSpec::Kind::offsets);
  offsets.offsets = {{topic + "-0", 5}};
  EXPECT_THAT(first_values(offsets, 1), ElementsAre("5"));
}

TEST_F(SourceOnKafka, TheStartCountsOnlyWithoutACommitAndIsCommittedItself) {
  cluster.create(topic, 2);
  outside.write(topic, numbered(0, 9));
  spec::StartSpec start = start_of(spec::StartSpec::Kind::offsets);
  start.offsets = {{topic + "-0", 8}};
  {
    const auto reader = driver(start);
    reader->start();
    ASSERT_TRUE(reader->until([&] { return reader->positioned == 1; }));
    EXPECT_EQ(cluster.committed(group(), topic, 0).offset, 8);
    EXPECT_EQ(cluster.committed(group(), topic, 1).offset, 0);
    EXPECT_TRUE(reader->leave(false));
  }
  start.offsets = {{topic + "-0", 2}};
  const auto again = driver(start);
  again->start();
  ASSERT_TRUE(again->until([&] { return again->rows() == 2; }));
  EXPECT_THAT(again->values(), ElementsAre("8", "9"));
}

TEST_F(SourceOnKafka, TheNewestEpochOfAllPartitionsComesBackWithItsMetadata) {
  cluster.create(topic, 3);
  outside.write(topic, numbered(1, 2));
  cluster.commit(group(), topic, 0, 1, R"({"v":1,"e":41})");
  cluster.commit(group(), topic, 1, 0, R"({"v":1,"e":42})");
  cluster.commit(group(), topic, 2, 0, "somebody else's");
  const auto reader = driver();
  reader->start();
  ASSERT_TRUE(reader->until([&] { return reader->rows() == 1; }));
  EXPECT_EQ(reader->epoch, EpochId(42));
  EXPECT_THAT(reader->values(), ElementsAre("2"));
  ASSERT_TRUE(reader->commit(EpochId(43), reader->positions()).ok());
  const Cluster::Commit committed = cluster.committed(group(), topic, 0);
  EXPECT_EQ(committed.offset, 2);
  EXPECT_EQ(committed.metadata, R"({"v":1,"e":43})");
  EXPECT_EQ(cluster.committed(group(), topic, 2).metadata, R"({"v":1,"e":43})");
}

TEST_F(SourceOnKafka, ARestartTakesItsPlaceAgainWithoutARebalance) {
  cluster.create(topic);
  const std::string elsewhere = fresh_name("elsewhere");
  cluster.create(elsewhere);
  outside.write(topic, numbered(1, 3));
  Onlooker onlooker(cluster.bootstrap(), group(), elsewhere);
  std::string place;
  {
    const auto reader = driver();
    // One after the other: the onlooker leads, so that it knows the generation when the group does.
    ASSERT_TRUE(reader->until([&] {
      onlooker.serve();
      return cluster.group(group()).state == "Stable";
    }));
    reader->start();
    ASSERT_TRUE(reader->until([&] {
      onlooker.serve();
      return reader->rows() == 3 && cluster.group(group()).state == "Stable";
    }));
    ASSERT_TRUE(reader->commit(EpochId(5), reader->positions()).ok());
    place = onlooker.place();
    EXPECT_TRUE(reader->leave(false));
  }
  EXPECT_EQ(cluster.group(group()).state, "Stable");
  EXPECT_THAT(cluster.group(group()).instances, UnorderedElementsAre("", "test.here." + pipeline));
  outside.write(topic, numbered(4, 4));
  const auto again = driver();
  again->start();
  ASSERT_TRUE(again->until([&] {
    onlooker.serve();
    return again->rows() == 1;
  }));
  EXPECT_THAT(again->values(), ElementsAre("4"));
  EXPECT_EQ(again->epoch, EpochId(5));
  EXPECT_EQ(onlooker.place(), place);
  EXPECT_EQ(again->revoked + again->lost, 0);
}

TEST_F(SourceOnKafka, StopWithLeaveGivesThePlaceUpAndAFollowerReadsOn) {
  cluster.create(topic);
  outside.write(topic, numbered(1, 2));
  const std::string shared = fresh_name("group");
  const auto first = driver(in_group(SourceDriver::reads({topic}), shared));
  first->start();
  ASSERT_TRUE(first->until([&] { return first->rows() == 2; }));
  ASSERT_TRUE(first->commit(EpochId(1), first->positions()).ok());
  EXPECT_TRUE(first->leave());
  EXPECT_THAT(cluster.group(shared).instances, IsEmpty());
  outside.write(topic, numbered(3, 3));
  const auto second = driver(in_group(SourceDriver::reads({topic}), shared), fresh_name("second"));
  second->start();
  ASSERT_TRUE(second->until([&] { return second->rows() == 1; }));
  EXPECT_THAT(second->values(), ElementsAre("3"));
}

TEST_F(SourceOnKafka, ARebalanceCommitsWhatWasReadBeforeItLetsGo) {
  cluster.create(topic, 4);
  for (int p = 0; p < 4; ++p) outside.write(topic, numbered(p * 10, p * 10 + 4, p));
  const std::string shared = fresh_name("group");
  const auto first = driver(in_group(SourceDriver::reads({topic}), shared));
  first->start();
  ASSERT_TRUE(first->until([&] { return first->rows() == 20; }));
  first->hold_release = true;
  const auto second = driver(in_group(SourceDriver::reads({topic}), shared), fresh_name("second"));
  second->start();
  ASSERT_TRUE(first->until([&] { return first->revoked == 1; }));
  const Status committed = first->commit(EpochId(9), first->positions());
  ASSERT_TRUE(committed.ok()) << committed.to_string();
  first->held_release();
  first->hold_release = false;
  EXPECT_THAT(first->positions(), IsEmpty());
  const auto both = [&] {
    second->source->serve(base::machine_clock().now());
    second->read();
    return first->positioned == 2 && second->positioned == 1;
  };
  ASSERT_TRUE(first->until(both));
  EXPECT_EQ(first->positions().size(), 2u);
  EXPECT_EQ(second->positions().size(), 2u);
  EXPECT_EQ(first->epoch, EpochId(9));
  EXPECT_EQ(second->epoch, EpochId(9));
  for (int p = 0; p < 4; ++p) outside.write(topic, numbered(100 + p, 100 + p, p));
  ASSERT_TRUE(first->until([&] {
    both();
    return first->rows() + second->rows() >= 24;
  }));
  EXPECT_EQ(first->rows() + second->rows(), 24u);
  EXPECT_EQ(first->lost + second->lost, 0);
  EXPECT_TRUE(second->leave());
}

TEST_F(SourceOnKafka, WhatWasNotCommittedBeforeARebalanceIsReadAgainByWhoeverHasIt) {
  cluster.create(topic, 2);
  for (int p = 0; p < 2; ++p) outside.write(topic, numbered(p * 10, p * 10 + 4, p));
  const std::string shared = fresh_name("group");
  const auto first = driver(in_group(SourceDriver::reads({topic}), shared));
  first->start();
  ASSERT_TRUE(first->until([&] { return first->rows() == 10; }));
  const auto second = driver(in_group(SourceDriver::reads({topic}), shared), fresh_name("second"));
  second->start();
  const auto serve_both = [&] {
    second->source->serve(base::machine_clock().now());
    second->read();
    first->positions();  // asked at once: the position before must not come back
    return first->rows() + second->rows() >= 20;
  };
  ASSERT_TRUE(first->until(serve_both));
  EXPECT_EQ(first->rows() + second->rows(), 20u);
  EXPECT_EQ(first->readers[0]->replayed() + second->readers[0]->replayed(), 10u);
  EXPECT_TRUE(second->leave());
}

TEST_F(SourceOnKafka, MarkersAndAbortedRecordsAreNoRecordsButPositionsMoveOverThem) {
  cluster.create(topic);
  Transactions transactions(cluster.bootstrap());
  transactions.write(topic, {"a", "b"}, End::commit);  // 0 1, marker 2
  transactions.write(topic, {"x", "y"}, End::abort);   // 3 4, marker 5
  transactions.write(topic, {"c"}, End::commit);       // 6, marker 7
  const auto reader = driver();
  reader->start();
  ASSERT_TRUE(reader->until([&] { return reader->rows() == 3; }));
  EXPECT_THAT(reader->values(), ElementsAre("a", "b", "c"));
  const auto stands_at = [&](std::int64_t offset) {
    return reader->until([&] {
      const auto positions = reader->positions();
      return positions.size() == 1 && positions[0].next == Offset(offset);
    });
  };
  ASSERT_TRUE(stands_at(8));
  ASSERT_TRUE(reader->commit(EpochId(1), reader->positions()).ok());
  EXPECT_EQ(cluster.committed(group(), topic, 0).offset, 8);
  EXPECT_EQ(reader->source->lag()[0].lag_seconds, 0.0);

  // Nothing but an aborted transaction: nobody asks for positions, and still the lag ends.
  transactions.write(topic, {"z"}, End::abort);  // 8, marker 9
  ASSERT_TRUE(reader->until([&] { return reader->source->lag()[0].position == 10; }));
  EXPECT_EQ(reader->source->lag()[0].end, 10);
  EXPECT_THAT(reader->values(), ElementsAre("a", "b", "c"));
}

TEST_F(SourceOnKafka, AFixedEndThatIsAMarkerIsReached) {
  cluster.create(topic);
  outside.write(topic, numbered(1, 2));
  Transactions transactions(cluster.bootstrap());
  transactions.write(topic, {"3"}, End::commit);
  const auto reader = driver();
  reader->reading = false;
  reader->start();
  ASSERT_TRUE(reader->until([&] { return reader->positioned == 1; }));
  reader->source->fix_end();
  reader->reading = true;
  ASSERT_TRUE(reader->until([&] { return reader->finished == 1; }));
  EXPECT_THAT(reader->values(), ElementsAre("1", "2", "3"));
  ASSERT_EQ(reader->positions().size(), 1u);
  EXPECT_EQ(reader->positions()[0].next, Offset(4));  // behind the marker
}

TEST_F(SourceOnKafka, RecordsBehindAFixedEndComeOnceAndInOrderWhenTheEndIsFree) {
  cluster.create(topic);
  outside.write(topic, numbered(0, 9));
  const auto reader = driver();
  reader->reading = false;
  reader->start(2);
  ASSERT_TRUE(reader->until([&] { return reader->positioned == 1; }));
  const auto fix_end = [&] {
    reader->source->fix_end();
    // The slice without a partition knows when the end is fixed, and reads nothing.
    ASSERT_TRUE(reader->until([&] {
      for (auto& slice : reader->readers) {
        std::vector<flow::PartitionPosition> positions;
        slice->positions(positions);
        record::RecordBatch batch;
        if (positions.empty()) return slice->poll(1, batch) == flow::PollResult::finished;
      }
      return false;
    }));
  };
  const auto fetched = [&](std::int64_t end) {
    return reader->until([&] { return reader->source->lag()[0].end == end; });
  };
  fix_end();
  outside.write(topic, numbered(10, 399));
  ASSERT_TRUE(fetched(400));
  reader->reading = true;
  ASSERT_TRUE(reader->until([&] { return reader->finished == 2; }));
  EXPECT_EQ(reader->values(), texts(0, 9));
  // The client has fetched and handed over what lies behind; the position is the end all the same.
  ASSERT_TRUE(reader->commit(EpochId(1), reader->positions()).ok());
  EXPECT_EQ(cluster.committed(group(), topic, 0).offset, 10);
  EXPECT_EQ(reader->positions()[0].next, Offset(10));
  reader->source->free_end();
  ASSERT_TRUE(reader->until([&] { return reader->rows() >= 400; }));
  EXPECT_EQ(reader->values(), texts(0, 399));
  reader->reading = false;
  outside.write(topic, numbered(400, 409));
  fix_end();
  outside.write(topic, numbered(410, 419));
  ASSERT_TRUE(fetched(420));
  reader->reading = true;
  ASSERT_TRUE(reader->until([&] { return reader->finished == 2; }));
  EXPECT_EQ(reader->values(), texts(0, 409));
  reader->source->free_end();
  ASSERT_TRUE(reader->until([&] { return reader->rows() >= 420; }));
  EXPECT_EQ(reader->values(), texts(0, 419));
  EXPECT_EQ(reader->readers[0]->replayed() + reader->readers[1]->replayed(), 0u);
}

TEST_F(SourceOnKafka, RecordsGoneBehindACommitAreAFailureThatNamesTheRemedy) {
  cluster.create(topic);
  outside.write(topic, numbered(0, 9));
  cluster.commit(group(), topic, 0, 3, R"({"v":1,"e":7})");
  cluster.remove_before(topic, 0, 6);
  const auto reader = driver();
  reader->start();
  ASSERT_TRUE(reader->until([&] { return !reader->failure.ok(); }));
  EXPECT_EQ(reader->failure.code(), Code::data_loss);
  EXPECT_THAT(reader->failure.to_string(), HasSubstr("OFFSET_OUT_OF_RANGE"));
  EXPECT_THAT(reader->failure.message(), HasSubstr("committed offset 3"));
  EXPECT_THAT(reader->failure.message(), HasSubstr("state=purge"));
  EXPECT_EQ(reader->positioned, 0);
  EXPECT_EQ(reader->rows(), 0u);
  EXPECT_EQ(cluster.committed(group(), topic, 0).offset, 3);
}

TEST_F(SourceOnKafka, ACommitBehindTheEndIsAFailureToo) {
  cluster.create(topic);
  outside.write(topic, numbered(0, 2));
  cluster.commit(group(), topic, 0, 50, R"({"v":1,"e":7})");
  const auto reader = driver();
  reader->start();
  ASSERT_TRUE(reader->until([&] { return !reader->failure.ok(); }));
  EXPECT_EQ(reader->failure.code(), Code::data_loss);
  EXPECT_THAT(reader->failure.message(), HasSubstr("set new offsets"));
  EXPECT_EQ(reader->rows(), 0u);
  EXPECT_EQ(cluster.committed(group(), topic, 0).offset, 50);
}

TEST_F(SourceOnKafka, ATopicThatIsNotThereIsAConditionUntilItIs) {
  const auto reader = driver();
  reader->start();
  ASSERT_TRUE(reader->until([&] { return reader->connected == false; }));
  EXPECT_EQ(reader->reason, "UNKNOWN_TOPIC");
  EXPECT_THAT(reader->message, HasSubstr(topic));
  EXPECT_THAT(reader->message, HasSubstr("Create the topic"));
  EXPECT_TRUE(reader->failure.ok());
  cluster.create(topic);
  outside.write(topic, numbered(1, 1));
  ASSERT_TRUE(reader->until([&] { return reader->rows() == 1 && reader->connected == true; }));
}

TEST_F(SourceOnKafka, PurgeForgetsTheCommits) {
  cluster.create(topic);
  outside.write(topic, numbered(1, 2));
  {
    const auto reader = driver();
    reader->start();
    ASSERT_TRUE(reader->until([&] { return reader->rows() == 2; }));
    ASSERT_TRUE(reader->commit(EpochId(1), reader->positions()).ok());
    ASSERT_TRUE(reader->leave());
    std::optional<Status> purged;
    reader->source->purge([&](Status status) { purged = std::move(status); });
    ASSERT_TRUE(reader->until([&] { return purged.has_value(); }));
    EXPECT_TRUE(purged->ok()) << purged->to_string();
  }
  EXPECT_EQ(cluster.committed(group(), topic, 0).offset, -1);
  EXPECT_EQ(cluster.group(group()).state, "Dead");
  const auto again = driver();
  again->start();
  ASSERT_TRUE(again->until([&] { return again->rows() == 2; }));
  EXPECT_EQ(again->epoch, EpochId(0));
}

TEST_F(SourceOnKafka, ASecondInstanceSharesThePartitions) {
  cluster.create(topic, 2);
  const auto first = driver(SourceDriver::Place{"first", false});
  first->start();
  ASSERT_TRUE(first->until([&] { return first->positioned == 1; }));
  const auto second = driver(SourceDriver::Place{"second", false});
  second->start();
  ASSERT_TRUE(first->until([&] {
    second->source->serve(base::machine_clock().now());
    return first->positioned == 2 && second->positioned == 1;
  }));
  EXPECT_THAT(cluster.group(group()).instances,
              UnorderedElementsAre("test.first." + pipeline, "test.second." + pipeline));
  EXPECT_THAT(first->positions(), SizeIs(1));
  EXPECT_THAT(second->positions(), SizeIs(1));
  EXPECT_TRUE(first->failure.ok() && second->failure.ok());
  EXPECT_TRUE(second->leave());
}

TEST_F(SourceOnKafka, WhereOnlyOneMayRunASecondInstanceFencesTheFirst) {
  cluster.create(topic);
  outside.write(topic, numbered(1, 2));
  const auto first = driver(SourceDriver::Place{"first", true});
  first->start();
  ASSERT_TRUE(first->until([&] { return first->rows() == 2; }));
  ASSERT_TRUE(first->commit(EpochId(1), first->positions()).ok());
  const auto second = driver(SourceDriver::Place{"second", true});
  second->start();
  ASSERT_TRUE(second->until([&] { return second->positioned == 1; }));
  ASSERT_TRUE(first->until([&] { return !first->failure.ok(); }));
  EXPECT_THAT(first->failure.to_string(), HasSubstr("FENCED"));
  EXPECT_THAT(first->failure.message(), HasSubstr("Stop the other instance"));
  EXPECT_TRUE(second->failure.ok());
}

}  // namespace
}  // namespace leat::kafka::test
