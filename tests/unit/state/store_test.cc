#include "state/store.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "base/faults.h"

namespace leat::state {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

enum class Where { memory, disk };

class StoreTest : public ::testing::TestWithParam<Where> {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "leat-state-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    options_.pipeline = "p";
    if (GetParam() == Where::disk) options_.folder = folder_ + "/p";
    open();
  }
  void TearDown() override {
    base::Faults::clear();
    base::Faults::set_crash_handler({});
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void open() {
    store_.reset();
    auto opened = Store::open(options_);
    ASSERT_TRUE(opened.ok()) << opened.status().to_string();
    store_ = *std::move(opened);
    const StepState step{"s", "v1"};
    auto ids = store_->adopt({&step, 1});
    ASSERT_TRUE(ids.ok()) << ids.status().to_string();
    id_ = ids->at(0);
  }
  // As a new process, where the state outlives one.
  void restart() {
    if (GetParam() == Where::disk) open();
  }
  Status append(std::uint64_t epoch, const std::string& key, const std::string& value) {
    std::vector<Delta> deltas;
    deltas.emplace_back(id_);
    if (!key.empty()) deltas.back().put(3, key, value);
    return store_->append(EpochId(epoch), deltas);
  }
  void commit(std::uint64_t epoch, const std::string& key, const std::string& value) {
    ASSERT_TRUE(append(epoch, key, value).ok());
    const Status folded = store_->fold(EpochId(epoch));
    ASSERT_TRUE(folded.ok()) << folded.to_string();
  }
  std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> all;
    EXPECT_TRUE(store_->backing()
                    .scan(id_, 3, {},
                          [&](std::string_view key, std::string_view value) {
                            all.emplace(key, value);
                            return true;
                          })
                    .ok());
    return all;
  }
  Status recover(std::uint64_t epoch) {
    return store_->recover(EpochId(epoch), epoch == 0 ? "" : store_->state_id());
  }
  static std::string code_field(const Status& status) {
    for (const auto& [key, value] : status.fields())
      if (key == "code") return value;
    return {};
  }
  using Contents = std::map<std::string, std::string>;

  std::string folder_;
  Store::Options options_;
  std::unique_ptr<Store> store_;
  StoreId id_;
};

INSTANTIATE_TEST_SUITE_P(Homes, StoreTest, ::testing::Values(Where::memory, Where::disk),
                         [](const auto& where) {
                           return where.param == Where::memory ? "Memory" : "Disk";
                         });

TEST_P(StoreTest, WhatIsFoldedIsRead) {
  ASSERT_TRUE(recover(0).ok());
  commit(1, "a", "1");
  commit(2, "b", "2");
  commit(3, "a", "3");
  EXPECT_EQ(contents(), (Contents{{"a", "3"}, {"b", "2"}}));
  EXPECT_EQ(store_->backing().epoch(), EpochId(3));
}

TEST_P(StoreTest, WhatWaitsToBeFoldedIsTold) {
  ASSERT_TRUE(recover(0).ok());
  const std::string large(300 << 10, 'x');
  commit(1, "a", "1");
  commit(2, "a", large);
  commit(3, "b", large);
  ASSERT_TRUE(append(4, "c", "not committed").ok());
  ASSERT_EQ(store_->backing().epoch(), EpochId(1)) << "large epochs wait";
  EXPECT_EQ(store_->folded(), EpochId(3));
  std::vector<std::string> keys;
  const auto look = [&](std::string_view changes) {
    DeltaReader reader(changes);
    for (Change change; reader.next(change);) keys.emplace_back(change.key);
    return keys.size() < 10;
  };
  ASSERT_TRUE(store_->pending(id_, look).ok());
  EXPECT_THAT(keys, ElementsAre("b", "a")) << "the newest first, of what is committed";
  keys.clear();
  ASSERT_TRUE(store_->pending(StoreId(77), look).ok());
  EXPECT_THAT(keys, IsEmpty()) << "of another step";
  ASSERT_TRUE(store_->flush().ok());
  ASSERT_TRUE(store_->pending(id_, look).ok());
  EXPECT_THAT(keys, IsEmpty());
}

