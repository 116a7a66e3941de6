#include <gmock/gmock.h>

#include "base/faults.h"
#include "runtime/checkpoints/offset_targets.h"
#include "support/keyed_plans.h"
#include "support/runtime_world.h"

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;
using test::FakeRecord;
using test::RuntimeWorld;
using ::testing::HasSubstr;
using ::testing::SizeIs;

spec::TriggerSpec real_time() {
  spec::TriggerSpec trigger;
  trigger.mode = spec::TriggerMode::real_time;
  trigger.checkpoint_interval = 1s;
  return trigger;
}

class OffsetsTest : public ::testing::Test {
 protected:
  void SetUp() override { world.broker.add_topic("in", 0, 2); }
  void TearDown() override { base::Faults::clear(); }
  void feed(const std::string& keys) {
    for (const char c : keys)
      world.broker.topic(0).append(
          static_cast<std::size_t>(c % 2),
          FakeRecord{.key = std::string(1, c), .value = "v", .headers = {}});
    world.settle();
    world.advance(1s);
  }
  template <class T>
  Result<T> answer(const std::function<void(Reply<T>)>& ask) {
    Result<T> got = Status(Code::internal, "no answer");
    ask([&got](Result<T> result) { got = std::move(result); });
    world.settle();
    return got;
  }
  Result<OffsetsReceipt> move(const OffsetTarget& to, std::optional<StateChoice> state = {},
                              bool dry_run = false) {
    OffsetsRequest request;
    request.target = to;
    request.state = state;
    request.dry_run = dry_run;
    return answer<OffsetsReceipt>(
        [&](auto reply) { world.pipeline().move_offsets(request, std::move(reply)); });
  }
  void stop() {
    Pipeline::StopOptions how;
    how.timeout = 5s;
    ASSERT_TRUE(answer<LifecycleReceipt>([&](auto reply) {
                  world.pipeline().stop(how, std::move(reply));
                }).ok());
  }
  void start() {
    ASSERT_TRUE(answer<LifecycleReceipt>([&](auto reply) {
                  world.pipeline().start(std::move(reply));
                }).ok());
    world.advance(1s);
  }
  std::string read(const std::string& key) {
    StateRequest request;
    request.store = "step";
    request.key = key;
    const auto got = answer<StateAnswer>(
        [&](auto reply) { world.pipeline().read_state(request, std::move(reply)); });
    return got.ok() ? got->rows.front().value : std::string(problem_of(got.status()));
  }
  std::int64_t committed(std::size_t partition) {
    return world.broker.topic(0).partitions[partition]->committed.value_or(-1);
  }

  const OffsetTarget earliest{};
  RuntimeWorld world{2};
};

TEST_F(OffsetsTest, GoBackAndTheStateStaysOrGoes) {
  world.create(test::counted(real_time(), 2));
  feed("aab");
  stop();
  const auto kept = move(earliest, StateChoice::keep);
  ASSERT_TRUE(kept.ok()) << kept.status().to_string();
  ASSERT_THAT(kept->moved, SizeIs(2));
  EXPECT_EQ(kept->moved[1].from, 2);
  EXPECT_EQ(kept->moved[1].to, 0);
  EXPECT_EQ(kept->state, StateChoice::keep);
  EXPECT_EQ(world.pipeline().actual(), Actual::stopped);
  EXPECT_EQ(world.pipeline().snapshot()->sources[0].partitions[1].committed, 0);
  start();
  EXPECT_EQ(read("a"), R"({"n":4})") << "read again, counted again";
  stop();
  const auto discarded = move(earliest, StateChoice::discard);
  ASSERT_TRUE(discarded.ok()) << discarded.status().to_string();
  start();
  EXPECT_EQ(world.pipeline().actual(), Actual::running);
  EXPECT_EQ(read("a"), R"({"n":2})");
  EXPECT_EQ(read("b"), R"({"n":1})");
  feed("a");
  EXPECT_EQ(read("a"), R"({"n":3})");
}

TEST_F(OffsetsTest, OfADryRunStayWhereTheyAre) {
  world.create(test::counted(real_time(), 2));
  feed("aab");
  stop();
  const std::uint64_t commits = world.source.commits;
  const auto planned = move(earliest, StateChoice::discard, true);
  ASSERT_TRUE(planned.ok()) << planned.status().to_string();
  EXPECT_THAT(planned->moved, SizeIs(2));
  EXPECT_EQ(world.source.commits, commits);
  EXPECT_EQ(committed(1), 2);
  start();
  EXPECT_EQ(read("a"), R"({"n":2})");
}

