#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "expr/kernel.h"

// The function library: one table, from which names are looked up, arguments are checked,
// suggestions are made, and the reference of the language is written.
namespace leat::expr {

// A set of types, one bit each.
using Types = std::uint16_t;
constexpr Types types(Type type) { return static_cast<Types>(1u << static_cast<unsigned>(type)); }
template <class... More>
constexpr Types types(Type type, More... more) {
  return static_cast<Types>(types(type) | types(more...));
}
inline constexpr Types kAnyType = 0xFFFF;
inline constexpr Types kBooleans = types(Type::boolean);
inline constexpr Types kInts = types(Type::integer);
inline constexpr Types kNumbers = types(Type::integer, Type::unsigned_integer, Type::real);
inline constexpr Types kStrings = types(Type::string);
inline constexpr Types kBytesTypes = types(Type::bytes);
inline constexpr Types kTimestamps = types(Type::timestamp);
inline constexpr Types kDurations = types(Type::duration);
inline constexpr Types kLists = types(Type::list, Type::json);
inline constexpr Types kMaps = types(Type::map, Type::json);
inline constexpr Types kOptionals = types(Type::optional);

// global: name(x) and namespace.name(x); method: x.name(); either: both.
enum class CallStyle : std::uint8_t { global, method, either };

inline constexpr std::size_t kArgumentsMax = 4;  // declared; a variadic function takes more

// What the reference says of a function.
struct FunctionText {
  std::string_view category;   // the heading it stands under: "strings", "math", "time", …
  std::string_view signature;  // "charAt(string, int) -> string": as a method x.charAt(int)
  std::string_view summary;    // one sentence
  std::string_view since = "0.1";
};

// One overload by name, style and number of arguments (so there is one line per such triple: a
// function for strings and lists is one kernel). The target of a method is the first argument.
struct Function {
  std::string_view name;  // with its namespace: "size", "math.abs", "optional.of"
  CallStyle style;
  std::uint8_t arguments;  // of a variadic one: at least so many
  std::array<Types, kArgumentsMax>
      accepts;                 // of a variadic one the last counts for all that follow
  std::optional<Type> result;  // when it is always the same
  Kernel kernel;               // null: a form the compiler knows itself (a macro)
  FunctionText text = {};
  bool pure = true;  // the same arguments give the same value: may be folded
  bool variadic = false;
};

// All of them: by category, each table in its own order.
std::span<const Function> functions() noexcept;
// Those of one full name: "size", "math.abs".
std::span<const Function> functions_named(std::string_view name) noexcept;
// Whether a name begins a namespace of functions: `math`, `strings`, …
bool is_function_namespace(std::string_view name) noexcept;

// text_functions.cc: matches() with a constant pattern, from Extra::pattern.
void matches_pattern_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);

// One table per file.
extern const std::span<const Function> kCoreFunctions;      // core_functions.cc
extern const std::span<const Function> kMacros;             // macros.cc
extern const std::span<const Function> kConversions;        // conversions.cc
extern const std::span<const Function> kOptionalFunctions;  // optionals.cc
extern const std::span<const Function> kTextFunctions;      // text_functions.cc

}  // namespace leat::expr
