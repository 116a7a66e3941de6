#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "runtime/pipeline.h"
#include "support/fake_broker.h"
#include "support/fake_sink.h"
#include "support/fake_source.h"
#include "support/state_disk.h"
#include "support/virtual_clock.h"

namespace leat::test {

// Runs one pipeline, its tasks and its control thread, on the test's own thread in virtual time,
// between fakes for Kafka. The outside (topics, committed offsets, outputs) survives crash(); a
// crash by a fault point is one too, and the driver begins again by itself as a restarted daemon
// does.
class GraphDriver {
 public:
  struct Options {
    std::size_t partitions = 1;  // of every source's topic
    std::uint64_t seed = 1;      // in which order tasks and the control thread take their turns
    std::size_t poll_rows_max = 256;
    std::optional<spec::TriggerSpec> trigger = {};  // instead of the definition's
    std::uint64_t state_memory = 0;  // bytes that tables may keep beside the disk; 0 = any number
  };
  explicit GraphDriver(std::shared_ptr<const plan::Plan> plan);
  GraphDriver(std::shared_ptr<const plan::Plan> plan, Options options);
  ~GraphDriver();
  GraphDriver(const GraphDriver&) = delete;
  GraphDriver& operator=(const GraphDriver&) = delete;

  // Appends to the topic of a source: to `partition`, or where the key belongs. Nothing happens
  // until settle() or advance().
  void append(const std::string& id, FakeRecord record, std::optional<std::size_t> partition = {});
  // Appends key-value pairs and settles.
  void feed(const std::string& id, const std::vector<std::pair<std::string, std::string>>& records);
  // Gives everybody turns until nobody has anything to do.
  void settle();
  // A few turns only, in the middle of things.
  void take_turns(int turns);
  // The same, but some are slow: each task and thread gets a pace of its own for these turns.
  void take_uneven_turns(int turns);
  // Moves time on, from deadline to deadline.
  void advance(Duration by);
  // Advances until the open epoch is committed and nothing is left to read or deliver.
  void drain();
  // The same for at most so many half seconds: whether it came to that.
  bool drained_within(int half_seconds);

  Result<runtime::SwitchReceipt> switch_to(const spec::TriggerSpec& trigger);
  // Asks for a switch and does not wait.
  void begin_switch_to(const spec::TriggerSpec& trigger);
  Result<runtime::LifecycleReceipt> pause();
  Result<runtime::LifecycleReceipt> resume();
  // Lets everything out that waits for time, and stops.
  Result<runtime::LifecycleReceipt> drain_windows();
  // The value of a key in a store, as JSON.
  Result<std::string> read(const std::string& store, const std::string& key, bool latest);
  // Stop with a commit; the pipeline stays stopped until begin().
  Result<runtime::LifecycleReceipt> stop();
  void begin();
  // kill -9, and a new start; of the same definition with another parallelism, if `as` says so.
  void crash(std::shared_ptr<const plan::Plan> as = nullptr);

  std::vector<OutputRow> output(const std::string& id) const {
    return broker.all_outputs(index_of_sink(id));
  }
  std::vector<OutputRow> committed(const std::string& id) const {
    return broker.committed_outputs(index_of_sink(id));
  }
  // Records that failed, as their sink holds them.
  std::vector<OutputRow> dead_letters() const { return broker.all_outputs(dead_letter_sink()); }
  std::vector<OutputRow> committed_dead_letters() const {
    return broker.committed_outputs(dead_letter_sink());
  }
  // What does not add up in the counters of this process, when nothing is on its way; empty = all
  // that entered a place left it, was dropped or failed, and arrived at every reader.
  std::string unbalanced() const;
  std::uint64_t crashes() const { return crashes_; }
  runtime::Pipeline& pipeline() { return *pipeline_; }

  FakeBroker broker;
  FakeSourceControl source;
  FakeSinkControl sink;
  StateDisk state;
  bool hold_disk = false;           // the checkpoint thread does nothing
  std::string faults_of_next_life;  // armed once, when the next process begins after a crash
  VirtualClock clock;

 private:
  class Host;
  using Action = std::function<void()>;

  std::uint32_t index_of_source(const std::string& id) const;
  std::uint32_t index_of_sink(const std::string& id) const;
  std::uint32_t dead_letter_sink() const {
    return static_cast<std::uint32_t>(plan_->spec->sinks.size());
  }
  struct Turn {
    Host* host;  // null = the control or the checkpoint thread
    std::size_t task;
  };
  std::vector<Turn> shuffled_turns();
  bool take(const Turn& turn);
  bool round();
  bool control_turn();
  bool disk_turn();
  void make_hosts();
  void end_process();
  void recover();
  Result<runtime::LifecycleReceipt> await(
      const std::function<void(runtime::Reply<runtime::LifecycleReceipt>)>& ask);
  bool advance_to_next_deadline(Instant end);

  std::shared_ptr<const plan::Plan> plan_;
  std::shared_ptr<const plan::Plan> next_plan_;  // of the next process; null = the same
  std::optional<spec::TriggerSpec> trigger_;     // what a restart begins with
  std::mt19937_64 random_;
  base::Wakeup control_;
  flow::Registry registry_;
  runtime::SupervisorOptions options_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::deque<Action> actions_;
  std::deque<Action> disk_actions_;
  Instant control_at_{};
  bool crashed_ = false;
  std::uint64_t crashes_ = 0;
  std::unique_ptr<runtime::Pipeline> pipeline_;
};

spec::TriggerSpec micro_batch(Duration interval, std::uint64_t max_records = 0);
spec::TriggerSpec real_time(Duration checkpoint_interval = std::chrono::seconds(1));
spec::TriggerSpec available_now(std::uint64_t max_records = 0);

}  // namespace leat::test
