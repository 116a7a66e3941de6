#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "json/document.h"

// The one table of what may stand in a definition. The validator reads it; schema and reference
// pages are made from it.
namespace leat::spec {

// What a value has to look like. What JSON kinds a type takes: accepts().
enum class Type : std::uint8_t {
  text,           // a string of 1 … `high` bytes without control characters
  prose,          // a string of at most `high` bytes
  letter,         // a string of one visible ASCII character, or a tab
  pipeline_name,  // ^[a-z0-9][a-z0-9._-]{0,62}$
  id,             // ^[A-Za-z_][A-Za-z0-9_-]{0,62}$
  boolean,
  only_true,            // true
  integer,              // `low` … `high`
  number,               // `low` … `high`
  duration,             // "250ms"; bounds in nanoseconds
  shift,                // "-15s": a duration forwards or back; bounds of its length
  size,                 // "64MiB"; bounds in bytes
  time,                 // RFC 3339
  time_format,          // "s", "ms", "us", "ns", or a strptime pattern
  zone,                 // "Europe/Berlin", "+01:00"
  topic_pattern,        // "^…$"
  choice,               // one of `words`
  choices,              // a list of different `words`
  format,               // one of `words`, or an object `of` with exactly one key
  expression,           // a string
  expression_object,    // {"expr": "…"}
  text_or_expression,   // a literal, or {"expr": "…"}, or null
  topic,                // the name of a topic
  topic_or_expression,  // the name of a topic, or {"expr": "…"}
  topics,               // a list of names, or {"pattern": "^…$"}
  globs,                // a list of names of topics with * and ?
  start,                // "earliest", "latest", a time, "-1h", or {"topic-partition": offset}
  names,                // a name, or a list of names
  field_path,           // a field path
  path_or_expression,   // a field path, or {"expr": "…"}
  field_paths,          // a list of field paths
  columns,              // a list of different texts
  expressions,          // an object: field path → expression
  named_expressions,    // an object: any name → expression
  projection,           // as `expressions`, or a list of field paths
  key,                  // the same, or empty
  partition_fields,     // a list of field paths, or an object with the fields of `of`
  schema,               // an object: field → the name of a type, or such an object
  labels,               // an object: name → string of at most `high` bytes
  texts,                // an object: any name → string
  headers,              // an object: name → literal, {"expr": "…"} or null
  source_properties,    // an object: Kafka property → scalar
  sink_properties,
  stop_if,         // "error_ratio > 0.05 over 1m and records > 100"
  object,          // an object with the fields of `of`
  objects,         // an object: id → object with the fields of `of`
  list,            // a list of objects with the fields of `of`
  rows,            // a list of plain objects, or objects with the fields of `of` ($…)
  row_lists,       // an object: id → `rows`
  any_object,      // an object with whatever is in it
  answers,         // an object: function → arguments → value
  text_or_null,    // a string, or null
  texts_or_nulls,  // an object: name → string or null
  expectations,    // `objects`, and beside them `errors`: a list of objects
  plugins,         // an object: name → a version, or an object with the fields of `of`
};

// Whether a key can be used. `later`: described by the documentation, refused by name until it is
// built. `refused`: never to come; the line of documentation says why, `words` what to write instead.
enum class Need : std::uint8_t { optional, required, later, refused };

// Upper bounds that the daemon's configuration sets: they stand in for `high`.
enum class Limit : std::uint8_t { none, parallelism, steps, topics, window };

struct Field {
  std::string_view object;  // "pipeline", "source", "kafka_source", …
  std::string_view key;
  Type type = Type::text;
  Need need = Need::optional;
  std::string_view fallback =
      {};  // what counts when the key is absent, as JSON or in words; empty = nothing
  std::string_view doc = {};  // one line
  double low = 0;
  double high = 0;  // 0 = no bounds
  Limit limit = Limit::none;
  std::string_view words = {};        // of a choice, separated by blanks
  std::string_view later_words = {};  // values to come
  std::string_view of = {};           // the object inside
  bool alternative = false;           // exactly one of the object's alternatives must stand
  bool outside = false;  // a value from outside may stand for this text, or for those inside
};

// Several words in one text, separated by blanks.
std::vector<std::string_view> split_words(std::string_view words);

// All fields; those of one object stand together.
std::span<const Field> all_fields() noexcept;
// The fields of one object; empty for an object without keys.
std::span<const Field> fields_of(std::string_view object) noexcept;
const Field* find_field(std::string_view object, std::string_view key) noexcept;

// The object that stands inside a field: `of`, or what the type says; "" = none.
std::string_view object_in(const Field& field) noexcept;

bool accepts(Type type, json::Kind kind) noexcept;
// "a string", "a list of field paths": for "must be …".
std::string_view description_of(Type type) noexcept;

}  // namespace leat::spec
