#pragma once

#include <memory>
#include <vector>

#include "codec/codec.h"
#include "codec/json_decoder.h"
#include "codec/text_buffer.h"

namespace leat::codec {

// Items of lists and values inside of fields: JSON texts go through a JsonDecoder, computed values
// are taken apart. Thread-confined.
class JsonItemDecoder final : public ItemDecoder {
 public:
  // `name`: of the field that the values are of, for errors.
  JsonItemDecoder(std::vector<record::DecodeSlot> slots,
                  std::shared_ptr<const spec::SchemaType> type, const std::string& name = {})
      : slots_(std::move(slots)), decoder_(JsonDecoder::of_values(slots_, std::move(type), name)) {}
  void decode(std::span<const record::Value> items, record::RecordBatch& batch,
              std::span<const record::RowError*> errors) override;

 private:
  const record::RowError* take_apart(const record::Value& item, record::RecordBatch& batch,
                                     std::size_t row);

  const std::vector<record::DecodeSlot> slots_;
  JsonDecoder decoder_;
  std::vector<record::Row> texts_;
  TextBuffer token_;
};

// Thread-confined.
class JsonListSplitter final : public ListSplitter {
 public:
  const record::RowError* split(const record::Value& list, base::Arena& arena,
                                std::vector<record::Value>& out) override;

 private:
  const record::RowError* split_text(const ScannedText& text, std::vector<record::Value>& out);

  JsonScanner scanner_;
};

}  // namespace leat::codec
