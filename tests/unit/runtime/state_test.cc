#include <gmock/gmock.h>

#include "support/keyed_plans.h"
#include "support/record_matchers.h"
#include "support/runtime_world.h"

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;
using test::FakeRecord;
using test::RuntimeWorld;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

spec::TriggerSpec real_time(Duration interval = 1s) {
  spec::TriggerSpec trigger;
  trigger.mode = spec::TriggerMode::real_time;
  trigger.checkpoint_interval = interval;
  return trigger;
}

class StateTest : public ::testing::Test {
 protected:
  void SetUp() override { world.broker.add_topic("in", 0, 2); }
  void feed(const std::string& keys) {
    for (const char c : keys)
      world.broker.topic(0).append(
          static_cast<std::size_t>(c % 2),
          FakeRecord{.key = std::string(1, c), .value = "v", .headers = {}});
    world.settle();
  }
  // What a store says of a key, or the problem.
  std::string read(const std::string& key, bool latest = false) {
    StateRequest request;
    request.store = "step";
    request.key = key;
    request.latest = latest;
    return rows(request);
  }
  std::string rows(const StateRequest& request) {
    std::string text = "no answer";
    world.pipeline().read_state(request, [&](const Result<StateAnswer>& answer) {
      text.clear();
      if (!answer.ok()) text = std::string(problem_of(answer.status()));
      if (answer.ok())
        for (const StateRow& row : answer->rows)
          text += (text.empty() ? "" : " ") + row.key + row.value;
    });
    world.settle();
    return text;
  }
  std::string reason() { return world.pipeline().snapshot()->reason; }

  RuntimeWorld world{3};
};

TEST_F(StateTest, FollowsItsKeysOverAChangeOfParallelism) {
  world.create(test::counted(real_time(), 1));
  feed("abcdefabc");
  world.advance(1s);
  world.create(test::counted(real_time(), 3));
  feed("aabbcc");
  world.advance(1s);
  EXPECT_EQ(read("a"), R"("a"{"n":4})");
  EXPECT_EQ(read("d", true), R"("d"{"n":1})");
  world.create(test::counted(real_time(), 2));
  EXPECT_EQ(read("c", true), R"("c"{"n":4})");
}

TEST_F(StateTest, NamesItselfInTheCommit) {
  world.create(test::counted(real_time(), 1));
  feed("a");
  world.advance(1s);
  EXPECT_EQ(world.broker.metadata(),
            "{\"v\":1,\"e\":1,\"s\":\"" + world.state.store().state_id() + "\"}");
}

TEST_F(StateTest, AKeyedStepMayComeToAPipelineThatHadNone) {
  world.create(test::re_keyed(real_time(), 1));
  feed("aa");
  world.advance(1s);
  world.create(test::counted(real_time(), 1));
  feed("a");
  world.advance(1s);
  EXPECT_EQ(read("a"), R"("a"{"n":1})") << "it starts empty";
}

TEST_F(StateTest, ThatDoesNotFitTheDefinitionIsNotLostSilently) {
  world.create(test::counted(real_time(), 1));
  feed("a");
  world.advance(1s);
  world.create(test::counted(real_time(), 1, "another schema"));
  EXPECT_EQ(world.pipeline().actual(), Actual::paused);
  EXPECT_THAT(reason(), HasSubstr("STATE_MISMATCH"));
  world.create(test::counted(real_time(), 1));
  EXPECT_EQ(read("a"), R"("a"{"n":1})") << "it is still there";
}

TEST_F(StateTest, MayBeGivenUpForAnotherDefinition) {
  world.create(test::counted(real_time(), 1));
  feed("aa");
  world.advance(1s);
  world.state_start = StateStart::what_fits;
  world.create(test::counted(real_time(), 1, "another schema"));
  feed("a");
  world.advance(1s);
  EXPECT_EQ(read("a"), R"("a"{"n":1})");
}

