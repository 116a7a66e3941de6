#include "state/row_slabs.h"

#include <sys/mman.h>

#include <cstring>
#include <new>

#include "base/check.h"

namespace leat::state {
namespace {

constexpr std::size_t kHugePage = 2 << 20;

std::align_val_t alignment_of(std::size_t bytes) {
  return std::align_val_t{bytes >= kHugePage ? kHugePage : RowSlabs::kAlignment};
}

}  // namespace

RowSlabs::~RowSlabs() {
  for (std::size_t i = 0; i < slabs_.size(); ++i)
    if (slabs_[i] != nullptr) ::operator delete(slabs_[i], alignment_of(slab_bytes(i)));
}

std::uint32_t RowSlabs::take(bool& fresh) {
  ++taken_;
  fresh = free_ == kNone;
  if (!fresh) {
    const std::uint32_t row = free_;
    std::memcpy(&free_, at(row), sizeof(free_));
    return row;
  }
  LEAT_CHECK(high_water_ < kNone - 1);
  const std::size_t slab = slab_of(high_water_ + kFirstRows);
  if (slabs_[slab] == nullptr) {
    const std::size_t bytes = slab_bytes(slab);
    slabs_[slab] = static_cast<char*>(::operator new(bytes, alignment_of(bytes)));
    if (bytes >= kHugePage) ::madvise(slabs_[slab], bytes, MADV_HUGEPAGE);
  }
  return high_water_++;
}

void RowSlabs::give_back(std::uint32_t row) noexcept {
  std::memcpy(at(row), &free_, sizeof(free_));
  free_ = row;
  --taken_;
}

}  // namespace leat::state
