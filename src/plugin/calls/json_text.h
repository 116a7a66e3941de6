#pragma once

#include <optional>
#include <string_view>

#include "base/arena.h"
#include "record/value.h"

namespace leat::plugin {

inline constexpr std::size_t kJsonDepthMax = 128;

// Whether the text is one JSON value and nothing else (RFC 8259, valid UTF-8, at most kJsonDepthMax
// deep). Allocates nothing.
bool is_json(std::string_view text) noexcept;

// The JSON text of a value, in the arena where it is not there already: lists and maps (with keys as
// strings) too; times as RFC 3339 text. Nothing for values that have none: bytes, durations, numbers
// that are not finite, what is too deep.
std::optional<std::string_view> json_of(const record::Value& value, base::Arena& arena);

// The value of a JSON text that is_json() took: null, boolean, number and string as such (a string
// with escapes is copied into the arena), objects and lists as json. A number is an integer where it
// has neither fraction nor exponent and fits.
record::Value value_of_json(std::string_view text, base::Arena& arena);

}  // namespace leat::plugin
