#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/status.h"

namespace leat::local {

// What was committed: where each source goes on, and the epoch with its metadata. A value.
struct Positions {
  EpochId epoch;
  std::string metadata;
  std::map<std::string, std::int64_t> next;         // by source id
  std::map<std::string, std::int64_t> event_times;  // the same, in microseconds, where there is one
};

// Nothing when the file is not there; data_loss when it is damaged.
Result<std::optional<Positions>> read_positions(const std::string& path);
// Replaces the file: a crash leaves the old or the new one.
Status write_positions(const std::string& path, const Positions& positions);

}  // namespace leat::local
