#pragma once

#include <vector>

#include "spec/diagnostic.h"
#include "spec/pipeline.h"

namespace leat::plan {

// Mistakes of topic patterns: BAD_VALUE for what is no regular expression, TOPIC_LOOP for a sink that
// writes to a topic one of the pipeline's own patterns reads. Pure.
void check_topic_patterns(const spec::PipelineSpec& spec,
                          std::vector<spec::Diagnostic>& diagnostics);

}  // namespace leat::plan
