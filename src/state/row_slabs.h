#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace leat::state {

// Memory for rows of one size, numbered from 0; a row never moves. Slabs double in size, the large
// ones ask for huge pages; what is given back is used again, and freed with the object.
// Thread-confined.
class RowSlabs {
 public:
  static constexpr std::size_t kAlignment = 64;

  // Requires: `row_bytes` is a multiple of kAlignment.
  explicit RowSlabs(std::size_t row_bytes) noexcept : row_bytes_(row_bytes) {}
  ~RowSlabs();
  RowSlabs(const RowSlabs&) = delete;
  RowSlabs& operator=(const RowSlabs&) = delete;

  // The memory of a row that was taken at least once.
  char* at(std::uint32_t row) const noexcept {
    const std::uint64_t j = std::uint64_t{row} + kFirstRows;
    const std::size_t slab = slab_of(j);
    return slabs_[slab] + (j ^ (kFirstRows << slab)) * row_bytes_;
  }
  // A row that nobody has; `fresh` = it was never taken before.
  std::uint32_t take(bool& fresh);
  // Requires: 4 bytes at the row's beginning may be written over.
  void give_back(std::uint32_t row) noexcept;

  std::uint32_t high_water() const noexcept { return high_water_; }  // rows ever taken
  std::size_t taken() const noexcept { return taken_; }
  std::size_t row_bytes() const noexcept { return row_bytes_; }

 private:
  static constexpr std::uint64_t kFirstRows = 64;
  static constexpr std::size_t kFirstWidth = 7;  // of kFirstRows
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  static std::size_t slab_of(std::uint64_t row_beyond_first) noexcept {
    return static_cast<std::size_t>(std::bit_width(row_beyond_first)) - kFirstWidth;
  }
  std::size_t slab_bytes(std::size_t slab) const noexcept {
    return (kFirstRows << slab) * row_bytes_;
  }

  std::size_t row_bytes_;
  std::uint32_t high_water_ = 0;
  std::uint32_t free_ = kNone;  // the first of those given back; each names the next
  std::size_t taken_ = 0;
  std::array<char*, 27> slabs_{};
};

}  // namespace leat::state
