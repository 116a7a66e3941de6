#include "flow/chain.h"

#include <gmock/gmock.h>

#include "flow/stats.h"
#include "unit/flow/task_fixture.h"

namespace leat::test {
namespace {

using flow::Chain;
using flow::ChainNode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct ChainTest : ::testing::Test {
  std::size_t add(std::unique_ptr<flow::Operator> op, std::vector<std::size_t> next) {
    ChainNode node;
    node.op = std::move(op);
    node.stats = &stats;
    node.next = std::move(next);
    nodes.push_back(std::move(node));
    return nodes.size() - 1;
  }
  void add_writer(std::uint32_t sink) {
    ChainNode node;
    node.writer = std::make_unique<FakeWriter>(broker, control, sink, flow::SinkBinding(), ledger);
    nodes.push_back(std::move(node));
  }
  Chain& chain() {
    if (!made) {
      made = std::make_unique<Chain>(std::move(nodes));
      EXPECT_TRUE(made->open(SliceId(0), 1).ok());
    }
    return *made;
  }
  std::vector<std::string> written(std::uint32_t sink) {
    chain().serve(Instant());
    std::vector<std::string> values;
    for (const OutputRow& row : broker.all_outputs(sink))
      values.push_back(row.value.value_or("(null)"));
    return values;
  }

  FakeBroker broker;
  FakeSinkControl control;
  flow::Ledger ledger{[](EpochId) {}};
  flow::StepStats stats{"p", "s"};
  std::vector<ChainNode> nodes;
  std::unique_ptr<Chain> made;
};

TEST_F(ChainTest, ABatchPassesOperatorsInTheirOrder) {
  add(std::make_unique<AppendText>("1"), {1});
  add(std::make_unique<AppendText>("2"), {2});
  add_writer(0);
  ASSERT_TRUE(chain().push(0, batch_of({"a", "b"}), EpochId(1)).ok());
  EXPECT_THAT(written(0), ElementsAre("a12", "b12"));
}

TEST_F(ChainTest, EveryReaderOfAFanOutSeesTheRowsAsTheyWere) {
  add(keep_all(), {1, 2, 3});
  add(std::make_unique<KeepRows>([](const record::Row& row) { return row.value == "a"; }), {4});
  add(std::make_unique<AppendText>("!"), {5});
  add_writer(2);
  add_writer(0);
  add_writer(1);
  ASSERT_TRUE(chain().push(0, batch_of({"a", "b"}), EpochId(1)).ok());
  EXPECT_THAT(written(0), ElementsAre("a"));
  EXPECT_THAT(written(1), ElementsAre("a!", "b!"));
  EXPECT_THAT(written(2), ElementsAre("a", "b"));
}

TEST_F(ChainTest, TheSideOutputHasReadersOfItsOwn) {
  const std::size_t split = add(
      std::make_unique<SplitRows>([](const record::Row& row) { return row.value == "late"; }), {1});
  add(std::make_unique<AppendText>("!"), {2});
  add_writer(0);
  add_writer(1);
  nodes[split].side = {3};
  ASSERT_TRUE(chain().push(0, batch_of({"a", "late", "b"}), EpochId(1)).ok());
  EXPECT_THAT(written(0), ElementsAre("a!", "b!"));
  EXPECT_THAT(written(1), ElementsAre("late"));
}

TEST_F(ChainTest, ASideOutputThatNobodyReadsIsDropped) {
  add(std::make_unique<SplitRows>([](const record::Row& row) { return row.value == "late"; }), {1});
  add_writer(0);
  ASSERT_TRUE(chain().push(0, batch_of({"late", "b"}), EpochId(1)).ok());
  EXPECT_THAT(written(0), ElementsAre("b"));
}

TEST_F(ChainTest, WatermarksReachReadersOfTheSideOutputToo) {
  const std::size_t split =
      add(std::make_unique<SplitRows>([](const record::Row&) { return false; }), {1});
  add(keep_all(), {});
  flow::StepStats behind("p", "behind");
  const std::size_t reader = add(keep_all(), {});
  nodes[split].side = {reader};
  nodes[reader].stats = &behind;
  const std::size_t input = chain().add_input(0);
  ASSERT_TRUE(chain().advance(0, input, {5, false}, EpochId(1)).ok());
  EXPECT_EQ(behind.watermark_us.load(), 5);
}

TEST_F(ChainTest, TimersFireWhenTheWallClockHasComeSoFar) {
  add(keep_all(), {1});
  add(std::make_unique<Ticker>(100), {2});
  add_writer(0);
  EXPECT_EQ(chain().next_timer(), WallTime{100});
  ASSERT_TRUE(chain().fire_timers(WallTime{99}, EpochId(1)).ok());
  EXPECT_THAT(written(0), IsEmpty());
  ASSERT_TRUE(chain().fire_timers(WallTime{250}, EpochId(1)).ok());
  EXPECT_THAT(written(0), ElementsAre("tick 1"));
  EXPECT_EQ(chain().next_timer(), WallTime{300});
}

TEST_F(ChainTest, AChainWithoutTimersNeverAsksForOne) {
  add(keep_all(), {1});
  add_writer(0);
  EXPECT_EQ(chain().next_timer(), flow::Operator::kNoTimer);
}

TEST_F(ChainTest, NothingComesAfterABatchThatWasFilteredEmpty) {
  add(std::make_unique<KeepRows>([](const record::Row&) { return false; }), {1});
  add(std::make_unique<FailAt>(""), {2});
  add_writer(0);
  ASSERT_TRUE(chain().push(0, batch_of({"a"}), EpochId(1)).ok());
  EXPECT_THAT(written(0), IsEmpty());
  EXPECT_EQ(stats.dropped(flow::DropReason::filter).value(), 1U);
}

TEST_F(ChainTest, AnErrorBelowComesBackToThePusherWithTheStep) {
  add(keep_all(), {1});
  add(std::make_unique<FailAt>("bad"), {2});
  add_writer(0);
  const Status status = chain().push(0, batch_of({"bad"}), EpochId(1));
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.to_string(), ::testing::HasSubstr("step=s"));
}

TEST_F(ChainTest, AnErrorOfAWriterComesBackThroughTheOperators) {
  add(keep_all(), {1});
  add_writer(0);
  control.write_answer = Status(Code::unavailable, "the sink is gone");
  EXPECT_EQ(chain().push(0, batch_of({"a"}), EpochId(1)).code(), Code::unavailable);
}

TEST_F(ChainTest, WhatAnOperatorFlushesAtTheEndBelongsToTheEpochThatEnds) {
  add(std::make_unique<CountPerEpoch>(), {1});
  add_writer(0);
  ASSERT_TRUE(chain().push(0, batch_of({"a", "b", "c"}), EpochId(4)).ok());
  ASSERT_TRUE(chain().end_epoch(EpochId(4)).ok());
  EXPECT_THAT(written(0), ElementsAre("3"));
  EXPECT_EQ(broker.outputs()[0].epoch, EpochId(4));
  EXPECT_THAT(control.epochs_ended, ElementsAre(EpochId(4)));
}

TEST_F(ChainTest, OneWriterThatIsNotReadyStopsTheChain) {
  add(keep_all(), {1});
  add_writer(0);
  EXPECT_TRUE(chain().ready());
  control.ready = false;
  EXPECT_EQ(chain().blocked(), flow::Blocked::sink);
}

TEST_F(ChainTest, AFullEdgeStopsTheChainUntilTheOtherSideTook) {
  base::Wakeup wakeup;
  flow::ExchangeEdge edge(wakeup, wakeup, 1);
  add(std::make_unique<KeyToColumn>(), {1});
  ChainNode end;
  end.sender = std::make_unique<flow::ExchangeSender>(std::vector<std::size_t>{kKeyColumn},
                                                      std::vector{&edge});
  nodes.push_back(std::move(end));
  EXPECT_TRUE(chain().ready());
  ASSERT_TRUE(chain().push(0, batch_of({"abc"}), EpochId(1)).ok());
  EXPECT_EQ(chain().blocked(), flow::Blocked::exchange);
  flow::Item item;
  ASSERT_TRUE(edge.pop(item));
  EXPECT_TRUE(chain().ready());
}

struct TapTest : ChainTest {
  void SetUp() override {
    add(std::make_unique<AppendText>("!"), {1});
    nodes[0].tap = &tap;
    nodes[0].tap_encoder = std::make_unique<RawEncoder>();
    add_writer(0);
  }
  std::vector<std::string> seen() {
    std::vector<std::string> values;
    for (flow::TapRow row; tap.take(row);) values.push_back(row.value);
    return values;
  }
  flow::TapPoint tap;
};

TEST_F(TapTest, ShowsWhatLeavesTheOperatorWhileSomebodyLooks) {
  ASSERT_TRUE(chain().push(0, batch_of({"before"}), EpochId(1)).ok());
  tap.want(true);
  ASSERT_TRUE(chain().push(0, batch_of({"a", "b"}), EpochId(1)).ok());
  tap.want(false);
  ASSERT_TRUE(chain().push(0, batch_of({"after"}), EpochId(1)).ok());
  EXPECT_THAT(seen(), ElementsAre("a!", "b!"));
  EXPECT_THAT(written(0), ElementsAre("before!", "a!", "b!", "after!"));
}

TEST_F(TapTest, ASlowReaderLosesRowsAndTheyAreCounted) {
  tap.want(true);
  const std::size_t rows = flow::TapPoint::kRowsMax + 300;
  for (std::size_t sent = 0; sent < rows; sent += 100)
    ASSERT_TRUE(
        chain()
            .push(0, batch_of(numbered("r", std::min<std::size_t>(100, rows - sent))), EpochId(1))
            .ok());
  EXPECT_EQ(seen().size(), flow::TapPoint::kRowsMax);
  EXPECT_EQ(tap.dropped(), 300U);
  EXPECT_EQ(written(0).size(), rows);
  ASSERT_TRUE(chain().push(0, batch_of({"again"}), EpochId(1)).ok());
  EXPECT_THAT(seen(), ElementsAre("again!"));
}

TEST_F(TapTest, TombstonesAndIdentityAreShown) {
  tap.want(true);
  const record::Origin origin{"orders", PartitionId(3), 0};
  record::RecordBatch batch = batch_of({"x"});
  batch.rows()[0].origin = &origin;
  batch.rows()[0].offset = 42;
  batch.rows()[0].timestamp_ms = 99;
  batch.rows()[0].flags = record::Row::kNullValue | record::Row::kNullKey;
  ASSERT_TRUE(chain().push(0, std::move(batch), EpochId(1)).ok());
  flow::TapRow row;
  ASSERT_TRUE(tap.take(row));
  EXPECT_EQ(row.value, "null");
  EXPECT_TRUE(row.key_null);
  EXPECT_EQ(row.topic, "orders");
  EXPECT_EQ(row.partition, 3);
  EXPECT_EQ(row.offset, 42);
  EXPECT_EQ(row.timestamp_ms, 99);
}

TEST(StepStats, AFailedRowIsCountedUnderItsReason) {
  flow::StepStats stats("p", "s");
  static constexpr record::RowError kError{"BAD", "bad"};
  for (int i = 0; i < 5; ++i) stats.row_skipped(flow::DropReason::decode, kError, record::Row());
  EXPECT_EQ(stats.dropped(flow::DropReason::decode).value(), 5U);
  EXPECT_EQ(stats.dropped(flow::DropReason::skip).value(), 0U);
}

}  // namespace
}  // namespace leat::test