TEST_P(StoreTest, AnAppendedEpochThatWasNotCommittedIsThrownAway) {
  ASSERT_TRUE(recover(0).ok());
  commit(1, "a", "1");
  ASSERT_TRUE(append(2, "a", "2").ok());
  restart();
  ASSERT_TRUE(recover(1).ok());
  EXPECT_EQ(contents(), (Contents{{"a", "1"}}));
  commit(2, "a", "other");
  restart();
  ASSERT_TRUE(recover(2).ok());
  EXPECT_EQ(contents(), (Contents{{"a", "other"}}));
}

TEST_P(StoreTest, ACommittedEpochThatWasNotFoldedIs) {
  ASSERT_TRUE(recover(0).ok());
  commit(1, "a", "1");
  ASSERT_TRUE(append(2, "a", "2").ok());
  restart();
  ASSERT_TRUE(recover(2).ok());
  EXPECT_EQ(contents(), (Contents{{"a", "2"}}));
  EXPECT_EQ(store_->backing().epoch(), EpochId(2));
}

TEST_P(StoreTest, EpochsMayBeLeftOutAndEmpty) {
  ASSERT_TRUE(recover(0).ok());
  commit(5, "a", "1");
  commit(9, "", "");
  restart();
  EXPECT_TRUE(recover(9).ok());
  EXPECT_EQ(contents(), (Contents{{"a", "1"}}));
}

TEST_P(StoreTest, LargeEpochsGatherInTheChangelogAndAreFoldedTogether) {
  options_.changelog_bytes_max = 4 << 20;
  open();
  ASSERT_TRUE(recover(0).ok());
  const std::string large(600 << 10, 'v');
  for (std::uint64_t epoch = 1; epoch <= 5; ++epoch) {
    commit(epoch, "k" + std::to_string(epoch % 2), large + std::to_string(epoch));
    if (epoch < 4) {
      EXPECT_EQ(store_->backing().epoch(), EpochId()) << epoch;
    }
  }
  restart();
  ASSERT_TRUE(recover(5).ok());
  EXPECT_EQ(contents(), (Contents{{"k0", large + "4"}, {"k1", large + "5"}}));
  ASSERT_TRUE(store_->flush().ok());
  EXPECT_EQ(store_->changelog_bytes(), 0u);
  restart();
  ASSERT_TRUE(recover(5).ok());
  EXPECT_EQ(contents().size(), 2u);
}

TEST_P(StoreTest, TheFirstEpochMayBeAppendedAndNeverCommitted) {
  ASSERT_TRUE(recover(0).ok());
  ASSERT_TRUE(append(1, "a", "1").ok());
  restart();
  ASSERT_TRUE(recover(0).ok());
  EXPECT_THAT(contents(), IsEmpty());
  commit(1, "b", "1");
  EXPECT_EQ(contents(), (Contents{{"b", "1"}}));
}

TEST_P(StoreTest, StateMayBeginInTheMiddleOfAPipelinesLife) {
  ASSERT_TRUE(store_->recover(EpochId(40), "").ok());
  commit(41, "a", "1");
  ASSERT_TRUE(append(42, "a", "2").ok());
  restart();
  ASSERT_TRUE(recover(41).ok());
  EXPECT_EQ(contents(), (Contents{{"a", "1"}}));
}

TEST_P(StoreTest, AnotherStateIsAMismatch) {
  ASSERT_TRUE(recover(0).ok());
  commit(1, "a", "1");
  for (const auto& [epoch, id] : std::vector<std::pair<std::uint64_t, std::string>>{
           {0, ""}, {1, ""}, {1, "0123456789abcdef"}, {2, store_->state_id()}}) {
    const Status refused = store_->recover(EpochId(epoch), id);
    EXPECT_EQ(refused.code(), Code::wrong_state) << epoch << id;
    EXPECT_EQ(code_field(refused), "STATE_MISMATCH") << epoch << id;
  }
  commit(2, "a", "2");
  EXPECT_EQ(code_field(recover(1)), "STATE_MISMATCH") << "the backing is ahead";
  EXPECT_TRUE(recover(2).ok());
}

TEST_P(StoreTest, AnEmptyStateIsNoneThatWasCommitted) {
  EXPECT_EQ(code_field(recover(7)), "STATE_MISMATCH");
  EXPECT_EQ(code_field(store_->recover(EpochId(7), "0123456789abcdef")), "STATE_MISMATCH");
}

