#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace leat::expr {

struct NamedZone;

// A time zone: UTC, an offset, or a name of the tz database. A value, valid as long as the process.
class Zone {
 public:
  constexpr Zone() noexcept = default;  // UTC

  // "Europe/Berlin", "UTC", "Z", and offsets "+02:00", "02:00", "-09:30" of at most 23:59. Nothing
  // when there is no such zone: names are those of the files that are installed
  // ($TZDIR or /usr/share/zoneinfo, Debian package tzdata), listed once per process; what is not in
  // that list reads no file. Each zone is read once, at its first use. Thread-safe.
  static std::optional<Zone> find(std::string_view name) noexcept;

  // Seconds east of UTC at a time given in Unix seconds.
  std::int64_t offset_at(std::int64_t unix_seconds) const noexcept;
  // Unix seconds of a civil time, given as Unix seconds that it would be in UTC. A time that the
  // zone skips or has twice is read with the offset from before the change.
  std::int64_t unix_of(std::int64_t civil_seconds) const noexcept;

 private:
  constexpr explicit Zone(std::int64_t offset) noexcept : offset_(offset) {}
  explicit Zone(const NamedZone* named) noexcept : named_(named) {}
  static std::optional<Zone> find_named(std::string_view name) noexcept;

  const NamedZone* named_ = nullptr;  // else the offset
  std::int64_t offset_ = 0;
};

}  // namespace leat::expr
