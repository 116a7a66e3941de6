#include "plugin/probe/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "unit/plugin/plugin_files.h"

namespace leat::plugin {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

ProbeOptions options() {
  ProbeOptions made;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  made.program = program.parent_path() / "plugins" / "probe_program";
  // A limit that only what hangs should meet.
  made.timeout = std::chrono::seconds(60);
  return made;
}

// "listed", or the code and message.
std::string probed(const std::string& name, ProbeOptions with = options()) {
  const auto found = probe_library(library_path(name), with, base::machine_clock());
  if (found.ok()) return "listed " + std::to_string(found->size());
  return std::string(to_string(found.refusal().code)) + ": " + found.refusal().message;
}
std::string probed_in_a_hurry(const std::string& name) {
  ProbeOptions hurry = options();
  hurry.timeout = std::chrono::milliseconds(700);
  return probed(name, hurry);
}

TEST(Probe, AGoodLibraryIsListed) {
  const auto found = probe_library(library_path("demo"), options(), base::machine_clock());
  ASSERT_TRUE(found.ok()) << found.refusal().message;
  ASSERT_EQ(found->size(), 3u);
  EXPECT_EQ(found->at(0).name, "clamp");
  EXPECT_EQ(found->at(1).signature_text, "(x: double?) -> double?");
  EXPECT_EQ(found->at(2).slots.at(0).name, "seen");
  EXPECT_EQ(probed("calls"), "listed 9");
}

TEST(Probe, AnInitThatFailsIsTold) {
  EXPECT_THAT(probed("init_fails"), StartsWith("INIT_FAILED"));
  EXPECT_THAT(probed("init_throws"), StartsWith("INIT_FAILED"));
  EXPECT_THAT(probed("adds_nothing"), StartsWith("BAD_FUNCTION"));
  EXPECT_THAT(probed("adds_twice"), AllOf(StartsWith("BAD_FUNCTION"), HasSubstr("half")));
  EXPECT_THAT(probed("adds_garbage"), AllOf(StartsWith("BAD_FUNCTION"), HasSubstr("kind 99")));
}

// The address sanitizer ends a process in its own way: only where it crashed can be told then.
auto crashed(const char* how, const char* where) {
#ifdef __SANITIZE_ADDRESS__
  how = "";
#endif
  return AllOf(StartsWith("PROBE_CRASHED: it "), HasSubstr(how), ::testing::EndsWith(where));
}

TEST(Probe, ACrashCostsOnlyTheProbe) {
  EXPECT_THAT(probed("init_crashes"), crashed("crashed with SIGABRT", " in leat_plugin_init"));
  EXPECT_THAT(probed("init_exits"),
              crashed("ended the process with status 3", " in leat_plugin_init"));
  EXPECT_THAT(probed("eval_crashes"), crashed("crashed with SIGSEGV", " in half"));
}

TEST(Probe, WhatHangsIsEnded) {
  EXPECT_THAT(probed_in_a_hurry("init_hangs"),
              StartsWith("PROBE_TIMEOUT: it was not done after 700ms"));
  EXPECT_THAT(probed_in_a_hurry("eval_hangs"),
              StartsWith("PROBE_TIMEOUT: it was not done after 700ms"));
  // No process is left.
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(Probe, MemoryIsLimited) {
  EXPECT_THAT(probed("eval_eats_memory"), AllOf(StartsWith("PROBE_CRASHED"), HasSubstr("half")));
}
#endif

TEST(Probe, TheSandboxHolds) {
  EXPECT_EQ(probed("writes_files"), "listed 1");
  EXPECT_FALSE(std::filesystem::exists("/tmp/leat-culprit-was-here"));
  EXPECT_EQ(probed("opens_sockets"), "listed 1");
  EXPECT_EQ(probed("starts_programs"), "listed 1");
}

TEST(Probe, AReportThatWasCutOffIsNoListing) {
  EXPECT_THAT(probed("closes_descriptors"), StartsWith("PROBE_CRASHED"));
}

TEST(Probe, PromisesAreTried) {
  EXPECT_THAT(probed("not_pure"), AllOf(StartsWith("NOT_BATCH_INVARIANT"), HasSubstr("PURE")));
  EXPECT_THAT(probed("not_invariant"),
              AllOf(StartsWith("NOT_BATCH_INVARIANT"), HasSubstr("several calls")));
}

TEST(Probe, WhatCannotWorkIsNoFaultOfThePlugin) {
  ProbeOptions missing = options();
  missing.program = "/nowhere/leat";
  EXPECT_THAT(probed("demo", missing), StartsWith("PROBE_FAILED"));
  ProbeOptions other = options();
  other.program = "/bin/false";
  EXPECT_THAT(probed("demo", other), StartsWith("PROBE_FAILED"));
  EXPECT_THAT(probed("no_such_library"), StartsWith("PROBE_FAILED"));
}

TEST(Probe, ItsProgramTakesNothingElse) {
  EXPECT_EQ(probe_main({}), 64);
  EXPECT_EQ(probe_main({"__probe", "x.so", "many"}), 64);
}

}  // namespace
}  // namespace leat::plugin
