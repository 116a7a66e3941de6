#include "plugin/calls/columns.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "plugin/calls/json_text.h"
#include "plugin/calls/row_errors.h"

namespace leat::plugin {
namespace {

using record::Type;
using record::Value;

constexpr std::size_t kTextBytesMax = 16 * 1024 * 1024;
// 0001-01-01T00:00:00Z and the last microsecond of the year 9999.
constexpr std::int64_t kTimeMin = -62'135'596'800'000'000;
constexpr std::int64_t kTimeMax = 253'402'300'799'999'999;

#ifdef LEAT_DCHECKS
constexpr std::size_t kGuards = 8;
#else
constexpr std::size_t kGuards = 0;
#endif
constexpr std::uint64_t kGuardWord = 0xC0FFEE5A5A5AC0DE;

template <class T>
void put(std::vector<leat_str>& data, std::size_t at, T value) noexcept {
  std::memcpy(reinterpret_cast<char*>(data.data()) + at * sizeof(T), &value, sizeof value);
}
template <class T>
T get(const void* data, std::size_t at) noexcept {
  T value;
  std::memcpy(&value, static_cast<const char*>(data) + at * sizeof(T), sizeof value);
  return value;
}

// Writes the value as an element of the type; false when it is of another one.
bool put_value(Type type, std::vector<leat_str>& data, std::size_t at, const Value& value,
               base::Arena& arena) {
  const auto put_text = [&](std::string_view text) {
    data[at] = {text.data(), text.size()};
    return true;
  };
  switch (type) {
    case Type::boolean:
      if (!value.is(Type::boolean)) return false;
      return put(data, at, static_cast<std::uint8_t>(value.as_boolean())), true;
    case Type::integer:
      if (value.is(Type::unsigned_integer)) {
        if (value.as_unsigned() > INT64_MAX) return false;
      } else if (!value.is(Type::integer)) {
        return false;
      }
      return put(data, at, value.as_integer()), true;
    case Type::real:
      if (value.is(Type::real)) return put(data, at, value.as_real()), true;
      if (value.is(Type::integer))
        return put(data, at, static_cast<double>(value.as_integer())), true;
      if (!value.is(Type::unsigned_integer)) return false;
      return put(data, at, static_cast<double>(value.as_unsigned())), true;
    case Type::timestamp:
      return value.is(Type::timestamp) && (put(data, at, value.as_integer()), true);
    case Type::string: return value.is(Type::string) && put_text(value.as_text());
    case Type::bytes:
      return (value.is(Type::bytes) || value.is(Type::string)) && put_text(value.as_text());
    case Type::json: {
      const auto text = json_of(value, arena);
      return text.has_value() && put_text(*text);
    }
    default: return false;
  }
}

void set_bit(std::vector<std::uint64_t>& bits, std::size_t i) noexcept {
  bits[i / 64] |= std::uint64_t{1} << i % 64;
}
bool bit(const std::vector<std::uint64_t>& bits, std::size_t i) noexcept {
  return (bits[i / 64] >> i % 64 & 1) != 0;
}

}  // namespace

std::size_t element_bytes(Type type) noexcept {
  switch (type) {
    case Type::boolean: return 1;
    case Type::string:
    case Type::bytes:
    case Type::json: return sizeof(leat_str);
    default: return 8;
  }
}

ArgumentColumns::ArgumentColumns(std::span<const Field> parameters, NullRule nulls, Absent absent)
    : parameters_(parameters),
      nulls_(nulls),
      absent_(absent),
      columns_(parameters.size()),
      vecs_(parameters.size()) {}

bool ArgumentColumns::store(const Field& field, Column& column, std::size_t at, const Value& value,
                            base::Arena& arena, Value& settled) {
  if (value.is_error()) {
    settled = value;
    return false;
  }
  if (value.is(Type::absent) && absent_ == Absent::fails) {
    settled = Value::error(record::kAbsentArgument);
    return false;
  }
  if (value.is_missing()) {
    if (field.nullable) {
      std::memset(reinterpret_cast<char*>(column.data.data()) + at * element_bytes(field.type), 0,
                  element_bytes(field.type));
      column.has_null = true;
      column.valid[at / 64] &= ~(std::uint64_t{1} << at % 64);
      return true;
    }
    settled = nulls_ == NullRule::propagates ? Value::null() : Value::error(kNullArgument);
    return false;
  }
  if (!put_value(field.type, column.data, at, value, arena)) {
    settled = Value::error(kWrongArgument);
    return false;
  }
  return true;
}

namespace {

// Stores the first values that are of the column's very type, in a loop for that type; gives how many.
// Rows that are settled already are stored too, nobody looks at them.
std::size_t put_plain(Type type, std::vector<leat_str>& data, const record::Argument& values,
                      std::size_t count) noexcept {
  const auto run = [&](auto put_one) {
    std::size_t i = 0;
    for (; i < count && values[i].is(type); ++i) put_one(i, values[i]);
    return i;
  };
  switch (type) {
    case Type::integer:
    case Type::timestamp:
      return run([&data](std::size_t i, const Value& value) { put(data, i, value.as_integer()); });
    case Type::real:
      return run([&data](std::size_t i, const Value& value) { put(data, i, value.as_real()); });
    case Type::string:
    case Type::bytes:
    case Type::json:
      return run([&data](std::size_t i, const Value& value) {
        data[i] = {value.as_text().data(), value.as_text().size()};
      });
    default: return 0;
  }
}

}  // namespace

std::uint32_t ArgumentColumns::fill(const record::CallScope& scope,
                                    std::span<const record::Argument> arguments,
                                    std::span<Value> settled) {
  LEAT_CHECK(arguments.size() == parameters_.size());
  const std::size_t rows = settled.size();
  settled_.assign(rows, 0);
  bool any = false;
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    Column& column = columns_[k];
    const bool constant = arguments[k].mask == 0 && rows > 1;
    const std::size_t count = constant ? 1 : rows;
    if (column.data.size() < count) column.data.resize(count);
    column.valid.assign((count + 63) / 64, ~std::uint64_t{0});
    column.has_null = false;
    for (std::size_t i = put_plain(parameters_[k].type, column.data, arguments[k], count);
         i < count; ++i) {
      if (settled_[i] != 0 && !constant) continue;
      Value result;
      if (store(parameters_[k], column, i, arguments[k][i], scope.arena, result)) continue;
      any = true;
      // A bad constant settles all rows that an earlier argument did not.
      for (std::size_t row = i; row < (constant ? rows : i + 1); ++row)
        if (std::exchange(settled_[row], std::uint8_t{1}) == 0) settled[row] = result;
    }
    vecs_[k] = {abi_type(parameters_[k].type),
                constant ? static_cast<std::uint32_t>(LEAT_VEC_CONST) : 0u, column.data.data(),
                column.has_null ? column.valid.data() : nullptr};
  }
  all_ = !any;
  if (any) select(rows, scope);
  batch_ = {};
  batch_.struct_size = sizeof batch_;
  batch_.rows = static_cast<std::uint32_t>(any ? rows_.size() : rows);
  batch_.columns = static_cast<std::uint32_t>(vecs_.size());
  batch_.cols = vecs_.data();
  if (!scope.event_time_us.empty())
    batch_.event_time_us = any ? times_.data() : scope.event_time_us.data();
  return batch_.rows;
}

