#include "plugin/plugins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/digest.h"
#include "plugin/calls/scalar.h"
#include "plugin/candidate.h"
#include "support/virtual_clock.h"
#include "unit/plugin/plugin_files.h"

namespace leat::plugin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string answer(int number, std::string_view version = "1.0.0") {
  return renamed(library("answer_" + std::to_string(number)), "answer", version);
}

// A state folder with a registry that can be started again.
class PluginsTest : public ::testing::Test {
 protected:
  void SetUp() override { start(); }
  void start() {
    plugins.reset();
    auto opened = Plugins::open(store_folder(), settings, clock_);
    ASSERT_TRUE(opened.ok()) << opened.status().to_string();
    plugins = std::move(opened).value();
  }
  std::string store_folder() const { return state.at("plugins"); }

  CheckRules rules() const {
    CheckRules made;
    made.store_folder = store_folder();
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
    made.probe.program = program.parent_path() / "plugins" / "probe_program";
    made.probe.timeout = std::chrono::seconds(60);
    return made;
  }
  Arrival drop(const std::string& bytes, const std::string& file = "x.so") {
    return plugins->admit(check_library(bytes, "", rules(), base::machine_clock()),
                          {"folder", file});
  }
  // "added 1.0.0", "added 1.0.0 active", "unchanged", or the codes of the refusals.
  std::string dropped(const std::string& bytes, const std::string& file = "x.so") {
    const Arrival arrival = drop(bytes, file);
    if (arrival.kind == Arrival::Kind::unchanged) return "unchanged";
    std::string text;
    for (const Refusal& refusal : arrival.refusals) text += std::string(to_string(refusal.code));
    if (arrival.kind == Arrival::Kind::refused) return text;
    return "added " + to_string(*arrival.version) + (arrival.activated ? " active" : "");
  }
  // The version that a range gives, or the code.
  std::string used(const std::string& range, const std::string& pipeline = "p") {
    const auto pinned = plugins->use("answer", *parse_version_range(range), {pipeline, {"s"}});
    return pinned.ok() ? to_string(pinned->version)
                       : std::string(to_string(pinned.status().code()));
  }
  std::int64_t answer_of(const std::string& range) {
    const auto pinned = plugins->use("answer", *parse_version_range(range), {"p", {"s"}});
    EXPECT_TRUE(pinned.ok()) << pinned.status().to_string();
    if (!pinned.ok()) return -1;
    auto opened = ScalarFunction(*pinned->library->find("get")).open("{}");
    base::Arena arena;
    std::vector<record::Value> out(1);
    EXPECT_TRUE((*opened)->call({arena, WallTime{}}, {}, out).ok());
    return out[0].as_integer();
  }
  std::vector<std::string> versions() const {
    std::vector<std::string> all;
    const auto view = plugins->view();
    if (const PluginView* plugin = view->find("answer"))
      for (const VersionView& version : plugin->versions)
        all.push_back(to_string(version.library.identity.version) + " " +
                      std::string(to_string(version.state)));
    return all;
  }

  TestFolder state;
  PluginsSettings settings;
  test::VirtualClock clock_;
  std::unique_ptr<Plugins> plugins;
};

TEST_F(PluginsTest, TheFirstVersionIsActiveAndLaterOnesAreNot) {
  EXPECT_EQ(dropped(answer(1)), "added 1.0.0 active");
  EXPECT_EQ(dropped(answer(2, "1.0.1")), "added 1.0.1");
  EXPECT_THAT(versions(), ElementsAre("1.0.1 available", "1.0.0 active"));
  EXPECT_EQ(used("1.0"), "1.0.0");
  EXPECT_EQ(used("1.0.1"), "1.0.1");
  EXPECT_EQ(used("1.1"), "not_found");
  EXPECT_EQ(answer_of("1.0"), 1);
  EXPECT_EQ(answer_of("1.0.1"), 2);
}

