#pragma once

#include <memory>
#include <vector>

#include "codec/text_buffer.h"
#include "operators/keyed/dedupe_value.h"
#include "operators/keyed/key_reader.h"
#include "operators/keyed/keyed_state.h"
#include "operators/keyed/late_rows.h"
#include "operators/tally.h"

namespace leat::operators {

// Lets the first row of each key through, and later ones that are `within` or more away from every
// first row; the first that arrived counts, whatever the order of times. Exact, not by when memory
// is cleaned. A row is late when t + within is not after its watermark: it is dropped, or goes to
// the side, or on; it is not remembered. Tombstones are dropped and counted; rows without a usable
// key fail. Thread-confined.
class Dedupe final : public flow::Operator {
 public:
  explicit Dedupe(std::shared_ptr<const DedupeWork> work);
  Status open(const flow::OperatorContext& context) override;
  Status process(record::RecordBatch& batch, flow::Collector& out) override;
  Status on_watermark(const flow::Watermark& watermark, flow::Collector& out) override;
  Status on_epoch_end(EpochId epoch, flow::Collector& out) override;

 private:
  void judge(const record::RecordBatch& batch);
  Status look(const record::RecordBatch& batch);
  void write_keys(record::RecordBatch& batch);

  const std::shared_ptr<const DedupeWork> work_;
  KeyReader reader_;
  KeyedState state_;
  LateRows late_;
  Tally tally_;
  std::vector<std::uint8_t> passes_;  // rows of the batch that are late and go on
  std::vector<state::Entry*> entries_;
  std::vector<record::Value> key_;
  codec::TextBuffer scratch_;
};

}  // namespace leat::operators
