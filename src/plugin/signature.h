#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "record/function.h"

namespace leat::plugin {

// The numbers are those of the ABI.
enum class Kind : std::uint8_t {
  scalar = 1,
  filter,
  flat_map,
  aggregate,
  stateful,
  sink,
  table,
};
std::string_view to_string(Kind kind) noexcept;
std::optional<Kind> kind_of(std::string_view name) noexcept;

using Field = record::Function::Parameter;

// What a function takes and gives. A value.
struct Signature {
  std::vector<Field> parameters;
  std::vector<Field> results;  // one without a name, or the fields of a row; none of a sink
  bool row = false;            // results are the fields of a row
  bool adds = false;           // the fields are added to the row; else they become it

  friend bool operator==(const Signature&, const Signature&) = default;
};

inline constexpr std::size_t kParametersMax = 32;
inline constexpr std::size_t kResultsMax = 128;
inline constexpr std::size_t kSignatureBytesMax = 8192;

// Reads "(card: string, low: int?) -> { n: int, last: timestamp? }" as the kind of function wants
// it: scalar and aggregate give a type, filter gives bool, flat_map, stateful and table a row (flat_map
// and stateful may add to it: "-> +{ … }"), sink nothing. Types: bool int double timestamp string
// bytes json; `?` = may be null. Names: ^[A-Za-z_][A-Za-z0-9_]{0,62}$, each once; `this` is a json
// parameter. invalid_argument with a sentence and the column.
Result<Signature> parse_signature(std::string_view text, Kind kind);

// The number of the type in the ABI, and back (absent for an unknown one).
std::uint32_t abi_type(record::Type type) noexcept;
record::Type record_type(std::uint32_t abi_type) noexcept;
// "int", as signatures write it.
std::string_view type_word(record::Type type) noexcept;

}  // namespace leat::plugin
