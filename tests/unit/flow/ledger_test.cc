#include "flow/ledger.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>

namespace leat::flow {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct LedgerTest : ::testing::Test {
  std::vector<std::uint64_t> notified;
  Ledger ledger{[this](EpochId epoch) { notified.push_back(epoch.value()); }};
};

TEST_F(LedgerTest, WatchingAnEmptyEpochNotifiesAtOnce) {
  ledger.watch(EpochId(1));
  EXPECT_THAT(notified, ElementsAre(1));
}

TEST_F(LedgerTest, TheLastAcknowledgementOfAWatchedEpochNotifiesOnce) {
  ledger.add(EpochId(1), 3);
  ledger.watch(EpochId(1));
  ledger.done(EpochId(1), 2);
  EXPECT_THAT(notified, IsEmpty());
  ledger.done(EpochId(1), 1);
  EXPECT_THAT(notified, ElementsAre(1));
}

TEST_F(LedgerTest, AnEpochThatIsOpenMayRunEmptyWithoutANotice) {
  ledger.add(EpochId(1), 1);
  ledger.done(EpochId(1), 1);
  EXPECT_THAT(notified, IsEmpty());
  ledger.add(EpochId(1), 1);
  ledger.watch(EpochId(1));
  EXPECT_THAT(notified, IsEmpty());
}

TEST_F(LedgerTest, RecordsOfTheNextEpochDoNotKeepTheWatchedOneOpen) {
  ledger.add(EpochId(1), 1);
  ledger.add(EpochId(2), 5);
  ledger.watch(EpochId(1));
  ledger.done(EpochId(1), 1);
  EXPECT_THAT(notified, ElementsAre(1));
  EXPECT_EQ(ledger.in_flight(EpochId(2)), 5U);
}

TEST_F(LedgerTest, ARecordThatCannotBeDeliveredKeepsItsEpochOpen) {
  ledger.add(EpochId(1), 2);
  ledger.watch(EpochId(1));
  ledger.done(EpochId(1), 1);
  ledger.fail(1);
  EXPECT_THAT(notified, IsEmpty());
  EXPECT_EQ(ledger.failed(), 1U);
}

TEST_F(LedgerTest, ASlotIsUsedAgainByALaterEpoch) {
  for (std::uint64_t e = 1; e <= 3 * Ledger::kEpochs; ++e) {
    ledger.add(EpochId(e), e);
    ledger.watch(EpochId(e));
    ledger.done(EpochId(e), e);
    ASSERT_EQ(notified.size(), e);
    ASSERT_EQ(notified.back(), e);
  }
}

// The last done() and watch() may meet: one of them notifies, never both, never none.
TEST(LedgerRace, WatchAndTheLastAcknowledgementNotifyExactlyOnce) {
  constexpr std::uint64_t kRounds = 20'000;
  std::atomic<std::uint64_t> notices{0};
  std::atomic<std::uint64_t> round{0};
  std::atomic<std::uint64_t> acknowledged{0};
  Ledger ledger([&](EpochId) { notices.fetch_add(1); });
  std::thread acknowledging([&] {
    for (std::uint64_t e = 1; e <= kRounds; ++e) {
      while (round.load(std::memory_order_acquire) < e) std::this_thread::yield();
      ledger.done(EpochId(e), 1);
      acknowledged.store(e, std::memory_order_release);
    }
  });
  std::uint64_t wrong = 0;
  for (std::uint64_t e = 1; e <= kRounds; ++e) {
    ledger.add(EpochId(e), 1);
    round.store(e, std::memory_order_release);
    ledger.watch(EpochId(e));
    while (acknowledged.load(std::memory_order_acquire) < e) std::this_thread::yield();
    if (notices.load() != e) ++wrong;
  }
  acknowledging.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(notices.load(), kRounds);
}

}  // namespace
}  // namespace leat::flow
