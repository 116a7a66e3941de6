#include "operators/pass.h"

namespace leat::operators {

Status Pass::open(const flow::OperatorContext& context) {
  tally_.open(context);
  return {};
}

Status Pass::process(record::RecordBatch& batch, flow::Collector& out) {
  tally_.enter(batch);
  tally_.leave(batch);
  out.emit(std::move(batch));
  return {};
}

}  // namespace leat::operators
