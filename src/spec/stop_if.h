#pragma once

#include <string_view>

#include "base/status.h"
#include "spec/pipeline.h"

namespace leat::spec {

// Reads `error_ratio|errors|late_ratio (>|>=) NUMBER over DURATION [and records > N]`, words apart
// by blanks. Ratios lie between 0 and 1, the time between 1s and 1d. Error: invalid_argument with a
// sentence for people.
Result<StopIfSpec> parse_stop_if(std::string_view text);

}  // namespace leat::spec
