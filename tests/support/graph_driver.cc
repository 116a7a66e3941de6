#include "support/graph_driver.h"

#include <algorithm>

#include "base/check.h"
#include "base/faults.h"
#include "record/key_hash.h"

namespace leat::test {
namespace {

constexpr int kRoundsMax = 200'000;  // more than that without rest is a test that never ends
constexpr std::size_t kControl = 0;
constexpr std::size_t kDisk = 1;

struct Sum {
  std::uint64_t in = 0, out = 0, lost = 0, failed = 0, dead_lettered = 0;
};

Sum sum_of(const runtime::PipelineCounts::PerSlice& slices) {
  Sum sum;
  for (const auto& stats : slices) {
    sum.in += stats->in.value();
    sum.out += stats->out.value();
    sum.failed += stats->failed.value();
    sum.dead_lettered += stats->dead_lettered.value();
    for (std::size_t r = 0; r < flow::kDropReasons; ++r)
      sum.lost += stats->dropped(static_cast<flow::DropReason>(r)).value();
  }
  return sum;
}

std::string unequal(const std::string& what, std::uint64_t left, std::uint64_t right) {
  if (left == right) return {};
  return what + ": " + std::to_string(left) + " != " + std::to_string(right) + "\n";
}

bool multiplies(const spec::StepSpec& step) {
  return std::holds_alternative<spec::ExplodeStep>(step.verb) ||
         std::holds_alternative<spec::AggregateStep>(step.verb);
}

// Every row has one way from a source to the one sink.
bool one_to_one(const spec::PipelineSpec& spec) {
  std::map<std::string, int> readers;
  for (const spec::SourceSpec& source : spec.sources) readers[source.id] = 0;
  for (const spec::StepSpec& step : spec.steps) {
    if (multiplies(step)) return false;
    readers[step.id] = 0;
  }
  for (const spec::StepSpec& step : spec.steps)
    for (const std::string& from : step.from) ++readers[from];
  for (const spec::SinkSpec& sink : spec.sinks)
    for (const std::string& from : sink.from) ++readers[from];
  return spec.sinks.size() == 1 && std::all_of(readers.begin(), readers.end(),
                                               [](const auto& one) { return one.second == 1; });
}

}  // namespace

spec::TriggerSpec micro_batch(Duration interval, std::uint64_t max_records) {
  spec::TriggerSpec trigger;
  trigger.mode = spec::TriggerMode::micro_batch;
  trigger.interval = interval;
  trigger.max_records = max_records;
  return trigger;
}

spec::TriggerSpec real_time(Duration checkpoint_interval) {
  spec::TriggerSpec trigger;
  trigger.mode = spec::TriggerMode::real_time;
  trigger.checkpoint_interval = checkpoint_interval;
  return trigger;
}

spec::TriggerSpec available_now(std::uint64_t max_records) {
  spec::TriggerSpec trigger;
  trigger.mode = spec::TriggerMode::available_now;
  trigger.max_records = max_records;
  return trigger;
}

// Steps its tasks when the driver says so.
class GraphDriver::Host final : public runtime::TaskHost {
 public:
  base::Wakeup& wakeup() override { return wakeup_; }
  void add(std::unique_ptr<flow::Task> task) override { tasks_.push_back(std::move(task)); }
  void between_steps(std::function<void()> work) override { work(); }
  void remove(std::vector<flow::Task*> tasks, std::function<void()> done) override {
    std::erase_if(tasks_, [&](const auto& task) {
      if (std::find(tasks.begin(), tasks.end(), task.get()) == tasks.end()) return false;
      task->close();
      return true;
    });
    done();
  }

  std::size_t tasks() const { return tasks_.size(); }
  bool step(std::size_t task, Instant now, WallTime wall) {
    if (task >= tasks_.size()) return false;
    const flow::StepOutcome outcome = tasks_[task]->step(now, wall);
    if (outcome.wake_at > now) wake_at = std::min(wake_at, outcome.wake_at);
    return outcome.worked;
  }
  Instant wake_at = base::kNever;

