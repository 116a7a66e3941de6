#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace leat::spec {

// A setting of the Kafka client that a definition may tune.
struct Property {
  enum class Value : std::uint8_t { integer, boolean, text };
  enum class Side : std::uint8_t { source, sink, both };

  std::string_view name;
  Side side;
  Value value;
  std::int64_t low = 0;  // of integers
  std::int64_t high = 0;
};

// All of them; every other setting is refused. Sorted by name.
std::span<const Property> allowed_properties() noexcept;

}  // namespace leat::spec
