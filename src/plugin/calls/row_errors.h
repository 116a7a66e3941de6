#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "record/value.h"

namespace leat::plugin {

// Which function of which plugin: for messages. Outlives what refers to it.
struct FunctionPlace {
  std::string plugin;
  std::string version;
  std::string function;

  std::string full_name() const { return plugin + '.' + function; }
};

inline constexpr record::RowError kNullArgument{
    "NULL_ARGUMENT", "a plugin's function got null for a parameter that may not be null"};
inline constexpr record::RowError kWrongArgument{
    "NO_SUCH_OVERLOAD", "a plugin's function got a value of a type that it does not take"};
inline constexpr record::RowError kTimestampRange{
    "OUT_OF_RANGE", "a plugin's function gave a time outside the years 1 to 9999"};
inline constexpr record::RowError kResultTooLarge{"VALUE_TOO_LARGE",
                                                  "a plugin's function gave a text over 16 MiB"};

inline constexpr std::int32_t kRowCodeMax = 999'999;  // of those a plugin gives its row errors
inline constexpr std::size_t kRowTextBytesMax = 200;

// The row error PLUGIN_ERROR of a code and text that a plugin gave: the same object for the same
// ones, alive as long as the process. Its message begins with the function and the code. A plugin
// that invents ever new texts gets its code alone after 1 000 of them. Takes a lock. Thread-safe.
const record::RowError& plugin_row_error(const FunctionPlace& place, std::int32_t code,
                                         std::string_view text);

}  // namespace leat::plugin
