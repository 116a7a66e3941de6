// A database that is damaged, incomplete, or has no room: told with its place, never a wrong answer.
#include "state/rocks_backing.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace leat::state {
namespace {

namespace fs = std::filesystem;

class RocksBackingTest : public ::testing::Test {
 protected:
  using Contents = std::map<std::string, std::string>;

  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "leat-db-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::unique_ptr<RocksBacking> make(const std::string& name) const {
    return std::make_unique<RocksBacking>(folder_ + "/" + name, Store::Options());
  }
  static Status put(RocksBacking& db, std::uint64_t epoch, int keys, std::size_t value_bytes = 10) {
    Delta delta(StoreId(1));
    for (int i = 0; i < keys; ++i)
      delta.put(static_cast<std::uint32_t>(i % 3), "key" + std::to_string(i),
                std::to_string(epoch) + std::string(value_bytes, 'v'));
    delta.mark(1, static_cast<std::int64_t>(epoch));
    std::string bytes;
    for (const std::string& chunk : delta.chunks()) bytes += chunk;
    const StoreChanges changes{StoreId(1), bytes};
    return db.apply(EpochId(epoch), {&changes, 1});
  }
  static Status read(const RocksBacking& db, Contents& all) {
    for (std::uint32_t group = 0; group < 3; ++group)
      LEAT_RETURN_IF_ERROR(db.scan(StoreId(1), group, {}, [&](auto key, auto value) {
        all.emplace(key, value);
        return true;
      }));
    return {};
  }
  std::vector<fs::path> files(const std::string& name, std::string_view part) const {
    std::vector<fs::path> found;
    for (const auto& file : fs::directory_iterator(folder_ + "/" + name))
      if (file.path().filename().string().find(part) != std::string::npos)
        found.push_back(file.path());
    return found;
  }
  // A database of two epochs in two files.
  Contents make_good() const {
    const auto db = make("good");
    EXPECT_TRUE(db->open(true).ok());
    EXPECT_TRUE(put(*db, 1, 60).ok());
    EXPECT_TRUE(db->flush().ok());
    EXPECT_TRUE(put(*db, 2, 30).ok());
    EXPECT_TRUE(db->flush().ok());
    Contents all;
    EXPECT_TRUE(read(*db, all).ok());
    return all;
  }
  void copy_good() const {
    fs::remove_all(folder_ + "/db");
    fs::copy(folder_ + "/good", folder_ + "/db", fs::copy_options::recursive);
  }

  std::string folder_;
};

TEST_F(RocksBackingTest, SmallAndLargeEpochsAreReadAfterItWasOpenedAnew) {
  Contents before;
  {
    const auto db = make("db");
    ASSERT_TRUE(db->open(true).ok());
    ASSERT_TRUE(put(*db, 1, 10).ok());
    EXPECT_EQ(db->epoch(), EpochId(1));
    EXPECT_EQ(db->durable_epoch(), EpochId());
    ASSERT_TRUE(put(*db, 4, 5000, 400).ok());
    EXPECT_EQ(db->durable_epoch(), EpochId(4)) << "a file is durable at once";
    ASSERT_TRUE(put(*db, 5, 3).ok());
    ASSERT_TRUE(db->flush().ok());
    EXPECT_EQ(db->durable_epoch(), EpochId(5));
    ASSERT_TRUE(read(*db, before).ok());
    EXPECT_GT(db->bytes(), 0u);
  }
  const auto db = make("db");
  ASSERT_TRUE(db->open(false).ok());
  EXPECT_EQ(db->epoch(), EpochId(5));
  Contents after;
  ASSERT_TRUE(read(*db, after).ok());
  EXPECT_EQ(after, before);
  EXPECT_EQ(after.size(), 5000u);
  EXPECT_EQ(after.at("key2")[0], '5');
  EXPECT_EQ(after.at("key3")[0], '4');
  EXPECT_EQ(*db->mark(StoreId(1), 1), 5);
  EXPECT_EQ(*db->mark(StoreId(1), 2), kNoMark);
}

TEST_F(RocksBackingTest, AnEpochIsAppliedWholeOrNotAtAll) {
  const auto db = make("db");
  ASSERT_TRUE(db->open(true).ok());
  ASSERT_TRUE(put(*db, 1, 3).ok());
  Delta delta(StoreId(1));
  delta.put(0, "key0", "new");
  const std::string bytes = delta.chunks()[0] + "\x09";
  const StoreChanges changes{StoreId(1), bytes};
  EXPECT_EQ(db->apply(EpochId(2), {&changes, 1}).code(), Code::data_loss);
  EXPECT_EQ(db->epoch(), EpochId(1));
  Contents all;
  ASSERT_TRUE(read(*db, all).ok());
  EXPECT_EQ(all.at("key0")[0], '1');
}

