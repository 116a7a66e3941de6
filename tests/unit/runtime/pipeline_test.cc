#include "runtime/pipeline.h"

#include <gmock/gmock.h>

#include "support/record_matchers.h"
#include "support/runtime_world.h"

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;
using test::FakeRecord;
using test::RuntimeWorld;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

spec::TriggerSpec real_time(Duration interval = 1s) {
  spec::TriggerSpec trigger;
  trigger.mode = spec::TriggerMode::real_time;
  trigger.checkpoint_interval = interval;
  return trigger;
}

spec::TriggerSpec micro_batch(Duration interval) {
  spec::TriggerSpec trigger;
  trigger.mode = spec::TriggerMode::micro_batch;
  trigger.interval = interval;
  return trigger;
}

spec::TriggerSpec available_now() {
  spec::TriggerSpec trigger;
  trigger.mode = spec::TriggerMode::available_now;
  return trigger;
}

template <class T>
struct Answer {
  std::optional<Result<T>> held;
  Reply<T> reply() {
    return [this](Result<T> result) {
      ASSERT_FALSE(held.has_value()) << "answered twice";
      held = std::move(result);
    };
  }
  bool given() const { return held.has_value(); }
  const T& value() const {
    EXPECT_TRUE(held->ok()) << held->status().to_string();
    return held->value();
  }
  std::string problem() const { return std::string(problem_of(held->status())); }
};

class PipelineTest : public ::testing::Test {
 protected:
  void SetUp() override { world.broker.add_topic("in", 0, 2); }
  void feed(std::size_t partition, const std::string& value) {
    world.broker.topic(0).append(partition, FakeRecord{.key = {}, .value = value, .headers = {}});
    world.settle();
  }
  std::vector<std::string> output() { return test::values_of(world.broker.all_outputs(0)); }

  RuntimeWorld world;
};

TEST_F(PipelineTest, RunsOnceItsSourceIsPositioned) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(real_time()));
  EXPECT_EQ(pipeline.actual(), Actual::running);
  feed(0, "a");
  EXPECT_THAT(output(), ElementsAre("a"));
}

TEST_F(PipelineTest, CommitsWhatWasReadAfterTheInterval) {
  world.create(RuntimeWorld::echo_plan(real_time(1s)));
  feed(0, "a");
  EXPECT_EQ(world.broker.topic(0).partitions[0]->committed, std::nullopt);
  world.advance(1s);
  EXPECT_EQ(world.broker.topic(0).partitions[0]->committed, 1);
  EXPECT_EQ(world.broker.metadata(), "{\"v\":1,\"e\":1}");
}

TEST_F(PipelineTest, CutsNoEpochWithoutRecords) {
  world.create(RuntimeWorld::echo_plan(real_time(1s)));
  for (int i = 0; i < 10; ++i) world.advance(1s);
  EXPECT_EQ(world.source.commits, 0u);
}

TEST_F(PipelineTest, HoldsRecordsUntilTheIntervalIsOver) {
  world.create(RuntimeWorld::echo_plan(micro_batch(10s)));
  feed(0, "a");
  world.advance(9s);
  EXPECT_THAT(output(), IsEmpty());
  world.advance(1s);
  EXPECT_THAT(output(), ElementsAre("a"));
}

TEST_F(PipelineTest, KeepsItsCadenceOverEmptyIntervals) {
  world.create(RuntimeWorld::echo_plan(micro_batch(10s)));
  world.advance(25s);
  feed(0, "a");
  EXPECT_THAT(output(), IsEmpty());
  world.advance(5s);
  EXPECT_THAT(output(), ElementsAre("a"));
}

TEST_F(PipelineTest, SwitchTakesEffectAtOnceWithAReceipt) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(micro_batch(10s)));
  feed(0, "a");
  Answer<SwitchReceipt> answer;
  pipeline.set_trigger(real_time(), true, 10s, "me", answer.reply());
  world.settle();
  ASSERT_TRUE(answer.given());
  const SwitchReceipt& receipt = answer.value();
  EXPECT_EQ(receipt.from, micro_batch(10s));
  EXPECT_EQ(receipt.to, real_time());
  EXPECT_TRUE(receipt.changed);
  EXPECT_TRUE(receipt.committed);
  EXPECT_EQ(receipt.replayed_records, 0u);
  EXPECT_EQ(receipt.epoch, EpochId(1));
  EXPECT_EQ(receipt.barrier_offsets, (BarrierOffsets{{"in", {{"in", {{0, 1}, {1, 0}}}}}}));
  EXPECT_THAT(output(), ElementsAre("a"));
  feed(1, "b");
  EXPECT_THAT(output(), ElementsAre("a", "b"));
  EXPECT_EQ(world.sources_made, 1);
}

