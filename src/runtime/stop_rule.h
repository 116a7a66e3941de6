#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "spec/pipeline.h"

namespace leat::runtime {

// `stop_if`: whether too many records failed during the last `over`, or since the run began when
// that is shorter. Looks at running totals once a second. Control thread.
class StopRule {
 public:
  struct Totals {
    std::uint64_t records = 0;  // read
    std::uint64_t errors = 0;   // rows that failed, whatever became of them
    std::uint64_t late = 0;
  };

  explicit StopRule(const spec::StopIfSpec& spec) : spec_(spec) {}
  // What was counted before does not matter any more.
  void begin(Instant now, const Totals& totals);
  // "STOP_IF: error_ratio 0.07 > 0.05 over 1m", or nothing.
  std::optional<std::string> look(Instant now, const Totals& totals);
  Instant next_look() const noexcept { return next_; }

 private:
  static constexpr std::size_t kSamplesMax = 3600;

  Duration step() const noexcept;
  double measured(const Totals& from, const Totals& to) const noexcept;

  const spec::StopIfSpec spec_;
  std::deque<std::pair<Instant, Totals>> samples_;  // the first is where the window begins
  Instant next_ = base::kNever;
};

}  // namespace leat::runtime
