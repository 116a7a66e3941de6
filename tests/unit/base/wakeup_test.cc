#include "base/wakeup.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <thread>

namespace leat::base {
namespace {

using namespace std::chrono_literals;

TEST(Wakeup, WithoutASleeperNothingIsWritten) {
  Wakeup wakeup;
  wakeup.wake();
  EXPECT_FALSE(wakeup.drain());
}

TEST(Wakeup, AWakeAfterTheAnnouncementEndsTheSleepAtOnce) {
  Wakeup wakeup;
  wakeup.announce();
  wakeup.wake();
  wakeup.sleep(-1ns);  // without limit: it returns because it was woken
  EXPECT_FALSE(wakeup.drain());
}

TEST(Wakeup, ASleepEndsByItself) {
  Wakeup wakeup;
  wakeup.announce();
  wakeup.sleep(1us);
  wakeup.wake();
  EXPECT_FALSE(wakeup.drain()) << "awake again: nothing is written";
}

TEST(Wakeup, CancelTakesTheAnnouncementBack) {
  Wakeup wakeup;
  wakeup.announce();
  wakeup.cancel();
  wakeup.wake();
  EXPECT_FALSE(wakeup.drain());
}

TEST(Wakeup, OthersWakeByWritingToTheDescriptor) {
  Wakeup wakeup;
  const std::uint64_t one = 1;
  ASSERT_EQ(::write(wakeup.fd(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
  wakeup.announce();
  wakeup.sleep(-1ns);
  EXPECT_FALSE(wakeup.drain());
  ASSERT_EQ(::write(wakeup.fd(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
  EXPECT_TRUE(wakeup.drain());
}

TEST(Wakeup, NoWakeIsLostBetweenTwoThreads) {
  constexpr int kRounds = 20'000;
  Wakeup wakeup;
  std::atomic<int> made{0};
  std::thread other([&] {
    for (int i = 0; i < kRounds; ++i) {
      made.fetch_add(1, std::memory_order_release);
      wakeup.wake();
    }
  });
  int seen = 0;
  while (seen < kRounds) {
    seen = made.load(std::memory_order_acquire);
    if (seen >= kRounds) break;
    wakeup.announce();
    if (made.load(std::memory_order_acquire) != seen)
      wakeup.cancel();
    else
      wakeup.sleep(-1ns);  // hangs for good when a wake is lost
  }
  other.join();
  EXPECT_EQ(seen, kRounds);
}

}  // namespace
}  // namespace leat::base