TEST_P(StoreTest, AnEpochIsAppendedOnce) {
  ASSERT_TRUE(recover(0).ok());
  commit(2, "a", "1");
  EXPECT_EQ(append(2, "a", "2").code(), Code::wrong_state);
  EXPECT_EQ(append(1, "a", "2").code(), Code::wrong_state);
  EXPECT_EQ(store_->fold(EpochId(3)).code(), Code::wrong_state);
}

TEST_P(StoreTest, StepsThatGoOrChangeLoseTheirState) {
  ASSERT_TRUE(recover(0).ok());
  commit(1, "a", "1");
  const std::vector<StepState> next = {{"t", "v1"}, {"s", "v2"}};
  const auto changes = store_->compare(next);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].kind, StateChange::Kind::added);
  EXPECT_EQ(changes[1].kind, StateChange::Kind::changed);
  EXPECT_EQ(contents().size(), 1u) << "nothing is changed yet";
  const StoreId before = id_;
  const auto ids = store_->adopt(next);
  ASSERT_TRUE(ids.ok());
  EXPECT_NE(ids->at(0), ids->at(1));
  EXPECT_NE(ids->at(1), before);
  EXPECT_THAT(contents(), IsEmpty());
  EXPECT_THAT(store_->compare(next), IsEmpty());
  EXPECT_EQ(store_->compare({}).size(), 2u);
  EXPECT_EQ(store_->compare({}).at(0).kind, StateChange::Kind::removed);
  EXPECT_EQ(store_->adopt(next)->at(1), ids->at(1)) << "ids stay";
}

TEST_P(StoreTest, AStepThatIsRenamedKeepsItsState) {
  ASSERT_TRUE(recover(0).ok());
  commit(1, "a", "1");
  const std::vector<StepState> renamed = {{"t", "v1", "s"}};
  EXPECT_THAT(store_->compare(renamed), IsEmpty());
  const std::vector<StepState> other = {{"t", "v2", "s"}};
  ASSERT_EQ(store_->compare(other).size(), 1u);
  EXPECT_EQ(store_->compare(other)[0].kind, StateChange::Kind::changed);
  EXPECT_EQ(store_->adopt(renamed)->at(0), id_);
  EXPECT_EQ(contents().size(), 1u);
  EXPECT_THAT(store_->compare(renamed), IsEmpty()) << "it says so for good";
  const std::vector<StepState> settled = {{"t", "v1"}};
  EXPECT_THAT(store_->compare(settled), IsEmpty());
}

TEST_P(StoreTest, ResetBeginsANewIdentity) {
  ASSERT_TRUE(recover(0).ok());
  commit(1, "a", "1");
  const std::string before = store_->state_id();
  ASSERT_TRUE(store_->reset().ok());
  EXPECT_NE(store_->state_id(), before);
  EXPECT_EQ(store_->state_id().size(), 16u);
  restart();
  EXPECT_THAT(contents(), IsEmpty());
  ASSERT_TRUE(recover(0).ok());
  commit(1, "b", "1");
}

TEST_P(StoreTest, ACheckpointIsListedRestoredAndRemoved) {
  ASSERT_TRUE(recover(0).ok());
  commit(1, "a", "1");
  auto made = store_->checkpoint("before", "{\"x\":1}");
  ASSERT_TRUE(made.ok()) << made.status().to_string();
  EXPECT_EQ(made->id, "ckpt-1");
  EXPECT_EQ(store_->checkpoint("again", "{}").status().code(), Code::already_exists);
  commit(2, "a", "2");
  commit(3, "b", "3");
  restart();
  ASSERT_TRUE(recover(3).ok());
  const auto listed = store_->checkpoints();
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ(listed->at(0).name, "before");
  EXPECT_EQ(listed->at(0).metadata, "{\"x\":1}");
  EXPECT_EQ(listed->at(0).epoch, EpochId(1));
  EXPECT_EQ(store_->restore("ckpt-1", EpochId(3)).code(), Code::invalid_argument);
  EXPECT_EQ(store_->restore("ckpt-9", EpochId(4)).code(), Code::not_found);
  const Status restored = store_->restore("ckpt-1", EpochId(4));
  ASSERT_TRUE(restored.ok()) << restored.to_string();
  EXPECT_EQ(contents(), (Contents{{"a", "1"}}));
  EXPECT_EQ(code_field(recover(3)), "STATE_MISMATCH") << "until the new epoch is committed";
  commit(5, "c", "5");
  restart();
  ASSERT_TRUE(recover(5).ok());
  EXPECT_EQ(contents(), (Contents{{"a", "1"}, {"c", "5"}}));
  ASSERT_TRUE(store_->remove_checkpoint("ckpt-1").ok());
  EXPECT_EQ(store_->remove_checkpoint("ckpt-1").code(), Code::not_found);
  EXPECT_THAT(*store_->checkpoints(), IsEmpty());
}

