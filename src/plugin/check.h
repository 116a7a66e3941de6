#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "plugin/inspect.h"
#include "plugin/listing.h"
#include "plugin/probe/probe.h"
#include "plugin/refusal.h"
#include "plugin/trust.h"

namespace leat::plugin {

// What checks 2 to 5 go by. A value.
struct CheckRules {
  std::string store_folder;
  Trust trust = {};
  InspectRules inspect = {};
  ProbeOptions probe = {};
  // Digests of libraries that passed before (Plugins::known()): they are not probed again.
  std::vector<std::string> known = {};
};

// A library that passed checks 1 to 5; its copy is in the store.
struct CheckedLibrary {
  std::string sha256;
  Identity identity;
  std::uint64_t bytes = 0;
  std::vector<FunctionInfo> functions;  // empty: it was known
};

// A library, or every reason found against it (those of the first check that has any).
struct CheckOutcome {
  std::optional<CheckedLibrary> library;
  std::vector<Refusal> refusals;
  std::optional<Identity> identity;  // also of a refused one, when it could be read

  bool ok() const noexcept { return library.has_value(); }
};

// Checks 2 to 5 in their order. Runs code of the plugin only in the probe; leaves a copy in the store
// only of what passed (or was there before). Blocks for as long as the probe may. Thread-safe: meant for a
// thread that may wait.
CheckOutcome check_library(std::string_view bytes, std::string_view signature,
                           const CheckRules& rules, const Clock& clock);

// The same for a file of the drop-in folder, with check 1 before it.
CheckOutcome check_file(const std::string& folder, const std::string& file, std::size_t bytes_max,
                        const CheckRules& rules, const Clock& clock);

}  // namespace leat::plugin
