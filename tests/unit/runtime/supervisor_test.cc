#include "runtime/supervisor.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "base/faults.h"
#include "spec/parse.h"
#include "spec/text.h"

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;

// Stands at its only partition and never has a record: what the supervisor does is all that is
// tested here.
class QuietReader final : public flow::SourceReader {
 public:
  explicit QuietReader(const record::Origin& origin) : origin_(origin) {}
  flow::PollResult poll(std::size_t, record::RecordBatch&) override {
    return flow::PollResult::empty;
  }
  void positions(std::vector<flow::PartitionPosition>& out) override {
    out.push_back({&origin_, Offset(5)});
  }

 private:
  const record::Origin& origin_;
};

class QuietSource final : public flow::Source {
 public:
  Status start(flow::SourceListener& listener, base::Wakeup&) override {
    listener_ = &listener;
    return {};
  }
  std::unique_ptr<flow::SourceReader> make_reader(std::uint32_t, SliceId, std::uint32_t,
                                                  base::Wakeup&) override {
    return std::make_unique<QuietReader>(origin_);
  }
  Instant serve(Instant) override {
    if (!std::exchange(positioned_, true)) listener_->on_positioned(EpochId(0), {});
    if (hold_commits) return base::kNever;
    for (auto& done : std::exchange(commits_, {})) done(Status());
    return base::kNever;
  }
  void commit(EpochId, std::span<const flow::PartitionPosition>, const std::string&,
              std::function<void(Status)> done) override {
    commits_.push_back(std::move(done));
  }
  void fix_end() override {}
  void stop(bool, std::function<void()> done) override { done(); }
  std::vector<flow::PartitionLag> lag() const override { return {{&origin_, 5, 5, 0, 5, {}, 0.0}}; }

  static inline std::atomic<bool> hold_commits{false};

 private:
  record::Origin origin_{"t", PartitionId(0), 0};
  flow::SourceListener* listener_ = nullptr;
  bool positioned_ = false;
  std::vector<std::function<void(Status)>> commits_;
};

class QuietSink final : public flow::Sink {
 public:
  class Writer final : public flow::SinkWriter {
   public:
    bool ready() override { return true; }
    Status write(record::RecordBatch&, EpochId) override { return {}; }
    Status on_epoch_end(EpochId) override { return {}; }
    Instant serve(Instant) override { return base::kNever; }
  };
  Status start(flow::SinkListener&, base::Wakeup&) override { return {}; }
  Result<std::unique_ptr<flow::SinkWriter>> make_writer(std::uint32_t, flow::SinkBinding,
                                                        const flow::WriterContext&) override {
    return std::unique_ptr<flow::SinkWriter>(std::make_unique<Writer>());
  }
  Instant serve(Instant) override { return base::kNever; }
  bool connected() const noexcept override { return true; }
};

std::string definition(const std::string& name, const std::string& description = "") {
  return R"({"name":")" + name + R"(","description":")" + description +
         R"(","sources":{"in":{"kafka":{"topics":["t"]}}},"sinks":{"out":{"kafka":{"topic":"u"}}}})";
}

Result<PutRequest> request_for(const std::string& text) {
  const spec::ParseResult parsed = spec::parse_pipeline(text);
  if (!parsed.ok()) return Status(Code::invalid_argument, "not a definition");
  auto made = std::make_shared<plan::Plan>();
  made->spec = parsed.spec;
  plan::Stage stage;
  plan::Node node;
  node.kind = plan::Node::Kind::sink;
  node.make_binding = [] { return flow::SinkBinding(); };
  stage.nodes.push_back(std::move(node));
  stage.sources.push_back({0, 0});
  made->stages.push_back(std::move(stage));
  PutRequest request;
  request.spec = parsed.spec;
  request.plan = made;
  return request;
}

// Posts a command and waits for its answer.
template <class T>
Result<T> ask(const std::function<void(Reply<T>)>& post) {
  std::promise<Result<T>> answer;
  post([&](Result<T> result) { answer.set_value(std::move(result)); });
  return answer.get_future().get();
}

class SupervisorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // In memory where that is possible: a thousand pipelines are thousands of syncs.
    const std::filesystem::path memory = "/dev/shm";
    const bool in_memory = ::access(memory.c_str(), W_OK) == 0;
    std::string pattern = ((in_memory ? memory : std::filesystem::temp_directory_path()) /
                           "leat-supervisor-XXXXXX")
                              .string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    begin();
  }
  void TearDown() override {
    QuietSource::hold_commits = false;
    supervisor_.reset();
    base::Faults::clear();
    base::Faults::set_crash_handler({});
    std::filesystem::remove_all(folder_);
  }
  void begin(Duration stop_timeout = 30s) {
    flow::Registry registry;
    registry.sources["kafka"] =
        [](const flow::SourceContext&, std::vector<const spec::SourceSpec*>,
           std::vector<std::uint32_t>) -> Result<std::unique_ptr<flow::Source>> {
      return std::unique_ptr<flow::Source>(std::make_unique<QuietSource>());
    };
    registry.sinks["kafka"] =
        [](const flow::SinkContext&, std::vector<const spec::SinkSpec*>,
           std::vector<std::uint32_t>) -> Result<std::unique_ptr<flow::Sink>> {
      return std::unique_ptr<flow::Sink>(std::make_unique<QuietSink>());
    };
    SupervisorOptions options;
    options.state_dir = folder_;
    options.workers = 2;
    options.stop_timeout = stop_timeout;
    supervisor_ = std::make_unique<Supervisor>(options, registry);
    const Status started = supervisor_->start(
        [](const std::string&, const std::string& text) { return request_for(text); });
    ASSERT_TRUE(started.ok()) << started.to_string();
  }
  void restart() {
    supervisor_.reset();
    begin();
  }
  Result<PutReceipt> put(const std::string& text, bool create_only = false,
                         Preconditions preconditions = {}) {
    PutRequest request = request_for(text).value();
    request.create_only = create_only;
    request.preconditions = std::move(preconditions);
    return ask<PutReceipt>(
        [&](Reply<PutReceipt> reply) { supervisor_->put(request, std::move(reply)); });
  }
  Result<LifecycleReceipt> tell(const std::string& name, Verb verb) {
    return ask<LifecycleReceipt>([&](Reply<LifecycleReceipt> reply) {
      supervisor_->lifecycle(name, verb, {}, std::move(reply));
    });
  }
  Result<SwitchReceipt> switch_to(const std::string& name,
                                  std::optional<spec::TriggerSpec> trigger) {
    SwitchRequest request;
    request.name = name;
    request.trigger = std::move(trigger);
    return ask<SwitchReceipt>(
        [&](Reply<SwitchReceipt> reply) { supervisor_->set_trigger(request, std::move(reply)); });
  }
  Result<std::string> remove(const std::string& name) {
    RemoveRequest request;
    request.name = name;
    return ask<std::string>(
        [&](Reply<std::string> reply) { supervisor_->remove(request, std::move(reply)); });
  }
  // Returns once the control thread has begun with what was posted before.
  void let_it_begin() {
    std::promise<void> fresh;
    supervisor_->refresh([&] { fresh.set_value(); });
    fresh.get_future().wait();
  }
  // Waits until the pipeline's snapshot shows the state; the ctest limit bounds it.
  SnapshotPtr reached(const std::string& name, Actual actual) {
    while (true) {
      std::promise<void> fresh;
      supervisor_->refresh([&] { fresh.set_value(); });
      fresh.get_future().wait();
      SnapshotPtr snapshot = supervisor_->find(name);
      if (snapshot && snapshot->actual == actual) return snapshot;
      std::this_thread::yield();
    }
  }

  std::string folder_;
  std::unique_ptr<Supervisor> supervisor_;
};

spec::TriggerSpec micro_batch() {
  spec::TriggerSpec trigger;
  trigger.mode = spec::TriggerMode::micro_batch;
  trigger.interval = 500ms;
  return trigger;
}

TEST_F(SupervisorTest, OfAHundredCreatesOfOneNameOneWins) {
  constexpr int kClients = 100;
  std::vector<std::promise<bool>> outcomes(kClients);
  for (auto& outcome : outcomes) {
    PutRequest request = request_for(definition("p")).value();
    request.create_only = true;
    supervisor_->put(std::move(request), [&](const Result<PutReceipt>& receipt) {
      if (!receipt.ok()) {
        EXPECT_EQ(problem_of(receipt.status()), "NAME_TAKEN");
      }
      outcome.set_value(receipt.ok());
    });
  }
  int created = 0;
  for (auto& outcome : outcomes) created += outcome.get_future().get() ? 1 : 0;
  EXPECT_EQ(created, 1);
}

