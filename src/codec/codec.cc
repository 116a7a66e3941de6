#include "codec/codec.h"

#include "codec/csv_decoder.h"
#include "codec/csv_encoder.h"
#include "codec/item_decoder.h"
#include "codec/json_decoder.h"
#include "codec/json_encoder.h"
#include "codec/text_codec.h"

namespace leat::codec {

std::unique_ptr<RowDecoder> make_decoder(const Reading& reading,
                                         std::vector<record::DecodeSlot> slots) {
  switch (reading.format) {
    case Format::json: return std::make_unique<JsonDecoder>(slots, reading.schema, reading.limits);
    case Format::csv: return std::make_unique<CsvDecoder>(reading, slots);
    case Format::string:
    case Format::bytes: break;
  }
  return std::make_unique<TextDecoder>(reading.format, std::move(slots), reading.limits.bytes_max);
}

std::unique_ptr<RowDecoder> make_decoder(Format format, std::vector<record::DecodeSlot> slots) {
  return make_decoder(Reading{format}, std::move(slots));
}

std::unique_ptr<ItemDecoder> make_item_decoder(std::vector<record::DecodeSlot> slots,
                                               std::shared_ptr<const spec::SchemaType> type) {
  return std::make_unique<JsonItemDecoder>(std::move(slots), std::move(type));
}

std::unique_ptr<ListSplitter> make_list_splitter() { return std::make_unique<JsonListSplitter>(); }

std::unique_ptr<record::RowEncoder> make_document_encoder() {
  return std::make_unique<DocumentEncoder>();
}

std::unique_ptr<record::RowEncoder> make_json_encoder(record::Layout layout,
                                                      spec::TimestampText timestamps) {
  if (layout.untouched()) return make_document_encoder();
  if (layout.document) return std::make_unique<JsonSplicer>(layout, timestamps);
  return std::make_unique<JsonEncoder>(layout, timestamps);
}

std::unique_ptr<record::RowEncoder> make_csv_to_json_encoder(const Reading& reading) {
  return std::make_unique<CsvToJson>(reading);
}

std::unique_ptr<record::RowEncoder> make_csv_encoder(std::vector<CsvColumn> columns, char delimiter,
                                                     spec::TimestampText timestamps) {
  return std::make_unique<CsvEncoder>(std::move(columns), delimiter, timestamps);
}

std::unique_ptr<record::RowEncoder> make_text_encoder(Format format, std::size_t column) {
  return std::make_unique<TextEncoder>(format, column);
}

}  // namespace leat::codec
