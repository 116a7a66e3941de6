#include "daemon/signals.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"

namespace leat::daemon {
namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&set, signal);
  return set;
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigaction(signal, &action, nullptr);
}

void exit_now(int signal) { ::_exit(128 + signal); }

}  // namespace

Signals::Signals() {
  const sigset_t set = watched();
  LEAT_CHECK(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  handle(SIGPIPE, SIG_IGN);
  fd_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  LEAT_CHECK(fd_ >= 0);
}

Signals::~Signals() {
  ::close(fd_);
  for (const int signal : {SIGTERM, SIGINT, SIGPIPE}) handle(signal, SIG_DFL);
  const sigset_t set = watched();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

std::optional<int> Signals::next(Duration at_most) {
  int wait_ms = -1;
  if (at_most >= Duration::zero()) {
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(at_most).count();
    wait_ms = static_cast<int>(std::min<std::int64_t>(ms, 3'600'000));
  }
  pollfd entry{fd_, POLLIN, 0};
  if (::poll(&entry, 1, wait_ms) <= 0) return std::nullopt;
  signalfd_siginfo about{};
  if (::read(fd_, &about, sizeof(about)) != static_cast<ssize_t>(sizeof(about)))
    return std::nullopt;
  return static_cast<int>(about.ssi_signo);
}

void Signals::die_on_next() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT}) {
    handle(signal, exit_now);
    sigaddset(&set, signal);
  }
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace leat::daemon
