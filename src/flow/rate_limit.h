#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace leat::flow {

// Records and bytes per second as two token buckets that refill with time. A tenth of a second's
// worth may come at once after a quiet time; otherwise a hundredth is collected first, so that a
// limit does not turn batches into single records. Bytes are known only afterwards and are paid
// back by waiting. Thread-confined.
class RateLimit {
 public:
  // 0 = no limit.
  RateLimit(std::uint64_t records_per_second, std::uint64_t bytes_per_second) noexcept;

  bool any() const noexcept { return records_.rate > 0 || bytes_.rate > 0; }
  // How many records may be taken now, at most `rows_max`; 0 = wait until ready_at().
  std::size_t allow(std::size_t rows_max, Instant now) noexcept;
  void spend(std::uint64_t records, std::uint64_t bytes) noexcept;
  Instant ready_at() const noexcept { return ready_at_; }

 private:
  struct Bucket {
    double rate = 0;     // per second
    double quantum = 0;  // collected before any is given
    double tokens = 0;   // negative = to be paid back
    void refill(double seconds) noexcept;
    Duration missing() const noexcept;
  };

  Bucket records_;
  Bucket bytes_;
  Instant refilled_at_{};
  Instant ready_at_{};
  bool started_ = false;
};

}  // namespace leat::flow
