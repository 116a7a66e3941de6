#include "state/table.h"

#include <gmock/gmock.h>

#include <map>

#include "record/key_hash.h"
#include "state/memory_backing.h"
#include "unit/state/note_type.h"

namespace leat::state {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::key_of;
using testing::key_text;
using testing::Note;
using testing::note_of;
using testing::NoteType;

class TableTest : public ::testing::Test {
 protected:
  std::unique_ptr<Table> make(std::size_t memory_limit = 0, const Backing* backing = nullptr,
                              std::uint32_t first = 0, std::uint32_t end = record::kKeyGroups) {
    Table::Options options;
    options.store = StoreId(1);
    options.type = &type_;
    options.first_group = first;
    options.end_group = end;
    options.memory_limit = memory_limit;
    options.backing = backing;
    auto table = make_table(options);
    EXPECT_TRUE(table.ok()) << table.status().to_string();
    return *std::move(table);
  }
  static Entry* find(Table& table, std::int64_t number, bool make = true) {
    const std::string bytes = key_text(number);
    const Key key = key_of(bytes);
    Entry* entry = nullptr;
    EXPECT_TRUE(table.find({&key, 1}, make, {&entry, 1}).ok());
    return entry;
  }
  static void set(Table& table, std::int64_t key, std::int64_t number,
                  std::int64_t due = kNeverDue) {
    Entry* entry = find(table, key);
    note_of(*entry).number = number;
    note_of(*entry).due = due;
    table.changed(*entry);
    ASSERT_TRUE(table.end_batch().ok());
  }
  static void erase(Table& table, std::int64_t key) {
    table.erase(*find(table, key, false));
    ASSERT_TRUE(table.end_batch().ok());
  }
  void commit(Table& table, std::uint64_t epoch) {
    const Delta delta = table.take_delta(EpochId(epoch));
    std::string bytes;
    for (const std::string& chunk : delta.chunks()) bytes += chunk;
    const StoreChanges changes{delta.store(), bytes};
    ASSERT_TRUE(backing_.apply(EpochId(epoch), {&changes, 1}).ok());
    table.committed(EpochId(epoch));
  }
  static std::map<std::string, std::int64_t> all(Table& table, Table::Which which) {
    std::map<std::string, std::int64_t> found;
    EXPECT_TRUE(table
                    .visit(which,
                           [&](const Entry& entry) {
                             EXPECT_TRUE(found.emplace(entry.key, note_of(entry).number).second)
                                 << "seen twice";
                           })
                    .ok());
    return found;
  }

