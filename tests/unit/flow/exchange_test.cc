#include "flow/exchange.h"

#include <map>
#include <thread>

#include <gmock/gmock.h>

#include "record/key_hash.h"
#include "unit/flow/task_fixture.h"

namespace leat::test {
namespace {

using flow::Barrier;
using flow::ExchangeEdge;
using flow::ExchangeSender;
using flow::Item;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string text_of(const Item& item) {
  if (const auto* barrier = std::get_if<Barrier>(&item))
    return "barrier " + std::to_string(barrier->epoch.value());
  std::string text;
  for (const std::string& value : values_in(std::get<record::RecordBatch>(item))) text += value;
  return text;
}

struct ExchangeEdgeTest : ::testing::Test {
  base::Wakeup up;
  base::Wakeup down;

  std::vector<std::string> pop_all(ExchangeEdge& edge) {
    std::vector<std::string> items;
    for (Item item; edge.pop(item);) items.push_back(text_of(item));
    return items;
  }
  std::string pop_one(ExchangeEdge& edge) {
    Item item;
    return edge.pop(item) ? text_of(item) : "(none)";
  }
};

TEST_F(ExchangeEdgeTest, KeepsTheOrderOfBatchesAndBarriers) {
  ExchangeEdge edge(up, down);
  edge.push(batch_of({"a"}));
  edge.push(Barrier{EpochId(1)});
  edge.push(batch_of({"b", "c"}));
  EXPECT_THAT(pop_all(edge), ElementsAre("a", "barrier 1", "bc"));
}

TEST_F(ExchangeEdgeTest, AnEmptyEdgeAdmitsOneItemHoweverBig) {
  ExchangeEdge edge(up, down, 8);
  edge.push(batch_of({std::string(1000, 'x')}));
  EXPECT_FALSE(edge.empty());
  EXPECT_FALSE(edge.clear());
  edge.push(batch_of({"y"}));
  pop_one(edge);
  EXPECT_TRUE(edge.empty()) << "the second item waits upstream";
  EXPECT_TRUE(edge.clear());
  EXPECT_THAT(pop_all(edge), ElementsAre("y"));
}

TEST_F(ExchangeEdgeTest, WhatDoesNotFitWaitsInOrderAndTheBarrierBehindIt) {
  ExchangeEdge edge(up, down, 8);
  edge.push(batch_of({"aaa"}));  // 6 bytes with its key
  edge.push(batch_of({"bbb"}));
  edge.push(Barrier{EpochId(1)});
  edge.push(batch_of({"c"}));
  EXPECT_FALSE(edge.clear());
  EXPECT_THAT(pop_all(edge), ElementsAre("aaa"));
  EXPECT_FALSE(edge.clear())
      << "8 bytes and the barrier, which needs no credit, went in: full again";
  EXPECT_THAT(pop_all(edge), ElementsAre("bbb", "barrier 1", "c"));
}

TEST_F(ExchangeEdgeTest, AFullEdgeOpensAgainAtHalfAndTheUpstreamIsWokenOnlyThere) {
  ExchangeEdge edge(up, down, 40);
  for (int i = 0; i < 4; ++i) edge.push(batch_of({"12345"}));  // 10 bytes each
  EXPECT_FALSE(edge.clear()) << "the credit is used up";
  EXPECT_EQ(edge.pauses(), 1U);
  up.announce();
  pop_one(edge);
  EXPECT_FALSE(up.drain()) << "30 of 40 bytes: above the low mark";
  EXPECT_FALSE(edge.clear());
  pop_one(edge);
  EXPECT_TRUE(up.drain()) << "20 of 40 bytes: the low mark";
  EXPECT_TRUE(edge.clear());
  EXPECT_EQ(edge.pauses(), 1U) << "one pause however often it was asked";
}

TEST_F(ExchangeEdgeTest, NobodyIsWokenWhoDidNotSayThatHeWaits) {
  ExchangeEdge edge(up, down, 40);
  edge.push(batch_of({"12345"}));
  EXPECT_FALSE(down.drain()) << "the downstream does not sleep";
  EXPECT_TRUE(edge.clear());
  up.announce();
  pop_one(edge);
  EXPECT_FALSE(up.drain()) << "the upstream does not wait";
}

TEST_F(ExchangeEdgeTest, TheNumberOfItemsIsBoundedToo) {
  ExchangeEdge edge(up, down);
  for (std::size_t i = 0; i < ExchangeEdge::kItemsMax + 10; ++i) edge.push(Barrier{EpochId(i + 1)});
  EXPECT_FALSE(edge.clear());
  EXPECT_EQ(pop_all(edge).size(), ExchangeEdge::kItemsMax);
  EXPECT_TRUE(edge.clear());
  EXPECT_EQ(pop_all(edge).size(), 10U);
}

TEST_F(ExchangeEdgeTest, TwoThreadsLoseNothingAndSleepersAreWoken) {
  constexpr int kBatches = 20'000;
  ExchangeEdge edge(up, down, 64);
  std::thread upstream([&] {
    for (int i = 0; i < kBatches; ++i) {
      edge.push(batch_of({std::to_string(i)}));
      while (!edge.clear()) {
        up.announce();
        if (edge.clear()) {
          up.cancel();
          break;
        }
        up.sleep(-1ns);
      }
    }
    edge.push(Barrier{EpochId(1)});
    while (!edge.clear()) std::this_thread::yield();
  });
  int next = 0;
  bool in_order = true;
  for (bool ended = false; !ended;) {
    Item item;
    if (!edge.pop(item)) {
      down.announce();
      if (!edge.empty()) {
        down.cancel();
      } else {
        down.sleep(-1ns);
      }
      continue;
    }
    ended = std::holds_alternative<Barrier>(item);
    if (!ended) in_order = text_of(item) == std::to_string(next++) && in_order;
  }
  upstream.join();
  EXPECT_TRUE(in_order);
  EXPECT_EQ(next, kBatches);
  EXPECT_EQ(edge.bytes_in_ring(), 0U);
}

struct ExchangeSenderTest : ExchangeEdgeTest {
  void with_edges(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      edges.push_back(std::make_unique<ExchangeEdge>(up, down));
      ends.push_back(edges.back().get());
    }
    sender = std::make_unique<ExchangeSender>(std::vector<std::size_t>{kKeyColumn}, ends);
  }
  static record::RecordBatch keyed(const std::vector<std::string>& values) {
    record::RecordBatch batch = batch_of(values);
    const record::Column keys = batch.make_column(kKeyColumn);
    for (std::size_t i = 0; i < batch.size(); ++i)
      keys[i] = record::Value::string(batch.rows()[i].value);
    return batch;
  }
  std::vector<std::unique_ptr<ExchangeEdge>> edges;
  std::vector<ExchangeEdge*> ends;
  std::unique_ptr<ExchangeSender> sender;
};

TEST_F(ExchangeSenderTest, ARowGoesToTheSliceThatOwnsItsKeyAndRowsKeepTheirOrder) {
  with_edges(4);
  const std::vector<std::string> values = numbered("k", 200);
  record::RecordBatch batch = keyed(values);
  sender->send(batch);
  std::size_t arrived = 0;
  for (std::uint32_t slice = 0; slice < 4; ++slice) {
    Item item;
    ASSERT_TRUE(edges[slice]->pop(item));
    const auto& part = std::get<record::RecordBatch>(item);
    std::int64_t last = -1;
    for (std::size_t i = 0; i < part.size(); ++i) {
      const std::string value(part.rows()[i].value);
      const std::uint64_t hash = record::mix_key(0, record::Value::string(value));
      EXPECT_EQ(record::slice_of_group(record::key_group(hash), 4), SliceId(slice));
      EXPECT_EQ(part.column(kKeyColumn)[i].as_text(), value) << "columns travel with their rows";
      const std::int64_t number = std::stoll(value.substr(1));
      EXPECT_GT(number, last);
      last = number;
    }
    arrived += part.size();
  }
  EXPECT_EQ(arrived, values.size());
}

TEST_F(ExchangeSenderTest, TheSameKeyMeetsItselfWhateverBatchItComesIn) {
  with_edges(4);
  for (int i = 0; i < 10; ++i) {
    record::RecordBatch batch = keyed({"same", "other" + std::to_string(i)});
    sender->send(batch);
  }
  std::map<std::uint32_t, int> seen;
  for (std::uint32_t slice = 0; slice < 4; ++slice)
    for (Item item; edges[slice]->pop(item);)
      for (const std::string& value : values_in(std::get<record::RecordBatch>(item)))
        if (value == "same") ++seen[slice];
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen.begin()->second, 10);
}

