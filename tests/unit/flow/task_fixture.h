#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "flow/task.h"
#include "support/fake_broker.h"
#include "support/fake_sink.h"
#include "support/fake_source.h"
#include "support/simple_operators.h"
#include "support/virtual_clock.h"

namespace leat::test {

using namespace std::chrono_literals;

inline flow::Trigger at_once(Duration interval = 1s) {
  return flow::make_trigger(
      {.mode = spec::TriggerMode::real_time, .checkpoint_interval = interval});
}
inline flow::Trigger held_back(Duration interval = 1s, std::uint64_t records_max = 0) {
  return flow::make_trigger(
      {.mode = spec::TriggerMode::micro_batch, .interval = interval, .max_records = records_max});
}

inline record::RecordBatch batch_of(const std::vector<std::string>& values) {
  record::RecordBatch batch(base::Ref<record::BatchMemory>(new record::BatchMemory()));
  for (const std::string& value : values) {
    record::Row row;
    row.value = batch.arena().copy(value);
    row.key = batch.arena().copy(value);
    batch.rows().push_back(row);
  }
  return batch;
}

inline std::vector<std::string> values_in(const record::RecordBatch& batch) {
  std::vector<std::string> values;
  for (const record::Row& row : batch.rows()) values.emplace_back(row.value);
  return values;
}

// Remembers what a task told.
class RecordingListener final : public flow::TaskListener {
 public:
  void on_cut(std::uint32_t, flow::CutReport report) override { cuts.push_back(std::move(report)); }
  void on_sealed(std::uint32_t, EpochId epoch) override { sealed.push_back(epoch.value()); }
  void on_finished(std::uint32_t) override { ++finished; }
  void on_failed(std::uint32_t, Status status) override { failures.push_back(std::move(status)); }

  std::vector<flow::CutReport> cuts;
  std::vector<std::uint64_t> sealed;
  int finished = 0;
  std::vector<Status> failures;
};

// One task between fakes: source 0 (if it has partitions), edges, and a writer behind one operator.
class TaskFixture {
 public:
  explicit TaskFixture(flow::Trigger trigger = at_once()) : trigger_(std::move(trigger)) {}

  TaskFixture& with_partitions(std::size_t partitions) {
    broker.add_topic("in", 0, partitions);
    has_source_ = true;
    return *this;
  }
  TaskFixture& with_edges(std::size_t edges_wanted) {
    for (std::size_t i = 0; i < edges_wanted; ++i)
      edges.push_back(std::make_unique<flow::ExchangeEdge>(wakeup, wakeup));
    return *this;
  }
  TaskFixture& with_limits(std::uint64_t records_per_second, std::uint64_t bytes_per_second) {
    records_per_second_ = records_per_second;
    bytes_per_second_ = bytes_per_second;
    return *this;
  }
  TaskFixture& with_operator(std::unique_ptr<flow::Operator> op) {
    operator_ = std::move(op);
    return *this;
  }

  // The source has event times: those its records have in Kafka.
  TaskFixture& with_event_time(const spec::EventTimeSpec& rules) {
    rules_ = rules;
    return *this;
  }

  flow::Task& task() {
    if (task_ == nullptr) build();
    return *task_;
  }
  void feed(const std::vector<std::string>& values, std::size_t partition = 0) {
    for (const std::string& value : values)
      broker.topic(0).append(partition, {.key = value, .value = value});
  }
  flow::StepOutcome step() { return task().step(clock.now(), clock.wall_now()); }
  // Steps until nothing is left to do; what the last step said.
  flow::StepOutcome settle() {
    flow::StepOutcome outcome = step();
    for (int i = 0; outcome.worked && i < 10'000; ++i) outcome = step();
    outcome = step();  // one more: what was written is acknowledged
    while (outcome.worked) outcome = step();
    return outcome;
  }
  void cut(std::uint64_t epoch, bool poll_after = true, base::Ref<flow::SwitchTicket> ticket = {}) {
    task().command(flow::CutCommand{EpochId(epoch), std::move(ticket), poll_after});
  }
  std::vector<std::string> written() const {
    std::vector<std::string> values;
    for (const OutputRow& row : broker.all_outputs(0))
      values.push_back(row.value.value_or("(null)"));
    return values;
  }
  // "epoch:value" of every row.
  std::vector<std::string> written_by_epoch() const {
    std::vector<std::string> rows;
    for (const OutputRow& row : broker.all_outputs(0))
      rows.push_back(std::to_string(row.epoch.value()) + ":" + row.value.value_or("(null)"));
    return rows;
  }
  std::uint64_t pauses(flow::Wait wait) const {
    return stats.waits[static_cast<std::size_t>(wait)].value();
  }
  std::uint64_t waited_ns(flow::Wait wait) const {
    return stats.waits_ns[static_cast<std::size_t>(wait)].value();
  }

  FakeBroker broker;
  FakeSourceControl source;
  FakeSinkControl sink;
  VirtualClock clock;
  base::Wakeup wakeup;
  base::Wakeup control;
  flow::Ledger ledger{[](EpochId) {}};
  flow::IntakeMeter meter{control};
  flow::TaskStats stats;
  flow::StepStats step_stats{"p", "s"};
  RecordingListener listener;
  std::vector<std::unique_ptr<flow::ExchangeEdge>> edges;

 private:
  void build() {
    std::vector<flow::ChainNode> nodes(2);
    nodes[0].op = operator_ ? std::move(operator_) : keep_all();
    nodes[0].stats = &step_stats;
    nodes[0].next = {1};
    std::unique_ptr<flow::SourceClock> clock_of_source;
    if (rules_) clock_of_source = std::make_unique<flow::SourceClock>(*rules_);
    nodes[0].clock = clock_of_source.get();
    nodes[1].writer = std::make_unique<FakeWriter>(broker, sink, 0, flow::SinkBinding(), ledger);
    flow::TaskParts parts{.id = 7,
                          .slice = SliceId(0),
                          .slices = 1,
                          .sources = {},
                          .inputs = {},
                          .chain = std::make_unique<flow::Chain>(std::move(nodes)),
                          .trigger = trigger_,
                          .first_epoch = EpochId(1),
                          .records_per_second = records_per_second_,
                          .bytes_per_second = bytes_per_second_,
                          .listener = listener,
                          .meter = meter,
                          .stats = stats,
                          .worker = wakeup};
    if (has_source_)
      parts.sources.push_back({std::make_unique<FakeReader>(broker.topic(0), SliceId(0), 1, source),
                               0, std::move(clock_of_source)});
    for (const auto& edge : edges) parts.inputs.push_back({edge.get(), 0});
    task_ = std::make_unique<flow::Task>(std::move(parts));
    LEAT_CHECK(task_->open().ok());
  }

  flow::Trigger trigger_;
  bool has_source_ = false;
  std::optional<spec::EventTimeSpec> rules_;
  std::uint64_t records_per_second_ = 0;
  std::uint64_t bytes_per_second_ = 0;
  std::unique_ptr<flow::Operator> operator_;
  std::unique_ptr<flow::Task> task_;
};

inline std::vector<std::string> numbered(const std::string& prefix, std::size_t count,
                                         std::size_t from = 0) {
  std::vector<std::string> values;
  for (std::size_t i = from; i < from + count; ++i) values.push_back(prefix + std::to_string(i));
  return values;
}

}  // namespace leat::test
