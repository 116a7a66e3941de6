#include "runtime/letter_log.h"

namespace leat::runtime {

bool LetterLog::first(std::string_view step, const record::Origin* origin, std::int64_t offset,
                      EpochId epoch) {
  const std::lock_guard lock(mutex_);
  std::set<Key>& records = records_[epoch];
  if (records.size() >= kRecordsMax) return !records.contains(Key{step, origin, offset});
  return records.insert(Key{step, origin, offset}).second;
}

void LetterLog::forget(EpochId epoch) {
  const std::lock_guard lock(mutex_);
  records_.erase(records_.begin(), records_.upper_bound(epoch));
}

}  // namespace leat::runtime
