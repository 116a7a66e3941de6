#include "runtime/checkpoint.h"

#include <gmock/gmock.h>

#include "base/faults.h"
#include "support/keyed_plans.h"
#include "support/runtime_world.h"

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;
using test::FakeRecord;
using test::RuntimeWorld;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::shared_ptr<plan::Plan> counting(const std::string& schema = "v1") {
  spec::TriggerSpec trigger;
  trigger.mode = spec::TriggerMode::real_time;
  trigger.checkpoint_interval = 1s;
  return test::counted(trigger, 2, schema);
}

class CheckpointTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world.broker.add_topic("in", 0, 2);
    world.create(counting());
  }
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
  Result<CheckpointInfo> make(const std::string& name) {
    return answer<CheckpointInfo>(
        [&](auto reply) { world.pipeline().make_checkpoint(name, 5s, std::move(reply)); });
  }
  Result<RestoreReceipt> restore(const std::string& wanted, bool keep_offsets = false) {
    CheckpointRequest request;
    request.checkpoint = wanted;
    request.keep_offsets = keep_offsets;
    return answer<RestoreReceipt>(
        [&](auto reply) { world.pipeline().restore_checkpoint(request, std::move(reply)); });
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    const auto listed = answer<std::vector<CheckpointInfo>>(
        [&](auto reply) { world.pipeline().list_checkpoints(std::move(reply)); });
    for (const CheckpointInfo& one : *listed) all.push_back(one.name);
    return all;
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

  RuntimeWorld world{2};
};

TEST_F(CheckpointTest, BringsStateAndOffsetsBackTogether) {
  feed("aab");
  const auto made = make("before");
  ASSERT_TRUE(made.ok()) << made.status().to_string();
  EXPECT_EQ(made->id, "ckpt-" + std::to_string(made->epoch.value()));
  EXPECT_EQ(made->generation, 1u);
  ASSERT_EQ(made->positions.size(), 2u);
  EXPECT_EQ(made->positions[0].next, 1);
  EXPECT_EQ(made->positions[1].next, 2);
  feed("abbb");
  EXPECT_EQ(read("b"), R"({"n":4})");
  stop();
  const EpochId newest = world.pipeline().snapshot()->epoch;
  const auto receipt = restore("before");
  ASSERT_TRUE(receipt.ok()) << receipt.status().to_string();
  EXPECT_GT(receipt->epoch, newest);
  ASSERT_EQ(receipt->moved.size(), 2u);
  EXPECT_EQ(receipt->moved[0].from, 4);
  EXPECT_EQ(receipt->moved[0].to, 1);
  EXPECT_THAT(receipt->warnings, ElementsAre(HasSubstr("written again")));
  EXPECT_EQ(world.broker.metadata(), "{\"v\":1,\"e\":" + std::to_string(receipt->epoch.value()) +
                                         ",\"s\":\"" + world.state.store().state_id() + "\"}");
  EXPECT_EQ(world.pipeline().actual(), Actual::stopped);
  start();
  EXPECT_EQ(read("a"), R"({"n":3})") << "read again, and counted once";
  EXPECT_EQ(read("b"), R"({"n":4})");
  feed("b");
  EXPECT_EQ(read("b"), R"({"n":5})");
}

TEST_F(CheckpointTest, TheStateAloneMayGoBack) {
  feed("aab");
  ASSERT_TRUE(make("before").ok());
  feed("ab");
  stop();
  const auto receipt = restore("before", true);
  ASSERT_TRUE(receipt.ok()) << receipt.status().to_string();
  EXPECT_THAT(receipt->moved, IsEmpty());
  start();
  EXPECT_EQ(read("a"), R"({"n":2})");
  feed("a");
  EXPECT_EQ(read("a"), R"({"n":3})");
}

TEST_F(CheckpointTest, OutlivesTheProcessAndIsRestoredAsOftenAsOneLikes) {
  feed("a");
  ASSERT_TRUE(make("one").ok());
  feed("a");
  ASSERT_TRUE(make("two").ok());
  world.create(counting());
  EXPECT_THAT(names(), ElementsAre("two", "one"));
  stop();
  const auto first = restore("one");
  const auto second = restore("two");
  const auto third = restore("one");
  ASSERT_TRUE(third.ok()) << third.status().to_string();
  EXPECT_LT(first->epoch, second->epoch);
  EXPECT_LT(second->epoch, third->epoch);
  start();
  EXPECT_EQ(read("a"), R"({"n":2})");
}

