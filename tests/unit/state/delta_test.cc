#include "state/delta.h"

#include <gmock/gmock.h>

#include <map>

namespace leat::state {
namespace {

std::string whole(const Delta& delta) {
  std::string bytes;
  for (const std::string& chunk : delta.chunks()) bytes += chunk;
  return bytes;
}

// key → value, "-" erased; marks as "@group".
std::map<std::string, std::string> read(std::string_view bytes, bool sound = true) {
  std::map<std::string, std::string> last;
  DeltaReader reader(bytes);
  for (Change change; reader.next(change);) {
    const std::string key = std::to_string(change.group) + "/" + std::string(change.key);
    if (change.kind == Change::Kind::put) last[key] = change.value;
    if (change.kind == Change::Kind::erase) last[key] = "-";
    if (change.kind == Change::Kind::mark)
      last["@" + std::to_string(change.group)] = std::to_string(change.time_us);
  }
  EXPECT_EQ(reader.sound(), sound);
  return last;
}

TEST(DeltaTest, GivesBackWhatWasPut) {
  Delta delta(StoreId(7));
  EXPECT_TRUE(delta.empty());
  delta.put(1, "a", "one");
  delta.put(2, "", "");
  delta.erase(3, "gone");
  delta.mark(4, -5);
  delta.put(5, "wide", std::string(70'000, 'w'));
  delta.put(6, std::string(70'000, 'k'), "v");
  const auto last = read(whole(delta));
  EXPECT_EQ(last.at("1/a"), "one");
  EXPECT_EQ(last.at("2/"), "");
  EXPECT_EQ(last.at("3/gone"), "-");
  EXPECT_EQ(last.at("@4"), "-5");
  EXPECT_EQ(last.at("5/wide"), std::string(70'000, 'w'));
  EXPECT_EQ(last.at("6/" + std::string(70'000, 'k')), "v");
  EXPECT_EQ(delta.bytes(), whole(delta).size());
  EXPECT_EQ(delta.store(), StoreId(7));
}

TEST(DeltaTest, AValueIsWrittenOverWhereItFits) {
  Delta delta(StoreId(1));
  const Delta::Place place = delta.put(1, "k", "12345678", 4);
  const std::size_t bytes = delta.bytes();
  for (const char* value : {"x", "", "123456789012"}) {
    ASSERT_TRUE(delta.overwrite(place, value));
    EXPECT_EQ(read(whole(delta)).at("1/k"), value);
  }
  EXPECT_EQ(delta.bytes(), bytes);
  EXPECT_FALSE(delta.overwrite(place, std::string(40, 'y')));
  EXPECT_TRUE(read(whole(delta)).empty()) << "the old value counts no longer";
}

TEST(DeltaTest, ManyChunksAreReadAsOne) {
  Delta delta(StoreId(1));
  for (int i = 0; i < 50'000; ++i) delta.put(1, std::to_string(i), std::to_string(i * 3));
  EXPECT_GT(delta.chunks().size(), 3u);
  const auto last = read(whole(delta));
  ASSERT_EQ(last.size(), 50'000u);
  EXPECT_EQ(last.at("1/49999"), "149997");
}

TEST(DeltaTest, CutShortAnywhereItIsUnsoundOrEndsBetweenRecords) {
  Delta delta(StoreId(1));
  delta.put(1, "key", "value");
  delta.erase(1, "other");
  delta.mark(2, 3);
  delta.put(3, "k", std::string(70'000, 'w'));
  const std::string bytes = whole(delta);
  std::size_t sound = 0;
  for (std::size_t size = 0; size < 200; ++size) {
    DeltaReader reader(std::string_view(bytes).substr(0, size));
    for (Change change; reader.next(change);) {}
    sound += reader.sound() ? 1 : 0;
  }
  EXPECT_EQ(sound, 4u) << "before, and behind the first three records";
  read("\x09\0\0\0", false);
}

}  // namespace
}  // namespace leat::state
