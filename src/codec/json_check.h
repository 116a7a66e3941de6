#pragma once

#include <cstdint>

#include "codec/json_scan.h"

// Whether scanned values are JSON (RFC 8259): what the scan leaves open, the order of the tokens
// and the spelling of numbers, words and escapes. Pure.
namespace leat::codec {

// The scalar in `token`, without white space around it. `escapes`: it may hold a backslash. Error:
// INVALID_NUMBER, INVALID_ESCAPE, LONE_SURROGATE, MALFORMED_JSON (also for what is no scalar).
const record::RowError* check_scalar(std::string_view token, bool escapes) noexcept;

// The value at the cursor with all that is in it, of any depth; the cursor moves behind it and `end`
// is its last character + 1. The errors are those of check_scalar(). Requires: !cursor.done().
const record::RowError* check_value(const ScannedText& text, Cursor& cursor, std::uint32_t& end);

}  // namespace leat::codec
