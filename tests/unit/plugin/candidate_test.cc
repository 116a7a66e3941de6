#include "plugin/candidate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/plugin/plugin_files.h"

namespace leat::plugin {
namespace {

using ::testing::ElementsAre;

constexpr std::size_t kLarge = 1 << 20;

std::string code_of(const Checked<Candidate>& read) {
  return read.ok() ? "ok" : std::string(to_string(read.refusal().code));
}

TEST(Candidate, AFileIsReadWithItsSignature) {
  const TestFolder folder;
  folder.write("geo.so", "bytes");
  Checked<Candidate> read = read_candidate(folder.path(), "geo.so", kLarge);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->bytes, "bytes");
  EXPECT_EQ(read->signature, "");
  folder.write("geo.so.sig", "signed\n");
  read = read_candidate(folder.path(), "geo.so", kLarge);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->signature, "signed\n");
}

TEST(Candidate, OnlyRegularFilesOfTheFolderItself) {
  const TestFolder folder;
  const TestFolder outside;
  outside.write("x.so", "outside");
  std::filesystem::create_directory(folder.at("folder.so"));
  ASSERT_EQ(::mkfifo(folder.at("fifo.so").c_str(), 0600), 0);
  std::filesystem::create_symlink(outside.at("x.so"), folder.at("link.so"));
  std::filesystem::create_symlink("nowhere", folder.at("dangling.so"));
  const auto code = [&](const std::string& file) {
    return code_of(read_candidate(folder.path(), file, kLarge));
  };
  EXPECT_EQ(code("folder.so"), "NOT_REGULAR_FILE");
  EXPECT_EQ(code("fifo.so"), "NOT_REGULAR_FILE");
  EXPECT_EQ(code("missing.so"), "NOT_REGULAR_FILE");
  EXPECT_EQ(code("link.so"), "SYMLINK");
  EXPECT_EQ(code("dangling.so"), "SYMLINK");
  EXPECT_EQ(code("../x.so"), "NOT_REGULAR_FILE");
  EXPECT_EQ(code(outside.at("x.so")), "NOT_REGULAR_FILE");
  EXPECT_EQ(code(std::string("x.so\0.so", 8)), "NOT_REGULAR_FILE");
}

TEST(Candidate, SizeIsLimited) {
  const TestFolder folder;
  folder.write("x.so", std::string(100, 'x'));
  EXPECT_EQ(code_of(read_candidate(folder.path(), "x.so", 100)), "ok");
  EXPECT_EQ(code_of(read_candidate(folder.path(), "x.so", 99)), "TOO_LARGE");
  EXPECT_EQ(code_of(read_candidate(folder.path(), "x.so", 0)), "TOO_LARGE");
}

TEST(Candidate, NobodyElseMayWriteToTheFolder) {
  const TestFolder folder;
  folder.write("x.so", "x");
  for (const mode_t mode : {0770u, 0702u, 0777u}) {
    ASSERT_EQ(::chmod(folder.path().c_str(), mode), 0);
    EXPECT_EQ(code_of(read_candidate(folder.path(), "x.so", kLarge)), "FOLDER_WRITABLE");
  }
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  EXPECT_EQ(code_of(read_candidate(folder.path(), "x.so", kLarge)), "ok");
}

TEST(Candidate, OnlyLibrariesAreListed) {
  const TestFolder folder;
  for (const char* name : {"b.so", "a.so", ".hidden.so", "c.so.tmp", "a.so.sig", "README"})
    folder.write(name, "x");
  std::filesystem::create_directory(folder.at("sub.so"));
  EXPECT_THAT(*list_candidates(folder.path(), 10), ElementsAre("a.so", "b.so"));
  EXPECT_THAT(*list_candidates(folder.path(), 1), ElementsAre("a.so"));
  EXPECT_EQ(list_candidates(folder.at("nowhere"), 10).status().code(), Code::not_found);
}

}  // namespace
}  // namespace leat::plugin
