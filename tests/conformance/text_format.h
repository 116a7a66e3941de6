#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

// A reader of the protobuf text format, without a schema: what the CEL project keeps its conformance
// vectors in. https://protobuf.dev/reference/protobuf/textformat-spec/
namespace leat::conformance {

struct Field;

// A message: its fields in order; a repeated field stands several times. A value.
struct Message {
  std::vector<Field> fields;

  // The first field of that name, or null.
  const Field* find(std::string_view name) const noexcept;
  std::vector<const Field*> all(std::string_view name) const;
  // Of a scalar field; empty when it is not there.
  std::string_view text(std::string_view name) const noexcept;
  bool flag(std::string_view name) const noexcept { return text(name) == "true"; }
  // The message in a field, or an empty one.
  const Message& in(std::string_view name) const noexcept;
};

struct Field {
  std::string name;  // of an extension or an Any: "[type.googleapis.com/google.protobuf.Duration]"
  bool is_message = false;
  std::string scalar;  // strings with their escapes resolved; numbers and words as written
  Message message;
};

// The fields of a file. Errors: invalid_argument with the line.
Result<Message> parse_text_format(std::string_view text);

}  // namespace leat::conformance
