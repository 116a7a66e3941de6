#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace leat::base {

// Memory that is given out in small pieces and freed all at once: one per batch. Thread-confined.
class Arena {
 public:
  static constexpr std::size_t kBlockBytes = 16 * 1024;

  Arena() = default;
  Arena(Arena&&) noexcept = default;
  Arena& operator=(Arena&&) noexcept = default;

  // `bytes` of memory aligned to `alignment` (a power of two, at most 64). Never null.
  char* allocate(std::size_t bytes, std::size_t alignment = 8) {
    const std::size_t at = (used_ + alignment - 1) & ~(alignment - 1);
    if (at + bytes > capacity_) return allocate_in_new_block(bytes);
    used_ = at + bytes;
    return current_ + at;
  }

  // A copy that lives as long as the arena.
  std::string_view copy(std::string_view bytes) {
    if (bytes.empty()) return {};
    char* at = allocate(bytes.size(), 1);
    std::memcpy(at, bytes.data(), bytes.size());
    return {at, bytes.size()};
  }

  // An array of `count` value-initialised T.
  template <class T>
  std::span<T> array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    T* at = reinterpret_cast<T*>(allocate(count * sizeof(T), alignof(T)));
    for (std::size_t i = 0; i < count; ++i) ::new (static_cast<void*>(at + i)) T();
    return {at, count};
  }

  // Gives back the tail of the last allocation, of which only the first `used` bytes at `at` are
  // kept.
  void shrink_last(char* at, std::size_t used) noexcept {
    if (at >= current_ && at <= current_ + used_)
      used_ = static_cast<std::size_t>(at - current_) + used;
  }

  std::size_t bytes() const noexcept { return total_; }
  // Frees all but the first block, which is used again.
  void clear() noexcept;

 private:
  char* allocate_in_new_block(std::size_t bytes);

  struct Block {
    std::unique_ptr<char[]> memory;
    std::size_t capacity;
  };
  char* current_ = nullptr;
  std::size_t used_ = 0;
  std::size_t capacity_ = 0;
  std::size_t total_ = 0;
  std::vector<Block> blocks_;
};

}  // namespace leat::base