TEST_F(StateTest, ThatWasLostIsGivenUpOnceSomebodySaysSo) {
  world.create(test::counted(real_time(60s), 1));
  feed("aa");
  world.advance(61s);
  world.state.lose();
  world.create(test::counted(real_time(60s), 1));
  EXPECT_EQ(world.pipeline().actual(), Actual::paused);
  EXPECT_TRUE(world.pipeline().state_refused());
  world.state_start = StateStart::what_fits;
  world.create(test::counted(real_time(60s), 1));
  EXPECT_EQ(world.pipeline().actual(), Actual::running);
  EXPECT_THAT(world.broker.metadata(), HasSubstr(world.state.store().state_id()))
      << "committed at once: another start must not ask again";
  world.state_start = StateStart::keep;
  world.create(test::counted(real_time(60s), 1));
  EXPECT_EQ(world.pipeline().actual(), Actual::running) << reason();
}

TEST_F(StateTest, IsBeingRestoredUntilTheTablesAreThere) {
  world.hold_disk = true;
  world.create(test::counted(real_time(), 1));
  EXPECT_EQ(world.pipeline().actual(), Actual::starting);
  EXPECT_EQ(read("a"), "RESTORING");
  EXPECT_EQ(world.tasks(), 0u);
  world.hold_disk = false;
  world.settle();
  EXPECT_EQ(world.pipeline().actual(), Actual::running);
  EXPECT_EQ(read("a"), "KEY_NOT_FOUND");
}

TEST_F(StateTest, ARunThatEndsWhileItIsRestoredLeavesNothingBehind) {
  world.hold_disk = true;
  world.create(test::counted(real_time(), 2));
  world.stop_now();
  world.hold_disk = false;
  world.create(test::counted(real_time(), 2));
  EXPECT_EQ(world.pipeline().actual(), Actual::running);
}

TEST_F(StateTest, LostPartitionsGoBackToTheCommit) {
  world.create(test::counted(real_time(60s), 2));
  feed("ab");
  world.advance(61s);
  feed("a");
  world.source.lose = true;
  world.settle();
  world.settle();
  EXPECT_EQ(world.pipeline().actual(), Actual::running);
  EXPECT_EQ(read("a", true), R"("a"{"n":2})") << "read again, counted once";
}

TEST_F(StateTest, RangesAreOrderedByTheKeys) {
  world.create(test::counted(real_time(), 3));
  feed("dbacbe");
  world.advance(1s);
  StateRequest request;
  request.store = "step";
  request.latest = false;
  EXPECT_EQ(rows(request), R"("a"{"n":1} "b"{"n":2} "c"{"n":1} "d"{"n":1} "e"{"n":1})");
  request.limit = 2;
  EXPECT_EQ(rows(request), R"("a"{"n":1} "b"{"n":2})");
  request.from = "b";
  request.to = "d";
  request.limit = 10;
  EXPECT_EQ(rows(request), R"("b"{"n":2} "c"{"n":1})");
}

