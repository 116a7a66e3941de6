#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "leat/plugin.h"
#include "plugin/refusal.h"
#include "plugin/signature.h"

namespace leat::plugin {

inline constexpr std::size_t kFunctionsMax = 256;
inline constexpr std::size_t kSlotsMax = 64;
inline constexpr std::size_t kDocBytesMax = 1024;
inline constexpr std::uint32_t kAggregateBytesMax = 1 << 20;  // of one state

// One slot of a stateful function.
struct SlotInfo {
  std::string name;
  std::uint32_t kind = 0;  // LEAT_VALUE, LEAT_LIST, LEAT_MAP
  std::uint32_t version = 0;
  std::int64_t ttl_us = 0;

  friend bool operator==(const SlotInfo&, const SlotInfo&) = default;
};

// What a plugin says of one of its functions, copied and checked. A value.
struct FunctionInfo {
  std::string name;
  Kind kind = Kind::scalar;
  std::uint32_t flags = 0;  // LEAT_PURE, …
  std::uint32_t state_version = 0;
  std::string signature_text;
  Signature signature;
  std::string doc;
  std::vector<SlotInfo> slots;  // of a stateful one
  bool retracts = false;        // of an aggregate: it can take rows back
  bool upgrades = false;        // of a stateful one: it reads older slots

  bool has(std::uint32_t flag) const noexcept { return (flags & flag) != 0; }
  friend bool operator==(const FunctionInfo&, const FunctionInfo&) = default;
};

// Reads what `add` was given; BAD_FUNCTION with the function's name and what is wrong: unknown kinds,
// flags and types, missing operations, a signature that does not fit the kind.
Checked<FunctionInfo> read_function(const leat_function* function);

// The words of flags: "pure", "null_propagates", … in the order of the ABI.
std::vector<std::string_view> flag_words(std::uint32_t flags);

// A listing as JSON text, and back. data_loss when the text is no listing.
std::string write_listing(const std::vector<FunctionInfo>& functions);
Result<std::vector<FunctionInfo>> read_listing(std::string_view text);

}  // namespace leat::plugin
