#include "expr/program.h"

#include <array>
#include <utility>

#include <re2/re2.h>

#include "base/check.h"
#include "expr/code.h"
#include "expr/functions.h"
#include "expr/regex_cache.h"

namespace leat::expr {

Code::Code() = default;
Code::~Code() = default;

Scratch::Scratch() : patterns_(std::make_unique<RegexCache>()) {}
Scratch::~Scratch() = default;
Scratch::Scratch(Scratch&&) noexcept = default;
Scratch& Scratch::operator=(Scratch&&) noexcept = default;

Program::Program(std::unique_ptr<const Code> code) : code_(std::move(code)) {}
Program::~Program() = default;
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;

namespace {

constexpr std::size_t kStride = record::RecordBatch::kRowsMax;
constexpr Value kAbsent{};

}  // namespace

void Program::run(const record::RecordBatch& batch, Scratch& scratch, record::Column out) const {
  const std::size_t rows = batch.size();
  LEAT_CHECK(out.size() == rows && rows <= kStride);
  if (scratch.registers_.size() < code_->registers * kStride)
    scratch.registers_.resize(code_->registers * kStride);
  Value* const registers = scratch.registers_.data();

  const auto locate = [&](const Slot& slot) -> Operand {
    switch (slot.kind) {
      case Slot::Kind::constant: return {&code_->constants[slot.index], 0};
      case Slot::Kind::scratch: return {registers + slot.index * kStride, ~std::size_t{0}};
      case Slot::Kind::output: return {out.data(), ~std::size_t{0}};
      case Slot::Kind::column: break;
    }
    const record::Column column = batch.column(slot.index);
    if (column.empty()) return {&kAbsent, 0};
    return {column.data(), ~std::size_t{0}};
  };

  Frame frame{&batch, batch.arena(), *scratch.patterns_};
  std::array<Operand, kArgumentsMax> operands;
  for (const Instruction& instruction : code_->instructions) {
    for (std::uint32_t i = 0; i < instruction.count; ++i)
      operands[i] = locate(code_->inputs[instruction.first + i]);
    Value* const target =
        instruction.target == kOutput ? out.data() : registers + instruction.target * kStride;
    frame.extra = instruction.extra;
    instruction.kernel(frame, operands.data(), target, rows);
  }
}

const record::FieldPath* Program::path() const noexcept {
  return code_->path ? &*code_->path : nullptr;
}
std::optional<record::Value> Program::constant() const noexcept { return code_->constant; }
std::optional<record::Type> Program::type() const noexcept { return code_->type; }
std::span<const std::size_t> Program::columns() const noexcept { return code_->columns; }
bool Program::reads_clock() const noexcept { return code_->reads_clock; }

}  // namespace leat::expr
