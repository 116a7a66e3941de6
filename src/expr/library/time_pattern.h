#pragma once

#include <span>
#include <string_view>

#include "base/arena.h"
#include "expr/library/zones.h"
#include "record/value.h"

// Times as people write them, by a pattern of strptime's kind. No locale: names are English. What a
// pattern may have is what time_directives() tells.
namespace leat::expr {

// A directive, for the reference.
struct TimeDirective {
  std::string_view text;  // "%Y"; several with a space between them
  std::string_view meaning;
  bool written_only = false;
};
std::span<const TimeDirective> time_directives() noexcept;

// Reads all of `text`. White space in the pattern matches any or none; numbers may lack leading
// zeros where no digit follows; the second 60 is the second after. What the pattern does not name is
// that of 1970-01-01T00:00:00. An offset in the text counts instead of `zone`. A timestamp, or
// BAD_CONVERSION (the text is no such time, or its day does not exist), INVALID_FORMAT (the
// pattern), OVERFLOW (outside the years 1 to 9999).
record::Value parse_time(std::string_view text, std::string_view pattern,
                         const Zone& zone) noexcept;

// Writes a timestamp into the arena. A string, or INVALID_FORMAT, VALUE_TOO_LARGE.
record::Value format_time(base::Arena& arena, const record::Value& timestamp,
                          std::string_view pattern, const Zone& zone);

}  // namespace leat::expr