TEST_F(SupervisorTest, ADefinitionIsThereAgainAfterARestartInTheStateItHad) {
  ASSERT_TRUE(put(definition("runs")).ok());
  ASSERT_TRUE(put(definition("rests")).ok());
  reached("rests", Actual::running);
  ASSERT_TRUE(tell("rests", Verb::stop).ok());
  restart();
  EXPECT_EQ(reached("runs", Actual::running)->desired, Desired::running);
  EXPECT_EQ(reached("rests", Actual::stopped)->desired, Desired::stopped);
}

TEST_F(SupervisorTest, StoppingTheSupervisorDoesNotChangeWhatIsWanted) {
  ASSERT_TRUE(put(definition("p")).ok());
  reached("p", Actual::running);
  supervisor_->stop();
  EXPECT_TRUE(supervisor_->stopping());
  begin();
  reached("p", Actual::running);
}

TEST_F(SupervisorTest, TheSameDefinitionAgainChangesNothing) {
  const auto first = put(definition("p"));
  ASSERT_TRUE(first.ok());
  const auto second = put(definition("p"));
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->outcome, PutReceipt::Outcome::unchanged);
  EXPECT_EQ(second->snapshot->etag, first->snapshot->etag);
}

TEST_F(SupervisorTest, TheSameDefinitionTenThousandTimesRestartsNothing) {
  ASSERT_TRUE(put(definition("p")).ok());
  reached("p", Actual::running);
  for (int i = 0; i < 10'000; ++i) {
    const auto again = put(definition("p"));
    ASSERT_TRUE(again.ok());
    ASSERT_EQ(again->outcome, PutReceipt::Outcome::unchanged);
  }
  const SnapshotPtr snapshot = reached("p", Actual::running);
  EXPECT_EQ(snapshot->generation, 1u);
  EXPECT_EQ(snapshot->restarts, 0u);
}

