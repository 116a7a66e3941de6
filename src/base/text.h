#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leat::base {

// True when `bytes` is valid UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool valid_utf8(std::string_view bytes) noexcept;
// Length of the longest prefix that is valid UTF-8.
std::size_t valid_utf8_prefix(std::string_view bytes) noexcept;
// Unicode code points in valid UTF-8.
std::size_t count_code_points(std::string_view utf8) noexcept;
// Appends the inside of a JSON string: control characters, `"` and `\` escaped, invalid UTF-8
// replaced by U+FFFD.
void append_json_escaped(std::string& out, std::string_view text);
// Appends text for one line of a log or terminal: control characters as \n \r \x1b, invalid UTF-8
// as U+FFFD.
void append_printable(std::string& out, std::string_view text);

// The candidates nearest to `word` by edit distance, nearest first; only those a person could have
// meant.
std::vector<std::string> nearest(std::string_view word,
                                 const std::vector<std::string_view>& candidates,
                                 std::size_t most = 3);

// "250ms", "1h30m", "0s": units ns us ms s m h d, compound. False when it is not a duration or
// overflows int64 nanoseconds.
bool parse_duration_ns(std::string_view text, std::int64_t& out_ns) noexcept;
// The shortest compound form that parse_duration_ns reads: 90 s = "1m30s".
std::string format_duration(std::int64_t ns);
// "64MiB", "10kB": units B KB kB KiB MB MiB GB GiB; a bare number is refused.
bool parse_size_bytes(std::string_view text, std::uint64_t& out_bytes) noexcept;

}  // namespace leat::base
