#include "plugin/calls/emitted_rows.h"

#include <algorithm>

namespace leat::plugin {
namespace {

using record::Type;
using record::Value;

bool is_text(const Value& value) noexcept {
  return value.is(Type::string) || value.is(Type::bytes) || value.is(Type::json);
}

Value copied(const Value& value, base::Arena& arena) {
  switch (value.type()) {
    case Type::string: return Value::string(arena.copy(value.as_text()));
    case Type::bytes: return Value::bytes(arena.copy(value.as_text()));
    case Type::json: return Value::json(arena.copy(value.as_text()));
    default: return value;
  }
}

}  // namespace

EmittedRows::EmittedRows(const Signature& signature)
    : signature_(signature), columns_(signature.results.size()) {}

void EmittedRows::begin(base::Arena& arena) {
  arena_ = &arena;
  called_ = nullptr;
  for (auto& column : columns_) column.clear();
  origins_.clear();
  times_.clear();
  text_bytes_ = 0;
}

std::optional<std::string> EmittedRows::take(const leat_batch& batch) {
  if (auto wrong = check(batch)) return wrong;
  if (auto wrong = take_origins(batch)) return wrong;
  return take_columns(batch);
}

std::optional<std::string> EmittedRows::check(const leat_batch& batch) const {
  if (batch.rows == 0) return "it emitted a batch without rows";
  if (batch.rows > kEmittedRowsMax - size()) return "it emitted more than 1048576 rows in one call";
  if (batch.columns != columns_.size() || batch.cols == nullptr)
    return "it emitted " + std::to_string(batch.columns) + " columns where its signature has " +
           std::to_string(columns_.size());
  for (std::size_t k = 0; k < columns_.size(); ++k) {
    const Field& field = signature_.results[k];
    const leat_vec& vec = batch.cols[k];
    if (vec.type != abi_type(field.type)) return "it emitted " + field.name + " as another type";
    if ((vec.flags & ~static_cast<std::uint32_t>(LEAT_VEC_CONST)) != 0)
      return "it emitted " + field.name + " with an unknown flag";
    if (vec.data == nullptr) return "it emitted " + field.name + " without data";
  }
  return {};
}

std::optional<std::string> EmittedRows::take_origins(const leat_batch& batch) {
  const std::uint32_t called = called_ == nullptr ? 0 : called_->batch().rows;
  if (called == 0 && batch.origin != nullptr)
    return "it named origins where no row was given to it";
  std::uint32_t last = 0;
  for (std::uint32_t i = 0; i < batch.rows; ++i) {
    if (called == 0) {
      origins_.push_back(kNoOrigin);
    } else {
      const std::uint32_t origin = batch.origin == nullptr ? called - 1 : batch.origin[i];
      if (origin >= called || origin < last)
        return "it named origins that are not there, or not in ascending order";
      last = origin;
      origins_.push_back(called_->row(origin));
    }
    times_.push_back(batch.event_time_us == nullptr ? record::kNoTime : batch.event_time_us[i]);
  }
  return {};
}

std::optional<std::string> EmittedRows::take_columns(const leat_batch& batch) {
  for (std::size_t k = 0; k < columns_.size(); ++k) {
    const leat_vec& vec = batch.cols[k];
    const bool constant = (vec.flags & LEAT_VEC_CONST) != 0;
    std::string_view wrong;
    Value value;
    for (std::uint32_t i = 0; i < batch.rows; ++i) {
      if (i == 0 || !constant) {
        value = read_element(signature_.results[k], vec.data, vec.valid, i, *arena_, wrong);
        if (!wrong.empty()) return std::string(wrong);
        if (is_text(value)) {
          text_bytes_ += value.as_text().size();
          if (text_bytes_ > kCallBytesMax) return "it emitted more than 256 MiB in one call";
          value = copied(value, *arena_);
        }
      }
      columns_[k].push_back(value);
    }
  }
  return {};
}

}  // namespace leat::plugin