TEST_F(PluginsTest, ActivationMovesTheRangeForthAndBack) {
  drop(answer(1));
  drop(answer(2, "1.0.1"));
  const auto forth = plugins->activate("answer", {1, 0, 1});
  ASSERT_TRUE(forth.ok());
  EXPECT_EQ(*forth->from, (Version{1, 0, 0}));
  EXPECT_EQ(used("1.0"), "1.0.1");
  EXPECT_THAT(versions(), ElementsAre("1.0.1 active", "1.0.0 retired"));
  ASSERT_TRUE(plugins->activate("answer", {1, 0, 0}).ok());
  EXPECT_EQ(used("1.0"), "1.0.0");
  EXPECT_THAT(versions(), ElementsAre("1.0.1 retired", "1.0.0 active"));
  EXPECT_EQ(plugins->activate("answer", {9, 0, 0}).status().code(), Code::not_found);
}

TEST_F(PluginsTest, AnotherMinorLeavesTheRangeOfTheFirst) {
  drop(answer(1));
  drop(answer(2, "1.1.0"));
  ASSERT_TRUE(plugins->activate("answer", {1, 1, 0}).ok());
  EXPECT_EQ(used("1.0"), "1.0.0");
  EXPECT_EQ(used("1.1"), "1.1.0");
}

TEST_F(PluginsTest, AutoActivationIsForTheFolder) {
  settings.auto_activate = true;
  plugins->change_settings(settings);
  drop(answer(1));
  EXPECT_EQ(dropped(answer(2, "1.0.1")), "added 1.0.1 active");
  const auto checked = check_library(answer(1, "1.0.2"), "", rules(), base::machine_clock());
  EXPECT_FALSE(plugins->admit(checked, {"upload", ""}).activated);
}

TEST_F(PluginsTest, TheSameBytesAreNothingNewAndOtherBytesAreRefused) {
  drop(answer(1));
  EXPECT_EQ(dropped(answer(1), "copy.so"), "unchanged");
  EXPECT_EQ(dropped(answer(2)), "VERSION_EXISTS");
  EXPECT_EQ(answer_of("1.0"), 1);
  ASSERT_EQ(plugins->view()->refused.size(), 1u);
  EXPECT_EQ(plugins->view()->refused.front().file, "x.so");
}

TEST_F(PluginsTest, ReplacedBytesRunAsTheNextGeneration) {
  settings.allow_replace = true;
  plugins->change_settings(settings);
  drop(answer(1));
  const std::string old = "sha256:" + crypto::sha256_hex(answer(1));
  EXPECT_EQ(answer_of("1.0.0"), 1);
  EXPECT_EQ(dropped(answer(2)), "added 1.0.0");
  EXPECT_EQ(answer_of("1.0.0"), 2);
  EXPECT_EQ(answer_of("1.0"), 2);
  EXPECT_EQ(answer_of(old), 1);
  EXPECT_THAT(versions(), ElementsAre("1.0.0 active", "1.0.0 retired"));
  EXPECT_EQ(plugins->view()->find("answer")->versions.front().library.generation, 2u);
}

