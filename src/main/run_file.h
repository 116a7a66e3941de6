#pragma once

#include <string>

#include "base/exit_code.h"
#include "daemon/config.h"

namespace leat::main {

// `leat run FILE`: one pipeline without a daemon or an API. Ends with 0 when the pipeline has stopped by itself (available_now)
// or a signal ended it and everything is committed, with 1 when it gave up, with 78 when the definition is not valid.
ExitCode run_file(const std::string& file, const daemon::ConfigInput& input);

}  // namespace leat::main
