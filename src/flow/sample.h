#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "spec/pipeline.h"

namespace leat::flow {

// A record of a real source, copied. A value.
struct SampledRecord {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;  // nothing = a tombstone
  std::vector<std::pair<std::string, std::string>> headers;
};

using SampleReply = std::function<void(Result<std::vector<SampledRecord>>)>;

// Reads some of the newest records of sources of one kind, for people who want to see what a
// definition makes of them. Belongs to no group and commits nothing. Thread-safe.
class Sampler {
 public:
  virtual ~Sampler() = default;
  // Up to `records_max` records, by time; fewer when there are no more, or when time (a few
  // seconds) or memory runs out. The reply comes once, on any thread, later or before the call
  // returns. UNAVAILABLE when too many are being read already.
  virtual void sample(const spec::SourceSpec& source, std::size_t records_max,
                      SampleReply reply) = 0;
  // Lets go of what has replied. Not from a reply.
  virtual void collect() = 0;
  // Nothing replies any more once it returned; waits for what is being read. Not from a reply.
  virtual void stop() = 0;
};

}  // namespace leat::flow
