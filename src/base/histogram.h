#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace leat::base {

// Counts of a quantity in log-linear buckets: 16 per power of two, so a percentile is right
// within 6.25 %. Values are microseconds (or any unsigned unit); larger than 2^36 counts as 2^36.
// Single writer, any reader; mergeable.
class Histogram {
 public:
  static constexpr int kSubBits = 4;
  static constexpr int kMaxBits = 36;
  static constexpr std::size_t kBuckets = static_cast<std::size_t>(kMaxBits - kSubBits + 2)
                                          << kSubBits;

  void add(std::uint64_t value, std::uint64_t count = 1) noexcept {
    auto& slot = counts_[bucket_of(value)];
    slot.store(slot.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
    sum_.store(sum_.load(std::memory_order_relaxed) + value * count, std::memory_order_relaxed);
    if (value > max_.load(std::memory_order_relaxed)) max_.store(value, std::memory_order_relaxed);
  }
  std::uint64_t count(std::size_t bucket) const noexcept {
    return counts_[bucket].load(std::memory_order_relaxed);
  }
  std::uint64_t sum() const noexcept { return sum_.load(std::memory_order_relaxed); }
  std::uint64_t max() const noexcept { return max_.load(std::memory_order_relaxed); }

  static constexpr std::size_t bucket_of(std::uint64_t value) noexcept {
    constexpr std::uint64_t kTop = (std::uint64_t{1} << kMaxBits) - 1;
    if (value > kTop) value = kTop;
    if (value < (1u << kSubBits)) return static_cast<std::size_t>(value);
    const int shift = static_cast<int>(std::bit_width(value)) - kSubBits - 1;
    return (static_cast<std::size_t>(shift + 1) << kSubBits) +
           ((value >> shift) & ((1u << kSubBits) - 1));
  }
  // The largest value that falls into `bucket`.
  static constexpr std::uint64_t upper_bound_of(std::size_t bucket) noexcept {
    if (bucket < (1u << kSubBits)) return bucket;
    const auto shift = static_cast<int>(bucket >> kSubBits) - 1;
    const std::uint64_t sub = bucket & ((1u << kSubBits) - 1);
    return ((((std::uint64_t{1} << kSubBits) + sub + 1) << shift) - 1);
  }

 private:
  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
  std::atomic<std::uint64_t> sum_{0};
  std::atomic<std::uint64_t> max_{0};
};

// The sum of several histograms at one moment, to be asked for percentiles. A value.
class HistogramSnapshot {
 public:
  void merge(const Histogram& histogram) noexcept;
  void merge(const HistogramSnapshot& other) noexcept;
  // Takes an earlier snapshot of the same counts away, which leaves what came since.
  void subtract(const HistogramSnapshot& earlier) noexcept;
  std::uint64_t total() const noexcept { return total_; }
  std::uint64_t sum() const noexcept { return sum_; }
  std::uint64_t max() const noexcept;
  // The value that a share `q` (0…1) of all values does not exceed; 0 without data.
  std::uint64_t quantile(double q) const noexcept;
  // How many values are at most `value` (bucket precision).
  std::uint64_t count_up_to(std::uint64_t value) const noexcept;

 private:
  std::array<std::uint64_t, Histogram::kBuckets> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t sum_ = 0;
};

}  // namespace leat::base