TEST_F(CheckpointTest, IsMadeOfAPausedPipelineToo) {
  feed("a");
  ASSERT_TRUE(
      answer<LifecycleReceipt>([&](auto reply) { world.pipeline().pause(std::move(reply)); }).ok());
  ASSERT_TRUE(make("paused").ok());
  EXPECT_EQ(world.pipeline().actual(), Actual::paused);
  feed("a");
  EXPECT_EQ(read("a"), R"({"n":1})") << "it is still paused";
}

TEST_F(CheckpointTest, IsMadeOfAStoppedPipelineToo) {
  feed("aab");
  stop();
  const auto made = make("resting");
  ASSERT_TRUE(made.ok()) << made.status().to_string();
  EXPECT_EQ(world.pipeline().actual(), Actual::stopped);
  EXPECT_EQ(made->epoch, world.broker.committed_epoch());
  ASSERT_EQ(made->positions.size(), 2u);
  EXPECT_EQ(made->positions[1].next, 2);
  EXPECT_EQ(problem_of(make("again").status()), "NAME_TAKEN") << "one of each epoch";
  start();
  feed("abb");
  EXPECT_EQ(read("a"), R"({"n":3})");
  stop();
  ASSERT_TRUE(restore("resting").ok());
  start();
  EXPECT_EQ(read("a"), R"({"n":3})") << "read again, and counted once";
  EXPECT_EQ(read("b"), R"({"n":3})");
}

