#include "codec/codec.h"

#include "codec/json_decoder.h"
#include "codec/json_encoder.h"
#include "codec/text_codec.h"

namespace leat::codec {

std::unique_ptr<RowDecoder> make_decoder(Format format, std::vector<record::DecodeSlot> slots) {
  if (format == Format::json) return std::make_unique<JsonDecoder>(slots);
  return std::make_unique<TextDecoder>(format, std::move(slots));
}

std::unique_ptr<record::RowEncoder> make_json_encoder(record::Layout layout) {
  if (layout.untouched()) return std::make_unique<DocumentEncoder>();
  if (layout.document) return std::make_unique<JsonSplicer>(std::move(layout));
  return std::make_unique<JsonEncoder>(std::move(layout));
}

std::unique_ptr<record::RowEncoder> make_text_encoder(Format format, std::size_t column) {
  return std::make_unique<TextEncoder>(format, column);
}

}  // namespace leat::codec
