#pragma once

#include <vector>

#include "flow/operator.h"
#include "operators/tally.h"

namespace leat::operators {

inline constexpr record::RowError kNullKey{"NULL_KEY", "a field of the key is null or absent"};
inline constexpr record::RowError kBadKey{
    "INVALID_KEY", "a field of the key is a list, an object or not a number"};

// Why a value cannot be (a part of) a key; null = it can.
const record::RowError* key_error(const record::Value& value) noexcept;

// Lets rows through whose key columns hold usable values: null or absent fails the row with
// NULL_KEY, lists, objects and NaN with INVALID_KEY. Tombstones have no row to take a key from:
// dropped and counted. Thread-confined.
class KeyCheck final : public flow::Operator {
 public:
  explicit KeyCheck(std::vector<std::size_t> columns)
      : columns_(std::move(columns)), tally_(Counting::every_row) {}
  Status open(const flow::OperatorContext& context) override;
  Status process(record::RecordBatch& batch, flow::Collector& out) override;

 private:
  const std::vector<std::size_t> columns_;
  Tally tally_;
};

}  // namespace leat::operators