TEST_F(OffsetsTest, AreRefusedWithoutAChoiceAndWhileItRuns) {
  world.create(test::counted(real_time(), 2));
  feed("a");
  EXPECT_EQ(problem_of(move(earliest).status()), "STATE_CHOICE_REQUIRED");
  EXPECT_EQ(problem_of(move(earliest, StateChoice::keep).status()), "WRONG_STATE");
  stop();
  EXPECT_EQ(problem_of(move(earliest).status()), "STATE_CHOICE_REQUIRED");
  OffsetTarget beyond;
  beyond.kind = OffsetTarget::Kind::at;
  beyond.at = {{"in-1", 7}};
  const Status outside = move(beyond, StateChoice::keep).status();
  EXPECT_EQ(problem_of(outside), "INVALID_BODY");
  EXPECT_THAT(outside.message(), HasSubstr("0 to 1, not 7"));
  EXPECT_EQ(committed(1), 1);
}

TEST_F(OffsetsTest, NeedNoChoiceWithoutState) {
  world.create(RuntimeWorld::echo_plan(real_time(), 2));
  feed("aab");
  stop();
  OffsetTarget back;
  back.kind = OffsetTarget::Kind::shift;
  back.shift = -1;
  const auto moved = move(back);
  ASSERT_TRUE(moved.ok()) << moved.status().to_string();
  EXPECT_EQ(moved->state, std::nullopt);
  EXPECT_EQ(committed(0), 0);
  EXPECT_EQ(committed(1), 1);
  start();
  EXPECT_THAT(world.broker.all_outputs(0), SizeIs(5));
}

TEST_F(OffsetsTest, OfAPipelineThatNeverRanAreShown) {
  world.create(test::counted(real_time(), 2), Desired::stopped);
  feed("ab");
  OffsetTarget latest;
  latest.kind = OffsetTarget::Kind::latest;
  ASSERT_TRUE(move(latest, StateChoice::keep).ok());
  ASSERT_THAT(world.pipeline().snapshot()->sources[0].partitions, SizeIs(2));
  EXPECT_EQ(world.pipeline().snapshot()->sources[0].partitions[0].position, 1);
  start();
  EXPECT_EQ(read("a"), "KEY_NOT_FOUND");
  feed("a");
  EXPECT_EQ(read("a"), R"({"n":1})");
}

