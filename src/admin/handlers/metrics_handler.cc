#include <algorithm>
#include <array>

#include "admin/handlers/answers.h"
#include "admin/handlers/handlers.h"
#include "admin/handlers/metrics_text.h"
#include "base/version.h"
#include "flow/stats.h"

namespace leat::admin {
namespace {

using runtime::Actual;
using runtime::PipelineSnapshot;
using Snapshots = std::vector<runtime::SnapshotPtr>;

constexpr std::array kStates{Actual::created,  Actual::starting, Actual::running, Actual::paused,
                             Actual::stopping, Actual::draining, Actual::stopped, Actual::failed};

void write_records(MetricsText& text, const Snapshots& all) {
  text.family("leat_records_in_total", "counter", "Records read from the sources.");
  for (const auto& one : all) text.sample({{"pipeline", one->name}}, one->records_in);
  text.family("leat_records_out_total", "counter", "Records acknowledged by the sinks.");
  for (const auto& one : all) text.sample({{"pipeline", one->name}}, one->records_out);
  text.family("leat_bytes_in_total", "counter", "Bytes of records read from the sources.");
  for (const auto& one : all) text.sample({{"pipeline", one->name}}, one->bytes_in);
  text.family("leat_bytes_out_total", "counter", "Bytes of records acknowledged by the sinks.");
  for (const auto& one : all) text.sample({{"pipeline", one->name}}, one->bytes_out);
  text.family("leat_records_dead_letter_total", "counter",
              "Records written to the dead-letter topic.");
  for (const auto& one : all) text.sample({{"pipeline", one->name}}, one->dead_lettered);
  text.family("leat_restarts_total", "counter", "Restarts after a failure.");
  for (const auto& one : all) text.sample({{"pipeline", one->name}}, one->restarts);
}

// By step and reason; what no step counted (decoding, above all) has an empty step.
void write_dropped(MetricsText& text, const Snapshots& all) {
  text.family("leat_records_dropped_total", "counter", "Rows that ended before a sink, by reason.");
  for (const auto& one : all) {
    for (std::size_t i = 0; i < flow::kDropReasons; ++i) {
      const std::string_view reason = flow::to_string(static_cast<flow::DropReason>(i));
      std::uint64_t counted = 0;
      for (const runtime::StepStatus& step : one->steps) {
        counted += step.dropped[i];
        text.sample({{"pipeline", one->name}, {"step", step.id}, {"reason", reason}},
                    step.dropped[i]);
      }
      if (one->dropped[i] > counted) {
        text.sample({{"pipeline", one->name}, {"step", ""}, {"reason", reason}},
                    one->dropped[i] - counted);
      }
    }
  }
}

void write_lag(MetricsText& text, const Snapshots& all) {
  text.family("leat_consumer_lag_records", "gauge",
              "Records between the committed offsets and the ends of the partitions.");
  for (const auto& one : all) {
    for (const auto& source : one->sources) {
      if (source.lag_records) {
        text.sample({{"pipeline", one->name}, {"source", source.id}},
                    static_cast<double>(*source.lag_records));
      }
    }
  }
  text.family("leat_consumer_lag_seconds", "gauge", "Age of the oldest record not yet read.");
  for (const auto& one : all) {
    for (const auto& source : one->sources) {
      if (source.lag_seconds)
        text.sample({{"pipeline", one->name}, {"source", source.id}}, *source.lag_seconds);
    }
  }
}

void write_watermarks(MetricsText& text, const Snapshots& all, WallTime now) {
  text.family("leat_watermark_lag_seconds", "gauge",
              "How far the event time of a source or step is behind the clock.");
  const auto sample = [&](const std::string& pipeline, const std::string& step,
                          const std::optional<WallTime>& watermark) {
    if (!watermark) return;
    const double behind = static_cast<double>(now.us - watermark->us) / 1e6;
    text.sample({{"pipeline", pipeline}, {"step", step}}, behind);
  };
  for (const auto& one : all) {
    for (const auto& source : one->sources) sample(one->name, source.id, source.watermark);
    for (const auto& step : one->steps) sample(one->name, step.id, step.watermark);
  }
  text.family("leat_records_beyond_max_future_total", "counter",
              "Records whose time is farther ahead than `max_future`: they move no watermark.");
  for (const auto& one : all)
    for (const auto& source : one->source_steps)
      text.sample({{"pipeline", one->name}, {"source", source.id}}, source.ahead);
}

void write_states(MetricsText& text, const Snapshots& all) {
  text.family("leat_pipeline_state", "gauge",
              "1 for the state the pipeline is in, 0 for the others.");
  for (const auto& one : all) {
    for (const Actual state : kStates) {
      text.sample({{"pipeline", one->name}, {"state", runtime::to_string(state)}},
                  one->actual == state ? 1.0 : 0.0);
    }
  }
  text.family("leat_busy_ratio", "gauge", "Share of time the pipeline's tasks worked.");
  for (const auto& one : all) text.sample({{"pipeline", one->name}}, one->busy_ratio);
  text.family("leat_backpressure_ratio", "gauge",
              "Share of time the pipeline's tasks waited for room behind them.");
  for (const auto& one : all) text.sample({{"pipeline", one->name}}, one->backpressure_ratio);
}

using HistogramMember = std::shared_ptr<const base::HistogramSnapshot> PipelineSnapshot::*;

void write_histogram(MetricsText& text, const Snapshots& all, HistogramMember member,
                     std::string_view label = {}, std::string_view value = {}) {
  for (const auto& one : all) {
    const auto& histogram = (*one).*member;
    if (histogram == nullptr) continue;
    MetricLabels labels{{"pipeline", one->name}};
    if (!label.empty()) labels.emplace_back(label, value);
    text.histogram(labels, *histogram);
  }
}

void write_latency(MetricsText& text, const Snapshots& all) {
  text.family("leat_end_to_end_seconds", "histogram",
              "From the record's timestamp to the sink's acknowledgement.");
  write_histogram(text, all, &PipelineSnapshot::end_to_end);
  text.family("leat_stage_seconds", "histogram", "Time a record spends in one stage of its life.");
  write_histogram(text, all, &PipelineSnapshot::queue_time, "stage", "queue");
  write_histogram(text, all, &PipelineSnapshot::process_time, "stage", "process");
  write_histogram(text, all, &PipelineSnapshot::sink_ack, "stage", "sink_ack");
}

void write_switches(MetricsText& text, const Snapshots& all) {
  text.family("leat_trigger_switches_total", "counter", "Switches of the trigger.");
  for (const auto& one : all) {
    for (const auto& [key, count] : one->trigger_switches) {
      text.sample({{"pipeline", one->name}, {"from", key[0]}, {"to", key[1]}, {"result", key[2]}},
                  count);
    }
  }
  text.family("leat_trigger_switch_pause_seconds", "histogram",
              "How long intake paused for a switch.");
  write_histogram(text, all, &PipelineSnapshot::switch_pause);
}

void write_checkpoints(MetricsText& text, const Snapshots& all, WallTime now) {
  text.family("leat_checkpoint_seconds", "histogram",
              "Phases of an epoch's end: from the cut until all tasks have passed it (align), from "
              "there until the state is durable (persist), from the cut to the commit (commit).");
  write_histogram(text, all, &PipelineSnapshot::align_time, "phase", "align");
  write_histogram(text, all, &PipelineSnapshot::persist_time, "phase", "persist");
  write_histogram(text, all, &PipelineSnapshot::checkpoint_time, "phase", "commit");
  text.family("leat_checkpoint_bytes", "gauge", "Bytes of state that the newest epoch changed.");
  for (const auto& one : all)
    if (!one->state.stores.empty())
      text.sample({{"pipeline", one->name}}, static_cast<double>(one->state.delta_bytes));
  text.family("leat_checkpoint_age_seconds", "gauge", "Time since the newest commit.");
  for (const auto& one : all) {
    if (!one->committed_at) continue;
    text.sample(
        {{"pipeline", one->name}},
        static_cast<double>(std::max<std::int64_t>(0, now.us - one->committed_at->us)) / 1e6);
  }
  text.family("leat_last_record_timestamp_seconds", "gauge", "When the newest record was read.");
  for (const auto& one : all) {
    if (one->last_record_at)
      text.sample({{"pipeline", one->name}}, static_cast<double>(one->last_record_at->us) / 1e6);
  }
}

void write_state(MetricsText& text, const Snapshots& all) {
  text.family("leat_state_keys", "gauge", "Keys in the state of a step.");
  for (const auto& one : all)
    for (const runtime::StoreStatus& store : one->state.stores)
      text.sample({{"pipeline", one->name}, {"step", store.step}}, static_cast<double>(store.keys));
  text.family("leat_state_bytes", "gauge", "Memory that the state of a step takes.");
  for (const auto& one : all)
    for (const runtime::StoreStatus& store : one->state.stores)
      text.sample({{"pipeline", one->name}, {"step", store.step}},
                  static_cast<double>(store.bytes));
  text.family("leat_records_late_total", "counter",
              "Late rows of a step, whatever became of them: for what their own partition had "
              "closed, and for what others closed while it was idle.");
  for (const auto& one : all)
    for (const runtime::StepStatus& step : one->steps) {
      const auto keyed = [&](const runtime::StoreStatus& store) { return store.step == step.id; };
      const auto& stores = one->state.stores;
      if (std::none_of(stores.begin(), stores.end(), keyed)) continue;
      text.sample({{"pipeline", one->name}, {"step", step.id}, {"reason", "closed"}},
                  step.late_closed);
      text.sample({{"pipeline", one->name}, {"step", step.id}, {"reason", "idle"}}, step.late_idle);
    }
}

std::string metrics_text(const Snapshots& all, WallTime now) {
  MetricsText text;
  text.family("leat_build_info", "gauge", "Always 1; the labels say which leat this is.");
  text.sample({{"version", base::version()}, {"commit", base::commit()}}, std::uint64_t{1});
  write_states(text, all);
  write_records(text, all);
  write_dropped(text, all);
  write_lag(text, all);
  write_watermarks(text, all, now);
  write_latency(text, all);
  write_switches(text, all);
  write_checkpoints(text, all, now);
  write_state(text, all);
  return text.take();
}

}  // namespace

void get_metrics(Services& services, const RequestPtr&, const Reply& reply) {
  when_fresh(services, [&services, reply] {
    Response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics_text(services.backend.list(), services.clock.wall_now());
    reply(std::move(response));
  });
}

}  // namespace leat::admin
