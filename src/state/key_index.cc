#include "state/key_index.h"

#include "base/check.h"

namespace leat::state {
namespace {

constexpr std::uint32_t kFirstSlots = 8;

}  // namespace

void KeyIndex::place(Slot slot) noexcept {
  std::uint32_t at = slot.tag & mask_;
  while (slots_[at].row != kNone) at = (at + 1) & mask_;
  slots_[at] = slot;
}

void KeyIndex::grow() {
  const std::uint32_t before = slots_ == nullptr ? 0 : mask_ + 1;
  LEAT_CHECK(before < std::uint32_t{1} << 31);
  const std::uint32_t after = before == 0 ? kFirstSlots : before * 2;
  const std::unique_ptr<Slot[]> old = std::move(slots_);
  slots_ = std::make_unique<Slot[]>(after);
  mask_ = after - 1;
  for (std::uint32_t i = 0; i < before; ++i)
    if (old[i].row != kNone) place(old[i]);
}

void KeyIndex::insert(std::uint64_t hash, std::uint32_t row) {
  if (slots_ == nullptr || (std::uint64_t{used_} + 1) * 4 > (std::uint64_t{mask_} + 1) * 3) grow();
  place({static_cast<std::uint32_t>(hash), row});
  ++used_;
}

void KeyIndex::erase(std::uint64_t hash, std::uint32_t row) noexcept {
  std::uint32_t hole = static_cast<std::uint32_t>(hash) & mask_;
  while (slots_[hole].row != row) hole = (hole + 1) & mask_;
  // What stands behind the hole and may not stand before its own place moves up.
  for (std::uint32_t at = (hole + 1) & mask_; slots_[at].row != kNone; at = (at + 1) & mask_) {
    const std::uint32_t wanted = slots_[at].tag & mask_;
    if (((at - wanted) & mask_) < ((at - hole) & mask_)) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = Slot();
  --used_;
}

}  // namespace leat::state
