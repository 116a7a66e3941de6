#pragma once

#include <optional>
#include <string_view>

#include <librdkafka/rdkafka.h>

#include "base/arena.h"
#include "flow/sink.h"
#include "record/batch.h"

namespace leat::kafka {

// A value as the bytes of a key or header: text and bytes as they are, numbers and true/false in
// JSON's form, timestamps as RFC 3339, durations in seconds ("5400s"). Nothing for null, absent and failed values. Lives as long as
// the arena.
std::optional<std::string_view> as_key_text(const record::Value& value, base::Arena& arena);

// The name of the header that says where a record comes from.
inline constexpr std::string_view kOriginHeader = "leat-src";
// Its value: "<topic>-<partition>-<offset>-<ordinal>". Lives as long as the arena.
std::string_view origin_text(const record::Row& row, base::Arena& arena);

// The headers of a sink's rows: those of the record, then the definition's rules, then where it
// comes from.
struct HeaderPlan {
  bool forward = true;
  bool origin = false;
  std::vector<flow::SinkBinding::HeaderRule> rules;
};
// Null when the row has none. The caller owns it. `failed` is set when a rule's value failed for
// this row.
rd_kafka_headers_t* make_headers(const HeaderPlan& plan, const record::RecordBatch& batch,
                                 std::size_t row, const record::RowError*& failed);

}  // namespace leat::kafka
