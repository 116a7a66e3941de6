#include <signal.h>

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "daemon.h"
#include "stream.h"
#include "support/real_broker.h"

namespace leat::test {
namespace {

constexpr int kWaitMs = 60'000;
constexpr std::uint64_t kRate = 5000;
constexpr unsigned kSeed = 20260101;

TEST(KillMinusNine, LosesNothingAndMarksWhatComesTwice) {
  RealBroker& broker = RealBroker::shared();
  const std::uint64_t kills_max = long_run() ? 10 : 3;
  const std::uint64_t count = long_run() ? 200'000 : 40'000;
  Stream stream(broker.bootstrap(), "killed");
  Daemon daemon(broker.bootstrap());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_NO_FATAL_FAILURE(daemon.post(stream.pipeline("killed", true)));
  ASSERT_TRUE(daemon.wait_for("killed", "running"));

  std::mt19937 random(kSeed);
  stream.feed(count, kRate);
  std::vector<Kill> kills;
  for (std::uint64_t n = 0; n < kills_max; ++n) {
    const std::uint64_t slot = count / (kills_max + 1);
    stream.wait_fed(n * slot + slot / 4 + random() % slot / 2);
    daemon.kill();
    kills.push_back({stream.committed("leat.killed"), stream.ends()});
    ASSERT_NO_FATAL_FAILURE(daemon.start());
  }
  ASSERT_NO_FATAL_FAILURE(stream.finish());
  ASSERT_TRUE(daemon.wait_for("killed", "caught_up"));

  EXPECT_EQ(stream.committed("leat.killed"), stream.ends());
  const std::uint64_t duplicates = expect_nothing_lost(stream.read_output(), count, kills);
  RecordProperty("duplicates", static_cast<int>(duplicates));
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
}

TEST(Sigterm, UnderLoadReplaysNothing) {
  RealBroker& broker = RealBroker::shared();
  constexpr std::uint64_t kCount = 30'000;
  Stream stream(broker.bootstrap(), "stopped");
  Daemon daemon(broker.bootstrap());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_NO_FATAL_FAILURE(daemon.post(stream.pipeline("stopped", false)));
  ASSERT_TRUE(daemon.wait_for("stopped", "running"));

  stream.feed(kCount, kRate);
  for (const std::uint64_t at : {7'000u, 16'000u, 23'000u}) {
    stream.wait_fed(at);
    EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
    ASSERT_NO_FATAL_FAILURE(daemon.start());
  }
  ASSERT_NO_FATAL_FAILURE(stream.finish());
  ASSERT_TRUE(daemon.wait_for("stopped", "caught_up"));

  EXPECT_EQ(stream.committed("leat.stopped"), stream.ends());
  expect_exactly_once(stream.read_output(), kCount);
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
}

class FaultPoint : public testing::TestWithParam<const char*> {};

// The third pass of each: in the middle of the work. Crashed once, started again without the fault.
TEST_P(FaultPoint, CrashLosesNothing) {
  RealBroker& broker = RealBroker::shared();
  constexpr std::uint64_t kCount = 10'000;
  std::string name = GetParam();
  for (char& letter : name)
    if (letter == '.' || letter == '_') letter = '-';
  Stream stream(broker.bootstrap(), name);
  Daemon daemon(broker.bootstrap());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_NO_FATAL_FAILURE(daemon.post(stream.pipeline(name, true)));
  ASSERT_TRUE(daemon.wait_for(name, "running"));
  ASSERT_EQ(daemon.terminate(), 0) << daemon.log();

  stream.feed(kCount, kRate);
  ASSERT_NO_FATAL_FAILURE(daemon.start(std::string(GetParam()) + "=crash@3"));
  int how = 0;
  int n = 0;
  const auto crashed = [&] {
    daemon.call("PUT", "/v1/pipelines/" + name + "/trigger",
                n++ % 2 == 0 ? R"({"mode":"micro_batch","interval":"100ms"})" : R"({"mode":"real_time","checkpoint_interval":"200ms"})");
    return daemon.ended_by_itself(how, 100);
  };
  ASSERT_TRUE(eventually(kWaitMs, crashed)) << "it never crashed at " << GetParam() << "\n" << daemon.log();
  EXPECT_EQ(how, -SIGKILL);
  const std::vector<Kill> kills{{stream.committed("leat." + name), stream.ends()}};

  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_NO_FATAL_FAILURE(stream.finish());
  ASSERT_TRUE(daemon.wait_for(name, "caught_up"));
  EXPECT_EQ(stream.committed("leat." + name), stream.ends());
  expect_nothing_lost(stream.read_output(), kCount, kills);
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
}

INSTANTIATE_TEST_SUITE_P(Named, FaultPoint,
                         testing::Values("produce.handed_over", "cut.requested", "barrier.injected", "barrier.aligned", "epoch.sealed", "epoch.acknowledged",
                                         "commit.sent", "commit.acknowledged", "commit.applied", "switch.requested", "switch.persisted", "switch.flipped"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           for (char& letter : name)
                             if (letter == '.') letter = '_';
                           return name;
                         });

}  // namespace
}  // namespace leat::test
