#pragma once

#include <string_view>
#include <vector>

#include "spec/diagnostic.h"

namespace leat::trial {

// Diagnostics as all outputs tell them: line and column are the place that the caret stands under,
// which is where `span` begins in `text`, and behind the last character where the text ends too
// early; `span` stays what it is. Requires: placed by spec::locate() in the same text, and not yet
// exact. Pure.
spec::Diagnostic at_exact_place(std::string_view text, spec::Diagnostic diagnostic);
void to_exact_places(std::string_view text, std::vector<spec::Diagnostic>& diagnostics);

}  // namespace leat::trial
