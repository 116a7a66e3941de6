#pragma once

#include <memory>
#include <vector>

#include "plan/plan.h"
#include "spec/diagnostic.h"
#include "spec/pipeline.h"
#include "spec/tests.h"

namespace leat::trial {

// What becomes of rows that fail.
enum class Failing : std::uint8_t {
  as_written,  // what the definition says
  all_kept,    // every one becomes a dead letter
};

// The plan that a trial runs: the definition's, on one worker, with functions answered by `mocks`.
plan::PlanResult prepare(const spec::PipelineSpec& definition,
                         const std::vector<spec::TestFunction>& mocks, Failing failing,
                         plugin::Plugins* plugins = nullptr);

}  // namespace leat::trial
