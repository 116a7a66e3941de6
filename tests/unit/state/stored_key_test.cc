// What remains of many changes: the last of each key, in the order in which a backing keeps them.
#include "state/stored_key.h"

#include <gmock/gmock.h>

#include <deque>
#include <map>
#include <optional>
#include <random>

namespace leat::state {
namespace {

std::string stored(StoreId store, std::uint32_t group, std::string_view key) {
  std::string out;
  append_stored_key(store, group, key, out);
  return out;
}

// Deltas of several epochs, and what a map says remains of them.
class Epochs {
 public:
  void add(const Delta& delta) {
    std::string& bytes = bytes_.emplace_back();
    for (const std::string& chunk : delta.chunks()) bytes += chunk;
    changes_.push_back({delta.store(), bytes});
  }
  // As the store hands them over: oldest first.
  std::span<const StoreChanges> changes() const { return changes_; }

 private:
  std::deque<std::string> bytes_;
  std::vector<StoreChanges> changes_;
};

using Left = std::vector<std::pair<std::string, std::optional<std::string>>>;  // none = erased

Left left_of(const Epochs& epochs) {
  LastChanges last;
  EXPECT_TRUE(last.take(epochs.changes()).ok());
  Left left;
  last.give_keys([&](const LastChange& change) {
    left.emplace_back(stored(change.store, change.group, change.key),
                      change.erased ? std::nullopt : std::optional(std::string(change.value)));
    return true;
  });
  return left;
}

TEST(LastChangesTest, TheLastChangeOfEachKeyRemainsInTheOrderOfTheKeys) {
  Epochs epochs;
  Delta first(StoreId(1)), other(StoreId(7)), second(StoreId(1));
  first.put(2, "b", "old");
  first.put(1, "z", "kept");
  first.put(2, "a", "to be erased");
  other.put(0, "a", "of another store");
  second.erase(2, "a");
  second.put(2, "b", "new");
  second.put(2, "", "of the empty key");
  epochs.add(first);
  epochs.add(other);
  epochs.add(second);
  EXPECT_THAT(
      left_of(epochs),
      ::testing::ElementsAre(
          std::pair(stored(StoreId(1), 1, "z"), std::optional<std::string>("kept")),
          std::pair(stored(StoreId(1), 2, ""), std::optional<std::string>("of the empty key")),
          std::pair(stored(StoreId(1), 2, "a"), std::optional<std::string>()),
          std::pair(stored(StoreId(1), 2, "b"), std::optional<std::string>("new")),
          std::pair(stored(StoreId(7), 0, "a"), std::optional<std::string>("of another store"))));
}

// Beginnings that many keys share, keys that begin like others and go on, bytes above 127.
std::string key_of(std::mt19937_64& random) {
  static constexpr std::string_view kFronts[] = {"", "user-", "user-of-a-long-name-", "\xF0\x01"};
  std::string key(kFronts[random() % 4]);
  for (std::size_t left = random() % 12; left > 0; --left)
    key.push_back(static_cast<char>(random() % 3 == 0 ? random() % 256 : 'a' + random() % 2));
  return key;
}

TEST(LastChangesTest, RandomChangesLeaveWhatAMapSays) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    Epochs epochs;
    std::map<std::string, std::optional<std::string>> model;
    for (std::uint64_t epoch = 0; epoch < 4; ++epoch) {
      const StoreId store(static_cast<std::uint32_t>(1 + epoch % 2));
      Delta delta(store);
      for (std::uint64_t i = 0; i < 800; ++i) {
        const auto group = static_cast<std::uint32_t>(random() % 5);
        const std::string key = key_of(random);
        std::optional<std::string>& now = model[stored(store, group, key)];
        now.reset();
        if (random() % 4 == 0) {
          delta.erase(group, key);
          continue;
        }
        now = std::to_string(random() % 1000) + std::string(random() % 70, 'v');
        delta.put(group, key, *now, static_cast<std::uint32_t>(random() % 20));
      }
      epochs.add(delta);
    }
    EXPECT_EQ(left_of(epochs), Left(model.begin(), model.end())) << "seed " << seed;
  }
}

TEST(LastChangesTest, MarksAreThoseThatCameLast) {
  Epochs epochs;
  Delta first(StoreId(1)), second(StoreId(1));
  first.mark(3, 10);
  first.mark(4, 20);
  second.mark(3, 30);
  epochs.add(first);
  epochs.add(second);
  LastChanges last;
  ASSERT_TRUE(last.take(epochs.changes()).ok());
  const std::vector<LastMark> marks = last.marks();
  ASSERT_EQ(marks.size(), 2U);
  EXPECT_EQ(marks[0].group, 3U);
  EXPECT_EQ(marks[0].time_us, 30);
  EXPECT_EQ(marks[1].group, 4U);
  EXPECT_EQ(marks[1].time_us, 20);
}

TEST(LastChangesTest, BytesThatAreNoDeltaAreRefused) {
  Delta delta(StoreId(1));
  delta.put(0, "key", "value");
  std::string bytes = delta.chunks().front();
  bytes.resize(bytes.size() - 1);
  const StoreChanges changes{StoreId(1), bytes};
  LastChanges last;
  EXPECT_EQ(last.take({&changes, 1}).code(), Code::data_loss);
}

}  // namespace
}  // namespace leat::state