// Moves the rows that are to be called together.
void ArgumentColumns::select(std::size_t rows, const record::CallScope& scope) {
  rows_.clear();
  times_.clear();
  for (std::size_t i = 0; i < rows; ++i) {
    if (settled_[i] != 0) continue;
    rows_.push_back(static_cast<std::uint32_t>(i));
    if (!scope.event_time_us.empty()) times_.push_back(scope.event_time_us[i]);
  }
  for (std::size_t k = 0; k < columns_.size(); ++k)
    if ((vecs_[k].flags & LEAT_VEC_CONST) == 0) compact(parameters_[k], columns_[k], vecs_[k]);
}

void ArgumentColumns::compact(const Field& field, Column& column, leat_vec& vec) {
  const std::size_t bytes = element_bytes(field.type);
  char* const data = reinterpret_cast<char*>(column.data.data());
  std::vector<std::uint64_t> valid((rows_.size() + 63) / 64 + 1, 0);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    std::memmove(data + i * bytes, data + rows_[i] * bytes, bytes);
    if (bit(column.valid, rows_[i])) set_bit(valid, i);
  }
  column.valid.swap(valid);
  if (vec.valid != nullptr) vec.valid = column.valid.data();
}

leat_out& ResultColumn::prepare(Type type, std::uint32_t rows) {
  // Guards lie in whole words of 16 bytes before and behind the slots.
  const std::size_t words = (rows * element_bytes(type) + sizeof(leat_str) - 1) / sizeof(leat_str);
  const std::size_t valid_words = (rows + 63) / 64;
  data_.assign(words + 2 * kGuards, leat_str{});
  valid_.assign(valid_words + 2 * kGuards, ~std::uint64_t{0});
  for (std::size_t i = 0; i < kGuards; ++i) {
    const leat_str guard{nullptr, kGuardWord};
    data_[i] = data_[words + kGuards + i] = guard;
    valid_[i] = valid_[valid_words + kGuards + i] = kGuardWord;
  }
  out_ = {};
  out_.struct_size = sizeof out_;
  out_.rows = rows;
  out_.type = abi_type(type);
  out_.data = data_.data() + kGuards;
  out_.valid = valid_.data() + kGuards;
  return out_;
}