TEST_F(RocksBackingTest, AFlippedByteInATableFileIsToldOrHarmless) {
  const Contents good = make_good();
  const std::size_t files_count = files("good", ".sst").size();
  ASSERT_EQ(files_count, 2u);
  int told = 0;
  for (std::size_t file = 0; file < files_count; ++file) {
    const auto size = fs::file_size(files("good", ".sst")[file]);
    for (std::uint64_t at = file; at < size; at += 53) {
      copy_good();
      std::fstream damaged(files("db", ".sst")[file],
                           std::ios::binary | std::ios::in | std::ios::out);
      damaged.seekg(static_cast<std::streamoff>(at));
      const int byte = damaged.get();
      damaged.seekp(static_cast<std::streamoff>(at));
      damaged.put(static_cast<char>(byte ^ 0x40));
      damaged.close();
      const auto db = make("db");
      Status status = db->open(false);
      Contents all;
      if (status.ok()) status = read(*db, all);
      if (status.ok()) {
        EXPECT_EQ(db->epoch(), EpochId(2)) << file << " " << at;
        EXPECT_EQ(all, good) << file << " " << at;
        continue;
      }
      ++told;
      EXPECT_EQ(status.code(), Code::data_loss) << status.to_string();
      EXPECT_NE(status.to_string().find("path="), std::string::npos);
    }
  }
  EXPECT_GT(told, 10);
}

TEST_F(RocksBackingTest, AMissingFileIsTold) {
  make_good();
  for (const std::string_view part : {"MANIFEST", "CURRENT", ".sst"}) {
    copy_good();
    fs::remove(files("db", part).at(0));
    const auto db = make("db");
    Status status = db->open(false);
    Contents all;
    if (status.ok()) status = read(*db, all);
    EXPECT_EQ(status.code(), Code::data_loss) << part << ": " << status.to_string();
  }
}

// Cut between two of its records RocksDB's own manifest is a sound older one: the epoch tells.
TEST_F(RocksBackingTest, ATruncatedManifestIsToldOrShowsInTheEpoch) {
  const Contents good = make_good();
  const std::string manifest = files("good", "MANIFEST").at(0).filename().string();
  const auto size = fs::file_size(folder_ + "/good/" + manifest);
  for (std::uint64_t left = 0; left < size; left += 5) {
    copy_good();
    fs::resize_file(folder_ + "/db/" + manifest, left);
    const auto db = make("db");
    const Status status = db->open(false);
    if (!status.ok()) {
      EXPECT_EQ(status.code(), Code::data_loss) << left << ": " << status.to_string();
      continue;
    }
    Contents all;
    if (!read(*db, all).ok()) continue;
    EXPECT_TRUE(db->epoch() < EpochId(2) || all == good) << left;
  }
}

TEST_F(RocksBackingTest, AFullDiskIsToldAndNothingIsLost) {
  Contents before;
  {
    const auto db = make("db");
    ASSERT_TRUE(db->open(true).ok());
    ASSERT_TRUE(put(*db, 1, 10).ok());
    ASSERT_TRUE(db->flush().ok());
    rlimit old{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small = old;
    small.rlim_cur = 64 << 10;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const Status refused = put(*db, 2, 5000, 400);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
    std::signal(SIGXFSZ, handler);
    EXPECT_EQ(refused.code(), Code::exhausted) << refused.to_string();
    EXPECT_EQ(db->epoch(), EpochId(1));
    ASSERT_TRUE(read(*db, before).ok());
    EXPECT_EQ(before.size(), 10u);
    const Status again = put(*db, 2, 5000, 400);
    EXPECT_TRUE(again.ok()) << again.to_string();
  }
  const auto db = make("db");
  ASSERT_TRUE(db->open(false).ok());
  EXPECT_EQ(db->epoch(), EpochId(2));
}

TEST_F(RocksBackingTest, ADroppedStoreIsGoneAndItsNeighboursStay) {
  const auto db = make("db");
  ASSERT_TRUE(db->open(true).ok());
  std::vector<std::string> bytes;
  for (std::uint32_t store = 1; store <= 3; ++store) {
    Delta delta{StoreId(store)};
    delta.put(127, "k", std::to_string(store));
    delta.mark(127, store);
    bytes.push_back(delta.chunks()[0]);
  }
  const StoreChanges changes[] = {
      {StoreId(1), bytes[0]}, {StoreId(2), bytes[1]}, {StoreId(3), bytes[2]}};
  ASSERT_TRUE(db->apply(EpochId(1), changes).ok());
  ASSERT_TRUE(db->drop(StoreId(2)).ok());
  const Backing::Wanted wanted{127, "k"};
  for (std::uint32_t store = 1; store <= 3; ++store) {
    std::string value;
    bool found = false;
    ASSERT_TRUE(db->get(StoreId(store), {&wanted, 1}, {&value, 1}, {&found, 1}).ok());
    EXPECT_EQ(found, store != 2);
    EXPECT_EQ(*db->mark(StoreId(store), 127), store == 2 ? kNoMark : store);
  }
  EXPECT_EQ(db->epoch(), EpochId(1));
}

}  // namespace
}  // namespace leat::state
