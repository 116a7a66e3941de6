// Collects the rows that a function gives. Part of leat/plugin.hpp.
#pragma once

#include <leat/wrapper/signature.hpp>

#include <memory>

namespace leat {

// Rows on their way to the host: emit.row(a, b, c) with one value per field of the signature's result, in its order.
// Everything is copied. Valid during the call that it was given to.
class Emit {
 public:
  Emit(const Call& call, leat_emit* to, const detail::Signature& signature, bool with_origin)
      : call_(call),
        to_(to),
        fields_(signature.results),
        with_origin_(with_origin),
        columns_(fields_.size()) {}
  Emit(const Emit&) = delete;
  Emit& operator=(const Emit&) = delete;

  // Throws std::logic_error when the values are not those of the signature.
  template <class... T>
  void row(const T&... values) {
    add(std::nullopt, values...);
  }

  // The same with an event time of its own instead of that of the row it came from.
  template <class... T>
  void row_at(Timestamp event_time, const T&... values) {
    add(event_time.us, values...);
  }

  size_t rows() const { return origins_.size(); }

  // The input row that the next rows come from; ascending. The wrapper sets it.
  void set_origin(uint32_t row) { origin_ = row; }

  // Forgets the rows after the first `count`.
  void truncate(size_t count) {
    origins_.resize(count);
    times_.resize(count);
    for (Column& column : columns_) column.cells.resize(count);
  }

  // Hands all rows to the host. Throws when it refuses.
  void flush() {
    for (size_t begin = 0; begin < rows();) {
      size_t end = begin + 1;
      while (end < rows() && times_[end].has_value() == times_[begin].has_value()) ++end;
      send(begin, end);
      begin = end;
    }
    truncate(0);
    texts_.clear();
    room_ = 0;
  }
  void flush_when_full() {
    if (rows() >= kRows) flush();
  }

 private:
  static constexpr size_t kRows = 256;
  static constexpr size_t kChunk = 4096;
  struct Cell {
    bool set = false;
    union {
      uint8_t boolean;
      int64_t integer;
      double number;
      leat_str text;
    };
    Cell() : text{nullptr, 0} {}
  };
  struct Column {
    std::vector<Cell> cells;
    std::vector<char> data;
    std::vector<uint64_t> valid;
  };

  template <class... T>
  void add(std::optional<int64_t> time, const T&... values) {
    if (sizeof...(T) != fields_.size()) {
      throw std::logic_error("emit: " + std::to_string(sizeof...(T)) + " values for " +
                             std::to_string(fields_.size()) + " fields of the signature");
    }
    size_t field = 0;
    (put(field++, values), ...);
    origins_.push_back(origin_);
    times_.push_back(time);
  }

  template <class T>
  void put(size_t field, const T& value) {
    using Value = std::decay_t<const T&>;
    constexpr detail::CppType type = detail::cpp_type<Value>();
    if (!detail::same_type(fields_[field].type, type.type)) wrong(field, type);
    Cell cell;
    if constexpr (type.optional) {
      if (value) {
        fill(cell, *value);
      } else if (!fields_[field].nullable) {
        wrong(field, type);
      }
    } else {
      fill(cell, value);
    }
    columns_[field].cells.push_back(cell);
  }

  template <class T>
  void fill(Cell& cell, const T& value) {
    cell.set = true;
    if constexpr (std::is_same_v<T, bool>) {
      cell.boolean = value ? 1 : 0;
    } else if constexpr (std::is_same_v<T, int64_t>) {
      cell.integer = value;
    } else if constexpr (std::is_same_v<T, double>) {
      cell.number = value;
    } else if constexpr (std::is_same_v<T, Timestamp>) {
      cell.integer = value.us;
    } else if constexpr (std::is_same_v<T, Bytes>) {
      cell.text = keep(value.data);
    } else if constexpr (std::is_same_v<T, Json>) {
      cell.text = keep(value.text);
    } else {
      cell.text = keep(value);
    }
  }

  leat_str keep(std::string_view text) {
    if (text.size() > room_) {
      room_ = text.size() < kChunk ? kChunk : text.size();
      texts_.push_back(std::make_unique<char[]>(room_));
      next_ = texts_.back().get();
    }
    if (!text.empty()) std::memcpy(next_, text.data(), text.size());
    const leat_str kept = to_str({next_, text.size()});
    next_ += text.size();
    room_ -= text.size();
    return kept;
  }

  [[noreturn]] void wrong(size_t field, detail::CppType type) const {
    throw std::logic_error("emit: `" + fields_[field].name + "` is " +
                           detail::signature_text(fields_[field]) +
                           " in the signature, the value is " + detail::cpp_text(type) +
                           (type.optional ? " (perhaps empty)" : ""));
  }

  void send(size_t begin, size_t end) {
    const size_t count = end - begin;
    std::vector<leat_vec> vecs(columns_.size());
    for (size_t i = 0; i < columns_.size(); ++i)
      vecs[i] = pack(columns_[i], fields_[i].type, begin, end);
    std::vector<int64_t> times;
    if (times_[begin]) {
      for (size_t i = begin; i < end; ++i) times.push_back(*times_[i]);
    }
    leat_batch batch{};
    batch.struct_size = sizeof batch;
    batch.rows = static_cast<uint32_t>(count);
    batch.columns = static_cast<uint32_t>(vecs.size());
    batch.cols = vecs.data();
    batch.event_time_us = times.empty() ? nullptr : times.data();
    batch.origin = with_origin_ ? origins_.data() + begin : nullptr;
    detail::need(call_.host()->emit(to_, &batch));
  }

  static leat_vec pack(Column& column, leat_type type, size_t begin, size_t end) {
    const size_t size = type == LEAT_BOOL ? 1 : type <= LEAT_TIMESTAMP ? 8 : sizeof(leat_str);
    column.data.resize((end - begin) * size);
    column.valid.assign((end - begin + 63) / 64, 0);
    bool all = true;
    for (size_t i = begin; i < end; ++i) {
      const Cell& cell = column.cells[i];
      std::memcpy(column.data.data() + (i - begin) * size, &cell.text, size);
      if (cell.set) column.valid[(i - begin) / 64] |= UINT64_C(1) << ((i - begin) % 64);
      all = all && cell.set;
    }
    leat_vec vec{};
    vec.type = type;
    vec.data = column.data.data();
    vec.valid = all ? nullptr : column.valid.data();
    return vec;
  }

  const Call& call_;
  leat_emit* to_;
  const std::vector<detail::Field>& fields_;
  bool with_origin_;
  uint32_t origin_ = 0;
  std::vector<Column> columns_;
  std::vector<uint32_t> origins_;
  std::vector<std::optional<int64_t>> times_;
  std::vector<std::unique_ptr<char[]>> texts_;
  char* next_ = nullptr;
  size_t room_ = 0;
};

}  // namespace leat
