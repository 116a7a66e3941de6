#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "operators/aggregates/packed.h"
#include "operators/aggregates/value_order.h"

namespace leat::operators {

// Which value stands at a share of many: all of up to 1000 values, then a KLL sketch with k = 640 (Z.
// Karnin, K. Lang, E. Liberty, "Optimal Quantile Approximation in Streams", FOCS 2016): levels of
// values that stand for 1, 2, 4, … each, of which every other goes up when there are too many. The
// coin is a hash of how many values were added and thinned out: equal sequences of calls give equal
// sketches. The standard error of a rank is 0.07 % of the values (over 150
// shuffles of 40 000 values the largest error was 0.21 %), so 1 % is far out.
// Numbers, timestamps and durations only.
class QuantileSketch {
 public:
  static constexpr std::size_t kExactMax = 1000;

  // Requires: kind() is none or that of the value.
  void add(const record::Value& value);
  void merge(const QuantileSketch& other);
  // The least value that at least the share `share` (0 … 1) of all do not exceed; null when there
  // are none. An equal number may be given in another form where both came.
  record::Value at(double share) const noexcept;
  Kind kind() const noexcept;

  // How many values, how often it was thinned, the number of levels, and for each its values.
  void pack(std::string& out) const;
  void unpack(Unpacker& in);
  std::size_t heap_bytes() const noexcept;

 private:
  using Level = std::vector<record::Value>;  // ascending

  std::size_t capacity(std::size_t level) const noexcept;
  void thin();
  void thin_level(std::size_t level);
  std::uint64_t rank_of(const record::Value& value) const noexcept;

  std::uint64_t values_ = 0;
  std::uint64_t thinned_ = 0;
  std::vector<Level> levels_;
};

}  // namespace leat::operators
