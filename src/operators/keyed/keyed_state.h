#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "flow/operator.h"
#include "record/key_hash.h"
#include "state/table.h"

namespace leat::operators {

// The table of a keyed step on one slice, how far the step's time is for its keys, and the way of
// its changes to the store. Thread-confined.
class KeyedState {
 public:
  // wrong_state: the pipeline gives no state. Else what the table says.
  Status open(const std::string& step, const flow::OperatorContext& context);
  state::Table& table() noexcept { return *table_; }
  std::int64_t next_due() const noexcept { return table_->next_due(); }

  // How far the step's time is for a key; kNoTime = nowhere yet.
  std::int64_t mark(std::uint64_t hash) const noexcept { return marks_[record::key_group(hash)]; }
  // Never goes back. The end of time is no mark: what comes after a drain begins anew.
  void set_mark(std::int64_t time_us);
  // Beyond every time that a watermark can have, but for that of the end.
  static bool at_end(std::int64_t time_us) noexcept { return time_us == state::kNeverDue; }

  // What is due up to the time, in the order of when it is: `look` does what is to be done at
  // `time_us` and says whether the value is empty then. internal: a value stays due.
  using Look = std::function<Status(state::Entry& entry, std::int64_t time_us, bool& empty)>;
  Status each_due(std::int64_t up_to_us, const Look& look);

  // A batch comes: values of committed epochs may leave memory.
  void begin_batch();
  // The epoch ends: what changed goes to the store.
  void end_epoch(EpochId epoch);

 private:
  flow::StateAccess* access_ = nullptr;
  std::unique_ptr<state::Table> table_;
  std::array<std::int64_t, record::kKeyGroups> marks_{};
  EpochId committed_;
  std::vector<state::Entry*> due_;
};

}  // namespace leat::operators
