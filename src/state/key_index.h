#pragma once

#include <cstdint>
#include <memory>

namespace leat::state {

// Finds the rows of one key group by hash: open addressing with linear probing, a tag of 32 bits and
// the row's number per slot, so that growing reads no row and costs no other group anything. At most
// 3/4 full. Thread-confined.
class KeyIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  void prefetch(std::uint64_t hash) const noexcept {
    __builtin_prefetch(slots_.get() + (static_cast<std::uint32_t>(hash) & mask_));
  }
  // The first row with the tag of `hash` of which `is_it(row)` is true; kNone = none.
  template <class IsIt>
  std::uint32_t find(std::uint64_t hash, IsIt is_it) const {
    if (used_ == 0) return kNone;
    const auto tag = static_cast<std::uint32_t>(hash);
    for (std::uint32_t at = tag & mask_; slots_[at].row != kNone; at = (at + 1) & mask_)
      if (slots_[at].tag == tag && is_it(slots_[at].row)) return slots_[at].row;
    return kNone;
  }
  // Requires: the row is not there yet.
  void insert(std::uint64_t hash, std::uint32_t row);
  // Requires: the row is there.
  void erase(std::uint64_t hash, std::uint32_t row) noexcept;

  std::uint32_t size() const noexcept { return used_; }
  std::size_t bytes() const noexcept {
    return slots_ == nullptr ? 0 : (std::size_t{mask_} + 1) * sizeof(Slot);
  }

 private:
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t row = kNone;
  };
  void grow();
  void place(Slot slot) noexcept;

  std::unique_ptr<Slot[]> slots_;
  std::uint32_t mask_ = 0;
  std::uint32_t used_ = 0;
};

}  // namespace leat::state