TEST_F(PipelineTest, SwitchToTheSameTriggerChangesNothing) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(real_time()));
  Answer<SwitchReceipt> answer;
  pipeline.set_trigger(real_time(), true, 10s, "me", answer.reply());
  ASSERT_TRUE(answer.given());
  EXPECT_FALSE(answer.value().changed);
  EXPECT_TRUE(pipeline.snapshot()->trigger_switches.empty());
}

TEST_F(PipelineTest, SwitchThatCannotBeCutInTimeNeverHappens) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(micro_batch(1s)));
  world.source.hold_commits = true;  // epoch 1 stays pending, so nothing can be cut
  feed(0, "a");
  world.advance(1s);
  Answer<SwitchReceipt> answer;
  pipeline.set_trigger(real_time(), true, 3s, "me", answer.reply());
  world.advance(2s);
  EXPECT_FALSE(answer.given());
  world.advance(1s);
  ASSERT_TRUE(answer.given());
  EXPECT_EQ(answer.problem(), "SWITCH_TIMED_OUT");
  world.source.hold_commits = false;
  world.advance(1s);
  feed(0, "b");
  EXPECT_THAT(output(), ElementsAre("a")) << "still held: the old trigger counts";
  EXPECT_EQ(pipeline.effective_trigger(), micro_batch(1s));
}

TEST_F(PipelineTest, SwitchIsToldAsUncommittedWhenOnlyTheCommitIsLate) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(micro_batch(10s)));
  feed(0, "a");
  world.source.hold_commits = true;
  Answer<SwitchReceipt> answer;
  pipeline.set_trigger(real_time(), true, 3s, "me", answer.reply());
  world.settle();
  world.advance(3s);
  ASSERT_TRUE(answer.given());
  EXPECT_FALSE(answer.value().committed);
  EXPECT_EQ(pipeline.effective_trigger(), real_time());
  world.source.hold_commits = false;
  world.settle();
  feed(0, "b");
  EXPECT_THAT(output(), ElementsAre("a", "b"));
}

TEST_F(PipelineTest, ANewerSwitchReplacesAPendingOne) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(micro_batch(1s)));
  world.source.hold_commits = true;
  feed(0, "a");
  world.advance(1s);
  Answer<SwitchReceipt> first, second;
  pipeline.set_trigger(real_time(1s), true, 30s, "me", first.reply());
  pipeline.set_trigger(real_time(2s), true, 30s, "me", second.reply());
  ASSERT_TRUE(first.given());
  EXPECT_EQ(first.problem(), "SWITCH_REPLACED");
  world.source.hold_commits = false;
  world.settle();
  ASSERT_TRUE(second.given());
  EXPECT_EQ(pipeline.effective_trigger(), real_time(2s));
}

TEST_F(PipelineTest, PauseCommitsAndHoldsStillUntilResume) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(real_time(60s)));
  feed(0, "a");
  Answer<LifecycleReceipt> paused;
  pipeline.pause(paused.reply());
  world.settle();
  ASSERT_TRUE(paused.given());
  EXPECT_EQ(paused.value().actual, Actual::paused);
  EXPECT_EQ(world.broker.topic(0).partitions[0]->committed, 1);
  feed(0, "b");
  EXPECT_THAT(output(), ElementsAre("a"));
  Answer<LifecycleReceipt> again;
  pipeline.pause(again.reply());
  EXPECT_TRUE(again.given()) << "asking for the state it is in is a no-op";
  Answer<LifecycleReceipt> resumed;
  pipeline.resume(resumed.reply());
  world.settle();
  ASSERT_TRUE(resumed.given());
  EXPECT_EQ(resumed.value().actual, Actual::running);
  EXPECT_EQ(resumed.value().replayed_records, 0u);
  EXPECT_THAT(output(), ElementsAre("a", "b"));
  EXPECT_EQ(world.sources_made, 1) << "pause keeps the membership";
}

