#include "plugin/folder_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "unit/plugin/plugin_files.h"

namespace leat::plugin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

bool is_readable(int fd) {
  pollfd watched{fd, POLLIN, 0};
  return ::poll(&watched, 1, 0) == 1;
}

class Inotify : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = watch_by_inotify(folder.path());
    ASSERT_TRUE(made.ok());
    watch = std::move(made).value();
  }
  TestFolder folder;
  std::unique_ptr<FolderWatch> watch;
};

TEST_F(Inotify, TellsWhatIsThereThenWhatComes) {
  folder.write("a.so", "x");
  EXPECT_THAT(watch->changed(), ElementsAre("a.so"));
  EXPECT_FALSE(is_readable(watch->fd()));
  folder.write("b.so", "x");
  folder.write("a.so", "y");
  EXPECT_TRUE(is_readable(watch->fd()));
  EXPECT_THAT(watch->changed(), ElementsAre("a.so", "b.so"));
  EXPECT_THAT(watch->changed(), IsEmpty());
}

TEST_F(Inotify, AFileCountsOnceItIsWhole) {
  watch->changed();
  {
    std::ofstream open(folder.at("a.so"));
    open << "half" << std::flush;
    EXPECT_THAT(watch->changed(), IsEmpty());
  }
  EXPECT_THAT(watch->changed(), ElementsAre("a.so"));
  folder.write(".b.so.tmp", "x");
  EXPECT_THAT(watch->changed(), IsEmpty());
  std::filesystem::rename(folder.at(".b.so.tmp"), folder.at("b.so"));
  EXPECT_THAT(watch->changed(), ElementsAre("b.so"));
}

TEST_F(Inotify, ASignatureIsALookAtItsLibrary) {
  folder.write("a.so", "x");
  watch->changed();
  folder.write("a.so.sig", "s");
  EXPECT_THAT(watch->changed(), ElementsAre("a.so"));
}

TEST_F(Inotify, AFolderThatIsPutInPlaceAnewIsWatchedAgain) {
  watch->changed();
  std::filesystem::remove_all(folder.path());
  EXPECT_TRUE(is_readable(watch->fd()));
  EXPECT_THAT(watch->changed(), IsEmpty());
  std::filesystem::create_directory(folder.path());
  folder.write("a.so", "x");
  EXPECT_THAT(watch->changed(), ElementsAre("a.so"));
  folder.write("b.so", "x");
  EXPECT_THAT(watch->changed(), ElementsAre("b.so"));
}

TEST(WatchByInotify, NeedsAFolder) {
  const TestFolder folder;
  EXPECT_EQ(watch_by_inotify(folder.at("nowhere")).status().code(), Code::unavailable);
}

TEST(WatchByPolling, AFileCountsOnceItStaysTheSame) {
  const TestFolder folder;
  folder.write("a.so", "x");
  const auto watch = watch_by_polling(folder.path());
  EXPECT_EQ(watch->fd(), -1);
  EXPECT_THAT(watch->changed(), ElementsAre("a.so"));
  EXPECT_THAT(watch->changed(), IsEmpty());
  folder.write("b.so", "x");
  EXPECT_THAT(watch->changed(), IsEmpty());
  folder.write("b.so", "xy");
  EXPECT_THAT(watch->changed(), IsEmpty());
  EXPECT_THAT(watch->changed(), ElementsAre("b.so"));
  EXPECT_THAT(watch->changed(), IsEmpty());
  std::filesystem::remove(folder.at("b.so"));
  folder.write("a.so.sig", "s");
  EXPECT_THAT(watch->changed(), IsEmpty());
  EXPECT_THAT(watch->changed(), ElementsAre("a.so"));
}

}  // namespace
}  // namespace leat::plugin
