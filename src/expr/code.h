#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "base/arena.h"
#include "expr/kernel.h"
#include "expr/macros.h"
#include "expr/mock.h"
#include "expr/values.h"
#include "record/function.h"
#include "record/layout.h"

namespace leat::expr {

// Where an instruction finds an input.
struct Slot {
  enum class Kind : std::uint8_t { constant, column, scratch, output };
  Kind kind = Kind::constant;
  std::uint32_t index = 0;
};

inline constexpr std::uint32_t kOutput = std::numeric_limits<std::uint32_t>::max();

struct Comprehension;

// Runs one kernel over the rows: inputs [first, first + count) of Code::inputs → a register, or
// kOutput. With a comprehension it has no kernel.
struct Instruction {
  Kernel kernel = nullptr;
  const Extra* extra = nullptr;
  Comprehension* comprehension = nullptr;
  std::uint32_t target = kOutput;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  // Its first inputs to which absent is no error: they are asked whether a field is there.
  std::uint32_t takes_absent = 0;
};

// Instructions that run over the same rows, with registers of their own: those of the batch, or the
// elements that a macro looks at.
struct Block {
  std::vector<Instruction> instructions;
  std::uint32_t registers = 0;
};

// all(), map(), …: takes the elements of `range` for every row around it, up to kRowsMax at a time,
// runs the body over them, and makes one value per row of what the body gives.
struct Comprehension {
  static constexpr std::uint32_t kUnused = std::numeric_limits<std::uint32_t>::max();

  // A value from around, given to each element of its row.
  struct Capture {
    Slot source;
    std::uint32_t target = 0;
  };

  MacroKind kind = MacroKind::all;
  std::uint8_t variables = 1;
  Slot range;                                               // in the block around
  std::array<std::uint32_t, 2> elements{kUnused, kUnused};  // registers of the variables
  std::vector<Capture> captures;
  std::optional<Slot> condition;
  Slot result;
  Block body;
};

// What a Program runs. Immutable once compiled; owns everything its instructions point at.
struct Code {
  Block main;
  std::deque<Comprehension> comprehensions;
  std::vector<Slot> inputs;
  std::uint32_t operands_max = 0;  // of one instruction
  std::vector<Value> constants;
  std::optional<record::FieldPath> path;
  std::optional<Value> constant;
  std::optional<Type> type;
  std::vector<std::size_t> columns;
  std::vector<const RowError*> absences;  // of `columns`: that the field is absent, by its name
  bool reads_clock = false;

  base::Arena arena;  // the text of constants
  std::deque<Extra> extras;
  std::deque<KeyIndex> indexes;
  std::vector<std::unique_ptr<re2::RE2>> patterns;
  std::vector<MockPtr> mocks;
  std::vector<record::FunctionPtr> functions;

  Code();
  ~Code();
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;
};

}  // namespace leat::expr
