#pragma once

#include <cstdint>
#include <span>
#include <string_view>

// The forms that look like calls and give names to the elements of lists and maps.
namespace leat::expr {

enum class MacroKind : std::uint8_t {
  all,
  exists,
  exists_one,
  map,  // also with two names
  filter,
  transform_map,
  transform_map_entry,
  bind,     // cel.bind(name, value, body)
  opt_map,  // optional.optMap(name, body)
  opt_flat_map,
};

// One form: x.name(variables…, [condition,] body).
struct Macro {
  std::string_view name;
  MacroKind kind;
  std::uint8_t variables;  // names
  bool conditional;        // with a condition before the body
  std::string_view shape;  // for messages
};

std::span<const Macro> macros() noexcept;

// Whether the body runs once per element: not of bind, opt_map and opt_flat_map.
constexpr bool is_comprehension(MacroKind kind) noexcept { return kind < MacroKind::bind; }

inline constexpr std::size_t kMacroDepthMax = 16;  // macros over elements inside each other

}  // namespace leat::expr
