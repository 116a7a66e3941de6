#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "flow/sink.h"
#include "record/batch.h"

// What a row carries beside its value on its way to Kafka: the one place that reads a SinkBinding.
// Pure; text lives as long as the batch and the binding.
namespace leat::flow {

// A value as the bytes of a key or header: text and bytes as they are, numbers and true/false in
// JSON's form, timestamps as RFC 3339, durations in seconds ("5400s"), lists and maps as JSON (those
// copied from a record as they stood there), an optional as its value; `out` is nothing for null,
// absent and the empty optional. Error: NOT_REPRESENTABLE (types, numbers that are not finite, also
// inside lists and maps), or the error that the value holds.
const record::RowError* as_key_text(const record::Value& value, base::Arena& arena,
                                    std::optional<std::string_view>& out);

// The name of the header that says where a record comes from.
inline constexpr std::string_view kOriginHeader = "leat-src";
// Its value: "<topic>-<partition>-<offset>-<ordinal>", or what stands for it where no record brought
// the row. Requires: has_origin().
inline bool has_origin(const record::Row& row) noexcept {
  return row.origin != nullptr || row.made_as != nullptr;
}
std::string_view origin_text(const record::Row& row, base::Arena& arena);

struct RowText {
  std::optional<std::string_view> key;  // nothing = no key
  std::int64_t timestamp_ms = 0;
};
// Key and timestamp of one row; a tombstone keeps those of its record where an expression needs the
// row. The error says why the row cannot be written, else nullptr.
const record::RowError* choose_text(const SinkBinding& binding, const record::RecordBatch& batch,
                                    std::size_t row, RowText& out);

struct HeaderRules {
  bool forward = true;  // headers of the record first
  bool origin = false;  // where it comes from, last
};
// Appends the headers of one row: the record's, then the rules of the binding.
const record::RowError* choose_headers(const HeaderRules& rules, const SinkBinding& binding,
                                       const record::RecordBatch& batch, std::size_t row,
                                       std::vector<record::Header>& out);

}  // namespace leat::flow
