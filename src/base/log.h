#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/status.h"

namespace leat::log {

enum class Level : unsigned char { debug, info, warn, error, off };

// One value at the end of a line. Text is borrowed for the call.
struct Value {
  template <class T>
  requires std::is_integral_v<T> Value(T number) : held(static_cast<std::int64_t>(number)) {}
  Value(double number) : held(number) {}
  Value(bool flag) : held(flag) {}
  Value(std::string_view text) : held(text) {}
  Value(const char* text) : held(std::string_view(text)) {}
  Value(const std::string& text) : held(std::string_view(text)) {}
  std::variant<std::int64_t, double, bool, std::string_view> held;
};
using Fields = std::initializer_list<std::pair<std::string_view, Value>>;

enum class Format : unsigned char { text, json };

// Where lines go and how they look; call it once at start and again on a reload. Thread-safe.
// `path` empty = stderr.
Status configure(Level level, Format format, const std::string& path);
// Sets the level of one logger (a folder's name); it wins over the general level.
void set_level(std::string_view logger, Level level);
void clear_levels();
void set_default_level(Level level);
// Opens the log file again after somebody moved it.
void reopen();
bool parse_level(std::string_view text, Level& out) noexcept;

// While one lives, what its thread writes is dropped: for rehearsals, whose findings are told
// otherwise.
class Muted {
 public:
  Muted() noexcept;
  ~Muted();
  Muted(const Muted&) = delete;
  Muted& operator=(const Muted&) = delete;
};

// One fact of the control plane: a sentence, then `key=value`. Never per record and never payload.
// Control characters are escaped, invalid UTF-8 is replaced; more than 10 equal messages per 10 s
// are folded into `repeated=n`. Thread-safe.
void write(Level level, std::string_view logger, std::string_view message, Fields fields);

inline void debug(std::string_view logger, std::string_view message, Fields fields = {}) {
  write(Level::debug, logger, message, fields);
}
inline void info(std::string_view logger, std::string_view message, Fields fields = {}) {
  write(Level::info, logger, message, fields);
}
inline void warn(std::string_view logger, std::string_view message, Fields fields = {}) {
  write(Level::warn, logger, message, fields);
}
inline void error(std::string_view logger, std::string_view message, Fields fields = {}) {
  write(Level::error, logger, message, fields);
}

}  // namespace leat::log
