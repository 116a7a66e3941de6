#pragma once

#include <cstdint>

#include "record/value.h"

// The order of single values: what min, max, sets and percentiles go by.
namespace leat::operators {

// Values of one kind have an order among each other; kinds stand in this order.
enum class Kind : std::uint8_t {
  boolean,
  number,  // int, uint and double, by exact value
  string,  // by code point
  bytes,
  timestamp,
  duration,
  none,  // lists, maps, JSON texts, …: no order
};
Kind kind_of(const record::Value& value) noexcept;

// -1 less, 0 equal, 1 greater. A total order over values of all kinds: no rounding between int and
// double, -0.0 equals 0.0. Requires: neither is of kind none, nor NaN.
int compare_values(const record::Value& a, const record::Value& b) noexcept;
// The same, but tells equal values apart by how they are written: int before uint before double, 0.0
// before -0.0. So that what is chosen among equal values does not depend on the order of the rows.
int compare_forms(const record::Value& a, const record::Value& b) noexcept;

// Why the value cannot be compared: NO_SUCH_OVERLOAD, NOT_A_NUMBER; else null.
const record::RowError* check_comparable(const record::Value& value) noexcept;

}  // namespace leat::operators
