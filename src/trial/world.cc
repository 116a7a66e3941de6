#include "trial/world.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace leat::trial {
namespace {

constexpr std::size_t kOutputPerInput = 10;
constexpr std::uint64_t kTurnsBetweenLooks = 256;         // at the caller's time
constexpr Duration kStopTimeout = std::chrono::hours(1);  // virtual; nothing waits for it

}  // namespace

std::string topic_of(const spec::SourceSpec& source) {
  const auto* kafka = std::get_if<spec::KafkaSourceSpec>(&source.kind);
  return kafka != nullptr && !kafka->topics.empty() ? kafka->topics.front() : source.id;
}

// Steps its tasks when the world says so.
class World::Host final : public runtime::TaskHost {
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

  bool step(const VirtualClock& clock) {
    bool worked = false;
    wake_at_ = base::kNever;
    for (const auto& task : tasks_) {
      const flow::StepOutcome outcome = task->step(clock.now(), clock.wall_now());
      if (outcome.wake_at > clock.now()) wake_at_ = std::min(wake_at_, outcome.wake_at);
      worked = outcome.worked || worked;
    }
    return worked;
  }
  Instant wake_at() const noexcept { return wake_at_; }

 private:
  base::Wakeup wakeup_;
  std::vector<std::unique_ptr<flow::Task>> tasks_;
  Instant wake_at_ = base::kNever;
};

World::World(std::shared_ptr<const plan::Plan> plan, Options options)
    : plan_(std::move(plan)), options_(std::move(options)), host_(std::make_unique<Host>()) {
  LEAT_CHECK(plan_->parallelism == 1);
  const auto& sources = plan_->spec->sources;
  for (std::uint32_t i = 0; i < sources.size(); ++i)
    inboxes_.emplace_back(i, topic_of(sources[i]),
                          i < options_.partitions.size() ? options_.partitions[i] : 1);
  outbox_.rows.resize(plan_->spec->sinks.size() + 1);
  outbox_.rows_max = options_.limits.rows_max * kOutputPerInput;
  register_kinds();
  start(options_.trigger);
}

World::~World() {
  const log::Muted quiet;
  tear_down();
}

void World::register_kinds() {
  for (const char* kind : {"kafka", "file", "generator"})
    registry_.sources[kind] =
        [this](const flow::SourceContext&, std::vector<const spec::SourceSpec*>,
               std::vector<std::uint32_t>) -> Result<std::unique_ptr<flow::Source>> {
      return std::unique_ptr<flow::Source>(
          std::make_unique<MemorySource>(inboxes_, options_.batch_rows));
    };
  for (const char* kind : {"kafka", "file", "stdout", "dead_letters"})
    registry_.sinks[kind] =
        [this](const flow::SinkContext&, std::vector<const spec::SinkSpec*> specs,
               std::vector<std::uint32_t> indexes) -> Result<std::unique_ptr<flow::Sink>> {
      return std::unique_ptr<flow::Sink>(
          std::make_unique<MemorySink>(outbox_, std::move(specs), std::move(indexes)));
    };
}

void World::start(const spec::TriggerSpec& trigger) {
  const log::Muted quiet;
  pipeline_ = std::make_unique<runtime::Pipeline>(runtime::PipelineParts{
      .plan = plan_,
      .generation = 1,
      .etag = {},
      .created_at = clock_.wall_now(),
      .desired = runtime::Desired::running,
      .trigger_override = trigger,
      .state_folder = {},
      .options = supervisor_,
      .registry = registry_,
      .hosts = {host_.get()},
      .control = {control_,
                  [this](runtime::Action action) { actions_.push_back(std::move(action)); },
                  clock_},
      .publish = [](const runtime::SnapshotPtr&) {},
      .on_desired_changed = [] {}});
  if (options_.tapped)
    for (const auto& [id, slices] : pipeline_->counts().steps())
      for (const auto& tap : pipeline_->counts().taps(id)) tap->want(true);
  pipeline_->begin();
}

bool World::control_turn() {
  bool worked = false;
  for (std::size_t n = actions_.size(); n > 0; --n) {
    const runtime::Action action = std::move(actions_.front());
    actions_.pop_front();
    action();
    worked = true;
  }
  control_at_ = pipeline_->tick(clock_.now());
  return worked || control_at_ <= clock_.now() || !actions_.empty();
}

bool World::turn() {
  const bool controlled = control_turn();
  const bool worked = host_->step(clock_);
  if (options_.tapped) collect_taps();
  return controlled || worked || !actions_.empty();
}

Status World::check() {
  if (pipeline_->actual() == runtime::Actual::failed)
    return Status(Code::internal, "the pipeline stopped: " + pipeline_->snapshot()->reason);
  if (++turns_ > options_.limits.turns_max)
    return Status(Code::exhausted, "there is no end to it: more turns than a trial takes")
        .with("turns_max", std::to_string(options_.limits.turns_max));
  if (turns_ % kTurnsBetweenLooks == 0 && options_.limits.out_of_time &&
      options_.limits.out_of_time())
    return Status(Code::timed_out, "it took longer than a trial may take here");
  return {};
}

