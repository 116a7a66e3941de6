#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "spec/pipeline.h"

namespace leat::spec {

// Reads `user.address.city` or `` `x-y`.`a.b` ``: segments are identifiers ([A-Za-z_][A-Za-z0-9_]*)
// or any UTF-8 text without backticks and line ends in backticks. List indexes are refused. Error: invalid_argument
// with a sentence for people.
Result<FieldPath> parse_field_path(std::string_view text);

// The text that parse_field_path reads back, and that is also the expression that reads this field:
// reserved words of expressions (`this`, `in`, …) stand in backticks too.
std::string format_field_path(const FieldPath& path);

// A path as messages show it: format_field_path() between backticks, if it has none.
std::string quoted_field_path(const FieldPath& path);

// A word that expressions do not take as the name of a field: `this`, `meta`, `in`, ….
bool is_reserved_word(std::string_view name) noexcept;

}  // namespace leat::spec
