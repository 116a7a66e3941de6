#pragma once

#include <span>

#include "runtime/status.h"

namespace leat::runtime {

// The life of a pipeline: created → starting → running ⇄ paused → stopping → stopped, any → failed
// → starting (back-off), paused → starting when it was the state that held it. True when a pipeline in `from` may become `to`. Every change goes through
// this one table.
bool may_become(Actual from, Actual to) noexcept;

// All states, for exhaustive tests.
std::span<const Actual> all_states() noexcept;

}  // namespace leat::runtime
