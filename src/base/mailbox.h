#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

#include "base/wakeup.h"

namespace leat::base {

// Commands from any thread to the one that owns the mailbox. Pushing wakes the owner. Thread-safe;
// control plane only.
template <class T>
class Mailbox {
 public:
  static constexpr std::size_t kItemsMax = 65536;

  explicit Mailbox(Wakeup& wakeup) : wakeup_(wakeup) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // False when kItemsMax commands wait already.
  bool push(T item) {
    {
      const std::lock_guard lock(mutex_);
      if (items_.size() >= kItemsMax) return false;
      items_.push_back(std::move(item));
      pending_.store(true, std::memory_order_release);
    }
    wakeup_.wake();
    return true;
  }
  // Takes all that waits, in order. The owner's thread. Costs one load when there is nothing.
  std::vector<T> take() {
    std::vector<T> taken;
    if (!pending_.load(std::memory_order_acquire)) return taken;
    const std::lock_guard lock(mutex_);
    taken.swap(items_);
    pending_.store(false, std::memory_order_relaxed);
    return taken;
  }
  bool pending() const noexcept { return pending_.load(std::memory_order_acquire); }

 private:
  Wakeup& wakeup_;
  std::mutex mutex_;
  std::vector<T> items_;
  std::atomic<bool> pending_{false};
};

}  // namespace leat::base
