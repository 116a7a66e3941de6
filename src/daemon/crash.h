#pragma once

#include <string>

namespace leat::daemon {

// From now on SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT and SIGQUIT leave `<folder>/<time>.json`
// (signal, pid, version, addresses of the stack; no payloads) before their default action, and a
// broken assertion leaves the same and ends the process with ExitCode::internal. Names the file on
// stderr. Call it once, on the main thread.
void install_crash_files(const std::string& folder);

}  // namespace leat::daemon
