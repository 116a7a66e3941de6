#pragma once

#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "codec/text_buffer.h"
#include "record/value.h"
#include "spec/pipeline.h"

// How single values are spelled in JSON: reading tokens, writing values.
namespace leat::codec {

// Reads a number token: without `.` and `e` an int, beyond int64 and else a double. Error:
// INVALID_NUMBER, NUMBER_OUT_OF_RANGE.
const record::RowError* read_number(std::string_view token, record::Value& out) noexcept;
// True when the token is spelled as JSON spells numbers.
bool is_number(std::string_view token) noexcept;

// Resolves the escapes of the inside of a string. The result lies in the arena. Error:
// INVALID_ESCAPE, LONE_SURROGATE.
const record::RowError* unescape(std::string_view inside, base::Arena& arena,
                                 std::string_view& out);
// Whether unescape() would succeed.
const record::RowError* check_escapes(std::string_view inside) noexcept;

// A string with its quotes; only control characters, `"` and `\` are escaped.
void append_string(TextBuffer& out, std::string_view text);
void append_integer(TextBuffer& out, std::int64_t number);
// Shortest round trip, always with a fraction or exponent. Requires: finite.
void append_double(TextBuffer& out, double number);
void append_base64(TextBuffer& out, std::string_view bytes);
// Reads base64 in the standard alphabet, with its padding or without; the bytes lie in the arena.
// False when it is none.
bool read_base64(std::string_view text, base::Arena& arena, std::string_view& out);
void append_unsigned(TextBuffer& out, std::uint64_t number);
// RFC 3339 in UTC without quotes, the shortest fraction of up to 9 digits; `nanos` (0 … 999) beyond
// the microseconds. False when the year is not in 1…9999.
bool append_timestamp(TextBuffer& out, std::int64_t us, std::uint32_t nanos = 0);
// "5400s", "0.25s", without quotes.
void append_duration(TextBuffer& out, std::int64_t us, std::uint32_t nanos = 0);

// Any value as JSON. Maps are objects in the order of their entries, whose keys are written as
// strings; an optional is its value; absent and no value are null. Error: NOT_REPRESENTABLE (also
// deeper than 256 lists and maps inside each other), or the error that the value holds; then what
// has been written is of no use. Times are written as `timestamps` says.
const record::RowError* append_value(TextBuffer& out, const record::Value& value,
                                     spec::TimestampText timestamps = spec::TimestampText::rfc3339);

}  // namespace leat::codec
