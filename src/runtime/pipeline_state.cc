#include "runtime/pipeline_state.h"

#include <array>

namespace leat::runtime {
namespace {

using enum Actual;
constexpr std::array kStates{created,  starting, running, paused,
                             stopping, draining, stopped, failed};

struct Change {
  Actual from, to;
};
constexpr std::array kChanges{
    Change{created, starting}, Change{created, stopped},  Change{created, failed},
    Change{starting, running}, Change{starting, paused},  Change{starting, stopping},
    Change{starting, failed},  Change{running, paused},   Change{running, stopping},
    Change{running, draining}, Change{running, failed},   Change{running, starting},
    Change{paused, running},   Change{paused, stopping},  Change{paused, draining},
    Change{paused, failed},    Change{paused, starting},  Change{draining, stopping},
    Change{draining, failed},  Change{stopping, stopped}, Change{stopping, failed},
    Change{stopped, starting}, Change{failed, starting},  Change{failed, stopped},
    Change{failed, stopping},
};

}  // namespace

bool may_become(Actual from, Actual to) noexcept {
  for (const Change& change : kChanges)
    if (change.from == from && change.to == to) return true;
  return false;
}

std::span<const Actual> all_states() noexcept { return kStates; }

std::string_view to_string(Desired desired) noexcept {
  switch (desired) {
    case Desired::running: return "running";
    case Desired::paused: return "paused";
    case Desired::stopped: return "stopped";
  }
  return "stopped";
}

std::string_view to_string(Actual actual) noexcept {
  switch (actual) {
    case created: return "created";
    case starting: return "starting";
    case running: return "running";
    case paused: return "paused";
    case stopping: return "stopping";
    case draining: return "draining";
    case stopped: return "stopped";
    case failed: return "failed";
  }
  return "failed";
}

}  // namespace leat::runtime