TEST_F(PipelineTest, SwitchWhilePausedIsStoredAndCountsAfterResume) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(real_time(1s)));
  Answer<LifecycleReceipt> paused, resumed;
  pipeline.pause(paused.reply());
  world.settle();
  Answer<SwitchReceipt> switched;
  pipeline.set_trigger(micro_batch(10s), true, 10s, "me", switched.reply());
  ASSERT_TRUE(switched.given());
  EXPECT_EQ(switched.value().epoch, std::nullopt);
  EXPECT_THAT(switched.value().barrier_offsets, IsEmpty());
  world.settle();
  pipeline.resume(resumed.reply());
  world.settle();
  feed(0, "a");
  EXPECT_THAT(output(), IsEmpty());
  world.advance(10s);
  EXPECT_THAT(output(), ElementsAre("a"));
}

TEST_F(PipelineTest, StopCommitsAndStartGoesOnWithoutReplay) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(micro_batch(60s)));
  feed(0, "a");
  Answer<LifecycleReceipt> stopped;
  pipeline.stop({.timeout = 30s}, stopped.reply());
  world.settle();
  ASSERT_TRUE(stopped.given());
  EXPECT_EQ(stopped.value().actual, Actual::stopped);
  EXPECT_EQ(stopped.value().desired, Desired::stopped);
  EXPECT_EQ(world.tasks(), 0u);
  EXPECT_THAT(output(), ElementsAre("a"));
  Answer<LifecycleReceipt> started;
  pipeline.start(started.reply());
  world.settle();
  EXPECT_EQ(pipeline.actual(), Actual::running);
  feed(0, "b");
  world.advance(60s);
  EXPECT_THAT(output(), ElementsAre("a", "b"));
}

TEST_F(PipelineTest, StopDropsTheEpochThatCannotBeCommittedInTime) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(real_time(60s)));
  world.source.hold_commits = true;
  feed(0, "a");
  Answer<LifecycleReceipt> stopped;
  pipeline.stop({.timeout = 30s}, stopped.reply());
  world.advance(29s);
  EXPECT_FALSE(stopped.given());
  world.advance(1s);
  ASSERT_TRUE(stopped.given());
  EXPECT_EQ(pipeline.actual(), Actual::stopped);
  EXPECT_EQ(world.broker.topic(0).partitions[0]->committed, std::nullopt);
}

TEST_F(PipelineTest, DeleteThatCannotCommitGivesUpAndThePipelineGoesOn) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(real_time(60s)));
  world.sink.acknowledge = false;
  feed(0, "a");
  Answer<LifecycleReceipt> stopped;
  pipeline.stop({.timeout = 5s, .fail_on_timeout = true}, stopped.reply());
  world.advance(5s);
  ASSERT_TRUE(stopped.given());
  EXPECT_EQ(stopped.problem(), "DRAIN_TIMED_OUT");
  world.sink.acknowledge = true;
  world.settle();
  feed(0, "b");
  EXPECT_EQ(pipeline.actual(), Actual::running);
  EXPECT_THAT(output(), ElementsAre("a", "b"));
}

TEST_F(PipelineTest, AFailureIsRetriedWithGrowingDelays) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(real_time(1s)));
  world.sink.write_answer = Status(Code::internal, "broken");
  feed(0, "a");
  EXPECT_EQ(pipeline.actual(), Actual::failed);
  EXPECT_EQ(world.tasks(), 0u);
  world.advance(1s);
  EXPECT_EQ(pipeline.actual(), Actual::failed) << "started, failed again";
  EXPECT_EQ(world.sources_made, 2);
  world.advance(1s);
  EXPECT_EQ(world.sources_made, 2) << "the second delay is longer";
  world.sink.write_answer = Status();
  world.advance(1s);
  EXPECT_EQ(pipeline.actual(), Actual::running);
  EXPECT_THAT(output(), ElementsAre("a"));
}

TEST_F(PipelineTest, GivesUpAfterSoManyFailures) {
  world.options.restart_give_up_after = 2;
  world.source_answer = Status(Code::unavailable, "no such broker");
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(real_time(1s)));
  for (int i = 0; i < 10; ++i) world.advance(60s);
  EXPECT_EQ(world.sources_made, 3);
  EXPECT_EQ(pipeline.actual(), Actual::failed);
  EXPECT_THAT(pipeline.snapshot()->reason, ::testing::HasSubstr("GAVE_UP"));
}

