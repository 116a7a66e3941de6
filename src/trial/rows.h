#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leat::trial {

// A record as a source reads it. A value.
struct InputRow {
  std::int32_t partition = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;  // nothing = a tombstone
  std::int64_t timestamp_ms = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::size_t item = 0;  // its place in what was written for the source, from 0
};

// A record as a sink wrote it. A value.
struct OutputRow {
  std::optional<std::string> key;
  std::optional<std::string> value;  // nothing = a tombstone
  std::int64_t timestamp_ms = 0;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  std::optional<std::int32_t> partition;  // nothing: chosen by the cluster's number of partitions
  std::string topic;                      // "" of sinks without one
};

}  // namespace leat::trial
