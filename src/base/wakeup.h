#pragma once

#include <atomic>

#include "base/clock.h"

namespace leat::base {

// Lets one thread sleep until another has something for it: an eventfd that is written only when
// the owner said it sleeps. wake() and fd() are thread-safe; sleep() belongs to the owner.
class Wakeup {
 public:
  Wakeup();
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  // The owner returns from sleep() now, or at once from the next one.
  void wake() noexcept;
  // For others that write an 8-byte 1 to it by themselves (librdkafka's queue wake-ups): they
  // always wake the owner.
  int fd() const noexcept { return fd_; }
  // Announces sleep. Between this and sleep() the owner must look once more whether there is work;
  // if so, cancel().
  void announce() noexcept { asleep_.store(true, std::memory_order_seq_cst); }
  void cancel() noexcept { asleep_.store(false, std::memory_order_relaxed); }
  // Sleeps until woken or for `at_most` (negative = without limit). Requires: announce().
  void sleep(Duration at_most) noexcept;
  // Takes pending wake-ups without sleeping; true when there was one.
  bool drain() noexcept;

 private:
  int fd_;
  std::atomic<bool> asleep_{false};
};

}  // namespace leat::base