TEST_F(PipelineTest, DataLossWaitsForAPerson) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(real_time(1s)));
  world.sink.write_answer = Status(Code::data_loss, "the offsets are gone");
  feed(0, "a");
  world.advance(10min);
  EXPECT_EQ(pipeline.actual(), Actual::failed);
  EXPECT_EQ(world.sources_made, 1);
}

TEST_F(PipelineTest, APauseWhileStartingIsQueuedAndAnsweredAtOnce) {
  world.sink.connected = false;
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(real_time(1s)));
  ASSERT_EQ(pipeline.actual(), Actual::starting);
  Answer<LifecycleReceipt> paused;
  pipeline.pause(paused.reply());
  ASSERT_TRUE(paused.given());
  EXPECT_EQ(paused.value().desired, Desired::paused);
  EXPECT_EQ(paused.value().actual, Actual::starting);
  world.sink.connected = true;
  world.settle();
  EXPECT_EQ(pipeline.actual(), Actual::paused);
}

TEST_F(PipelineTest, CountersGoOnWhereTheyWere) {
  world.create(RuntimeWorld::echo_plan(real_time(1s)));
  feed(0, "a");
  feed(1, "b");
  const std::string text = world.pipeline().counts().to_json();
  PipelineCounts again(*RuntimeWorld::echo_plan(real_time(1s)));
  again.restore(text);
  EXPECT_EQ(again.task(0).records_in.value(), 2u);
  EXPECT_EQ(again.to_json(), text);
  again.restore("no json");
  EXPECT_EQ(again.to_json(), text);
}

TEST_F(PipelineTest, ADeleteThatIsLateWhileItsEndIsCertainGoesOnToItsEnd) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(real_time()));
  world.source.hold_stop = true;
  Pipeline::StopOptions options;
  options.timeout = 1s;
  options.fail_on_timeout = true;
  Answer<LifecycleReceipt> answer;
  pipeline.stop(options, answer.reply());
  world.settle();
  world.advance(5s);
  EXPECT_FALSE(answer.given());
  world.source.hold_stop = false;
  world.settle();
  ASSERT_TRUE(answer.given());
  EXPECT_EQ(answer.value().actual, Actual::stopped);
}

TEST_F(PipelineTest, OffsetsThatCannotBePurgedAreTold) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(real_time()));
  world.source.purge_answer = Status(Code::timed_out, "no broker");
  Pipeline::StopOptions options;
  options.timeout = 1s;
  options.purge = true;
  Answer<LifecycleReceipt> answer;
  pipeline.stop(options, answer.reply());
  world.settle();
  ASSERT_TRUE(answer.given());
  EXPECT_EQ(answer.problem(), "BUSY");
  EXPECT_EQ(pipeline.actual(), Actual::stopped);
  Answer<LifecycleReceipt> again;
  world.source.purge_answer = Status();
  pipeline.stop(options, again.reply());
  world.settle();
  ASSERT_TRUE(again.given());
  EXPECT_TRUE(again.held->ok());
}

TEST_F(PipelineTest, WhereItStandsIsShownWhileItIsStopped) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(real_time()));
  feed(0, "a");
  Pipeline::StopOptions options;
  options.timeout = 10s;
  Answer<LifecycleReceipt> answer;
  pipeline.stop(options, answer.reply());
  world.settle();
  ASSERT_TRUE(answer.given());
  const SnapshotPtr snapshot = pipeline.snapshot();
  ASSERT_EQ(snapshot->sources.size(), 1u);
  ASSERT_EQ(snapshot->sources[0].partitions.size(), 2u);
  EXPECT_EQ(snapshot->sources[0].partitions[0].committed, 1);
  EXPECT_EQ(snapshot->sources[0].partitions[0].end, std::nullopt) << "not known any more";
  EXPECT_FALSE(snapshot->sources[0].caught_up);
}

TEST_F(PipelineTest, AShutDownHastensAStopThatIsUnderWay) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(real_time()));
  world.source.hold_commits = true;
  feed(0, "a");
  Pipeline::StopOptions options;
  options.timeout = 24h;
  options.fail_on_timeout = true;
  Answer<LifecycleReceipt> answer;
  pipeline.stop(options, answer.reply());
  world.settle();
  pipeline.shut_down(2s);
  world.advance(1s);
  pipeline.shut_down(2s);
  EXPECT_FALSE(pipeline.at_rest());
  world.advance(1s);
  EXPECT_TRUE(pipeline.at_rest());
  ASSERT_TRUE(answer.given());
  EXPECT_TRUE(answer.held->ok());
}

