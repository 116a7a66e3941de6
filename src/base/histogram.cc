#include "base/histogram.h"

#include <cmath>

namespace leat::base {

void HistogramSnapshot::merge(const Histogram& histogram) noexcept {
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
    const std::uint64_t n = histogram.count(i);
    counts_[i] += n;
    total_ += n;
  }
  sum_ += histogram.sum();
}

void HistogramSnapshot::merge(const HistogramSnapshot& other) noexcept {
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) counts_[i] += other.counts_[i];
  total_ += other.total_;
  sum_ += other.sum_;
}

void HistogramSnapshot::subtract(const HistogramSnapshot& earlier) noexcept {
  total_ = 0;
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
    counts_[i] = counts_[i] > earlier.counts_[i] ? counts_[i] - earlier.counts_[i] : 0;
    total_ += counts_[i];
  }
  sum_ = sum_ > earlier.sum_ ? sum_ - earlier.sum_ : 0;
}

std::uint64_t HistogramSnapshot::max() const noexcept {
  for (std::size_t i = Histogram::kBuckets; i-- > 0;)
    if (counts_[i] != 0) return Histogram::upper_bound_of(i);
  return 0;
}

std::uint64_t HistogramSnapshot::quantile(double q) const noexcept {
  if (total_ == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(total_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= wanted && seen != 0) return Histogram::upper_bound_of(i);
  }
  return max();
}

std::uint64_t HistogramSnapshot::count_up_to(std::uint64_t value) const noexcept {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < Histogram::kBuckets && Histogram::upper_bound_of(i) <= value; ++i)
    seen += counts_[i];
  return seen;
}

}  // namespace leat::base