TEST_F(SupervisorTest, AsManyPipelinesAsAllowedLiveSideBySide) {
  const std::size_t most = SupervisorOptions().pipelines_max;
  ASSERT_GE(most, 1000u);
  for (std::size_t i = 0; i < most; ++i)
    ASSERT_TRUE(put(definition("p" + std::to_string(i))).ok()) << i;
  const auto refused = put(definition("one-more"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(problem_of(refused.status()), "TOO_MANY_PIPELINES");
  const auto all_run = [&] {
    let_it_begin();  // one look at all of them
    for (std::size_t i = 0; i < most; ++i)
      if (supervisor_->find("p" + std::to_string(i))->actual != Actual::running) return false;
    return true;
  };
  while (!all_run()) std::this_thread::yield();
  ASSERT_TRUE(remove("p0").ok());
  EXPECT_TRUE(put(definition("one-more")).ok());
}

TEST_F(SupervisorTest, ADeleteWhileItSwitchesAnswersBothAndLeavesNothing) {
  ASSERT_TRUE(put(definition("p")).ok());
  reached("p", Actual::running);
  QuietSource::hold_commits = true;
  std::promise<Result<SwitchReceipt>> switched;
  SwitchRequest request;
  request.name = "p";
  request.trigger = micro_batch();
  supervisor_->set_trigger(request, [&](Result<SwitchReceipt> receipt) {
    switched.set_value(std::move(receipt));
  });
  std::promise<Result<std::string>> removed;
  RemoveRequest removal;
  removal.name = "p";
  supervisor_->remove(removal,
                      [&](Result<std::string> name) { removed.set_value(std::move(name)); });
  let_it_begin();
  QuietSource::hold_commits = false;
  const Result<SwitchReceipt> receipt = switched.get_future().get();
  if (!receipt.ok()) {
    EXPECT_FALSE(problem_of(receipt.status()).empty());
  }
  EXPECT_TRUE(removed.get_future().get().ok());
  EXPECT_EQ(supervisor_->find("p"), nullptr);
}

TEST_F(SupervisorTest, AnotherDefinitionReplacesItWithANewGeneration) {
  const auto first = put(definition("p"));
  ASSERT_TRUE(first.ok());
  reached("p", Actual::running);
  const auto second = put(definition("p", "changed"));
  ASSERT_TRUE(second.ok()) << second.status().to_string();
  EXPECT_EQ(second->outcome, PutReceipt::Outcome::replaced);
  EXPECT_EQ(second->snapshot->generation, 2u);
  EXPECT_NE(second->snapshot->etag, first->snapshot->etag);
  restart();
  EXPECT_EQ(reached("p", Actual::running)->spec->description, "changed");
}

TEST_F(SupervisorTest, AStaleEtagIsRefusedAndChangesNothing) {
  ASSERT_TRUE(put(definition("p")).ok());
  Preconditions stale;
  stale.if_match = "\"9-00000000\"";
  const auto refused = put(definition("p", "changed"), false, stale);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(problem_of(refused.status()), "ETAG_MISMATCH");
  EXPECT_EQ(supervisor_->find("p")->generation, 1u);
}

TEST_F(SupervisorTest, ASwitchOutlivesARestartUntilItIsTakenBack) {
  ASSERT_TRUE(put(definition("p")).ok());
  reached("p", Actual::running);
  const auto receipt = switch_to("p", micro_batch());
  ASSERT_TRUE(receipt.ok()) << receipt.status().to_string();
  EXPECT_EQ(receipt->barrier_offsets, (BarrierOffsets{{"in", {{"t", {{0, 5}}}}}}));
  const SnapshotPtr before = reached("p", Actual::running);
  restart();
  const SnapshotPtr snapshot = reached("p", Actual::running);
  EXPECT_TRUE(snapshot->trigger.override_set);
  EXPECT_EQ(snapshot->trigger.etag, before->trigger.etag) << "nothing was changed by the restart";
  EXPECT_EQ(snapshot->trigger.effective, micro_batch());
  ASSERT_TRUE(switch_to("p", std::nullopt).ok());
  restart();
  EXPECT_FALSE(reached("p", Actual::running)->trigger.override_set);
}

TEST_F(SupervisorTest, ASwitchThatCannotBeWrittenDownIsTakenBack) {
  ASSERT_TRUE(put(definition("p")).ok());
  reached("p", Actual::running);
  ASSERT_TRUE(base::Faults::configure("config.synced=error").ok());
  const auto receipt = switch_to("p", micro_batch());
  ASSERT_FALSE(receipt.ok());
  while (reached("p", Actual::running)->trigger.effective.mode != spec::TriggerMode::real_time)
    std::this_thread::yield();
  restart();
  EXPECT_FALSE(reached("p", Actual::running)->trigger.override_set);
}

TEST_F(SupervisorTest, DeletedIsGoneForGood) {
  ASSERT_TRUE(put(definition("p")).ok());
  reached("p", Actual::running);
  ASSERT_TRUE(remove("p").ok());
  EXPECT_EQ(supervisor_->find("p"), nullptr);
  EXPECT_EQ(problem_of(remove("p").status()), "PIPELINE_NOT_FOUND");
  restart();
  EXPECT_TRUE(supervisor_->list().empty());
}

TEST_F(SupervisorTest, ACrashAfterASwitchWasWrittenDownResolvesToIt) {
  ASSERT_TRUE(put(definition("p")).ok());
  reached("p", Actual::running);
  base::Faults::set_crash_handler([](std::string_view) {});
  ASSERT_TRUE(base::Faults::configure("switch.persisted=crash").ok());
  EXPECT_FALSE(switch_to("p", micro_batch()).ok());
  restart();
  EXPECT_EQ(reached("p", Actual::running)->trigger.effective, micro_batch());
}

TEST_F(SupervisorTest, WhatADeletedPipelineCountedIsNotCountedOn) {
  ASSERT_TRUE(put(definition("p")).ok());
  reached("p", Actual::running);
  restart();
  const std::string counters = folder_ + "/state/p/counters.json";
  ASSERT_TRUE(std::filesystem::exists(counters));
  ASSERT_TRUE(remove("p").ok());
  EXPECT_FALSE(std::filesystem::exists(counters));
}

TEST_F(SupervisorTest, ItStopsWhileAPipelineIsBeingDeleted) {
  supervisor_.reset();
  begin(50ms);
  ASSERT_TRUE(put(definition("p")).ok());
  reached("p", Actual::running);
  QuietSource::hold_commits = true;
  std::promise<void> answered;
  RemoveRequest request;
  request.name = "p";
  request.timeout = 1h;
  supervisor_->remove(request, [&](const Result<std::string>& removed) {
    EXPECT_TRUE(removed.ok()) << removed.status().to_string();
    answered.set_value();
  });
  let_it_begin();
  supervisor_->stop();
  answered.get_future().get();
}

TEST_F(SupervisorTest, ItStopsWhileAPipelineIsBeingReplaced) {
  supervisor_.reset();
  begin(50ms);
  ASSERT_TRUE(put(definition("p")).ok());
  reached("p", Actual::running);
  QuietSource::hold_commits = true;
  std::promise<void> answered;
  supervisor_->put(request_for(definition("p", "changed")).value(),
                   [&](const Result<PutReceipt>&) { answered.set_value(); });
  reached("p", Actual::stopping);
  supervisor_->stop();
  answered.get_future().get();
  begin();
  EXPECT_EQ(supervisor_->find("p")->spec->description, "changed");
}

TEST_F(SupervisorTest, AReplacementThatItsStopOvertakesIsDoneOrRefused) {
  supervisor_.reset();
  begin(50ms);
  ASSERT_TRUE(put(definition("p")).ok());
  reached("p", Actual::running);
  QuietSource::hold_commits = true;
  std::promise<Result<PutReceipt>> answered;
  supervisor_->put(
      request_for(definition("p", "changed")).value(),
      [&](Result<PutReceipt> receipt) { answered.set_value(std::move(receipt)); });
  supervisor_->stop();
  const Result<PutReceipt> receipt = answered.get_future().get();
  if (!receipt.ok()) {
    EXPECT_EQ(problem_of(receipt.status()), "STOPPING");
  }
  begin();
  EXPECT_EQ(supervisor_->find("p")->spec->description, receipt.ok() ? "changed" : "");
}

TEST_F(SupervisorTest, WritesOfOnePipelineTakeTheirTurn) {
  ASSERT_TRUE(put(definition("p")).ok());
  std::vector<std::promise<bool>> outcomes(40);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto settle = [&, i](bool ok) { outcomes[i].set_value(ok); };
    if (i % 2 == 0) {
      supervisor_->put(request_for(definition("p", std::to_string(i))).value(),
                       [settle](const Result<PutReceipt>& receipt) { settle(receipt.ok()); });
    } else {
      supervisor_->lifecycle(
          "p", i % 4 == 1 ? Verb::stop : Verb::start, {},
          [settle](const Result<LifecycleReceipt>& receipt) { settle(receipt.ok()); });
    }
  }
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    EXPECT_TRUE(outcomes[i].get_future().get()) << i;
  EXPECT_EQ(supervisor_->find("p")->generation, 21u);
}

TEST_F(SupervisorTest, ATapOfAnUnknownStepIsRefused) {
  ASSERT_TRUE(put(definition("p")).ok());
  const auto refused = ask<TapSubscription>(
      [&](Reply<TapSubscription> reply) { supervisor_->tap("p", "nope", std::move(reply)); });
  EXPECT_EQ(problem_of(refused.status()), "STEP_NOT_FOUND");
  const auto tapped = ask<TapSubscription>(
      [&](Reply<TapSubscription> reply) { supervisor_->tap("p", "in", std::move(reply)); });
  ASSERT_TRUE(tapped.ok());
  EXPECT_TRUE(tapped->points.front()->wanted());
  supervisor_->untap("p", "in");
  reached("p", Actual::running);
  EXPECT_FALSE(tapped->points.front()->wanted());
  ASSERT_TRUE(remove("p").ok());
  EXPECT_FALSE(tapped->alive->load());
}

TEST_F(SupervisorTest, AStoredTextThatIsNoDefinitionIsKeptAndTold) {
  ASSERT_TRUE(put(definition("p")).ok());
  supervisor_.reset();
  {
    flow::Registry registry;
    SupervisorOptions options;
    options.state_dir = folder_;
    Supervisor strict(options, registry);
    ASSERT_TRUE(strict
                    .start([](const std::string&, const std::string&) -> Result<PutRequest> {
                      return Status(Code::invalid_argument, "line 1 is wrong");
                    })
                    .ok());
    ASSERT_NE(strict.find("p"), nullptr);
    EXPECT_EQ(strict.find("p")->actual, Actual::failed);
    EXPECT_THAT(strict.find("p")->reason, ::testing::HasSubstr("line 1 is wrong"));
  }
  begin();
  reached("p", Actual::running);
}

}  // namespace
}  // namespace leat::runtime
