#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <future>
#include <map>
#include <mutex>

#include "runtime/supervisor.h"
#include "spec/parse.h"
#include "support/fake_sink.h"
#include "support/fake_source.h"
#include "support/keyed_plans.h"
#include "support/state_disk.h"

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// A definition whose step keeps a state of this schema.
std::string definition(const std::string& schema, const std::string& step = "step",
                       const std::string& topics = R"("t")") {
  return R"({"name":"p","description":")" + schema + R"(","sources":{"in":{"kafka":{"topics":[)" +
         topics + R"(]}}},"steps":[{"id":")" + step + R"(","filter":"true"}],)"
         R"("sinks":{"out":{"kafka":{"topic":"u"}}}})";
}

PutRequest request_for(const std::string& text, const std::string& step = "step") {
  auto parsed = spec::parse_pipeline(text);
  auto made = std::make_shared<plan::Plan>();
  made->spec = parsed.spec;
  plan::Stage stage;
  stage.nodes.push_back(
      test::op_node(step, [step] { return std::make_unique<test::CountPerKey>(step); }, {1}));
  stage.nodes.push_back(test::sink_node(0));
  stage.sources.push_back({0, 0});
  made->stages.push_back(std::move(stage));
  const auto keyed = test::counted({}, 1, parsed.spec->description);
  if (parsed.spec->description.empty())
    made->stages[0].nodes[0].make_operator = test::keep_all;
  else
    made->keyed = keyed->keyed;
  for (plan::KeyedStep& one : made->keyed) one.step = step;
  PutRequest request;
  request.spec = parsed.spec;
  request.plan = made;
  return request;
}

class SupervisorStateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "leat-states-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    broker_.add_topic("t", 0, 1);
    flow::Registry registry;
    registry.sources["kafka"] =
        [this](const flow::SourceContext&, std::vector<const spec::SourceSpec*>,
               std::vector<std::uint32_t>) -> Result<std::unique_ptr<flow::Source>> {
      return std::unique_ptr<flow::Source>(std::make_unique<test::FakeSource>(broker_, source_));
    };
    registry.sinks["kafka"] =
        [this](const flow::SinkContext&, std::vector<const spec::SinkSpec*>,
               std::vector<std::uint32_t>) -> Result<std::unique_ptr<flow::Sink>> {
      return std::unique_ptr<flow::Sink>(std::make_unique<test::FakeSink>(broker_, sink_));
    };
    SupervisorOptions options;
    options.state_dir = folder_;
    // Kept in memory as long as the folder is there.
    options.open_store = [this](const state::Store::Options& wanted) {
      if (!std::filesystem::exists(wanted.folder)) disk_.lose();
      std::filesystem::create_directories(wanted.folder);
      return disk_.opener()(wanted);
    };
    supervisor_ = std::make_unique<Supervisor>(options, registry);
    const Status started = supervisor_->start(
        [](const std::string&, const std::string& text) { return request_for(text); });
    ASSERT_TRUE(started.ok()) << started.to_string();
  }
  void TearDown() override {
    supervisor_.reset();
    std::filesystem::remove_all(folder_);
  }

  template <class T>
  static Result<T> ask(const std::function<void(Reply<T>)>& post) {
    std::promise<Result<T>> answer;
    post([&](Result<T> result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }
  Status put(const std::string& schema, bool discard = false,
             const std::string& topics = R"("t")") {
    PutRequest request = request_for(definition(schema, "step", topics));
    request.discard_state = discard;
    return ask<PutReceipt>(
               [&](Reply<PutReceipt> reply) { supervisor_->put(request, std::move(reply)); })
        .status();
  }
  Status remove(bool purge = false) {
    RemoveRequest request;
    request.name = "p";
    request.purge = purge;
    return ask<std::string>(
               [&](Reply<std::string> reply) { supervisor_->remove(request, std::move(reply)); })
        .status();
  }
  std::vector<std::string> kept() {
    const auto all = ask<std::vector<KeptState>>(
        [&](Reply<std::vector<KeptState>> reply) { supervisor_->list_kept_state(reply); });
    std::vector<std::string> names;
    for (const KeptState& one : *all) names.push_back(one.pipeline);
    return names;
  }
  // Waits until the pipeline's snapshot shows the state; the ctest limit bounds it.
  void reached(Actual actual) {
    while (true) {
      std::promise<void> fresh;
      supervisor_->refresh([&] { fresh.set_value(); });
      fresh.get_future().wait();
      if (supervisor_->find("p")->actual == actual) return;
      std::this_thread::yield();
    }
  }

  std::string folder_;
  test::FakeBroker broker_;
  test::FakeSourceControl source_;
  test::FakeSinkControl sink_;
  test::StateDisk disk_;
  std::unique_ptr<Supervisor> supervisor_;
};

TEST_F(SupervisorStateTest, AnEditThatLosesStateIsRefusedUnlessItMay) {
  ASSERT_TRUE(put("one").ok());
  reached(Actual::running);
  const Status refused = put("two");
  EXPECT_EQ(problem_of(refused), "STATE_INCOMPATIBLE");
  EXPECT_THAT(refused.fields(), Contains(Pair("step", "step")));
  EXPECT_THAT(refused.message(), HasSubstr("`step` (changed)"));
  EXPECT_THAT(refused.message(), HasSubstr("`step` was `one` and is `two`"));
  EXPECT_EQ(supervisor_->find("p")->generation, 1u) << "nothing was done";
  EXPECT_EQ(problem_of(put("")), "STATE_INCOMPATIBLE") << "the step keeps none any more";
  ASSERT_TRUE(put("two", true).ok());
  reached(Actual::running);
  EXPECT_EQ(problem_of(put("one")), "STATE_INCOMPATIBLE") << "the state is that of two";
}

TEST_F(SupervisorStateTest, ARenamedStepGoesOnWithItsState) {
  const auto renamed = [&](const std::string& schema, const std::string& from) {
    PutRequest request = request_for(definition(schema, "other"), "other");
    auto plan = std::make_shared<plan::Plan>(*request.plan);
    plan->keyed[0].renamed_from = from;
    request.plan = plan;
    return ask<PutReceipt>(
               [&](Reply<PutReceipt> reply) { supervisor_->put(request, std::move(reply)); })
        .status();
  };
  const auto read = [&](const std::string& store) {
    StateRequest wanted;
    wanted.pipeline = "p";
    wanted.store = store;
    wanted.key = "a";
    return ask<StateAnswer>(
        [&](Reply<StateAnswer> reply) { supervisor_->read_state(wanted, std::move(reply)); });
  };
  broker_.topic(0).append(0, {.key = "a", .value = "v", .headers = {}});
  ASSERT_TRUE(put("one").ok());
  reached(Actual::running);
  while (!read("step").ok()) std::this_thread::yield();
  ASSERT_TRUE(ask<LifecycleReceipt>([&](Reply<LifecycleReceipt> reply) {
                supervisor_->lifecycle("p", Verb::stop, {}, std::move(reply));
              }).ok());
  const Status refused = renamed("one", "");
  EXPECT_EQ(problem_of(refused), "STATE_INCOMPATIBLE");
  EXPECT_THAT(refused.message(), HasSubstr("renamed_from"));
  EXPECT_EQ(problem_of(renamed("two", "step")), "STATE_INCOMPATIBLE") << "it is another state";
  ASSERT_TRUE(renamed("one", "step").ok());
  const auto there = read("other");
  ASSERT_TRUE(there.ok()) << there.status().to_string();
  EXPECT_EQ(there->rows.front().value, R"({"n":1})");
  EXPECT_EQ(problem_of(put("one")), "STATE_INCOMPATIBLE") << "it has the new name";
}

TEST_F(SupervisorStateTest, TopicsThatTheStateHoldsRowsOfDoNotGoSilently) {
  ASSERT_TRUE(put("one", false, R"("t","old")").ok());
  reached(Actual::running);
  const Status refused = put("one", false, R"("t")");
  EXPECT_EQ(problem_of(refused), "STATE_INCOMPATIBLE");
  EXPECT_THAT(refused.fields(), Contains(Pair("step", "step")));
  EXPECT_THAT(refused.message(), HasSubstr("topic `old`"));
  EXPECT_EQ(supervisor_->find("p")->generation, 1u);
  EXPECT_TRUE(put("one", false, R"("new","t","old")").ok()) << "topics may come";
  reached(Actual::running);
  const std::string state = disk_.store().state_id();
  EXPECT_TRUE(put("one", true, R"("new","t")").ok());
  reached(Actual::running);
  EXPECT_NE(disk_.store().state_id(), state) << "it begins empty";
}

TEST_F(SupervisorStateTest, StateOfADeletedPipelineIsKeptForTheNextOfItsName) {
  ASSERT_TRUE(put("one").ok());
  reached(Actual::running);
  EXPECT_THAT(kept(), IsEmpty());
  ASSERT_TRUE(remove().ok());
  EXPECT_THAT(kept(), ElementsAre("p"));
  EXPECT_EQ(problem_of(put("two")), "STATE_INCOMPATIBLE");
  ASSERT_TRUE(put("one").ok());
  reached(Actual::running);
  EXPECT_THAT(kept(), IsEmpty());
}

TEST_F(SupervisorStateTest, KeptStateMayBeDiscardedByTheNext) {
  ASSERT_TRUE(put("one").ok());
  reached(Actual::running);
  ASSERT_TRUE(remove().ok());
  ASSERT_TRUE(put("two", true).ok());
  reached(Actual::running);
}

TEST_F(SupervisorStateTest, PurgeLeavesNothing) {
  ASSERT_TRUE(put("one").ok());
  reached(Actual::running);
  ASSERT_TRUE(remove(true).ok());
  EXPECT_THAT(kept(), IsEmpty());
  EXPECT_TRUE(put("two").ok()) << "there is nothing that it could not fit";
}

TEST_F(SupervisorStateTest, KeptStateIsForgottenOnDemandOnly) {
  const auto forget = [&](const std::string& name) {
    return ask<std::string>(
               [&](Reply<std::string> reply) { supervisor_->remove_kept_state(name, reply); })
        .status();
  };
  ASSERT_TRUE(put("one").ok());
  reached(Actual::running);
  EXPECT_EQ(problem_of(forget("p")), "WRONG_STATE");
  ASSERT_TRUE(remove().ok());
  EXPECT_EQ(problem_of(forget("q")), "NOT_FOUND");
  EXPECT_EQ(problem_of(forget("..")), "NOT_FOUND");
  EXPECT_TRUE(forget("p").ok());
  EXPECT_THAT(kept(), IsEmpty());
}

TEST_F(SupervisorStateTest, DrainEndsStopped) {
  ASSERT_TRUE(put("one").ok());
  reached(Actual::running);
  const auto drained = ask<LifecycleReceipt>([&](Reply<LifecycleReceipt> reply) {
    supervisor_->lifecycle("p", Verb::drain, {}, std::move(reply));
  });
  ASSERT_TRUE(drained.ok()) << drained.status().to_string();
  EXPECT_EQ(drained->desired, Desired::stopped);
  EXPECT_EQ(supervisor_->find("p")->actual, Actual::stopped);
}

}  // namespace
}  // namespace leat::runtime
