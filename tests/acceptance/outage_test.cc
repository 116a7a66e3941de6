#include <string>

#include <gtest/gtest.h>

#include "daemon.h"
#include "stream.h"
#include "support/real_broker.h"

namespace leat::test {
namespace {

constexpr int kWaitMs = 60'000;
constexpr std::uint64_t kRate = 5000;

// A sink looks for its broker once a second, so records may be written before it says so.
void expect_connected(const Daemon& daemon, const std::string& name) {
  for (const char* type : {"SourceConnected", "SinkConnected"})
    EXPECT_TRUE(eventually(kWaitMs, [&] { return daemon.condition(name, type) == "True"; }))
        << daemon.call("GET", "/v1/pipelines/" + name).text;
}

TEST(BrokerAway, AtTheStartIsSaidAndWorkBeginsWhenItIsBack) {
  RealBroker broker;
  broker.start();
  constexpr std::uint64_t kCount = 5'000;
  Stream stream(broker.bootstrap(), "late");
  stream.feed(kCount, kRate);
  ASSERT_NO_FATAL_FAILURE(stream.finish());
  broker.stop();

  Daemon daemon(broker.bootstrap());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_NO_FATAL_FAILURE(daemon.post(stream.pipeline("late", false)));
  EXPECT_TRUE(eventually(kWaitMs, [&] { return daemon.condition("late", "SourceConnected") == "False"; }))
      << daemon.call("GET", "/v1/pipelines/late").text;
  EXPECT_EQ(daemon.call("GET", "/livez").status, 200);
  EXPECT_EQ(daemon.call("GET", "/readyz").status, 200);

  broker.start();
  ASSERT_TRUE(daemon.wait_for("late", "caught_up"));
  expect_connected(daemon, "late");
  expect_exactly_once(stream.read_output(), kCount);
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
}

// `end` is how the broker goes while records are under way.
void expect_work_goes_on(const char* name, void (RealBroker::*end)()) {
  RealBroker broker;
  broker.start();
  constexpr std::uint64_t kCount = 20'000;
  Stream stream(broker.bootstrap(), name);
  Daemon daemon(broker.bootstrap());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_NO_FATAL_FAILURE(daemon.post(stream.pipeline(name, true)));
  ASSERT_TRUE(daemon.wait_for(name, "running"));
  stream.feed(kCount, kRate);
  stream.wait_fed(kCount / 2);

  Kill outage;
  outage.committed = stream.committed(std::string("leat.") + name);
  (broker.*end)();
  EXPECT_TRUE(eventually(kWaitMs, [&] { return daemon.condition(name, "SourceConnected") == "False"; }))
      << daemon.call("GET", std::string("/v1/pipelines/") + name).text;
  EXPECT_TRUE(eventually(kWaitMs, [&] { return daemon.condition(name, "SinkConnected") == "False"; }))
      << daemon.call("GET", std::string("/v1/pipelines/") + name).text;
  EXPECT_EQ(daemon.call("GET", "/livez").status, 200);

  broker.start();
  ASSERT_NO_FATAL_FAILURE(stream.finish());
  ASSERT_TRUE(daemon.wait_for(name, "caught_up"));
  expect_connected(daemon, name);
  EXPECT_EQ(stream.committed(std::string("leat.") + name), stream.ends());
  // An outage that outlasts the session (10 s, and brokers start slowly on a busy machine) costs the
  // membership: then, and only then, what was not committed before comes again.
  outage.ends = stream.ends();
  if (daemon.logged("partitions are lost") || daemon.logged("MEMBERSHIP_LOST"))
    expect_nothing_lost(stream.read_output(), kCount, {outage});
  else
    EXPECT_EQ(expect_nothing_lost(stream.read_output(), kCount, {}), 0u);
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
}

TEST(BrokerAway, InTheMiddleIsSaidAndNothingIsLost) { expect_work_goes_on("restarted", &RealBroker::stop); }

}  // namespace
}  // namespace leat::test
