#include "codec/csv_decoder.h"

#include <algorithm>

#include "codec/csv_text.h"
#include "codec/json_text.h"
#include "codec/row_errors.h"
#include "codec/schema.h"
#include "spec/field_path.h"

namespace leat::codec {

using record::DecodeSlot;
using record::RowError;
using record::Value;
using SchemaKind = spec::SchemaType::Kind;

CsvRows::CsvRows(const Reading& reading, const std::vector<std::string>& columns)
    : schema_(reading.schema),
      delimiter_(reading.csv.delimiter),
      null_(reading.csv.null),
      bytes_max_(reading.limits.bytes_max) {
  for (const std::string& name : columns) {
    Field& field = fields_.emplace_back();
    field.name = name;
    if (schema_ == nullptr) continue;
    for (const auto& [declared, type] : schema_->fields)
      if (declared == name) field.type = &type;
    if (field.type != nullptr) {
      field.errors = SchemaErrors(*field.type, spec::format_field_path({name}));
      continue;
    }
    field.hidden = schema_->extra == spec::ExtraFields::drop;
    if (schema_->extra == spec::ExtraFields::error) misnamed_ = &kUnexpectedField;
  }
  if (schema_ == nullptr) return;
  for (const auto& [declared, type] : schema_->fields)
    if (type.required && find(declared) == size()) misnamed_ = &kMissingField;
}

std::size_t CsvRows::find(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < fields_.size(); ++i)
    if (fields_[i].name == name && !fields_[i].hidden) return i;
  return fields_.size();
}

bool CsvRows::structured(std::size_t field) const noexcept {
  const spec::SchemaType* const declared = fields_[field].type;
  if (declared == nullptr) return false;
  switch (declared->kind) {
    case SchemaKind::json:
    case SchemaKind::list:
    case SchemaKind::map:
    case SchemaKind::object: return true;
    default: return false;
  }
}

const RowError* CsvRows::split(std::string_view row, base::Arena& arena) {
  if (misnamed_ != nullptr) return misnamed_;
  if (row.size() > bytes_max_) return &kRecordTooLarge;
  if (const RowError* error = split_csv(row, delimiter_, arena, texts_)) return error;
  return texts_.size() == fields_.size() ? nullptr : &kColumnCount;
}

bool CsvRows::null(std::size_t field) const noexcept {
  const spec::SchemaType* const declared = fields_[field].type;
  return declared != nullptr && declared->kind != SchemaKind::string && texts_[field] == null_;
}

const RowError* CsvRows::value(std::size_t field, base::Arena& arena, Value& out) const {
  const spec::SchemaType* const declared = fields_[field].type;
  if (null(field)) {
    out = Value::null();
    return declared->required ? missing(field) : nullptr;
  }
  if (declared != nullptr)
    return fields_[field].errors.named(*declared,
                                       read_scalar(*declared, texts_[field], arena, out));
  out = Value::string(texts_[field]);
  return nullptr;
}

const RowError* CsvRows::missing(std::size_t field) const noexcept {
  return fields_[field].errors.named(*fields_[field].type, &kMissingField);
}

void CsvRows::append_json(std::size_t field, TextBuffer& out) const {
  const spec::SchemaType* const declared = fields_[field].type;
  const std::string_view text = texts_[field];
  if (null(field)) return out.append("null");
  const bool bare = declared != nullptr && declared->kind != SchemaKind::string &&
                    declared->kind != SchemaKind::bytes &&
                    (declared->kind != SchemaKind::timestamp || is_number(text));
  if (bare)
    out.append(text);
  else
    append_string(out, text);
}

CsvDecoder::CsvDecoder(const Reading& reading, const std::vector<std::string>& columns,
                       const std::vector<DecodeSlot>& slots)
    : rows_(reading, columns) {
  for (std::size_t field = 0; field < rows_.size(); ++field) {
    std::vector<DecodeSlot> own;
    std::vector<DecodeSlot> inner;
    for (const DecodeSlot& slot : slots) {
      if (slot.path.empty() || rows_.find(slot.path[0]) != field) continue;
      own.push_back(slot);
      inner.push_back(slot);
      inner.back().path.erase(inner.back().path.begin());
    }
    if (rows_.structured(field)) {
      // Shares the schema's life.
      const std::shared_ptr<const spec::SchemaType> type(reading.schema, rows_.type(field));
      structured_.push_back(
          {field,
           std::make_unique<JsonItemDecoder>(std::move(inner), type,
                                             spec::format_field_path({rows_.name(field)})),
           {}});
      continue;
    }
    Used used{field, {}};
    for (const DecodeSlot& slot : own) {
      if (slot.path.size() == 1)
        used.slots.push_back({slot.want, slot.column});
      else
        absent_.push_back(slot.column);
    }
    if (!used.slots.empty() || rows_.type(field) != nullptr) used_.push_back(std::move(used));
  }
  for (const DecodeSlot& slot : slots)
    if (slot.path.empty() || rows_.find(slot.path[0]) == rows_.size())
      absent_.push_back(slot.column);
}

