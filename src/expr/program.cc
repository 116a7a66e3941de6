#include "expr/program.h"

#include <utility>

#include <re2/re2.h>

#include "base/check.h"
#include "expr/calls/tools.h"
#include "expr/code.h"
#include "expr/machine.h"

namespace leat::expr {

Code::Code() = default;
Code::~Code() = default;

Scratch::Scratch() : tools_(std::make_unique<Tools>()) {}
Scratch::~Scratch() = default;
Scratch::Scratch(Scratch&&) noexcept = default;
Scratch& Scratch::operator=(Scratch&&) noexcept = default;

Status Scratch::take_failure() { return tools_->calls.take_failure(); }

Program::Program(std::unique_ptr<const Code> code) : code_(std::move(code)) {}
Program::~Program() = default;
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;

void Program::run(const record::RecordBatch& batch, Scratch& scratch, record::Column out) const {
  LEAT_CHECK(out.size() == batch.size() && batch.size() <= record::RecordBatch::kRowsMax);
  Machine(*code_, batch, scratch, out).run();
}

void Program::name_absences(const record::RecordBatch& batch, Scratch& scratch,
                            record::Column out) const {
  LEAT_CHECK(out.size() == batch.size());
  Machine(*code_, batch, scratch, out).name_absences();
}

const record::FieldPath* Program::path() const noexcept {
  return code_->path ? &*code_->path : nullptr;
}
std::optional<record::Value> Program::constant() const noexcept { return code_->constant; }
std::optional<record::Type> Program::type() const noexcept { return code_->type; }
std::span<const std::size_t> Program::columns() const noexcept { return code_->columns; }
bool Program::reads_clock() const noexcept { return code_->reads_clock; }

}  // namespace leat::expr
