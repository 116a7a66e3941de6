#include "state/memory_changelog.h"

#include <algorithm>

#include "base/faults.h"

namespace leat::state {

Status MemoryChangelog::append(EpochId epoch, EpochId previous, std::span<const Delta> deltas) {
  std::string body;
  for (const Delta& delta : deltas) {
    append_changes_head(delta.store(), delta.bytes(), body);
    for (const std::string& chunk : delta.chunks()) body.append(chunk);
  }
  LEAT_RETURN_IF_ERROR(base::Faults::hit("delta.temp"));
  records_.push_back({epoch, previous, body.size()});
  bytes_ += body.size();
  bodies_.push_back(std::move(body));
  return {};
}

Status MemoryChangelog::read(EpochId epoch, std::string& body) const {
  for (std::size_t i = 0; i < records_.size(); ++i) {
    if (records_[i].epoch != epoch) continue;
    body = bodies_[i];
    return {};
  }
  return Status(Code::not_found, "the changelog does not have the epoch")
      .with("epoch", std::to_string(epoch.value()));
}

Status MemoryChangelog::drop_beyond(EpochId epoch) {
  while (!records_.empty() && records_.back().epoch > epoch) {
    bytes_ -= records_.back().bytes;
    records_.pop_back();
    bodies_.pop_back();
  }
  return {};
}

Status MemoryChangelog::drop_until(EpochId epoch) {
  const auto kept = std::find_if(records_.begin(), records_.end(),
                                 [&](const Record& record) { return record.epoch > epoch; });
  for (auto record = records_.begin(); record != kept; ++record) {
    bytes_ -= record->bytes;
    bodies_.pop_front();
  }
  records_.erase(records_.begin(), kept);
  return {};
}

}  // namespace leat::state
