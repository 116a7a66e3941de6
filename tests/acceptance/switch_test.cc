#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon.h"
#include "log_files.h"
#include "stream.h"
#include "support/real_broker.h"

namespace leat::test {
namespace {

constexpr std::uint64_t kRate = 5000;

// The receipt's number, or -1.
std::int64_t number_in(const json::Value& body, const char* key) {
  const json::Value* const found = body.find(key);
  return found != nullptr ? found->as_integer().value_or(-1) : -1;
}

std::string text_in(const json::Value& body, const char* key) {
  const json::Value* const found = body.find(key);
  return found != nullptr && found->as_string() != nullptr ? *found->as_string() : "";
}

void put_trigger(const Daemon& daemon, const std::string& pipeline, bool to_batches) {
  const Daemon::Answer receipt = daemon.call("PUT", "/v1/pipelines/" + pipeline + "/trigger",
                                             to_batches ? R"({"mode":"micro_batch","interval":"500ms"})" : R"({"mode":"real_time"})");
  ASSERT_EQ(receipt.status, 200) << receipt.text << "\n" << daemon.log();
  EXPECT_EQ(text_in(receipt.body, "from"), to_batches ? "real_time" : "micro_batch") << receipt.text;
  EXPECT_EQ(text_in(receipt.body, "to"), to_batches ? "micro_batch" : "real_time") << receipt.text;
  EXPECT_EQ(number_in(receipt.body, "replayed_records"), 0) << receipt.text;
  EXPECT_GT(number_in(receipt.body, "epoch"), 0) << receipt.text;
}

// Every second of input one switch.
TEST(SwitchUnderLoad, GivesEveryRecordOnceWithOneProducerAndOneGeneration) {
  RealBroker& broker = RealBroker::shared();
  const std::uint64_t count = long_run() ? 200'000 : 40'000;
  Stream stream(broker.bootstrap(), "switched");
  Daemon daemon(broker.bootstrap());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_NO_FATAL_FAILURE(daemon.post(stream.pipeline("switched", false)));
  ASSERT_TRUE(daemon.wait_for("switched", "running"));

  stream.feed(count, kRate);
  bool to_batches = true;
  for (std::uint64_t second = 1; second * kRate < count; ++second) {
    stream.wait_fed(second * kRate);
    ASSERT_NO_FATAL_FAILURE(put_trigger(daemon, "switched", to_batches));
    to_batches = !to_batches;
  }
  ASSERT_NO_FATAL_FAILURE(stream.finish());
  ASSERT_TRUE(daemon.wait_for("switched", "caught_up"));

  EXPECT_EQ(stream.committed("leat.switched"), stream.ends());
  expect_exactly_once(stream.read_output(), count);
  EXPECT_EQ(producers_of(broker.folder(), stream.out()).size(), 1u);
  EXPECT_THAT(generations_of(broker.bootstrap(), "leat.switched"), testing::ElementsAre(1));
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
}

}  // namespace
}  // namespace leat::test
