#include "flow/task.h"

#include <gmock/gmock.h>

#include "base/faults.h"
#include "unit/flow/task_fixture.h"

namespace leat::test {
namespace {

using flow::Wait;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A source task that lets records in at once.

TEST(TaskAtOnce, RecordsPassInTheStepThatPolledThem) {
  TaskFixture t;
  t.with_partitions(1).feed({"a", "b"});
  EXPECT_TRUE(t.step().worked);
  t.step();
  EXPECT_THAT(t.written_by_epoch(), ElementsAre("1:a", "1:b"));
  EXPECT_EQ(t.stats.records_in.value(), 2U);
  EXPECT_EQ(t.stats.bytes_in.value(), 4U);
  EXPECT_EQ(t.meter.records(), 2U);
}

TEST(TaskAtOnce, WithoutRecordsItWaitsForInput) {
  TaskFixture t;
  t.with_partitions(1);
  const flow::StepOutcome outcome = t.step();
  EXPECT_FALSE(outcome.worked);
  EXPECT_EQ(outcome.wait, Wait::input);
  EXPECT_EQ(outcome.wake_at, base::kNever);
}

TEST(TaskAtOnce, ACutReportsThePositionsAndTheBarrierPassesInTheSameStep) {
  TaskFixture t;
  t.with_partitions(2).feed({"a", "b"}, 0);
  t.feed({"c"}, 1);
  t.settle();
  t.cut(1);
  t.step();
  ASSERT_THAT(t.listener.cuts, SizeIs(1));
  const flow::CutReport& report = t.listener.cuts[0];
  EXPECT_EQ(report.epoch, EpochId(1));
  EXPECT_EQ(report.records, 3U);
  EXPECT_EQ(report.bytes, 6U);
  EXPECT_EQ(report.intake_paused, Duration(0));
  ASSERT_THAT(report.positions, SizeIs(2));
  EXPECT_EQ(report.positions[0].next, Offset(2));
  EXPECT_EQ(report.positions[1].next, Offset(1));
  EXPECT_THAT(t.listener.sealed, ElementsAre(1));
  EXPECT_THAT(t.sink.epochs_ended, ElementsAre(EpochId(1)));
}

TEST(TaskAtOnce, RecordsAfterTheBarrierBelongToTheNextEpoch) {
  TaskFixture t;
  t.with_partitions(1).feed({"a"});
  t.settle();
  t.cut(1);
  t.feed({"b"});
  t.settle();
  t.cut(2);
  t.settle();
  EXPECT_THAT(t.written_by_epoch(), ElementsAre("1:a", "2:b"));
  EXPECT_EQ(t.listener.cuts[1].records, 1U);
  EXPECT_EQ(t.listener.cuts[1].positions[0].next, Offset(2));
}

TEST(TaskAtOnce, AnEmptyEpochCanBeCut) {
  TaskFixture t;
  t.with_partitions(1);
  t.cut(1);
  t.step();
  EXPECT_EQ(t.listener.cuts[0].records, 0U);
  EXPECT_THAT(t.listener.sealed, ElementsAre(1));
}

// Holding.

TEST(TaskHeld, NothingEntersBeforeTheCutAndEverythingAtIt) {
  TaskFixture t(held_back());
  t.with_partitions(1).feed({"a", "b"});
  EXPECT_EQ(t.settle().wait, Wait::held);
  EXPECT_THAT(t.written(), IsEmpty());
  t.cut(1);
  t.settle();
  EXPECT_THAT(t.written_by_epoch(), ElementsAre("1:a", "1:b"));
  EXPECT_THAT(t.listener.sealed, ElementsAre(1));
}

TEST(TaskHeld, PollingStopsWhenTheEpochIsFullAndGoesOnAfterTheCut) {
  TaskFixture t(held_back(1s, 300));
  t.with_partitions(1).feed(numbered("r", 1000));
  EXPECT_EQ(t.settle().wait, Wait::held);
  EXPECT_EQ(t.meter.records(), 300U) << "not one more than the limit";
  t.cut(1);
  t.settle();
  EXPECT_EQ(t.written().size(), 300U);
  EXPECT_EQ(t.meter.records(), 600U);
}

TEST(TaskHeld, ACutUnderBackPressureLetsTheEpochInStepByStepAndInOrder) {
  TaskFixture t(held_back());
  t.with_partitions(1);
  t.source.poll_rows_max = 10;
  t.feed(numbered("r", 500));
  t.settle();
  t.sink.in_flight_max = 20;
  t.sink.acknowledge = false;
  t.cut(1);
  t.feed(numbered("r", 100, 500));
  flow::StepOutcome outcome = t.settle();
  EXPECT_EQ(outcome.wait, Wait::sink_full);
  EXPECT_THAT(t.listener.cuts, IsEmpty()) << "the barrier stands behind the held records";
  EXPECT_EQ(t.meter.records(), 600U) << "intake went on";
  t.sink.acknowledge = true;
  t.settle();
  EXPECT_EQ(t.written(), numbered("r", 500));
  ASSERT_THAT(t.listener.cuts, SizeIs(1));
  EXPECT_EQ(t.listener.cuts[0].records, 500U);
  EXPECT_EQ(t.listener.cuts[0].positions[0].next, Offset(500))
      << "as it was when the cut was taken up";
  EXPECT_EQ(t.listener.cuts[0].intake_paused, Duration(0));
  t.cut(2);
  t.settle();
  EXPECT_EQ(t.written(), numbered("r", 600));
  EXPECT_EQ(t.listener.cuts[1].records, 100U);
}

TEST(TaskHeld, OneStepLetsABoundedPartOfALargeEpochIn) {
  TaskFixture t(held_back());
  t.with_partitions(1).feed(numbered("r", 256 * 40));
  t.settle();
  t.cut(1);
  t.step();
  EXPECT_LT(t.step_stats.in.value(), 256U * 40);
  t.settle();
  EXPECT_EQ(t.step_stats.in.value(), 256U * 40);
}

// Switches.

TEST(TaskSwitch, ATicketCountsFromTheNextEpochOn) {
  TaskFixture t(held_back());
  t.with_partitions(1).feed({"a", "b"});
  t.settle();
  const base::Ref<flow::SwitchTicket> ticket(new flow::SwitchTicket(at_once()));
  t.cut(1, true, ticket);
  t.feed({"c"});
  t.settle();
  EXPECT_TRUE(t.listener.cuts[0].took_switch);
  EXPECT_FALSE(ticket->withdraw()) << "too late";
  EXPECT_THAT(t.written_by_epoch(), ElementsAre("1:a", "1:b", "2:c"));
}

TEST(TaskSwitch, FromAtOnceToHeldHoldsWhatComesAfterTheCut) {
  TaskFixture t(at_once());
  t.with_partitions(1).feed({"a"});
  t.settle();
  t.cut(1, true, base::Ref<flow::SwitchTicket>(new flow::SwitchTicket(held_back())));
  t.feed({"b"});
  t.settle();
  EXPECT_THAT(t.written_by_epoch(), ElementsAre("1:a"));
  t.cut(2);
  t.settle();
  EXPECT_THAT(t.written_by_epoch(), ElementsAre("1:a", "2:b"));
}

TEST(TaskSwitch, AWithdrawnTicketLeavesTheTriggerAlone) {
  TaskFixture t(held_back());
  t.with_partitions(1);
  const base::Ref<flow::SwitchTicket> ticket(new flow::SwitchTicket(at_once()));
  EXPECT_TRUE(ticket->withdraw());
  t.cut(1, true, ticket);
  t.feed({"a"});
  t.settle();
  EXPECT_FALSE(t.listener.cuts[0].took_switch);
  EXPECT_THAT(t.written(), IsEmpty());
}

TEST(TaskSwitch, EveryTaskOfTheCutTakesATicketThatOneTook) {
  flow::SwitchTicket ticket(at_once());
  EXPECT_TRUE(ticket.take());
  EXPECT_TRUE(ticket.take());
  EXPECT_FALSE(ticket.withdraw());
}

TEST(TaskSwitch, IntakePolledWhileALargeEpochDrainsKeepsItsOrder) {
  TaskFixture t(held_back());
  t.with_partitions(1);
  t.source.poll_rows_max = 10;
  t.feed(numbered("r", 300));
  t.settle();
  t.sink.in_flight_max = 10;
  t.cut(1, true, base::Ref<flow::SwitchTicket>(new flow::SwitchTicket(at_once())));
  std::size_t fed = 300;
  for (int i = 0; i < 20; ++i, fed += 5) {
    t.feed(numbered("r", 5, fed));
    t.step();
  }
  t.settle();
  EXPECT_EQ(t.written(), numbered("r", fed));
  EXPECT_EQ(t.listener.cuts[0].records, 300U);
}

TEST(TaskSwitch, IntakeAheadOfABarrierThatCannotLeaveIsBoundedAndThePauseIsMeasured) {
  TaskFixture t(held_back());
  t.with_partitions(1).feed({"first"});
  t.settle();
  t.sink.ready = false;
  t.cut(1, true, base::Ref<flow::SwitchTicket>(new flow::SwitchTicket(at_once())));
  t.feed(numbered("r", 40'000));
  t.settle();
  EXPECT_LT(t.meter.records(), 20'000U);
  t.clock.advance(70ms);
  t.sink.ready = true;
  t.settle();
  EXPECT_EQ(t.listener.cuts[0].intake_paused, Duration(70ms));
  EXPECT_EQ(t.written().size(), 40'001U);
}

// Pause and resume.

TEST(TaskPause, AfterACutThatSaysSoNothingIsPolledUntilResume) {
  TaskFixture t;
  t.with_partitions(1).feed({"a"});
  t.settle();
  t.cut(1, false);
  t.feed({"b"});
  EXPECT_EQ(t.settle().wait, Wait::paused);
  EXPECT_THAT(t.listener.sealed, ElementsAre(1));
  EXPECT_THAT(t.written(), ElementsAre("a"));
  t.task().command(flow::ResumeCommand{});
  t.settle();
  EXPECT_THAT(t.written_by_epoch(), ElementsAre("1:a", "2:b"));
}

TEST(TaskPause, APausedTaskCanBeCutAgain) {
  TaskFixture t;
  t.with_partitions(1);
  t.cut(1, false);
  t.settle();
  t.cut(2, false);
  t.settle();
  EXPECT_THAT(t.listener.sealed, ElementsAre(1, 2));
}

// Inputs and alignment.

void push(TaskFixture& t, std::size_t edge, const std::vector<std::string>& values) {
  t.edges[edge]->push(batch_of(values));
}
void barrier(TaskFixture& t, std::size_t edge, std::uint64_t epoch) {
  t.edges[edge]->push(flow::Barrier{EpochId(epoch)});
}

TEST(TaskAlignment, AnInputThatDeliveredTheBarrierIsNotReadUntilAllHave) {
  TaskFixture t;
  t.with_edges(2).task();
  push(t, 0, {"a1"});
  barrier(t, 0, 1);
  push(t, 0, {"a2"});
  push(t, 1, {"b1"});
  EXPECT_EQ(t.settle().wait, Wait::alignment);
  EXPECT_THAT(t.written_by_epoch(), ElementsAre("1:a1", "1:b1"));
  EXPECT_THAT(t.listener.sealed, IsEmpty());
  push(t, 1, {"b2"});
  barrier(t, 1, 1);
  t.settle();
  EXPECT_THAT(t.listener.sealed, ElementsAre(1));
  EXPECT_THAT(t.written_by_epoch(), ElementsAre("1:a1", "1:b1", "1:b2", "2:a2"));
}

TEST(TaskAlignment, ThreeUnevenInputsSealEveryEpochOnceAndInOrder) {
  TaskFixture t;
  t.with_edges(3).task();
  for (std::uint64_t e = 1; e <= 5; ++e) {
    for (std::size_t edge = 0; edge < 3; ++edge) {
      for (std::size_t i = 0; i < edge * 3 * e; ++i) push(t, edge, {"e" + std::to_string(e)});
      barrier(t, edge, e);
    }
  }
  t.settle();
  EXPECT_THAT(t.listener.sealed, ElementsAre(1, 2, 3, 4, 5));
  for (const std::string& row : t.written_by_epoch()) EXPECT_EQ(row[0], row[3]) << row;
}

TEST(TaskAlignment, ABarrierWithoutRecordsBeforeItCounts) {
  TaskFixture t;
  t.with_edges(2).task();
  barrier(t, 0, 1);
  barrier(t, 0, 2);
  barrier(t, 1, 1);
  t.settle();
  EXPECT_THAT(t.listener.sealed, ElementsAre(1));
  barrier(t, 1, 2);
  t.settle();
  EXPECT_THAT(t.listener.sealed, ElementsAre(1, 2));
}

TEST(TaskAlignment, SourcesAndEdgesWaitForEachOther) {
  TaskFixture t;
  t.with_partitions(1).with_edges(1).task();
  t.feed({"s1"});
  t.settle();
  t.cut(1);
  t.settle();
  EXPECT_THAT(t.listener.cuts, SizeIs(1)) << "the sources' barrier is in the stream";
  EXPECT_THAT(t.listener.sealed, IsEmpty());
  t.feed({"s2"});
  push(t, 0, {"x1"});
  EXPECT_EQ(t.settle().wait, Wait::alignment);
  EXPECT_THAT(t.written_by_epoch(), ElementsAre("1:s1", "1:x1"));
  barrier(t, 0, 1);
  t.settle();
  EXPECT_THAT(t.listener.sealed, ElementsAre(1));
  EXPECT_THAT(t.written_by_epoch(), ElementsAre("1:s1", "1:x1", "2:s2"));
}

TEST(TaskAlignment, AnEdgeMayDeliverTheBarrierBeforeTheSourcesAreToldToCut) {
  TaskFixture t;
  t.with_partitions(1).with_edges(1).task();
  barrier(t, 0, 1);
  push(t, 0, {"x2"});
  t.feed({"s1"});
  t.settle();
  EXPECT_THAT(t.written_by_epoch(), ElementsAre("1:s1"));
  t.cut(1);
  t.settle();
  EXPECT_THAT(t.written_by_epoch(), ElementsAre("1:s1", "2:x2"));
}

// Back pressure and accounts.

TEST(TaskBackPressure, AFullSinkStopsIntakeIsCountedOnceAndAsTime) {
  TaskFixture t;
  t.with_partitions(1);
  t.source.poll_rows_max = 10;
  t.sink.in_flight_max = 10;
  t.sink.acknowledge = false;
  t.feed(numbered("r", 100));
  EXPECT_EQ(t.settle().wait, Wait::sink_full);
  EXPECT_EQ(t.meter.records(), 10U);
  for (int i = 0; i < 5; ++i) {
    t.clock.advance(10ms);
    t.step();
  }
  EXPECT_EQ(t.pauses(Wait::sink_full), 1U);
  EXPECT_EQ(t.waited_ns(Wait::sink_full), 50'000'000U);
  t.sink.acknowledge = true;
  t.settle();
  EXPECT_EQ(t.written(), numbered("r", 100));
}

TEST(TaskBackPressure, EdgesAreNotReadWhileTheSinkIsFull) {
  TaskFixture t;
  t.with_edges(1).task();
  t.sink.ready = false;
  push(t, 0, {"a"});
  EXPECT_EQ(t.settle().wait, Wait::sink_full);
  EXPECT_FALSE(t.edges[0]->empty());
  t.sink.ready = true;
  t.settle();
  EXPECT_THAT(t.written(), ElementsAre("a"));
}

TEST(TaskStats, TimeBetweenStepsIsBusyAfterWorkAndWaitingAfterNone) {
  TaskFixture t;
  t.with_partitions(1).feed({"a"});
  t.step();
  t.clock.advance(3ms);
  t.step();
  t.clock.advance(5ms);
  t.step();
  EXPECT_EQ(t.stats.busy_ns.value(), 3'000'000U);
  EXPECT_EQ(t.waited_ns(Wait::input), 5'000'000U);
}

TEST(TaskStats, TimeInQueueIsFromTheNewestTimestampToTheChain) {
  TaskFixture t(held_back());
  const std::int64_t now_ms = t.clock.wall_now().us / 1000;
  t.with_partitions(1);
  t.broker.topic(0).append(0, {.key = "k", .value = "v", .timestamp_ms = now_ms - 1});
  t.settle();
  t.clock.advance(20ms);
  t.cut(1);
  t.settle();
  EXPECT_EQ(t.stats.latency.queue.sum(), 21'000U);
  EXPECT_EQ(t.stats.last_record_ms.value(), static_cast<std::uint64_t>(now_ms - 1));
}

class SeesNow final : public flow::Operator {
 public:
  explicit SeesNow(std::vector<std::int64_t>& seen) : seen_(seen) {}
  Status open(const flow::OperatorContext&) override { return {}; }
  Status process(record::RecordBatch& batch, flow::Collector& out) override {
    seen_.push_back(batch.now.us);
    out.emit(std::move(batch));
    return {};
  }

 private:
  std::vector<std::int64_t>& seen_;
};

TEST(TaskStats, NowIsTheTimeOfEntryNotOfPolling) {
  std::vector<std::int64_t> seen;
  TaskFixture t(held_back());
  t.with_partitions(1).with_operator(std::make_unique<SeesNow>(seen)).feed({"a"});
  t.settle();
  t.clock.advance(1s);
  t.cut(1);
  t.settle();
  EXPECT_THAT(seen, ElementsAre(t.clock.wall_now().us));
}

TEST(IntakeMeter, WakesTheControlThreadOnceWhenAMarkIsPassed) {
  base::Wakeup control;
  flow::IntakeMeter meter(control);
  meter.wake_above(10, 1000);
  control.announce();
  meter.add(10, 10);
  EXPECT_FALSE(control.drain());
  meter.add(1, 1);
  EXPECT_TRUE(control.drain());
  control.announce();
  meter.add(1, 1);
  EXPECT_FALSE(control.drain());
  meter.add(1, 2000);
  EXPECT_TRUE(control.drain()) << "the bytes have a mark too";
}

// Limits.

TEST(TaskLimit, RecordsPerSecondWithAnHonestWakeUpTime) {
  TaskFixture t;
  t.with_partitions(1).with_limits(100, 0).feed(numbered("r", 1000));
  flow::StepOutcome outcome = t.settle();
  EXPECT_EQ(outcome.wait, Wait::rate_limit);
  const std::uint64_t at_start = t.meter.records();
  EXPECT_LE(at_start, 10U);
  for (const Instant end = t.clock.now() + 5s; t.clock.now() < end;) {
    ASSERT_NE(outcome.wake_at, base::kNever);
    ASSERT_GT(outcome.wake_at, t.clock.now());
    t.clock.advance(outcome.wake_at - t.clock.now());
    outcome = t.settle();
  }
  EXPECT_NEAR(static_cast<double>(t.meter.records() - at_start), 500, 11);
}

TEST(TaskLimit, BytesPerSecondWhileHolding) {
  TaskFixture t(held_back(10s));
  t.with_partitions(1).with_limits(0, 10'000);
  t.feed(std::vector<std::string>(1000, std::string(50, 'x')));  // 100 bytes with the key
  for (int i = 0; i < 300; ++i) {
    t.settle();
    t.clock.advance(10ms);
  }
  EXPECT_NEAR(static_cast<double>(t.meter.bytes()), 30'000, 26'000);
  EXPECT_LT(t.meter.records(), 600U);
}

// The end, and failures.

TEST(TaskEnd, FinishedIsToldOnceWhenAllIsReadAndNothingIsHeld) {
  TaskFixture t(held_back());
  t.with_partitions(1).feed({"a"});
  t.source.end_fixed = true;
  t.settle();
  EXPECT_EQ(t.listener.finished, 0) << "one record is held";
  t.cut(1);
  t.settle();
  EXPECT_EQ(t.listener.finished, 1);
  t.settle();
  EXPECT_EQ(t.listener.finished, 1);
}

TEST(TaskEnd, AnEndThatIsTakenBackAndFixedAgainIsToldAgain) {
  TaskFixture t;
  t.with_partitions(1).feed({"a"});
  t.source.end_fixed = true;
  t.settle();
  EXPECT_EQ(t.listener.finished, 1);
  t.source.end_fixed = false;
  t.feed({"b"});
  t.settle();
  EXPECT_EQ(t.listener.finished, 1);
  t.source.end_fixed = true;
  t.settle();
  EXPECT_EQ(t.listener.finished, 2);
}

TEST(TaskEnd, WithoutAFixedEndItNeverFinishes) {
  TaskFixture t;
  t.with_partitions(1).feed({"a"});
  t.settle();
  EXPECT_EQ(t.listener.finished, 0);
}

TEST(TaskTimers, FireOnATaskWithoutInputAndSayWhenTheyWantToBeCalled) {
  TaskFixture t;
  t.with_partitions(1).with_operator(std::make_unique<Ticker>(t.clock.wall_now().us + 5'000));
  const flow::StepOutcome outcome = t.settle();
  EXPECT_THAT(t.written(), IsEmpty());
  EXPECT_EQ(outcome.wake_at, t.clock.now() + 5ms);
  t.clock.advance(5ms);
  t.settle();
  EXPECT_THAT(t.written_by_epoch(), ElementsAre("1:tick 1"));
}

TEST(TaskTimers, WaitWhileTheSinkIsFull) {
  TaskFixture t;
  t.with_partitions(1).with_operator(std::make_unique<Ticker>(t.clock.wall_now().us + 5'000));
  t.settle();
  t.sink.ready = false;
  t.clock.advance(1s);
  t.settle();
  EXPECT_THAT(t.written(), IsEmpty());
  t.sink.ready = true;
  t.settle();
  EXPECT_THAT(t.written(), ElementsAre("tick 1"));
}

TEST(TaskFailure, AnOperatorsErrorIsToldOnceAndTheTaskDoesNothingMore) {
  TaskFixture t;
  t.with_partitions(1).with_operator(std::make_unique<FailAt>("bad")).feed({"a"});
  t.settle();
  t.feed({"bad", "c"});
  t.settle();
  ASSERT_THAT(t.listener.failures, SizeIs(1));
  EXPECT_EQ(t.listener.failures[0].code(), Code::internal);
  t.cut(1);
  t.feed({"d"});
  EXPECT_FALSE(t.step().worked);
  EXPECT_THAT(t.listener.cuts, IsEmpty());
  EXPECT_THAT(t.listener.failures, SizeIs(1));
  EXPECT_EQ(t.meter.records(), 3U);
}

TEST(TaskFailure, AWritersErrorFailsTheTask) {
  TaskFixture t;
  t.with_edges(1).task();
  t.sink.write_answer = Status(Code::unavailable, "gone");
  push(t, 0, {"a"});
  t.settle();
  ASSERT_THAT(t.listener.failures, SizeIs(1));
}

struct TaskFault : ::testing::TestWithParam<const char*> {
  ~TaskFault() override { base::Faults::clear(); }
};

TEST_P(TaskFault, AFaultAtABarrierFailsTheTaskBeforeTheSealIsTold) {
  TaskFixture t;
  t.with_partitions(1).feed({"a"});
  t.settle();
  ASSERT_TRUE(base::Faults::configure(std::string(GetParam()) + "=error").ok());
  t.cut(1);
  t.settle();
  EXPECT_THAT(t.listener.failures, SizeIs(1));
  EXPECT_THAT(t.listener.sealed, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Points, TaskFault,
                         ::testing::Values("barrier.injected", "barrier.aligned"));

TEST(TaskReplay, RecordsReadAgainAreCounted) {
  TaskFixture t;
  t.with_partitions(1).feed({"a", "b", "c"});
  t.broker.topic(0).partitions[0]->highest_read = 1;
  t.settle();
  EXPECT_EQ(t.stats.replayed.value(), 2U);
}

}  // namespace
}  // namespace leat::test
