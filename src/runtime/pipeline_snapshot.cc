#include <algorithm>

#include "base/wall_ms.h"
#include "runtime/pipeline.h"

namespace leat::runtime {
namespace {

std::string trigger_etag(std::uint64_t generation, WallTime since) {
  return "\"t" + std::to_string(generation) + "-" + std::to_string(since.us) + "\"";
}

std::vector<StageStatus> stages_of(const plan::Plan& plan) {
  std::vector<StageStatus> stages;
  for (std::size_t i = 0; i < plan.stages.size(); ++i)
    stages.push_back({"stage-" + std::to_string(i), plan.stages[i].steps, plan.parallelism,
                      !plan.stages[i].exchanges.empty()});
  return stages;
}

}  // namespace

BarrierOffsets Pipeline::offsets_of(const std::vector<flow::PartitionPosition>& positions) const {
  BarrierOffsets offsets;
  for (const flow::PartitionPosition& position : positions)
    offsets[parts_.plan->spec->sources[position.origin->source].id][position.origin->topic]
           [position.origin->partition.value()] = position.next.value();
  return offsets;
}

void Pipeline::fill_sources(PipelineSnapshot& out) const {
  if (!run_ && !last_sources_.empty()) {
    out.sources = last_sources_;
    return;
  }
  for (const spec::SourceSpec& source : parts_.plan->spec->sources) {
    SourceStatus status;
    status.id = source.id;
    out.sources.push_back(std::move(status));
  }
  if (!run_) return;
  std::vector<bool> known(out.sources.size(), true);
  for (const flow::PartitionLag& lag : run_->lag()) {
    SourceStatus& source = out.sources[lag.origin->source];
    PartitionStatus partition{source.id,
                              lag.origin->topic,
                              lag.origin->partition.value(),
                              lag.committed,
                              lag.position,
                              lag.begin,
                              lag.end,
                              {},
                              lag.lag_seconds,
                              {}};
    if (lag.last_timestamp_ms) partition.last_event_time = base::wall_of_ms(*lag.last_timestamp_ms);
    if (lag.end && lag.position) {
      partition.lag_records = std::max<std::int64_t>(0, *lag.end - *lag.position);
      source.lag_records = source.lag_records.value_or(0) + *partition.lag_records;
    }
    if (lag.lag_seconds)
      source.lag_seconds = std::max(source.lag_seconds.value_or(0), *lag.lag_seconds);
    known[lag.origin->source] =
        known[lag.origin->source] && lag.end && lag.committed && *lag.committed >= *lag.end;
    source.partitions.push_back(std::move(partition));
  }
  for (std::size_t i = 0; i < out.sources.size(); ++i)
    out.sources[i].caught_up = known[i] && !out.sources[i].partitions.empty() && positioned_;
}

// What `offsets` shows until the next run: where it stands, while ends and lag are not known any more.
void Pipeline::remember_sources() {
  PipelineSnapshot taken;
  fill_sources(taken);
  const auto unknown = [](const SourceStatus& source) { return source.partitions.empty(); };
  if (std::all_of(taken.sources.begin(), taken.sources.end(), unknown)) return;
  last_sources_ = std::move(taken.sources);
  for (SourceStatus& source : last_sources_) {
    source.caught_up = false;
    source.lag_records.reset();
    source.lag_seconds.reset();
    for (PartitionStatus& partition : source.partitions) {
      partition.position = partition.committed;
      partition.end.reset();
      partition.lag_records.reset();
      partition.lag_seconds.reset();
    }
  }
}

SnapshotPtr Pipeline::snapshot() {
  auto out = std::make_shared<PipelineSnapshot>();
  out->name = name();
  out->generation = parts_.generation;
  out->etag = parts_.etag;
  out->spec = parts_.plan->spec;
  out->created_at = parts_.created_at;
  out->desired = desired_;
  out->actual = actual_;
  out->since = since_;
  out->reason = reason_;
  out->trigger = {effective_,
                  override_.has_value(),
                  override_ ? "set by a switch" : "as defined",
                  trigger_since_,
                  trigger_by_,
                  trigger_etag(parts_.generation, trigger_since_),
                  {}};
  if (switch_) out->trigger.pending = switch_->to;
  out->epoch = newest_epoch_;
  out->committed_at = committed_at_;
  for (const auto& [type, condition] : conditions_) out->conditions.push_back(condition);
  fill_sources(*out);
  meter_.fill(*out);
  fill_state(*out);
  out->stages = stages_of(*parts_.plan);
  for (const plan::PluginPin& pin : parts_.plan->plugins)
    out->plugins.push_back({pin.name, pin.version, pin.sha256, pin.steps});
  out->workers = static_cast<std::uint32_t>(parts_.hosts.size());
  for (const auto* warnings : {&parts_.plan->spec->warnings, &parts_.plan->warnings})
    for (const spec::Diagnostic& warning : *warnings)
      out->warnings.push_back(warning.pointer + ": " + warning.message + " [" + warning.code + "]");
  const auto copy = [](const base::Histogram& histogram) {
    auto made = std::make_shared<base::HistogramSnapshot>();
    made->merge(histogram);
    return made;
  };
  out->checkpoint_time = copy(checkpoint_time_);
  out->align_time = copy(align_time_);
  if (keeper_) out->persist_time = copy(persist_time_);
  out->switch_pause = copy(switch_pause_);
  out->trigger_switches = switches_;
  out->restarts = restarts_;
  return out;
}

void Pipeline::publish() {
  published_at_ = now();
  parts_.publish(snapshot());
}

}  // namespace leat::runtime
