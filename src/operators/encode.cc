#include "operators/encode.h"

namespace leat::operators {

Status Encode::open(const flow::OperatorContext& context) {
  tally_.open(context);
  return {};
}

Status Encode::process(record::RecordBatch& batch, flow::Collector& out) {
  tally_.enter(batch);
  texts_.resize(batch.size());
  errors_.resize(batch.size());
  encoder_->encode(batch, texts_, errors_);
  const std::span<std::string_view> sources = batch.arena().array<std::string_view>(batch.size());
  for (std::size_t i = 0; i < errors_.size(); ++i) {
    record::Row& row = batch.rows()[i];
    if (errors_[i] != nullptr) {
      tally_.fail(i, batch, *errors_[i]);
    } else if (!row.tombstone()) {
      sources[i] = row.source_value();
      row.source = &sources[i];
      row.value = texts_[i];
    }
  }
  batch.keep_columns(kept_);
  tally_.leave(batch);
  if (!batch.empty()) out.emit(std::move(batch));
  return {};
}

}  // namespace leat::operators
