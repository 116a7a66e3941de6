// Random work on tables beside a std::map: with and without spilling, with crashes and restores into
// another number of slices.
#include <gmock/gmock.h>

#include <map>
#include <optional>
#include <random>

#include "record/key_hash.h"
#include "state/store.h"
#include "unit/state/note_type.h"

namespace leat::state {
namespace {

using testing::key_of;
using testing::key_text;
using testing::Note;
using testing::note_of;
using testing::NoteType;

class World {
 public:
  World(std::uint32_t seed, std::size_t memory_limit) : random_(seed), limit_(memory_limit) {
    Store::Options options;
    options.pipeline = "p";
    options.changelog_bytes_max = seed % 2 == 0 ? 1 : 1 << 20;
    store_ = *Store::open(options);
    const StepState step{"s", "v1"};
    id_ = (*store_->adopt({&step, 1})).at(0);
    EXPECT_TRUE(store_->recover(EpochId(), "").ok());
    restore();
  }

  void run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      const int what = pick(100);
      if (what < 70)
        batch();
      else if (what < 78)
        fire();
      else if (what < 82)
        look_at_all();
      else if (what < 85)
        sweep();
      else if (what < 97)
        end_epoch(pick(4) != 0);
      else
        crash();
    }
    look_at_all();
  }

 private:
  using Model = std::map<std::string, Note>;

  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  Table& table_of(const Key& key) {
    const std::uint32_t group = record::key_group(key.hash);
    return *tables_[record::slice_of_group(group, slices_).value()];
  }

  void restore() {
    slices_ = static_cast<std::uint32_t>(1 + pick(4));
    tables_.clear();
    for (std::uint32_t slice = 0; slice < slices_; ++slice) {
      Table::Options options;
      options.store = id_;
      options.type = &type_;
      options.first_group = (slice * record::kKeyGroups + slices_ - 1) / slices_;
      options.end_group = ((slice + 1) * record::kKeyGroups + slices_ - 1) / slices_;
      options.memory_limit = limit_ / slices_;
      options.backing = &store_->backing();
      tables_.push_back(*make_table(options));
      tables_.back()->committed(committed_);
    }
  }

  void change(Table& table, Entry& entry) {
    Note& kept = model_[std::string(entry.key)];
    ASSERT_EQ(note_of(entry), kept);
    if (pick(8) == 0) {
      table.erase(entry);
      model_.erase(std::string(entry.key));
      return;
    }
    kept.number += 1 + pick(100);
    if (pick(3) == 0) kept.due = pick(2) == 0 ? kNeverDue : now_ + pick(1000);
    if (pick(4) == 0)
      kept.text.assign(static_cast<std::size_t>(pick(pick(10) == 0 ? 3000 : 60)), 't');
    note_of(entry) = kept;
    table.changed(entry);
    if (pick(4) == 0) table.changed(entry);
  }

  void batch() {
    std::vector<std::string> texts;
    for (int i = 1 + pick(100); i > 0; --i) texts.push_back(key_text(pick(2000)));
    std::map<std::uint32_t, std::vector<Key>> keys;
    for (const std::string& text : texts) {
      const Key key = key_of(text);
      keys[record::slice_of_group(record::key_group(key.hash), slices_).value()].push_back(key);
    }
    const bool make = pick(3) != 0;
    for (const auto& [slice, mine] : keys) {
      std::vector<Entry*> entries(mine.size());
      ASSERT_TRUE(tables_[slice]->find(mine, make, entries).ok());
      std::map<Entry*, bool> done;
      for (std::size_t i = 0; i < mine.size(); ++i) {
        const bool there = model_.count(std::string(mine[i].bytes)) > 0;
        if (done.count(entries[i]) > 0) continue;
        ASSERT_EQ(entries[i] != nullptr, there || make) << "seed key " << mine[i].bytes;
        if (entries[i] == nullptr) continue;
        done[entries[i]] = true;
        ASSERT_EQ(entries[i]->made, !there);
        if (pick(3) == 0) continue;
        change(*tables_[slice], *entries[i]);
      }
      ASSERT_TRUE(tables_[slice]->end_batch().ok());
    }
  }

