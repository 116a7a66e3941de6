#include "runtime/pipeline_meter.h"

#include <algorithm>
#include <limits>

#include "base/wall_ms.h"

namespace leat::runtime {
namespace {

double seconds(Duration d) { return static_cast<double>(d.count()) / 1e9; }

std::optional<Percentiles> percentiles(const base::HistogramSnapshot& histogram) {
  if (histogram.total() == 0) return std::nullopt;
  const auto ms = [&](double q) { return static_cast<double>(histogram.quantile(q)) / 1000.0; };
  return Percentiles{ms(0.5),  ms(0.9),   ms(0.95),
                     ms(0.99), ms(0.999), static_cast<double>(histogram.max()) / 1000.0};
}

// The lowest of the tasks that read something, or how far they came when none does.
std::optional<WallTime> watermark_of(const PipelineCounts::PerSlice& slices) {
  std::int64_t low = std::numeric_limits<std::int64_t>::max();
  std::int64_t stands_at = record::kNoTime;
  bool reads = false;
  for (const auto& stats : slices) {
    const std::int64_t us = stats->watermark_us.load(std::memory_order_relaxed);
    if (stats->watermark_idle.load(std::memory_order_relaxed)) {
      stands_at = std::max(stands_at, us);
    } else {
      reads = true;
      low = std::min(low, us);
    }
  }
  const std::int64_t us = reads ? low : stands_at;
  if (us == record::kNoTime || us == flow::kEndOfTime) return std::nullopt;
  return WallTime{us};
}

}  // namespace

PipelineMeter::Totals PipelineMeter::totals() const noexcept {
  Totals sum;
  for (const auto& task : counts_.tasks()) {
    sum.in += task->records_in.value();
    sum.busy_ns += task->busy_ns.value();
    sum.blocked_ns += task->waits_ns[static_cast<std::size_t>(flow::Wait::exchange_full)].value() +
                      task->waits_ns[static_cast<std::size_t>(flow::Wait::sink_full)].value();
  }
  for (const auto& [id, slices] : counts_.sinks())
    for (const auto& stats : slices) sum.out += stats->out.value();
  return sum;
}

std::uint64_t PipelineMeter::replayed() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& task : counts_.tasks()) sum += task->replayed.value();
  return sum;
}

std::uint64_t PipelineMeter::records_in() const noexcept { return totals().in; }

StopRule::Totals PipelineMeter::stop_totals() const noexcept {
  StopRule::Totals sum;
  for (const auto& task : counts_.tasks()) sum.records += task->records_in.value();
  for (const auto* places : {&counts_.steps(), &counts_.sinks()}) {
    for (const auto& [id, slices] : *places) {
      for (const auto& stats : slices) {
        sum.errors += stats->failed.value() + stats->dropped(flow::DropReason::skip).value() +
                      stats->dropped(flow::DropReason::decode).value();
        sum.late += stats->late_closed.value() + stats->late_idle.value();
      }
    }
  }
  return sum;
}

std::unique_ptr<PipelineMeter::Snapshots> PipelineMeter::collect() const {
  auto all = std::make_unique<Snapshots>();
  for (const auto& task : counts_.tasks()) {
    (*all)[0].merge(task->latency.queue);
    (*all)[1].merge(task->latency.process);
    (*all)[2].merge(task->latency.sink_ack);
    (*all)[3].merge(task->latency.end_to_end);
  }
  return all;
}

void PipelineMeter::tick(Instant now) {
  if (bucket_at_ == Instant{}) {
    bucket_at_ = window_at_ = now;
    bucket_start_ = totals();
    return;
  }
  const Duration passed = now - bucket_at_;
  if (passed < std::chrono::seconds(1)) return;
  const Totals current = totals();
  const double length = seconds(passed);
  in_per_second_ = static_cast<double>(current.in - bucket_start_.in) / length;
  out_per_second_ = static_cast<double>(current.out - bucket_start_.out) / length;
  const auto tasks = static_cast<double>(std::max<std::size_t>(1, counts_.tasks().size()));
  busy_ratio_ = static_cast<double>(current.busy_ns - bucket_start_.busy_ns) / 1e9 / length / tasks;
  blocked_ratio_ =
      static_cast<double>(current.blocked_ns - bucket_start_.blocked_ns) / 1e9 / length / tasks;
  bucket_start_ = current;
  bucket_at_ = now;
  if (now - window_at_ < kWindowStep) return;
  window_at_ = now;
  if (current.out == 0) return;
  window_.push_back(collect());
  if (window_.size() > kWindowSteps) window_.pop_front();
}

