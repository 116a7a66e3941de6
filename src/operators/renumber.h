#pragma once

#include <cstdint>

#include "flow/operator.h"

namespace leat::operators {

// Where the rows of one record flow together by several ways: gives those of way `place` of `of`
// ordinals that no other way gives. Immutable.
class Renumber final : public flow::Operator {
 public:
  // Requires: place < of.
  Renumber(std::uint64_t of, std::uint64_t place) : of_(of), place_(place) {}
  Status open(const flow::OperatorContext&) override { return {}; }
  Status process(record::RecordBatch& batch, flow::Collector& out) override {
    for (record::Row& row : batch.rows()) row.ordinal = row.ordinal * of_ + place_;
    out.emit(std::move(batch));
    return {};
  }

 private:
  const std::uint64_t of_;
  const std::uint64_t place_;
};

}  // namespace leat::operators
