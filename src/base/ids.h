#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace leat::base {

// A number with a meaning: two of them with different tags cannot be swapped by mistake. A value.
template <class Tag, class Rep>
class Id {
 public:
  constexpr Id() noexcept = default;
  constexpr explicit Id(Rep value) noexcept : value_(value) {}
  constexpr Rep value() const noexcept { return value_; }
  constexpr Id next() const noexcept { return Id(static_cast<Rep>(value_ + 1)); }
  friend constexpr auto operator<=>(const Id&, const Id&) noexcept = default;

 private:
  Rep value_{};
};

}  // namespace leat::base

namespace leat {
using PartitionId = base::Id<struct PartitionTag, std::int32_t>;  // a partition of a topic
using Offset = base::Id<struct OffsetTag, std::int64_t>;   // a place in a partition; commits name
                                                           // the *next* one to read
using EpochId = base::Id<struct EpochTag, std::uint64_t>;  // numbers from 1; 0 = none
using SliceId =
    base::Id<struct SliceTag, std::uint32_t>;  // which of the parallel tasks of a stage, from 0
}  // namespace leat

template <class Tag, class Rep>
struct std::hash<leat::base::Id<Tag, Rep>> {
  std::size_t operator()(const leat::base::Id<Tag, Rep>& id) const noexcept {
    return std::hash<Rep>()(id.value());
  }
};
