#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "record/batch.h"
#include "record/layout.h"
#include "spec/pipeline.h"

namespace leat::codec {

// How the bytes of a record stand for a row.
enum class Format : std::uint8_t {
  json,    // an object
  string,  // UTF-8; the row is { "value": "…" }
  bytes,   // the row is { "value": bytes }
  csv,     // one line of fields
};

// What a record may be; beyond it cannot be read (RECORD_TOO_DEEP, RECORD_TOO_LARGE).
struct RecordLimits {
  std::size_t depth_max = std::numeric_limits<std::size_t>::max();  // of json: objects and lists
                                                                    // inside each other
  std::size_t bytes_max = std::numeric_limits<std::size_t>::max();  // of the value
};

// What there is to know about the records of a source. A value.
struct Reading {
  Format format = Format::json;
  spec::CsvSpec csv = {};                                    // of Format::csv
  std::shared_ptr<const spec::SchemaSpec> schema = nullptr;  // of json and csv; null = none
  RecordLimits limits = {};
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
// others are absent. Fields that the schema names are read and checked whether somebody asks for
// them or not: TYPE_MISMATCH, MISSING_FIELD, UNEXPECTED_FIELD. For csv a token is what the field
// becomes in JSON. Requires: csv has fields.
std::unique_ptr<RowDecoder> make_decoder(const Reading& reading,
                                         std::vector<record::DecodeSlot> slots);
std::unique_ptr<RowDecoder> make_decoder(Format format, std::vector<record::DecodeSlot> slots);

// Reads values that stand by themselves, as the items of a list do. Thread-confined.
class ItemDecoder {
 public:
  virtual ~ItemDecoder() = default;
  // Fills the columns of the slots, whose paths begin at the item ({} = the item), for every row of
  // the batch: items[i] is row i's, a JSON text or a computed value; absent and null are null.
  // Members of what is no object are absent. Requires: both spans have batch.size() items.
  virtual void decode(std::span<const record::Value> items, record::RecordBatch& batch,
                      std::span<const record::RowError*> errors) = 0;
};
// `type`: what the schema says of an item; null = nothing.
std::unique_ptr<ItemDecoder> make_item_decoder(std::vector<record::DecodeSlot> slots,
                                               std::shared_ptr<const spec::SchemaType> type);

// The items of a list: JSON text becomes the tokens of its items, a computed list's are what they
// are. NOT_A_LIST for other values, MALFORMED_JSON. Null and absent have none. Thread-confined.
class ListSplitter {
 public:
  virtual ~ListSplitter() = default;
  // Appends the items of `list` to `out`; they live as long as the list and the arena.
  virtual const record::RowError* split(const record::Value& list, base::Arena& arena,
                                        std::vector<record::Value>& out) = 0;
};
std::unique_ptr<ListSplitter> make_list_splitter();

// Writes rows of `layout` as JSON objects. Requires: no member's path is a prefix of another
// member's path, or of a removed one.
std::unique_ptr<record::RowEncoder> make_json_encoder(
    record::Layout layout, spec::TimestampText timestamps = spec::TimestampText::rfc3339);
// Writes untouched rows of a csv source as JSON objects, fields in the order of the columns.
// Without fields in `reading` they are those of the file's first line (record::Origin::header).
std::unique_ptr<record::RowEncoder> make_csv_to_json_encoder(const Reading& reading);
// Writes rows as they came: Row::value.
std::unique_ptr<record::RowEncoder> make_document_encoder();

// One column of a csv sink: the typed value, and its token where the field is a copy, so that
// numbers stay as they were written.
struct CsvColumn {
  std::size_t value = 0;
  std::optional<std::size_t> token;
};
// Writes rows as csv: minimal quotes, no line end; null and absent are empty, lists and objects
// their JSON text, bytes base64.
std::unique_ptr<record::RowEncoder> make_csv_encoder(std::vector<CsvColumn> columns, char delimiter,
                                                     spec::TimestampText timestamps);
// Writes the values of one column as they are, for the formats string and bytes: other types than
// the format's own are a row error WRONG_TYPE.
std::unique_ptr<record::RowEncoder> make_text_encoder(Format format, std::size_t column);

}  // namespace leat::codec
