#include "base/arena.h"

#include <algorithm>

namespace leat::base {

char* Arena::allocate_in_new_block(std::size_t bytes) {
  // operator new[] of char is aligned for every fundamental type; 64 more bytes let us align by
  // hand to a cache line.
  const std::size_t wanted =
      std::max({kBlockBytes, bytes + 64, std::min<std::size_t>(total_, 1024 * 1024)});
  blocks_.push_back({std::unique_ptr<char[]>(new char[wanted]), wanted});
  total_ += wanted;
  char* base = blocks_.back().memory.get();
  const auto address = reinterpret_cast<std::uintptr_t>(base);
  const std::size_t skip = (64 - address % 64) % 64;
  current_ = base + skip;
  capacity_ = wanted - skip;
  used_ = bytes;
  return current_;
}

void Arena::clear() noexcept {
  if (blocks_.empty()) return;
  blocks_.resize(1);
  total_ = blocks_[0].capacity;
  const auto address = reinterpret_cast<std::uintptr_t>(blocks_[0].memory.get());
  const std::size_t skip = (64 - address % 64) % 64;
  current_ = blocks_[0].memory.get() + skip;
  capacity_ = blocks_[0].capacity - skip;
  used_ = 0;
}

}  // namespace leat::base
