#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "daemon/config.h"
#include "plan/plan.h"
#include "runtime/supervisor.h"
#include "spec/parse.h"

namespace leat::daemon {

// What the configuration says about definitions.
spec::Options definition_options(const Config& config);
// `plugins`: what definitions may use; null = nothing. Outlives the options.
plan::PlanOptions plan_options(const Config& config, plugin::Plugins* plugins = nullptr);

// Text → spec and plan. invalid_argument with one `file:line:col: message` a line when it is wrong;
// `name` (may be empty) is what the definition must be called. Pure.
Result<runtime::PutRequest> read_definition(const Config& config, std::string_view file,
                                            std::string_view text, std::string_view name = {},
                                            plugin::Plugins* plugins = nullptr);

}  // namespace leat::daemon
