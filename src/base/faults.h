#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace leat::base {

// Named places where tests make things go wrong: `LEAT_FAULTS=name=crash|error|sleep:ms[@n],...`
// (the n-th pass, default the first; `@n+` = every pass from the n-th). Compiled in, off by
// default, one relaxed load when off. Thread-safe.
class Faults {
 public:
  // Reads a specification. Unknown names are errors that list the known ones.
  static Status configure(std::string_view specification);
  static void clear() noexcept;
  // Every name in use, sorted.
  static const std::vector<std::string_view>& names();
  // Tests install this to learn of a crash instead of dying: the simulated process is then thrown
  // away.
  static void set_crash_handler(std::function<void(std::string_view name)> handler);
  // What happens at the point `name`: ok, an error to hand on, or no return (the process kills
  // itself as `kill -9` does).
  static Status hit(std::string_view name) {
    if (!armed_.load(std::memory_order_relaxed)) return {};
    return hit_slow(name);
  }

 private:
  static Status hit_slow(std::string_view name);
  static std::atomic<bool> armed_;
};

}  // namespace leat::base