TEST_P(StoreTest, ARestoredStateIsCountedBeyondAllThatWas) {
  ASSERT_TRUE(recover(0).ok());
  EXPECT_EQ(store_->newest(), EpochId(0));
  commit(1, "a", "1");
  ASSERT_TRUE(store_->checkpoint("first", "{}").ok());
  commit(2, "a", "2");
  ASSERT_TRUE(append(3, "a", "3").ok());
  EXPECT_EQ(store_->newest(), EpochId(3)) << "appended, if not committed";
  ASSERT_TRUE(store_->restore("ckpt-1", EpochId(4)).ok());
  EXPECT_EQ(store_->newest(), EpochId(4));
  ASSERT_TRUE(recover(4).ok());
  EXPECT_EQ(contents(), (Contents{{"a", "1"}}));
  ASSERT_TRUE(store_->restore("ckpt-1", EpochId(5)).ok()) << "as often as one likes";
}

TEST_P(StoreTest, AtEveryFaultOfAnEpochTheCommittedStateComesBack) {
  ASSERT_TRUE(recover(0).ok());
  std::uint64_t epoch = 0;
  for (const char* fault : {"delta.temp", "delta.synced", "delta.applied", "delta.deleted"}) {
    SCOPED_TRACE(fault);
    ++epoch;
    commit(epoch, "a", std::to_string(epoch));
    ASSERT_TRUE(base::Faults::configure(std::string(fault) + "=error").ok());
    const Status appended = append(epoch + 1, "a", "new");
    const bool committed = appended.ok();
    Status later = committed ? store_->fold(EpochId(epoch + 1)) : Status();
    // A database in a folder forgets of the changelog what it has on disk, which is seldom.
    if (committed && later.ok()) later = store_->flush();
    EXPECT_FALSE(appended.ok() && later.ok()) << "the fault was not hit";
    base::Faults::clear();
    restart();
    if (committed) ++epoch;
    ASSERT_TRUE(recover(epoch).ok());
    EXPECT_EQ(contents().at("a"), committed ? "new" : std::to_string(epoch));
  }
}

class DiskStoreTest : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Homes, DiskStoreTest, ::testing::Values(Where::disk),
                         [](const auto&) { return "Disk"; });

TEST_P(DiskStoreTest, TheIdentityOutlivesTheProcess) {
  const std::string id = store_->state_id();
  const StoreId store = id_;
  restart();
  EXPECT_EQ(store_->state_id(), id);
  EXPECT_EQ(id_, store);
}

TEST_P(DiskStoreTest, AFolderOfAnotherPipelineOrOtherKeyGroupsIsRefusedWithARemedy) {
  store_.reset();
  Store::Options other = options_;
  other.pipeline = "q";
  const Status pipeline = Store::open(other).status();
  EXPECT_EQ(pipeline.code(), Code::wrong_state);
  EXPECT_THAT(pipeline.to_string(), HasSubstr("another pipeline, `p`"));
  other = options_;
  other.key_groups = 64;
  const Status groups = Store::open(other).status();
  EXPECT_EQ(groups.code(), Code::wrong_state);
  EXPECT_THAT(groups.to_string(), HasSubstr("key_groups=128"));
  EXPECT_THAT(groups.to_string(), HasSubstr("run that build, or discard the state"));
}

