#pragma once

#include <memory>
#include <string>

#include "base/ids.h"
#include "base/status.h"
#include "state/delta.h"
#include "state/table.h"
#include "state/value_type.h"

namespace leat::flow {

// What the runtime gives to operators that keep state. Thread-safe.
class StateAccess {
 public:
  virtual ~StateAccess() = default;
  // The restored table of a step on one slice. Once per slice and run.
  virtual Result<std::unique_ptr<state::Table>> take_table(const std::string& step,
                                                           SliceId slice) = 0;
  // What the slice changed in the epoch; from on_epoch_end(), once per table and epoch.
  virtual void deliver(EpochId epoch, state::Delta delta) = 0;
  // The newest epoch that is committed: what tables may forget.
  virtual EpochId committed() const noexcept = 0;
};

}  // namespace leat::flow
