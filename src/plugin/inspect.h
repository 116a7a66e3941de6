#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/names.h"
#include "plugin/refusal.h"

namespace leat::plugin {

// Who a library says it is: its note.
struct Identity {
  std::string name;
  Version version;
  std::string build;  // free text, may be empty
  std::uint16_t abi_major = 0;
  std::uint16_t abi_minor = 0;       // it was compiled with
  std::uint16_t min_host_minor = 0;  // the oldest it runs on

  friend bool operator==(const Identity&, const Identity&) = default;
};

// Names of libraries a plugin may need, beside libc and its family: see is_always_allowed().
struct InspectRules {
  std::vector<std::string> needed_allow = {};
};

struct Inspection {
  std::optional<Identity> identity;  // also of a refused library, when its note could be read
  std::vector<Refusal> refusals;     // one per failed check

  bool ok() const noexcept { return refusals.empty(); }
};

// Looks at the bytes of a library without running any of it (check 3). Safe for any bytes. A file
// that is not a whole library of this machine has one refusal; else every failed check has its own.
Inspection inspect(std::string_view bytes, const InspectRules& rules = {});

// Whether every plugin may need the library: libc.so.6, libm.so.6, libstdc++.so.6, libgcc_s.so.1,
// libpthread.so.0, libdl.so.2, librt.so.1 and the dynamic loader.
bool is_always_allowed(std::string_view library) noexcept;

}  // namespace leat::plugin
