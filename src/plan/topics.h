#pragma once

#include <string>
#include <vector>

#include "spec/diagnostic.h"
#include "spec/pipeline.h"

namespace leat::plan {

// What is wrong with the topic patterns of sources: BAD_VALUE, and TOPIC_LOOP where a sink writes to
// a topic that one matches, on the same profile. Names by an expression are looked at when they
// have no `*` or `?`. Pure.
void check_topic_patterns(const spec::PipelineSpec& spec, const std::string& default_profile,
                          std::vector<spec::Diagnostic>& diagnostics);

}  // namespace leat::plan