 private:
  base::Wakeup wakeup_;
  std::vector<std::unique_ptr<flow::Task>> tasks_;
};

GraphDriver::GraphDriver(std::shared_ptr<const plan::Plan> plan)
    : GraphDriver(std::move(plan), Options()) {}

GraphDriver::GraphDriver(std::shared_ptr<const plan::Plan> plan, Options options)
    : plan_(std::move(plan)), trigger_(options.trigger), random_(options.seed) {
  source.poll_rows_max = options.poll_rows_max;
  for (std::uint32_t i = 0; i < plan_->spec->sources.size(); ++i)
    broker.add_topic(plan_->spec->sources[i].id, i, options.partitions);
  options_.state.memory = options.state_memory;
  make_hosts();
  for (const char* kind : {"kafka", "file", "generator"})
    registry_.sources[kind] =
        [this](const flow::SourceContext&, std::vector<const spec::SourceSpec*>,
               std::vector<std::uint32_t>) -> Result<std::unique_ptr<flow::Source>> {
      return std::unique_ptr<flow::Source>(std::make_unique<FakeSource>(broker, source));
    };
  for (const char* kind : {"kafka", "file", "stdout", "dead_letters"})
    registry_.sinks[kind] = [this](
                                const flow::SinkContext&, std::vector<const spec::SinkSpec*>,
                                std::vector<std::uint32_t>) -> Result<std::unique_ptr<flow::Sink>> {
      return std::unique_ptr<flow::Sink>(std::make_unique<FakeSink>(broker, sink));
    };
  base::Faults::set_crash_handler([this](std::string_view) {
    broker.begin_life();  // from here on nothing this process does reaches the outside
    state.begin_life();
    crashed_ = true;
  });
  begin();
}

GraphDriver::~GraphDriver() {
  base::Faults::clear();
  base::Faults::set_crash_handler({});
  end_process();
}

void GraphDriver::make_hosts() {
  hosts_.clear();
  for (std::uint32_t i = 0; i < plan_->parallelism; ++i) hosts_.push_back(std::make_unique<Host>());
}

void GraphDriver::begin() {
  if (pipeline_) end_process();
  source.end_fixed = false;
  std::vector<runtime::TaskHost*> hosts;
  for (const auto& host : hosts_) hosts.push_back(host.get());
  pipeline_ = std::make_unique<runtime::Pipeline>(runtime::PipelineParts{
      .plan = plan_,
      .generation = 1,
      .etag = {},
      .created_at = {},
      .desired = runtime::Desired::running,
      .trigger_override = trigger_,
      // Nothing is written there, but what has no folder keeps all in memory.
      .state_folder = options_.state.memory == 0 ? "" : "nowhere",
      .state = {[this](Action action) { disk_actions_.push_back(std::move(action)); },
                state.opener()},
      .options = options_,
      .registry = registry_,
      .hosts = hosts,
      .control = {control_, [this](Action action) { actions_.push_back(std::move(action)); },
                  clock},
      .publish = [](runtime::SnapshotPtr) {},
      .on_desired_changed = [] {}});
  pipeline_->begin();
  settle();
}

std::uint32_t GraphDriver::index_of_source(const std::string& id) const {
  const auto& all = plan_->spec->sources;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const spec::SourceSpec& s) { return s.id == id; });
  LEAT_CHECK(found != all.end());
  return static_cast<std::uint32_t>(found - all.begin());
}

std::uint32_t GraphDriver::index_of_sink(const std::string& id) const {
  const auto& all = plan_->spec->sinks;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const spec::SinkSpec& s) { return s.id == id; });
  LEAT_CHECK(found != all.end());
  return static_cast<std::uint32_t>(found - all.begin());
}

std::string GraphDriver::unbalanced() const {
  const spec::PipelineSpec& spec = *plan_->spec;
  const runtime::PipelineCounts& counts = pipeline_->counts();
  std::string text;
  Sum all;
  const auto arrived = [&](const std::string& id, const std::vector<std::string>& from,
                           const Sum& reader) {
    std::uint64_t left = 0;
    for (const std::string& above : from) {
      if (!counts.steps().contains(above)) return;  // a side output: nobody counts what it gave
      left += sum_of(counts.steps().at(above)).out;
    }
    text += unequal(id + " in, out of what it reads", reader.in, left);
  };
  const auto add = [&](const std::string& id, const Sum& sum, bool checked) {
    if (checked)
      text += unequal(id + " in, out + dropped + failed", sum.in, sum.out + sum.lost + sum.failed);
    all.lost += sum.lost;
    all.dead_lettered += sum.dead_lettered;
  };
  for (const spec::SourceSpec& one : spec.sources) {
    const Sum sum = sum_of(counts.steps().at(one.id));
    all.in += sum.in;
    add(one.id, sum, true);
  }
  for (const spec::StepSpec& step : spec.steps) {
    const Sum sum = sum_of(counts.steps().at(step.id));
    add(step.id, sum, !multiplies(step));
    arrived(step.id, step.from, sum);
  }
  for (const spec::SinkSpec& one : spec.sinks) {
    const Sum sum = sum_of(counts.sinks().at(one.id));
    all.out += sum.out;
    add("sink " + one.id, sum, true);
    arrived("sink " + one.id, one.from, sum);
  }
  if (one_to_one(spec))
    text += unequal("records in, records out + dropped + dead letters", all.in,
                    all.out + all.lost + all.dead_lettered);
  return text;
}

