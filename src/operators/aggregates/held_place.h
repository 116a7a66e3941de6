#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "operators/aggregates/function.h"
#include "operators/aggregates/packed.h"

namespace leat::operators {

// A RowPlace with names instead of pointers. A view.
struct Place {
  std::int64_t event_time_us = 0;
  std::string_view topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::uint64_t ordinal = 0;
  std::string_view made_as;
};
Place place_of(const RowPlace& row) noexcept;
// -1, 0, 1: by the members in their order.
int compare(const Place& a, const Place& b) noexcept;

// A place that owns its names.
class HeldPlace {
 public:
  HeldPlace() = default;
  explicit HeldPlace(const Place& place) { assign(place); }

  void assign(const Place& place);
  Place view() const noexcept;

  // The time counts from `before`'s, and a topic equal to its one is not written again; null =
  // nothing stands before. unpack() is given the same.
  void pack(const HeldPlace* before, std::string& out) const;
  void unpack(const HeldPlace* before, Unpacker& in);
  std::size_t heap_bytes() const noexcept;

 private:
  std::int64_t event_time_us_ = 0;
  std::int64_t offset_ = 0;
  std::uint64_t ordinal_ = 0;
  std::int32_t partition_ = 0;
  std::uint32_t topic_size_ = 0;
  std::string names_;  // topic, made_as
};

}  // namespace leat::operators
