#pragma once

#include <string_view>

#include "base/arena.h"
#include "expr/library/zones.h"
#include "record/value.h"

// Times as people write them, by a pattern of strptime's kind. No locale: names are English.
//
//   %Y year · %m month 01–12 · %d day 01–31 · %e day without a leading zero · %j day of the year 001–366
//   %H hour 00–23 · %I hour 01–12 with %p AM or PM · %M minute · %S second
//   %f fraction of a second: six digits when written, one to nine when read · %3f %6f %9f so many digits
//   %z offset +0200, read also as +02:00, +02, Z · %:z offset +02:00
//   %a %A weekday, %b %B month: short and full, read in either form, any case
//   %s Unix seconds · %F = %Y-%m-%d · %T = %H:%M:%S · %R = %H:%M · %y year of two digits (69–99: 19xx)
//   written only: %u weekday 1–7 from Monday, %w weekday 0–6 from Sunday, %G %V year and week of ISO 8601
//   %% a percent sign
namespace leat::expr {

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
