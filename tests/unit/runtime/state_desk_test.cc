#include "runtime/state_desk.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "support/keyed_plans.h"

namespace leat::runtime {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A desk with a folder on the disk, and 3000 keys in epoch 1, which a checkpoint shares.
class DiskDeskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "leat-desk-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    outside_ = pattern;
    folder_ = outside_ + "/store";
    make_desk();
    const StateDesk::Restored made = desk_->restore(EpochId(0), "", StateStart::keep);
    ASSERT_TRUE(made.status.ok()) << made.status.to_string();
    state_id_ = made.state_id;
    append(1, 3000);
    ASSERT_TRUE(desk_->fold(EpochId(1)).ok());
    ASSERT_TRUE(desk_->checkpoint(EpochId(1), "x", "{}").ok());
    desk_->end_run();
  }
  void TearDown() override {
    desk_.reset();
    fs::remove_all(outside_);
  }
  void make_desk(std::uint64_t limit = 0) {
    const auto plan = test::counted({}, 1);
    auto spec = std::make_shared<spec::PipelineSpec>(*plan->spec);
    spec->limits.state_bytes = limit;
    plan->spec = spec;
    desk_ = std::make_unique<StateDesk>(StateDesk::Parts{plan, folder_, {}, nullptr});
  }
  StateDesk::Appended append(std::uint64_t epoch, int keys) {
    const auto store = desk_->view(0, EpochId(0));
    EXPECT_TRUE(store.ok()) << store.status().to_string();
    std::vector<state::Delta> deltas;
    deltas.emplace_back(store->id);
    for (int i = 0; i < keys; ++i) {
      const std::string text = "key-" + std::to_string(i);
      const record::Value value = record::Value::string(text);
      std::string key;
      state::encode_key({&value, 1}, key);
      deltas.back().put(record::key_group(record::mix_key(0, value)), key, "1");
    }
    return desk_->append(EpochId(epoch), deltas);
  }
  StateDesk::Restored restore(StateStart start) {
    StateDesk::Restored made = desk_->restore(EpochId(1), state_id_, start);
    made_tables_ = made.tables.size();
    rows_ = made.tables.empty() ? 0 : made.tables.begin()->second->keys();
    made.tables.clear();
    desk_->end_run();
    return made;
  }
  // In place, so that a checkpoint that shares the file has it too. `part`: where, 0…1.
  void flip_tables(double part) {
    int flipped = 0;
    for (const auto& file : fs::directory_iterator(folder_ + "/db")) {
      if (file.path().extension() != ".sst") continue;
      const auto at = static_cast<std::streamoff>(part * static_cast<double>(file.file_size() - 1));
      std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
      bytes.seekg(at);
      const int byte = bytes.get();
      bytes.seekp(at);
      bytes.put(static_cast<char>(byte ^ 1));
      ++flipped;
    }
    ASSERT_GT(flipped, 0);
  }

  std::string outside_, folder_, state_id_;
  std::unique_ptr<StateDesk> desk_;
  std::size_t made_tables_ = 0;
  std::size_t rows_ = 0;
};

TEST_F(DiskDeskTest, ADamagedBlockEndsOnceSomebodyGivesTheStateUp) {
  flip_tables(0.3);
  const StateDesk::Restored refused = restore(StateStart::keep);
  EXPECT_EQ(refused.status.code(), Code::data_loss);
  EXPECT_THAT(refused.status.message(), HasSubstr("STATE_DAMAGED"));
  EXPECT_EQ(made_tables_, 0u);
  const StateDesk::Restored made = restore(StateStart::what_fits);
  ASSERT_TRUE(made.status.ok()) << made.status.to_string();
  EXPECT_TRUE(made.anew);
  EXPECT_NE(made.state_id, state_id_);
  EXPECT_EQ(made_tables_, 1u);
  EXPECT_EQ(rows_, 0u);
}

TEST_F(DiskDeskTest, SoundStateIsKeptByAStartThatMayLoseIt) {
  const StateDesk::Restored made = restore(StateStart::what_fits);
  ASSERT_TRUE(made.status.ok()) << made.status.to_string();
  EXPECT_EQ(made.state_id, state_id_);
  EXPECT_EQ(rows_, 3000u);
}

TEST_F(DiskDeskTest, ACheckpointThatRottedWithTheStateChangesNothing) {
  for (const double part : {0.3, 1.0}) {
    SCOPED_TRACE(part);
    flip_tables(part);
    EXPECT_EQ(restore(StateStart::keep).status.code(), Code::data_loss);
    const Status refused = desk_->bring_back("ckpt-1", EpochId(1)).status();
    EXPECT_EQ(refused.code(), Code::data_loss) << refused.to_string();
    EXPECT_THAT(refused.to_string(), Not(HasSubstr("db.new")));
    EXPECT_FALSE(fs::exists(folder_ + "/db.new"));
    flip_tables(part);
    const StateDesk::Restored made = restore(StateStart::keep);
    EXPECT_TRUE(made.status.ok()) << made.status.to_string();
    EXPECT_EQ(rows_, 3000u);
  }
}

TEST_F(DiskDeskTest, ASoundCheckpointReplacesStateThatDoesNotOpen) {
  fs::remove_all(folder_ + "/db");
  EXPECT_EQ(restore(StateStart::keep).status.code(), Code::data_loss);
  const auto brought = desk_->bring_back("ckpt-1", EpochId(7));
  ASSERT_TRUE(brought.ok()) << brought.status().to_string();
  EXPECT_EQ(brought->epoch, EpochId(8));
  const StateDesk::Restored made =
      desk_->restore(brought->epoch, brought->state_id, StateStart::keep);
  ASSERT_TRUE(made.status.ok()) << made.status.to_string();
  EXPECT_EQ(made.tables.begin()->second->keys(), 3000u);
}

TEST_F(DiskDeskTest, StateBeyondItsLimitBeginsNoRunUntilTheLimitIsRaised) {
  make_desk(1000);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const StateDesk::Restored held = restore(StateStart::keep);
    EXPECT_EQ(held.status.code(), Code::exhausted);
    EXPECT_THAT(held.status.message(), HasSubstr("STATE_LIMIT: the state takes "));
    EXPECT_THAT(held.status.message(), HasSubstr(" bytes, more than `limits.state` (1000 bytes)"));
    EXPECT_EQ(made_tables_, 0u) << "nobody can read on";
  }
  make_desk(10 << 20);
  EXPECT_TRUE(restore(StateStart::keep).status.ok());
  EXPECT_EQ(rows_, 3000u);
}

TEST_F(DiskDeskTest, FormerValuesDoNotCountAgainstTheLimitOfTheNextRun) {
  std::uint64_t one = 0;
  for (const auto& file : fs::directory_iterator(folder_ + "/db"))
    if (file.path().extension() == ".sst") one += file.file_size();
  make_desk(one * 3 / 2);
  for (std::uint64_t epoch = 2; epoch <= 3; ++epoch) {
    ASSERT_TRUE(desk_->restore(EpochId(epoch - 1), state_id_, StateStart::keep).status.ok());
    const StateDesk::Appended appended = append(epoch, 3000);
    ASSERT_TRUE(appended.status.ok());
    EXPECT_THAT(appended.pressure.message(), HasSubstr("STATE_LIMIT"));
    ASSERT_TRUE(desk_->fold(EpochId(epoch)).ok());
    desk_->end_run();
  }
}

}  // namespace
}  // namespace leat::runtime
