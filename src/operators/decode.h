#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "codec/codec.h"
#include "flow/operator.h"
#include "operators/tally.h"

namespace leat::operators {

// Reads the records' bytes into columns. A record that cannot be read fails; tombstones pass.
// Thread-confined.
class Decode final : public flow::Operator {
 public:
  // Columns from, to: values that are there already and wanted in another place too.
  using Copies = std::vector<std::pair<std::size_t, std::size_t>>;

  Decode(std::unique_ptr<codec::RowDecoder> decoder, Counting counting)
      : Decode(std::move(decoder), {}, counting) {}
  Decode(std::unique_ptr<codec::RowDecoder> decoder, Copies copies, Counting counting)
      : decoder_(std::move(decoder)), copies_(std::move(copies)), tally_(counting) {}
  Status open(const flow::OperatorContext& context) override;
  Status process(record::RecordBatch& batch, flow::Collector& out) override;

 private:
  const std::unique_ptr<codec::RowDecoder> decoder_;
  const Copies copies_;
  Tally tally_;
  std::vector<const record::RowError*> errors_;
};

}  // namespace leat::operators
