#include "operators/keyed/key_reader.h"

#include <cmath>

#include "codec/json_text.h"
#include "flow/row_text.h"
#include "operators/key_check.h"
#include "record/key_hash.h"
#include "state/key_codec.h"

namespace leat::operators {

using record::Type;
using record::Value;

namespace {

Value value_at(record::Column column, std::size_t row) noexcept {
  const Value value = column.empty() ? Value() : column[row];
  return value.is_missing() ? Value::null() : value;
}

// Durations can be hashed, but there is no order of them in a key.
const record::RowError* error_of(const Value& value, bool null_is_key) noexcept {
  if (value.is(Type::null)) return null_is_key ? nullptr : &kNullKey;
  if (value.is(Type::duration)) return &kBadKey;
  return key_error(value);
}

}  // namespace

KeyReader::KeyReader(const KeyWork& work)
    : work_(work), columns_(work.columns.size()), values_(work.columns.size()) {}

void KeyReader::check(const record::RecordBatch& batch, Tally& tally) {
  const std::size_t size = batch.size();
  for (std::size_t i = 0; i < size; ++i)
    if (batch.rows()[i].tombstone()) tally.drop(i, flow::DropReason::tombstone);
  hashes_.assign(size, 0);
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    columns_[c] = batch.column(work_.columns[c]);
    for (std::size_t i = 0; i < size; ++i) {
      if (!tally.kept(i)) continue;
      const Value value = value_at(columns_[c], i);
      if (const record::RowError* error = error_of(value, work_.null_is_key))
        tally.fail(i, batch, *error);
      else
        hashes_[i] = record::mix_key(hashes_[i], value);
    }
  }
}

void KeyReader::name(const Tally& tally, std::size_t rows) {
  rows_.clear();
  ends_.clear();
  bytes_.clear();
  keys_.clear();
  for (std::size_t i = 0; i < rows; ++i) {
    if (!tally.kept(i)) continue;
    for (std::size_t c = 0; c < columns_.size(); ++c) values_[c] = value_at(columns_[c], i);
    state::encode_key(values_, bytes_);
    rows_.push_back(static_cast<std::uint32_t>(i));
    ends_.push_back(bytes_.size());
  }
  std::size_t at = 0;
  for (std::size_t k = 0; k < rows_.size(); ++k) {
    keys_.push_back({hashes_[rows_[k]], std::string_view(bytes_).substr(at, ends_[k] - at)});
    at = ends_[k];
  }
}

void KeyReader::values(std::size_t row, std::span<Value> out) const noexcept {
  for (std::size_t c = 0; c < columns_.size(); ++c) out[c] = as_in_key(value_at(columns_[c], row));
  tell_key(work_, out);
}

void tell_key(const KeyWork& key, std::span<Value> values) noexcept {
  for (std::size_t i = 0; i < values.size(); ++i) {
    Value& value = values[i];
    const bool is_double = i < key.doubles.size() && key.doubles[i];
    if (value.is(Type::integer) && is_double)
      value = Value::real(static_cast<double>(value.as_integer()));
    if (!value.is(Type::unsigned_integer)) continue;
    const Value real = Value::real(static_cast<double>(value.as_unsigned()));
    const Value again = as_in_key(real);
    if (is_double ||
        (again.is(Type::unsigned_integer) && again.as_unsigned() == value.as_unsigned()))
      value = real;
  }
}

Value as_in_key(const Value& value) noexcept {
  constexpr double kBeyond = 9223372036854775808.0;
  if (value.is(Type::unsigned_integer) && value.as_integer() >= 0)
    return Value::integer(value.as_integer());
  if (!value.is(Type::real)) return value;
  const double number = value.as_real();
  if (number < -kBeyond || number >= 2 * kBeyond || std::trunc(number) != number) return value;
  if (number >= kBeyond) return Value::unsigned_integer(static_cast<std::uint64_t>(number));
  return Value::integer(static_cast<std::int64_t>(number));
}

std::optional<std::string_view> key_text(std::span<const Value> values,
                                         std::optional<std::int64_t> start_us, base::Arena& arena,
                                         codec::TextBuffer& scratch) {
  if (values.size() == 1 && !start_us) {
    std::optional<std::string_view> text;
    if (flow::as_key_text(values[0], arena, text) == nullptr) return text;
    // What may stand in a key has a text, but for numbers without an end.
    if (!values[0].is(Type::real)) return std::nullopt;
    return values[0].as_real() < 0 ? "-inf" : "inf";
  }
  scratch.truncate(0);
  scratch.put('[');
  for (const Value& value : values) {
    if (scratch.size() > 1) scratch.put(',');
    // What may stand in a key can be written, but for numbers without an end: these are null.
    const std::size_t before = scratch.size();
    if (codec::append_value(scratch, value) == nullptr) continue;
    scratch.truncate(before);
    scratch.append("null");
  }
  if (start_us) {
    if (scratch.size() > 1) scratch.put(',');
    scratch.put('"');
    codec::append_timestamp(scratch, *start_us);
    scratch.put('"');
  }
  scratch.put(']');
  return arena.copy(scratch.view());
}

}  // namespace leat::operators
