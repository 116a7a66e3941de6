#include "operators/aggregates/distinct_sketch.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

namespace leat::operators {
namespace {

constexpr std::uint32_t kRankBits = 6;
constexpr std::uint32_t kRankMask = (1U << kRankBits) - 1;

// Ertl's sigma and tau.
double sigma(double x) noexcept {
  if (x == 1.0) return std::numeric_limits<double>::infinity();
  double y = 1.0;
  double z = x;
  for (double before = -1.0; before != z;) {
    before = z;
    x *= x;
    z += x * y;
    y += y;
  }
  return z;
}

double tau(double x) noexcept {
  if (x == 0.0 || x == 1.0) return 0.0;
  double y = 1.0;
  double z = 1.0 - x;
  for (double before = -1.0; before != z;) {
    before = z;
    x = std::sqrt(x);
    y *= 0.5;
    z -= (1.0 - x) * (1.0 - x) * y;
  }
  return z / 3.0;
}

}  // namespace

void DistinctSketch::add(std::uint64_t hash) {
  const std::uint64_t behind = hash << kSparseBits;
  const int zeros = std::min(std::countl_zero(behind), 64 - kSparseBits);
  const auto entry = static_cast<std::uint32_t>(hash >> (64 - kSparseBits)) << kRankBits |
                     static_cast<std::uint32_t>(zeros + 1);
  if (dense_ != nullptr)
    add_dense(entry);
  else
    add_sparse(entry);
}

void DistinctSketch::add_sparse(std::uint32_t entry) {
  const auto at = std::lower_bound(sparse_.begin(), sparse_.end(), entry & ~kRankMask);
  if (at != sparse_.end() && (*at ^ entry) <= kRankMask) {
    *at = std::max(*at, entry);
    return;
  }
  sparse_.insert(at, entry);
  if (sparse_.size() > kSparseMax) become_dense();
}

void DistinctSketch::add_dense(std::uint32_t entry) noexcept {
  constexpr int kBetween = kSparseBits - kBits;
  const std::uint32_t index = entry >> (kRankBits + kBetween);
  const std::uint32_t between = entry >> kRankBits & ((1U << kBetween) - 1);
  const std::uint32_t rank =
      between != 0 ? static_cast<std::uint32_t>(std::countl_zero(between) - (32 - kBetween) + 1)
                   : static_cast<std::uint32_t>(kBetween) + (entry & kRankMask);
  std::uint8_t& held = (*dense_)[index];
  held = std::max(held, static_cast<std::uint8_t>(rank));
}

void DistinctSketch::become_dense() {
  dense_ = std::make_unique<Registers>();
  for (const std::uint32_t entry : sparse_) add_dense(entry);
  std::vector<std::uint32_t>().swap(sparse_);
}

void DistinctSketch::merge(const DistinctSketch& other) {
  if (other.dense_ != nullptr && dense_ == nullptr) become_dense();
  for (const std::uint32_t entry : other.sparse_)
    if (dense_ != nullptr)
      add_dense(entry);
    else
      add_sparse(entry);
  if (other.dense_ == nullptr) return;
  std::transform(dense_->begin(), dense_->end(), other.dense_->begin(), dense_->begin(),
                 [](std::uint8_t a, std::uint8_t b) { return std::max(a, b); });
}

double DistinctSketch::sparse_estimate() const noexcept {
  constexpr double kPlaces = 1U << kSparseBits;
  return -kPlaces * std::log1p(-static_cast<double>(sparse_.size()) / kPlaces);
}

double DistinctSketch::dense_estimate() const noexcept {
  constexpr double kCount = kRegisters;
  std::array<double, kTop + 1> with{};
  for (const std::uint8_t value : *dense_) with[value] += 1.0;
  double z = kCount * tau(1.0 - with[kTop] / kCount);
  for (std::size_t k = kTop - 1; k >= 1; --k) z = 0.5 * (z + with[k]);
  z += kCount * sigma(with[0] / kCount);
  return kCount * kCount / (2.0 * std::numbers::ln2 * z);
}

std::uint64_t DistinctSketch::estimate() const noexcept {
  constexpr double kMost = 9.0e18;
  const double about = dense_ != nullptr ? dense_estimate() : sparse_estimate();
  return static_cast<std::uint64_t>(std::min(std::round(about), kMost));
}

void DistinctSketch::pack(std::string& out) const {
  put_varint(dense_ != nullptr ? 1 : 0, out);
  if (dense_ == nullptr) {
    put_varint(sparse_.size(), out);
    std::uint32_t before = 0;
    for (const std::uint32_t entry : sparse_) {
      put_varint(entry - before, out);
      before = entry;
    }
    return;
  }
  for (std::size_t i = 0; i < kRegisters; i += 4) {
    std::uint32_t four = 0;
    for (std::size_t j = 0; j < 4; ++j) four |= std::uint32_t{(*dense_)[i + j]} << (6 * j);
    for (unsigned j = 0; j < 3; ++j) out.push_back(static_cast<char>(four >> (8 * j)));
  }
}

void DistinctSketch::unpack(Unpacker& in) {
  const std::uint64_t form = in.varint();
  if (form > 1) return in.fail();
  if (form == 0) {
    const std::size_t count = in.count(1);
    if (count > kSparseMax) return in.fail();
    std::uint64_t entry = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t next = entry + in.varint();
      const bool same_place = i > 0 && next >> kRankBits == entry >> kRankBits;
      const std::uint64_t rank = next & kRankMask;
      if (next < entry || next >> (kSparseBits + kRankBits) != 0 || same_place || rank == 0 ||
          rank > 64 - kSparseBits + 1)
        return in.fail();
      sparse_.push_back(static_cast<std::uint32_t>(next));
      entry = next;
    }
    return;
  }
  const std::string_view packed = in.raw(kRegisters * 6 / 8);
  if (!in.ok()) return;
  dense_ = std::make_unique<Registers>();
  for (std::size_t i = 0; i < kRegisters; ++i) {
    const std::size_t bit = i * 6;
    std::uint32_t two = static_cast<std::uint8_t>(packed[bit / 8]);
    if (bit / 8 + 1 < packed.size())
      two |= std::uint32_t{static_cast<std::uint8_t>(packed[bit / 8 + 1])} << 8;
    (*dense_)[i] = static_cast<std::uint8_t>(two >> (bit % 8) & kRankMask);
    if ((*dense_)[i] > kTop) return in.fail();
  }
}

std::size_t DistinctSketch::heap_bytes() const noexcept {
  return sparse_.capacity() * sizeof(std::uint32_t) + (dense_ != nullptr ? sizeof(Registers) : 0);
}

}  // namespace leat::operators
