#pragma once

#include <cstddef>
#include <optional>

#include "flow/operator.h"

namespace leat::operators {

// Puts the text of each row's key into a column: from the column of another, or the record's own
// key (null without one). Every row passes, tombstones too. Thread-confined.
class KeyText final : public flow::Operator {
 public:
  KeyText(std::optional<std::size_t> from, std::size_t to) : from_(from), to_(to) {}
  Status open(const flow::OperatorContext&) override { return {}; }
  Status process(record::RecordBatch& batch, flow::Collector& out) override;

 private:
  const std::optional<std::size_t> from_;
  const std::size_t to_;
};

}  // namespace leat::operators
