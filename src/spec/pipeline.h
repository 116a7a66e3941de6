#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "spec/diagnostic.h"
#include "spec/tests.h"

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

enum class Format : std::uint8_t { json, string, bytes, csv };

// `{"csv": {"fields": [...], "delimiter": ",", "header": false, "null": ""}}`
struct CsvSpec {
  std::vector<std::string> fields;  // of the columns; empty = taken from the header line of a file
  char delimiter = ',';
  bool header = false;  // files only: the first line names the columns
  std::string null;     // a field equal to this is null, for types other than string
};

struct SchemaField;
// A type of `schema`. Everything is nullable and may be absent unless `required`.
struct SchemaType {
  enum class Kind : std::uint8_t {
    boolean,
    integer,
    real,
    string,
    bytes,
    timestamp,
    json,  // any
    list,
    map,
    object,
  } kind = Kind::json;
  bool required = false;
  std::shared_ptr<const SchemaType> element;  // of list and map
  std::vector<SchemaField> members;           // of object
};
struct SchemaField {
  std::string name;
  SchemaType type;
};
// What becomes of fields that the schema does not name.
enum class ExtraFields : std::uint8_t { keep, drop, error };
struct SchemaSpec {
  std::vector<SchemaField> fields;  // in the order of the text
  ExtraFields extra = ExtraFields::keep;
};

// A piece of expression text and where it stands. Strings in `filter set select` are expressions;
// in `key headers topic` they are literals unless written {"expr": "..."}.
struct Expression {
  std::string text;
  std::string pointer;      // of the string that holds it
  bool aggregates = false;  // calls of aggregate functions may stand in it (`compute`)
};

// How the event time of a row is found, and what the watermark makes of it.
struct EventTimeSpec {
  enum class Unit : std::uint8_t { automatic, s, ms, us, ns, pattern };
  std::optional<Expression> value;  // absent = the record's time in Kafka
  Unit unit = Unit::automatic;      // automatic: text is RFC 3339, an integer is milliseconds
  std::string pattern;              // strptime, for Unit::pattern
  std::string zone;                 // of texts without one; empty = UTC
  bool fallback_kafka = false;      // a missing or bad value: the record's time instead of an error
  Duration max_lateness{};
  Duration max_future = std::chrono::hours(24);
  Duration idle_after = std::chrono::seconds(10);
  bool advance_when_idle = false;
};

// What becomes of a row that fails.
enum class ErrorAction : std::uint8_t { dead_letter, skip, stop };

