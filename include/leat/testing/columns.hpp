// Rows of cells as columns, and result slots between canaries. Part of leat/plugin_testing.hpp.
#pragma once

#include <leat/testing/cells.hpp>

#include <memory>
#include <random>

namespace leat::testing::detail {

using leat::detail::Field;
using leat::detail::Signature;
using leat::detail::type_name;

inline size_t slot_size(leat_type type) {
  return type == LEAT_BOOL ? 1 : type <= LEAT_TIMESTAMP ? 8 : sizeof(leat_str);
}

// Input columns. Every text is an allocation of its own size, so that a sanitizer sees a read behind it.
class Columns {
 public:
  // `times` is empty or has one per row. Throws Violation when a cell is not of its parameter's type.
  Columns(const std::vector<Field>& fields, const std::vector<Row>& rows,
          std::vector<int64_t> times, bool allow_const)
      : rows_(rows.size()),
        times_(std::move(times)),
        columns_(fields.size()),
        vecs_(fields.size()) {
    for (const Row& row : rows) {
      if (row.size() != fields.size()) {
        throw Violation("a row of " + std::to_string(row.size()) + " cells, the signature has " +
                        std::to_string(fields.size()) + " parameters");
      }
    }
    for (size_t i = 0; i < fields.size(); ++i) fill(fields[i], rows, i, allow_const);
    batch_.struct_size = sizeof batch_;
    batch_.rows = static_cast<uint32_t>(rows_);
    batch_.columns = static_cast<uint32_t>(vecs_.size());
    batch_.cols = vecs_.data();
    batch_.event_time_us = times_.empty() ? nullptr : times_.data();
  }
  Columns(const Columns&) = delete;
  Columns& operator=(const Columns&) = delete;

  const leat_batch* batch() const { return &batch_; }

 private:
  struct Column {
    std::unique_ptr<char[]> data;
    std::vector<uint64_t> valid;
    std::vector<std::unique_ptr<char[]>> texts;
  };

  void fill(const Field& field, const std::vector<Row>& rows, size_t index, bool allow_const) {
    Column& column = columns_[index];
    bool constant = allow_const && rows.size() > 1, nulls = false;
    for (const Row& row : rows) {
      constant = constant && row[index] == rows[0][index];
      nulls = nulls || row[index].is_null();
    }
    const size_t count = constant ? 1 : rows.size(), size = slot_size(field.type);
    column.data = std::make_unique<char[]>(count * size);
    column.valid.assign((count + 63) / 64, 0);
    for (size_t row = 0; row < count; ++row) {
      const Cell& cell = rows[row][index];
      if (cell.is_null()) {
        std::memset(column.data.get() + row * size, 0, size);  // a text of no bytes at NULL
      } else {
        column.valid[row / 64] |= UINT64_C(1) << (row % 64);
        put(column, column.data.get() + row * size, field, cell);
      }
    }
    vecs_[index].type = field.type;
    vecs_[index].flags = constant ? LEAT_VEC_CONST : 0;
    vecs_[index].data = column.data.get();
    vecs_[index].valid = nulls ? column.valid.data() : nullptr;
  }

  static void put(Column& column, char* slot, const Field& field, const Cell& cell) {
    const bool text_for_json = field.type == LEAT_JSON && cell.type() == LEAT_STRING;
    if (cell.type() != field.type && !text_for_json &&
        !(field.type == LEAT_DOUBLE && cell.type() == LEAT_INT)) {
      throw Violation("`" + field.name + "` is " + type_name(field.type) +
                      " in the signature, the test gives " + cell.print());
    }
    const auto store = [&](const auto& value) { std::memcpy(slot, &value, sizeof value); };
    switch (field.type) {
      case LEAT_BOOL: return store(static_cast<uint8_t>(cell.as_bool() ? 1 : 0));
      case LEAT_INT: return store(cell.as_int());
      case LEAT_DOUBLE:
        return store(cell.type() == LEAT_INT ? static_cast<double>(cell.as_int())
                                             : cell.as_double());
      case LEAT_TIMESTAMP: return store(cell.as_timestamp().us);
      default: break;
    }
    const std::string& text = cell.as_text();
    column.texts.push_back(std::make_unique<char[]>(text.size()));
    if (!text.empty()) std::memcpy(column.texts.back().get(), text.data(), text.size());
    store(to_str({column.texts.back().get(), text.size()}));
  }

