#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "record/batch.h"
#include "record/layout.h"

namespace leat::codec {

// How the bytes of a record stand for a row.
enum class Format : std::uint8_t {
  json,    // an object
  string,  // UTF-8; the row is { "value": "…" }
  bytes,   // the row is { "value": bytes }
};

// Reads records into columns: the front of a chain. Implementations: thread-confined, one per task.
class RowDecoder {
 public:
  virtual ~RowDecoder() = default;
  // Makes the column of every slot and fills it; errors[i] says why record i cannot be read (else
  // nullptr; its values then mean nothing). Tombstones are no error, their values stay absent.
  // Requires: errors.size() == batch.size() > 0.
  virtual void decode(record::RecordBatch& batch, std::span<const record::RowError*> errors) = 0;
};

// The formats string and bytes know only the path {"value"} (typed; `token` is the same); all
// others are absent.
std::unique_ptr<RowDecoder> make_decoder(Format format, std::vector<record::DecodeSlot> slots);

// Writes rows of `layout` as JSON objects. Requires: no member's path is a prefix of another
// member's path, or of a removed one.
std::unique_ptr<record::RowEncoder> make_json_encoder(record::Layout layout);
// Writes the values of one column as they are, for the formats string and bytes: other types than
// the format's own are a row error WRONG_TYPE.
std::unique_ptr<record::RowEncoder> make_text_encoder(Format format, std::size_t column);

}  // namespace leat::codec
