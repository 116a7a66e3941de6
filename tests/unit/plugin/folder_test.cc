#include "plugin/folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/plugin/plugin_files.h"

namespace leat::plugin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string answer(std::string_view version) {
  return renamed(library("answer_1"), "answer", version);
}

Folder::Rules rules() {
  Folder::Rules made;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  made.probe.program = program.parent_path() / "plugins" / "probe_program";
  made.probe.timeout = std::chrono::seconds(60);
  return made;
}

std::string pinned(Plugins& plugins, const std::string& range) {
  const auto pin = plugins.pin("answer", *parse_version_range(range));
  return pin.ok() ? to_string(pin->version) : std::string(to_string(pin.status().code()));
}

TEST(PluginFolder, EveryVersionCountsAndWhatIsBadIsTold) {
  TestFolder folder;
  folder.write("a.so", answer("1.2.7"));
  folder.write("b.so", answer("1.2.3"));
  folder.write("c.so", "no library");
  auto opened = Folder::open(folder.path(), rules(), base::machine_clock());
  ASSERT_TRUE(opened.ok()) << opened.status().to_string();
  Plugins& plugins = (*opened)->plugins();
  EXPECT_THAT(plugins.names(), ElementsAre("answer"));
  EXPECT_TRUE(plugins.has("answer"));
  EXPECT_FALSE(plugins.has("other"));
  EXPECT_EQ(pinned(plugins, "1.2"), "1.2.7");
  EXPECT_EQ(pinned(plugins, "1.2.3"), "1.2.3");
  EXPECT_EQ(pinned(plugins, "1.3"), "not_found");
  const auto view = plugins.view();
  ASSERT_EQ(view->refused.size(), 1u);
  EXPECT_EQ(view->refused[0].file, "c.so");
  EXPECT_EQ(view->refused[0].refusal.code, RefusalCode::not_elf);
}

TEST(PluginFolder, APinHoldsNobodyUp) {
  TestFolder folder;
  folder.write("a.so", answer("1.0.0"));
  folder.write("b.so", answer("1.1.0"));
  auto opened = Folder::open(folder.path(), rules(), base::machine_clock());
  ASSERT_TRUE(opened.ok()) << opened.status().to_string();
  EXPECT_EQ(pinned((*opened)->plugins(), "1.0"), "1.0.0");
  EXPECT_TRUE((*opened)->plugins().remove("answer", {1, 0, 0}).ok());
  EXPECT_EQ(pinned((*opened)->plugins(), "1.0"), "not_found");
}

TEST(PluginFolder, AFolderThatIsNotThereIsAnError) {
  TestFolder folder;
  const auto opened = Folder::open(folder.at("nowhere"), rules(), base::machine_clock());
  EXPECT_EQ(opened.status().code(), Code::not_found);
}

TEST(PluginFolder, OneFileIsLookedAtWhereverItLies) {
  TestFolder folder;
  folder.write("a.so", answer("1.0.0"));
  const auto good = look_at(folder.at("a.so"), rules(), base::machine_clock());
  ASSERT_TRUE(good.ok() && good->ok());
  EXPECT_EQ(good->identity->name, "answer");
  EXPECT_FALSE(good->library->functions.empty());
  folder.write("a.so", answer("1.0.0").substr(0, 1000));
  const auto bad = look_at(folder.at("a.so"), rules(), base::machine_clock());
  ASSERT_TRUE(bad.ok());
  EXPECT_FALSE(bad->ok());
  EXPECT_FALSE(bad->refusals.empty());
}

}  // namespace
}  // namespace leat::plugin
