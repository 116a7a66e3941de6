#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "flow/rate_limit.h"
#include "flow/source.h"
#include "flow/task.h"
#include "flow/trigger.h"

namespace leat::flow {

// What the sources of one task deliver: polled as the trigger and the limits allow, and held until
// it may enter the chain. From a cut until its barrier two epochs stand in line: what is left of
// the closing one, and behind it what was polled since. Thread-confined.
class Intake {
 public:
  // Polled past a cut whose barrier has not left, when the trigger would not hold it: more than
  // this would only pile up.
  static constexpr std::size_t kAheadRecordsMax = 16'384;
  static constexpr std::size_t kAheadBytesMax = 16 * 1024 * 1024;

  struct Held {
    record::RecordBatch batch;
    std::size_t node = 0;
    std::int64_t newest_ms = 0;  // the newest timestamp in it
  };

  explicit Intake(TaskParts& parts);

  // Takes a cut up: all that was polled so far is the closing epoch, positions are those of now.
  void cut(const CutCommand& command);
  void resume() noexcept { polling_ = true; }

  // Asks the trigger. Call it once per step before the others.
  void decide_at(Instant now) noexcept { decision_ = decide(trigger_, view_, now); }
  bool cutting() const noexcept { return cut_.has_value(); }
  // The cut that is taken up is the last one.
  bool draining() const noexcept { return cut_.has_value() && cut_->drain; }
  // The cut is taken up and all of its epoch has entered the chain.
  bool drained() const noexcept { return cut_.has_value() && closing_.empty(); }
  // What may enter the chain next; null = nothing. `open_epoch_too`: the chain is past the barrier
  // of the last cut.
  Held* next(bool open_epoch_too) noexcept;
  void pop_next() noexcept;
  // The report of a drained cut; the cut is over.
  CutReport take_report(Instant now);

  // One batch from every source, unless something forbids it; true when there were records, else
  // why() tells. `direct`: the chain takes what is polled at once if the trigger releases it.
  bool poll(bool direct, Instant now);
  // Why the last poll() gave nothing.
  Wait why() const noexcept { return why_; }
  Instant wake_at() const noexcept { return wake_at_; }
  // All sources stand at the fixed end.
  bool at_end() const noexcept;
  // The same, and nothing is held.
  bool finished() const noexcept;
  std::size_t sources() const noexcept { return readers_.size(); }
  // Where the records of a source enter the chain.
  std::size_t node(std::size_t source) const noexcept { return readers_[source].node; }
  // Whether any source has event times.
  bool has_times() const noexcept;
  // How far event time is at a source, over all rows that have entered the chain.
  Watermark update_time(std::size_t source, Instant now, WallTime wall);
  // When update_time() may say something else though no row enters.
  Instant next_time_change() const noexcept;
  // The task could not poll: no partition is idle because of that.
  void held_back(Instant now) noexcept;

  // The trigger lets records of the open epoch in.
  bool releases() const noexcept { return decision_.release; }

 private:
  struct Reader {
    std::unique_ptr<SourceReader> reader;
    std::size_t node = 0;
    std::unique_ptr<SourceClock> clock;
    bool finished = false;
    std::uint64_t replayed = 0;
    std::uint64_t assignment = 0;  // that the clock knows
  };
  struct Cut {
    CutReport report;
    bool drain = false;
    std::optional<Instant> stopped_at;
  };

  Wait forbidden(bool direct) const noexcept;
  std::size_t rows_wanted() const noexcept;
  bool poll_one(Reader& source, std::size_t rows, Instant now);
  void follow_assignment(Reader& source, Instant now);
  void measure_pause(bool stopped, Instant now) noexcept;

  std::vector<Reader> readers_;
  Trigger trigger_;
  RateLimit limit_;
  IntakeMeter& meter_;
  TaskStats& stats_;
  EpochView view_;
  Decision decision_;
  bool polling_ = true;
  std::deque<Held> closing_;  // of the epoch being cut
  std::deque<Held> held_;     // of the open epoch
  std::optional<Cut> cut_;
  std::vector<PartitionPosition> assigned_;
  Wait why_ = Wait::none;
  Instant wake_at_ = base::kNever;
};

}  // namespace leat::flow
