#pragma once

#include <vector>

#include "codec/codec.h"

namespace leat::codec {

// The formats string and bytes: the value is the row's only field. Thread-confined.
class TextDecoder final : public RowDecoder {
 public:
  TextDecoder(Format format, std::vector<record::DecodeSlot> slots, std::size_t bytes_max);
  void decode(record::RecordBatch& batch, std::span<const record::RowError*> errors) override;

 private:
  const Format format_;
  const std::size_t bytes_max_;
  std::vector<std::size_t> columns_;  // of the path {"value"}
  std::vector<std::size_t> absent_;   // of all others
};

class TextEncoder final : public record::RowEncoder {
 public:
  TextEncoder(Format format, std::size_t column) : format_(format), column_(column) {}
  void encode(const record::RecordBatch& batch, std::span<std::string_view> out,
              std::span<const record::RowError*> errors) override;

 private:
  const Format format_;
  const std::size_t column_;
};

}  // namespace leat::codec
