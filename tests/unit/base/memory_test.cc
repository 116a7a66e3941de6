#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/arena.h"
#include "base/mailbox.h"
#include "base/ref.h"
#include "base/spsc_ring.h"

namespace leat::base {
namespace {

TEST(Arena, PiecesAreAlignedDistinctAndKept) {
  Arena arena;
  std::vector<std::pair<char*, std::size_t>> pieces;
  for (std::size_t i = 0; i < 2000; ++i) {
    const std::size_t alignment = std::size_t{1} << (i % 7);
    const std::size_t bytes = i % 97 + 1;
    char* piece = arena.allocate(bytes, alignment);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(piece) % alignment, 0u);
    std::memset(piece, static_cast<int>(i % 251), bytes);
    pieces.emplace_back(piece, bytes);
  }
  for (std::size_t i = 0; i < pieces.size(); ++i)
    for (std::size_t j = 0; j < pieces[i].second; ++j)
      ASSERT_EQ(static_cast<unsigned char>(pieces[i].first[j]), i % 251);
}

TEST(Arena, TakesPiecesLargerThanABlock) {
  Arena arena;
  char* big = arena.allocate(10 * Arena::kBlockBytes, 64);
  std::memset(big, 1, 10 * Arena::kBlockBytes);
  EXPECT_GE(arena.bytes(), 10 * Arena::kBlockBytes);
}

TEST(Arena, CopiesAndArrays) {
  Arena arena;
  std::string text = "hello";
  const std::string_view copy = arena.copy(text);
  text = "xxxxx";
  EXPECT_EQ(copy, "hello");
  EXPECT_EQ(arena.copy("").size(), 0u);
  const std::span<std::uint64_t> numbers = arena.array<std::uint64_t>(100);
  EXPECT_EQ(numbers.size(), 100u);
  for (const std::uint64_t number : numbers) EXPECT_EQ(number, 0u);
}

TEST(Arena, GivesTheTailOfTheLastPieceBack) {
  Arena arena;
  char* first = arena.allocate(1000, 1);
  arena.shrink_last(first, 10);
  EXPECT_EQ(arena.allocate(1, 1), first + 10);
}

TEST(Arena, ClearingKeepsTheFirstBlockOnly) {
  Arena arena;
  char* first = arena.allocate(8);
  const std::size_t one_block = arena.bytes();
  for (int i = 0; i < 100; ++i) arena.allocate(4096);
  EXPECT_GT(arena.bytes(), one_block);
  arena.clear();
  EXPECT_EQ(arena.bytes(), one_block);
  EXPECT_EQ(arena.allocate(8), first);
  Arena fresh;
  fresh.clear();
  EXPECT_EQ(fresh.bytes(), 0u);
}

TEST(SpscRing, IsBoundedAndKeepsOrder) {
  SpscRing<int> ring(3);
  EXPECT_TRUE(ring.empty());
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.try_push(i)) << "3 is rounded up to 4";
  int kept = 99;
  EXPECT_FALSE(ring.try_push(kept));
  EXPECT_EQ(kept, 99);
  int out = 0;
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(ring.try_pop(out));
    EXPECT_EQ(out, i);
  }
  EXPECT_FALSE(ring.try_pop(out));
  EXPECT_TRUE(ring.empty());
}

TEST(SpscRing, LetsGoOfWhatWasPopped) {
  SpscRing<std::shared_ptr<int>> ring(2);
  auto item = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = item;
  ASSERT_TRUE(ring.try_push(item));
  std::shared_ptr<int> out;
  ASSERT_TRUE(ring.try_pop(out));
  out.reset();
  EXPECT_TRUE(watch.expired());
}

TEST(SpscRing, TwoThreadsLoseAndReorderNothing) {
  constexpr std::uint64_t kItems = 200'000;
  SpscRing<std::uint64_t> ring(64);
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < kItems;) {
      std::uint64_t item = i;
      if (ring.try_push(item))
        ++i;
      else
        std::this_thread::yield();
    }
  });
  std::uint64_t wrong = 0;
  for (std::uint64_t expected = 0; expected < kItems;) {
    std::uint64_t item = 0;
    if (!ring.try_pop(item)) {
      std::this_thread::yield();
      continue;
    }
    wrong += item != expected;
    ++expected;
  }
  producer.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_TRUE(ring.empty());
}

TEST(Mailbox, GivesEverythingAtOnceInOrder) {
  Wakeup wakeup;
  Mailbox<int> mailbox(wakeup);
  EXPECT_FALSE(mailbox.pending());
  EXPECT_TRUE(mailbox.take().empty());
  EXPECT_TRUE(mailbox.push(1));
  EXPECT_TRUE(mailbox.push(2));
  EXPECT_TRUE(mailbox.pending());
  EXPECT_EQ(mailbox.take(), (std::vector<int>{1, 2}));
  EXPECT_FALSE(mailbox.pending());
}

TEST(Mailbox, IsBounded) {
  Wakeup wakeup;
  Mailbox<int> mailbox(wakeup);
  for (std::size_t i = 0; i < Mailbox<int>::kItemsMax; ++i) ASSERT_TRUE(mailbox.push(0));
  EXPECT_FALSE(mailbox.push(0));
  EXPECT_EQ(mailbox.take().size(), Mailbox<int>::kItemsMax);
  EXPECT_TRUE(mailbox.push(0));
}

struct Watched final : RefCounted {
  explicit Watched(int& released) : released_(released) {}
  ~Watched() override { ++released_; }
  int& released_;
};

TEST(Ref, TheLastHolderReleases) {
  int released = 0;
  Ref<Watched> first(new Watched(released));
  Ref<Watched> second = first;
  Ref<RefCounted> base = second;
  first = Ref<Watched>();
  second = Ref<Watched>();
  EXPECT_EQ(released, 0);
  const Ref<RefCounted> moved = std::move(base);
  EXPECT_FALSE(static_cast<bool>(base));
  EXPECT_EQ(released, 0);
  { const Ref<RefCounted> last = std::move(const_cast<Ref<RefCounted>&>(moved)); }
  EXPECT_EQ(released, 1);
}

}  // namespace
}  // namespace leat::base