void CsvDecoder::decode(record::RecordBatch& batch, std::span<const RowError*> errors) {
  for (const Used& used : used_)
    for (const Slot& slot : used.slots) batch.make_column(slot.column);
  for (const std::size_t column : absent_) batch.make_column(column);
  for (Structured& structured : structured_) structured.texts.assign(batch.size(), Value());
  for (std::size_t i = 0; i < batch.size(); ++i)
    errors[i] = batch.rows()[i].tombstone() ? nullptr : read_row(batch, i);
  if (!structured_.empty()) read_structured(batch, errors);
}

const RowError* CsvDecoder::read_row(record::RecordBatch& batch, std::size_t row) {
  base::Arena& arena = batch.arena();
  if (const RowError* error = rows_.split(batch.rows()[row].value, arena)) return error;
  for (const Used& used : used_) {
    Value value;
    if (const RowError* error = rows_.value(used.field, arena, value)) return error;
    for (const Slot& slot : used.slots) {
      if (slot.want == DecodeSlot::Want::token) {
        token_.truncate(0);
        rows_.append_json(used.field, token_);
        batch.column(slot.column)[row] = Value::json(arena.copy(token_.view()));
      } else {
        batch.column(slot.column)[row] = value;
      }
    }
  }
  for (Structured& structured : structured_) {
    if (rows_.null(structured.field)) {
      if (rows_.type(structured.field)->required) return rows_.missing(structured.field);
    } else {
      structured.texts[row] = Value::json(rows_.text(structured.field));
    }
  }
  return nullptr;
}

void CsvDecoder::read_structured(record::RecordBatch& batch, std::span<const RowError*> errors) {
  item_errors_.resize(batch.size());
  for (Structured& structured : structured_) {
    structured.decoder->decode(structured.texts, batch, item_errors_);
    for (std::size_t i = 0; i < batch.size(); ++i)
      if (errors[i] == nullptr && !batch.rows()[i].tombstone()) errors[i] = item_errors_[i];
  }
}

void CsvToJson::begin(const std::vector<std::string>& columns) {
  std::vector<DecodeSlot> slots;
  record::Layout layout;
  layout.document = false;
  const CsvRows rows(reading_, columns);
  for (std::size_t field = 0; field < rows.size(); ++field) {
    // Of equal names the first counts.
    if (rows.find(rows.name(field)) != field) continue;
    slots.push_back({{rows.name(field)}, DecodeSlot::Want::token, field});
    layout.members.push_back({{rows.name(field)}, field});
  }
  decoder_ = std::make_unique<CsvDecoder>(reading_, columns, slots);
  encoder_ = std::make_unique<JsonEncoder>(layout);
}

void CsvToJson::encode(const record::RecordBatch& batch, std::span<std::string_view> out,
                       std::span<const RowError*> errors) {
  record::RecordBatch rows(batch.memory());
  rows.rows() = batch.rows();
  if (!reading_.csv.fields.empty()) {
    if (decoder_ == nullptr) begin(reading_.csv.fields);
  } else if (const record::Origin* origin = batch.rows().front().origin;
             decoder_ == nullptr || (origin != nullptr && origin->header != header_)) {
    header_ = origin != nullptr ? origin->header : "";
    std::vector<std::string_view> names;
    split_csv(header_, reading_.csv.delimiter, rows.arena(), names);
    begin({names.begin(), names.end()});
  }
  errors_.resize(batch.size());
  decoder_->decode(rows, errors_);
  encoder_->encode(rows, out, errors);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (errors_[i] == nullptr) continue;
    errors[i] = errors_[i];
    out[i] = {};
  }
}

}  // namespace leat::codec
