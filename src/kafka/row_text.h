#pragma once

#include <optional>
#include <string_view>

#include <librdkafka/rdkafka.h>

#include "base/arena.h"
#include "flow/row_text.h"
#include "flow/sink.h"
#include "record/batch.h"

namespace leat::kafka {

using flow::as_key_text;
using flow::kOriginHeader;
using flow::origin_text;

// The headers of a sink's rows: those of the record, then the definition's rules, then where it
// comes from.
struct HeaderPlan {
  bool forward = true;
  bool origin = false;
  std::vector<flow::SinkBinding::HeaderRule> rules;
};
// The row's own headers. Null when it has none; the caller owns them.
rd_kafka_headers_t* copy_headers(const record::Row& row);
// Those that the plan makes of them, the same way. `failed` is set when a rule's value failed for
// this row.
rd_kafka_headers_t* make_headers(const HeaderPlan& plan, const record::RecordBatch& batch,
                                 std::size_t row, const record::RowError*& failed);

}  // namespace leat::kafka
