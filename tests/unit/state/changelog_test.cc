// A changelog on disk that is cut short, damaged, or has no room.
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "state/file_changelog.h"
#include "state/store.h"

namespace leat::state {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ChangelogTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kSegment = 1 << 20;

  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "leat-log-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::unique_ptr<FileChangelog> open(std::uint64_t segment = kSegment) const {
    auto opened = FileChangelog::open(folder_ + "/log", segment);
    EXPECT_TRUE(opened.ok()) << opened.status().to_string();
    return *std::move(opened);
  }
  static Status append(FileChangelog& log, std::uint64_t epoch, std::string_view value) {
    std::vector<Delta> deltas;
    deltas.emplace_back(StoreId(1));
    deltas.back().put(5, "key", value);
    const EpochId before = log.records().empty() ? EpochId(epoch - 1) : log.records().back().epoch;
    return log.append(EpochId(epoch), before, deltas);
  }
  // epoch:value of what can be read, in order.
  static std::string contents(const FileChangelog& log) {
    std::string all;
    for (const Changelog::Record& record : log.records()) {
      std::string body;
      std::vector<StoreChanges> changes;
      EXPECT_TRUE(log.read(record.epoch, body).ok());
      EXPECT_TRUE(split_changes(body, changes).ok());
      Change change;
      EXPECT_TRUE(DeltaReader(changes.at(0).bytes).next(change));
      all += std::to_string(record.epoch.value()) + ":" + std::string(change.value) + " ";
    }
    return all;
  }
  std::string path(std::uint64_t segment) const {
    const std::string digits = std::to_string(segment);
    return folder_ + "/log/" + std::string(20 - digits.size(), '0') + digits + ".log";
  }
  static std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }

  std::string folder_;
};

TEST_F(ChangelogTest, GivesBackWhatWasAppendedAfterItWasOpenedAnew) {
  {
    const auto log = open();
    ASSERT_TRUE(append(*log, 1, "a").ok());
    ASSERT_TRUE(append(*log, 2, "b").ok());
  }
  const auto log = open();
  EXPECT_TRUE(log->damage().ok());
  EXPECT_EQ(contents(*log), "1:a 2:b ");
  ASSERT_TRUE(append(*log, 3, "c").ok());
  EXPECT_EQ(contents(*open()), "1:a 2:b 3:c ");
}

TEST_F(ChangelogTest, FilesGoWhenNothingInThemIsNeeded) {
  const auto log = open(1);  // one epoch a file
  for (std::uint64_t epoch = 1; epoch <= 5; ++epoch)
    ASSERT_TRUE(append(*log, epoch, "v" + std::to_string(epoch)).ok());
  ASSERT_TRUE(log->drop_until(EpochId(3)).ok());
  EXPECT_FALSE(fs::exists(path(3)));
  EXPECT_EQ(contents(*open(1)), "4:v4 5:v5 ");
  ASSERT_TRUE(log->drop_beyond(EpochId(4)).ok());
  EXPECT_EQ(contents(*open(1)), "4:v4 ");
  ASSERT_TRUE(append(*log, 5, "other").ok());
  EXPECT_EQ(contents(*open(1)), "4:v4 5:other ");
  ASSERT_TRUE(log->drop_until(EpochId(5)).ok());
  EXPECT_TRUE(fs::is_empty(folder_ + "/log"));
}

TEST_F(ChangelogTest, CutShortAtEveryByteItHasTheWholeEpochsBeforeTheCut) {
  std::vector<std::size_t> ends;
  {
    const auto log = open();
    for (std::uint64_t epoch = 1; epoch <= 3; ++epoch) {
      ASSERT_TRUE(append(*log, epoch, "v" + std::to_string(epoch)).ok());
      ends.push_back(fs::file_size(path(1)));
    }
  }
  const std::string bytes = read(path(1));
  const std::string whole[] = {"", "1:v1 ", "1:v1 2:v2 ", "1:v1 2:v2 3:v3 "};
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    write(path(1), bytes.substr(0, size));
    const std::size_t epochs = static_cast<std::size_t>(
        std::count_if(ends.begin(), ends.end(), [&](std::size_t end) { return end <= size; }));
    const auto log = open();
    ASSERT_EQ(contents(*log), whole[epochs]) << size;
    const bool between = size == 32 || (epochs > 0 && ends[epochs - 1] == size);
    EXPECT_EQ(log->damage().ok(), between) << size;
    // It goes on behind what is whole.
    ASSERT_TRUE(log->drop_beyond(EpochId(epochs)).ok());
    ASSERT_TRUE(append(*log, 9, "next").ok());
    ASSERT_EQ(contents(*open()), whole[epochs] + "9:next ") << size;
    for (const auto& file : fs::directory_iterator(folder_ + "/log")) fs::remove(file.path());
  }
}

