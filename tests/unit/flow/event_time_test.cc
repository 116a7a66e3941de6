#include "flow/event_time.h"

#include <gmock/gmock.h>

#include "unit/flow/task_fixture.h"

namespace leat::test {
namespace {

using flow::Watermark;
using record::kNoTime;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kSecond = 1'000'000;

spec::EventTimeSpec rules(Duration max_lateness = {}) {
  spec::EventTimeSpec spec;
  spec.max_lateness = max_lateness;
  return spec;
}

// Stamps every row with its time in Kafka, and notes the watermarks it was given.
class Stamp final : public flow::Operator {
 public:
  struct Seen {
    std::vector<std::int64_t> of_rows;     // milliseconds; -1 = none
    std::vector<std::int64_t> watermarks;  // that came, milliseconds
    std::vector<std::string> order;        // rows and watermarks as they came
  };
  explicit Stamp(Seen& seen) : seen_(seen) {}
  Status open(const flow::OperatorContext& context) override {
    clock_ = context.clock;
    return {};
  }
  Status process(record::RecordBatch& batch, flow::Collector& out) override {
    for (record::Row& row : batch.rows()) {
      clock_->stamp(row, row.timestamp_ms * 1000, true, batch.now);
      seen_.of_rows.push_back(row.watermark_us == kNoTime ? -1 : row.watermark_us / 1000);
      seen_.order.push_back("row " + std::string(row.value));
    }
    out.emit(std::move(batch));
    return {};
  }
  Status on_watermark(const Watermark& watermark, flow::Collector&) override {
    seen_.watermarks.push_back(watermark.us / 1000);
    seen_.order.push_back("watermark " + std::to_string(watermark.us / 1000));
    return {};
  }

 private:
  Seen& seen_;
  flow::SourceClock* clock_ = nullptr;
};

struct EventTimeTest : ::testing::Test {
  explicit EventTimeTest(const flow::Trigger& trigger = at_once()) : fixture(trigger) {}
  // A record with this time in partition `partition`.
  void feed(std::int64_t ms, std::size_t partition = 0) {
    fixture.broker.topic(0).append(
        partition,
        {.key = "k", .value = std::to_string(ms), .timestamp_ms = kStartMs + ms, .headers = {}});
  }
  std::vector<std::int64_t> since_start(std::vector<std::int64_t> times) const {
    for (std::int64_t& time : times)
      if (time >= 0) time -= kStartMs;
    return times;
  }
  std::vector<std::int64_t> watermarks() const { return since_start(seen.watermarks); }
  void begin(const spec::EventTimeSpec& spec, std::size_t partitions = 1) {
    fixture.with_partitions(partitions)
        .with_event_time(spec)
        .with_operator(std::make_unique<Stamp>(seen));
  }
  void pass(Duration time) {
    fixture.clock.advance(time);
    fixture.settle();
  }

