#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <tuple>

#include "flow/error_route.h"

namespace leat::runtime {

// Which records were written as dead letters of which step in the epochs that are not committed, so
// that tasks that got different rows of one record write it once. Only failed rows of pipelines
// with an exchange come here. Thread-safe.
class LetterLog final : public flow::LetterLog {
 public:
  // Of one epoch; beyond it a record may be written once by each task.
  static constexpr std::size_t kRecordsMax = 100'000;

  bool first(std::string_view step, const record::Origin* origin, std::int64_t offset,
             EpochId epoch) override;
  // The epoch is committed: no row of it comes any more.
  void forget(EpochId epoch);

 private:
  using Key = std::tuple<std::string_view, const record::Origin*, std::int64_t>;

  std::mutex mutex_;
  std::map<EpochId, std::set<Key>> records_;  // under the mutex
};

}  // namespace leat::runtime
