#pragma once

#include <cstdint>
#include <string_view>

#include "spec/pipeline.h"
#include "spec/tests.h"

// The only place of a trial that knows the modes.
namespace leat::trial {

std::string_view mode_text(spec::TestMode mode) noexcept;

// The trigger under which a definition is tried: its own where it has this mode, with epochs of at
// most `batch_rows` records where the mode counts them (0 = as many as come).
spec::TriggerSpec trial_trigger(const spec::TriggerSpec& written, spec::TestMode mode,
                                std::uint64_t batch_rows);
// The trigger of a preview: every row goes on at once.
spec::TriggerSpec preview_trigger();

}  // namespace leat::trial