TEST_P(DiskStoreTest, AnotherFormIsRefusedWithARemedy) {
  store_.reset();
  std::ofstream(options_.folder + "/manifest.json") << "{\"form\":99}";
  const Status refused = Store::open(options_).status();
  EXPECT_EQ(refused.code(), Code::wrong_state);
  EXPECT_THAT(refused.to_string(), HasSubstr("another version"));
}

TEST_P(DiskStoreTest, TwoCannotHaveOneFolder) {
  const Status refused = Store::open(options_).status();
  EXPECT_EQ(refused.code(), Code::wrong_state) << refused.to_string();
}

TEST_P(DiskStoreTest, AMissingManifestIsTold) {
  ASSERT_TRUE(recover(0).ok());
  commit(1, "a", "1");
  store_.reset();
  std::filesystem::remove(options_.folder + "/manifest.json");
  EXPECT_EQ(Store::open(options_).status().code(), Code::data_loss);
}

TEST_P(DiskStoreTest, AMissingDatabaseIsTold) {
  ASSERT_TRUE(recover(0).ok());
  commit(1, "a", "1");
  ASSERT_TRUE(store_->flush().ok());
  store_.reset();
  std::filesystem::remove_all(options_.folder + "/db");
  EXPECT_EQ(Store::open(options_).status().code(), Code::data_loss);
}

TEST_P(DiskStoreTest, AnUnfinishedCheckpointIsNeverListed) {
  ASSERT_TRUE(recover(0).ok());
  commit(1, "a", "1");
  for (const char* fault : {"checkpoint.files", "checkpoint.manifest"}) {
    ASSERT_TRUE(base::Faults::configure(std::string(fault) + "=error").ok());
    EXPECT_FALSE(store_->checkpoint("x", "{}").ok());
    base::Faults::clear();
    EXPECT_THAT(*store_->checkpoints(), IsEmpty());
    restart();
    ASSERT_TRUE(recover(1).ok());
  }
  ASSERT_TRUE(store_->checkpoint("x", "{}").ok());
  ASSERT_TRUE(base::Faults::configure("checkpoint.gc=error").ok());
  EXPECT_FALSE(store_->remove_checkpoint("ckpt-1").ok());
  base::Faults::clear();
  EXPECT_THAT(*store_->checkpoints(), IsEmpty());
  restart();
  EXPECT_FALSE(std::filesystem::exists(options_.folder + "/checkpoints/ckpt-1.unfinished"));
}

TEST_P(DiskStoreTest, ADamagedCheckpointLeavesTheStateAsItIs) {
  ASSERT_TRUE(recover(0).ok());
  commit(1, "a", std::string(5000, 'x'));
  ASSERT_TRUE(store_->checkpoint("x", "{}").ok());
  commit(2, "a", "2");
  for (const auto& file :
       std::filesystem::directory_iterator(options_.folder + "/checkpoints/ckpt-1/db")) {
    if (file.path().extension() != ".sst") continue;
    // A copy of its own: the file is linked to the state's.
    const std::string bytes = [&] {
      std::ifstream in(file.path(), std::ios::binary);
      return std::string(std::istreambuf_iterator<char>(in), {});
    }();
    std::filesystem::remove(file.path());
    std::string damaged = bytes;
    damaged[damaged.size() / 3] = static_cast<char>(damaged[damaged.size() / 3] ^ 1);
    std::ofstream(file.path(), std::ios::binary) << damaged;
  }
  const Status refused = store_->restore("ckpt-1", EpochId(3));
  EXPECT_EQ(refused.code(), Code::data_loss);
  EXPECT_THAT(refused.to_string(), Not(HasSubstr("db.new"))) << "a folder that nobody knows";
  EXPECT_THAT(refused.to_string(), HasSubstr("checkpoints/ckpt-1/db"));
  EXPECT_FALSE(std::filesystem::exists(options_.folder + "/db.new"));
  EXPECT_EQ(contents(), (Contents{{"a", "2"}}));
  restart();
  ASSERT_TRUE(recover(2).ok());
  EXPECT_EQ(contents(), (Contents{{"a", "2"}}));
}