  static constexpr std::int64_t kStartMs = 1'000'000'000'000;
  Stamp::Seen seen;
  TaskFixture fixture;
};

struct HeldEventTimeTest : EventTimeTest {
  HeldEventTimeTest() : EventTimeTest(held_back(1min)) {}
};

TEST(LowestWatermark, OfInputsThatAreAllIdleThoseWithATimeCount) {
  const std::vector<flow::Watermark> restored{{100, true}, {record::kNoTime, true}};
  EXPECT_EQ(flow::lowest(restored, {}), (flow::Watermark{100, true}));
  EXPECT_EQ(flow::lowest(restored, {120, false}), (flow::Watermark{120, true}));
  const std::vector<flow::Watermark> waits{{100, true}, {record::kNoTime, false}};
  EXPECT_EQ(flow::lowest(waits, {}), (flow::Watermark{record::kNoTime, false}));
}

TEST(Watermarks, TheLowestOfTheInputsThatAreNotIdleCounts) {
  const auto low = [](std::vector<Watermark> inputs, Watermark before) {
    return flow::lowest(inputs, before);
  };
  EXPECT_EQ(low({{5, false}, {3, false}}, {}), (Watermark{3, false}));
  EXPECT_EQ(low({{5, false}, {3, true}}, {}), (Watermark{5, false}));
  EXPECT_EQ(low({{5, false}, {kNoTime, false}}, {}), (Watermark{kNoTime, false}));
  EXPECT_EQ(low({{5, true}, {3, true}}, {4, false}), (Watermark{4, true}));
  EXPECT_EQ(low({{3, false}}, {4, true}), (Watermark{4, false}));
}

TEST(Watermarks, TravelWithTheOffsetsInTheMetadata) {
  const flow::PartitionPosition position{nullptr, Offset(7), 1'767'225'600'000'000};
  const std::string text = flow::with_event_time(R"({"v":1,"e":12,"s":"a"})", position);
  EXPECT_EQ(text, R"({"v":1,"e":12,"s":"a","w":1767225600000000})");
  EXPECT_EQ(flow::event_time_of(text), 1'767'225'600'000'000);
  EXPECT_EQ(flow::with_event_time("{}", {nullptr, Offset(7), kNoTime}), "{}");
  for (const char* other : {"", "{}", R"({"v":1,"w":x})", R"({"v":1,"w":5)", R"({"v":1,"w":5}x)"})
    EXPECT_EQ(flow::event_time_of(other), kNoTime) << other;
}

TEST_F(EventTimeTest, ARowCarriesTheWatermarkOfItsPartitionAsItWasBefore) {
  begin(rules(std::chrono::seconds(2)), 2);
  feed(10'000);
  feed(5'000);
  feed(12'000);
  feed(1'000, 1);
  feed(0);
  fixture.source.poll_rows_max = 1;
  fixture.settle();
  // Partition 1 has a time of its own.
  std::vector<std::int64_t> of_rows = since_start(seen.of_rows);
  std::sort(of_rows.begin(), of_rows.end());
  EXPECT_THAT(of_rows, ElementsAre(-1, -1, 8'000, 8'000, 10'000));
}

TEST_F(EventTimeTest, TheTaskTellsTheLowestOfItsPartitions) {
  begin(rules(), 2);
  feed(10'000);
  fixture.settle();
  EXPECT_THAT(watermarks(), IsEmpty());  // partition 1 may still bring anything
  feed(3'000, 1);
  pass(100ms);
  EXPECT_THAT(watermarks(), ElementsAre(3'000));
  feed(2'000, 1);
  pass(100ms);
  EXPECT_THAT(watermarks(), ElementsAre(3'000));
}

TEST_F(EventTimeTest, IsToldEveryHundredMillisecondsAndBehindItsRows) {
  begin(rules());
  fixture.source.poll_rows_max = 1;
  feed(1);
  fixture.settle();
  const std::size_t told = seen.watermarks.size();
  feed(2);
  const flow::StepOutcome outcome = fixture.settle();
  EXPECT_EQ(seen.watermarks.size(), told);
  EXPECT_LE(outcome.wake_at, fixture.clock.now() + 100ms);
  pass(100ms);
  EXPECT_EQ(watermarks().back(), 2);
  EXPECT_EQ(seen.order.back(), "watermark " + std::to_string(kStartMs + 2));
}

TEST_F(EventTimeTest, AnIdlePartitionDoesNotHoldTheOthersBack) {
  begin(rules(), 2);
  feed(10'000);
  fixture.settle();
  pass(9'900ms);
  EXPECT_THAT(watermarks(), IsEmpty());
  feed(11'000);
  fixture.settle();
  pass(200ms);  // partition 1 never had a record: idle ten seconds after it was assigned
  EXPECT_THAT(watermarks(), ElementsAre(11'000));
  feed(4'000, 1);  // back from idle: the watermark does not go back
  feed(12'000);
  pass(100ms);
  EXPECT_THAT(watermarks(), ElementsAre(11'000));
  feed(20'000, 1);
  pass(100ms);
  EXPECT_THAT(watermarks(), ElementsAre(11'000, 12'000));
}

TEST_F(EventTimeTest, WhenAllAreIdleTheWatermarkStandsAndNobodyIsWoken) {
  begin(rules());
  feed(1'000);
  fixture.settle();
  pass(20s);
  EXPECT_THAT(watermarks(), ElementsAre(1'000));
  EXPECT_EQ(fixture.settle().wake_at, base::kNever);
  EXPECT_TRUE(fixture.step_stats.watermark_idle.load());
}

TEST_F(HeldEventTimeTest, WhatIsHeldBackIsNotIdle) {
  begin(rules(), 2);
  feed(10'000);
  feed(1'000, 1);
  fixture.settle();
  pass(30s);  // both partitions' rows wait for the cut
  feed(20'000);
  fixture.cut(1);
  fixture.settle();
  pass(1s);
  EXPECT_THAT(watermarks(), ElementsAre(1'000));
}

TEST_F(EventTimeTest, FollowsTheClockWhenIdleOnlyIfAskedTo) {
  spec::EventTimeSpec spec = rules(std::chrono::seconds(1));
  spec.advance_when_idle = true;
  begin(spec);
  feed(0);
  fixture.settle();
  pass(10s);
  pass(1s);
  ASSERT_FALSE(seen.watermarks.empty());
  EXPECT_EQ(seen.watermarks.back(), fixture.clock.wall_now().us / 1000 - 1000);
}

TEST_F(EventTimeTest, RowsFarAheadOfTheClockDoNotMoveTheWatermark) {
  spec::EventTimeSpec spec = rules();
  flow::SourceClock clock(spec);
  record::Row row;
  const WallTime now{1'000'000 * kSecond};
  clock.stamp(row, now.us, true, now);
  clock.stamp(row, now.us + 86'401 * kSecond, true, now);
  EXPECT_EQ(clock.ahead(), 1U);
  clock.stamp(row, now.us + 1, true, now);
  EXPECT_EQ(row.watermark_us, now.us);
  EXPECT_EQ(row.event_time_us, now.us + 1);
  clock.stamp(row, now.us + 500, false, now);
  clock.stamp(row, now.us + 2, true, now);
  EXPECT_EQ(row.watermark_us, now.us + 1);
}

TEST_F(EventTimeTest, TheCutNamesTheTimeUpToItsPositions) {
  begin(rules(std::chrono::seconds(5)));
  fixture.source.poll_rows_max = 1;
  feed(1'000);
  feed(3'000);
  feed(2'000);
  fixture.settle();
  fixture.cut(1);
  feed(9'000);
  fixture.settle();
  ASSERT_EQ(fixture.listener.cuts.size(), 1U);
  const flow::PartitionPosition& position = fixture.listener.cuts[0].positions.at(0);
  EXPECT_EQ(position.next.value(), 3);
  EXPECT_EQ(position.event_time_us, (kStartMs + 3'000) * 1000);
}

TEST_F(EventTimeTest, BeginsWithTheTimeThatWasCommitted) {
  begin(rules());
  fixture.broker.topic(0).partitions[0]->event_time_us = (kStartMs + 7'000) * 1000;
  feed(6'000);
  fixture.settle();
  EXPECT_THAT(since_start(seen.of_rows), ElementsAre(7'000));
  EXPECT_THAT(watermarks(), ElementsAre(7'000));
}

TEST_F(EventTimeTest, ComesThroughAnExchangeInItsPlace) {
  fixture.with_edges(2).with_operator(std::make_unique<Stamp>(seen));
  fixture.task();
  const auto push = [&](std::size_t edge, flow::Item item) {
    fixture.edges[edge]->push(std::move(item));
  };
  push(0, Watermark{5'000'000, false});
  fixture.settle();
  EXPECT_THAT(seen.watermarks, IsEmpty());
  push(1, Watermark{3'000'000, false});
  push(1, flow::Barrier{EpochId(1)});
  push(1, Watermark{9'000'000, false});
  fixture.settle();
  EXPECT_THAT(seen.watermarks, ElementsAre(3'000));
  push(0, flow::Barrier{EpochId(1)});
  fixture.settle();
  EXPECT_THAT(seen.watermarks, ElementsAre(3'000, 5'000));
  push(0, Watermark{5'000'000, true});
  fixture.settle();
  EXPECT_THAT(seen.watermarks, ElementsAre(3'000, 5'000, 9'000));
}

TEST(ExchangeEdges, OfWatermarksThatWaitOnlyTheLastIsKept) {
  base::Wakeup wakeup;
  flow::ExchangeEdge edge(wakeup, wakeup);
  for (std::size_t i = 0; i < flow::ExchangeEdge::kItemsMax; ++i) edge.push(flow::Barrier{});
  for (std::int64_t us = 1; us <= 1000; ++us) edge.push(Watermark{us, false});
  flow::Item item;
  for (std::size_t i = 0; i < flow::ExchangeEdge::kItemsMax; ++i) ASSERT_TRUE(edge.pop(item));
  edge.clear();
  ASSERT_TRUE(edge.pop(item));
  EXPECT_EQ(std::get<Watermark>(item).us, 1000);
  EXPECT_FALSE(edge.pop(item));
}

// Emits one row for every watermark.
class RowPerWatermark final : public flow::Operator {
 public:
  Status open(const flow::OperatorContext&) override { return {}; }
  Status process(record::RecordBatch& batch, flow::Collector& out) override {
    out.emit(std::move(batch));
    return {};
  }
  Status on_watermark(const Watermark& watermark, flow::Collector& out) override {
    if (watermark.us == 13) return Status(Code::internal, "no");
    out.emit(batch_of({"w" + std::to_string(watermark.us)}));
    return {};
  }
};

struct ChainTimes : ::testing::Test {
  void SetUp() override {
    std::vector<flow::ChainNode> nodes(4);
    for (std::size_t i = 0; i < 3; ++i) nodes[i].stats = &stats[i];
    nodes[0].op = keep_all();
    nodes[0].next = {2};
    nodes[1].op = keep_all();
    nodes[1].next = {2};
    nodes[2].op = std::make_unique<RowPerWatermark>();
    nodes[2].next = {3};
    nodes[3].writer = std::make_unique<FakeWriter>(broker, control, 0, flow::SinkBinding(), ledger);
    chain = std::make_unique<flow::Chain>(std::move(nodes));
    a = chain->add_input(0);
    b = chain->add_input(1);
    EXPECT_TRUE(chain->open(SliceId(0), 1).ok());
  }
  std::vector<std::string> written() {
    chain->serve(Instant());
    std::vector<std::string> rows;
    for (const OutputRow& row : broker.all_outputs(0))
      rows.push_back(std::to_string(row.epoch.value()) + ":" + row.value.value_or(""));
    return rows;
  }

  FakeBroker broker;
  FakeSinkControl control;
  flow::Ledger ledger{[](EpochId) {}};
  std::array<flow::StepStats, 3> stats{flow::StepStats{"p", "a"}, flow::StepStats{"p", "b"},
                                       flow::StepStats{"p", "c"}};
  std::unique_ptr<flow::Chain> chain;
  std::size_t a = 0;
  std::size_t b = 0;
};

TEST_F(ChainTimes, WhereFlowsMeetTheLowestCountsAndOperatorsMayEmit) {
  ASSERT_TRUE(chain->advance(0, a, {5, false}, EpochId(1)).ok());
  EXPECT_THAT(written(), IsEmpty());
  ASSERT_TRUE(chain->advance(1, b, {3, false}, EpochId(1)).ok());
  ASSERT_TRUE(chain->advance(1, b, {4, false}, EpochId(2)).ok());
  ASSERT_TRUE(chain->advance(1, b, {9, false}, EpochId(2)).ok());
  ASSERT_TRUE(chain->advance(0, a, {5, true}, EpochId(2)).ok());
  EXPECT_THAT(written(), ElementsAre("1:w3", "2:w4", "2:w5", "2:w9"));
  EXPECT_EQ(stats[0].watermark_us.load(), 5);
  EXPECT_TRUE(stats[0].watermark_idle.load());
  EXPECT_EQ(stats[2].watermark_us.load(), 9);
}

TEST_F(ChainTimes, AnOperatorThatFailsStopsTheChain) {
  ASSERT_TRUE(chain->advance(0, a, {20, false}, EpochId(1)).ok());
  EXPECT_FALSE(chain->advance(1, b, {13, false}, EpochId(1)).ok());
}

}  // namespace
}  // namespace leat::test
