#pragma once

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/arena.h"
#include "expr/kernel.h"

namespace leat::expr {

// Puts a text together in an arena, of at most kTextBytesMax bytes; what is beyond is dropped and
// the result is VALUE_TOO_LARGE. Thread-confined.
class TextBuilder {
 public:
  // `expected`: bytes that the text will probably have.
  explicit TextBuilder(base::Arena& arena, std::size_t expected = 0) : arena_(arena) {
    if (expected > 0 && expected <= kTextBytesMax) grow(expected);
  }
  TextBuilder(const TextBuilder&) = delete;
  TextBuilder& operator=(const TextBuilder&) = delete;

  void put(char c) {
    if (size_ == capacity_ && !grow(1)) return;
    at_[size_++] = c;
  }
  void put(std::string_view piece) {
    if (piece.size() > capacity_ - size_ && !grow(piece.size())) return;
    if (!piece.empty()) std::memcpy(at_ + size_, piece.data(), piece.size());
    size_ += piece.size();
  }
  std::size_t size() const noexcept { return size_; }
  bool too_large() const noexcept { return too_large_; }

  // What was put so far; valid until more is put.
  std::string_view view() const noexcept { return {at_, size_}; }
  // The text, or VALUE_TOO_LARGE. Call once.
  Value string() { return too_large_ ? fail(kTooLarge) : Value::string(finish()); }
  Value bytes() { return too_large_ ? fail(kTooLarge) : Value::bytes(finish()); }

 private:
  bool grow(std::size_t more) {
    if (too_large_ || more > kTextBytesMax - size_) {
      too_large_ = true;
      return false;
    }
    std::size_t wanted = std::max(size_ + more, kSmallest);
    if (size_ > 0) wanted = std::min(wanted * 2, kTextBytesMax);
    char* const grown = arena_.allocate(wanted, 1);
    if (size_ > 0) std::memcpy(grown, at_, size_);
    at_ = grown;
    capacity_ = wanted;
    return true;
  }
  std::string_view finish() {
    // Only when nothing was allocated behind it.
    if (capacity_ > 0 && arena_.allocate(0, 1) == at_ + capacity_) arena_.shrink_last(at_, size_);
    return {at_, size_};
  }

  static constexpr std::size_t kSmallest = 64;

  base::Arena& arena_;
  char* at_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  bool too_large_ = false;
};

}  // namespace leat::expr
