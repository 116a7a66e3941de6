#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>

#include "base/ids.h"

namespace leat::flow {

// Counts the records of each epoch that were handed to a sink and are not acknowledged. At most
// kEpochs epochs are alive. add() and done() are thread-safe; the others belong to the control
// thread.
class Ledger {
 public:
  static constexpr std::uint64_t kEpochs = 4;

  // `notify` is called from the thread of the last done() of a watched epoch, or from watch().
  explicit Ledger(std::function<void(EpochId)> notify) : notify_(std::move(notify)) {}
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  void add(EpochId epoch, std::uint64_t records) noexcept {
    slot(epoch).fetch_add(records, std::memory_order_relaxed);
  }
  // Requires: the records were added to the same epoch before.
  void done(EpochId epoch, std::uint64_t records) noexcept;
  // Records that can never be delivered: they stay in the count, so the epoch never commits, and
  // failed() tells.
  void fail(std::uint64_t records) noexcept {
    failed_.fetch_add(records, std::memory_order_relaxed);
  }
  std::uint64_t failed() const noexcept { return failed_.load(std::memory_order_relaxed); }
  // From now on the epoch gets no more records but in the place of others that are still in it:
  // notify once when it is empty (at once when it is).
  void watch(EpochId epoch);
  std::uint64_t in_flight(EpochId epoch) const noexcept {
    return slots_[epoch.value() % kEpochs].load(std::memory_order_acquire);
  }

 private:
  std::atomic<std::uint64_t>& slot(EpochId epoch) noexcept {
    return slots_[epoch.value() % kEpochs];
  }

  std::array<std::atomic<std::uint64_t>, kEpochs> slots_{};
  std::atomic<std::uint64_t> watched_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::function<void(EpochId)> notify_;
};

}  // namespace leat::flow
