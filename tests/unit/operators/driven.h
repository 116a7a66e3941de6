#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "flow/operator.h"

namespace leat::operators {

// A batch whose row i has the offset i.
inline record::RecordBatch rows(std::size_t count) {
  record::RecordBatch batch{base::Ref<record::BatchMemory>(new record::BatchMemory())};
  for (std::size_t i = 0; i < count; ++i) {
    record::Row row;
    row.value = "{}";
    row.offset = static_cast<std::int64_t>(i);
    batch.rows().push_back(row);
  }
  return batch;
}

inline record::RecordBatch rows_with(std::size_t column, const std::vector<record::Value>& values) {
  record::RecordBatch batch = rows(values.size());
  std::copy(values.begin(), values.end(), batch.make_column(column).begin());
  return batch;
}

class Collected final : public flow::Collector {
 public:
  void emit(record::RecordBatch&& batch) override {
    EXPECT_FALSE(batch.empty());
    batches.push_back(std::move(batch));
  }
  std::vector<record::RecordBatch> batches;
};

// Drives one operator with one batch.
class Driven {
 public:
  Driven(flow::Operator& op, record::RecordBatch batch, flow::ErrorPlace place = {},
         flow::SourceClock* clock = nullptr)
      : errors(std::move(place), stats) {
    EXPECT_TRUE(op.open({SliceId(0), 1, stats, errors, clock}).ok());
    EXPECT_TRUE(op.process(batch, out).ok());
  }
  std::vector<std::int64_t> offsets() const {
    std::vector<std::int64_t> all;
    for (const record::RecordBatch& batch : out.batches)
      for (const record::Row& row : batch.rows()) all.push_back(row.offset);
    return all;
  }
  // in, out, and drops by reason that are not 0
  std::string counts() const {
    std::string text =
        std::to_string(stats.in.value()) + " in " + std::to_string(stats.out.value()) + " out";
    for (std::size_t r = 0; r < flow::kDropReasons; ++r) {
      const auto reason = static_cast<flow::DropReason>(r);
      if (stats.dropped(reason).value() != 0)
        text += " " + std::to_string(stats.dropped(reason).value()) + " " +
                std::string(to_string(reason));
    }
    return text;
  }
  flow::StepStats stats{"p", "s"};
  flow::ErrorRoute errors;
  Collected out;
};

}  // namespace leat::operators
