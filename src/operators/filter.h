#pragma once

#include <memory>

#include "expr/program.h"
#include "flow/operator.h"
#include "operators/tally.h"

namespace leat::operators {

inline constexpr record::RowError kNotABoolean{
    "NOT_A_BOOLEAN", "the condition of a filter is neither true nor false"};

// Keeps the rows for which the condition is true. Null or another type fails the row (there is no
// truthiness); tombstones pass unevaluated. Thread-confined; the program is shared.
class Filter final : public flow::Operator {
 public:
  explicit Filter(std::shared_ptr<const expr::Program> condition)
      : condition_(std::move(condition)), tally_(Counting::every_row) {}
  Status open(const flow::OperatorContext& context) override;
  Status process(record::RecordBatch& batch, flow::Collector& out) override;

 private:
  const std::shared_ptr<const expr::Program> condition_;
  Tally tally_;
  expr::Scratch scratch_;
  std::vector<record::Value> results_;
};

}  // namespace leat::operators
