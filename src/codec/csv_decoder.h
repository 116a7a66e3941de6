#pragma once

#include <memory>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "codec/item_decoder.h"
#include "codec/json_encoder.h"

namespace leat::codec {

// The columns of a csv source, and how the texts of a row are read. Thread-confined.
class CsvRows {
 public:
  CsvRows(const Reading& reading, const std::vector<std::string>& columns);

  std::size_t size() const noexcept { return fields_.size(); }
  // The place of a column; size() when there is none that counts.
  std::size_t find(std::string_view name) const noexcept;
  const std::string& name(std::size_t field) const noexcept { return fields_[field].name; }
  // Nullptr: a string.
  const spec::SchemaType* type(std::size_t field) const noexcept { return fields_[field].type; }
  // The schema leaves the column out.
  bool hidden(std::size_t field) const noexcept { return fields_[field].hidden; }
  // The field holds JSON: a list, a map, an object, or anything.
  bool structured(std::size_t field) const noexcept;

  // Takes a row apart; text() and the others are then of this row. Error: those of split_csv,
  // RECORD_TOO_LARGE, COLUMN_COUNT, and what a file's columns have against the schema.
  const record::RowError* split(std::string_view row, base::Arena& arena);
  std::string_view text(std::size_t field) const noexcept { return texts_[field]; }
  bool null(std::size_t field) const noexcept;
  // Requires: not structured. Error: TYPE_MISMATCH, NUMBER_OUT_OF_RANGE, MISSING_FIELD.
  const record::RowError* value(std::size_t field, base::Arena& arena, record::Value& out) const;
  // MISSING_FIELD of a declared field.
  const record::RowError* missing(std::size_t field) const noexcept;
  // What the field is in JSON. Requires: value() gave no error.
  void append_json(std::size_t field, TextBuffer& out) const;

 private:
  struct Field {
    std::string name;
    const spec::SchemaType* type = nullptr;
    bool hidden = false;
    SchemaErrors errors;  // of `type`
  };
  const std::shared_ptr<const spec::SchemaSpec> schema_;
  const char delimiter_;
  const std::string null_;
  const std::size_t bytes_max_;
  std::vector<Field> fields_;
  const record::RowError* misnamed_ = nullptr;  // why no row of these columns can be read
  std::vector<std::string_view> texts_;
};

// The format csv: reads the columns asked for, and checks those that have types. Thread-confined.
class CsvDecoder final : public RowDecoder {
 public:
  CsvDecoder(const Reading& reading, const std::vector<record::DecodeSlot>& slots)
      : CsvDecoder(reading, reading.csv.fields, slots) {}
  // With columns that a file names.
  CsvDecoder(const Reading& reading, const std::vector<std::string>& columns,
             const std::vector<record::DecodeSlot>& slots);
  void decode(record::RecordBatch& batch, std::span<const record::RowError*> errors) override;

 private:
  struct Slot {
    record::DecodeSlot::Want want;
    std::size_t column;
  };
  // A field that is read or checked.
  struct Used {
    std::size_t field;
    std::vector<Slot> slots;
  };
  // A field that holds JSON: the texts of a whole batch are read at once.
  struct Structured {
    std::size_t field;
    std::unique_ptr<JsonItemDecoder> decoder;
    std::vector<record::Value> texts;
  };
  const record::RowError* read_row(record::RecordBatch& batch, std::size_t row);
  void read_structured(record::RecordBatch& batch, std::span<const record::RowError*> errors);

  CsvRows rows_;
  std::vector<Used> used_;
  std::vector<Structured> structured_;
  std::vector<std::size_t> absent_;  // columns of what no row has
  TextBuffer token_;
  std::vector<const record::RowError*> item_errors_;
};

// Untouched rows of a csv source as JSON objects. Thread-confined.
class CsvToJson final : public record::RowEncoder {
 public:
  explicit CsvToJson(Reading reading) : reading_(std::move(reading)) {}
  void encode(const record::RecordBatch& batch, std::span<std::string_view> out,
              std::span<const record::RowError*> errors) override;

 private:
  void begin(const std::vector<std::string>& columns);

  const Reading reading_;
  std::unique_ptr<CsvDecoder> decoder_;
  std::unique_ptr<JsonEncoder> encoder_;
  std::string header_;  // the columns are those of this line
  std::vector<const record::RowError*> errors_;
};

}  // namespace leat::codec