void GraphDriver::append(const std::string& source_id, FakeRecord record,
                         std::optional<std::size_t> partition) {
  FakeTopic& topic = broker.topic(index_of_source(source_id));
  const auto partitions = static_cast<std::int32_t>(topic.partitions.size());
  if (!partition) {
    const PartitionId place = record::java_partition(record.key.value_or(""), partitions);
    partition = static_cast<std::size_t>(place.value());
  }
  topic.append(*partition, std::move(record));
}

void GraphDriver::feed(const std::string& source_id,
                       const std::vector<std::pair<std::string, std::string>>& records) {
  for (const auto& [key, value] : records) append(source_id, {.key = key, .value = value});
  settle();
}

// Posted actions that are there now, then the pipeline's own turn.
bool GraphDriver::control_turn() {
  bool worked = false;
  for (std::size_t n = actions_.size(); n > 0 && !crashed_; --n) {
    const Action action = std::move(actions_.front());
    actions_.pop_front();
    action();
    worked = true;
  }
  if (crashed_) return true;
  control_at_ = pipeline_->tick(clock.now());
  return worked || control_at_ <= clock.now() || !actions_.empty();
}

// One action of the checkpoint thread.
bool GraphDriver::disk_turn() {
  if (disk_actions_.empty() || hold_disk) return false;
  const Action action = std::move(disk_actions_.front());
  disk_actions_.pop_front();
  action();
  return true;
}

std::vector<GraphDriver::Turn> GraphDriver::shuffled_turns() {
  std::vector<Turn> turns{{nullptr, kControl}};
  for (const auto& host : hosts_) {
    host->wake_at = base::kNever;
    for (std::size_t i = 0; i < host->tasks(); ++i) turns.push_back({host.get(), i});
  }
  if (!disk_actions_.empty()) turns.push_back({nullptr, kDisk});
  std::shuffle(turns.begin(), turns.end(), random_);
  return turns;
}

// Whether anything was done.
bool GraphDriver::take(const Turn& turn) {
  if (turn.host != nullptr) return turn.host->step(turn.task, clock.now(), clock.wall_now());
  return turn.task == kControl ? control_turn() : disk_turn();
}

// Everybody takes one turn, in a random order.
bool GraphDriver::round() {
  bool worked = false;
  for (const Turn& turn : shuffled_turns()) {
    worked = take(turn) || worked;
    if (crashed_) {
      recover();
      return true;
    }
  }
  return worked || !actions_.empty() || (!disk_actions_.empty() && !hold_disk);
}

void GraphDriver::take_uneven_turns(int turns) {
  constexpr std::uint64_t kPaces[] = {1, 1, 2, 6};  // one turn in so many
  std::map<std::pair<const Host*, std::size_t>, std::uint64_t> paces;
  for (int i = 0; i < turns; ++i) {
    for (const Turn& turn : shuffled_turns()) {
      const auto [pace, is_new] = paces.try_emplace({turn.host, turn.task}, 0);
      if (is_new) pace->second = kPaces[random_() % std::size(kPaces)];
      if (random_() % pace->second != 0) continue;
      take(turn);
      if (!crashed_) continue;
      recover();
      return;
    }
  }
}

void GraphDriver::settle() {
  // Two quiet rounds: the second shows what the last turn of the first left behind.
  int quiet = 0;
  for (int i = 0; quiet < 2; ++i) {
    LEAT_CHECK(i < kRoundsMax);
    quiet = round() ? 0 : quiet + 1;
  }
}

void GraphDriver::take_turns(int turns) {
  for (int i = 0; i < turns; ++i) round();
}

bool GraphDriver::advance_to_next_deadline(Instant end) {
  Instant next = control_at_;
  for (const auto& host : hosts_) next = std::min(next, host->wake_at);
  next = std::min(next, end);
  if (next > clock.now()) clock.advance(next - clock.now());
  return clock.now() < end;
}

void GraphDriver::advance(Duration by) {
  const Instant end = clock.now() + by;
  settle();
  while (advance_to_next_deadline(end)) settle();
  settle();
}

void GraphDriver::drain() { LEAT_CHECK(drained_within(1000)); }

bool GraphDriver::drained_within(int half_seconds) {
  const auto all_committed = [this] {
    for (const auto& [id, topic] : broker.topics())
      for (const auto& partition : topic.partitions)
        if (partition->committed.value_or(0) !=
            static_cast<std::int64_t>(partition->records.size()))
          return false;
    return true;
  };
  for (int i = 0; i < half_seconds; ++i) {
    settle();
    if (all_committed()) return true;
    advance(std::chrono::milliseconds(500));
  }
  return false;
}

