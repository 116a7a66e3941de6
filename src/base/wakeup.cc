#include "base/wakeup.h"

#include <cerrno>
#include <cstdint>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"

namespace leat::base {

Wakeup::Wakeup() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { LEAT_CHECK(fd_ >= 0); }

Wakeup::~Wakeup() { ::close(fd_); }

void Wakeup::wake() noexcept {
  // Pairs with announce(): either we see the flag, or the owner sees our work when it looks once
  // more.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!asleep_.load(std::memory_order_relaxed)) return;
  if (!asleep_.exchange(false, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
}

void Wakeup::sleep(Duration at_most) noexcept {
  pollfd entry{fd_, POLLIN, 0};
  if (at_most.count() < 0) {
    ::ppoll(&entry, 1, nullptr, nullptr);
  } else {
    timespec limit{};
    limit.tv_sec = static_cast<time_t>(at_most.count() / 1'000'000'000);
    limit.tv_nsec = static_cast<long>(at_most.count() % 1'000'000'000);
    ::ppoll(&entry, 1, &limit, nullptr);
  }
  asleep_.store(false, std::memory_order_seq_cst);
  drain();
}

bool Wakeup::drain() noexcept {
  std::uint64_t count = 0;
  return ::read(fd_, &count, sizeof count) == static_cast<ssize_t>(sizeof count);
}

}  // namespace leat::base
