#include "runtime/definition_store.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/faults.h"

namespace leat::runtime {
namespace {

class DefinitionStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "leat-store-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override {
    base::Faults::clear();
    std::filesystem::remove_all(folder_);
  }
  static StoredPipeline stored(const std::string& name, const std::string& text) {
    StoredPipeline made;
    made.name = name;
    made.generation = 7;
    made.desired = Desired::paused;
    made.created_at = WallTime{123};
    made.text = text;
    return made;
  }
  std::string folder_;
};

TEST_F(DefinitionStoreTest, GivesBackWhatWasSaved) {
  DefinitionStore store(folder_);
  ASSERT_TRUE(store.open().ok());
  StoredPipeline saved = stored("b", "{ // a comment\n \"name\": \"b\" }");
  saved.trigger_override =
      spec::TriggerSpec{spec::TriggerMode::micro_batch, std::chrono::milliseconds(500), 10, {}};
  ASSERT_TRUE(store.save(saved).ok());
  ASSERT_TRUE(store.save(stored("a", "x")).ok());
  const auto loaded = store.load();
  ASSERT_TRUE(loaded.ok());
  ASSERT_EQ(loaded->pipelines.size(), 2u);
  EXPECT_EQ(loaded->pipelines[0].name, "a");
  const StoredPipeline& again = loaded->pipelines[1];
  EXPECT_EQ(again.text, saved.text);
  EXPECT_EQ(again.generation, 7u);
  EXPECT_EQ(again.desired, Desired::paused);
  EXPECT_EQ(again.created_at, WallTime{123});
  ASSERT_TRUE(again.trigger_override.has_value());
  EXPECT_EQ(again.trigger_override->mode, spec::TriggerMode::micro_batch);
  EXPECT_EQ(again.trigger_override->interval, std::chrono::milliseconds(500));
  EXPECT_EQ(again.trigger_override->max_records, 10u);
}

TEST_F(DefinitionStoreTest, AFailedSaveLeavesTheOldOne) {
  DefinitionStore store(folder_);
  ASSERT_TRUE(store.open().ok());
  ASSERT_TRUE(store.save(stored("a", "old")).ok());
  for (const char* point : {"config.temp=error", "config.synced=error"}) {
    ASSERT_TRUE(base::Faults::configure(point).ok());
    EXPECT_FALSE(store.save(stored("a", "new")).ok()) << point;
    const auto loaded = store.load();
    ASSERT_TRUE(loaded.ok());
    ASSERT_EQ(loaded->pipelines.size(), 1u) << point;
    EXPECT_EQ(loaded->pipelines[0].text, "old") << point;
  }
}

TEST_F(DefinitionStoreTest, ACrashAnywhereLeavesTheOldOneOrTheNewOne) {
  for (const auto& [point, left] :
       {std::pair("config.temp", "old"), std::pair("config.synced", "old"),
        std::pair("config.renamed", "new")}) {
    DefinitionStore store(folder_);
    ASSERT_TRUE(store.open().ok());
    ASSERT_TRUE(store.save(stored("a", "old")).ok());
    base::Faults::set_crash_handler([](std::string_view) {});
    ASSERT_TRUE(base::Faults::configure(std::string(point) + "=crash").ok());
    EXPECT_FALSE(store.save(stored("a", "new")).ok()) << point;
    base::Faults::clear();
    base::Faults::set_crash_handler({});
    const auto loaded = DefinitionStore(folder_).load();
    ASSERT_TRUE(loaded.ok());
    EXPECT_TRUE(loaded->damaged.empty()) << point;
    ASSERT_EQ(loaded->pipelines.size(), 1u) << point;
    EXPECT_EQ(loaded->pipelines[0].text, left) << point;
  }
}

TEST_F(DefinitionStoreTest, DamagedFilesAreToldAndLeftAlone) {
  DefinitionStore store(folder_);
  ASSERT_TRUE(store.open().ok());
  ASSERT_TRUE(store.save(stored("good", "x")).ok());
  const std::string whole = to_json(stored("bad", "y"));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    std::ofstream(folder_ + "/bad.json", std::ios::binary | std::ios::trunc)
        << whole.substr(0, length);
    const auto loaded = store.load();
    ASSERT_TRUE(loaded.ok());
    ASSERT_EQ(loaded->pipelines.size(), 1u) << length;
    ASSERT_EQ(loaded->damaged.size(), 1u) << length;
  }
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/bad.json"));
}

TEST_F(DefinitionStoreTest, RemovedIsGoneAndRemovingTwiceIsNoError) {
  DefinitionStore store(folder_);
  ASSERT_TRUE(store.open().ok());
  ASSERT_TRUE(store.save(stored("a", "x")).ok());
  EXPECT_TRUE(store.remove("a").ok());
  EXPECT_TRUE(store.remove("a").ok());
  EXPECT_TRUE(store.load()->pipelines.empty());
}

}  // namespace
}  // namespace leat::runtime
