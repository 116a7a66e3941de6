#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "flow/operator.h"
#include "operators/tally.h"
#include "record/layout.h"

namespace leat::operators {

// Writes every row's document into Row::value and forgets all columns but those it is told to keep:
// what follows starts from an untouched document. A row that cannot be written fails; tombstones
// pass. Thread-confined.
class Encode final : public flow::Operator {
 public:
  explicit Encode(std::unique_ptr<record::RowEncoder> encoder, std::vector<std::size_t> kept = {})
      : encoder_(std::move(encoder)), kept_(std::move(kept)), tally_(Counting::failures) {}
  Status open(const flow::OperatorContext& context) override;
  Status process(record::RecordBatch& batch, flow::Collector& out) override;

 private:
  const std::unique_ptr<record::RowEncoder> encoder_;
  const std::vector<std::size_t> kept_;
  Tally tally_;
  std::vector<std::string_view> texts_;
  std::vector<const record::RowError*> errors_;
};

}  // namespace leat::operators