TEST_P(DiskStoreTest, ACheckpointWhoseDescriptionIsUnreadableIsListedAsDamaged) {
  ASSERT_TRUE(recover(0).ok());
  commit(1, "a", "1");
  ASSERT_TRUE(store_->checkpoint("x", "{}").ok());
  commit(2, "a", "2");
  ASSERT_TRUE(store_->checkpoint("y", "{}").ok());
  std::filesystem::resize_file(options_.folder + "/checkpoints/ckpt-1/checkpoint.json", 20);
  const auto listed = store_->checkpoints();
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_EQ(listed->at(0).id, "ckpt-1");
  EXPECT_EQ(listed->at(0).epoch, EpochId(1));
  EXPECT_THAT(listed->at(0).damage, HasSubstr("cannot be read"));
  EXPECT_EQ(listed->at(1).damage, "");
  ASSERT_TRUE(store_->remove_checkpoint("ckpt-1").ok());
  EXPECT_EQ(store_->checkpoints()->size(), 1u);
}

TEST_P(DiskStoreTest, ACheckpointWithoutItsFilesIsDamaged) {
  ASSERT_TRUE(recover(0).ok());
  commit(1, "a", "1");
  ASSERT_TRUE(store_->checkpoint("x", "{}").ok());
  const std::string place = options_.folder + "/checkpoints/ckpt-1";
  std::filesystem::rename(place + "/db", place + "/away");
  EXPECT_EQ(store_->restore("ckpt-1", EpochId(2)).code(), Code::data_loss);
  std::filesystem::rename(place + "/away", place + "/db");
  std::filesystem::remove(place + "/manifest.json");
  EXPECT_EQ(store_->restore("ckpt-1", EpochId(2)).code(), Code::data_loss);
  store_.reset();
  EXPECT_EQ(check_checkpoint(options_, "ckpt-1").code(), Code::data_loss);
  EXPECT_EQ(check_checkpoint(options_, "ckpt-2").code(), Code::not_found);
}

TEST_P(DiskStoreTest, AtEveryFaultOfARestoreTheStateIsOldOrRefused) {
  ASSERT_TRUE(recover(0).ok());
  commit(1, "a", "1");
  ASSERT_TRUE(store_->checkpoint("x", "{}").ok());
  commit(2, "a", "2");
  ASSERT_TRUE(base::Faults::configure("restore.copied=error").ok());
  EXPECT_FALSE(store_->restore("ckpt-1", EpochId(3)).ok());
  base::Faults::clear();
  restart();
  ASSERT_TRUE(recover(2).ok());
  EXPECT_EQ(contents(), (Contents{{"a", "2"}}));
  ASSERT_TRUE(base::Faults::configure("restore.swapped=error").ok());
  EXPECT_FALSE(store_->restore("ckpt-1", EpochId(3)).ok());
  base::Faults::clear();
  restart();
  EXPECT_EQ(code_field(recover(2)), "STATE_MISMATCH");
  ASSERT_TRUE(store_->restore("ckpt-1", EpochId(4)).ok()) << "the remedy";
  ASSERT_TRUE(recover(4).ok());
  EXPECT_EQ(contents(), (Contents{{"a", "1"}}));
}

TEST_P(DiskStoreTest, CheckpointsOutliveDamageAndDiscardedState) {
  ASSERT_TRUE(recover(0).ok());
  commit(1, "a", "1");
  ASSERT_TRUE(store_->checkpoint("x", "{}").ok());
  store_.reset();
  std::filesystem::remove_all(options_.folder + "/db");
  EXPECT_EQ(Store::open(options_).status().code(), Code::data_loss);
  ASSERT_EQ(kept_checkpoints(options_.folder)->size(), 1u);
  ASSERT_TRUE(discard_state(options_.folder).ok());
  open();
  ASSERT_TRUE(store_->restore("ckpt-1", EpochId(7)).ok());
  ASSERT_TRUE(recover(7).ok());
  EXPECT_EQ(contents(), (Contents{{"a", "1"}}));
  store_.reset();
  EXPECT_EQ(remove_checkpoint(options_.folder, "../db").code(), Code::not_found);
  ASSERT_TRUE(remove_checkpoint(options_.folder, "ckpt-1").ok());
  EXPECT_THAT(*kept_checkpoints(options_.folder), IsEmpty());
  ASSERT_TRUE(discard_state(options_.folder).ok());
  EXPECT_FALSE(std::filesystem::exists(options_.folder)) << "nothing is left to keep";
}

}  // namespace
}  // namespace leat::state
