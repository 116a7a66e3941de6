#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace leat::spec {

// Reads an RFC 3339 time such as `2026-01-01T00:00:00.5+01:00`; digits beyond microseconds are
// dropped, a leap second counts as the second after it. Nothing when it is no such time or its day
// does not exist.
std::optional<WallTime> parse_rfc3339(std::string_view text) noexcept;
// The same with the nanoseconds (0 … 999) beyond the microseconds; what is finer is dropped.
std::optional<WallTime> parse_rfc3339(std::string_view text, std::uint32_t& nanos) noexcept;

}  // namespace leat::spec