// `error_ratio > 0.05 over 1m and records > 100`
struct StopIfSpec {
  enum class Measure : std::uint8_t {
    error_ratio,
    errors,
    late_ratio
  } measure = Measure::error_ratio;
  bool or_equal = false;  // `>=` instead of `>`
  double threshold = 0;
  Duration over{};
  std::uint64_t more_records_than = 0;  // 0 = any number
};
struct RetrySpec {
  std::uint32_t attempts = 3;
  Duration initial = std::chrono::milliseconds(100);
  Duration max = std::chrono::seconds(10);
};
struct OnErrorSpec {
  ErrorAction decode = ErrorAction::dead_letter;
  ErrorAction record = ErrorAction::dead_letter;
  std::string topic;  // of dead letters; empty = <pipeline>-dead-letter
  std::string profile;
  std::optional<RetrySpec> retry;
  std::optional<StopIfSpec> stop_if;
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

// A field path: `user.address.city` = {"user", "address", "city"}. Never empty.
using FieldPath = std::vector<std::string>;

struct SourceSpec {
  std::string id;
  std::string pointer;
  Format format = Format::json;
  CsvSpec csv;  // of Format::csv
  std::optional<SchemaSpec> schema;
  EventTimeSpec event_time;
  bool key_as_bytes = false;              // meta.key is bytes
  std::vector<FieldPath> partitioned_by;  // fields whose equal values lie in one partition;
                                          // empty = nothing is known
  std::variant<KafkaSourceSpec, FileSourceSpec, GeneratorSpec> kind;
};

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
// One row per item of the list at `field`.
struct ExplodeStep {
  FieldPath field;
  FieldPath as;                    // where the item goes; `field` itself by default
  std::optional<FieldPath> index;  // gets the item's position, from 0
  bool outer = false;              // one row with null where there is no item
};

// The grid of time that a keyed step sorts its rows into.
struct WindowSpec {
  enum class Kind : std::uint8_t { tumbling, hopping, session, lookback } kind = Kind::tumbling;
  Duration size{};    // session: the gap
  Duration every{};   // hopping: from start to start; tumbling: the size
  Duration offset{};  // tumbling, hopping: shifts the grid; may be negative
  bool processing_time = false;
};

// When an aggregate shows what it has.
enum class Emit : std::uint8_t { per_record, per_batch, on_close, complete };
// What becomes of rows that come too late; `pass` is of dedupe.
enum class LateRows : std::uint8_t { drop, side_output, update, pass };

struct AggregateStep {
  std::vector<Assignment> by;  // target = the output field; the list form has `copy_of`; empty =
                               // one group of all rows
  bool null_is_key = false;    // `"null_key": "group"`
  std::optional<WindowSpec> window;
  std::vector<Assignment> compute;
  Emit emit = Emit::per_record;
  bool keep_row = false;  // the row stays, computed fields are added; always so for lookback
  LateRows late = LateRows::drop;
  bool too_late_to_side = false;  // beyond allowed_lateness: to the side output
  Duration allowed_lateness{};
  Duration ttl{};  // 0 = none
};
struct DedupeStep {
  std::vector<Assignment> by;  // as of an aggregate; never empty
  Duration within{};
  LateRows late = LateRows::pass;
};

struct StepSpec {
  std::string id;  // given, or "<verb>-<index>" made from the place
  bool id_given = false;
  std::string renamed_from;  // the id it had, whose state it goes on with; empty = none
  std::string pointer;
  std::string description;
  std::vector<std::string> from;  // resolved: ids of sources or steps above, or `<step>.late`;
                                  // never empty
  std::variant<FilterStep, SetStep, SelectStep, DropStep, RepartitionStep, ExplodeStep,
               AggregateStep, DedupeStep>
      verb;
  std::optional<ErrorAction> on_error;  // wins over the pipeline's
};

std::string verb_of(const StepSpec& step);  // "filter", "set", …
// What such a name ends with in `from`: the rows of a step that came too late for it.
inline constexpr std::string_view kLateSuffix = ".late";
// Whether the step has a side output `<step>.late`.
bool has_late_output(const StepSpec& step) noexcept;

// A literal, or an expression over the row.
using TextOrExpression = std::variant<std::string, Expression>;

enum class Compression : std::uint8_t { none, gzip, snappy, lz4, zstd };

struct KafkaSinkSpec {
  std::string topic;  // a literal; empty when topic_expression is set
  std::optional<Expression> topic_expression;
  std::vector<std::string> topics;  // globs that an expression's topics must match
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

// How a sink writes times in JSON.
enum class TimestampText : std::uint8_t { rfc3339, ms, us };

struct SinkSpec {
  std::string id;
  std::string pointer;
  Format format = Format::json;
  CsvSpec csv;  // of Format::csv
  TimestampText timestamps = TimestampText::rfc3339;
  std::vector<std::string> from;  // resolved as of steps, never empty
  std::variant<KafkaSinkSpec, FileSinkSpec, StdoutSinkSpec> kind;
};

struct LimitsSpec {
  std::uint64_t records_per_second = 0;  // 0 = none
  std::uint64_t bytes_per_second = 0;
  std::uint64_t memory_bytes = 0;  // of keyed state that stays in memory
  std::uint64_t state_bytes = 0;   // of all keyed state
};

struct RestartSpec {
  Duration initial{};
  Duration max{};
  std::uint32_t give_up_after = 0;
};

// One pipeline definition without mistakes.
// A plugin whose functions a pipeline calls.
struct PluginSpec {
  std::string name;
  std::string version;  // as it was written: "1.2", "1.2.3", "sha256:…"
  std::string pointer;
};

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
  OnErrorSpec on_error;
  std::vector<TestSpec> tests;
  std::vector<Diagnostic> warnings;  // of reading it
  std::string json;  // the posted value with its key order, no comments or white space
  std::string text;  // the posted bytes
  std::vector<PluginSpec> plugins;
};

}  // namespace leat::spec
