#include "operators/keyed/late_rows.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace leat::operators {
namespace {

void add_header(record::Row& row, std::int64_t late_by_ms, base::Arena& arena) {
  std::array<char, 24> digits{};
  const char* const end =
      std::to_chars(digits.data(), digits.data() + digits.size(), late_by_ms).ptr;
  const std::span<record::Header> headers =
      arena.array<record::Header>(row.all_headers().size() + 1);
  std::size_t count = 0;
  for (const record::Header& header : row.all_headers())
    if (header.name != LateRows::kHeader) headers[count++] = header;
  const std::string_view text{digits.data(), static_cast<std::size_t>(end - digits.data())};
  headers[count++] = {LateRows::kHeader, arena.copy(text), false};
  row.set_headers(headers.first(count));
}

}  // namespace

void LateRows::take(std::size_t row, std::int64_t time_us, const Lateness& lateness, Tally& tally) {
  count(lateness);
  tally.drop(row, flow::DropReason::late);
  if (!to_side_) return;
  rows_.push_back(static_cast<std::uint32_t>(row));
  late_by_ms_.push_back((lateness.watermark_us - time_us) / 1000);
}

void LateRows::send(const record::RecordBatch& batch, flow::Collector& out) {
  if (rows_.empty()) return;
  record::RecordBatch rows = batch.gather(rows_);
  for (std::size_t i = 0; i < rows.size(); ++i)
    add_header(rows.rows()[i], late_by_ms_[i], rows.arena());
  rows_.clear();
  late_by_ms_.clear();
  out.emit_side(std::move(rows));
}

}  // namespace leat::operators
