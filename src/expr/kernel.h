#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "expr/errors.h"
#include "record/batch.h"

namespace re2 {
class RE2;
}

// The inside of a program: the loops that its instructions run. Only the files of this room include
// this.
namespace leat::expr {

using record::RowError;
using record::Type;
using record::Value;

class RegexCache;

// One input of an instruction: a value per row, or (mask 0) one value for all rows.
struct Operand {
  const Value* data = nullptr;
  std::size_t mask = 0;

  const Value& operator[](std::size_t row) const noexcept { return data[row & mask]; }
};

// What an instruction has beside its inputs.
struct Extra {
  std::string_view text;  // a member or header name
  const re2::RE2* pattern = nullptr;
  std::vector<Value> set;  // the right side of `x in [constants]`
};

struct Frame {
  const record::RecordBatch* batch = nullptr;  // null while constants are folded
  base::Arena& arena;                          // for text that is computed
  RegexCache& patterns;
  const Extra* extra = nullptr;
};

// Computes out[0..rows) from the inputs. `out` may be one of the inputs: row i is read before it is
// written, other rows are not read. Kernels never throw and never fail as a whole.
using Kernel = void (*)(Frame& frame, const Operand* in, Value* out, std::size_t rows);

inline constexpr std::size_t kTextBytesMax = 16 * 1024 * 1024;  // of one computed text

inline Value fail(const RowError& error) noexcept { return Value::error(error); }

// The error that a value causes where another type is needed: its own if it is an error.
inline Value misfit(const Value& value) noexcept {
  if (value.is_error()) return value;
  return fail(value.is(Type::absent) ? kNoSuchField : kNoSuchOverload);
}
inline bool is_broken(const Value& value) noexcept {
  return value.is_error() || value.is(Type::absent);
}
inline Value misfit(const Value& left, const Value& right) noexcept {
  return is_broken(left) ? misfit(left) : misfit(right);
}

// Kernels of row functions that do not see errors and absent values: those become the result at
// once, the left one first.
template <Value (*Row)(Frame&, const Value&)>
void each(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& a = in[0][i];
    out[i] = is_broken(a) ? misfit(a) : Row(frame, a);
  }
}
template <Value (*Row)(Frame&, const Value&, const Value&)>
void each(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& a = in[0][i];
    const Value& b = in[1][i];
    out[i] = is_broken(a) || is_broken(b) ? misfit(a, b) : Row(frame, a, b);
  }
}
template <Value (*Row)(Frame&, const Value&, const Value&, const Value&)>
void each(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& a = in[0][i];
    const Value& b = in[1][i];
    const Value& c = in[2][i];
    const bool broken = is_broken(a) || is_broken(b) || is_broken(c);
    out[i] = broken ? (is_broken(a) ? misfit(a) : misfit(b, c)) : Row(frame, a, b, c);
  }
}
template <Value (*Row)(Frame&, const Value&, const Value&, const Value&, const Value&)>
void each(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value row[4] = {in[0][i], in[1][i], in[2][i], in[3][i]};
    const Value* broken = nullptr;
    for (const Value& value : row)
      if (broken == nullptr && is_broken(value)) broken = &value;
    out[i] = broken != nullptr ? misfit(*broken) : Row(frame, row[0], row[1], row[2], row[3]);
  }
}

}  // namespace leat::expr
