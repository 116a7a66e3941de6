#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "unit/operators/keyed_driver.h"

namespace leat::operators {

// Random rows of a few keys over a few partitions, most in order, some far behind; each with the
// watermark of its partition as it was.
struct RandomRows {
  std::size_t count = 750;
  int keys = 5;
  std::size_t partitions = 2;
  std::int64_t step_us = 40;         // how far time goes on between rows, at most
  std::int64_t behind_us = 300;      // how far rows are behind, at most
  std::int64_t max_lateness_us = 0;  // of the source
  std::int64_t value_max = 9;
};

// Rows in the order in which they come, and the step's watermark behind each.
struct Stream {
  std::vector<KeyedRow> rows;
  std::vector<std::int64_t> marks;
};

inline Stream make_stream(const RandomRows& rules, std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint32_t>(n));
  };
  Stream stream;
  std::vector<std::int64_t> times(rules.partitions, 0);
  std::vector<std::int64_t> highest(rules.partitions, record::kNoTime);
  const auto mark_of = [&](std::size_t p) {
    return highest[p] == record::kNoTime ? record::kNoTime : highest[p] - rules.max_lateness_us;
  };
  for (std::size_t i = 0; i < rules.count; ++i) {
    const auto p = static_cast<std::size_t>(below(static_cast<std::int64_t>(rules.partitions)));
    times[p] += below(rules.step_us + 1);
    const bool behind = below(4) == 0;
    KeyedRow row;
    row.key = std::string(1, static_cast<char>('a' + below(rules.keys)));
    row.time_us = times[p] - (behind ? below(rules.behind_us + 1) : 0);
    row.value = below(rules.value_max + 1);
    row.watermark_us = mark_of(p);
    row.id = static_cast<std::int64_t>(i);
    stream.rows.push_back(row);
    highest[p] = std::max(highest[p], row.time_us);
    std::int64_t mark = mark_of(0);
    for (std::size_t q = 1; q < rules.partitions; ++q) mark = std::min(mark, mark_of(q));
    stream.marks.push_back(mark);
  }
  return stream;
}

// What came out of a run, each part sorted.
struct Outcome {
  std::vector<std::string> lines;
  std::vector<std::int64_t> late;    // ids
  std::vector<std::int64_t> failed;  // ids
};

inline constexpr std::size_t kEpochRows = 250;
inline constexpr std::int64_t kBeyond = 1'000'000'000'000;

// Feeds the stream in batches of `size` rows, a watermark behind each, an epoch's end behind every
// kEpochRows rows, and at last a watermark that closes everything.
inline void run(KeyedDriver& driver, const Stream& stream, std::size_t size) {
  std::int64_t told = record::kNoTime;
  const auto tell = [&](std::int64_t mark) {
    if (mark > told) driver.watermark(told = mark);
  };
  for (std::size_t at = 0; at < stream.rows.size();) {
    const std::size_t epoch_end = (at / kEpochRows + 1) * kEpochRows;
    const std::size_t end = std::min({at + size, epoch_end, stream.rows.size()});
    driver.feed(std::vector<KeyedRow>(stream.rows.begin() + static_cast<std::ptrdiff_t>(at),
                                      stream.rows.begin() + static_cast<std::ptrdiff_t>(end)));
    tell(stream.marks[end - 1]);
    at = end;
    if (at % kEpochRows == 0 || at == stream.rows.size()) driver.end_epoch();
  }
  tell(kBeyond);
  driver.end_epoch();
}

inline std::vector<std::string> sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace leat::operators
