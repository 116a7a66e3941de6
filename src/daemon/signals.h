#pragma once

#include <optional>

#include "base/clock.h"

namespace leat::daemon {

// Signals as something to wait for. Construct it on the main thread before any other thread starts:
// they inherit the mask, so that every signal comes here. SIGPIPE is ignored. The destructor puts
// everything back. Thread-confined.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // The next of SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2; nothing after `at_most` (negative =
  // without limit).
  std::optional<int> next(Duration at_most);
  // From now on SIGTERM and SIGINT end the process at once with 128 + n.
  void die_on_next();

 private:
  int fd_;
};

}  // namespace leat::daemon
