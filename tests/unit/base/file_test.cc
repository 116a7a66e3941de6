#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace leat::base {
namespace {

using ::testing::HasSubstr;

class FileTest : public ::testing::Test {
 protected:
  FileTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "leat-file-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
    folder_ = pattern;
  }
  ~FileTest() override { std::filesystem::remove_all(folder_); }
  std::string path(const char* name) const { return (folder_ / name).string(); }

  std::filesystem::path folder_;
};

TEST_F(FileTest, WhatIsWrittenIsReadBack) {
  const std::string text("a\0b\n", 4);
  ASSERT_TRUE(write_file(path("x"), text, 0600).ok());
  EXPECT_EQ(*read_file(path("x"), 4), text);
  ASSERT_TRUE(write_file(path("x"), "", 0600).ok());
  EXPECT_EQ(*read_file(path("x"), 0), "");
  struct stat info {};
  ASSERT_EQ(::stat(path("x").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
}

TEST_F(FileTest, WritingLeavesNothingBeside) {
  ASSERT_TRUE(write_file(path("x"), "1", 0600).ok());
  ASSERT_TRUE(write_file(path("x"), "2", 0600).ok());
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_)) ++entries;
  EXPECT_EQ(entries, 1u);
}

TEST_F(FileTest, TooLargeMissingAndOtherKindsOfFilesAreErrors) {
  ASSERT_TRUE(write_file(path("x"), "12345", 0600).ok());
  EXPECT_EQ(read_file(path("x"), 4).status().code(), Code::exhausted);
  EXPECT_EQ(read_file(path("none"), 4).status().code(), Code::not_found);
  EXPECT_EQ(read_file(folder_.string(), 4).status().code(), Code::invalid_argument);
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(read_file(path("fifo"), 4).status().code(), Code::invalid_argument)
      << "and it does not wait for a writer";
  EXPECT_THAT(read_file(path("none"), 4).status().to_string(), HasSubstr(path("none")));
}

TEST_F(FileTest, AFolderThatIsMissingIsAnError) {
  EXPECT_FALSE(write_file(path("none/x"), "1", 0600).ok());
}

}  // namespace
}  // namespace leat::base
