#include "operators/filter.h"

#include <utility>

namespace leat::operators {

Status Filter::open(const flow::OperatorContext& context) {
  tally_.open(context);
  return {};
}

Status Filter::process(record::RecordBatch& batch, flow::Collector& out) {
  tally_.enter(batch);
  results_.resize(batch.size());
  condition_->run(batch, scratch_, results_);
  LEAT_RETURN_IF_ERROR(scratch_.take_failure());
  bool named = false;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const record::Value& result = results_[i];
    if (result.is(record::Type::boolean)) {
      if (!result.as_boolean() && !batch.rows()[i].tombstone())
        tally_.drop(i, flow::DropReason::filter);
    } else if (!batch.rows()[i].tombstone()) {
      if (expr::is_nameless(result) && !std::exchange(named, true))
        condition_->name_absences(batch, scratch_, results_);
      tally_.fail(i, batch, result.is_error() ? result.as_error() : kNotABoolean);
    }
  }
  tally_.leave(batch);
  if (!batch.empty()) out.emit(std::move(batch));
  return {};
}

}  // namespace leat::operators