  NoteType type_;
  MemoryBacking backing_;
};

TEST_F(TableTest, EqualKeysOfABatchAreOneEntry) {
  const auto table = make();
  const std::string a = key_text(1), b = key_text(2), again = key_text(1);
  const Key keys[] = {key_of(a), key_of(b), key_of(again)};
  Entry* entries[3];
  ASSERT_TRUE(table->find(keys, true, entries).ok());
  EXPECT_EQ(entries[0], entries[2]);
  EXPECT_NE(entries[0], entries[1]);
  EXPECT_TRUE(entries[0]->made);
  EXPECT_EQ(entries[1]->key, b);
  EXPECT_EQ(entries[1]->hash, keys[1].hash);
  EXPECT_EQ(table->keys(), 2u);
}

TEST_F(TableTest, AbsentKeysComeToLifeOnlyWhenAsked) {
  const auto table = make();
  EXPECT_EQ(find(*table, 1, false), nullptr);
  set(*table, 1, 5);
  Entry* entry = find(*table, 1, false);
  ASSERT_NE(entry, nullptr);
  EXPECT_FALSE(entry->made);
  EXPECT_EQ(note_of(*entry).number, 5);
}

TEST_F(TableTest, WhatWasMadeAndNotChangedIsGoneAfterTheBatch) {
  const auto table = make();
  find(*table, 1);
  ASSERT_TRUE(table->end_batch().ok());
  EXPECT_EQ(table->keys(), 0u);
  EXPECT_EQ(find(*table, 1, false), nullptr);
  EXPECT_TRUE(table->take_delta(EpochId(1)).empty());
}

TEST_F(TableTest, AnEntryStaysWhereItIsWhileOthersCome) {
  const auto table = make();
  set(*table, 0, 77);
  Entry* const entry = find(*table, 0);
  void* const value = entry->value;
  for (int i = 1; i < 20'000; ++i) set(*table, i, i);
  EXPECT_EQ(find(*table, 0), entry);
  EXPECT_EQ(entry->value, value);
  EXPECT_EQ(note_of(*entry).number, 77);
  EXPECT_EQ(table->keys(), 20'000u);
}

TEST_F(TableTest, AnErasedEntryStaysReadableUntilTheNextFind) {
  const auto table = make();
  set(*table, 1, 5);
  Entry* entry = find(*table, 1);
  table->erase(*entry);
  ASSERT_TRUE(table->end_batch().ok());
  EXPECT_EQ(note_of(*entry).number, 5);
  EXPECT_EQ(table->keys(), 0u);
  EXPECT_EQ(find(*table, 1, false), nullptr);
}

TEST_F(TableTest, AKeyOfAnotherSliceIsRefused) {
  const std::string bytes = key_text(1);
  const Key key = key_of(bytes);
  const std::uint32_t group = record::key_group(key.hash);
  const auto table = group == 0 ? make(0, nullptr, 1, 2) : make(0, nullptr, 0, group);
  Entry* entry = nullptr;
  EXPECT_EQ(table->find({&key, 1}, true, {&entry, 1}).code(), Code::wrong_state);
}

TEST_F(TableTest, TheDeltaHasTheLastValueOfEachChangedKey) {
  const auto table = make();
  for (int i = 1; i <= 100; ++i) set(*table, 1, i);
  set(*table, 2, 2);
  set(*table, 3, 3);
  erase(*table, 3);
  const Delta delta = table->take_delta(EpochId(1));
  EXPECT_LT(delta.bytes(), 500u) << "written over in place";
  std::map<std::string, std::string> last;
  DeltaReader reader(delta.chunks().at(0));
  for (Change change; reader.next(change);) last[std::string(change.key)] = change.value;
  EXPECT_EQ(last.size(), 3u);
  EXPECT_EQ(last.at(key_text(1))[0], 100);
  EXPECT_EQ(last.at(key_text(3)), "");
  EXPECT_TRUE(table->take_delta(EpochId(2)).empty());
}

TEST_F(TableTest, AGrowingValueDoesNotFillTheDelta) {
  const auto table = make();
  for (int i = 0; i < 3000; ++i) {
    Entry* entry = find(*table, 1);
    note_of(*entry).text.push_back('x');
    table->changed(*entry);
    ASSERT_TRUE(table->end_batch().ok());
  }
  commit(*table, 1);
  EXPECT_LT(table->bytes(), 64u << 10);
  const auto again = make(0, &backing_);
  EXPECT_EQ(note_of(*find(*again, 1)).text, std::string(3000, 'x'));
}

TEST_F(TableTest, VisitsWhatChangedInTheEpochOnce) {
  const auto table = make();
  set(*table, 1, 1);
  set(*table, 2, 2);
  commit(*table, 1);
  EXPECT_THAT(all(*table, Table::Which::changed), IsEmpty());
  set(*table, 2, 20);
  set(*table, 2, 21);
  set(*table, 3, 3);
  erase(*table, 3);
  set(*table, 4, 4);
  erase(*table, 4);
  set(*table, 4, 40);
  const std::map<std::string, std::int64_t> changed = {{key_text(2), 21}, {key_text(4), 40}};
  EXPECT_EQ(all(*table, Table::Which::changed), changed);
  EXPECT_EQ(all(*table, Table::Which::changed), changed);
  EXPECT_EQ(all(*table, Table::Which::all).size(), 3u);
}

TEST_F(TableTest, WhatIsDueComesInTheOrderOfItsTimes) {
  const auto table = make();
  set(*table, 1, 1, 300);
  set(*table, 2, 2, 100);
  set(*table, 3, 3, 100);
  set(*table, 4, 4, 200);
  set(*table, 4, 4, 500);  // later than before
  set(*table, 1, 1, 50);   // earlier
  EXPECT_EQ(table->next_due(), 50);
  std::vector<std::pair<std::int64_t, std::size_t>> seen;
  std::vector<Entry*> due;
  std::int64_t time = 0;
  for (;;) {
    ASSERT_TRUE(table->pop_due(400, time, due).ok());
    if (due.empty()) break;
    seen.emplace_back(time, due.size());
    for (Entry* entry : due) table->erase(*entry);
    ASSERT_TRUE(table->end_batch().ok());
  }
  EXPECT_THAT(seen, ElementsAre(std::pair(50, 1), std::pair(100, 2)));
  EXPECT_EQ(table->next_due(), 500);
  EXPECT_EQ(table->keys(), 1u);
}

TEST_F(TableTest, WhatIsDueAndChangedIsDueAgain) {
  const auto table = make();
  set(*table, 1, 1, 100);
  std::vector<Entry*> due;
  std::int64_t time = 0;
  ASSERT_TRUE(table->pop_due(kNeverDue, time, due).ok());
  ASSERT_EQ(due.size(), 1u);
  note_of(*due[0]).due = 150;
  table->changed(*due[0]);
  ASSERT_TRUE(table->end_batch().ok());
  EXPECT_EQ(table->next_due(), 150);
  ASSERT_TRUE(table->pop_due(149, time, due).ok());
  EXPECT_THAT(due, IsEmpty());
}

TEST_F(TableTest, ManyThatAreDueAtOnceComeInPieces) {
  const auto table = make();
  const std::int64_t count = 2 * static_cast<std::int64_t>(Table::kDueMax) + 10;
  for (std::int64_t key = 0; key < count; ++key) set(*table, key, key, 100);
  set(*table, count, count, 101);
  std::vector<std::pair<std::int64_t, std::size_t>> seen;
  std::map<std::int64_t, int> times;
  std::vector<Entry*> due;
  std::int64_t time = 0;
  for (;;) {
    ASSERT_TRUE(table->pop_due(200, time, due).ok());
    if (due.empty()) break;
    seen.emplace_back(time, due.size());
    for (Entry* entry : due) {
      ++times[note_of(*entry).number];
      note_of(*entry).due = kNeverDue;
      table->changed(*entry);
    }
    ASSERT_TRUE(table->end_batch().ok());
  }
  EXPECT_THAT(seen, ElementsAre(std::pair(100, Table::kDueMax), std::pair(100, Table::kDueMax),
                                std::pair(100, 10), std::pair(101, 1)));
  EXPECT_EQ(times.size(), static_cast<std::size_t>(count + 1)) << "each once";
}

TEST_F(TableTest, AWalkSeesAllThatIsThereAllTheWhile) {
  const auto table = make(40'000, &backing_);
  for (std::int64_t key = 0; key < 1'000; ++key) set(*table, key, key);
  commit(*table, 1);
  for (std::int64_t key = 2'000; key < 2'100; ++key) set(*table, key, key);  // makes room
  ASSERT_LT(table->bytes(), 100'000u);
  Table::Walk walk;
  std::map<std::int64_t, int> seen;
  std::size_t most = 0;
  for (int step = 0; !walk.done; ++step) {
    std::size_t looks = 0;
    ASSERT_TRUE(table
                    ->walk(walk, 64,
                           [&](const Entry& entry) {
                             ++looks;
                             ++seen[note_of(entry).number];
                           })
                    .ok());
    most = std::max(most, looks);
    ASSERT_LT(step, 1'000);
    // Values come from disk and leave memory meanwhile; one key goes, one comes.
    for (std::int64_t i = 0; i < 50; ++i)
      set(*table, (step * 50 + i) % 1'000, (step * 50 + i) % 1'000);
    if (step == 2) commit(*table, 2);
    if (step == 4) erase(*table, 2'099);
    set(*table, 3'000 + step, 3'000 + step);
  }
  EXPECT_LE(most, 64u);
  for (std::int64_t key = 0; key < 1'000; ++key) EXPECT_TRUE(seen.contains(key)) << key;
}

TEST_F(TableTest, AWalkOfARangeSeesOnlyThat) {
  const auto table = make();
  for (std::int64_t key = 0; key < 300; ++key) set(*table, key, key);
  Table::Walk walk;
  walk.from = key_text(100);
  walk.to = key_text(103);
  std::map<std::int64_t, int> seen;
  int steps = 0;
  for (; !walk.done; ++steps)
    ASSERT_TRUE(
        table->walk(walk, 1, [&](const Entry& entry) { ++seen[note_of(entry).number]; }).ok());
  EXPECT_THAT(seen, ElementsAre(std::pair(100, 1), std::pair(101, 1), std::pair(102, 1)));
  EXPECT_GE(steps, 300) << "a look at a time";
}

TEST_F(TableTest, MarksAreKeptPerGroupAndNeverGoBack) {
  const auto table = make();
  EXPECT_EQ(table->mark(), kNoMark);
  table->set_mark(100);
  table->set_mark(50);
  EXPECT_EQ(table->mark(), 100);
  commit(*table, 1);
  EXPECT_TRUE(table->take_delta(EpochId(2)).empty());
  const auto upper = make(0, &backing_, 64, 128);
  upper->set_mark(200);
  commit(*upper, 2);
  const auto again = make(0, &backing_);
  EXPECT_EQ(again->mark(), 100);
  EXPECT_EQ(again->mark(std::uint64_t{3} << 40), 100);
  EXPECT_EQ(again->mark(std::uint64_t{100} << 40), 200);
  again->set_mark(150);
  EXPECT_EQ(again->mark(), 150);
  EXPECT_EQ(again->mark(std::uint64_t{100} << 40), 200);
}

TEST_F(TableTest, ATableIsRestoredIntoAnotherNumberOfSlices) {
  const auto table = make();
  for (int i = 0; i < 1000; ++i) set(*table, i, i, i % 3 == 0 ? 1000 + i : kNeverDue);
  commit(*table, 1);
  std::size_t keys = 0;
  std::int64_t earliest = kNeverDue;
  for (std::uint32_t slice = 0; slice < 3; ++slice) {
    const auto part = make(0, &backing_, (slice * 128 + 2) / 3, ((slice + 1) * 128 + 2) / 3);
    keys += part->keys();
    earliest = std::min(earliest, part->next_due());
    for (const auto& [key, number] : all(*part, Table::Which::all))
      EXPECT_EQ(key, key_text(number));
  }
  EXPECT_EQ(keys, 1000u);
  EXPECT_EQ(earliest, 1000);
}

TEST_F(TableTest, ColdRowsLeaveMemoryAndComeBack) {
  constexpr int kKeys = 3000;
  constexpr std::size_t kLimit = 100 << 10;
  const auto table = make(kLimit, &backing_);
  for (int i = 0; i < kKeys; ++i) set(*table, i, i);
  EXPECT_GT(table->bytes(), kLimit) << "nothing is committed yet";
  commit(*table, 1);
  for (int i = 0; i < 50; ++i) set(*table, 0, i);
  EXPECT_LT(table->bytes(), kLimit + (8 << 10));
  EXPECT_EQ(table->keys(), static_cast<std::size_t>(kKeys));
  EXPECT_EQ(all(*table, Table::Which::all).size(), static_cast<std::size_t>(kKeys));
  for (int i = 1; i < kKeys; ++i) ASSERT_EQ(note_of(*find(*table, i, false)).number, i);
  EXPECT_EQ(find(*table, kKeys, false), nullptr);
  EXPECT_EQ(table->keys(), static_cast<std::size_t>(kKeys));
}

TEST_F(TableTest, AnErasedKeyDoesNotComeBackFromDisk) {
  const auto table = make(1, &backing_);  // nothing clean stays
  for (int i = 0; i < 10; ++i) set(*table, i, i);
  commit(*table, 1);
  erase(*table, 3);
  EXPECT_EQ(find(*table, 3, false), nullptr) << "though the backing has it";
  EXPECT_EQ(all(*table, Table::Which::all).size(), 9u);
  Entry* again = find(*table, 3);
  EXPECT_TRUE(again->made);
  EXPECT_EQ(note_of(*again).number, 0);
  ASSERT_TRUE(table->end_batch().ok());
  EXPECT_EQ(find(*table, 3, false), nullptr);
  commit(*table, 2);
  EXPECT_EQ(find(*table, 3, false), nullptr);
  EXPECT_EQ(table->keys(), 9u);
}

TEST_F(TableTest, ASpilledKeyIsDueInTime) {
  const auto table = make(1, &backing_);
  for (int i = 0; i < 100; ++i) set(*table, i, i, 1000 + i / 2);
  commit(*table, 1);
  for (int i = 0; i < 5; ++i) set(*table, 1000, i);
  EXPECT_EQ(table->next_due(), 1000);
  std::vector<Entry*> due;
  std::int64_t time = 0;
  int seen = 0;
  while (true) {
    ASSERT_TRUE(table->pop_due(kNeverDue, time, due).ok());
    if (due.empty()) break;
    for (Entry* entry : due) {
      EXPECT_EQ(time, 1000 + note_of(*entry).number / 2);
      ++seen;
      table->erase(*entry);
    }
    ASSERT_TRUE(table->end_batch().ok());
  }
  EXPECT_EQ(seen, 100);
  EXPECT_EQ(table->keys(), 1u);
}

TEST_F(TableTest, SweepSeesEveryKeyAlsoThoseOnDisk) {
  const auto table = make(1, &backing_);
  for (int i = 0; i < 500; ++i) set(*table, i, i);
  commit(*table, 1);
  for (int i = 0; i < 5; ++i) set(*table, 1000, 1);
  for (int calls = 0; calls < 200; ++calls)
    ASSERT_TRUE(
        table->sweep(20, [](const Entry& entry) { return note_of(entry).number % 2 == 1; }).ok());
  ASSERT_TRUE(table->end_batch().ok());
  EXPECT_EQ(table->keys(), 251u);
  for (const auto& [key, number] : all(*table, Table::Which::all)) EXPECT_EQ(number % 2, 1);
}

TEST_F(TableTest, ADamagedStoredValueIsToldAndNeverGuessed) {
  const auto table = make();
  set(*table, 1, 1);
  commit(*table, 1);
  MemoryBacking::Contents contents = backing_.contents();
  contents.pairs.begin()->second = "short";
  backing_.replace(std::move(contents));
  Table::Options options;
  options.store = StoreId(1);
  options.type = &type_;
  options.end_group = record::kKeyGroups;
  options.backing = &backing_;
  EXPECT_EQ(make_table(options).status().code(), Code::data_loss);
}

}  // namespace
}  // namespace leat::state
