#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_broker.h"

namespace leat::test {

inline std::vector<std::string> values_of(const std::vector<OutputRow>& rows) {
  std::vector<std::string> values;
  for (const OutputRow& row : rows) values.push_back(row.value.value_or("(null)"));
  return values;
}

// "key=value" of every row.
inline std::vector<std::string> pairs_of(const std::vector<OutputRow>& rows) {
  std::vector<std::string> pairs;
  for (const OutputRow& row : rows)
    pairs.push_back(row.key.value_or("(null)") + "=" + row.value.value_or("(null)"));
  return pairs;
}

// "topic-partition-offset-ordinal" of every row: which record it came from.
inline std::vector<std::string> origins_of(const std::vector<OutputRow>& rows) {
  std::vector<std::string> origins;
  for (const OutputRow& row : rows)
    origins.push_back(row.topic + "-" + std::to_string(row.partition) + "-" +
                      std::to_string(row.offset) + "-" + std::to_string(row.ordinal));
  return origins;
}

// The first row that stands behind a later one of the same source partition and key; empty when
// order is kept.
inline std::string order_broken_at(const std::vector<OutputRow>& rows) {
  std::map<std::tuple<std::string, std::int32_t, std::string>,
           std::pair<std::int64_t, std::uint64_t>>
      last;
  for (const OutputRow& row : rows) {
    const auto place = std::make_tuple(row.topic, row.partition, row.key.value_or("(null)"));
    const auto at = std::make_pair(row.offset, row.ordinal);
    const auto found = last.find(place);
    if (found != last.end() && at < found->second)
      return row.topic + "-" + std::to_string(row.partition) + "-" + std::to_string(row.offset);
    last[place] = at;
  }
  return "";
}

}  // namespace leat::test
