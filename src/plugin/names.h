#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leat::plugin {

// Whether a plugin may have this name: ^[a-z][a-z0-9_]{0,30}$, no reserved word of the expression
// language, none of the names that the language uses itself (`this`, `math`, …).
bool is_plugin_name(std::string_view name) noexcept;
// The same for a function: ^[a-z][a-z0-9_]{0,62}$, no reserved word.
bool is_function_name(std::string_view name) noexcept;
// Whether the drop-in folder's watcher looks at a file of this name:
// ^[A-Za-z0-9][A-Za-z0-9._-]{0,126}\.so$.
bool is_library_file_name(std::string_view name) noexcept;
// 64 digits of lower-case hex.
bool is_sha256(std::string_view text) noexcept;

// MAJOR.MINOR.PATCH. A value.
struct Version {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t patch = 0;
  friend constexpr auto operator<=>(const Version&, const Version&) noexcept = default;
};

// Decimal without leading zeros, at most 31 bytes; nothing when it is not that.
std::optional<Version> parse_version(std::string_view text) noexcept;
std::string to_string(const Version& version);

// Which versions a definition takes: "1.2" (every 1.2.x), "1.2.3" (that one), "sha256:<64 hex>"
// (these bytes). A value.
struct VersionRange {
  Version low;  // the patch counts only with `exact`
  bool exact = false;
  std::string sha256;  // not empty: nothing else counts

  bool by_content() const noexcept { return !sha256.empty(); }
  bool takes(const Version& version, std::string_view content) const noexcept;
};

std::optional<VersionRange> parse_version_range(std::string_view text);
std::string to_string(const VersionRange& range);

}  // namespace leat::plugin
