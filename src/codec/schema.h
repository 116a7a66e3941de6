#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "codec/json_scan.h"
#include "codec/schema_errors.h"
#include "record/layout.h"
#include "spec/pipeline.h"

// What a schema says of values: which type stands at a path, and reading values as their types.
namespace leat::codec {

// The row as a type: an object of the schema's fields.
std::shared_ptr<const spec::SchemaType> row_type(const spec::SchemaSpec& schema);
// The type at `path` beneath `type`; nullptr where the schema says nothing. It lives as long as
// `type`.
const spec::SchemaType* type_at(const spec::SchemaType* type,
                                std::span<const std::string> path) noexcept;

// Whether JSON gives values of the type another form than its own: true for doubles (3 is one),
// times and bytes, also inside lists, maps and objects.
bool converts(const spec::SchemaType& type) noexcept;

// Reads one JSON value as a type, checking everything in it. Thread-confined.
class TypedReader {
 public:
  static constexpr int kDepthMax = 64;

  // `errors` says them by the names of fields.
  TypedReader(const ScannedText& text, base::Arena& arena, const SchemaErrors& errors)
      : text_(text), arena_(arena), errors_(errors) {}
  // Reads the value at the cursor and moves behind it. Lists, maps and objects in which something
  // converts become computed values, others JSON text. Null is a value of every type but a required
  // one. With `out` null it is only checked.
  const record::RowError* read(const spec::SchemaType& type, Cursor& cursor, record::Value* out,
                               int depth = 0);

 private:
  const record::RowError* read_any(const spec::SchemaType& type, Cursor& cursor, record::Value* out,
                                   int depth);
  const record::RowError* scalar(const spec::SchemaType& type, std::string_view token,
                                 record::Value* out);
  const record::RowError* list(const spec::SchemaType& element, Cursor& cursor, record::Value* out,
                               int depth);
  const record::RowError* object(const spec::SchemaType& type, Cursor& cursor, record::Value* out,
                                 int depth);
  const record::RowError* text_inside(std::string_view token, std::string_view& out) const;

  const ScannedText& text_;
  base::Arena& arena_;
  const SchemaErrors& errors_;
};

// Reads a text as a scalar type: bool, int, double, string, bytes (base64), timestamp (RFC 3339, or
// an integer of milliseconds). TYPE_MISMATCH, NUMBER_OUT_OF_RANGE. Requires: a scalar type.
const record::RowError* read_scalar(const spec::SchemaType& type, std::string_view text,
                                    base::Arena& arena, record::Value& out);
// The same for a string that stood in quotes: a timestamp then is RFC 3339, numbers are none.
const record::RowError* read_quoted(const spec::SchemaType& type, std::string_view text,
                                    base::Arena& arena, record::Value& out);

}  // namespace leat::codec
