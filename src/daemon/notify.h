#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "daemon/config.h"

namespace leat::daemon {

// Tells the service manager how it goes: datagrams to $NOTIFY_SOCKET, as sd_notify(3) does. Does
// nothing without one. Immutable.
class ServiceNotifier {
 public:
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID (when it names another process, there is no
  // watchdog).
  explicit ServiceNotifier(const ConfigInput& environment);

  void ready() const { send("READY=1"); }
  void stopping() const { send("STOPPING=1"); }
  void alive() const { send("WATCHDOG=1"); }
  // How often alive() is due: half of what the manager waits; 0 = never.
  Duration interval() const noexcept { return interval_; }

 private:
  void send(std::string_view text) const;
  std::string path_;
  Duration interval_{};
};

}  // namespace leat::daemon
