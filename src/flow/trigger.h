#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "spec/pipeline.h"

namespace leat::flow {

// When polled records may enter the graph.
enum class Release : std::uint8_t { at_once, at_epoch_end };

// When records may enter the graph and when an epoch is cut: all that distinguishes the modes. A
// value.
struct Trigger {
  Release release = Release::at_once;
  Duration epoch_interval{};  // 0 = cut as soon as there is something to cut
  std::size_t epoch_records_max = 0;
  std::size_t epoch_bytes_max = 0;
  bool bounded = false;      // a full epoch takes no more, also where records enter at once
  bool stop_at_end = false;  // stop once everything that was there at the start is committed
  friend bool operator==(const Trigger&, const Trigger&) = default;
};

inline constexpr std::size_t kEpochRecordsMax =
    1'000'000;  // records of one epoch where the definition says nothing
inline constexpr std::size_t kEpochBytesMax = 256 * 1024 * 1024;  // bytes held by one epoch

// What a caller knows about the open epoch: a source task its own share, the coordinator the
// pipeline's.
struct EpochView {
  Instant opened_at{};
  std::size_t records = 0;  // polled since the last cut
  std::size_t bytes = 0;
  bool commit_pending = false;  // the epoch before is closed and not yet committed
  bool switch_pending = false;  // somebody asked for a cut: a switch, a pause, a stop, a rebalance
};

struct Decision {
  bool release = false;  // records that were polled may enter the graph
  bool cut = false;      // close the epoch now
  bool poll = false;     // ask the source for more
  friend bool operator==(const Decision&, const Decision&) = default;
};

// The whole policy. Pure.
Decision decide(const Trigger& trigger, const EpochView& epoch, Instant now) noexcept;
// When decide() may next want to cut because of time alone; kNever when only records or requests
// can cause it.
Instant next_cut_at(const Trigger& trigger, const EpochView& epoch) noexcept;

Trigger make_trigger(const spec::TriggerSpec& written) noexcept;

}  // namespace leat::flow
