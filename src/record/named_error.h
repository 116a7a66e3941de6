#pragma once

#include <cstddef>
#include <string_view>

#include "record/value.h"

namespace leat::record {

// How many errors named_error() makes in one process, and how long their messages are.
inline constexpr std::size_t kNamedErrorsMax = 10'000;
inline constexpr std::size_t kNamedErrorBytesMax = 512;

// The error with the code of `of` and a message that names things of the definition, never payload:
// the same object for the same code and message, which lives as long as the process. `of` itself
// once there are kNamedErrorsMax, or when the message is longer than kNamedErrorBytesMax: compare
// such errors by code. For plans being made, not for rows. Thread-safe.
const RowError& named_error(const RowError& of, std::string_view message);

}  // namespace leat::record
