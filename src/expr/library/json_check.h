#pragma once

#include <string_view>

namespace leat::expr {

inline constexpr std::size_t kJsonDepthMax = 64;  // of lists and objects inside each other

// The one JSON value (RFC 8259) that `text` is, without the white space around it; empty when it is
// none, or nested deeper than kJsonDepthMax. Escapes of lone surrogates are refused. `too_large`:
// some number in it is beyond the doubles. Requires: valid UTF-8.
std::string_view check_json(std::string_view text, bool& too_large) noexcept;

}  // namespace leat::expr
