#pragma once

#include <array>
#include <span>
#include <string_view>

#include "base/check.h"
#include "codec/text_buffer.h"
#include "record/batch.h"

namespace leat::codec {

// Calls write_row(row) for every row that is no tombstone, and then moves what it wrote into
// `buffer` to the arena in one copy. A row with an error has no text.
template <class Write>
void encode_rows(const record::RecordBatch& batch, TextBuffer& buffer,
                 std::span<std::string_view> out, std::span<const record::RowError*> errors,
                 Write&& write_row) {
  buffer.truncate(0);
  std::array<std::size_t, record::RecordBatch::kRowsMax + 1> ends;
  LEAT_CHECK(batch.size() <= record::RecordBatch::kRowsMax);
  ends[0] = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    errors[i] = batch.rows()[i].tombstone() ? nullptr : write_row(i);
    if (errors[i] != nullptr) buffer.truncate(ends[i]);
    ends[i + 1] = buffer.size();
  }
  const std::string_view all = batch.arena().copy(buffer.view());
  for (std::size_t i = 0; i < batch.size(); ++i)
    out[i] = all.substr(ends[i], ends[i + 1] - ends[i]);
}

}  // namespace leat::codec
