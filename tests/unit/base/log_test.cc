#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

namespace leat::log {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

// Lines go to a file of this test alone, and back to stderr at its end.
class LogTest : public ::testing::Test {
 protected:
  LogTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "leat-log-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
    folder_ = pattern;
    path_ = (folder_ / "log").string();
  }
  ~LogTest() override {
    clear_levels();
    static_cast<void>(configure(Level::info, Format::text, ""));
    std::filesystem::remove_all(folder_);
  }
  std::vector<std::string> lines() const {
    std::ifstream file(path_);
    std::vector<std::string> all;
    for (std::string line; std::getline(file, line);) all.push_back(line);
    return all;
  }

  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(LogTest, ATextLineHasTimeLevelLoggerMessageAndValues) {
  ASSERT_TRUE(configure(Level::debug, Format::text, path_).ok());
  info("runtime", "trigger switched",
       {{"pipeline", "p"}, {"epoch", 9182}, {"took_ms", 4.5}, {"changed", true}});
  debug("kafka", "x");
  ASSERT_EQ(lines().size(), 2u);
  EXPECT_THAT(
      lines()[0],
      MatchesRegex(
          "20..-..-..T..:..:..\\....Z INFO  runtime  trigger switched pipeline=p epoch=9182 "
          "took_ms=4.5 changed=true"));
  EXPECT_THAT(lines()[1], EndsWith("Z DEBUG kafka    x"));
}

TEST_F(LogTest, AJsonLineIsOneObject) {
  ASSERT_TRUE(configure(Level::info, Format::json, path_).ok());
  warn("kafka", "say \"x\"", {{"error", std::string("a\nb\xFF")}, {"n", -1}});
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_THAT(
      lines()[0],
      MatchesRegex(
          "\\{\"ts\":\"20..-..-..T..:..:..\\.......Z\",\"level\":\"warn\",\"logger\":\"kafka\","
          "\"msg\":\"say \\\\\"x\\\\\"\",\"error\":\"a\\\\nb\xEF\xBF\xBD\",\"n\":-1\\}"));
}

TEST_F(LogTest, NothingForgesALine) {
  ASSERT_TRUE(configure(Level::info, Format::text, path_).ok());
  info("admin", "path\r\n2026 ERROR fake", {{"value", "x\ny\x1b[31m\xC3"}});
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_THAT(lines()[0], HasSubstr("path\\r\\n2026 ERROR fake value=x\\ny\\x1b[31m\xEF\xBF\xBD"));
}

TEST_F(LogTest, LevelsAreGeneralAndByLogger) {
  ASSERT_TRUE(configure(Level::warn, Format::text, path_).ok());
  info("a", "hidden");
  set_level("a", Level::debug);
  debug("a", "shown 1");
  info("b", "hidden");
  set_level("b", Level::off);
  error("b", "hidden");
  clear_levels();
  error("b", "shown 2");
  set_default_level(Level::off);
  error("b", "hidden");
  ASSERT_EQ(lines().size(), 2u);
  EXPECT_THAT(lines()[0], EndsWith("shown 1"));
  EXPECT_THAT(lines()[1], EndsWith("shown 2"));
}

TEST_F(LogTest, EqualMessagesAreFolded) {
  ASSERT_TRUE(configure(Level::info, Format::text, path_).ok());
  for (int i = 0; i < 25; ++i) info("fold", "the same", {{"i", i}});
  for (int i = 0; i < 5; ++i) info("fold", "another");
  for (int i = 0; i < 5; ++i) info("fold2", "the same");
  EXPECT_EQ(lines().size(), 10u + 5 + 5);
}

TEST_F(LogTest, AMutedThreadWritesNothing) {
  ASSERT_TRUE(configure(Level::info, Format::text, path_).ok());
  {
    const Muted outer;
    const Muted inner;
    info("a", "dropped");
  }
  info("a", "written");
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_THAT(lines()[0], EndsWith("written"));
}

TEST_F(LogTest, AMovedFileIsOpenedAgain) {
  ASSERT_TRUE(configure(Level::info, Format::text, path_).ok());
  info("reopen", "first");
  std::filesystem::rename(path_, path_ + ".1");
  info("reopen", "second");
  EXPECT_FALSE(std::filesystem::exists(path_));
  reopen();
  info("reopen", "third");
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_THAT(lines()[0], EndsWith("third"));
}

TEST_F(LogTest, AFileThatCannotBeOpenedIsAnErrorAndChangesNothing) {
  ASSERT_TRUE(configure(Level::info, Format::text, path_).ok());
  const Status status = configure(Level::off, Format::json, (folder_ / "none" / "log").string());
  EXPECT_EQ(status.code(), Code::permission_denied);
  EXPECT_THAT(status.to_string(), HasSubstr("path="));
  info("still", "here");
  EXPECT_EQ(lines().size(), 1u);
}

TEST(LogLevel, IsReadByName) {
  Level level = Level::off;
  EXPECT_TRUE(parse_level("debug", level));
  EXPECT_EQ(level, Level::debug);
  EXPECT_TRUE(parse_level("off", level));
  EXPECT_EQ(level, Level::off);
  EXPECT_FALSE(parse_level("INFO", level));
  EXPECT_FALSE(parse_level("", level));
  EXPECT_EQ(level, Level::off);
}

}  // namespace
}  // namespace leat::log
