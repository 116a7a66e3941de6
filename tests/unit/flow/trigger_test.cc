#include "flow/trigger.h"

#include <gtest/gtest.h>

namespace leat::flow {
namespace {

using namespace std::chrono_literals;

// The whole policy written a second time, as a table of sentences.
struct Expected {
  bool release, cut, poll;
};

Expected expected_of(const Trigger& trigger, bool holds, std::size_t records, std::size_t bytes,
                     bool commit_pending, bool switch_pending, Duration age) {
  const bool full = records >= trigger.epoch_records_max || bytes >= trigger.epoch_bytes_max;
  Expected expected{};
  expected.release = !holds;        // held records wait for the cut
  expected.poll = !holds || !full;  // only an epoch that is held can be too big
  if (commit_pending) {
    expected.cut = false;  // one closed epoch at a time
  } else if (switch_pending) {
    expected.cut = true;  // somebody asked, even for an empty epoch
  } else if (records == 0) {
    expected.cut = false;  // no epoch without data
  } else {
    expected.cut = full || age >= trigger.epoch_interval;
  }
  return expected;
}

TEST(Decide, EveryCombinationOfWhatItMayKnow) {
  const Instant opened{10s};
  std::size_t combinations = 0;
  for (const auto mode : {spec::TriggerMode::micro_batch, spec::TriggerMode::real_time,
                          spec::TriggerMode::available_now}) {
    for (const Duration interval : {Duration(0), Duration(500ms)}) {
      Trigger trigger =
          make_trigger({.mode = mode, .interval = interval, .checkpoint_interval = interval});
      trigger.epoch_records_max = 100;
      trigger.epoch_bytes_max = 1000;
      for (const std::size_t records : {0U, 1U, 99U, 100U, 101U}) {
        for (const std::size_t bytes : {0U, 999U, 1000U}) {
          for (const bool commit_pending : {false, true}) {
            for (const bool switch_pending : {false, true}) {
              for (const Duration age :
                   {Duration(0), Duration(499ms), Duration(500ms), Duration(10s)}) {
                const EpochView view{opened, records, bytes, commit_pending, switch_pending};
                const Decision decision = decide(trigger, view, opened + age);
                const Expected expected =
                    expected_of(trigger, mode != spec::TriggerMode::real_time, records, bytes,
                                commit_pending, switch_pending, age);
                ASSERT_EQ(decision, (Decision{expected.release, expected.cut, expected.poll}))
                    << "mode " << static_cast<int>(mode) << " records " << records << " bytes "
                    << bytes << " commit " << commit_pending << " switch " << switch_pending
                    << " age " << age.count();
                ++combinations;
              }
            }
          }
        }
      }
    }
  }
  EXPECT_EQ(combinations, 3U * 2 * 5 * 3 * 2 * 2 * 4);
}

TEST(Decide, NextCutIsTheIntervalAfterTheOpeningUnlessOnlyARequestCanCut) {
  const Trigger trigger = make_trigger({.mode = spec::TriggerMode::micro_batch, .interval = 2s});
  const Instant opened{10s};
  EXPECT_EQ(next_cut_at(trigger, {opened, 1, 1, false, false}), opened + 2s);
  EXPECT_EQ(next_cut_at(trigger, {opened, 0, 0, false, false}), base::kNever);
  EXPECT_EQ(next_cut_at(trigger, {opened, 1, 1, true, false}), base::kNever);
}

TEST(MakeTrigger, AvailableNowHoldsCutsAsSoonAsThereIsSomethingAndStops) {
  const Trigger trigger =
      make_trigger({.mode = spec::TriggerMode::available_now, .max_records = 50});
  EXPECT_TRUE(trigger.stop_at_end);
  EXPECT_EQ(trigger.epoch_interval, Duration(0));
  EXPECT_EQ(trigger.epoch_records_max, 50U);
  EXPECT_FALSE(decide(trigger, {Instant(1s), 1, 1, false, false}, Instant(1s)).release);
}

TEST(MakeTrigger, EveryEpochIsBoundedWhateverTheDefinitionLeavesOut) {
  const Trigger trigger =
      make_trigger({.mode = spec::TriggerMode::real_time, .checkpoint_interval = 1s});
  EXPECT_EQ(trigger.epoch_records_max, kEpochRecordsMax);
  EXPECT_EQ(trigger.epoch_bytes_max, kEpochBytesMax);
}

}  // namespace
}  // namespace leat::flow
