#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/text_format.h"

// Conformance vectors: an expression, what its names are bound to, and what it gives.
namespace leat::conformance {

enum class Expectation : std::uint8_t { value, error };

// A message cel.expr.conformance.test.SimpleTest. A value.
struct Vector {
  std::string id;  // "file/section/name"; the second of one name has "#2" behind
  std::string expr;
  std::string container;
  bool disable_check = false;
  bool disable_macros = false;
  bool check_only = false;
  std::map<std::string, Message> bindings;  // name → cel.expr.ExprValue
  std::optional<Message> type;              // cel.expr.Type that the checker must find
  Expectation expectation = Expectation::value;
  Message value;            // cel.expr.Value; true when the vector says nothing
  std::string unsupported;  // why the vector as such means nothing to us; "" = it does
};

// The vectors of one file. Errors: invalid_argument with the line of what is no text format.
Result<std::vector<Vector>> read_vectors(std::string_view file_name, std::string_view text);

// Why a vector cannot be run here: it needs protobuf messages or enums, or an extension that the
// language does not promise. Empty when it can.
std::string reason_to_skip(const Vector& vector);

}  // namespace leat::conformance
