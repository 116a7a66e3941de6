#include "operators/keyed/keyed_state.h"

#include <algorithm>
#include <utility>

namespace leat::operators {

Status KeyedState::open(const std::string& step, const flow::OperatorContext& context) {
  access_ = context.state;
  if (access_ == nullptr) return Status(Code::wrong_state, "the pipeline keeps no state");
  Result<std::unique_ptr<state::Table>> table = access_->take_table(step, context.slice);
  if (!table.ok()) return std::move(table).status();
  table_ = std::move(*table);
  for (std::uint32_t group = 0; group < record::kKeyGroups; ++group) {
    const bool own = record::slice_of_group(group, context.slices) == context.slice;
    marks_[group] = own ? table_->mark(std::uint64_t{group} << 40) : record::kNoTime;
  }
  committed_ = EpochId();
  return {};
}

void KeyedState::set_mark(std::int64_t time_us) {
  if (at_end(time_us)) return;
  table_->set_mark(time_us);
  for (std::int64_t& mark : marks_) mark = std::max(mark, time_us);
}

Status KeyedState::each_due(std::int64_t up_to_us, const Look& look) {
  const std::int64_t up_to = std::min(up_to_us, state::kNeverDue - 1);
  std::int64_t last = record::kNoTime;
  std::size_t left = 0;  // keys that can still be due then
  while (table_->next_due() <= up_to) {
    std::int64_t time = 0;
    due_.clear();
    LEAT_RETURN_IF_ERROR(table_->pop_due(up_to, time, due_));
    if (due_.empty()) break;
    // Many of one time come in pieces, but none comes twice.
    left = time == last ? left : table_->keys();
    if (time < last || due_.size() > left)
      return Status(Code::internal, "a value in the state stays due");
    last = time;
    left -= due_.size();
    for (state::Entry* entry : due_) {
      bool empty = false;
      LEAT_RETURN_IF_ERROR(look(*entry, time, empty));
      if (empty)
        table_->erase(*entry);
      else
        table_->changed(*entry);
    }
    LEAT_RETURN_IF_ERROR(table_->end_batch());
  }
  return {};
}

void KeyedState::begin_batch() {
  const EpochId done = access_->committed();
  if (done == committed_) return;
  committed_ = done;
  table_->committed(done);
}

void KeyedState::end_epoch(EpochId epoch) { access_->deliver(epoch, table_->take_delta(epoch)); }

}  // namespace leat::operators
