#pragma once

#include <memory>

#include "base/exit_code.h"
#include "base/status.h"
#include "daemon/config.h"
#include "daemon/engine.h"
#include "flow/registry.h"
#include "runtime/supervisor.h"

namespace leat::daemon {

// The engine of `leat serve`: a supervisor with every kind of source and sink, and the HTTP API on
// a thread of its own.
Result<std::unique_ptr<Engine>> make_pipeline_engine(const EngineParts& parts);

// Every source and sink there is, as the configuration says. invalid_argument when a Kafka profile
// cannot work.
Result<flow::Registry> make_registry(const Config& config);
// `state_dir` empty = nothing is kept.
runtime::SupervisorOptions supervisor_options(const Config& config, const std::string& state_dir);

// `leat run FILE`: one pipeline in this process, without API and state folder. Ends when the
// pipeline stops by itself (available_now), fails, or at SIGINT or SIGTERM, which commit first.
ExitCode run_file(const ConfigInput& input, const std::string& file);

}  // namespace leat::daemon
