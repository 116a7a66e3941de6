#include "codec/text_codec.h"

#include "base/text.h"
#include "codec/row_errors.h"

namespace leat::codec {

TextDecoder::TextDecoder(Format format, std::vector<record::DecodeSlot> slots,
                         std::size_t bytes_max)
    : format_(format), bytes_max_(bytes_max) {
  for (const record::DecodeSlot& slot : slots) {
    const bool value = slot.path.size() == 1 && slot.path[0] == "value";
    (value ? columns_ : absent_).push_back(slot.column);
  }
}

void TextDecoder::decode(record::RecordBatch& batch, std::span<const record::RowError*> errors) {
  const std::vector<record::Row>& rows = batch.rows();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    errors[i] = nullptr;
    if (rows[i].tombstone()) continue;
    if (rows[i].value.size() > bytes_max_)
      errors[i] = &kRecordTooLarge;
    else if (format_ == Format::string && !base::valid_utf8(rows[i].value))
      errors[i] = &kInvalidUtf8;
  }
  for (const std::size_t index : absent_) batch.make_column(index);
  for (const std::size_t index : columns_) {
    const record::Column column = batch.make_column(index);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].tombstone()) continue;
      column[i] = format_ == Format::string ? record::Value::string(rows[i].value)
                                            : record::Value::bytes(rows[i].value);
    }
  }
}

void TextEncoder::encode(const record::RecordBatch& batch, std::span<std::string_view> out,
                         std::span<const record::RowError*> errors) {
  const record::Type wanted =
      format_ == Format::string ? record::Type::string : record::Type::bytes;
  const record::Column column = batch.column(column_);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    out[i] = {};
    errors[i] = nullptr;
    if (batch.rows()[i].tombstone()) continue;
    const record::Value value = column.empty() ? record::Value() : column[i];
    if (value.is(wanted))
      out[i] = value.as_text();
    else
      errors[i] = value.is_error() ? &value.as_error() : &kWrongType;
  }
}

}  // namespace leat::codec