void PipelineMeter::fill_latency(PipelineSnapshot& out) const {
  std::unique_ptr<Snapshots> all = collect();
  out.queue_time = std::make_shared<base::HistogramSnapshot>((*all)[0]);
  out.process_time = std::make_shared<base::HistogramSnapshot>((*all)[1]);
  out.sink_ack = std::make_shared<base::HistogramSnapshot>((*all)[2]);
  out.end_to_end = std::make_shared<base::HistogramSnapshot>((*all)[3]);
  if (window_.size() == kWindowSteps)
    for (std::size_t kind = 0; kind < kKinds; ++kind)
      (*all)[kind].subtract((*window_.front())[kind]);
  out.latency = {percentiles((*all)[0]), percentiles((*all)[1]), percentiles((*all)[2]),
                 percentiles((*all)[3])};
}

namespace {

StepStatus sum_of(const std::string& id, const PipelineCounts::PerSlice& slices) {
  StepStatus sum;
  sum.id = id;
  for (const auto& stats : slices) {
    sum.in += stats->in.value();
    sum.out += stats->out.value();
    sum.failed += stats->failed.value();
    sum.dead_lettered += stats->dead_lettered.value();
    sum.late_closed += stats->late_closed.value();
    sum.late_idle += stats->late_idle.value();
    sum.ahead += stats->ahead.value();
    for (std::size_t r = 0; r < flow::kDropReasons; ++r)
      sum.dropped[r] += stats->dropped(static_cast<flow::DropReason>(r)).value();
  }
  sum.watermark = watermark_of(slices);
  return sum;
}

}  // namespace

void PipelineMeter::fill_steps(PipelineSnapshot& out) const {
  const auto add = [&out](std::vector<StepStatus>& to, StepStatus sum) {
    for (std::size_t r = 0; r < flow::kDropReasons; ++r) out.dropped[r] += sum.dropped[r];
    out.failed += sum.failed;
    out.dead_lettered += sum.dead_lettered;
    to.push_back(std::move(sum));
  };
  for (const spec::SourceSpec& source : spec_.sources)
    add(out.source_steps, sum_of(source.id, counts_.steps().at(source.id)));
  for (SourceStatus& source : out.sources)
    source.watermark = watermark_of(counts_.steps().at(source.id));
  for (const spec::StepSpec& step : spec_.steps)
    add(out.steps, sum_of(step.id, counts_.steps().at(step.id)));
  for (const spec::SinkSpec& sink : spec_.sinks) {
    const PipelineCounts::PerSlice& slices = counts_.sinks().at(sink.id);
    for (const auto& stats : slices) out.bytes_out += stats->bytes.value();
    add(out.sink_steps, sum_of(sink.id, slices));
  }
}

void PipelineMeter::fill(PipelineSnapshot& out) const {
  const Totals current = totals();
  out.records_in = current.in;
  out.records_out = current.out;
  std::uint64_t newest_ms = 0;
  for (const auto& task : counts_.tasks()) {
    out.bytes_in += task->bytes_in.value();
    newest_ms = std::max(newest_ms, task->last_record_ms.value());
  }
  if (newest_ms != 0) out.last_record_at = base::wall_of_ms(static_cast<std::int64_t>(newest_ms));
  out.in_per_second = in_per_second_;
  out.out_per_second = out_per_second_;
  out.busy_ratio = busy_ratio_;
  out.backpressure_ratio = blocked_ratio_;
  fill_steps(out);
  fill_latency(out);
}

}  // namespace leat::runtime
