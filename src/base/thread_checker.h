#pragma once

#include <atomic>
#include <thread>

#include "base/check.h"

namespace leat::base {

// Guards a thread-confined object: the first caller's thread becomes its home. Free in builds
// without LEAT_CHECKS.
class ThreadChecker {
 public:
#ifdef LEAT_DCHECKS
  void check() const noexcept {
    std::thread::id expected{};
    const std::thread::id self = std::this_thread::get_id();
    if (!home_.compare_exchange_strong(expected, self)) LEAT_CHECK(expected == self);
  }
  // The next caller's thread becomes the home: for hand-overs.
  void detach() noexcept { home_.store(std::thread::id{}); }

 private:
  mutable std::atomic<std::thread::id> home_{};
#else
  void check() const noexcept {}
  void detach() noexcept {}
#endif
};

}  // namespace leat::base
