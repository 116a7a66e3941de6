#include "expr/compiler/registers.h"

#include <vector>

namespace leat::expr {
namespace {

// One pass over the instructions to see where values are read last, one to give them registers.
class Assigner {
 public:
  Assigner(Code& code, Block& block)
      : code_(code),
        block_(block),
        last_read_(block.registers, 0),
        given_(block.registers, kNone) {}

  // A value that is there before the first instruction; one that is read behind the last.
  void begins(std::uint32_t& value) { begins_.push_back(&value); }
  void ends(Slot& slot) { ends_.push_back(&slot); }

  void run() {
    const std::size_t count = block_.instructions.size();
    for (std::size_t i = 0; i < count; ++i)
      each_read(block_.instructions[i], [&](Slot& slot) { last_read_[slot.index] = i + 1; });
    for (Slot* slot : ends_)
      if (slot->kind == Slot::Kind::scratch) last_read_[slot->index] = count + 1;
    for (std::uint32_t* value : begins_) give(*value);
    for (std::size_t i = 0; i < count; ++i) instruction(i);
    for (Slot* slot : ends_)
      if (slot->kind == Slot::Kind::scratch) slot->index = given_[slot->index];
    block_.registers = used_;
  }

 private:
  static constexpr std::uint32_t kNone = kOutput;

  template <class Visit>
  void each_read(const Instruction& instruction, Visit visit) {
    const auto read = [&visit](Slot& slot) {
      if (slot.kind == Slot::Kind::scratch) visit(slot);
    };
    for (std::uint32_t k = 0; k < instruction.count; ++k) read(code_.inputs[instruction.first + k]);
    if (instruction.comprehension == nullptr) return;
    read(instruction.comprehension->range);
    for (Comprehension::Capture& capture : instruction.comprehension->captures)
      read(capture.source);
  }

  void instruction(std::size_t i) {
    Instruction& instruction = block_.instructions[i];
    const bool apart = instruction.comprehension != nullptr;
    const std::uint32_t value = instruction.target;
    std::uint32_t target = value;
    if (apart) give(target);
    each_read(instruction, [&](Slot& slot) {
      const std::uint32_t read = slot.index;
      slot.index = given_[read];
      if (last_read_[read] != i + 1) return;
      free_.push_back(given_[read]);
      last_read_[read] = 0;  // an instruction may read a value twice
    });
    if (!apart) give(target);
    instruction.target = target;
    if (last_read_[value] == 0) free_.push_back(target);
  }

  // Replaces the number of a value by its register.
  void give(std::uint32_t& value) {
    if (free_.empty()) free_.push_back(used_++);
    given_[value] = free_.back();
    free_.pop_back();
    value = given_[value];
  }

  Code& code_;
  Block& block_;
  std::vector<std::size_t> last_read_;  // instruction + 1; 0: never
  std::vector<std::uint32_t> given_;
  std::vector<std::uint32_t> free_;
  std::uint32_t used_ = 0;
  std::vector<std::uint32_t*> begins_;
  std::vector<Slot*> ends_;
};

}  // namespace

void assign_registers(Code& code, Block& main) { Assigner(code, main).run(); }

void assign_registers(Code& code, Comprehension& comprehension) {
  Assigner assigner(code, comprehension.body);
  for (std::uint32_t& element : comprehension.elements)
    if (element != Comprehension::kUnused) assigner.begins(element);
  for (Comprehension::Capture& capture : comprehension.captures) assigner.begins(capture.target);
  if (comprehension.condition) assigner.ends(*comprehension.condition);
  assigner.ends(comprehension.result);
  assigner.run();
}

}  // namespace leat::expr
