#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/clock.h"

namespace leat::plugin {
class Plugins;
}

namespace leat::trial {

// What one trial may cost, and what it may use. Beyond a limit it ends with a Status that names it. A value.
struct Limits {
  std::size_t rows_max = 100'000;       // of the input; ten times as many of the output
  std::uint64_t turns_max = 2'000'000;  // of tasks and of the control thread's work
  Duration virtual_time_max = std::chrono::hours(24 * 366);
  // Asked now and then: true = the caller waited long enough. Absent = never.
  std::function<bool()> out_of_time = {};
  plugin::Plugins* plugins = nullptr;  // null = there is none
};

}  // namespace leat::trial