TEST_F(OffsetsTest, AreFoundByTime) {
  world.create(test::counted(real_time(), 2), Desired::stopped);
  for (const std::int64_t ms : {1'000, 2'000, 3'000})
    world.broker.topic(0).append(
        1, FakeRecord{.key = "a", .value = "v", .timestamp_ms = ms, .headers = {}});
  OffsetTarget at;
  at.kind = OffsetTarget::Kind::time;
  at.time = WallTime{1'500'000};
  const auto moved = move(at, StateChoice::keep);
  ASSERT_TRUE(moved.ok()) << moved.status().to_string();
  EXPECT_EQ(moved->moved[1].to, 1);
  start();
  EXPECT_EQ(read("a"), R"({"n":2})");
}

// The state is gone and the commit record still names it: nobody goes on with half of it.
TEST_F(OffsetsTest, CutShortBehindTheStateAreRefusedAtTheStartAndMovedAgain) {
  world.create(test::counted(real_time(), 2));
  feed("aa");
  stop();
  ASSERT_TRUE(base::Faults::configure("offsets.discarded=error").ok());
  const Status cut = move(earliest, StateChoice::discard).status();
  EXPECT_EQ(problem_of(cut), "BUSY");
  EXPECT_THAT(cut.message(), HasSubstr("ask again"));
  base::Faults::clear();
  start();
  EXPECT_THAT(world.pipeline().snapshot()->reason, HasSubstr("STATE_MISMATCH"));
  stop();
  ASSERT_TRUE(move(earliest, StateChoice::discard).ok());
  start();
  EXPECT_EQ(read("a"), R"({"n":2})");
}

TEST_F(OffsetsTest, StayWhileTheSourceIsOutOfReachOrRefuses) {
  world.create(test::counted(real_time(), 2));
  feed("aa");
  stop();
  world.source_answer = Status(Code::unavailable, "away");
  EXPECT_EQ(problem_of(move(earliest, StateChoice::keep).status()), "BUSY");
  world.source_answer = Status();
  world.source.commit_answer = Status(Code::permission_denied, "no");
  EXPECT_EQ(problem_of(move(earliest, StateChoice::keep).status()), "BUSY");
  world.source.commit_answer = Status();
  start();
  EXPECT_EQ(read("a"), R"({"n":2})");
}

// -- the plan of them

struct Known {
  Known() {
    spec::SourceSpec orders;
    orders.id = "orders";
    spec::SourceSpec lines;
    lines.id = "lines";
    lines.kind = spec::FileSourceSpec();
    specs = {orders, lines};
    partitions = {lag(first, 12, 10, 20), lag(second, {}, 0, 5), lag(file, 30, 0, 40)};
  }
  static flow::PartitionLag lag(const record::Origin& origin, std::optional<std::int64_t> committed,
                                std::int64_t begin, std::int64_t end) {
    flow::PartitionLag one;
    one.origin = &origin;
    one.committed = committed;
    one.begin = begin;
    one.end = end;
    return one;
  }
  Result<OffsetMoves> plan(const OffsetTarget& to, const std::vector<std::string>& sources = {}) {
    return plan_offsets(to, specs, sources, partitions, found);
  }
  static std::vector<std::int64_t> ends(const Result<OffsetMoves>& moves) {
    std::vector<std::int64_t> all;
    for (const MovedPartition& one : moves->moved) all.push_back(one.to);
    return all;
  }

  record::Origin first{"t", PartitionId(0), 0}, second{"t", PartitionId(1), 0},
      file{"lines", PartitionId(0), 1};
  std::vector<spec::SourceSpec> specs;
  std::vector<flow::PartitionLag> partitions;
  std::vector<flow::PartitionPosition> found;
};

TEST(OffsetTargets, EndWhereThePartitionEnds) {
  Known known;
  OffsetTarget to;
  EXPECT_EQ(Known::ends(known.plan(to)), (std::vector<std::int64_t>{10, 0, 0}));
  to.kind = OffsetTarget::Kind::latest;
  EXPECT_EQ(Known::ends(known.plan(to)), (std::vector<std::int64_t>{20, 5, 40}));
  EXPECT_EQ(Known::ends(known.plan(to, {"lines"})), (std::vector<std::int64_t>{40}));
  to.kind = OffsetTarget::Kind::shift;
  for (const auto& [shift, ends] : {std::pair<std::int64_t, std::vector<std::int64_t>>{3, {15, 3}},
                                    {-1, {11, 0}},
                                    {INT64_MIN, {10, 0}},
                                    {INT64_MAX, {20, 5}}}) {
    to.shift = shift;
    EXPECT_EQ(Known::ends(known.plan(to, {"orders"})), ends) << shift;
  }
  known.partitions[2].end.reset();
  to.kind = OffsetTarget::Kind::at;
  to.at = {{"lines-0", 1'000'000}};
  EXPECT_EQ(Known::ends(known.plan(to)), (std::vector<std::int64_t>{1'000'000}))
      << "without an end";
}

TEST(OffsetTargets, ThatAreNowhereAreRefused) {
  Known known;
  const auto refused = [&](const OffsetTarget& to, const std::vector<std::string>& sources = {}) {
    const auto moves = known.plan(to, sources);
    EXPECT_EQ(problem_of(moves.status()), "INVALID_BODY");
    return moves.status().message();
  };
  OffsetTarget to;
  EXPECT_THAT(refused(to, {"nobody"}), HasSubstr("no source `nobody`"));
  to.kind = OffsetTarget::Kind::shift;
  EXPECT_THAT(refused(to), HasSubstr("bytes"));
  to.kind = OffsetTarget::Kind::at;
  to.at = {{"t-0", 9}};
  EXPECT_THAT(refused(to), HasSubstr("10 to 20, not 9"));
  to.at = {{"t-7", 0}};
  EXPECT_THAT(refused(to), HasSubstr("no partition `t-7`"));
  to.at = {{"t-0", 12}};
  EXPECT_THAT(refused(to, {"lines"}), HasSubstr("no partition `t-0`"));
  to.kind = OffsetTarget::Kind::time;
  known.found = {{&known.first, Offset(12)}, {&known.second, Offset(5)}};
  EXPECT_THAT(refused(to), HasSubstr("`lines-0` cannot be asked"));
  to.at.clear();
  EXPECT_EQ(Known::ends(known.plan(to, {"orders"})), (std::vector<std::int64_t>{12, 5}));
  known.partitions[2].end.reset();
  to.kind = OffsetTarget::Kind::latest;
  EXPECT_THAT(refused(to), HasSubstr("no end"));
}

}  // namespace
}  // namespace leat::runtime