TEST_F(PluginsTest, ARestartKnowsEverythingAgain) {
  drop(answer(1));
  drop(answer(2, "1.0.1"));
  ASSERT_TRUE(plugins->activate("answer", {1, 0, 1}).ok());
  const auto before = plugins->view();
  start();
  const auto after = plugins->view();
  ASSERT_EQ(after->find("answer")->versions.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_EQ(after->find("answer")->versions[i].library,
              before->find("answer")->versions[i].library);
  EXPECT_THAT(plugins->problems(), IsEmpty());
  EXPECT_EQ(after->loaded, 0u);
  EXPECT_EQ(dropped(answer(1)), "unchanged");
  EXPECT_EQ(used("1.0"), "1.0.1");
  EXPECT_EQ(plugins->view()->loaded, 1u);
}

TEST_F(PluginsTest, ADamagedCopyIsToldAndCanBeDroppedInAgain) {
  drop(answer(1));
  const std::string copy = Store::path(store_folder(), crypto::sha256_hex(answer(1)));
  // Another file at its place: what is mapped of the old one stays as it was.
  std::filesystem::remove(copy);
  std::ofstream(copy) << answer(1).substr(0, 100);
  start();
  EXPECT_THAT(plugins->problems(), ElementsAre(HasSubstr("answer 1.0.0 is damaged")));
  EXPECT_EQ(used("1.0"), "not_found");
  EXPECT_EQ(dropped(answer(1)), "added 1.0.0 active");
}

TEST_F(PluginsTest, ADamagedIndexIsKeptAsideAndTheCopiesAreFoundAgain) {
  drop(answer(1));
  const std::string index = store_folder() + "/index.json";
  const std::string whole = bytes_of(index);
  for (const std::string& text : {std::string(), whole.substr(0, whole.size() / 2),
                                  std::string("{\"form\":9}"), std::string("\xff\xfe")}) {
    std::ofstream(index) << text;
    start();
    EXPECT_THAT(plugins->problems(), ElementsAre(HasSubstr("index of plugins was damaged")));
    EXPECT_THAT(versions(), ElementsAre("1.0.0 available"));
    EXPECT_FALSE(plugins->knows(crypto::sha256_hex(answer(1))));
    EXPECT_TRUE(std::filesystem::exists(index + ".damaged"));
  }
  EXPECT_EQ(dropped(answer(1)), "added 1.0.0 active");
  EXPECT_EQ(used("1.0"), "1.0.0");
}

TEST_F(PluginsTest, TheStoreIsOursAlone) {
  drop(answer(1));
  struct stat facts {};
  ASSERT_EQ(::stat(store_folder().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0700u);
  ASSERT_EQ(::stat(Store::path(store_folder(), crypto::sha256_hex(answer(1))).c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0444u);
  state.write("file", "x");
  EXPECT_FALSE(Plugins::open(state.at("file"), settings, clock_).ok());
}

TEST_F(PluginsTest, WhatIsUsedOrActiveIsNotRemoved) {
  drop(answer(1));
  drop(answer(2, "1.0.1"));
  EXPECT_EQ(used("1.0.1"), "1.0.1");
  const auto code_of = [](const Status& status) {
    return status.ok() ? std::string("ok") : status.fields().at(0).second;
  };
  EXPECT_EQ(code_of(plugins->remove("answer", {1, 0, 1})), "PLUGIN_IN_USE");
  EXPECT_EQ(code_of(plugins->remove("answer", {1, 0, 0})), "VERSION_ACTIVE");
  plugins->release("p", crypto::sha256_hex(answer(2, "1.0.1")));
  EXPECT_EQ(code_of(plugins->remove("answer", {1, 0, 1})), "ok");
  EXPECT_FALSE(
      std::filesystem::exists(Store::path(store_folder(), crypto::sha256_hex(answer(2, "1.0.1")))));
  EXPECT_EQ(code_of(plugins->remove("answer", {1, 0, 0})), "ok");
  EXPECT_THAT(versions(), IsEmpty());
  EXPECT_EQ(plugins->remove("answer", {1, 0, 0}).code(), Code::not_found);
}

TEST_F(PluginsTest, ARejectedVersionIsInNoRangeUntilItIsActivated) {
  drop(answer(1));
  drop(answer(2, "1.0.1"));
  ASSERT_TRUE(plugins->activate("answer", {1, 0, 1}).ok());
  ASSERT_TRUE(plugins->reject("answer", {1, 0, 1}, "open failed").ok());
  EXPECT_THAT(versions(), ElementsAre("1.0.1 rejected", "1.0.0 retired"));
  EXPECT_EQ(used("1.0"), "1.0.0");
  EXPECT_EQ(used("1.0.1"), "not_found");
  start();
  EXPECT_EQ(plugins->view()->find("answer")->versions.front().library.rejected, "open failed");
  ASSERT_TRUE(plugins->activate("answer", {1, 0, 1}).ok());
  EXPECT_EQ(used("1.0"), "1.0.1");
}

TEST_F(PluginsTest, LoadedLibrariesAreCounted) {
  settings.generations_max = 2;
  plugins->change_settings(settings);
  EXPECT_EQ(dropped(answer(1, "3.0.0")), "added 3.0.0 active");
  EXPECT_EQ(dropped(answer(1, "3.0.1")), "added 3.0.1");
  EXPECT_EQ(dropped(answer(1, "3.0.2")), "TOO_MANY_GENERATIONS");
  EXPECT_EQ(plugins->view()->loaded, 2u);
}

TEST_F(PluginsTest, WhatThePluginSaysMustNotChange) {
  CheckOutcome outcome = check_library(answer(1), "", rules(), base::machine_clock());
  ASSERT_TRUE(outcome.ok());
  outcome.library->functions.front().flags = 0;
  EXPECT_EQ(plugins->admit(outcome, {"folder", "x.so"}).refusals.at(0).code,
            RefusalCode::listing_differs);
  EXPECT_EQ(outcome.library->identity.name, "answer");
}

TEST_F(PluginsTest, TheListOfRefusalsIsBoundedAndForgetsWhatWasMended) {
  for (int i = 0; i < 150; ++i) dropped("junk", std::to_string(i) + ".so");
  const auto view = plugins->view();
  ASSERT_EQ(view->refused.size(), Plugins::kRefusedMax);
  EXPECT_EQ(view->refused.front().file, "149.so");
  EXPECT_EQ(view->refused.front().refusal.code, RefusalCode::not_elf);
  std::filesystem::create_symlink("x.so", state.at("149.so"));
  plugins->admit(check_file(state.path(), "149.so", 1000, rules(), clock_), {"folder", "149.so"});
  EXPECT_EQ(plugins->view()->refused.size(), Plugins::kRefusedMax);
  EXPECT_EQ(plugins->view()->refused.front().refusal.code, RefusalCode::symlink);
  EXPECT_EQ(dropped(answer(1), "149.so"), "added 1.0.0 active");
  EXPECT_EQ(plugins->view()->refused.size(), Plugins::kRefusedMax - 1);
}

TEST_F(PluginsTest, ConstructorsOfRefusedLibrariesNeverRunHere) {
  const std::string trace = state.at("trace");
  ASSERT_EQ(::setenv("LEAT_TEST_TRACE", trace.c_str(), 1), 0);
  EXPECT_EQ(dropped(library("constructor")), "EXTRA_EXPORTS");
  EXPECT_EQ(dropped(library("init_crashes")), "PROBE_CRASHED");
  ASSERT_EQ(::unsetenv("LEAT_TEST_TRACE"), 0);
  EXPECT_FALSE(std::filesystem::exists(trace));
  // Nothing of them is kept.
  EXPECT_THAT(*list_candidates(store_folder(), 10), IsEmpty());
}

TEST_F(PluginsTest, WhatBecomesOfTheDroppedFileLaterDoesNotMatter) {
  const TestFolder folder;
  folder.write("x.so", answer(1));
  const auto checked = check_file(folder.path(), "x.so", 1 << 20, rules(), base::machine_clock());
  // Swapped after the check, in place.
  folder.write("x.so", answer(2, "5.0.0"));
  EXPECT_EQ(plugins->admit(checked, {"folder", "x.so"}).kind, Arrival::Kind::added);
  EXPECT_EQ(answer_of("1.0"), 1);
  // Cut off after it was loaded.
  std::filesystem::resize_file(folder.at("x.so"), 10);
  EXPECT_EQ(answer_of("1.0"), 1);
  std::filesystem::remove(folder.at("x.so"));
  EXPECT_EQ(answer_of("1.0"), 1);
}

TEST_F(PluginsTest, KnownLibrariesAreNotProbedAgain) {
  drop(answer(1));
  CheckRules known = rules();
  known.known = plugins->known();
  known.probe.program = "/nowhere/leat";
  const auto again = check_library(answer(1), "", known, clock_);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(plugins->admit(again, {"folder", "x.so"}).kind, Arrival::Kind::unchanged);
  ASSERT_TRUE(plugins->remove("answer", {1, 0, 0}).ok());
  EXPECT_EQ(plugins->admit(again, {"folder", "x.so"}).kind, Arrival::Kind::refused);
}

TEST_F(PluginsTest, UntrustedLibrariesAreNotEvenStored) {
  CheckRules strict = rules();
  strict.trust = *Trust::read({crypto::sha256_hex(answer(2))}, {});
  const auto refused = check_library(answer(1), "", strict, base::machine_clock());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.refusals.at(0).code, RefusalCode::not_trusted);
  EXPECT_EQ(refused.identity->name, "answer");
  EXPECT_THAT(*list_candidates(store_folder(), 10), IsEmpty());
  EXPECT_TRUE(check_library(answer(2), "", strict, base::machine_clock()).ok());
}

}  // namespace
}  // namespace leat::plugin
