#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"

// What the user wrote, checked and typed. Everything here is a value, immutable once parse()
// returned it; positions in the text are kept as JSON pointers so that later rooms (expressions,
// plan) can report problems at their place.
namespace leat::spec {

enum class TriggerMode : std::uint8_t { micro_batch, real_time, available_now };

// `{"mode": "micro_batch", "interval": "10s", "max_records": 100000}` and its siblings.
struct TriggerSpec {
  TriggerMode mode = TriggerMode::real_time;
  Duration interval{};             // micro_batch: 0 = as fast as possible
  std::uint64_t max_records = 0;   // micro_batch, available_now: 0 = not given
  Duration checkpoint_interval{};  // real_time
  friend bool operator==(const TriggerSpec&, const TriggerSpec&) = default;
};

enum class Format : std::uint8_t { json, string, bytes };

// A piece of expression text and where it stands. Strings in `filter set select` are expressions;
// in `key headers topic` they are literals unless written {"expr": "..."}.
struct Expression {
  std::string text;
  std::string pointer;  // of the string that holds it
};

// Where to begin in a partition without a committed offset.
struct StartSpec {
  enum class Kind : std::uint8_t { earliest, latest, time, offsets } kind = Kind::earliest;
  WallTime time{};                              // kind time with an absolute time
  std::optional<Duration> ago;                  // kind time written "-1h"
  std::map<std::string, std::int64_t> offsets;  // kind offsets: "topic-partition" -> offset
};

struct KafkaSourceSpec {
  std::vector<std::string> topics;  // empty when `pattern` is set
  std::string pattern;              // "^…$"
  std::string profile;              // empty = the daemon's default profile
  std::string group;                // empty = <application>.<pipeline>
  StartSpec start;
  std::map<std::string, std::string> properties;  // already passed the allow-list
};

struct FileSourceSpec {
  std::string path;
  bool follow = false;
};

struct GeneratorSpec {
  double rows_per_second = 1;
  std::uint64_t rows = 0;  // stop after so many; 0 = never
  std::vector<std::pair<std::string, Expression>>
      fields;  // over `seq` (int, from 0); in definition order
};

struct SourceSpec {
  std::string id;
  std::string pointer;
  Format format = Format::json;
  std::variant<KafkaSourceSpec, FileSourceSpec, GeneratorSpec> kind;
};

// A field path: `user.address.city` = {"user", "address", "city"}. Never empty.
using FieldPath = std::vector<std::string>;

struct Assignment {
  FieldPath target;
  std::string pointer;  // of the value
  Expression value;
  FieldPath copy_of;  // the list form of select: the field this one copies, absent stays absent;
                      // else empty
};

struct FilterStep {
  Expression condition;
};
struct SetStep {
  std::vector<Assignment> fields;
};  // definition order
struct SelectStep {
  std::vector<Assignment> fields;
};  // the list form becomes path expressions
struct DropStep {
  std::vector<FieldPath> fields;
};
struct RepartitionStep {
  std::vector<FieldPath> by;
};

struct StepSpec {
  std::string id;  // given, or "<verb>-<index>" made from the place
  bool id_given = false;
  std::string pointer;
  std::string description;
  std::vector<std::string> from;  // resolved: ids of sources or steps above, never empty
  std::variant<FilterStep, SetStep, SelectStep, DropStep, RepartitionStep> verb;
};

std::string verb_of(const StepSpec& step);  // "filter", "set", …

// A literal, or an expression over the row.
using TextOrExpression = std::variant<std::string, Expression>;

enum class Compression : std::uint8_t { none, gzip, snappy, lz4, zstd };

struct KafkaSinkSpec {
  std::string topic;
  std::string profile;
  std::optional<std::optional<TextOrExpression>> key;  // absent = the record's key; null = no key
  std::vector<std::pair<std::string, std::optional<TextOrExpression>>> headers;  // null removes
  bool forward_headers = true;
  bool origin_header = false;
  bool allow_loop = false;
  std::optional<std::int32_t> partition;  // fixed; absent = murmur2 of the key
  std::optional<Expression> timestamp;    // absent = the record's
  Compression compression = Compression::none;
  std::map<std::string, std::string> properties;
};
struct FileSinkSpec {
  std::string path;
};
struct StdoutSinkSpec {};

struct SinkSpec {
  std::string id;
  std::string pointer;
  Format format = Format::json;
  std::vector<std::string> from;  // resolved, never empty
  std::variant<KafkaSinkSpec, FileSinkSpec, StdoutSinkSpec> kind;
};

struct LimitsSpec {
  std::uint64_t records_per_second = 0;  // 0 = none
  std::uint64_t bytes_per_second = 0;
  std::uint64_t memory_bytes = 0;
};

struct RestartSpec {
  Duration initial{};
  Duration max{};
  std::uint32_t give_up_after = 0;
};

// One pipeline definition without mistakes.
struct PipelineSpec {
  std::string name;
  std::string description;
  std::map<std::string, std::string> labels;
  TriggerSpec trigger;
  std::uint32_t parallelism = 0;  // 0 = all workers
  std::vector<SourceSpec> sources;
  std::vector<StepSpec> steps;
  std::vector<SinkSpec> sinks;
  LimitsSpec limits;
  std::optional<RestartSpec> restart;
  std::string json;  // the posted value with its key order, no comments or white space
  std::string text;  // the posted bytes
};

}  // namespace leat::spec
