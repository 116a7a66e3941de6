#include "daemon/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstring>

namespace leat::daemon {

ServiceNotifier::ServiceNotifier(const ConfigInput& environment) {
  if (const std::string* path = environment.find_variable("NOTIFY_SOCKET")) path_ = *path;
  const std::string* usec = environment.find_variable("WATCHDOG_USEC");
  const std::string* pid = environment.find_variable("WATCHDOG_PID");
  std::int64_t us = 0;
  if (path_.empty() || usec == nullptr || (pid != nullptr && *pid != std::to_string(::getpid())))
    return;
  std::from_chars(usec->data(), usec->data() + usec->size(), us);
  if (us > 0) interval_ = std::chrono::microseconds(us) / 2;
}

void ServiceNotifier::send(std::string_view text) const {
  sockaddr_un name{};
  if (path_.empty() || path_.size() >= sizeof(name.sun_path)) return;
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path_.data(), path_.size());
  if (path_.front() == '@') name.sun_path[0] = '\0';  // an abstract socket
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
  // A manager that does not listen is no reason to stop working.
  (void)::sendto(fd, text.data(), text.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&name), size);
  ::close(fd);
}

}  // namespace leat::daemon
