#include "operators/key_check.h"

#include <cmath>

namespace leat::operators {

const record::RowError* key_error(const record::Value& value) noexcept {
  using record::Type;
  if (value.is_missing()) return &kNullKey;
  if (value.is_error()) return &value.as_error();
  switch (value.type()) {
    case Type::json:
    case Type::list:
    case Type::map:
    case Type::type_name:
    case Type::optional: return &kBadKey;
    case Type::real: return std::isnan(value.as_real()) ? &kBadKey : nullptr;
    default: return nullptr;
  }
}

Status KeyCheck::open(const flow::OperatorContext& context) {
  tally_.open(context);
  return {};
}

Status KeyCheck::process(record::RecordBatch& batch, flow::Collector& out) {
  tally_.enter(batch);
  for (std::size_t i = 0; i < batch.size(); ++i)
    if (batch.rows()[i].tombstone()) tally_.drop(i, flow::DropReason::tombstone);
  for (const std::size_t index : columns_) {
    const record::Column column = batch.column(index);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (!tally_.kept(i)) continue;
      if (const record::RowError* error = key_error(column.empty() ? record::Value() : column[i]))
        tally_.fail(i, batch, *error);
    }
  }
  tally_.leave(batch);
  if (!batch.empty()) out.emit(std::move(batch));
  return {};
}

}  // namespace leat::operators
