#include "operators/key_text.h"

#include <utility>

namespace leat::operators {

using record::Value;

Status KeyText::process(record::RecordBatch& batch, flow::Collector& out) {
  const record::Column texts = batch.make_column(to_);
  const record::Column known = from_ ? batch.column(*from_) : record::Column();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const record::Row& row = batch.rows()[i];
    if (!known.empty())
      texts[i] = known[i];
    else
      texts[i] = row.null_key() ? Value::null() : Value::bytes(row.key);
  }
  out.emit(std::move(batch));
  return {};
}

}  // namespace leat::operators
