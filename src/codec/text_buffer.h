#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace leat::codec {

// Bytes being written from left to right; keeps its memory for the next batch. Thread-confined.
class TextBuffer {
 public:
  std::size_t size() const noexcept { return size_; }
  const char* data() const noexcept { return memory_.get(); }
  std::string_view view() const noexcept { return {memory_.get(), size_}; }
  // Forgets what lies behind `size`.
  void truncate(std::size_t size) noexcept { size_ = size; }

  // Room for `bytes` more; what was written into it counts after advance().
  char* reserve(std::size_t bytes) {
    if (size_ + bytes > capacity_) grow(bytes);
    return memory_.get() + size_;
  }
  void advance(std::size_t bytes) noexcept { size_ += bytes; }
  void put(char c) {
    *reserve(1) = c;
    ++size_;
  }
  void append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(reserve(text.size()), text.data(), text.size());
    size_ += text.size();
  }

 private:
  void grow(std::size_t bytes) {
    const std::size_t wanted = std::max({size_ + bytes, capacity_ * 2, std::size_t{4096}});
    std::unique_ptr<char[]> larger(new char[wanted]);
    if (size_ != 0) std::memcpy(larger.get(), memory_.get(), size_);
    memory_ = std::move(larger);
    capacity_ = wanted;
  }

  std::unique_ptr<char[]> memory_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace leat::codec
