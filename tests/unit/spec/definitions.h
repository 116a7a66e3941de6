#pragma once

#include <string>
#include <string_view>

#include "spec/parse.h"
#include "spec/text.h"

// Texts of definitions and short forms of what comes back.
namespace leat::spec::testing {

inline constexpr std::string_view kSmallest = R"({ "name": "big-orders",
  "sources": { "orders": { "kafka": { "topics": ["orders"] } } },
  "steps":   [ { "filter": "(amount ?? 0) > 100" } ],
  "sinks":   { "out": { "kafka": { "topic": "big-orders" } } } })";

// Uses every key there is.
inline constexpr std::string_view kFull = R"json({ // comments are allowed
  "name": "full", "description": "all of it\nand more", "labels": { "team": "a", "stage.1": "" },
  "trigger": { "mode": "micro_batch", "interval": "1m30s", "max_records": 5000 },
  "delivery": "at_least_once", "parallelism": 4,
  "sources": {
    "orders": { "kafka": { "topics": ["orders", "orders-eu"], "profile": "default", "group": "g",
        "start": { "orders-0": 12, "orders-eu-3": 0 }, "properties": { "fetch.min.bytes": 10, "client.rack": "r1",
        "socket.keepalive.enable": true, "fetch.wait.max.ms": "50" } }, "format": "json",
        "schema": { "a": "int!", "tags": "list<string>", "user": { "id": "int", "born": "timestamp" }, "more": "map<list<double!>>" },
        "extra": "drop", "key_format": "bytes", "partitioned_by": { "fields": ["user.id"] }, "event_time": { "field": "user.born", "format": "%Y-%m-%d", "zone": "Europe/Berlin",
        "fallback": "kafka", "max_lateness": "5s", "max_future": "2d", "idle_after": "20s", "advance_when_idle": true } },
    "table": { "file": { "path": "in/b.csv" }, "format": { "csv": { "fields": ["k", "b c"], "delimiter": ";", "header": false, "null": "-" } },
        "event_time": { "field": { "expr": "k" }, "format": "s" } },
    "lines": { "file": { "path": "in/a.ndjson", "follow": true }, "format": "string" },
    "made": { "generator": { "rows_per_second": 2.5, "rows": 10, "fields": { "n": "seq", "odd name": "seq % 2" } } } },
  "steps": [
    { "id": "all", "from": ["orders", "made", "orders"], "filter": "a > 1", "description": "d" },
    { "set": { "b": "a + 1", "x.`y-z`": "2" }, "on_error": "skip" },
    { "select": { "k": "b", "v.w": "x" } },
    { "id": "p", "select": ["k", "v.w", "`in`"] },
    { "drop": ["v", "gone.too"] },
    { "id": "apart", "explode": { "field": "k.list", "as": "k.item", "index": "i", "outer": true } },
    { "id": "shuffled", "repartition": { "by": ["k"], "via": "memory" } },
    { "id": "spent", "aggregate": { "by": { "k": "k", "place.city": "lower(city)" }, "null_key": "group",
        "window": { "hopping": "1h", "every": "10m", "offset": "-15s", "time": "event" },
        "compute": { "n": "count()", "mean.x": "sum(v) / count()" }, "emit": "per_batch", "keep_row": false,
        "late": "update", "allowed_lateness": "5m", "too_late": "side_output" } },
    { "id": "ever", "from": "shuffled", "aggregate": { "by": [], "compute": { "n": "count()" }, "emit": "complete", "ttl": "7d" } },
    { "id": "daily", "from": "shuffled", "aggregate": { "by": ["user.id", "k"], "window": { "tumbling": "1d" }, "emit": "on_close",
        "compute": { "n": "count()" } } },
    { "id": "talks", "from": "shuffled", "aggregate": { "by": ["k"], "window": { "session": "10m" }, "compute": { "n": "count()" } } },
    { "id": "recent", "from": "shuffled", "aggregate": { "by": ["k"], "window": { "lookback": "60s" }, "compute": { "n": "count()" } } },
    { "id": "first", "from": ["spent.late", "recent"], "dedupe": { "by": ["k"], "within": "1d", "late": "side_output" } } ],
  "sinks": {
    "out": { "kafka": { "topic": "out", "key": { "expr": "k" }, "headers": { "h": "v", "i": { "expr": "k" }, "gone": null },
        "forward_headers": false, "origin_header": true, "allow_loop": false, "partition": 2, "timestamp": { "expr": "now()" },
        "compression": "zstd", "profile": "other", "properties": { "batch.size": 100000 } }, "format": { "json": {} } },
    "routed": { "from": "table", "kafka": { "topic": { "expr": "'eu-' + k" }, "topics": ["eu-*", "us-??"] }, "timestamps": "ms",
        "format": { "csv": { "fields": ["k"], "delimiter": "\t" } } },
    "copy": { "from": ["lines", "p"], "file": { "path": "copy.ndjson" }, "format": "string" },
    "show": { "from": "all", "stdout": {} , "format": "bytes" },
    "kept": { "from": ["spent", "ever", "daily", "talks", "first.late"], "file": { "path": "kept.ndjson" } } },
  "limits": { "records_per_second": 100, "bytes_per_second": "1MiB", "memory": "64MiB", "state": "1GiB" },
  "restart": { "initial": "2s", "max": "5m", "give_up_after": 3 },
  "on_error": { "decode": "skip", "record": "stop", "retry": { "attempts": 5, "initial": "1s", "max": "20s" },
      "dead_letter": { "topic": "bad", "profile": "prod" }, "stop_if": "error_ratio >= 0.5 over 1m and records > 100" },
  "tests": [ { "name": "all of it", "modes": ["micro_batch"], "mock": { "functions": { "f": { "x": 1, "[1, \"a\"]": [2] } } },
      "input": { "orders": [ { "a": 1 }, { "$value": { "a": 2 }, "$key": "k", "$timestamp": "2026-01-01T00:00:05Z",
                   "$headers": { "h": "v" }, "$partition": 3 }, { "$raw": "no json", "$key": null }, { "$null": true },
                   { "$advance": "10s" }, { "$watermark": "2026-01-01T00:01:00Z" }, { "$end": true } ], "lines": [] },
      "expect": { "out": { "exactly": [ { "k": { "$approx": 1.5 } }, { "$value": { "k": { "$any": true } }, "$key": null,
                    "$headers": { "i": "2", "gone": null }, "$topic": "out", "$partition": 2, "$timestamp": "2026-01-01T00:00:05Z" },
                    { "$null": true }, { "$raw": "x" } ], "count": 4, "sequence": [], "contains": [] },
                  "copy": { "last_per_key": [ { "k": 1 } ], "key": ["k", "v.w"] },
                  "errors": [ { "step": "orders", "code": "NOT_JSON", "$raw": "no json", "$key": null, "$headers": { "a": "b" } },
                              { "$value": { "a": 1 } } ] } } ] })json";

