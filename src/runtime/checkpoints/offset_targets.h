#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "flow/source.h"
#include "runtime/checkpoint.h"
#include "spec/pipeline.h"

// Where the partitions of a stopped pipeline are to go on. Values; pure.
namespace leat::runtime {

struct OffsetTarget {
  enum class Kind : std::uint8_t { earliest, latest, shift, at, time } kind = Kind::earliest;
  std::int64_t shift = 0;                  // records, added to what is committed
  std::map<std::string, std::int64_t> at;  // "<topic>-<partition>" → next offset
  WallTime time;                           // the first record that is not older, by its timestamp
};

// What becomes of the state that belongs to the offsets as they were.
enum class StateChoice : std::uint8_t { keep, discard };

struct OffsetsReceipt {
  std::vector<MovedPartition> moved;  // also those that stand there already
  std::optional<StateChoice> state;   // absent: there is none
};

// New positions, and the same for people.
struct OffsetMoves {
  std::vector<flow::PartitionPosition> positions;
  std::vector<MovedPartition> moved;
};
// `partitions`: what Source::lag() gave of all `specs`. `sources`: the ids of those that move; none =
// all. `found`: what Source::find() gave, for `time`. A shift ends at the ends of a partition; `at`
// moves the partitions it names. Code invalid_argument with INVALID_BODY in the field `problem`: a
// source or partition that is not there, an offset outside of its partition, a partition that cannot
// be asked.
Result<OffsetMoves> plan_offsets(const OffsetTarget& target,
                                 const std::vector<spec::SourceSpec>& specs,
                                 const std::vector<std::string>& sources,
                                 const std::vector<flow::PartitionLag>& partitions,
                                 const std::vector<flow::PartitionPosition>& found);

}  // namespace leat::runtime
