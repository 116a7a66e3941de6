#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kafka/source.h"

namespace leat::kafka {

// One commit on its way: repeated while its errors go away by themselves and its partitions are
// still ours.
struct KafkaSource::Commit {
  EpochId epoch;
  std::uint64_t assignment = 0;
  std::vector<std::pair<const record::Origin*, std::int64_t>> offsets;
  std::map<const record::Origin*, std::int64_t> event_times;  // microseconds; none = kNoTime
  std::string metadata;
  std::function<void(Status)> done;  // of the coordinator; empty for the starts of a claim
  bool for_claim = false;
  bool sent = false;
  Instant retry_at = base::kNever;
};

}  // namespace leat::kafka