TEST_F(ExchangeSenderTest, ABatchThatGoesWholeToAnotherThreadGetsMemoryOfItsOwnWithoutACopy) {
  with_edges(1);
  record::RecordBatch batch = keyed({"a", "b"});
  const record::BatchMemory* before = batch.memory().get();
  const char* bytes = batch.rows()[0].value.data();
  sender->send(batch);
  Item item;
  ASSERT_TRUE(edges[0]->pop(item));
  const auto& arrived = std::get<record::RecordBatch>(item);
  EXPECT_NE(arrived.memory().get(), before);
  EXPECT_EQ(arrived.rows()[0].value.data(), bytes);
  EXPECT_THAT(values_in(arrived), ElementsAre("a", "b"));
}

TEST_F(ExchangeSenderTest, ABarrierGoesToEveryEdgeBehindWhatWasSent) {
  with_edges(3);
  record::RecordBatch batch = keyed(numbered("k", 100));
  sender->send(batch);
  sender->send(Barrier{EpochId(5)});
  for (const auto& edge : edges) {
    const std::vector<std::string> items = pop_all(*edge);
    ASSERT_THAT(items, ::testing::SizeIs(2));
    EXPECT_EQ(items[1], "barrier 5");
  }
}

TEST_F(ExchangeSenderTest, OneFullEdgeStopsTheSenderAndTheOthersStillGetWhatIsTheirs) {
  with_edges(2);
  ends[0] = new ExchangeEdge(up, down, 1);
  edges[0].reset(ends[0]);
  sender = std::make_unique<ExchangeSender>(std::vector<std::size_t>{kKeyColumn}, ends);
  record::RecordBatch batch = keyed(numbered("k", 100));
  sender->send(batch);
  EXPECT_FALSE(sender->clear());
  EXPECT_FALSE(edges[1]->empty());
  pop_all(*edges[0]);
  EXPECT_TRUE(sender->clear());
}

}  // namespace
}  // namespace leat::test
