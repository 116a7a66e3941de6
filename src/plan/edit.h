#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plan/plan.h"

// What becomes of a pipeline and its state when another definition takes the place of its own.
namespace leat::plan {

// What an edit reads no more though its rows are in kept state: topics (a topic of another profile
// is another one) and files. A pattern reads what the same pattern reads.
struct LostInputs {
  std::vector<std::string> names;  // as a person reads them: "topic `a`"; empty = nothing is lost
  std::vector<std::string> steps;  // of `before`, whose state holds such rows
};
// Pure.
LostInputs lost_inputs(const Plan& before, const Plan& after);

// A step whose state cannot be kept.
struct LostState {
  std::string step;  // its id in `before`
  std::string why;   // a clause: "`w` was `by [k = k]` and is `by [j = j]`"
  bool removed = false;
};
// By the plans alone, in the order of `before`; what lies on disk may be of another plan. Pure.
std::vector<LostState> lost_state(const Plan& before, const Plan& after);

enum class EditClass : std::uint8_t {
  hot,      // counts at once
  barrier,  // counts from the next epoch on; state is kept
  state,    // state would be lost
};
// "hot", "barrier", "state"
std::string_view edit_class_name(EditClass edit) noexcept;
struct EditChange {
  std::string pointer;  // into the new definition; of what is gone, the list that it was in
  EditClass edit = EditClass::barrier;
  std::string step;  // empty = it is of none
  std::string message;
};
// Every edit, those of state first. Pure.
std::vector<EditChange> edit_changes(const Plan& before, const Plan& after);

}  // namespace leat::plan
