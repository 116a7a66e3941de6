#pragma once

#include <memory>
#include <vector>

#include "codec/codec.h"
#include "flow/operator.h"
#include "operators/tally.h"

namespace leat::operators {

// Reads the records' bytes into columns. A record that cannot be read fails; tombstones pass.
// Thread-confined.
class Decode final : public flow::Operator {
 public:
  Decode(std::unique_ptr<codec::RowDecoder> decoder, Counting counting)
      : decoder_(std::move(decoder)), tally_(counting) {}
  Status open(const flow::OperatorContext& context) override;
  Status process(record::RecordBatch& batch, flow::Collector& out) override;

 private:
  const std::unique_ptr<codec::RowDecoder> decoder_;
  Tally tally_;
  std::vector<const record::RowError*> errors_;
};

}  // namespace leat::operators