  size_t rows_;
  std::vector<int64_t> times_;
  std::vector<Column> columns_;
  std::vector<leat_vec> vecs_;
  leat_batch batch_{};
};

// Throws Violation when the text is not what its type promises.
inline void check_text(leat_type type, std::string_view text, const std::string& where) {
  if (type == LEAT_STRING && !is_utf8(text)) throw Violation(where + " is no valid UTF-8");
  if (type == LEAT_JSON && !JsonCheck::valid(text)) throw Violation(where + " is no JSON text");
}

// The cell at `slot`.
inline Cell read_cell(leat_type type, const char* slot, const std::string& where) {
  const auto load = [&](auto value) {
    std::memcpy(&value, slot, sizeof value);
    return value;
  };
  switch (type) {
    case LEAT_BOOL: {
      const uint8_t value = load(uint8_t{});
      if (value > 1) throw Violation(where + " is a bool that is neither 0 nor 1: was it written?");
      return Cell(value == 1);
    }
    case LEAT_INT: return Cell(load(int64_t{}));
    case LEAT_DOUBLE: return Cell(load(double{}));
    case LEAT_TIMESTAMP: return Cell(Timestamp{load(int64_t{})});
    default: break;
  }
  const leat_str str = load(leat_str{});
  if (str.len > 0 && str.ptr == nullptr) throw Violation(where + " has a length and no text");
  std::string text(to_view(str));
  check_text(type, text, where);
  if (type == LEAT_BYTES) return Cell::bytes(std::move(text));
  return type == LEAT_JSON ? Cell::json(std::move(text)) : Cell(std::move(text));
}

// Memory with canaries before and behind it.
class Guarded {
 public:
  static constexpr char kCanary = static_cast<char>(0xC5);
  static constexpr char kUnwritten = static_cast<char>(0xA5);

  // `align` at most 4096.
  Guarded(size_t size, size_t align, char fill, const char* what)
      : what_(what), size_(size), memory_(size + align + 2 * kGuard, kCanary) {
    void* at = memory_.data() + kGuard;
    size_t room = size + align;
    if (size > 0) at = std::align(align, size, at, room);
    data_ = static_cast<char*>(at);
    std::memset(data_, fill, size);
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  char* data() { return data_; }
  const char* data() const { return data_; }
  bool unwritten(size_t begin, size_t size) const {
    for (size_t i = begin; i < begin + size; ++i) {
      if (data_[i] != kUnwritten) return false;
    }
    return true;
  }
  void check() const {
    const char* end = memory_.data() + memory_.size();
    for (const char* at = memory_.data(); at < end; ++at) {
      if (at == data_) at += size_;
      if (at < end && *at != kCanary)
        throw Violation(std::string("the plugin wrote outside of ") + what_);
    }
  }

 private:
  static constexpr size_t kGuard = 64;
  const char* what_;
  size_t size_;
  std::vector<char> memory_;
  char* data_;
};

// Result slots of one column.
class OutColumn {
 public:
  OutColumn(const Field& field, size_t rows)
      : field_(field),
        size_(slot_size(field.type)),
        data_(rows * size_, 16, Guarded::kUnwritten, "its result slots"),
        valid_((rows + 63) / 64 * 8, 8, static_cast<char>(0xFF), "its validity words") {
    out_.struct_size = sizeof out_;
    out_.rows = static_cast<uint32_t>(rows);
    out_.type = field.type;
    out_.data = data_.data();
    out_.valid = reinterpret_cast<uint64_t*>(valid_.data());
  }

  leat_out* out() { return &out_; }

  void check() const {
    data_.check();
    valid_.check();
  }
  // Requires: the row did not fail.
  Cell cell(size_t row) const {
    const std::string where = "row " + std::to_string(row) + " of the result";
    if ((out_.valid[row / 64] >> (row % 64) & 1) == 0) {
      if (!field_.nullable) throw Violation(where + " is null, the signature has no `?`");
      return Cell();
    }
    if (data_.unwritten(row * size_, size_)) throw Violation(where + " was not written");
    return read_cell(field_.type, data_.data() + row * size_, where);
  }

 private:
  Field field_;
  size_t size_;
  Guarded data_, valid_;
  leat_out out_{};
};

// Sizes of random parts of `rows` rows.
inline std::vector<size_t> random_parts(size_t rows, std::mt19937_64& random) {
  std::vector<size_t> parts;
  while (rows > 0) {
    const size_t part = 1 + static_cast<size_t>(random() % rows);
    parts.push_back(part);
    rows -= part;
  }
  return parts;
}

}  // namespace leat::testing::detail
