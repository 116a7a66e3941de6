#pragma once

#include <string>
#include <unordered_map>

#include "record/value.h"
#include "spec/pipeline.h"

namespace leat::codec {

// The errors of values that a schema does not take, by the names of the fields. Made with a
// decoder, looked up when a record fails. Immutable.
class SchemaErrors {
 public:
  // Names nothing.
  SchemaErrors() = default;
  // Of a value whose name is `name`, and of all that is declared inside it. Empty = it is the row.
  // `type` must outlive this.
  SchemaErrors(const spec::SchemaType& type, const std::string& name) { add(type, name); }

  // TYPE_MISMATCH, NUMBER_OUT_OF_RANGE or MISSING_FIELD by the name of the field that is declared
  // as `type` (this very object); others, and what has no name, as they are. Null stays null.
  const record::RowError* named(const spec::SchemaType& type,
                                const record::RowError* error) const noexcept;

 private:
  struct Errors {
    const record::RowError* mismatch = nullptr;
    const record::RowError* range = nullptr;
    const record::RowError* missing = nullptr;
  };
  void add(const spec::SchemaType& type, const std::string& name);

  std::unordered_map<const spec::SchemaType*, Errors> errors_;
};

}  // namespace leat::codec
