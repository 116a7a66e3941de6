#include "operators/encode.h"

namespace leat::operators {

Status Encode::open(const flow::OperatorContext& context) {
  tally_.open(context.stats);
  return {};
}

Status Encode::process(record::RecordBatch& batch, flow::Collector& out) {
  tally_.enter(batch);
  texts_.resize(batch.size());
  errors_.resize(batch.size());
  encoder_->encode(batch, texts_, errors_);
  for (std::size_t i = 0; i < errors_.size(); ++i) {
    if (errors_[i] != nullptr)
      tally_.fail(i, batch, *errors_[i]);
    else if (!batch.rows()[i].tombstone())
      batch.rows()[i].value = texts_[i];
  }
  batch.clear_columns();
  tally_.leave(batch);
  if (!batch.empty()) out.emit(std::move(batch));
  return {};
}

}  // namespace leat::operators