TEST_F(CheckpointTest, NothingThatWasCommittedGivesNone) {
  world.create(counting(), Desired::stopped);
  const Status refused = make("x").status();
  EXPECT_EQ(problem_of(refused), "WRONG_STATE");
  EXPECT_THAT(refused.message(), HasSubstr("ever committed"));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(CheckpointTest, StateThatIsNotTheCommittedOneIsNotKept) {
  feed("a");
  stop();
  world.state.lose();
  world.create(counting(), Desired::stopped);
  EXPECT_EQ(problem_of(make("x").status()), "WRONG_STATE");
  EXPECT_EQ(world.pipeline().actual(), Actual::stopped);
}

TEST_F(CheckpointTest, IsRefusedWhereItMeansNothing) {
  feed("a");
  ASSERT_TRUE(make("x").ok());
  EXPECT_EQ(problem_of(make("x").status()), "NAME_TAKEN");
  EXPECT_EQ(problem_of(restore("x").status()), "WRONG_STATE") << "it runs";
  stop();
  EXPECT_EQ(problem_of(restore("y").status()), "CHECKPOINT_NOT_FOUND");
  world.create(counting("v2"), Desired::stopped);
  const Status changed = restore("x").status();
  EXPECT_EQ(problem_of(changed), "STATE_INCOMPATIBLE");
  EXPECT_THAT(changed.message(), HasSubstr("generation 1"));
}

TEST_F(CheckpointTest, IsRemovedByNameOrId) {
  const auto remove = [&](const std::string& wanted) {
    return answer<std::string>(
        [&](auto reply) { world.pipeline().remove_checkpoint(wanted, std::move(reply)); });
  };
  feed("a");
  const auto one = make("one");
  ASSERT_TRUE(make("two").ok());
  EXPECT_EQ(*remove(one->id), one->id);
  EXPECT_EQ(problem_of(remove("one").status()), "CHECKPOINT_NOT_FOUND");
  EXPECT_TRUE(remove("two").ok());
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(CheckpointTest, ThatCannotBeReadIsListedAndNotRestored) {
  feed("a");
  auto store = world.state.opener()({});
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE((*store)->checkpoint("bad", "{}").ok());
  EXPECT_THAT(names(), ElementsAre("bad"));
  stop();
  const Status refused = restore("bad").status();
  EXPECT_EQ(problem_of(refused), "WRONG_STATE");
  EXPECT_THAT(refused.message(), HasSubstr("the checkpoint is damaged"));
}

TEST_F(CheckpointTest, ThatIsNotCommittedInTimeIsNotMade) {
  world.source.hold_commits = true;
  feed("a");
  std::string said;
  world.pipeline().make_checkpoint(
      "late", 5s, [&](const Result<CheckpointInfo>& made) { said = problem_of(made.status()); });
  world.settle();
  EXPECT_EQ(said, "");
  world.advance(5s);
  EXPECT_EQ(said, "BUSY");
  world.source.hold_commits = false;
  world.advance(1s);
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(CheckpointTest, NothingChangesWhileTheSourceIsOutOfReach) {
  feed("a");
  ASSERT_TRUE(make("x").ok());
  feed("a");
  stop();
  world.source_answer = Status(Code::unavailable, "away");
  EXPECT_EQ(problem_of(restore("x").status()), "BUSY");
  world.source_answer = Status();
  start();
  EXPECT_EQ(read("a"), R"({"n":2})");
  EXPECT_EQ(world.pipeline().actual(), Actual::running);
}

// The state has gone back and the commit record has not: nobody goes on with half of it.
TEST_F(CheckpointTest, ARestoreCutShortIsRefusedAtTheStartAndDoneAgain) {
  feed("aa");
  ASSERT_TRUE(make("x").ok());
  feed("a");
  stop();
  ASSERT_TRUE(base::Faults::configure("restore.brought=error").ok());
  EXPECT_EQ(problem_of(restore("x").status()), "BUSY");
  base::Faults::clear();
  start();
  EXPECT_EQ(world.pipeline().actual(), Actual::paused);
  EXPECT_THAT(world.pipeline().snapshot()->reason, HasSubstr("STATE_MISMATCH"));
  stop();
  ASSERT_TRUE(restore("x").ok());
  start();
  EXPECT_EQ(read("a"), R"({"n":3})");
}

TEST_F(CheckpointTest, ARefusedCommitIsTold) {
  feed("aa");
  ASSERT_TRUE(make("x").ok());
  stop();
  world.source.commit_answer = Status(Code::permission_denied, "no");
  const Status refused = restore("x").status();
  EXPECT_EQ(problem_of(refused), "BUSY");
  EXPECT_THAT(refused.message(), HasSubstr("ask again"));
}

TEST(CheckpointNames, AreLikePipelines) {
  for (const char* good : {"before-release", "a", "1.2", "ckpt-x", "ckpt-"})
    EXPECT_TRUE(is_checkpoint_name(good)) << good;
  for (const char* bad : {"", "-a", "A", "a b", "ckpt-12", "a/b", ".."})
    EXPECT_FALSE(is_checkpoint_name(bad)) << bad;
  EXPECT_FALSE(is_checkpoint_name(std::string(64, 'a')));
}

TEST(CheckpointMetadata, IsReadAsItWasWritten) {
  CheckpointInfo about;
  about.generation = 3;
  about.at = WallTime{1'767'225'600'000'000};
  about.definition = "abc";
  about.commit_ms = 1.5;
  about.positions = {{"in", "t", 1, 88123, 1'767'225'600'000'000}, {"in", "t", 2, 0}};
  state::Store::Checkpoint kept{"ckpt-7", "n", EpochId(7), 12, write_metadata(about)};
  const auto read = read_checkpoint(kept);
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  EXPECT_EQ(read->at.us, about.at.us);
  EXPECT_EQ(read->commit_ms, 1.5);
  ASSERT_EQ(read->positions.size(), 2u);
  EXPECT_EQ(read->positions[0].next, 88123);
  EXPECT_EQ(read->positions[0].event_time_us, about.at.us);
  EXPECT_EQ(read->positions[1].event_time_us, record::kNoTime);
  for (const char* damaged : {"", "{}", "[]", R"({"generation":1})"}) {
    kept.metadata = damaged;
    EXPECT_EQ(read_checkpoint(kept).status().code(), Code::data_loss) << damaged;
  }
}

}  // namespace
}  // namespace leat::runtime
