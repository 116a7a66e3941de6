#pragma once

#include <cstdint>

#include "base/status.h"

namespace leat::plugin {

struct SandboxLimits {
  std::uint64_t memory_bytes = std::uint64_t{256} * 1024 * 1024;  // that it may add to what it has
  std::uint32_t cpu_seconds = 10;
};

// Takes from this process, for good, what a plugin under test needs not: new privileges, core dumps,
// memory and processor time beyond the limits, and by a seccomp filter everything but reading files,
// memory, time, threads and writing to descriptors that are open: no sockets, no new programs, no
// other processes, nothing opened for writing, renamed, linked or removed. What is not allowed gives EPERM.
// Fails when the kernel refuses; the process is then not fit to load a plugin. Requires: one thread.
Status enter_sandbox(const SandboxLimits& limits);

}  // namespace leat::plugin