bool ResultColumn::intact() const noexcept {
  const auto whole = [](const leat_str& guard) {
    return guard.ptr == nullptr && guard.len == kGuardWord;
  };
  for (std::size_t i = 0; i < kGuards; ++i) {
    if (!whole(data_[i]) || !whole(data_[data_.size() - 1 - i])) return false;
    if (valid_[i] != kGuardWord || valid_[valid_.size() - 1 - i] != kGuardWord) return false;
  }
  return true;
}

bool read_plain(const Field& field, const leat_out& out, std::span<Value> values) noexcept {
  for (std::size_t row = 0; row < out.rows; row += 64) {
    const std::uint64_t there = out.valid[row / 64];
    const std::size_t left = out.rows - row;
    const std::uint64_t wanted = left >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
    if ((there & wanted) != wanted) return false;
  }
  if (field.type == Type::integer) {
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = Value::integer(get<std::int64_t>(out.data, i));
    return true;
  }
  if (field.type != Type::real) return false;
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = Value::real(get<double>(out.data, i));
  return true;
}

Value read_element(const Field& field, const void* data, const std::uint64_t* valid, std::size_t i,
                   base::Arena& arena, std::string_view& wrong) {
  if (valid != nullptr && (valid[i / 64] >> i % 64 & 1) == 0) {
    if (!field.nullable) wrong = "it gave null where its signature has no `?`";
    return Value::null();
  }
  switch (field.type) {
    case Type::boolean: {
      const auto flag = get<std::uint8_t>(data, i);
      if (flag > 1) wrong = "it gave a bool that is neither 0 nor 1";
      return Value::boolean(flag == 1);
    }
    case Type::integer: return Value::integer(get<std::int64_t>(data, i));
    case Type::real: return Value::real(get<double>(data, i));
    case Type::timestamp: {
      const auto time = get<std::int64_t>(data, i);
      if (time < kTimeMin || time > kTimeMax) return Value::error(kTimestampRange);
      return Value::timestamp(time);
    }
    default: break;
  }
  const auto text = get<leat_str>(data, i);
  if (text.ptr == nullptr && text.len != 0) {
    wrong = "it gave a text that has a length but no place";
    return Value::null();
  }
  if (text.len > kTextBytesMax) return Value::error(kResultTooLarge);
  const std::string_view view =
      text.len == 0 ? std::string_view("", 0) : std::string_view(text.ptr, text.len);
  if (field.type == Type::bytes) return Value::bytes(view);
  if (field.type == Type::string) {
    if (!base::valid_utf8(view)) wrong = "it gave a string that is not UTF-8";
    return Value::string(view);
  }
  if (!is_json(view)) {
    wrong = "it gave a json that is no JSON text";
    return Value::null();
  }
  return value_of_json(view, arena);
}

}  // namespace leat::plugin