TEST_F(PipelineTest, AFencedPipelineStaysAwayUntilSomebodyStartsIt) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(real_time(1s)));
  world.sink.write_answer = Status(Code::wrong_state, "another member").with("code", "FENCED");
  feed(0, "a");
  world.advance(10min);
  EXPECT_EQ(pipeline.actual(), Actual::failed);
  EXPECT_EQ(world.sources_made, 1) << "coming back would fence the other one in turn";
  EXPECT_THAT(pipeline.snapshot()->reason, ::testing::HasSubstr("FENCED"));
  world.sink.write_answer = Status();
  Answer<LifecycleReceipt> started;
  pipeline.start(started.reply());
  world.settle();
  EXPECT_EQ(pipeline.actual(), Actual::running);
  EXPECT_THAT(output(), ElementsAre("a"));
}

TEST_F(PipelineTest, AMicroBatchIsCutEarlyAtItsByteLimit) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(micro_batch(1h)));
  const std::string large(1024 * 1024, 'x');
  for (int i = 0; i < 300; ++i)
    world.broker.topic(0).append(0, FakeRecord{.key = {}, .value = large, .headers = {}});
  world.settle();
  EXPECT_GE(output().size(), 256u);
  EXPECT_LT(output().size(), 300u) << "the rest waits for its own epoch";
  EXPECT_EQ(pipeline.snapshot()->epoch, EpochId(1));
}

TEST_F(PipelineTest, ACommitThatDoesNotWorkIsTriedAgain) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(real_time(1s)));
  world.source.commit_answer = Status(Code::unavailable, "no coordinator");
  feed(0, "a");
  world.advance(1s);
  EXPECT_EQ(world.broker.topic(0).partitions[0]->committed, std::nullopt);
  feed(0, "b");
  EXPECT_THAT(output(), ElementsAre("a", "b")) << "records do not wait for the commit";
  world.source.commit_answer = Status();
  world.advance(2s);
  world.advance(2s);
  EXPECT_EQ(world.broker.topic(0).partitions[0]->committed, 2);
  EXPECT_EQ(pipeline.actual(), Actual::running);
}

TEST_F(PipelineTest, AvailableNowCatchesUpThenStops) {
  for (int i = 0; i < 600; ++i)
    world.broker.topic(0).append(static_cast<std::size_t>(i % 2),
                                 FakeRecord{.key = {}, .value = "x", .headers = {}});
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(available_now()));
  EXPECT_EQ(pipeline.actual(), Actual::stopped);
  EXPECT_EQ(pipeline.desired(), Desired::stopped);
  EXPECT_EQ(pipeline.snapshot()->reason, "CAUGHT_UP");
  EXPECT_EQ(output().size(), 600u);
  EXPECT_EQ(world.broker.topic(0).partitions[1]->committed, 300);
  EXPECT_EQ(world.desired_changes, 1);
}

TEST_F(PipelineTest, BeginsStoppedWhenThatIsWanted) {
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(real_time(1s)), Desired::stopped);
  EXPECT_EQ(pipeline.actual(), Actual::stopped);
  EXPECT_EQ(world.sources_made, 0);
}

TEST_F(PipelineTest, BeginsPausedWhenThatIsWanted) {
  feed(0, "a");
  Pipeline& pipeline = world.create(RuntimeWorld::echo_plan(micro_batch(1s)), Desired::paused);
  EXPECT_EQ(pipeline.actual(), Actual::paused);
  feed(0, "b");
  world.advance(5s);
  Answer<LifecycleReceipt> resumed;
  pipeline.resume(resumed.reply());
  world.settle();
  world.advance(1s);
  EXPECT_THAT(output(), ElementsAre("a", "b"));
}

TEST_F(PipelineTest, SlicesShareThePartitions) {
  RuntimeWorld wide(2);
  wide.broker.add_topic("in", 0, 4);
  wide.create(RuntimeWorld::echo_plan(real_time(1s), 2));
  for (std::size_t p = 0; p < 4; ++p)
    wide.broker.topic(0).append(p, FakeRecord{.key = {}, .value = "x", .headers = {}});
  wide.settle();
  wide.advance(1s);
  EXPECT_EQ(wide.broker.all_outputs(0).size(), 4u);
  for (std::size_t p = 0; p < 4; ++p) EXPECT_EQ(wide.broker.topic(0).partitions[p]->committed, 1);
}

}  // namespace
}  // namespace leat::runtime
