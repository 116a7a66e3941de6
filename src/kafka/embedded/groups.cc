#include "kafka/embedded/groups.h"

#include <cstdint>
#include <map>
#include <mutex>

namespace leat::kafka {
namespace {

struct Purges {
  std::mutex mutex;
  std::map<std::string, std::uint64_t> of_group;
};

Purges& purges() {
  static Purges all;
  return all;
}

}  // namespace

std::string embedded_group(const std::string& group) {
  const std::lock_guard lock(purges().mutex);
  const auto found = purges().of_group.find(group);
  return found == purges().of_group.end() ? group : group + '~' + std::to_string(found->second);
}

void purge_embedded_group(const std::string& group) {
  const std::lock_guard lock(purges().mutex);
  ++purges().of_group[group];
}

}  // namespace leat::kafka
