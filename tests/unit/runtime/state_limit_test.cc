#include <gmock/gmock.h>

#include "spec/text.h"

#include "support/keyed_plans.h"
#include "support/runtime_world.h"

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;
using test::FakeRecord;
using test::RuntimeWorld;
using ::testing::HasSubstr;

constexpr std::uint64_t kLimit = 1 << 20;
constexpr int kTooMany = 20'000;  // records

class StateLimitTest : public ::testing::Test {
 protected:
  void SetUp() override { world.broker.add_topic("in", 0, 1); }
  static std::shared_ptr<plan::Plan> limited(std::uint64_t limit, spec::TriggerMode mode) {
    spec::TriggerSpec trigger;
    trigger.mode = mode;
    trigger.interval = trigger.checkpoint_interval = 1s;
    auto plan = test::counted(trigger, 1);
    auto spec = std::make_shared<spec::PipelineSpec>(*plan->spec);
    spec->limits.state_bytes = limit;
    plan->spec = spec;
    return plan;
  }
  // Each a key of its own, of about a hundred bytes.
  void feed(int records) {
    for (int i = 0; i < records; ++i)
      world.broker.topic(0).append(
          0,
          FakeRecord{
              .key = std::string(100, 'k') + std::to_string(next_++), .value = "v", .headers = {}});
  }
  void wait(int seconds) {
    for (int i = 0; i < seconds; ++i) world.advance(1s);
  }
  SnapshotPtr seen() { return world.pipeline().snapshot(); }

  RuntimeWorld world{1};
  int next_ = 0;
};

class StateLimitOfAnyModeTest : public StateLimitTest,
                                public ::testing::WithParamInterface<spec::TriggerMode> {};
INSTANTIATE_TEST_SUITE_P(Modes, StateLimitOfAnyModeTest,
                         ::testing::Values(spec::TriggerMode::real_time,
                                           spec::TriggerMode::micro_batch),
                         [](const auto& mode) { return std::string(spec::mode_name(mode.param)); });

TEST_P(StateLimitOfAnyModeTest, IsHardlyExceededHoweverMuchThereIsToRead) {
  world.create(limited(kLimit, GetParam()));
  feed(kTooMany);
  wait(60);
  EXPECT_EQ(world.pipeline().actual(), Actual::paused);
  EXPECT_GT(world.state.store().backing().bytes(), kLimit);
  EXPECT_LT(world.state.store().backing().bytes(), kLimit + kLimit / 4);
}

TEST_F(StateLimitTest, NothingMoreIsReadWhileTheStateIsBeyondIt) {
  world.create(limited(kLimit, spec::TriggerMode::real_time));
  feed(kTooMany);
  wait(5);
  ASSERT_EQ(world.pipeline().actual(), Actual::paused);
  const std::uint64_t bytes = world.state.store().backing().bytes();
  const EpochId epoch = seen()->epoch;
  const int made = world.sources_made;
  wait(600);
  EXPECT_GT(world.sources_made, made) << "it is tried again";
  EXPECT_EQ(world.pipeline().actual(), Actual::paused);
  EXPECT_EQ(world.state.store().backing().bytes(), bytes);
  EXPECT_EQ(seen()->epoch, epoch);
  EXPECT_THAT(seen()->reason,
              HasSubstr("STATE_LIMIT: the state takes " + std::to_string(bytes) +
                        " bytes, more than `limits.state` (" + std::to_string(kLimit) + " bytes)"));
  world.create(limited(kLimit, spec::TriggerMode::real_time));
  wait(60);
  EXPECT_EQ(world.state.store().backing().bytes(), bytes) << "another process neither";
}

TEST_F(StateLimitTest, GoesOnBehindWhatWasReadOnceItIsRaised) {
  world.create(limited(kLimit, spec::TriggerMode::real_time));
  feed(kTooMany);
  wait(60);
  ASSERT_EQ(world.pipeline().actual(), Actual::paused);
  world.create(limited(64 * kLimit, spec::TriggerMode::real_time));
  wait(60);
  EXPECT_EQ(world.pipeline().actual(), Actual::running);
  EXPECT_EQ(seen()->state.keys, static_cast<std::uint64_t>(kTooMany));
}

}  // namespace
}  // namespace leat::runtime
