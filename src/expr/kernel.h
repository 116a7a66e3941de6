#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "expr/errors.h"
#include "record/batch.h"

namespace re2 {
class RE2;
}
namespace leat::record {
class Function;
}

// The inside of a program: the loops that its instructions run. Only the files of this room include
// this.
namespace leat::expr {

using record::RowError;
using record::Type;
using record::Value;

class FunctionCalls;
class KeyIndex;
class Mock;
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
  const Mock* mock = nullptr;
  std::vector<Value> set;               // the right side of `x in [constants]`,
  std::span<const record::Entry> keys;  // and when it is long, its items as keys, to be found by
  const KeyIndex* index = nullptr;      // this
  const RowError* absent = nullptr;     // that what is read is absent, by name
  const RowError* no_map = nullptr;     // that what it is read of has no members, by name
  std::vector<std::uint8_t> marks;      // of items and entries: whether it is an optional
  std::uint64_t call = 0;  // which call of the expression this is: tells two uuid() apart
  const record::Function* function = nullptr;  // that is none of the library's
};

struct Frame {
  const record::RecordBatch* batch = nullptr;  // null while constants are folded
  base::Arena& arena;                          // for text, items and entries that are computed
  RegexCache& patterns;
  const Extra* extra = nullptr;
  std::size_t inputs = 0;  // how many operands there are
  // Inside a macro the rows of a kernel are the elements of lists: the row of the batch that each
  // belongs to, and its number among the elements of that row. Null outside: row i is row i.
  const std::uint32_t* row_of = nullptr;
  const std::uint64_t* element_of = nullptr;
  std::size_t memory_before = 0;   // bytes of the arena when the program began
  bool naming = false;             // what is read and absent is an error with its name
  FunctionCalls* calls = nullptr;  // null while constants are folded

  const record::Row& row(std::size_t i) const noexcept {
    return batch->rows()[row_of == nullptr ? i : row_of[i]];
  }
  std::uint64_t element(std::size_t i) const noexcept {
    return element_of == nullptr ? 0 : element_of[i];
  }
};

// Computes out[0..rows) from the inputs. `out` may be one of the inputs: row i is read before it is
// written, other rows are not read. Kernels never throw and never fail as a whole. What they get
// may be errors and absent values: the `each` below keep those away from row functions.
using Kernel = void (*)(Frame& frame, const Operand* in, Value* out, std::size_t rows);

inline constexpr std::size_t kTextBytesMax = 16 * 1024 * 1024;  // of one computed text
inline constexpr std::size_t kMemoryMax = 256 * 1024 * 1024;    // that one run of a program takes

// Whether the run has taken so much memory that large values must fail: VALUE_TOO_LARGE.
inline bool is_exhausted(const Frame& frame) noexcept {
  return frame.arena.bytes() - frame.memory_before > kMemoryMax;
}

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

// Why a row function is not called: for a broken argument, or because the memory is used up.
[[gnu::cold]] inline Value refusal(const Value& value) noexcept {
  return is_broken(value) ? misfit(value) : fail(kTooLarge);
}

// Kernels of row functions that do not see errors and absent values: those become the result at
// once, the left one first.
template <Value (*Row)(Frame&, const Value&)>
void each(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& a = in[0][i];
    out[i] = is_broken(a) || is_exhausted(frame) ? refusal(a) : Row(frame, a);
  }
}
template <Value (*Row)(Frame&, const Value&, const Value&)>
void each(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& a = in[0][i];
    const Value& b = in[1][i];
    const bool refused = is_broken(a) || is_broken(b) || is_exhausted(frame);
    out[i] = refused ? refusal(is_broken(a) ? a : b) : Row(frame, a, b);
  }
}
template <Value (*Row)(Frame&, const Value&, const Value&, const Value&)>
void each(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value& a = in[0][i];
    const Value& b = in[1][i];
    const Value& c = in[2][i];
    const bool refused = is_broken(a) || is_broken(b) || is_broken(c) || is_exhausted(frame);
    out[i] = refused ? refusal(is_broken(a) ? a : is_broken(b) ? b : c) : Row(frame, a, b, c);
  }
}
template <Value (*Row)(Frame&, const Value&, const Value&, const Value&, const Value&)>
void each(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const Value row[4] = {in[0][i], in[1][i], in[2][i], in[3][i]};
    const Value* broken = nullptr;
    for (const Value& value : row)
      if (broken == nullptr && is_broken(value)) broken = &value;
    const bool refused = broken != nullptr || is_exhausted(frame);
    out[i] = refused ? refusal(broken != nullptr ? *broken : row[0])
                     : Row(frame, row[0], row[1], row[2], row[3]);
  }
}

// The same for any number of arguments: Row(frame, arguments).
template <Value (*Row)(Frame&, std::span<const Value>)>
void each(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  constexpr std::size_t kFew = 8;
  Value few[kFew];
  const std::size_t count = frame.inputs;
  const std::span<Value> row =
      count <= kFew ? std::span<Value>(few, count) : frame.arena.array<Value>(count);
  for (std::size_t i = 0; i < rows; ++i) {
    const Value* broken = nullptr;
    for (std::size_t k = 0; k < count; ++k) {
      row[k] = in[k][i];
      if (broken == nullptr && is_broken(row[k])) broken = &row[k];
    }
    const bool refused = broken != nullptr || is_exhausted(frame);
    out[i] = refused ? refusal(broken != nullptr ? *broken : Value::null()) : Row(frame, row);
  }
}

}  // namespace leat::expr
