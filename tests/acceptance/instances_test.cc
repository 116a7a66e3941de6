#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "daemon.h"
#include "stream.h"
#include "support/real_broker.h"

namespace leat::test {
namespace {

constexpr int kWaitMs = 60'000;
constexpr std::uint64_t kRate = 5000;
constexpr std::uint64_t kCount = 20'000;

TEST(TwoInstances, OfAStatelessPipelineShareItsPartitions) {
  RealBroker& broker = RealBroker::shared();
  Stream stream(broker.bootstrap(), "shared");
  Daemon first(broker.bootstrap(), "first");
  Daemon second(broker.bootstrap(), "second");
  ASSERT_NO_FATAL_FAILURE(first.start());
  ASSERT_NO_FATAL_FAILURE(second.start());
  const std::string pipeline = stream.pipeline("shared", true);
  ASSERT_NO_FATAL_FAILURE(first.post(pipeline));
  ASSERT_TRUE(first.wait_for("shared", "running"));
  EXPECT_EQ(first.partitions_of("shared"), 4u);
  stream.feed(kCount, kRate);
  stream.wait_fed(kCount / 4);

  Kill join{stream.committed("leat.shared"), {}};
  ASSERT_NO_FATAL_FAILURE(second.post(pipeline));
  const auto shared = [&] {
    return first.partitions_of("shared") == 2 && second.partitions_of("shared") == 2;
  };
  EXPECT_TRUE(eventually(kWaitMs, shared)) << first.log() << second.log();
  ASSERT_NO_FATAL_FAILURE(stream.finish());
  const auto committed = [&] { return stream.committed("leat.shared") == stream.ends(); };
  EXPECT_TRUE(eventually(kWaitMs, committed)) << first.log() << second.log();
  EXPECT_TRUE(shared());
  EXPECT_EQ(first.text_at("shared", "/status/actual"), "running");
  EXPECT_EQ(second.text_at("shared", "/status/actual"), "running");
  join.ends = stream.ends();
  expect_nothing_lost(stream.read_output(), kCount, {join});

  // What stops gives its partitions to the other.
  EXPECT_EQ(second.call("POST", "/v1/pipelines/shared/stop").status, 200);
  const auto all = [&] { return first.partitions_of("shared") == 4; };
  EXPECT_TRUE(eventually(kWaitMs, all)) << first.log();
  EXPECT_EQ(first.terminate(), 0) << first.log();
  EXPECT_EQ(second.terminate(), 0) << second.log();
}

TEST(TwoInstances, OfAPipelineThatBringsKeysTogetherInMemoryFenceEachOther) {
  RealBroker& broker = RealBroker::shared();
  Stream stream(broker.bootstrap(), "alone");
  Daemon first(broker.bootstrap(), "first");
  Daemon second(broker.bootstrap(), "second");
  ASSERT_NO_FATAL_FAILURE(first.start());
  ASSERT_NO_FATAL_FAILURE(second.start());
  const std::string pipeline = stream.pipeline("alone", true, R"({"repartition":{"by":["user"]}})");
  ASSERT_NO_FATAL_FAILURE(first.post(pipeline));
  ASSERT_TRUE(first.wait_for("alone", "running"));
  stream.feed(kCount, kRate);
  stream.wait_fed(kCount / 4);

  ASSERT_NO_FATAL_FAILURE(second.post(pipeline));
  const auto fenced = [&] { return first.text_at("alone", "/status/actual") == "failed"; };
  EXPECT_TRUE(eventually(kWaitMs, fenced)) << first.log();
  EXPECT_NE(first.text_at("alone", "/status/reason").find("FENCED"), std::string::npos)
      << first.call("GET", "/v1/pipelines/alone").text;
  ASSERT_NO_FATAL_FAILURE(stream.finish());
  ASSERT_TRUE(second.wait_for("alone", "caught_up"));
  EXPECT_EQ(second.partitions_of("alone"), 4u);
  EXPECT_EQ(stream.committed("leat.alone"), stream.ends());
  std::set<std::uint64_t> found;  // those that were not committed come twice, in any order of keys
  for (const Stream::Out& out : stream.read_output()) found.insert(out.seq);
  const std::vector<std::uint64_t> expected = Stream::expected(kCount);
  EXPECT_EQ(found, std::set<std::uint64_t>(expected.begin(), expected.end()));
  EXPECT_EQ(first.terminate(), 0) << first.log();
  EXPECT_EQ(second.terminate(), 0) << second.log();
}

}  // namespace
}  // namespace leat::test
