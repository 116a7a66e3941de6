#include "spec/fields.h"

#include <algorithm>
#include <initializer_list>

namespace leat::spec {
namespace {

constexpr double kMillisecond = 1e6;
constexpr double kSecond = 1e9;
constexpr double kHour = 3600 * kSecond;
constexpr double kDay = 24 * kHour;
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

constexpr Field one_of(Field field) {
  field.alternative = true;
  return field;
}

constexpr Field outside(Field field) {
  field.outside = true;
  return field;
}

using T = Type;
constexpr Need kOptional = Need::optional;
constexpr Need kRequired = Need::required;
constexpr Need kLater = Need::later;
constexpr Need kRefused = Need::refused;

// Sorted by nothing but the reader's convenience; the fields of one object stand together.
constexpr Field kFields[] = {
    {"pipeline", "name", T::pipeline_name, kRequired, "", "The pipeline's name."},
    {"pipeline", "description", T::prose, kOptional, "", "What it is for.", 0, 4096},
    {"pipeline", "labels", T::labels, kOptional, "{}", "Short strings to find it by.", 0, 255},
    holding("trigger", {"pipeline", "trigger", T::object, kOptional, "{\"mode\": \"real_time\"}",
                        "When records enter the graph and when an epoch is cut."}),
    with_words({"pipeline", "delivery", T::choice, kOptional, "\"at_least_once\"",
                "What a crash may do to the output."},
               "at_least_once", "exactly_once"),
    {"pipeline", "parallelism", T::integer, kOptional, "all workers",
     "Workers this pipeline may use.", 1, 256, Limit::parallelism},
    holding("source",
            {"pipeline", "sources", T::objects, kRequired, "", "Where records come from, by id."}),
    holding("step", {"pipeline", "steps", T::list, kOptional, "[]",
                     "What happens to them, from top to bottom.", 0, 64, Limit::steps}),
    holding("sink", {"pipeline", "sinks", T::objects, kRequired, "", "Where they go, by id."}),
    holding("on_error", {"pipeline", "on_error", T::object, kOptional, "{}",
                         "What happens to records that cannot be processed."}),
    holding("limits", {"pipeline", "limits", T::object, kOptional, "", "What it may take."}),
    holding("restart", {"pipeline", "restart", T::object, kOptional, "",
                        "How it comes back after a failure."}),
    holding("test", {"pipeline", "tests", T::list, kOptional, "[]",
                     "Input and expected output, run without a broker in virtual time.", 0, 256}),
    holding("plugin", {"pipeline", "plugins", T::plugins, kOptional, "{}",
                       "Plugins whose functions it calls: \"1.2\" = the highest activated 1.2.x, "
                       "\"1.2.3\" = this one, \"sha256:<64 hex>\" = these bytes."}),
    {"pipeline", "tables", T::objects, kLater, "", "The static sides of joins."},

    {"plugin", "version", T::text, kRequired, "", "Which versions are meant.", 0, 80},
    with_words({"plugin", "isolation", T::choice, kOptional, "\"in_process\"", "Where it runs."},
               "in_process", "process"),

    with_words({"trigger", "mode", T::choice, kRequired, "", "How records are let in."},
               "real_time micro_batch available_now", "auto"),
    {"trigger", "interval", T::duration, kOptional, "\"0s\"",
     "micro_batch: time from cut to cut; 0s = as fast as possible.", 0, 24 * kHour},
    {"trigger", "max_records", T::integer, kOptional, "",
     "micro_batch, available_now: cut at the latest after so many.", 1, 1e9},
    {"trigger", "checkpoint_interval", T::duration, kOptional, "\"1s\"",
     "real_time: time from cut to cut.", 10 * kMillisecond, kHour},
    {"trigger", "target_p99", T::duration, kLater, "", "auto: the latency to keep."},
    {"trigger", "max_lag", T::duration, kLater, "", "auto: the lag to stay below."},

    one_of(
        holding("kafka_source", {"source", "kafka", T::object, kOptional, "", "Topics of Kafka."})),
    one_of(holding("file_source",
                   {"source", "file", T::object, kOptional, "", "A file, one record a line."})),
    one_of(holding("generator", {"source", "generator", T::object, kOptional, "",
                                 "Made-up rows, for trying things out and for load."})),
    holding("source_format",
            with_words({"source", "format", T::format, kOptional, "\"json\"",
                        "How values are read; a name, or an object with the format as its key. In "
                        "`json`, fields that are read or copied are validated; a field that "
                        "nothing reads passes as it came, even if its value is not JSON."},
                       "json string bytes", "avro")),
    {"source", "schema", T::schema, kOptional, "",
     "Fields and their types: `bool int double string bytes timestamp json list<T> map<T>`, or an "
     "object of fields; with `!` a value is required."},
    with_words({"source", "extra", T::choice, kOptional, "\"keep\"",
                "What becomes of fields that are not in `schema`."},
               "keep drop error"),
    holding("event_time", {"source", "event_time", T::object, kOptional, "the Kafka timestamp",
                           "Where a row's time stands, and what the watermark makes of it."}),
    with_words({"source", "key_format", T::choice, kOptional, "\"string\"",
                "What `meta.key` is: text, or the bytes as they are."},
               "string bytes"),
    holding("partitioned_by",
            {"source", "partitioned_by", T::partition_fields, kOptional, "",
             "Fields whose equal values lie in one partition: a list, or {\"fields\": […]}."}),

    outside({"kafka_source", "topics", T::topics, kRequired, "",
             "The topics to read: a list, or {\"pattern\": \"^…$\"}."}),
    outside({"kafka_source", "profile", T::text, kOptional, "the daemon's default",
             "Connection settings by name.", 0, 63}),
    outside({"kafka_source", "group", T::text, kOptional, "<application>.<pipeline>",
             "The consumer group.", 0, 255}),
    {"kafka_source", "start", T::start, kOptional, "\"earliest\"",
     "Where to begin in partitions without a committed offset."},
    outside({"kafka_source", "properties", T::source_properties, kOptional, "{}",
             "Tuning of the Kafka client."}),

    {"kafka_topics", "pattern", T::topic_pattern, kRequired, "",
     "A regular expression over whole topic names.", 0, 1024},

    outside({"file_source", "path", T::text, kRequired, "",
             "The file, beneath a folder of `files.read` (`<state_dir>/files/in`).", 0, 4096}),
    {"file_source", "follow", T::boolean, kOptional, "false", "Go on when the file grows."},

    {"generator", "rows_per_second", T::number, kOptional, "1", "The pace.", 0.001, 1e7},
    {"generator", "rows", T::integer, kOptional, "no end", "Stop after so many.", 1, 9e15},
    {"generator", "fields", T::named_expressions, kRequired, "",
     "Fields of a row, over `seq` (0, 1, 2, …)."},

    one_of(holding("no_settings",
                   {"source_format", "json", T::object, kOptional, "", "One object a record."})),
    one_of(holding("no_settings", {"source_format", "string", T::object, kOptional, "",
                                   "UTF-8 text: the row is {\"value\": text}."})),
    one_of(holding("no_settings", {"source_format", "bytes", T::object, kOptional, "",
                                   "Any bytes: the row is {\"value\": bytes}."})),
    one_of(holding("csv", {"source_format", "csv", T::object, kOptional, "",
                           "Comma-separated values by RFC 4180, one row a record."})),
    {"source_format", "avro", T::object, kLater, "", "Avro with a schema registry."},

    {"csv", "fields", T::columns, kOptional, "the header line",
     "The names of the columns, from left to right; needed without `header`.", 0, 1024},
    {"csv", "delimiter", T::letter, kOptional, "\",\"", "What stands between two columns."},
    {"csv", "header", T::boolean, kOptional, "false",
     "Files only: the first line names the columns."},
    {"csv", "null", T::prose, kOptional, "\"\"",
     "A column with this text is null, for types other than string.", 0, 64},

    {"partitioned_by", "fields", T::field_paths, kRequired, "", "The fields."},
    {"partitioned_by", "verify", T::boolean, kLater, "", "Check it for every record."},

    {"event_time", "field", T::path_or_expression, kOptional, "the Kafka timestamp",
     "A field path, or {\"expr\": \"…\"}: a timestamp, a text or an int; with a `format` of a unit "
     "a "
     "double too."},
    {"event_time", "format", T::time_format, kOptional, "RFC 3339 text, or integer milliseconds",
     "\"s\", \"ms\", \"us\", \"ns\" since 1970, or a strptime pattern.", 0, 255},
    {"event_time", "zone", T::zone, kOptional, "\"UTC\"",
     "The time zone of a strptime pattern without one: a name such as \"Europe/Berlin\", or "
     "\"+01:00\".",
     0, 63},
    with_words({"event_time", "fallback", T::choice, kOptional, "the row fails",
                "What counts where the field is missing or bad."},
               "kafka"),
    {"event_time", "max_lateness", T::duration, kOptional, "\"0s\"",
     "How far the watermark stays behind the highest time seen.", 0, 400 * kDay},
    {"event_time", "max_future", T::duration, kOptional, "\"1d\"",
     "Rows farther ahead of the clock do not move the watermark.", 0, 400 * kDay},
    {"event_time", "idle_after", T::duration, kOptional, "\"10s\"",
     "A partition with nothing to fetch for so long no longer holds the watermark.", kMillisecond,
     kDay},
    {"event_time", "advance_when_idle", T::boolean, kOptional, "false",
     "Let the watermark follow the clock once all partitions are idle."},

    {"step", "id", T::id, kOptional, "",
     "The step's name; `aggregate` and `dedupe` need it: it is the identity of their state."},
    {"step", "from", T::names, kOptional, "the step above",
     "What it reads: a source or a step above, or `<step>.late`; a list is a union."},
    {"step", "description", T::prose, kOptional, "", "What it is for.", 0, 4096},
    with_words({"step", "on_error", T::choice, kOptional, "the pipeline's",
                "What happens to rows that fail here."},
               "dead_letter skip stop"),
    one_of({"step", "filter", T::expression, kOptional, "", "Keep rows for which it is true."}),
    one_of({"step", "set", T::expressions, kOptional, "", "Add or overwrite fields."}),
    one_of({"step", "select", T::projection, kOptional, "", "The row becomes exactly this."}),
    one_of({"step", "drop", T::field_paths, kOptional, "", "Remove fields."}),
    one_of(holding("explode", {"step", "explode", T::object, kOptional, "",
                               "One row per element of a list."})),
    one_of(holding("repartition", {"step", "repartition", T::object, kOptional, "",
                                   "Bring equal values together."})),
    one_of(
        holding("aggregate", {"step", "aggregate", T::object, kOptional, "", "Keyed aggregates."})),
    one_of(
        holding("dedupe", {"step", "dedupe", T::object, kOptional, "", "The first row per key."})),
    {"step", "flat_map", T::object, kLater, "", "A plugin: 0 … n rows out."},
    {"step", "join", T::object, kLater, "", "Stream and table."},
    {"step", "join_stream", T::object, kLater, "", "Stream and stream."},
    {"step", "process", T::object, kLater, "", "A plugin with keyed state and timers."},
    {"step", "renamed_from", T::id, kOptional, "",
     "The id that this step had: `aggregate` and `dedupe` go on with the state kept under it."},

    {"explode", "field", T::field_path, kRequired, "", "The list."},
    {"explode", "as", T::field_path, kOptional, "the field itself", "Where the element goes."},
    {"explode", "index", T::field_path, kOptional, "", "Gets the position, from 0."},
    {"explode", "outer", T::boolean, kOptional, "false",
     "Without elements: one row with null instead of none."},

    {"aggregate", "by", T::key, kRequired, "",
     "What rows are grouped by: field paths, or field → expression; `[]` is one group of all."},
    with_words({"aggregate", "null_key", T::choice, kOptional, "the row fails",
                "A null or absent value of `by` is a key like any other."},
               "group"),
    holding("window", {"aggregate", "window", T::object, kOptional, "all time",
                       "The spans of time that are aggregated each by itself."}),
    {"aggregate", "compute", T::expressions, kRequired, "",
     "Fields of the result: expressions with calls of aggregate functions, `sum(amount) / "
     "count()`."},
    with_words(
        {"aggregate", "emit", T::choice, kOptional, "per_record; for sessions on_close",
         "When results come out: with every row, once per epoch those that changed, when the "
         "window closes, or all of them in every epoch in which one changed."},
        "per_record per_batch on_close complete"),
    {"aggregate", "keep_row", T::boolean, kOptional, "false; for lookback true",
     "The row stays and gets the computed fields; with `per_record` only."},
    with_words({"aggregate", "late", T::choice, kOptional, "\"drop\"",
                "Rows for a window that is closed: counted, put out as `<step>.late`, or applied."},
               "drop side_output update"),
    {"aggregate", "allowed_lateness", T::duration, kOptional,
     "none; for lookback the size of the window", "How long a closed window is kept for late rows.",
     0, 400 * kDay, Limit::window},
    with_words({"aggregate", "too_late", T::choice, kOptional, "\"drop\"",
                "Beside `\"late\": \"update\"`: rows beyond `allowed_lateness`."},
               "drop side_output"),
    {"aggregate", "ttl", T::duration, kOptional, "none",
     "Without window: a key is forgotten so long after its last row.", kMillisecond, 36500 * kDay},
    {"aggregate", "emit_empty", T::boolean, kRefused, "",
     "windows without rows come out nowhere: for absence there are the timers of `process`"},

    one_of({"window", "tumbling", T::duration, kOptional, "", "One window after the other.",
            kMillisecond, 400 * kDay, Limit::window}),
    one_of({"window", "hopping", T::duration, kOptional, "",
            "A window of this size begins `every` so long.", kMillisecond, 400 * kDay,
            Limit::window}),
    one_of({"window", "session", T::duration, kOptional, "",
            "Rows of a key at most so far apart are one session.", kMillisecond, 400 * kDay,
            Limit::window}),
    one_of({"window", "lookback", T::duration, kOptional, "",
            "For every row the time before it: (t − size, t].", kMillisecond, 400 * kDay,
            Limit::window}),
    {"window", "every", T::duration, kOptional, "", "hopping: from one start to the next.",
     kMillisecond, 400 * kDay, Limit::window},
    {"window", "offset", T::shift, kOptional, "\"0s\"",
     "tumbling, hopping: shifts the starts, which are multiples of the size or `every` since 1970 "
     "(UTC).",
     0, 400 * kDay, Limit::window},
    with_words({"window", "time", T::choice, kOptional, "\"event\"", "Whose time counts."},
               "event processing"),
    {"window", "order", T::choice, kLater, "",
     "lookback: `event_time` holds rows until it is their turn."},
    with_words({"window", "sliding", T::duration, kRefused, "",
                "the word means two things: a window of fixed size that begins every so often is "
                "`hopping`, the time before every row is `lookback`"},
               "hopping lookback"),

    {"dedupe", "by", T::projection, kRequired, "",
     "What makes rows equal: field paths, or name → expression."},
    {"dedupe", "within", T::duration, kRequired, "",
     "How long, by event time, rows behind and before a key's first one are its duplicates.",
     kMillisecond, 400 * kDay, Limit::window},
    with_words({"dedupe", "late", T::choice, kOptional, "\"pass\"",
                "Rows so late that their key may be forgotten."},
               "pass drop side_output"),

    {"repartition", "by", T::field_paths, kRequired, "",
     "Rows with equal values here go to the same task."},
    with_words({"repartition", "via", T::choice, kOptional, "\"memory\"", "The way they take."},
               "memory", "kafka"),

    one_of(holding("kafka_sink", {"sink", "kafka", T::object, kOptional, "", "A topic of Kafka."})),
    one_of(holding("file_sink",
                   {"sink", "file", T::object, kOptional, "", "A file, one record a line."})),
    one_of(holding("no_settings",
                   {"sink", "stdout", T::object, kOptional, "", "The standard output."})),
    {"sink", "http", T::object, kLater, "", "Batches to a URL."},
    {"sink", "plugin", T::object, kLater, "", "A sink of a plugin."},
    {"sink", "from", T::names, kOptional, "the last step", "What it reads; a list is a union."},
    holding("sink_format",
            with_words({"sink", "format", T::format, kOptional, "\"json\"",
                        "How values are written; a name, or an object with the format as its key. "
                        "`string` and `bytes` write the field `value`, which must be a text, or "
                        "bytes."},
                       "json string bytes", "avro")),
    with_words({"sink", "timestamps", T::choice, kOptional, "\"rfc3339\"",
                "How times are written: text, or an integer since 1970."},
               "rfc3339 ms us"),

    outside({"kafka_sink", "topic", T::topic_or_expression, kRequired, "",
             "The topic to write to: a name, or {\"expr\": \"…\"} that gives a text."}),
    {"kafka_sink", "topics", T::globs, kOptional, "",
     "The topics that an expression may name: names with `*` and `?`; needed beside one.", 0, 64,
     Limit::topics},
    outside({"kafka_sink", "key", T::text_or_expression, kOptional, "the record's key",
             "The key; null writes none."}),
    outside({"kafka_sink", "headers", T::headers, kOptional, "{}",
             "Headers to add, replace or (null) remove."}),
    {"kafka_sink", "forward_headers", T::boolean, kOptional, "true",
     "Pass the record's headers on."},
    {"kafka_sink", "origin_header", T::boolean, kOptional, "false",
     "Add `leat-src`: the place a record comes from."},
    {"kafka_sink", "allow_loop", T::boolean, kOptional, "false",
     "The topic may be one this pipeline reads."},
    {"kafka_sink", "partition", T::integer, kOptional, "murmur2 of the key",
     "One partition for all records.", 0, 2147483647},
    {"kafka_sink", "timestamp", T::expression_object, kOptional, "the record's",
     "The time of the record: a timestamp, or an int of milliseconds, after 1970 began."},
    with_words({"kafka_sink", "compression", T::choice, kOptional, "\"none\"", "Of the batches."},
               "none gzip snappy lz4 zstd"),
    outside({"kafka_sink", "profile", T::text, kOptional, "the daemon's default",
             "Connection settings by name.", 0, 63}),
    outside({"kafka_sink", "properties", T::sink_properties, kOptional, "{}",
             "Tuning of the Kafka client."}),

    outside({"file_sink", "path", T::text, kRequired, "",
             "The file, beneath a folder of `files.write` (`<state_dir>/files/out`).", 0, 4096}),

    one_of(holding("no_settings",
                   {"sink_format", "json", T::object, kOptional, "", "One object a record."})),
    one_of(holding("no_settings", {"sink_format", "string", T::object, kOptional, "",
                                   "The text in the row's field `value`."})),
    one_of(holding("no_settings", {"sink_format", "bytes", T::object, kOptional, "",
                                   "The bytes in the row's field `value`."})),
    one_of(holding("csv_sink", {"sink_format", "csv", T::object, kOptional, "",
                                "Comma-separated values by RFC 4180, one row a record."})),
    {"sink_format", "avro", T::object, kLater, "", "Avro with a schema registry."},

    {"csv_sink", "fields", T::columns, kRequired, "",
     "The fields that become columns, from left to right.", 0, 1024},
    {"csv_sink", "delimiter", T::letter, kOptional, "\",\"", "What stands between two columns."},

    {"expression", "expr", T::expression, kRequired, "", "An expression over the row."},

    with_words({"on_error", "decode", T::choice, kOptional, "\"dead_letter\"",
                "Records that cannot be read."},
               "dead_letter skip stop"),
    with_words({"on_error", "record", T::choice, kOptional, "\"dead_letter\"",
                "Rows that fail in a step or cannot be written."},
               "dead_letter skip stop"),
    holding("retry", {"on_error", "retry", T::object, kOptional, "",
                      "Tries again where an error may pass."}),
    holding("dead_letter",
            {"on_error", "dead_letter", T::object, kOptional, "{}", "Where dead letters go."}),
    {"on_error", "stop_if", T::stop_if, kOptional, "",
     "Stops the pipeline: \"error_ratio > 0.05 over 1m and records > 100\"."},

    {"retry", "attempts", T::integer, kOptional, "3", "Tries after the first.", 1, 100},
    {"retry", "initial", T::duration, kOptional, "\"100ms\"", "The first wait.", kMillisecond,
     kHour},
    {"retry", "max", T::duration, kOptional, "\"10s\"", "The longest wait.", kMillisecond, kHour},

    outside({"dead_letter", "topic", T::topic, kOptional, "<pipeline>-dead-letter",
             "The topic of dead letters."}),
    outside({"dead_letter", "profile", T::text, kOptional,
             "that of the Kafka sinks, else of the sources", "Connection settings by name.", 0,
             63}),

    {"limits", "records_per_second", T::integer, kOptional, "none", "Records let in per second.", 1,
     1e9},
    {"limits", "bytes_per_second", T::size, kOptional, "none", "Bytes let in per second.", 1,
     kManyBytes},
    {"limits", "memory", T::size, kOptional, "a share of the daemon's `memory`",
     "Bytes of keyed state that stay in memory.", kMiB, kManyBytes},
    {"limits", "state", T::size, kOptional, "none", "Bytes of keyed state in all.", kMiB,
     kManyBytes},

    {"restart", "initial", T::duration, kOptional, "\"1s\"", "The first wait.", kMillisecond,
     kHour},
    {"restart", "max", T::duration, kOptional, "\"2m\"", "The longest wait.", kMillisecond,
     24 * kHour},
    {"restart", "give_up_after", T::integer, kOptional, "20", "Failures in a row.", 1, 1e6},

    {"test", "name", T::text, kRequired, "", "What the test shows.", 0, 255},
    with_words({"test", "modes", T::choices, kOptional, "both", "The triggers it runs under."},
               "real_time micro_batch"),
    holding("mock", {"test", "mock", T::object, kOptional, "{}", "Answers of what lies outside."}),
    holding("test_item", {"test", "input", T::row_lists, kOptional, "{}",
                          "By source: records and steps of time."}),
    holding("expectation", {"test", "expect", T::expectations, kRequired, "",
                            "By sink: what must come out; beside them `errors`: a list of the dead "
                            "letters, objects as in `expected_error`."}),

    {"mock", "functions", T::answers, kOptional, "{}",
     "By function: argument (text, or a JSON list of all arguments) → result."},
    {"mock", "tables", T::objects, kLater, "", "By table: its rows."},

    one_of({"test_item", "$value", T::any_object, kOptional, "", "The row."}),
    one_of({"test_item", "$raw", T::prose, kOptional, "", "The value's bytes, as text."}),
    one_of({"test_item", "$null", T::only_true, kOptional, "", "A null value (tombstone)."}),
    one_of({"test_item", "$advance", T::duration, kOptional, "", "The clock goes on.", 0,
            36500 * kDay}),
    one_of({"test_item", "$watermark", T::time, kOptional, "",
            "The source's watermark is at least this."}),
    one_of({"test_item", "$end", T::only_true, kOptional, "", "The input ends: a drain."}),
    {"test_item", "$key", T::text_or_null, kOptional, "null", "The record's key."},
    {"test_item", "$timestamp", T::time, kOptional, "virtual now", "The record's time."},
    {"test_item", "$headers", T::texts, kOptional, "{}", "The record's headers."},
    {"test_item", "$partition", T::integer, kOptional, "by the key", "The record's partition.", 0,
     1023},

    holding("expected_row",
            {"expectation", "exactly", T::rows, kOptional, "", "These rows, in any order."}),
    holding("expected_row",
            {"expectation", "sequence", T::rows, kOptional, "", "These rows, in this order."}),
    holding("expected_row",
            {"expectation", "contains", T::rows, kOptional, "", "These rows, among others."}),
    {"expectation", "count", T::integer, kOptional, "", "So many rows.", 0, 1e9},
    holding("expected_row", {"expectation", "last_per_key", T::rows, kOptional, "",
                             "The last row of every `key`, in any order."}),
    {"expectation", "key", T::field_paths, kOptional, "",
     "The fields that tell rows apart; needed beside `last_per_key`."},

    {"expected_row", "$value", T::any_object, kOptional, "",
     "The row; {\"$approx\": x} and {\"$any\": true} inside match more than one value."},
    {"expected_row", "$raw", T::prose, kOptional, "", "The value's bytes, as text."},
    {"expected_row", "$null", T::only_true, kOptional, "", "A null value (tombstone)."},
    {"expected_row", "$key", T::text_or_null, kOptional, "any", "The key; null = none."},
    {"expected_row", "$timestamp", T::time, kOptional, "any", "The record's time."},
    {"expected_row", "$headers", T::texts_or_nulls, kOptional, "any",
     "These headers among others; null = not there."},
    {"expected_row", "$partition", T::integer, kOptional, "any", "The partition.", 0, 2147483647},
    {"expected_row", "$topic", T::topic, kOptional, "any", "The topic."},

    {"expected_error", "step", T::id, kOptional, "any", "The source, step or sink that failed."},
    {"expected_error", "code", T::text, kOptional, "any", "The code of the error.", 0, 63},
    {"expected_error", "$value", T::any_object, kOptional, "any", "The record's value, as JSON."},
    {"expected_error", "$raw", T::prose, kOptional, "any", "The record's bytes, as text."},
    {"expected_error", "$key", T::text_or_null, kOptional, "any", "The record's key; null = none."},
    {"expected_error", "$headers", T::texts_or_nulls, kOptional, "any",
     "These headers among others; null = not there."},
};

constexpr unsigned bit(json::Kind kind) noexcept { return 1u << static_cast<unsigned>(kind); }
constexpr unsigned kString = bit(json::Kind::string);
constexpr unsigned kObject = bit(json::Kind::object);
constexpr unsigned kArray = bit(json::Kind::array);
constexpr unsigned kInteger = bit(json::Kind::integer);
constexpr unsigned kNull = bit(json::Kind::null);

struct Shape {
  unsigned kinds;
  std::string_view description;
};

Shape shape_of(Type type) noexcept {
  switch (type) {
    case T::text:
    case T::prose:
    case T::choice: return {kString, "a string"};
    case T::letter: return {kString, "one character (a string)"};
    case T::pipeline_name:
    case T::id: return {kString, "a name (a string)"};
    case T::boolean: return {bit(json::Kind::boolean), "true or false"};
    case T::only_true: return {bit(json::Kind::boolean), "true"};
    case T::integer: return {kInteger, "an integer"};
    case T::number: return {kInteger | bit(json::Kind::real), "a number"};
    case T::duration: return {kString, "a duration such as \"250ms\" (a string)"};
    case T::shift: return {kString, "a duration such as \"15s\" or \"-15s\" (a string)"};
    case T::size: return {kString, "a size such as \"64MiB\" (a string)"};
    case T::time: return {kString, "a time such as \"2026-01-01T00:00:00Z\" (a string)"};
    case T::time_format: return {kString, "a unit or a strptime pattern (a string)"};
    case T::zone: return {kString, "a time zone such as \"Europe/Berlin\" (a string)"};
    case T::topic_pattern: return {kString, "a pattern (a string)"};
    case T::choices: return {kArray, "a list of words"};
    case T::format: return {kString | kObject, "the name of a format (a string)"};
    case T::expression: return {kString, "an expression (a string)"};
    case T::expression_object: return {kObject, "{\"expr\": \"…\"}"};
    case T::text_or_expression:
      return {kString | kObject | kNull, "a string, {\"expr\": \"…\"} or null"};
    case T::topic: return {kString, "the name of a topic (a string)"};
    case T::topic_or_expression:
      return {kString | kObject, "the name of a topic (a string) or {\"expr\": \"…\"}"};
    case T::topics: return {kArray | kObject, "a list of topics or {\"pattern\": \"^…$\"}"};
    case T::globs: return {kArray, "a list of names of topics, with `*` and `?`"};
    case T::start:
      return {kString | kObject,
              "\"earliest\", \"latest\", a time, \"-1h\" or an object of offsets"};
    case T::names: return {kString | kArray, "a name or a list of names"};
    case T::field_path: return {kString, "a field path (a string)"};
    case T::path_or_expression:
      return {kString | kObject, "a field path (a string) or {\"expr\": \"…\"}"};
    case T::field_paths: return {kArray, "a list of field paths"};
    case T::columns: return {kArray, "a list of names"};
    case T::expressions:
    case T::named_expressions: return {kObject, "an object: field → expression"};
    case T::projection:
    case T::key:
      return {kObject | kArray, "an object: field → expression, or a list of field paths"};
    case T::partition_fields:
      return {kObject | kArray, "a list of field paths, or an object with `fields`"};
    case T::schema: return {kObject, "an object: field → type"};
    case T::labels:
    case T::texts: return {kObject, "an object: name → string"};
    case T::texts_or_nulls: return {kObject, "an object: name → string or null"};
    case T::headers: return {kObject, "an object: name → string, {\"expr\": \"…\"} or null"};
    case T::source_properties:
    case T::sink_properties: return {kObject, "an object: property → value"};
    case T::stop_if: return {kString, "a condition such as \"error_ratio > 0.05 over 1m\""};
    case T::object:
    case T::any_object: return {kObject, "an object"};
    case T::objects: return {kObject, "an object: name → object"};
    case T::list: return {kArray, "a list of objects"};
    case T::rows: return {kArray, "a list of rows (objects)"};
    case T::row_lists: return {kObject, "an object: name → list of rows"};
    case T::plugins: return {kObject, "an object: plugin → version"};
    case T::answers: return {kObject, "an object: function → { argument → result }"};
    case T::text_or_null: return {kString | kNull, "a string or null"};
    case T::expectations: return {kObject, "an object: sink → what is expected"};
  }
  return {0, "something else"};
}

}  // namespace

std::vector<std::string_view> split_words(std::string_view words) {
  std::vector<std::string_view> list;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    list.push_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return list;
}

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

std::string_view object_in(const Field& field) noexcept {
  switch (field.type) {
    case T::topics: return "kafka_topics";
    case T::expression_object:
    case T::text_or_expression:
    case T::topic_or_expression:
    case T::path_or_expression:
    case T::headers: return "expression";
    default: return field.of;
  }
}

bool accepts(Type type, json::Kind kind) noexcept {
  return (shape_of(type).kinds & bit(kind)) != 0;
}

std::string_view description_of(Type type) noexcept { return shape_of(type).description; }

}  // namespace leat::spec
