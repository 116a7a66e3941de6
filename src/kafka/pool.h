#pragma once

#include <atomic>
#include <cstdint>

namespace leat::kafka {

// Keeps objects for reuse: any thread gives back, one thread takes. T has a member `T* next_free`.
// Thread-safe as said.
template <class T>
class Pool {
 public:
  explicit Pool(std::uint32_t kept_max) : kept_max_(kept_max) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // False when enough are kept: the caller frees it.
  bool give(T* object) noexcept {
    if (kept_.fetch_add(1, std::memory_order_relaxed) >= kept_max_) {
      kept_.fetch_sub(1, std::memory_order_relaxed);
      return false;
    }
    T* head = returned_.load(std::memory_order_relaxed);
    do object->next_free = head;
    while (!returned_.compare_exchange_weak(head, object, std::memory_order_release,
                                            std::memory_order_relaxed));
    return true;
  }
  // Null when there is none. The taker's thread.
  T* take() noexcept {
    if (mine_ == nullptr) mine_ = returned_.exchange(nullptr, std::memory_order_acquire);
    if (mine_ == nullptr) return nullptr;
    T* const object = mine_;
    mine_ = object->next_free;
    kept_.fetch_sub(1, std::memory_order_relaxed);
    return object;
  }

 private:
  const std::uint32_t kept_max_;
  std::atomic<T*> returned_{nullptr};
  std::atomic<std::uint32_t> kept_{0};
  T* mine_ = nullptr;
};

}  // namespace leat::kafka
