#include "operators/decode.h"

#include <algorithm>

namespace leat::operators {

Status Decode::open(const flow::OperatorContext& context) {
  tally_.open(context);
  return {};
}

Status Decode::process(record::RecordBatch& batch, flow::Collector& out) {
  tally_.enter(batch);
  errors_.resize(batch.size());
  decoder_->decode(batch, errors_);
  for (std::size_t i = 0; i < errors_.size(); ++i)
    if (errors_[i] != nullptr) tally_.fail(i, batch, *errors_[i]);
  for (const auto& [from, to] : copies_) {
    const record::Column values = batch.column(from);
    const record::Column target = batch.make_column(to);
    std::copy(values.begin(), values.end(), target.begin());
  }
  tally_.leave(batch);
  if (!batch.empty()) out.emit(std::move(batch));
  return {};
}

}  // namespace leat::operators
