#pragma once

#include <vector>

#include "codec/codec.h"
#include "codec/text_buffer.h"

namespace leat::codec {

// Writes chosen columns as one line of csv. Thread-confined.
class CsvEncoder final : public record::RowEncoder {
 public:
  CsvEncoder(std::vector<CsvColumn> columns, char delimiter, spec::TimestampText timestamps)
      : columns_(std::move(columns)), delimiter_(delimiter), timestamps_(timestamps) {}
  void encode(const record::RecordBatch& batch, std::span<std::string_view> out,
              std::span<const record::RowError*> errors) override;

 private:
  const record::RowError* write_row(const record::RecordBatch& batch, std::size_t row);
  const record::RowError* write_field(const CsvColumn& column, const record::RecordBatch& batch,
                                      std::size_t row);

  const std::vector<CsvColumn> columns_;
  const char delimiter_;
  const spec::TimestampText timestamps_;
  TextBuffer written_;
  TextBuffer field_;
};

}  // namespace leat::codec
