#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "json/document.h"

// The one table of what may stand in a definition. The validator reads it; schema and reference
// pages are made from it.
namespace leat::spec {

// What a value has to look like. What JSON kinds a type takes: accepts().
enum class Type : std::uint8_t {
  text,           // a string of 1 … `high` bytes without control characters
  prose,          // a string of at most `high` bytes
  pipeline_name,  // ^[a-z0-9][a-z0-9._-]{0,62}$
  id,             // ^[A-Za-z_][A-Za-z0-9_-]{0,62}$
  boolean,
  integer,             // `low` … `high`
  number,              // `low` … `high`
  duration,            // "250ms"; bounds in nanoseconds
  size,                // "64MiB"; bounds in bytes
  choice,              // one of `words`
  format,              // one of `words`, or an object with one of them as its key
  expression,          // a string
  expression_object,   // {"expr": "…"}
  text_or_expression,  // a literal, or {"expr": "…"}, or null
  topic,               // the name of a topic
  topics,              // a list of names, or {"pattern": "^…$"}
  start,               // "earliest", "latest", a time, "-1h", or {"topic-partition": offset}
  names,               // a name, or a list of names
  field_paths,         // a list of field paths
  expressions,         // an object: field path → expression
  projection,          // as `expressions`, or a list of field paths
  texts,               // an object: name → string
  headers,             // an object: name → literal, {"expr": "…"} or null
  properties,          // an object: Kafka property → scalar
  object,              // an object with the fields of `of`
  objects,             // an object: id → object with the fields of `of`
  list,                // a list of objects with the fields of `of`
};

// Whether a key can be used. `later`: described by the documentation, refused by name until it is
// built.
enum class Need : std::uint8_t { optional, required, later };

// Upper bounds that the daemon's configuration sets: they stand in for `high`.
enum class Limit : std::uint8_t { none, parallelism, steps };

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
};

// All fields; those of one object stand together.
std::span<const Field> all_fields() noexcept;
// The fields of one object; empty for an object without keys.
std::span<const Field> fields_of(std::string_view object) noexcept;
const Field* find_field(std::string_view object, std::string_view key) noexcept;

bool accepts(Type type, json::Kind kind) noexcept;
// "a string", "a list of field paths": for "must be …".
std::string_view description_of(Type type) noexcept;

}  // namespace leat::spec
