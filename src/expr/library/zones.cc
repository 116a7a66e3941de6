#include "expr/library/zones.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <vector>

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

namespace leat::expr {

struct NamedZone {
  std::string name;
  mutable std::once_flag once;
  mutable absl::TimeZone zone;
  mutable bool loaded = false;
};

namespace {

using Directory = std::vector<std::unique_ptr<NamedZone>>;

constexpr std::size_t kNameBytesMax = 48;
constexpr std::size_t kZonesMax = 4096;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Files of data that are no zones begin with a lower-case letter or have a dot.
bool is_zone_name(const std::string& name) {
  return !name.empty() && name.size() <= kNameBytesMax && is_upper(name[0]) &&
         name.find('.') == std::string::npos;
}

Directory list_zones() {
  namespace fs = std::filesystem;
  const char* const elsewhere = std::getenv("TZDIR");
  const fs::path root = elsewhere != nullptr ? elsewhere : "/usr/share/zoneinfo";
  Directory all;
  std::error_code error;
  fs::recursive_directory_iterator at(root, fs::directory_options::skip_permission_denied, error);
  const fs::recursive_directory_iterator end;
  while (!error && at != end && all.size() < kZonesMax) {
    std::error_code ignored;
    const std::string name = at->path().lexically_relative(root).string();
    if (!is_upper(name[0])) {
      at.disable_recursion_pending();  // `posix` and `right` repeat all of them
    } else if (at->is_regular_file(ignored) && is_zone_name(name)) {
      all.push_back(std::make_unique<NamedZone>());
      all.back()->name = name;
    }
    at.increment(error);
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a->name < b->name; });
  return all;
}

const NamedZone* find_in_directory(std::string_view name) {
  static const Directory kAll = list_zones();
  const auto found =
      std::lower_bound(kAll.begin(), kAll.end(), name,
                       [](const auto& zone, std::string_view n) { return zone->name < n; });
  if (found == kAll.end() || (*found)->name != name) return nullptr;
  const NamedZone& zone = **found;
  std::call_once(zone.once, [&zone] { zone.loaded = absl::LoadTimeZone(zone.name, &zone.zone); });
  return zone.loaded ? &zone : nullptr;
}

// "+02:00", "02:00", "-9:30": seconds.
std::optional<std::int64_t> parse_offset(std::string_view text) {
  const bool west = text.starts_with('-');
  if (west || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t colon = text.find(':');
  if (colon < 1 || colon > 2 || text.size() != colon + 3) return std::nullopt;
  std::int64_t parts[2] = {0, 0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == colon) continue;
    if (!is_digit(text[i])) return std::nullopt;
    std::int64_t& part = parts[i < colon ? 0 : 1];
    part = part * 10 + (text[i] - '0');
  }
  if (parts[0] > 23 || parts[1] > 59) return std::nullopt;
  const std::int64_t seconds = parts[0] * 3600 + parts[1] * 60;
  return west ? -seconds : seconds;
}

// The zones of the calls before, found by comparing a few bytes.
struct Recent {
  static constexpr std::size_t kEntries = 4;
  struct Entry {
    std::array<char, kNameBytesMax> name;
    std::size_t size = 0;
    const NamedZone* zone = nullptr;
  };
  std::array<Entry, kEntries> entries;
  std::size_t next = 0;
};

}  // namespace

std::optional<Zone> Zone::find_named(std::string_view name) noexcept {
  if (name.empty() || name.size() > kNameBytesMax) return std::nullopt;
  thread_local Recent recent;
  for (const Recent::Entry& entry : recent.entries)
    if (entry.size == name.size() && std::memcmp(entry.name.data(), name.data(), name.size()) == 0)
      return Zone(entry.zone);
  const NamedZone* const found = find_in_directory(name);
  if (found == nullptr) return std::nullopt;
  Recent::Entry& entry = recent.entries[recent.next];
  recent.next = (recent.next + 1) % Recent::kEntries;
  std::memcpy(entry.name.data(), name.data(), name.size());
  entry.size = name.size();
  entry.zone = found;
  return Zone(found);
}

std::optional<Zone> Zone::find(std::string_view name) noexcept {
  if (name == "UTC" || name == "Z") return Zone();
  if (!name.empty() && (name[0] == '+' || name[0] == '-' || is_digit(name[0]))) {
    const std::optional<std::int64_t> offset = parse_offset(name);
    return offset ? std::optional(Zone(*offset)) : std::nullopt;
  }
  return find_named(name);
}

std::int64_t Zone::offset_at(std::int64_t unix_seconds) const noexcept {
  if (named_ == nullptr) return offset_;
  return named_->zone.At(absl::FromUnixSeconds(unix_seconds)).offset;
}

std::int64_t Zone::unix_of(std::int64_t civil_seconds) const noexcept {
  if (named_ == nullptr) return civil_seconds - offset_;
  const absl::CivilSecond civil = absl::CivilSecond(1970) + civil_seconds;
  return absl::ToUnixSeconds(named_->zone.At(civil).pre);
}

}  // namespace leat::expr
