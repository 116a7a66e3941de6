#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "leat/plugin.h"
#include "plugin/signature.h"
#include "record/function.h"

namespace leat::plugin {

// What an absent argument is: expressions fail, steps that bind by name see null.
enum class Absent : std::uint8_t { fails, null };
// What null means for a parameter that may not be null.
enum class NullRule : std::uint8_t { fails, propagates };

// Lays the arguments of a call out as the ABI wants them. Keeps its memory from call to call.
// Thread-confined.
class ArgumentColumns {
 public:
  // `parameters` outlives it.
  ArgumentColumns(std::span<const Field> parameters, NullRule nulls, Absent absent);

  // Takes `rows` rows of the arguments. Rows that are not to be called get their value (null, or the
  // error) in settled[row] at once; gives the number of the others. Requires: settled.size() ==
  // rows.
  std::uint32_t fill(const record::CallScope& scope, std::span<const record::Argument> arguments,
                     std::span<record::Value> settled);
  // The batch of rows to call; valid until the next fill().
  const leat_batch& batch() const noexcept { return batch_; }
  // Whether no row was settled.
  bool all() const noexcept { return all_; }
  // The row of fill() that row `i` of the batch is.
  std::uint32_t row(std::uint32_t i) const noexcept { return all_ ? i : rows_[i]; }

 private:
  struct Column {
    std::vector<leat_str> data;  // room for any element: its alignment and size are the largest
    std::vector<std::uint64_t> valid;
    bool has_null = false;
  };
  // Stores one value; false when the row is settled by it.
  bool store(const Field& field, Column& column, std::size_t at, const record::Value& value,
             base::Arena& arena, record::Value& settled);
  void compact(const Field& field, Column& column, leat_vec& vec);
  void select(std::size_t rows, const record::CallScope& scope);

  const std::span<const Field> parameters_;
  const NullRule nulls_;
  const Absent absent_;
  std::vector<Column> columns_;
  std::vector<leat_vec> vecs_;
  std::vector<std::uint8_t> settled_;
  std::vector<std::uint32_t> rows_;
  std::vector<std::int64_t> times_;
  leat_batch batch_{};
  bool all_ = true;
};

// The slots that a call writes its result to. Keeps its memory. In builds with LEAT_CHECKS words
// before and behind the slots tell whether the plugin wrote past them. Thread-confined.
class ResultColumn {
 public:
  // Slots are zero, all present.
  leat_out& prepare(record::Type type, std::uint32_t rows);
  // Whether the guards still stand.
  bool intact() const noexcept;
  const leat_out& out() const noexcept { return out_; }

 private:
  std::vector<leat_str> data_;
  std::vector<std::uint64_t> valid_;
  leat_out out_{};
};

// Element `i` of a column that a plugin wrote, checked: a value, or Type::error where only the row is
// bad. `wrong` gets a sentence when the plugin broke its promise: invalid UTF-8, no JSON, a boolean
// other than 0 and 1, text without a place, null where the field is never null.
record::Value read_element(const Field& field, const void* data, const std::uint64_t* valid,
                           std::size_t i, base::Arena& arena, std::string_view& wrong);

// Reads a column of numbers of which none is null; false = it is another one, to be read by element.
// Requires: values.size() == out.rows.
bool read_plain(const Field& field, const leat_out& out, std::span<record::Value> values) noexcept;

// Bytes of one element of a column.
std::size_t element_bytes(record::Type type) noexcept;

}  // namespace leat::plugin
