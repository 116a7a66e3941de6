#pragma once

#include "flow/operator.h"
#include "operators/tally.h"

namespace leat::operators {

// Hands everything on: a step that only changes the layout, or the place where an exchange enters a
// stage. Thread-confined.
class Pass final : public flow::Operator {
 public:
  explicit Pass(Counting counting) : tally_(counting) {}
  Status open(const flow::OperatorContext& context) override;
  Status process(record::RecordBatch& batch, flow::Collector& out) override;

 private:
  Tally tally_;
};

}  // namespace leat::operators
