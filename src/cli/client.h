#pragma once

#include "base/exit_code.h"
#include "cli/console.h"
#include "cli/invocation.h"
#include "cli/session.h"

namespace leat::cli {

// Carries out every command that is not for the daemon room. Requires: not serve, run, config.
ExitCode run_client(const Invocation& invocation, const Surroundings& surroundings,
                    const Console& console);

}  // namespace leat::cli
