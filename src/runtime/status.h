#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/histogram.h"
#include "base/ids.h"
#include "flow/stats.h"
#include "spec/pipeline.h"

namespace leat::runtime {

enum class Desired : std::uint8_t { running, paused, stopped };
enum class Actual : std::uint8_t {
  created,
  starting,
  running,
  paused,
  stopping,
  draining,
  stopped,
  failed
};
std::string_view to_string(Desired desired) noexcept;
std::string_view to_string(Actual actual) noexcept;

// "True", "False" or "Unknown" with a reason: connection and progress are separate facts.
enum class Truth : std::uint8_t { unknown, yes, no };
struct Condition {
  std::string type;  // Ready, SourceConnected, SinkConnected, Progressing, CheckpointFresh
  Truth status = Truth::unknown;
  std::string reason;
  std::string message;
  WallTime since;
};

// One partition as `offsets` shows it; absent = unknown.
struct PartitionStatus {
  std::string source, topic;
  std::int32_t partition = 0;
  std::optional<std::int64_t> committed, position, begin, end, lag_records;
  std::optional<double> lag_seconds;
  std::optional<WallTime> last_event_time;
};

struct SourceStatus {
  std::string id;
  bool caught_up = false;
  std::optional<std::int64_t> lag_records;
  std::optional<double> lag_seconds;
  std::optional<WallTime> watermark;
  std::vector<PartitionStatus> partitions;
};

struct StepStatus {
  std::string id;
  std::uint64_t in = 0, out = 0;
  std::array<std::uint64_t, flow::kDropReasons> dropped{};
  std::uint64_t failed = 0;                      // rows
  std::uint64_t dead_lettered = 0;               // records
  std::uint64_t late_closed = 0, late_idle = 0;  // rows, whatever became of them
  std::uint64_t ahead = 0;                       // of sources: rows beyond `max_future`
  // How far event time is in all its tasks; absent = not known.
  std::optional<WallTime> watermark = std::nullopt;
};

// Percentiles in milliseconds of the last 60 s; absent without data.
struct Percentiles {
  double p50 = 0, p90 = 0, p95 = 0, p99 = 0, p999 = 0, max = 0;
};
struct LatencyStatus {
  std::optional<Percentiles> queue, process, sink_ack, end_to_end;
};

struct TriggerStatus {
  spec::TriggerSpec effective;
  bool override_set = false;  // source: override or spec
  std::string why;
  WallTime since;
  std::string by;  // actor, "" = leat
  std::string etag;
  std::optional<spec::TriggerSpec> pending;
};

// One store: the state of a keyed step. What tables hold is looked at once a second.
struct StoreStatus {
  std::string step;
  std::vector<std::string> key_fields;
  std::vector<std::string> key_types;  // of each field, as schemas name it; "" = only rows tell
  Duration ttl{};                      // 0 = none
  std::uint64_t keys = 0;
  std::uint64_t bytes = 0;  // of memory
};
struct StateStatus {
  std::uint64_t keys = 0, bytes = 0;  // over all stores
  std::uint64_t disk_bytes = 0;       // about
  std::uint64_t delta_bytes = 0;      // what the last durable epoch changed
  std::vector<StoreStatus> stores;    // in the order of the definition
};

// A plugin whose functions the pipeline calls, as it was found when its definition was taken.
struct PluginUse {
  std::string name;
  std::string version;
  std::string sha256;
  std::vector<std::string> steps;
};

struct StageStatus {
  std::string id;
  std::vector<std::string> steps;
  std::uint32_t parallelism = 1;
  bool exchange = false;  // its input comes through an exchange
};

// Everything GET shows of one pipeline at one moment. Immutable once published; thread-safe to
// read.
struct PipelineSnapshot {
  std::string name;
  std::uint64_t generation = 0;
  std::string etag;  // with its quotes
  std::shared_ptr<const spec::PipelineSpec> spec;
  WallTime created_at;

  Desired desired = Desired::running;
  Actual actual = Actual::created;
  WallTime since;      // of `actual`
  std::string reason;  // CAUGHT_UP, a failure …; "" = none
  TriggerStatus trigger;
  EpochId epoch;  // the newest committed
  std::optional<WallTime> committed_at;
  std::vector<Condition> conditions;
  std::vector<SourceStatus> sources;
  std::vector<StepStatus> steps;  // of the definition; sources and sinks beside them
  std::vector<StepStatus> source_steps, sink_steps;
  std::uint64_t records_in = 0, records_out = 0, bytes_in = 0, bytes_out = 0;
  std::array<std::uint64_t, flow::kDropReasons> dropped{};  // over all steps, by reason
  std::uint64_t failed = 0;                      // rows, over all sources, steps and sinks
  std::uint64_t dead_lettered = 0;               // records, one per (record, place where it failed)
  double in_per_second = 0, out_per_second = 0;  // of the last full second
  LatencyStatus latency;
  double busy_ratio = 0, backpressure_ratio = 0;
  std::optional<WallTime> last_record_at;
  StateStatus state;
  std::vector<StageStatus> stages;
  std::uint32_t workers = 0;
  std::vector<std::string> warnings;
  // For metrics: histograms since creation (µs), checkpoint phases, switch pauses, counts by (from,
  // to, result).
  std::shared_ptr<const base::HistogramSnapshot> end_to_end, queue_time, process_time, sink_ack,
      checkpoint_time, align_time, persist_time, switch_pause;
  std::map<std::array<std::string, 3>, std::uint64_t> trigger_switches;
  std::uint64_t restarts = 0;
  std::vector<PluginUse> plugins;  // of the definition
};
using SnapshotPtr = std::shared_ptr<const PipelineSnapshot>;

}  // namespace leat::runtime
