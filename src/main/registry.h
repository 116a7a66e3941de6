#pragma once

#include "base/status.h"
#include "daemon/config.h"
#include "flow/registry.h"
#include "runtime/supervisor.h"
#include "spec/parse.h"

namespace leat::main {

// The sources and sinks of this program, as the configuration sets them up.
Result<flow::Registry> make_registry(const daemon::Config& config);
// What the configuration says about definitions, and about what carries them out.
spec::Options definition_options(const daemon::Config& config);
runtime::SupervisorOptions supervisor_options(const daemon::Config& config, const Clock& clock);

// A definition's text as a request to create or replace it. invalid_argument: the message has a line per problem, `file` in front.
Result<runtime::PutRequest> read_definition(const std::string& file, const std::string& text,
                                            const spec::Options& options, std::uint32_t workers);

}  // namespace leat::main
