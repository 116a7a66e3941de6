#include "admin/handlers/show.h"

#include <algorithm>
#include <array>

#include "flow/stats.h"
#include "spec/text.h"

namespace leat::admin {
namespace {

using runtime::PipelineSnapshot;
using Counts = std::array<std::uint64_t, flow::kDropReasons>;

std::string_view text_of(runtime::Truth truth) {
  switch (truth) {
    case runtime::Truth::yes: return "True";
    case runtime::Truth::no: return "False";
    case runtime::Truth::unknown: break;
  }
  return "Unknown";
}

void write_time(json::Writer& writer, std::string_view name, const std::optional<WallTime>& time) {
  writer.key(name);
  if (time)
    writer.value(to_rfc3339(*time));
  else
    writer.null();
}

void write_text_or_null(json::Writer& writer, std::string_view name, const std::string& text) {
  writer.key(name);
  if (text.empty())
    writer.null();
  else
    writer.value(text);
}

void write_epoch(json::Writer& writer, EpochId epoch) {
  writer.key("epoch");
  if (epoch == EpochId())
    writer.null();
  else
    writer.value(epoch.value());
}

void write_dropped(json::Writer& writer, const Counts& counts) {
  writer.key("dropped").begin_object();
  for (std::size_t i = 0; i < counts.size(); ++i)
    writer.member(flow::to_string(static_cast<flow::DropReason>(i)), counts[i]);
  writer.end_object();
}

// The members of a trigger as it is written, without the braces.
void write_trigger_members(json::Writer& writer, const spec::TriggerSpec& trigger) {
  const std::string object = spec::to_json(trigger);
  const std::string_view inside = std::string_view(object).substr(1, object.size() - 2);
  const std::size_t colon = inside.find(':');
  writer.key("mode").raw(inside.substr(colon + 1));
}

void write_trigger(json::Writer& writer, const runtime::TriggerStatus& trigger) {
  writer.begin_object();
  write_trigger_members(writer, trigger.effective);
  writer.member("source", trigger.override_set ? "override" : "spec");
  write_time(writer, "since", trigger.since);
  write_text_or_null(writer, "by", trigger.by);
  write_text_or_null(writer, "why", trigger.why);
  writer.key("pending");
  if (trigger.pending)
    spec::write_trigger(writer, *trigger.pending);
  else
    writer.null();
  writer.key("effective")
      .begin_object()
      .member("mode", spec::mode_name(trigger.effective.mode))
      .end_object();
  writer.end_object();
}

void write_conditions(json::Writer& writer, const std::vector<runtime::Condition>& conditions) {
  writer.key("conditions").begin_array();
  for (const runtime::Condition& condition : conditions) {
    writer.begin_object()
        .member("type", condition.type)
        .member("status", text_of(condition.status))
        .member("reason", condition.reason)
        .member("message", condition.message)
        .member("since", to_rfc3339(condition.since))
        .end_object();
  }
  writer.end_array();
}

void write_partition(json::Writer& writer, const runtime::PartitionStatus& partition) {
  writer.begin_object()
      .member("source", partition.source)
      .member("topic", partition.topic)
      .member("partition", partition.partition)
      .member("committed", partition.committed)
      .member("position", partition.position)
      .member("begin", partition.begin)
      .member("end", partition.end)
      .member("lag_records", partition.lag_records)
      .member("lag_seconds", partition.lag_seconds);
  write_time(writer, "last_event_time", partition.last_event_time);
  writer.end_object();
}

// What a source, step or sink counts: in × fan-out = out + dropped + failed.
void write_counts(json::Writer& writer, const runtime::StepStatus& step) {
  writer.member("in", step.in).member("out", step.out);
  write_dropped(writer, step.dropped);
  writer.member("failed", step.failed).member("dead_lettered", step.dead_lettered);
}

void write_sources(json::Writer& writer, const PipelineSnapshot& snapshot) {
  writer.key("sources").begin_object();
  for (const runtime::SourceStatus& source : snapshot.sources) {
    writer.key(source.id)
        .begin_object()
        .member("caught_up", source.caught_up)
        .member("lag_records", source.lag_records)
        .member("lag_seconds", source.lag_seconds);
    write_time(writer, "watermark", source.watermark);
    for (const runtime::StepStatus& counts : snapshot.source_steps) {
      if (counts.id != source.id) continue;
      write_counts(writer, counts);
      writer.member("beyond_max_future", counts.ahead);
    }
    writer.key("partitions").begin_array();
    for (const runtime::PartitionStatus& partition : source.partitions)
      write_partition(writer, partition);
    writer.end_array().end_object();
  }
  writer.end_object();
}

void write_steps(json::Writer& writer, const PipelineSnapshot& snapshot) {
  writer.key("steps").begin_object();
  for (const runtime::StepStatus& step : snapshot.steps) {
    writer.key(step.id).begin_object();
    write_counts(writer, step);
    writer.member("late", step.late_closed + step.late_idle);
    write_time(writer, "watermark", step.watermark);
    writer.end_object();
  }
  writer.end_object().key("sinks").begin_object();
  for (const runtime::StepStatus& sink : snapshot.sink_steps) {
    writer.key(sink.id).begin_object();
    write_counts(writer, sink);
    writer.end_object();
  }
  writer.end_object();
}

void write_percentiles(json::Writer& writer, std::string_view name,
                       const std::optional<runtime::Percentiles>& values) {
  writer.key(name);
  if (!values) {
    writer.null();
    return;
  }
  writer.begin_object()
      .member("p50", values->p50)
      .member("p90", values->p90)
      .member("p95", values->p95)
      .member("p99", values->p99)
      .member("p999", values->p999)
      .member("max", values->max)
      .end_object();
}

void write_latency(json::Writer& writer, const runtime::LatencyStatus& latency) {
  writer.key("latency_ms").begin_object();
  write_percentiles(writer, "queue", latency.queue);
  write_percentiles(writer, "process", latency.process);
  write_percentiles(writer, "sink_ack", latency.sink_ack);
  write_percentiles(writer, "end_to_end", latency.end_to_end);
  writer.end_object();
}

void write_rates(json::Writer& writer, const PipelineSnapshot& snapshot) {
  writer.key("rates")
      .begin_object()
      .member("in_per_second", snapshot.in_per_second)
      .member("out_per_second", snapshot.out_per_second)
      .end_object();
}

void write_plan(json::Writer& writer, const PipelineSnapshot& snapshot) {
  writer.key("plan").begin_object().key("stages").begin_array();
  for (const runtime::StageStatus& stage : snapshot.stages) {
    writer.begin_object().member("id", stage.id).key("steps").begin_array();
    for (const std::string& step : stage.steps) writer.value(step);
    writer.end_array()
        .member("parallelism", stage.parallelism)
        .member("exchange", stage.exchange)
        .end_object();
  }
  writer.end_array().member("workers", snapshot.workers).end_object();
}

const runtime::Condition* ready_of(const PipelineSnapshot& snapshot) {
  const auto& all = snapshot.conditions;
  const auto found =
      std::find_if(all.begin(), all.end(), [](const auto& one) { return one.type == "Ready"; });
  return found == all.end() ? nullptr : &*found;
}

// Over all sources; nothing when one of them does not know.
template <class T>
std::optional<T> lag_of(const PipelineSnapshot& snapshot,
                        std::optional<T> runtime::SourceStatus::*lag, bool sum) {
  std::optional<T> total;
  for (const runtime::SourceStatus& source : snapshot.sources) {
    const std::optional<T>& one = source.*lag;
    if (!one) return std::nullopt;
    if (!total)
      total = *one;
    else
      total = sum ? *total + *one : std::max(*total, *one);
  }
  return total;
}

}  // namespace

void write_item(json::Writer& writer, const PipelineSnapshot& snapshot) {
  writer.begin_object()
      .member("name", snapshot.name)
      .member("generation", snapshot.generation)
      .member("etag", snapshot.etag);
  writer.key("labels").begin_object();
  if (snapshot.spec != nullptr) {
    for (const auto& [key, value] : snapshot.spec->labels) writer.member(key, value);
  }
  writer.end_object()
      .member("desired", runtime::to_string(snapshot.desired))
      .member("actual", runtime::to_string(snapshot.actual))
      .member("since", to_rfc3339(snapshot.since));
  const runtime::Condition* ready = ready_of(snapshot);
  writer.member("ready", text_of(ready == nullptr ? runtime::Truth::unknown : ready->status));
  write_text_or_null(writer, "reason", snapshot.reason);
  writer.member("mode", spec::mode_name(snapshot.trigger.effective.mode))
      .member("delivery", "at_least_once");
  write_rates(writer, snapshot);
  writer.member("lag_records", lag_of(snapshot, &runtime::SourceStatus::lag_records, true))
      .member("lag_seconds", lag_of(snapshot, &runtime::SourceStatus::lag_seconds, false))
      .key("p99_ms");
  if (snapshot.latency.end_to_end)
    writer.value(snapshot.latency.end_to_end->p99);
  else
    writer.null();
  writer.key("links")
      .begin_object()
      .member("self", "/v1/pipelines/" + snapshot.name)
      .end_object()
      .end_object();
}

void write_status(json::Writer& writer, const PipelineSnapshot& snapshot) {
  writer.begin_object()
      .member("desired", runtime::to_string(snapshot.desired))
      .member("actual", runtime::to_string(snapshot.actual))
      .member("since", to_rfc3339(snapshot.since));
  write_text_or_null(writer, "reason", snapshot.reason);
  writer.key("trigger");
  write_trigger(writer, snapshot.trigger);
  write_epoch(writer, snapshot.epoch);
  write_time(writer, "committed_at", snapshot.committed_at);
  write_conditions(writer, snapshot.conditions);
  write_sources(writer, snapshot);
  write_steps(writer, snapshot);
  writer.member("records_in", snapshot.records_in).member("records_out", snapshot.records_out);
  writer.member("bytes_in", snapshot.bytes_in).member("bytes_out", snapshot.bytes_out);
  write_dropped(writer, snapshot.dropped);
  std::uint64_t late = 0;
  for (const runtime::StepStatus& step : snapshot.steps) late += step.late_closed + step.late_idle;
  writer.member("late", late)
      .member("failed", snapshot.failed)
      .member("dead_lettered", snapshot.dead_lettered)
      .member("restarts", snapshot.restarts);
  write_rates(writer, snapshot);
  write_latency(writer, snapshot.latency);
  writer.member("busy_ratio", snapshot.busy_ratio)
      .member("backpressure_ratio", snapshot.backpressure_ratio);
  writer.key("state")
      .begin_object()
      .member("keys", snapshot.state.keys)
      .member("bytes", snapshot.state.bytes)
      .member("disk_bytes", snapshot.state.disk_bytes)
      .end_object();
  write_plan(writer, snapshot);
  writer.key("warnings").begin_array();
  for (const std::string& warning : snapshot.warnings) writer.value(warning);
  writer.end_array().end_object();
}

std::string pipeline_text(const PipelineSnapshot& snapshot) {
  json::Writer writer;
  writer.begin_object().member("name", snapshot.name).member("generation", snapshot.generation);
  writer.member("etag", snapshot.etag)
      .member("created_at", to_rfc3339(snapshot.created_at))
      .key("spec");
  if (snapshot.spec != nullptr)
    writer.raw(snapshot.spec->json);
  else
    writer.null();
  writer.key("status");
  write_status(writer, snapshot);
  return writer.end_object().take();
}

std::string trigger_text(const runtime::TriggerStatus& trigger) {
  json::Writer writer;
  write_trigger(writer, trigger);
  return writer.take();
}

std::string offsets_text(const PipelineSnapshot& snapshot) {
  json::Writer writer;
  writer.begin_object().key("items").begin_array();
  for (const runtime::SourceStatus& source : snapshot.sources) {
    for (const runtime::PartitionStatus& partition : source.partitions)
      write_partition(writer, partition);
  }
  return writer.end_array().end_object().take();
}

void write_moved(json::Writer& writer, const runtime::MovedPartition& moved) {
  writer.begin_object()
      .member("source", moved.source)
      .member("topic", moved.topic)
      .member("partition", moved.partition)
      .member("from", moved.from)
      .member("to", moved.to)
      .end_object();
}

std::string receipt_text(const runtime::SwitchReceipt& receipt) {
  json::Writer writer;
  writer.begin_object()
      .member("from", spec::mode_name(receipt.from.mode))
      .member("to", spec::mode_name(receipt.to.mode))
      .member("changed", receipt.changed)
      .key("epoch");
  if (receipt.epoch)
    writer.value(receipt.epoch->value());
  else
    writer.null();
  writer.member("at", to_rfc3339(receipt.at)).key("barrier_offsets").begin_object();
  for (const auto& [source, topics] : receipt.barrier_offsets) {
    writer.key(source).begin_object();
    for (const auto& [topic, partitions] : topics) {
      writer.key(topic).begin_object();
      for (const auto& [partition, next] : partitions)
        writer.member(std::to_string(partition), next);
      writer.end_object();
    }
    writer.end_object();
  }
  writer.end_object();
  if (!receipt.committed) writer.member("committed", false);
  return writer.member("replayed_records", receipt.replayed_records)
      .member("intake_paused_ms", receipt.intake_paused_ms)
      .member("took_ms", receipt.took_ms)
      .end_object()
      .take();
}

std::string receipt_text(const runtime::LifecycleReceipt& receipt) {
  json::Writer writer;
  writer.begin_object()
      .member("name", receipt.name)
      .member("desired", runtime::to_string(receipt.desired))
      .member("actual", runtime::to_string(receipt.actual));
  write_epoch(writer, receipt.epoch);
  return writer.member("replayed_records", receipt.replayed_records)
      .member("took_ms", receipt.took_ms)
      .end_object()
      .take();
}

}  // namespace leat::admin