TEST_F(StateTest, WhatIsCommittedIsReadThoughItWaitsToBeFolded) {
  world.create(test::counted(real_time(), 2));
  feed("aabd");
  world.advance(1s);
  // Keys of 40 KB: epochs that gather in the changelog.
  for (int i = 0; i < 20; ++i)
    world.broker.topic(0).append(
        0, FakeRecord{
               .key = "x" + std::string(40'000, 'y') + char('a' + i), .value = "v", .headers = {}});
  feed("ac");
  world.advance(1s);
  ASSERT_LT(world.state.store().backing().epoch(), world.broker.committed_epoch());
  EXPECT_EQ(read("a"), R"("a"{"n":3})");
  EXPECT_EQ(read("b"), R"("b"{"n":1})");
  EXPECT_EQ(read("e"), "KEY_NOT_FOUND");
  feed("a");
  EXPECT_EQ(read("a"), R"("a"{"n":3})") << "not committed yet";
  StateRequest range;
  range.store = "step";
  range.latest = false;
  range.limit = 4;
  EXPECT_EQ(rows(range), R"("a"{"n":3} "b"{"n":1} "c"{"n":1} "d"{"n":1})");
  range.limit = 3;
  EXPECT_EQ(rows(range), R"("a"{"n":3} "b"{"n":1} "c"{"n":1})");
}

TEST_F(StateTest, RangesShowWhatIsThereNow) {
  world.create(test::counted(real_time(60s), 3));
  feed("dbacbe");
  StateRequest request;
  request.store = "step";
  request.latest = false;
  EXPECT_EQ(rows(request), "") << "nothing is committed";
  request.latest = true;
  EXPECT_EQ(rows(request), R"("a"{"n":1} "b"{"n":2} "c"{"n":1} "d"{"n":1} "e"{"n":1})");
  request.from = "b";
  request.to = "e";
  request.limit = 2;
  EXPECT_EQ(rows(request), R"("b"{"n":2} "c"{"n":1})");
  request.from = "[]";
  EXPECT_EQ(rows(request), "BAD_QUERY");
}

TEST_F(StateTest, IsReadFromWhatIsKeptWhileNothingRuns) {
  world.create(test::counted(real_time(), 2));
  feed("aab");
  std::optional<bool> stopped;
  Pipeline::StopOptions how;
  how.timeout = 5s;
  world.pipeline().stop(how,
                        [&](const Result<LifecycleReceipt>& answer) { stopped = answer.ok(); });
  world.settle();
  ASSERT_EQ(stopped, true);
  EXPECT_EQ(read("a"), R"("a"{"n":2})");
  EXPECT_EQ(read("a", true), R"("a"{"n":2})") << "the latest is what is committed";
  EXPECT_EQ(read("z"), "KEY_NOT_FOUND");
  StateRequest range;
  range.store = "step";
  EXPECT_EQ(rows(range), R"("a"{"n":2} "b"{"n":1})");
  world.create(test::counted(real_time(), 2), Desired::stopped);
  EXPECT_EQ(read("b"), R"("b"{"n":1})") << "in another process too";
  world.create(test::counted(real_time(), 2, "another schema"), Desired::stopped);
  EXPECT_EQ(read("b"), "RESTORING") << "it is not this definition's";
  world.create(test::counted(real_time(), 2));
  EXPECT_EQ(read("a"), R"("a"{"n":2})") << "reading changed nothing";
}

TEST_F(StateTest, AnUnknownStoreIsNamed) {
  world.create(test::counted(real_time(), 1));
  StateRequest request;
  request.store = "stop";
  EXPECT_EQ(rows(request), "STORE_NOT_FOUND");
}

TEST_F(StateTest, ShowsHowManyKeysThereAre) {
  world.create(test::counted(real_time(), 2));
  feed("abcab");
  world.advance(2s);
  const SnapshotPtr snapshot = world.pipeline().snapshot();
  ASSERT_EQ(snapshot->state.stores.size(), 1u);
  EXPECT_EQ(snapshot->state.stores[0].step, "step");
  EXPECT_THAT(snapshot->state.stores[0].key_fields, ElementsAre("key"));
  EXPECT_EQ(snapshot->state.keys, 3u);
  EXPECT_GT(snapshot->state.bytes, 0u);
  EXPECT_GT(snapshot->state.delta_bytes, 0u);
  EXPECT_NE(snapshot->persist_time, nullptr);
}

// Reads nothing, and is positioned when the test says so.
class LateSource final : public flow::Source {
 public:
  class Reader final : public flow::SourceReader {
   public:
    flow::PollResult poll(std::size_t, record::RecordBatch&) override {
      return flow::PollResult::empty;
    }
    void positions(std::vector<flow::PartitionPosition>&) override {}
  };
  explicit LateSource(const bool& positioned) : positioned_(positioned) {}
  Status start(flow::SourceListener& listener, base::Wakeup&) override {
    listener_ = &listener;
    return {};
  }
  std::unique_ptr<flow::SourceReader> make_reader(std::uint32_t, SliceId, std::uint32_t,
                                                  base::Wakeup&) override {
    return std::make_unique<Reader>();
  }
  Instant serve(Instant) override {
    if (positioned_ && !std::exchange(told_, true)) listener_->on_positioned(EpochId(41), "x");
    for (const auto& done : std::exchange(commits_, {})) done(Status());
    return base::kNever;
  }
  void commit(EpochId, std::span<const flow::PartitionPosition>, const std::string&,
              std::function<void(Status)> done) override {
    commits_.push_back(std::move(done));
  }
  void fix_end() override {}
  void stop(bool, std::function<void()> done) override { done(); }
  std::vector<flow::PartitionLag> lag() const override { return {}; }

 private:
  const bool& positioned_;
  bool told_ = false;
  flow::SourceListener* listener_ = nullptr;
  std::vector<std::function<void(Status)>> commits_;
};

TEST_F(StateTest, BeginsWhenAllSourcesArePositionedAtTheNewestEpochOfAny) {
  bool positioned = false;
  world.registry.sources["file"] =
      [&](const flow::SourceContext&, std::vector<const spec::SourceSpec*>,
          std::vector<std::uint32_t>) -> Result<std::unique_ptr<flow::Source>> {
    return std::unique_ptr<flow::Source>(std::make_unique<LateSource>(positioned));
  };
  const auto plan = test::re_keyed(real_time(), 1, true);
  auto spec = std::make_shared<spec::PipelineSpec>(*plan->spec);
  spec->sources[1].kind = spec::FileSourceSpec{};
  plan->spec = spec;
  world.create(plan);
  EXPECT_EQ(world.pipeline().actual(), Actual::starting);
  EXPECT_EQ(world.tasks(), 0u);
  positioned = true;
  world.settle();
  EXPECT_EQ(world.pipeline().actual(), Actual::running);
  feed("a");
  world.advance(1s);
  EXPECT_EQ(world.broker.committed_epoch(), EpochId(42));
}

TEST(GroupsOfASlice, AreThoseThatTheExchangeSendsThere) {
  for (std::uint32_t slices = 1; slices <= 130; ++slices) {
    std::uint32_t next = 0;
    for (std::uint32_t slice = 0; slice < slices; ++slice) {
      const auto [first, end] = groups_of(slice, slices);
      EXPECT_EQ(first, next);
      next = end;
      for (std::uint32_t group = first; group < end; ++group)
        EXPECT_EQ(record::slice_of_group(group, slices), SliceId(slice));
    }
    EXPECT_EQ(next, record::kKeyGroups);
  }
}

using Kind = spec::SchemaType::Kind;

std::vector<std::string> readings(std::string_view text, const std::vector<Kind>& types) {
  const auto keys = key_readings(text, types);
  if (!keys.ok()) return {std::string(problem_of(keys.status()))};
  std::vector<std::string> shown;
  for (const StateKey& key : *keys) shown.push_back(show_key(key.bytes, types));
  return shown;
}
std::vector<std::string> readings(std::string_view text, std::size_t fields) {
  return readings(text, std::vector<Kind>(fields, Kind::json));
}

TEST(KeyText, OfOneFieldIsAStringOrWhatItReadsAs) {
  EXPECT_THAT(readings("ab:c", 1), ElementsAre("\"ab:c\""));
  EXPECT_THAT(readings("42", 1), ElementsAre("\"42\"", "42"));
  EXPECT_THAT(readings("-1", 1), ElementsAre("\"-1\"", "-1"));
  EXPECT_THAT(readings("[\"42?\"]", 1), ElementsAre("\"42?\""));
  EXPECT_THAT(readings("[42]", 1), ElementsAre("42"));
  EXPECT_THAT(readings("2026-01-01T00:00:00Z", 1),
              ElementsAre("\"2026-01-01T00:00:00Z\"", "\"2026-01-01T00:00:00Z\""));
  EXPECT_THAT(readings("true", 1), ElementsAre("\"true\"", "\"true\"", "true"))
      << "it could be bytes in base64 too";
}

TEST(KeyText, MeansWhatItsTypeSays) {
  EXPECT_THAT(readings("42", {Kind::integer}), ElementsAre("42"));
  EXPECT_THAT(readings("42", {Kind::string}), ElementsAre("\"42\""));
  EXPECT_THAT(readings("42", {Kind::real}), ElementsAre("42.0"));
  EXPECT_THAT(readings("true", {Kind::boolean}), ElementsAre("true"));
  EXPECT_THAT(readings("AQI=", {Kind::bytes}), ElementsAre("\"AQI=\""));
  EXPECT_THAT(readings("2026-01-01T00:00:00Z", {Kind::timestamp}),
              ElementsAre("\"2026-01-01T00:00:00Z\""));
  EXPECT_THAT(readings("null", {Kind::integer}), ElementsAre("null"));
  EXPECT_THAT(readings("[true, \"AQI=\"]", {Kind::boolean, Kind::bytes}),
              ElementsAre("[true,\"AQI=\"]"));
  EXPECT_THAT(readings("a", {Kind::integer}), ElementsAre("BAD_QUERY"));
  EXPECT_THAT(readings("1", {Kind::boolean}), ElementsAre("BAD_QUERY"));
  EXPECT_THAT(readings("true", {Kind::integer}), ElementsAre("BAD_QUERY"));
  EXPECT_THAT(readings("?", {Kind::bytes}), ElementsAre("BAD_QUERY"));
  EXPECT_THAT(readings("today", {Kind::timestamp}), ElementsAre("BAD_QUERY"));
}

TEST(KeyText, OfSeveralFieldsIsAList) {
  EXPECT_THAT(readings("[\"a:\", 1]", 2), ElementsAre("[\"a:\",1]"));
  EXPECT_THAT(readings("[null, 1.5]", 2), ElementsAre("[null,1.5]"));
  EXPECT_THAT(readings("a", 2), ElementsAre("BAD_QUERY"));
  EXPECT_THAT(readings("[1]", 2), ElementsAre("BAD_QUERY"));
  EXPECT_THAT(readings("[1, 2, 3]", 2), ElementsAre("BAD_QUERY"));
  EXPECT_THAT(readings("[1, {}]", 2), ElementsAre("BAD_QUERY"));
  EXPECT_THAT(readings("[]", 0), ElementsAre("[]"));
}

std::string bound(std::string_view text, const std::vector<Kind>& types) {
  const auto bytes = key_bound(text, types);
  if (!bytes.ok()) return std::string(problem_of(bytes.status()));
  return show_key(*bytes, types);
}

TEST(KeyText, BoundsARange) {
  EXPECT_EQ(bound("42", {Kind::json}), "42") << "JSON is read as JSON";
  EXPECT_EQ(bound("\"42\"", {Kind::json}), "\"42\"");
  EXPECT_EQ(bound("abc", {Kind::json}), "\"abc\"");
  EXPECT_EQ(bound("42", {Kind::string}), "\"42\"");
  EXPECT_EQ(bound("x", {Kind::integer}), "BAD_QUERY");
  const auto first = key_bound("[\"a\"]", std::vector<Kind>{Kind::string, Kind::integer});
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(show_key(*first, std::vector<Kind>{Kind::string}), "\"a\"")
      << "the first fields will do";
  EXPECT_EQ(bound("[]", {Kind::string, Kind::integer}), "BAD_QUERY");
}

}  // namespace
}  // namespace leat::runtime
