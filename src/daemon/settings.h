#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The one table of settings: what may be configured, how it looks, what counts when nothing is
// said.
namespace leat::daemon {

enum class SettingType : std::uint8_t {
  name,  // ^[a-z0-9][a-z0-9._-]{0,62}$
  text,  // a string, not empty
  path,  // a string; relative to the working directory
  path_or_null,
  flag,     // true, false
  integer,  // low … high
  integer_or_null,
  integer_or_auto,
  duration,  // "10s"; low … high in nanoseconds
  size,      // "64MiB"; low … high in bytes
  size_or_auto,
  choice,  // one of `words`
  octal,   // "0660"
  texts,   // a list of strings
  texts_or_null,
  listeners,   // a list of "host:port"
  brokers,     // a list of strings, or one with commas
  properties,  // an object: name → scalar
  levels,      // an object: logger → level
  tokens,      // a list of { name, role, token }
  peers,       // an object: user id or name → role
  start,       // "earliest", "latest"
  any,         // of settings to come
};

enum class Reload : std::uint8_t { restart, live };
// `later`: described by the documentation, refused by name until it is built.
enum class Availability : std::uint8_t { now, later };

// One row. `*` in a key stands for a name of the user's.
struct Setting {
  std::string_view key;
  SettingType type = SettingType::text;
  std::string_view
      fallback;  // as JSON; <state_dir> and <host> are filled in when read; empty = none
  Reload reload = Reload::restart;
  std::string_view doc;
  Availability availability = Availability::now;
  double low = 0;
  double high = 0;                    // 0 = unbounded
  std::string_view words = {};        // of a choice, separated by blanks
  std::string_view later_words = {};  // values to come
};

// All settings in the order of the documentation. Immutable.
std::span<const Setting> all_settings() noexcept;

// The row that a concrete key ("kafka.profiles.prod.brokers") belongs to, or null.
const Setting* find_setting(std::string_view key) noexcept;
// True when settings lie beneath: "http", "kafka.profiles", "kafka.profiles.prod".
bool is_group(std::string_view key) noexcept;
// True when the user's names stand right behind `prefix`: "kafka.profiles.".
bool holds_names(std::string_view prefix) noexcept;
// The known keys nearest to a mistaken one.
std::vector<std::string> suggestions_for(std::string_view key);

// "must be …" of a type.
std::string description_of(const Setting& setting);

}  // namespace leat::daemon
