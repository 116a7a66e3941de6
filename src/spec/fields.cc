#include "spec/fields.h"

#include <algorithm>
#include <initializer_list>

namespace leat::spec {
namespace {

constexpr double kMillisecond = 1e6;
constexpr double kHour = 3600e9;
constexpr double kMiB = 1024.0 * 1024;
constexpr double kManyBytes = 1024.0 * kMiB * kMiB;

constexpr Field with_words(Field field, std::string_view words, std::string_view later_words = {}) {
  field.words = words;
  field.later_words = later_words;
  return field;
}

constexpr Field holding(std::string_view object, Field field) {
  field.of = object;
  return field;
}

// Sorted by nothing but the reader's convenience; the fields of one object stand together.
constexpr Field kFields[] = {
    {"pipeline", "name", Type::pipeline_name, Need::required, "", "The pipeline's name."},
    {"pipeline", "description", Type::prose, Need::optional, "", "What it is for.", 0, 4096},
    {"pipeline", "labels", Type::texts, Need::optional, "{}", "Short strings to find it by.", 0,
     255},
    holding("trigger",
            {"pipeline", "trigger", Type::object, Need::optional, "{\"mode\": \"real_time\"}",
             "When records enter the graph and when an epoch is cut."}),
    with_words({"pipeline", "delivery", Type::choice, Need::optional, "\"at_least_once\"",
                "What a crash may do to the output."},
               "at_least_once", "exactly_once"),
    {"pipeline", "parallelism", Type::integer, Need::optional, "all workers",
     "Workers this pipeline may use.", 1, 256, Limit::parallelism},
    holding("source",
            {"pipeline", "sources", Type::objects, Need::required, "", "Where records come from."}),
    holding("step", {"pipeline", "steps", Type::list, Need::optional, "[]",
                     "What happens to them, from top to bottom.", 0, 64, Limit::steps}),
    holding("sink", {"pipeline", "sinks", Type::objects, Need::required, "", "Where they go."}),
    holding("limits",
            {"pipeline", "limits", Type::object, Need::optional, "", "What it may take."}),
    holding("restart", {"pipeline", "restart", Type::object, Need::optional, "",
                        "How it comes back after a failure."}),
    {"pipeline", "plugins", Type::object, Need::later, "", "Plugins and their versions."},
    {"pipeline", "tables", Type::objects, Need::later, "", "The static sides of joins."},
    {"pipeline", "on_error", Type::object, Need::later, "", "What happens to bad records."},
    {"pipeline", "tests", Type::list, Need::later, "", "Input and expected output."},

    with_words({"trigger", "mode", Type::choice, Need::required, "", "How records are let in."},
               "real_time micro_batch available_now", "auto"),
    {"trigger", "interval", Type::duration, Need::optional, "\"0s\"",
     "micro_batch: time from cut to cut; 0s = as fast as possible.", 0, 24 * kHour},
    {"trigger", "max_records", Type::integer, Need::optional, "",
     "micro_batch, available_now: cut at the latest after so many.", 1, 1e9},
    {"trigger", "checkpoint_interval", Type::duration, Need::optional, "\"1s\"",
     "real_time: time from cut to cut.", 10 * kMillisecond, kHour},
    {"trigger", "target_p99", Type::duration, Need::later, "", "auto: the latency to keep."},
    {"trigger", "max_lag", Type::duration, Need::later, "", "auto: the lag to stay below."},

    holding("kafka_source",
            {"source", "kafka", Type::object, Need::optional, "", "Topics of Kafka."}),
    holding("file_source",
            {"source", "file", Type::object, Need::optional, "", "A file, one record a line."}),
    holding("generator",
            {"source", "generator", Type::object, Need::optional, "", "Made-up rows."}),
    with_words(
        {"source", "format", Type::format, Need::optional, "\"json\"", "How values are read."},
        "json string bytes", "csv avro"),
    {"source", "schema", Type::object, Need::later, "", "Fields and their types."},
    {"source", "extra", Type::text, Need::later, "",
     "What happens to fields that are not in the schema."},
    {"source", "event_time", Type::object, Need::later, "", "Where a row's time stands."},
    {"source", "partitioned_by", Type::field_paths, Need::later, "",
     "Fields whose equal values lie in one partition."},
    {"source", "key_format", Type::text, Need::later, "", "How keys are read."},

    {"kafka_source", "topics", Type::topics, Need::required, "", "The topics to read."},
    {"kafka_source", "profile", Type::text, Need::optional, "the daemon's default",
     "Connection settings by name.", 0, 63},
    {"kafka_source", "group", Type::text, Need::optional, "<application>.<pipeline>",
     "The consumer group.", 0, 255},
    {"kafka_source", "start", Type::start, Need::optional, "\"earliest\"",
     "Where to begin without a committed offset."},
    {"kafka_source", "properties", Type::properties, Need::optional, "{}",
     "Tuning of the Kafka client."},

    {"kafka_topics", "pattern", Type::text, Need::required, "",
     "A regular expression over whole topic names.", 0, 1024},

    {"file_source", "path", Type::text, Need::required, "",
     "The file, beneath a folder the daemon may read.", 0, 4096},
    {"file_source", "follow", Type::boolean, Need::optional, "false", "Go on when the file grows."},

    {"generator", "rows_per_second", Type::number, Need::optional, "1", "The pace.", 0.001, 1e7},
    {"generator", "rows", Type::integer, Need::optional, "no end", "Stop after so many.", 1, 9e15},
    {"generator", "fields", Type::expressions, Need::required, "",
     "Fields of a row, over `seq` (0, 1, 2, …)."},

    {"step", "id", Type::id, Need::optional, "", "The step's name."},
    {"step", "from", Type::names, Need::optional, "the step above",
     "What it reads; a list is a union."},
    {"step", "description", Type::prose, Need::optional, "", "What it is for.", 0, 4096},
    {"step", "filter", Type::expression, Need::optional, "", "Keep rows for which it is true."},
    {"step", "set", Type::expressions, Need::optional, "", "Add or overwrite fields."},
    {"step", "select", Type::projection, Need::optional, "", "The row becomes exactly this."},
    {"step", "drop", Type::field_paths, Need::optional, "", "Remove fields."},
    holding("repartition", {"step", "repartition", Type::object, Need::optional, "",
                            "Bring equal values together."}),
    {"step", "explode", Type::object, Need::later, "", "One row per element."},
    {"step", "flat_map", Type::object, Need::later, "", "A plugin: 0 … n rows out."},
    {"step", "aggregate", Type::object, Need::later, "", "Keyed aggregates."},
    {"step", "dedupe", Type::object, Need::later, "", "The first row per key."},
    {"step", "join", Type::object, Need::later, "", "Stream and table."},
    {"step", "join_stream", Type::object, Need::later, "", "Stream and stream."},
    {"step", "process", Type::object, Need::later, "", "A plugin with keyed state and timers."},
    {"step", "on_error", Type::text, Need::later, "", "What happens to rows that fail here."},
    {"step", "renamed_from", Type::id, Need::later, "", "The id this step had."},

    {"repartition", "by", Type::field_paths, Need::required, "",
     "Rows with equal values here go to the same task."},
    with_words(
        {"repartition", "via", Type::choice, Need::optional, "\"memory\"", "The way they take."},
        "memory", "kafka"),

    holding("kafka_sink", {"sink", "kafka", Type::object, Need::optional, "", "A topic of Kafka."}),
    holding("file_sink",
            {"sink", "file", Type::object, Need::optional, "", "A file, one record a line."}),
    holding("stdout_sink",
            {"sink", "stdout", Type::object, Need::optional, "", "The standard output."}),
    {"sink", "http", Type::object, Need::later, "", "Batches to a URL."},
    {"sink", "plugin", Type::object, Need::later, "", "A sink of a plugin."},
    {"sink", "from", Type::names, Need::optional, "the last step",
     "What it reads; a list is a union."},
    with_words(
        {"sink", "format", Type::format, Need::optional, "\"json\"", "How values are written."},
        "json string bytes", "csv avro"),
    {"sink", "timestamps", Type::text, Need::later, "", "How times are written."},

    {"kafka_sink", "topic", Type::topic, Need::required, "", "The topic to write to."},
    {"kafka_sink", "topics", Type::topics, Need::later, "",
     "The topics a computed topic may name."},
    {"kafka_sink", "key", Type::text_or_expression, Need::optional, "the record's key",
     "The key; null writes none."},
    {"kafka_sink", "headers", Type::headers, Need::optional, "{}",
     "Headers to add, replace or (null) remove."},
    {"kafka_sink", "forward_headers", Type::boolean, Need::optional, "true",
     "Pass the record's headers on."},
    {"kafka_sink", "origin_header", Type::boolean, Need::optional, "false",
     "Add `leat-src`: the place a record comes from."},
    {"kafka_sink", "allow_loop", Type::boolean, Need::optional, "false",
     "The topic may be one this pipeline reads."},
    {"kafka_sink", "partition", Type::integer, Need::optional, "murmur2 of the key",
     "One partition for all records.", 0, 2147483647},
    {"kafka_sink", "timestamp", Type::expression_object, Need::optional, "the record's",
     "The time of the record."},
    with_words(
        {"kafka_sink", "compression", Type::choice, Need::optional, "\"none\"", "Of the batches."},
        "none gzip snappy lz4 zstd"),
    {"kafka_sink", "profile", Type::text, Need::optional, "the daemon's default",
     "Connection settings by name.", 0, 63},
    {"kafka_sink", "properties", Type::properties, Need::optional, "{}",
     "Tuning of the Kafka client."},

    {"file_sink", "path", Type::text, Need::required, "",
     "The file, beneath a folder the daemon may write.", 0, 4096},

    {"expression", "expr", Type::expression, Need::required, "", "An expression over the row."},

    {"limits", "records_per_second", Type::integer, Need::optional, "none",
     "Records let in per second.", 1, 1e9},
    {"limits", "bytes_per_second", Type::size, Need::optional, "none", "Bytes let in per second.",
     1, kManyBytes},
    {"limits", "memory", Type::size, Need::optional, "none", "Bytes of records in flight.", kMiB,
     kManyBytes},
    {"limits", "state", Type::size, Need::later, "", "Bytes of state."},

    {"restart", "initial", Type::duration, Need::optional, "\"1s\"", "The first wait.",
     kMillisecond, kHour},
    {"restart", "max", Type::duration, Need::optional, "\"2m\"", "The longest wait.", kMillisecond,
     24 * kHour},
    {"restart", "give_up_after", Type::integer, Need::optional, "20", "Failures in a row.", 1, 1e6},
};

constexpr unsigned bit(json::Kind kind) noexcept { return 1u << static_cast<unsigned>(kind); }
constexpr unsigned kString = bit(json::Kind::string);
constexpr unsigned kObject = bit(json::Kind::object);
constexpr unsigned kArray = bit(json::Kind::array);
constexpr unsigned kInteger = bit(json::Kind::integer);

struct Shape {
  unsigned kinds;
  std::string_view description;
};

Shape shape_of(Type type) noexcept {
  switch (type) {
    case Type::text:
    case Type::prose:
    case Type::choice: return {kString, "a string"};
    case Type::pipeline_name:
    case Type::id: return {kString, "a name (a string)"};
    case Type::boolean: return {bit(json::Kind::boolean), "true or false"};
    case Type::integer: return {kInteger, "an integer"};
    case Type::number: return {kInteger | bit(json::Kind::real), "a number"};
    case Type::duration: return {kString, "a duration such as \"250ms\" (a string)"};
    case Type::size: return {kString, "a size such as \"64MiB\" (a string)"};
    case Type::format: return {kString | kObject, "the name of a format (a string)"};
    case Type::expression: return {kString, "an expression (a string)"};
    case Type::expression_object: return {kObject, "{\"expr\": \"…\"}"};
    case Type::text_or_expression:
      return {kString | kObject | bit(json::Kind::null), "a string, {\"expr\": \"…\"} or null"};
    case Type::topic: return {kString | kObject, "the name of a topic (a string)"};
    case Type::topics: return {kArray | kObject, "a list of topics or {\"pattern\": \"^…$\"}"};
    case Type::start:
      return {kString | kObject,
              "\"earliest\", \"latest\", a time, \"-1h\" or an object of offsets"};
    case Type::names: return {kString | kArray, "a name or a list of names"};
    case Type::field_paths: return {kArray, "a list of field paths"};
    case Type::expressions: return {kObject, "an object: field → expression"};
    case Type::projection:
      return {kObject | kArray, "an object: field → expression, or a list of field paths"};
    case Type::texts: return {kObject, "an object: name → string"};
    case Type::headers: return {kObject, "an object: name → string, {\"expr\": \"…\"} or null"};
    case Type::properties: return {kObject, "an object: property → value"};
    case Type::object: return {kObject, "an object"};
    case Type::objects: return {kObject, "an object: name → object"};
    case Type::list: return {kArray, "a list of objects"};
  }
  return {0, "something else"};
}

}  // namespace

std::span<const Field> all_fields() noexcept { return kFields; }

std::span<const Field> fields_of(std::string_view object) noexcept {
  const auto* const begin = std::find_if(std::begin(kFields), std::end(kFields),
                                         [&](const Field& f) { return f.object == object; });
  const auto* const end =
      std::find_if(begin, std::end(kFields), [&](const Field& f) { return f.object != object; });
  return {begin, end};
}

const Field* find_field(std::string_view object, std::string_view key) noexcept {
  for (const Field& field : fields_of(object))
    if (field.key == key) return &field;
  return nullptr;
}

bool accepts(Type type, json::Kind kind) noexcept {
  return (shape_of(type).kinds & bit(kind)) != 0;
}

std::string_view description_of(Type type) noexcept { return shape_of(type).description; }

}  // namespace leat::spec
