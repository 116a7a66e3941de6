#include <utility>

#include "runtime/state_reads.h"

namespace leat::runtime {
namespace {

// Keys that one look sees: what a task stands still for.
constexpr std::size_t kLooks = 256;

}  // namespace

Result<std::optional<StateRow>> read_key(const plan::KeyedStep& step, state::Table& table,
                                         const std::vector<StateKey>& readings) {
  for (const StateKey& key : readings) {
    const state::Key wanted = key.view();
    state::Entry* entry = nullptr;
    LEAT_RETURN_IF_ERROR(table.find({&wanted, 1}, false, {&entry, 1}));
    if (entry == nullptr) continue;
    StateRow row{show_key(key.bytes, step.key_types), {}};
    step.show(entry->value, row.value);
    return std::optional<StateRow>(std::move(row));
  }
  return std::optional<StateRow>();
}

TableRange::TableRange(const plan::KeyedStep& step, KeyRange range)
    : step_(step), range_(std::move(range)) {}

Result<bool> TableRange::look(state::Table& table) {
  walk_.from = range_.from;
  walk_.to = range_.to;
  LEAT_RETURN_IF_ERROR(
      table.walk(walk_, kLooks, [this](const state::Entry& entry) { take(entry); }));
  const bool done = walk_.done;
  if (done) walk_ = {};
  return done;
}

void TableRange::take(const state::Entry& entry) {
  if (kept_.size() == range_.limit && entry.key > std::prev(kept_.end())->first) return;
  std::string value;
  step_.show(entry.value, value);
  kept_.insert_or_assign(std::string(entry.key), std::move(value));
  if (kept_.size() > range_.limit) kept_.erase(std::prev(kept_.end()));
}

std::vector<StateRow> TableRange::rows() const {
  std::vector<StateRow> rows;
  for (const auto& [key, value] : kept_) rows.push_back({show_key(key, step_.key_types), value});
  return rows;
}

}  // namespace leat::runtime
