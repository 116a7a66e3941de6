#include "codec/csv_encoder.h"

#include "codec/csv_text.h"
#include "codec/encode_rows.h"
#include "codec/json_text.h"
#include "codec/row_errors.h"

namespace leat::codec {
namespace {

record::Value value_at(const record::RecordBatch& batch, std::size_t column,
                       std::size_t row) noexcept {
  const record::Column values = batch.column(column);
  return values.empty() ? record::Value() : values[row];
}

}  // namespace

const record::RowError* CsvEncoder::write_field(const CsvColumn& column,
                                                const record::RecordBatch& batch, std::size_t row) {
  using record::Type;
  const record::Value value = value_at(batch, column.value, row);
  if (value.is_missing()) return nullptr;
  if (value.is(Type::string)) {
    append_csv_field(written_, value.as_text(), delimiter_);
    return nullptr;
  }
  // A copied value that JSON spells without quotes stands as it was written.
  if (column.token) {
    const record::Value token = value_at(batch, *column.token, row);
    if (token.is(Type::json) && !token.as_text().starts_with('"')) {
      append_csv_field(written_, token.as_text(), delimiter_);
      return nullptr;
    }
  }
  field_.truncate(0);
  if (const record::RowError* error = append_value(field_, value, timestamps_)) return error;
  std::string_view text = field_.view();
  // A text in quotes: times, durations, base64, which have no escapes.
  if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
  append_csv_field(written_, text, delimiter_);
  return nullptr;
}

const record::RowError* CsvEncoder::write_row(const record::RecordBatch& batch, std::size_t row) {
  bool first = true;
  for (const CsvColumn& column : columns_) {
    if (!first) written_.put(delimiter_);
    first = false;
    if (const record::RowError* error = write_field(column, batch, row)) return error;
  }
  return nullptr;
}

void CsvEncoder::encode(const record::RecordBatch& batch, std::span<std::string_view> out,
                        std::span<const record::RowError*> errors) {
  encode_rows(batch, written_, out, errors, [&](std::size_t row) { return write_row(batch, row); });
}

}  // namespace leat::codec
