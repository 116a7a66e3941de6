#pragma once

#include <string>

// The embedded broker knows no request that deletes a group: one that was purged goes on under
// another name, which has no offsets. Thread-safe; as long as the process, like the broker.
namespace leat::kafka {

// The name that the group of this pipeline has there.
std::string embedded_group(const std::string& group);
// Its offsets count no longer. Members that are there keep the old name.
void purge_embedded_group(const std::string& group);

}  // namespace leat::kafka
