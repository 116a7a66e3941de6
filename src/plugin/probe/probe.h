#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "plugin/inspect.h"
#include "plugin/listing.h"
#include "plugin/probe/sandbox.h"

namespace leat::plugin {

// The hidden command of the program that is the probe: `leat __probe <library> <memory bytes>`.
inline constexpr const char* kProbeCommand = "__probe";

struct ProbeOptions {
  std::string program = "/proc/self/exe";  // runs probe_main() for kProbeCommand
  Duration timeout = std::chrono::seconds(2);
  std::uint64_t memory_bytes = SandboxLimits().memory_bytes;
};

// Loads the library in another process, in a sandbox, lets it add its functions and tries them (check
// 5). Gives the listing, or PROBE_CRASHED, PROBE_TIMEOUT, PROBE_FAILED (the probe itself could not work),
// LOAD_FAILED, INIT_FAILED, BAD_FUNCTION, NOT_BATCH_INVARIANT. Blocks up to the timeout; no process is left. Thread-safe.
Checked<std::vector<FunctionInfo>> probe_library(const std::string& path,
                                                 const ProbeOptions& options, const Clock& clock);

// The other process: everything after the program's name, `__probe` first. Writes what it finds to
// descriptor 3 and ends; gives the exit status for main().
int probe_main(const std::vector<std::string>& arguments);

}  // namespace leat::plugin
