#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "expr/code.h"
#include "expr/program.h"
#include "expr/values.h"

namespace leat::expr {

// How one row goes through the elements of its list or map.
struct Walk {
  std::span<const Value> items;
  std::span<const Entry> entries;  // of a map
  bool map = false;
  std::size_t next = 0;   // element to look at
  bool decided = false;   // `verdict` stands, whatever else comes
  Value verdict;          // error so far, or the decision
  std::size_t found = 0;  // elements for which the condition held, or results made
  Value* results = nullptr;
  Entry* pairs = nullptr;
  std::size_t room = 0;  // of pairs

  std::size_t size() const noexcept { return map ? entries.size() : items.size(); }
};

// The memory of one level of macros: the first is the batch itself.
struct Level {
  static constexpr std::size_t kLanes = record::RecordBatch::kRowsMax;

  std::vector<Value> registers;  // kLanes of each
  // Of each lane: the row around it, its position there, the row of the batch, its number for that.
  std::array<std::uint32_t, kLanes> from{};
  std::array<std::uint32_t, kLanes> position{};
  std::array<std::uint32_t, kLanes> row_of{};
  std::array<std::uint64_t, kLanes> element_of{};
  std::array<Walk, kLanes> walks{};         // of the rows around
  std::array<std::uint32_t, kLanes> steps;  // of the first level: elements looked at, by row
  std::vector<Operand> operands;
};

// One run of a program over a batch. Lives as long as the run.
class Machine {
 public:
  // A row looks at no more elements than this in all macros of an expression.
  static constexpr std::uint32_t kStepsMax = 1'000'000;

  Machine(const Code& code, const record::RecordBatch& batch, Scratch& scratch, record::Column out);
  void run();
  // Runs once more over what run() gave, with errors that have names in place of absent fields: so
  // a row that failed for an absent field says which.
  void name_absences();

 private:
  Level& level(std::size_t depth, const Block& block);
  Operand locate(const Slot& slot, const Level& level, bool takes_absent = false) const;
  void name_columns();
  void run(const Block& block, std::size_t depth, std::size_t rows);
  void comprehend(const Comprehension& what, std::size_t depth, std::size_t rows, Value* out);
  void start(const Comprehension& what, const Value& range, Walk& walk);
  std::size_t fill(const Comprehension& what, std::size_t depth, std::size_t rows,
                   std::size_t& row);
  void lane(const Comprehension& what, std::size_t depth, std::size_t row, std::size_t lane);
  void capture(const Comprehension& what, std::size_t depth, std::size_t lanes);
  void take(const Comprehension& what, Level& inner, std::size_t lanes);
  void add(const Comprehension& what, Walk& walk, std::size_t position, const Value& result);
  void add_entries(Walk& walk, const Value& map);
  Value finish(const Comprehension& what, const Walk& walk);

  const Code& code_;
  const record::RecordBatch& batch_;
  Scratch& scratch_;
  record::Column out_;
  // Of Code::columns, while names are found out: the column with errors where it is absent.
  std::span<Operand> named_;
  Frame frame_;
};

}  // namespace leat::expr