  void fire() {
    now_ += pick(300);
    for (const auto& table : tables_) {
      std::int64_t last = std::numeric_limits<std::int64_t>::min();
      for (;;) {
        std::vector<Entry*> due;
        std::int64_t time = 0;
        const std::int64_t announced = table->next_due();
        ASSERT_TRUE(table->pop_due(now_, time, due).ok());
        if (due.empty()) break;
        ASSERT_LE(announced, time);
        ASSERT_GE(time, last);
        last = time;
        for (Entry* entry : due) {
          Note& kept = model_.at(std::string(entry->key));
          ASSERT_EQ(kept.due, time);
          kept.due = pick(2) == 0 ? kNeverDue : time + 1 + pick(500);
          note_of(*entry) = kept;
          table->changed(*entry);
        }
        ASSERT_TRUE(table->end_batch().ok());
      }
      table->set_mark(now_);
    }
    mark_ = now_;
    for (const auto& [key, note] : model_) ASSERT_GT(note.due, now_) << key;
  }

  void sweep() {
    for (const auto& table : tables_) {
      ASSERT_TRUE(table
                      ->sweep(static_cast<std::size_t>(pick(300)),
                              [&](const Entry& entry) {
                                const Note& kept = model_.at(std::string(entry.key));
                                EXPECT_EQ(note_of(entry), kept);
                                if (kept.number % 7 != 0) return true;
                                model_.erase(std::string(entry.key));
                                return false;
                              })
                      .ok());
      ASSERT_TRUE(table->end_batch().ok());
    }
  }

  void look_at_all() {
    Model seen;
    std::size_t keys = 0;
    for (const auto& table : tables_) {
      keys += table->keys();
      ASSERT_TRUE(table
                      ->visit(Table::Which::all,
                              [&](const Entry& entry) {
                                EXPECT_TRUE(seen.emplace(entry.key, note_of(entry)).second)
                                    << "seen twice";
                              })
                      .ok());
      if (mark_) {
        EXPECT_GE(table->mark(), *mark_);
      }
    }
    ASSERT_EQ(seen, model_);
    ASSERT_EQ(keys, model_.size());
  }

  void end_epoch(bool commits) {
    ++epoch_;
    std::vector<Delta> deltas;
    for (const auto& table : tables_) deltas.push_back(table->take_delta(EpochId(epoch_)));
    ASSERT_TRUE(store_->append(EpochId(epoch_), deltas).ok());
    if (!commits) {
      crash();
      return;
    }
    committed_ = EpochId(epoch_);
    committed_model_ = model_;
    committed_mark_ = mark_;
    if (pick(5) == 0) {
      crash();
      return;
    }
    ASSERT_TRUE(store_->fold(committed_).ok());
    for (const auto& table : tables_) table->committed(committed_);
  }

  void crash() {
    tables_.clear();
    const std::string id = committed_.value() == 0 ? "" : store_->state_id();
    const Status recovered = store_->recover(committed_, id);
    ASSERT_TRUE(recovered.ok()) << recovered.to_string();
    epoch_ = committed_.value();
    model_ = committed_model_;
    mark_ = committed_mark_;
    restore();
    look_at_all();
  }

  std::mt19937 random_;
  const std::size_t limit_;
  NoteType type_;
  std::unique_ptr<Store> store_;
  StoreId id_;
  std::uint32_t slices_ = 1;
  std::vector<std::unique_ptr<Table>> tables_;
  Model model_, committed_model_;
  std::optional<std::int64_t> mark_, committed_mark_;
  std::uint64_t epoch_ = 0;
  EpochId committed_;
  std::int64_t now_ = 0;
};

TEST(TableModelTest, EverythingInMemory) {
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World(seed, 0).run(300);
    if (HasFailure()) return;
  }
}

TEST(TableModelTest, MostOfItOnDisk) {
  for (std::uint32_t seed = 101; seed <= 112; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World(seed, seed % 3 == 0 ? 1 : 60 << 10).run(300);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace leat::state