// Two quiet turns: the second shows what the last work of the first left behind.
Status World::run_until_quiet() {
  for (int quiet = 0; quiet < 2;) {
    quiet = turn() ? 0 : quiet + 1;
    LEAT_RETURN_IF_ERROR(check());
  }
  return {};
}

Status World::settle() {
  const log::Muted quiet;
  if (failure_.ok()) failure_ = run_until_quiet();
  return failure_;
}

Status World::cut() {
  LEAT_RETURN_IF_ERROR(settle());
  const log::Muted quiet;
  std::optional<Status> done;
  pipeline_->cut([&done](const Status& status) { done = status; });
  constexpr Duration kStride = std::chrono::seconds(1);
  while (!done && failure_.ok()) {
    failure_ = run_until_quiet();
    if (!done && failure_.ok()) clock_.advance_to(clock_.now() + kStride);
  }
  if (failure_.ok()) failure_ = *done;
  return failure_;
}

// Rows that are held enter before it, and it is told before any other row enters.
Status World::set_watermark(std::uint32_t source, std::int64_t us) {
  LEAT_RETURN_IF_ERROR(cut());
  inboxes_.at(source).set_watermark(us);
  return cut();
}

Status World::append(std::uint32_t source, InputRow row) {
  if (!failure_.ok()) return failure_;
  if (++appended_ > options_.limits.rows_max)
    return failure_ = Status(Code::exhausted, "more rows of input than a trial takes")
                          .with("rows_max", std::to_string(options_.limits.rows_max));
  inboxes_.at(source).append(std::move(row));
  return {};
}

Status World::advance_to(Instant to) {
  if (to - VirtualClock().now() > options_.limits.virtual_time_max)
    failure_ = Status(Code::exhausted, "more virtual time passes than a trial takes")
                   .with("virtual_time_max",
                         base::format_duration(options_.limits.virtual_time_max.count()));
  LEAT_RETURN_IF_ERROR(settle());
  while (clock_.now() < to) {
    clock_.advance_to(std::min(
        {std::max(control_at_, clock_.now() + std::chrono::nanoseconds(1)), host_->wake_at(), to}));
    LEAT_RETURN_IF_ERROR(settle());
  }
  return {};
}

bool World::all_read() const noexcept {
  return std::all_of(inboxes_.begin(), inboxes_.end(),
                     [](const Inbox& inbox) { return inbox.empty(); });
}

Status World::finish() {
  LEAT_RETURN_IF_ERROR(settle());
  // What an epoch that is full or a limit of the definition holds back comes with time.
  constexpr Duration kStride = std::chrono::seconds(1);
  while (!all_read()) LEAT_RETURN_IF_ERROR(advance_to(clock_.now() + kStride));
  const log::Muted quiet;
  std::optional<Status> stopped;
  runtime::Pipeline::StopOptions how;
  how.timeout = kStopTimeout;
  how.fail_on_timeout = true;
  pipeline_->stop(how, [&stopped](const Result<runtime::LifecycleReceipt>& receipt) {
    stopped = receipt.status();
  });
  while (!stopped && failure_.ok()) {
    failure_ = run_until_quiet();
    if (!stopped && failure_.ok()) clock_.advance_to(clock_.now() + kStride);
  }
  if (failure_.ok()) failure_ = *stopped;
  // A failure during the stop ends it too.
  const runtime::SnapshotPtr end = pipeline_->snapshot();
  for (const runtime::Condition& condition : end->conditions)
    if (failure_.ok() && condition.type == "Progressing" && condition.status == runtime::Truth::no)
      failure_ = Status(Code::internal, "the pipeline stopped: " + condition.message);
  return failure_;
}

void World::collect_taps() {
  for (const auto& [id, slices] : pipeline_->counts().steps()) {
    for (const auto& tap : pipeline_->counts().taps(id)) {
      for (flow::TapRow row; tap->take(row);) taps_[id].push_back(std::move(row));
    }
  }
}

const std::vector<flow::TapRow>& World::tapped(const std::string& id) const {
  static const std::vector<flow::TapRow> kNone;
  const auto found = taps_.find(id);
  return found != taps_.end() ? found->second : kNone;
}

// A pipeline goes only when nothing of it runs.
void World::tear_down() {
  runtime::Pipeline::StopOptions how;
  how.drop_epoch = true;
  how.leave = false;
  how.timeout = kStopTimeout;
  if (pipeline_->actual() != runtime::Actual::stopped)
    pipeline_->stop(how, [](const Result<runtime::LifecycleReceipt>&) {});
  for (int i = 0; pipeline_->actual() != runtime::Actual::stopped; ++i) {
    constexpr int kTurnsMax = 100'000;
    LEAT_CHECK(i < kTurnsMax);
    control_turn();
    if (i % 100 == 99) clock_.advance_to(clock_.now() + kStopTimeout);
  }
  actions_.clear();
  pipeline_.reset();
}

}  // namespace leat::trial