// Replaces the first `from` in `text`, which must hold it.
inline std::string with(std::string_view text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at == std::string_view::npos) return "the test's text has no " + std::string(from);
  return std::string(text.substr(0, at)) + std::string(to) +
         std::string(text.substr(at + from.size()));
}

// "CODE pointer" of every error (or, with `severity`, of every diagnostic of that severity), one a
// line.
inline std::string codes(const std::vector<Diagnostic>& diagnostics,
                         Severity severity = Severity::error) {
  std::string text;
  for (const Diagnostic& each : diagnostics)
    if (each.severity == severity)
      text += (text.empty() ? "" : "\n") + each.code + " " + each.pointer;
  return text;
}

inline std::string errors_of(std::string_view text, const Options& options = default_options()) {
  return codes(parse_pipeline(text, options).diagnostics);
}

inline std::string warnings_of(std::string_view text, const Options& options = default_options()) {
  return codes(parse_pipeline(text, options).diagnostics, Severity::warning);
}

// The smallest definition with other sources, steps or sinks.
inline std::string with_sources(std::string_view sources) {
  return R"({"name": "p", "sources": )" + std::string(sources) +
         R"(, "sinks": {"out": {"stdout": {}}}})";
}
inline std::string with_steps(std::string_view steps) {
  return R"({"name": "p", "sources": {"in": {"kafka": {"topics": ["t"]}}}, "steps": )" +
         std::string(steps) + R"(, "sinks": {"out": {"stdout": {}}}})";
}
inline std::string with_sinks(std::string_view sinks) {
  return R"({"name": "p", "sources": {"in": {"kafka": {"topics": ["t"]}}}, "sinks": )" +
         std::string(sinks) + "}";
}
inline std::string with_kafka_source(std::string_view kafka) {
  return with_sources(R"({"in": {"kafka": )" + std::string(kafka) + "}}");
}
inline std::string with_kafka_sink(std::string_view kafka) {
  return with_sinks(R"({"out": {"kafka": )" + std::string(kafka) + "}}");
}

// The smallest definition with one test of these members.
inline std::string with_test(std::string_view members) {
  return with(kSmallest, "\"steps\"", "\"tests\": [{" + std::string(members) + "}], \"steps\"");
}

}  // namespace leat::spec::testing
