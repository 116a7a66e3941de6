#include "expr/machine.h"

#include <algorithm>

#include "base/check.h"
#include "expr/calls/tools.h"

namespace leat::expr {
namespace {

constexpr std::size_t kLanes = Level::kLanes;
constexpr std::size_t kEach = ~std::size_t{0};
constexpr Value kAbsent{};

Value key_at(const Walk& walk, std::size_t position) {
  return walk.map ? walk.entries[position].key
                  : Value::integer(static_cast<std::int64_t>(position));
}
Value value_at(const Walk& walk, std::size_t position) {
  return walk.map ? walk.entries[position].value : walk.items[position];
}

void decide(Walk& walk, const Value& verdict) {
  walk.verdict = verdict;
  walk.decided = true;
}

// all() and exists(): the deciding value wins over errors before and behind it.
void quantify(Walk& walk, const Value& result, bool decides) {
  if (!result.is(Type::boolean)) {
    if (!walk.verdict.is_error()) walk.verdict = misfit(result);
  } else if (result.as_boolean() == decides) {
    decide(walk, result);
  }
}

}  // namespace

Machine::Machine(const Code& code, const record::RecordBatch& batch, Scratch& scratch,
                 record::Column out)
    : code_(code),
      batch_(batch),
      scratch_(scratch),
      out_(out),
      frame_{&batch, batch.arena(), scratch.tools_->patterns} {
  frame_.memory_before = batch.arena().bytes();
  frame_.calls = &scratch.tools_->calls;
}

void Machine::run() {
  Level& first = level(0, code_.main);
  if (!code_.comprehensions.empty()) first.steps.fill(0);
  run(code_.main, 0, batch_.size());
}

void Machine::name_absences() {
  const std::span<Value> first = frame_.arena.array<Value>(out_.size());
  std::copy(out_.begin(), out_.end(), first.begin());
  name_columns();
  frame_.naming = true;
  frame_.memory_before = frame_.arena.bytes();
  run();
  for (std::size_t i = 0; i < out_.size(); ++i) {
    const bool named =
        is_nameless(first[i]) && out_[i].is_error() && out_[i].as_error().code == kNoSuchField.code;
    if (!named) out_[i] = first[i];
  }
}

void Machine::name_columns() {
  named_ = frame_.arena.array<Operand>(code_.columns.size());
  for (std::size_t c = 0; c < named_.size(); ++c) {
    const record::Column column = batch_.column(code_.columns[c]);
    const std::span<Value> values =
        frame_.arena.array<Value>(std::max<std::size_t>(column.size(), 1));
    std::copy(column.begin(), column.end(), values.begin());
    for (Value& value : values)
      if (value.is(Type::absent)) value = fail(*code_.absences[c]);
    named_[c] = {values.data(), column.empty() ? 0 : kEach};
  }
}

Level& Machine::level(std::size_t depth, const Block& block) {
  std::vector<std::unique_ptr<Level>>& levels = scratch_.levels_;
  while (levels.size() <= depth) levels.push_back(std::make_unique<Level>());
  Level& found = *levels[depth];
  if (found.registers.size() < block.registers * kLanes)
    found.registers.resize(block.registers * kLanes);
  if (found.operands.size() < code_.operands_max) found.operands.resize(code_.operands_max);
  return found;
}

Operand Machine::locate(const Slot& slot, const Level& level, bool takes_absent) const {
  switch (slot.kind) {
    case Slot::Kind::constant: return {&code_.constants[slot.index], 0};
    case Slot::Kind::scratch: return {level.registers.data() + slot.index * kLanes, kEach};
    case Slot::Kind::output: return {out_.data(), kEach};
    case Slot::Kind::column: break;
  }
  if (frame_.naming && !takes_absent) {
    const std::vector<std::size_t>& all = code_.columns;
    const auto at = std::lower_bound(all.begin(), all.end(), slot.index) - all.begin();
    return named_[static_cast<std::size_t>(at)];
  }
  const record::Column column = batch_.column(slot.index);
  if (column.empty()) return {&kAbsent, 0};
  return {column.data(), kEach};
}

void Machine::run(const Block& block, std::size_t depth, std::size_t rows) {
  Level& here = *scratch_.levels_[depth];
  frame_.row_of = depth == 0 ? nullptr : here.row_of.data();
  frame_.element_of = depth == 0 ? nullptr : here.element_of.data();
  for (const Instruction& instruction : block.instructions) {
    Value* const target = instruction.target == kOutput
                              ? out_.data()
                              : here.registers.data() + instruction.target * kLanes;
    if (instruction.comprehension != nullptr) {
      comprehend(*instruction.comprehension, depth, rows, target);
      frame_.row_of = depth == 0 ? nullptr : here.row_of.data();
      frame_.element_of = depth == 0 ? nullptr : here.element_of.data();
      continue;
    }
    for (std::uint32_t i = 0; i < instruction.count; ++i)
      here.operands[i] =
          locate(code_.inputs[instruction.first + i], here, i < instruction.takes_absent);
    frame_.extra = instruction.extra;
    frame_.inputs = instruction.count;
    instruction.kernel(frame_, here.operands.data(), target, rows);
  }
}

void Machine::comprehend(const Comprehension& what, std::size_t depth, std::size_t rows,
                         Value* out) {
  Level& inner = level(depth + 1, what.body);
  Level& around = *scratch_.levels_[depth];
  const Operand range = locate(what.range, around);
  for (std::size_t row = 0; row < rows; ++row) {
    inner.walks[row] = Walk();
    start(what, range[row], inner.walks[row]);
  }
  for (std::size_t row = 0;;) {
    const std::size_t lanes = fill(what, depth, rows, row);
    if (lanes == 0) break;
    capture(what, depth, lanes);
    run(what.body, depth + 1, lanes);
    take(what, inner, lanes);
  }
  for (std::size_t row = 0; row < rows; ++row) out[row] = finish(what, inner.walks[row]);
}

void Machine::start(const Comprehension& what, const Value& range, Walk& walk) {
  if (is_broken(range)) return decide(walk, misfit(range));
  if (is_exhausted(frame_)) return decide(walk, fail(kTooLarge));
  walk.map = is_map(range);
  const RowError* const error = walk.map ? entries_of(range, frame_.arena, walk.entries)
                                         : items_of(range, frame_.arena, walk.items);
  if (error != nullptr) return decide(walk, fail(*error));
  const std::size_t size = walk.size();
  switch (what.kind) {
    case MacroKind::map:
    case MacroKind::filter: walk.results = frame_.arena.array<Value>(size).data(); break;
    case MacroKind::transform_map:
      walk.pairs = frame_.arena.array<Entry>(size).data();
      walk.room = size;
      break;
    default: break;
  }
}

// Takes elements of the rows from `row` on, until the lanes are full: how many there are.
std::size_t Machine::fill(const Comprehension& what, std::size_t depth, std::size_t rows,
                          std::size_t& row) {
  Level& inner = *scratch_.levels_[depth + 1];
  Level& around = *scratch_.levels_[depth];
  std::array<std::uint32_t, kLanes>& steps = scratch_.levels_[0]->steps;
  const bool exhausted = is_exhausted(frame_);
  std::size_t lanes = 0;
  while (row < rows) {
    Walk& walk = inner.walks[row];
    if (exhausted && !walk.decided && walk.next < walk.size()) decide(walk, fail(kTooLarge));
    if (walk.decided || walk.next == walk.size()) {
      ++row;
      continue;
    }
    if (lanes == kLanes) break;
    std::uint32_t& taken = steps[depth == 0 ? row : around.row_of[row]];
    if (++taken > kStepsMax) {
      decide(walk, fail(kTooManySteps));
      continue;
    }
    lane(what, depth, row, lanes++);
  }
  return lanes;
}

void Machine::lane(const Comprehension& what, std::size_t depth, std::size_t row,
                   std::size_t lane) {
  constexpr std::uint64_t kPrime = 0x100000001B3ULL;
  Level& inner = *scratch_.levels_[depth + 1];
  const Level& around = *scratch_.levels_[depth];
  Walk& walk = inner.walks[row];
  const std::size_t position = walk.next++;
  inner.from[lane] = static_cast<std::uint32_t>(row);
  inner.position[lane] = static_cast<std::uint32_t>(position);
  inner.row_of[lane] = depth == 0 ? static_cast<std::uint32_t>(row) : around.row_of[row];
  inner.element_of[lane] =
      (depth == 0 ? 0 : around.element_of[row] * kPrime) + static_cast<std::uint64_t>(position) + 1;
  const auto put = [&](std::uint32_t target, const Value& value) {
    if (target != Comprehension::kUnused) inner.registers[target * kLanes + lane] = value;
  };
  if (what.variables == 2) {
    put(what.elements[0], key_at(walk, position));
    put(what.elements[1], value_at(walk, position));
  } else {
    put(what.elements[0], walk.map ? key_at(walk, position) : value_at(walk, position));
  }
}

void Machine::capture(const Comprehension& what, std::size_t depth, std::size_t lanes) {
  Level& inner = *scratch_.levels_[depth + 1];
  for (const Comprehension::Capture& one : what.captures) {
    const Operand source = locate(one.source, *scratch_.levels_[depth]);
    Value* const target = inner.registers.data() + one.target * kLanes;
    for (std::size_t i = 0; i < lanes; ++i) target[i] = source[inner.from[i]];
  }
}

// What the body gave for each lane goes to the walk of its row.
void Machine::take(const Comprehension& what, Level& inner, std::size_t lanes) {
  const Operand results = locate(what.result, inner);
  const bool conditional = what.condition.has_value();
  const Operand conditions = conditional ? locate(*what.condition, inner) : Operand();
  for (std::size_t i = 0; i < lanes; ++i) {
    Walk& walk = inner.walks[inner.from[i]];
    if (walk.decided) continue;
    const Value result = results[i];
    if (conditional) {
      const Value& holds = conditions[i];
      if (!holds.is(Type::boolean)) {
        decide(walk, misfit(holds));
        continue;
      }
      if (!holds.as_boolean()) continue;
    }
    add(what, walk, inner.position[i], result);
  }
}

void Machine::add(const Comprehension& what, Walk& walk, std::size_t position,
                  const Value& result) {
  const bool test = what.kind == MacroKind::exists_one || what.kind == MacroKind::filter;
  switch (what.kind) {
    case MacroKind::all: return quantify(walk, result, false);
    case MacroKind::exists: return quantify(walk, result, true);
    default: break;
  }
  if (test ? !result.is(Type::boolean) : is_broken(result)) return decide(walk, misfit(result));
  if (test && !result.as_boolean()) return;
  switch (what.kind) {
    case MacroKind::exists_one: ++walk.found; break;
    case MacroKind::filter:
      walk.results[walk.found++] = walk.map ? key_at(walk, position) : value_at(walk, position);
      break;
    case MacroKind::map: walk.results[walk.found++] = result; break;
    case MacroKind::transform_map:
      walk.pairs[walk.found++] = {key_at(walk, position), result};
      break;
    case MacroKind::transform_map_entry: add_entries(walk, result); break;
    default: LEAT_CHECK(false);
  }
}

void Machine::add_entries(Walk& walk, const Value& map) {
  std::span<const Entry> entries;
  if (const RowError* error = entries_of(map, frame_.arena, entries))
    return decide(walk, fail(*error));
  const std::size_t wanted = walk.found + entries.size();
  if (wanted > kItemsMax) return decide(walk, fail(kTooLarge));
  if (wanted > walk.room) {
    const std::span<Entry> larger = frame_.arena.array<Entry>(std::max(wanted, walk.room * 2));
    std::copy(walk.pairs, walk.pairs + walk.found, larger.begin());
    walk.pairs = larger.data();
    walk.room = larger.size();
  }
  for (const Entry& entry : entries) walk.pairs[walk.found++] = entry;
}

Value Machine::finish(const Comprehension& what, const Walk& walk) {
  if (walk.decided || walk.verdict.is_error()) return walk.verdict;
  switch (what.kind) {
    case MacroKind::all: return Value::boolean(true);
    case MacroKind::exists: return Value::boolean(false);
    case MacroKind::exists_one: return Value::boolean(walk.found == 1);
    case MacroKind::map:
    case MacroKind::filter: return Value::list({walk.results, walk.found});
    case MacroKind::transform_map: return Value::map(walk.pairs, walk.found);
    default: break;
  }
  const std::span<const Entry> pairs(walk.pairs, walk.found);
  KeyIndex index(frame_.arena, pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i)
    if (index.find_or_add(pairs.first(i), pairs[i].key) != i) return fail(kDuplicateKey);
  return Value::map(walk.pairs, walk.found);
}

}  // namespace leat::expr
