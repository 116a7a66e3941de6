#pragma once

#include <deque>

#include "state/changelog.h"

namespace leat::state {

// A Changelog in memory: durable as long as the object lives. Goes through the same fault points as
// that on disk.
class MemoryChangelog final : public Changelog {
 public:
  const std::vector<Record>& records() const noexcept override { return records_; }
  Status append(EpochId epoch, EpochId previous, std::span<const Delta> deltas) override;
  Status read(EpochId epoch, std::string& body) const override;
  Status drop_beyond(EpochId epoch) override;
  Status drop_until(EpochId epoch) override;
  std::uint64_t bytes() const noexcept override { return bytes_; }
  const Status& damage() const noexcept override { return damage_; }

 private:
  std::vector<Record> records_;
  std::deque<std::string> bodies_;  // of the records
  std::uint64_t bytes_ = 0;
  Status damage_;
};

}  // namespace leat::state
