#pragma once

#include <optional>
#include <string_view>

#include "plugin/library.h"
#include "plugin/refusal.h"

namespace leat::plugin {

// Told before each function that is tried, so that a crash can be put down to it.
class TestProgress {
 public:
  virtual void begins(std::string_view function) = 0;

 protected:
  ~TestProgress() = default;
};

// Tries every PURE scalar, filter and aggregate of the library with rows made from its signature: the
// same call again must give the same, and with BATCH_INVARIANT so must any split of the rows.
// NOT_BATCH_INVARIANT, or BAD_FUNCTION where a rule is broken; the first finding counts. A function
// that will not open without settings, or that does not like the rows, is left alone. Runs code of the
// plugin: only in the probe.
std::optional<Refusal> self_test(const Library& library, TestProgress& progress);

}  // namespace leat::plugin
