#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>

namespace leat::test {

// (producer id, epoch) of everything that wrote to a topic, read from the broker's log files.
std::set<std::pair<std::int64_t, std::int16_t>> producers_of(const std::string& broker_folder, const std::string& topic);

// The generations a consumer group had with a member, as the broker stored them in __consumer_offsets.
std::set<std::int32_t> generations_of(const std::string& brokers, const std::string& group);

}  // namespace leat::test
