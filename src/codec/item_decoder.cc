#include "codec/item_decoder.h"

#include "codec/json_text.h"
#include "codec/row_errors.h"

namespace leat::codec {

using record::RowError;
using record::Type;
using record::Value;

namespace {

// What stands at the path beneath a computed value; absent when nothing does.
Value at_path(Value value, const record::FieldPath& path) noexcept {
  for (const std::string& name : path) {
    if (!value.is(Type::map)) return {};
    Value found;
    for (const record::Entry& entry : value.as_entries()) {
      if (!entry.key.is(Type::string) || entry.key.as_text() != name) continue;
      found = entry.value;
      break;
    }
    value = found;
  }
  return value;
}

}  // namespace

const RowError* JsonItemDecoder::take_apart(const Value& item, record::RecordBatch& batch,
                                            std::size_t row) {
  for (const record::DecodeSlot& slot : slots_) {
    const record::Column column = batch.make_column(slot.column);
    Value value = at_path(item, slot.path);
    if (slot.want == record::DecodeSlot::Want::token && !value.is(Type::absent)) {
      token_.truncate(0);
      if (const RowError* error = append_value(token_, value)) return error;
      value = Value::json(batch.arena().copy(token_.view()));
    }
    column[row] = value;
  }
  return nullptr;
}

void JsonItemDecoder::decode(std::span<const Value> items, record::RecordBatch& batch,
                             std::span<const RowError*> errors) {
  texts_.assign(items.size(), {});
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].is(Type::json))
      texts_[i].value = items[i].as_text();
    else
      texts_[i].flags = record::Row::kNullValue;
  }
  decoder_.decode_texts(texts_, batch, errors);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].is(Type::json)) continue;
    errors[i] = take_apart(items[i].is(Type::absent) ? Value::null() : items[i], batch, i);
  }
}

const RowError* JsonListSplitter::split(const Value& list, base::Arena& arena,
                                        std::vector<Value>& out) {
  if (list.is_missing()) return nullptr;
  if (list.is_error()) return &list.as_error();
  if (list.is(Type::list)) {
    const std::span<const Value> items = list.as_items();
    out.insert(out.end(), items.begin(), items.end());
    return nullptr;
  }
  if (!list.is(Type::json)) return &kNotAList;
  const std::string_view text = list.as_text();
  if (text == "null") return nullptr;
  if (!text.starts_with('[')) return &kNotAList;
  record::Row row;
  row.value = text;
  ScannedText scanned;
  scanner_.scan({&row, 1}, 0, arena, {&scanned, 1});
  if (scanned.error != nullptr) return &kMalformedJson;
  return split_text(scanned, out);
}

const RowError* JsonListSplitter::split_text(const ScannedText& text, std::vector<Value>& out) {
  Cursor cursor(text);
  cursor.advance();
  if (cursor.peek() == ']') {
    cursor.advance();
    return cursor.done() ? nullptr : &kMalformedJson;
  }
  for (;;) {
    if (cursor.done()) return &kMalformedJson;
    const Kind kind = kind_of(cursor.peek());
    const std::uint32_t begin = cursor.position();
    std::uint32_t end = 0;
    if (kind == Kind::bad) return &kMalformedJson;
    if (kind == Kind::object || kind == Kind::list) {
      end = cursor.skip_nested();
      if (end == 0) return &kMalformedJson;
    } else {
      end = cursor.scalar_end();
      cursor.advance();
    }
    if (cursor.done()) return &kMalformedJson;
    out.push_back(Value::json({text.base + begin, end - begin}));
    const char next = cursor.peek();
    cursor.advance();
    if (next == ']') return cursor.done() ? nullptr : &kMalformedJson;
    if (next != ',') return &kMalformedJson;
  }
}

}  // namespace leat::codec
