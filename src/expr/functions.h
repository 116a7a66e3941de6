#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "expr/kernel.h"

// The function library: one table, from which names are looked up, arguments are checked and
// suggestions are made.
namespace leat::expr {

// A set of types, one bit each.
using Types = std::uint16_t;
constexpr Types types(Type type) { return static_cast<Types>(1u << static_cast<unsigned>(type)); }
template <class... More>
constexpr Types types(Type type, More... more) {
  return static_cast<Types>(types(type) | types(more...));
}
inline constexpr Types kAnyType = 0xFFFF;

enum class CallStyle : std::uint8_t { global, method, either };

inline constexpr std::size_t kArgumentsMax = 4;

// One overload by number of arguments; the target of a method is the first.
struct Function {
  std::string_view name;
  CallStyle style;
  std::uint8_t arguments;
  std::array<Types, kArgumentsMax> accepts;
  std::optional<Type> result;  // when it is always the same
  Kernel kernel;
  bool pure = true;  // the same arguments give the same value: may be folded
};

std::span<const Function> functions() noexcept;
// Names that the language has and we cannot run yet: functions, macros, and namespaces with a dot
// behind.
std::span<const std::string_view> functions_to_come() noexcept;
// Whether a name begins a namespace of functions: `math`, `strings`, …
bool is_function_namespace(std::string_view name) noexcept;

// text_functions.cc, conversions.cc
void matches_pattern_kernel(Frame& frame, const Operand* in, Value* out,
                            std::size_t rows);  // Extra::pattern
extern const std::span<const Function> kTextFunctions;
extern const std::span<const Function> kConversions;

}  // namespace leat::expr
