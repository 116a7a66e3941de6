#include "flow/stats.h"

#include <bit>

#include "base/check.h"
#include "base/log.h"

namespace leat::flow {

std::string_view to_string(DropReason reason) noexcept {
  switch (reason) {
    case DropReason::filter: return "filter";
    case DropReason::late: return "late";
    case DropReason::dedupe: return "dedupe";
    case DropReason::skip: return "skip";
    case DropReason::decode: return "decode";
    case DropReason::tombstone: return "tombstone";
    case DropReason::no_match: return "no_match";
  }
  LEAT_CHECK(false);
}

void StepStats::row_skipped(DropReason reason, const record::RowError& error,
                            const record::Row& row) noexcept {
  base::Counter& counter = dropped(reason);
  counter.add();
  tell(to_string(reason), counter.value(), error, row);
}

void StepStats::row_failed(std::string_view outcome, const record::RowError& error,
                           const record::Row& row) noexcept {
  failed.add();
  tell(outcome, failed.value(), error, row);
}

void StepStats::tell(std::string_view outcome, std::uint64_t so_far, const record::RowError& error,
                     const record::Row& row) const noexcept {
  // Logged when the count is a power of two: no clock, and a flood of bad rows costs a line now and
  // then.
  if (!std::has_single_bit(so_far)) return;
  const bool known = row.origin != nullptr;
  log::warn("flow", "a record failed",
            {{"pipeline", pipeline_},
             {"step", step_},
             {"outcome", outcome},
             {"code", error.code},
             {"why", error.message},
             {"topic", known ? std::string_view(row.origin->topic) : std::string_view()},
             {"partition", known ? row.origin->partition.value() : -1},
             {"offset", row.offset},
             {"so_far", so_far}});
}

}  // namespace leat::flow
