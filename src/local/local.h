#pragma once

#include <string>
#include <vector>

#include "flow/registry.h"

namespace leat::local {

struct LocalOptions {
  std::vector<std::string> read_folders;   // files.read; relative paths are beneath the first
  std::vector<std::string> write_folders;  // files.write
  int stdout_fd = 1;                       // where the sink `stdout` writes
};

// Adds the sources "file" and "generator", the sinks "file" and "stdout", and "dead_letters", which
// pipelines without Kafka use. Their factories share
// what they remember over restarts of a pipeline, and are called on the control thread.
void register_local(flow::Registry& registry, const LocalOptions& options);

}  // namespace leat::local