void GraphDriver::begin_switch_to(const spec::TriggerSpec& trigger) {
  pipeline_->set_trigger(trigger, true, std::chrono::seconds(10), "test",
                         [this, trigger](const Result<runtime::SwitchReceipt>& receipt) {
                           if (receipt.ok()) trigger_ = trigger;
                         });
}

Result<runtime::SwitchReceipt> GraphDriver::switch_to(const spec::TriggerSpec& trigger) {
  const auto shared = std::make_shared<std::optional<Result<runtime::SwitchReceipt>>>();
  pipeline_->set_trigger(
      trigger, true, std::chrono::seconds(10), "test",
      [shared](Result<runtime::SwitchReceipt> receipt) { *shared = std::move(receipt); });
  const std::uint64_t crashes_before = crashes_;
  settle();
  for (int i = 0; !shared->has_value() && i < 200 && crashes_ == crashes_before; ++i)
    advance(std::chrono::milliseconds(100));
  if (!shared->has_value()) return Status(Code::cancelled, "the process died during the switch");
  if ((*shared)->ok()) trigger_ = trigger;
  return **shared;
}

Result<runtime::LifecycleReceipt> GraphDriver::await(
    const std::function<void(runtime::Reply<runtime::LifecycleReceipt>)>& ask) {
  const auto answer = std::make_shared<std::optional<Result<runtime::LifecycleReceipt>>>();
  ask([answer](Result<runtime::LifecycleReceipt> receipt) { *answer = std::move(receipt); });
  const std::uint64_t crashes_before = crashes_;
  settle();
  for (int i = 0; !answer->has_value() && i < 400 && crashes_ == crashes_before; ++i)
    advance(std::chrono::milliseconds(100));
  if (!answer->has_value()) return Status(Code::cancelled, "the process died meanwhile");
  return **answer;
}

Result<runtime::LifecycleReceipt> GraphDriver::pause() {
  return await([this](auto reply) { pipeline_->pause(std::move(reply)); });
}

Result<runtime::LifecycleReceipt> GraphDriver::resume() {
  return await([this](auto reply) { pipeline_->resume(std::move(reply)); });
}

Result<runtime::LifecycleReceipt> GraphDriver::drain_windows() {
  return await(
      [this](auto reply) { pipeline_->drain(std::chrono::seconds(30), std::move(reply)); });
}

Result<std::string> GraphDriver::read(const std::string& store, const std::string& key,
                                      bool latest) {
  const auto answer = std::make_shared<std::optional<Result<runtime::StateAnswer>>>();
  runtime::StateRequest request;
  request.store = store;
  request.key = key;
  request.latest = latest;
  pipeline_->read_state(request, [answer](Result<runtime::StateAnswer> got) { *answer = got; });
  settle();
  if (!answer->has_value()) return Status(Code::timed_out, "no answer");
  if (!(*answer)->ok()) return (*answer)->status();
  return (**answer)->rows.front().value;
}

Result<runtime::LifecycleReceipt> GraphDriver::stop() {
  runtime::Pipeline::StopOptions options;
  options.timeout = std::chrono::seconds(30);
  return await([&](auto reply) { pipeline_->stop(options, std::move(reply)); });
}

void GraphDriver::crash(std::shared_ptr<const plan::Plan> as) {
  next_plan_ = std::move(as);
  broker.begin_life();
  state.begin_life();
  recover();
}

// Takes the remains of the process apart. Nothing it does reaches the outside: its life is over.
void GraphDriver::end_process() {
  broker.begin_life();
  state.begin_life();
  crashed_ = false;
  if (pipeline_->actual() != runtime::Actual::stopped) {
    runtime::Pipeline::StopOptions options;
    options.drop_epoch = true;
    options.leave = false;
    options.timeout = std::chrono::seconds(1);
    pipeline_->stop(options, [](const Result<runtime::LifecycleReceipt>&) {});
    for (int i = 0; pipeline_->actual() != runtime::Actual::stopped; ++i) {
      LEAT_CHECK(i < kRoundsMax);
      control_turn();
      if (i % 100 == 99)
        clock.advance(std::chrono::seconds(1));  // a stop that was asked for before must run out
    }
  }
  actions_.clear();
  disk_actions_.clear();
  pipeline_.reset();
  disk_actions_.clear();
}

void GraphDriver::recover() {
  base::Faults::clear();
  ++crashes_;
  end_process();
  broker.forget_reads();
  if (next_plan_ != nullptr) {
    plan_ = std::exchange(next_plan_, nullptr);
    make_hosts();
  }
  const std::string faults = std::exchange(faults_of_next_life, {});
  if (!faults.empty()) LEAT_CHECK(base::Faults::configure(faults).ok());
  begin();
}

}  // namespace leat::test
