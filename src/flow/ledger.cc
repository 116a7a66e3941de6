#include "flow/ledger.h"

#include "base/check.h"

namespace leat::flow {

void Ledger::done(EpochId epoch, std::uint64_t records) noexcept {
  const std::uint64_t before = slot(epoch).fetch_sub(records, std::memory_order_seq_cst);
  LEAT_DCHECK(before >= records);
  if (before != records) return;
  // Whoever takes the watch away notifies; watch() and the last done() may both see zero.
  std::uint64_t expected = epoch.value();
  if (watched_.compare_exchange_strong(expected, 0, std::memory_order_seq_cst)) notify_(epoch);
}

void Ledger::watch(EpochId epoch) {
  watched_.store(epoch.value(), std::memory_order_seq_cst);
  if (slot(epoch).load(std::memory_order_seq_cst) != 0) return;
  std::uint64_t expected = epoch.value();
  if (watched_.compare_exchange_strong(expected, 0, std::memory_order_seq_cst)) notify_(epoch);
}

}  // namespace leat::flow
