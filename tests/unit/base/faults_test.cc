#include "base/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <string>

namespace leat::base {
namespace {

using ::testing::HasSubstr;

class FaultsTest : public ::testing::Test {
 protected:
  void TearDown() override {
    Faults::clear();
    Faults::set_crash_handler({});
  }
};

TEST_F(FaultsTest, OffByDefault) { EXPECT_TRUE(Faults::hit("commit.sent").ok()); }

TEST_F(FaultsTest, TheNamedPassFails) {
  ASSERT_TRUE(Faults::configure("commit.sent=error@3,epoch.sealed=error").ok());
  EXPECT_TRUE(Faults::hit("commit.sent").ok());
  EXPECT_TRUE(Faults::hit("commit.sent").ok());
  const Status third = Faults::hit("commit.sent");
  EXPECT_EQ(third.code(), Code::unavailable);
  EXPECT_THAT(third.to_string(), HasSubstr("fault=commit.sent"));
  EXPECT_TRUE(Faults::hit("commit.sent").ok());
  EXPECT_FALSE(Faults::hit("epoch.sealed").ok());
  EXPECT_TRUE(Faults::hit("epoch.sealed").ok());
  EXPECT_TRUE(Faults::hit("cut.requested").ok());
}

TEST_F(FaultsTest, EveryPassFromTheNamedOneFails) {
  ASSERT_TRUE(Faults::configure("commit.sent=error@2+").ok());
  EXPECT_TRUE(Faults::hit("commit.sent").ok());
  EXPECT_FALSE(Faults::hit("commit.sent").ok());
  EXPECT_FALSE(Faults::hit("commit.sent").ok());
}

TEST_F(FaultsTest, ACrashGoesToTheHandlerOfATest) {
  std::string crashed;
  Faults::set_crash_handler([&](std::string_view name) { crashed = name; });
  ASSERT_TRUE(Faults::configure("barrier.aligned=crash").ok());
  EXPECT_EQ(Faults::hit("barrier.aligned").code(), Code::cancelled);
  EXPECT_EQ(crashed, "barrier.aligned");
}

TEST_F(FaultsTest, ACrashKillsTheProcess) {
  ASSERT_TRUE(Faults::configure("barrier.aligned=crash").ok());
  EXPECT_EXIT(static_cast<void>(Faults::hit("barrier.aligned")), ::testing::KilledBySignal(SIGKILL),
              "");
}

TEST_F(FaultsTest, SleepingGoesOn) {
  ASSERT_TRUE(Faults::configure("commit.sent=sleep:0").ok());
  EXPECT_TRUE(Faults::hit("commit.sent").ok());
}

TEST_F(FaultsTest, AWrongSpecificationIsRefusedAndChangesNothing) {
  ASSERT_TRUE(Faults::configure("commit.sent=error").ok());
  for (const char* bad : {"commit.sent", "commit.sent=", "commit.sent=explode",
                          "commit.sent=error@", "commit.sent=error@0", "commit.sent=error@x",
                          "commit.sent=sleep", "commit.sent=sleep:", "commit.sent=sleep:x",
                          "=crash", ",", "nowhere=crash", "epoch.sealed=error,nowhere=error"})
    EXPECT_EQ(Faults::configure(bad).code(), Code::invalid_argument) << bad;
  EXPECT_THAT(Faults::configure("nowhere=crash").message(), HasSubstr("commit.sent"));
  EXPECT_TRUE(Faults::hit("epoch.sealed").ok());
  EXPECT_FALSE(Faults::hit("commit.sent").ok());
}

TEST_F(FaultsTest, AnEmptySpecificationDisarms) {
  ASSERT_TRUE(Faults::configure("commit.sent=error").ok());
  ASSERT_TRUE(Faults::configure("").ok());
  EXPECT_TRUE(Faults::hit("commit.sent").ok());
}

TEST_F(FaultsTest, NamesAreSortedAndEachCanBeArmed) {
  const auto& names = Faults::names();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
  for (const std::string_view name : names)
    EXPECT_TRUE(Faults::configure(std::string(name) + "=error").ok()) << name;
}

TEST_F(FaultsTest, APointThatIsNotListedIsAMistakeOfOurs) {
  ASSERT_TRUE(Faults::configure("commit.sent=error").ok());
  EXPECT_DEATH(static_cast<void>(Faults::hit("nowhere")), "binary_search");
}

}  // namespace
}  // namespace leat::base
