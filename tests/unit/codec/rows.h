#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "codec/codec.h"
#include "record/batch.h"

namespace leat::codec {

// Batches for tests: the texts live as long as the batch's memory.
class TextMemory final : public record::BatchMemory {
 public:
  std::deque<std::string> texts;
};

inline record::RecordBatch batch_of(const std::vector<std::string>& values) {
  base::Ref<TextMemory> memory(new TextMemory());
  record::RecordBatch batch{base::Ref<record::BatchMemory>(memory)};
  for (const std::string& value : values) {
    record::Row row;
    row.value = memory->texts.emplace_back(value);
    batch.rows().push_back(row);
  }
  return batch;
}

inline std::string code_of(const record::RowError* error) {
  return error == nullptr ? "" : std::string(error->code);
}

// A value as a test compares it: its type and what it holds.
inline std::string shown(const record::Value& value) {
  using record::Type;
  switch (value.type()) {
    case Type::boolean: return value.as_boolean() ? "bool true" : "bool false";
    case Type::integer:
    case Type::timestamp:
    case Type::duration:
      return std::string(to_string(value.type())) + " " + std::to_string(value.as_integer());
    case Type::real: return "double " + std::to_string(value.as_real());
    case Type::string:
    case Type::bytes:
    case Type::json:
      return std::string(to_string(value.type())) + " " + std::string(value.as_text());
    case Type::list: {
      std::string text = "list";
      for (const record::Value& item : value.as_items()) text += " [" + shown(item) + "]";
      return text;
    }
    case Type::map: {
      std::string text = "map";
      for (const record::Entry& entry : value.as_entries())
        text += " [" + std::string(entry.key.as_text()) + ": " + shown(entry.value) + "]";
      return text;
    }
    case Type::error: return "error " + std::string(value.as_error().code);
    default: break;
  }
  return std::string(to_string(value.type()));
}

}  // namespace leat::codec