TEST_F(ChangelogTest, AFlippedBitAnywhereLosesOneEpochAndSaysWhich) {
  {
    const auto log = open();
    for (std::uint64_t epoch = 1; epoch <= 3; ++epoch)
      ASSERT_TRUE(append(*log, epoch, "v" + std::to_string(epoch)).ok());
  }
  const std::string bytes = read(path(1));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const char flip : {'\x01', '\x80'}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      write(path(1), damaged);
      const auto log = open();
      ASSERT_EQ(log->damage().code(), Code::data_loss) << at;
      EXPECT_THAT(log->damage().to_string(), HasSubstr("offset=")) << at;
      EXPECT_THAT(log->damage().to_string(), HasSubstr("epoch=")) << at;
      const std::string left = contents(*log);
      const bool head = at < 32;
      if (head)
        ASSERT_EQ(left, "1:v1 2:v2 3:v3 ") << at;
      else
        ASSERT_TRUE(left == "1:v1 2:v2 " || left == "1:v1 3:v3 " || left == "2:v2 3:v3 ") << at;
    }
  }
}

// What a store makes of it: the committed state, or the truth.
TEST_F(ChangelogTest, AStoreWithADamagedChangelogHasTheCommittedStateOrSaysDataLoss) {
  Store::Options options;
  options.folder = folder_ + "/p";
  options.pipeline = "p";
  std::string id;
  StoreId store;
  {
    auto made = *Store::open(options);
    const StepState step{"s", "v1"};
    store = made->adopt({&step, 1})->at(0);
    ASSERT_TRUE(made->recover(EpochId(), "").ok());
    id = made->state_id();
    for (std::uint64_t epoch = 1; epoch <= 3; ++epoch) {
      std::vector<Delta> deltas;
      deltas.emplace_back(store);
      // Large enough to wait in the changelog.
      deltas.back().put(3, "key", std::to_string(epoch) + std::string(300 << 10, 'v'));
      ASSERT_TRUE(made->append(EpochId(epoch), deltas).ok());
      ASSERT_TRUE(made->fold(EpochId(epoch)).ok());
    }
  }
  fs::copy(options.folder, folder_ + "/good", fs::copy_options::recursive);
  const std::string log = "/changelog/00000000000000000001.log";
  const std::string bytes = read(options.folder + log);
  int lost = 0;
  for (const std::size_t at :
       {std::size_t{9}, std::size_t{40}, std::size_t{120}, bytes.size() / 2, bytes.size() - 5}) {
    for (const bool cut : {false, true}) {
      std::string damaged = cut ? bytes.substr(0, at) : bytes;
      if (!cut) damaged[at] = static_cast<char>(damaged[at] ^ 4);
      fs::remove_all(options.folder);
      fs::copy(folder_ + "/good", options.folder, fs::copy_options::recursive);
      write(options.folder + log, damaged);
      auto opened = Store::open(options);
      ASSERT_TRUE(opened.ok()) << opened.status().to_string();
      const Status recovered = (*opened)->recover(EpochId(3), id);
      if (recovered.ok()) {
        const Backing::Wanted wanted{3, "key"};
        std::string value;
        bool found = false;
        ASSERT_TRUE((*opened)->backing().get(store, {&wanted, 1}, {&value, 1}, {&found, 1}).ok());
        EXPECT_TRUE(found && value[0] == '3') << at;
      } else {
        ++lost;
        EXPECT_EQ(recovered.code(), Code::data_loss) << recovered.to_string();
        EXPECT_THAT(recovered.to_string(), HasSubstr("00001.log"));
        EXPECT_THAT(recovered.to_string(), HasSubstr("offset="));
      }
    }
  }
  EXPECT_GE(lost, 8);
}

TEST_F(ChangelogTest, AFullDiskRefusesTheEpochAndLosesNothing) {
  const auto log = open();
  ASSERT_TRUE(append(*log, 1, "a").ok());
  const std::uint64_t size = fs::file_size(path(1));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = size + 100;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status refused = append(*log, 2, std::string(10'000, 'b'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old);
  EXPECT_EQ(refused.code(), Code::exhausted) << refused.to_string();
  EXPECT_EQ(fs::file_size(path(1)), size);
  EXPECT_EQ(contents(*open()), "1:a ");
  ASSERT_TRUE(append(*log, 2, "c").ok()) << "there is room again";
  EXPECT_EQ(contents(*open()), "1:a 2:c ");
}

}  // namespace
}  // namespace leat::state
