#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "base/arena.h"
#include "expr/kernel.h"
#include "record/layout.h"

namespace leat::expr {

// Where an instruction finds an input.
struct Slot {
  enum class Kind : std::uint8_t { constant, column, scratch, output };
  Kind kind = Kind::constant;
  std::uint32_t index = 0;
};

inline constexpr std::uint32_t kOutput = std::numeric_limits<std::uint32_t>::max();

// Runs one kernel over the batch: inputs [first, first + count) of Code::inputs → a register, or
// kOutput.
struct Instruction {
  Kernel kernel = nullptr;
  const Extra* extra = nullptr;
  std::uint32_t target = kOutput;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

// What a Program runs. Immutable once compiled; owns everything its instructions point at.
struct Code {
  std::vector<Instruction> instructions;
  std::vector<Slot> inputs;
  std::vector<Value> constants;
  std::uint32_t registers = 0;
  std::optional<record::FieldPath> path;
  std::optional<Value> constant;
  std::optional<Type> type;
  std::vector<std::size_t> columns;
  bool reads_clock = false;

  base::Arena arena;  // the text of constants
  std::deque<Extra> extras;
  std::vector<std::unique_ptr<re2::RE2>> patterns;

  Code();
  ~Code();
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;
};

}  // namespace leat::expr
