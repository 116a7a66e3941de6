#pragma once

#include <string>
#include <vector>

#include "base/mutant.h"

namespace leat::test {

using base::Mutant;

// A mistake by its name, and who must notice it.
struct PlantedMutant {
  Mutant mutant;
  std::string name;
  std::vector<std::string> cases;  // of simulated_cases(); each notices it
};

inline const std::vector<PlantedMutant>& mutants() {
  static const std::vector<PlantedMutant> all = {
      {Mutant::alignment_skips_an_input,
       "alignment_skips_an_input",
       {"plain", "plain_scattered_complete", "hopping_on_close", "session_on_close"}},
      {Mutant::offsets_noted_late, "offsets_noted_late", {"plain", "tumbling_on_close"}},
      {Mutant::watermark_not_committed,
       "watermark_not_committed",
       {"tumbling_on_close_side", "hopping_per_record", "session_per_batch", "lookback_side",
        "dedupe_drop"}},
      {Mutant::watermark_of_the_fastest,
       "watermark_of_the_fastest",
       {"tumbling_on_close", "hopping_scattered", "session_on_close", "lookback", "dedupe_side"}},
      {Mutant::late_by_arrival,
       "late_by_arrival",
       {"tumbling_on_close_side", "hopping_per_record", "session_on_close", "lookback_side",
        "dedupe_drop"}},
      {Mutant::state_before_commit, "state_before_commit", {"plain", "lookback"}},
      {Mutant::uncommitted_state_restored,
       "uncommitted_state_restored",
       {"plain", "tumbling_per_record", "hopping_on_close", "session_on_close", "lookback",
        "dedupe"}},
      {Mutant::delta_lost,
       "delta_lost",
       {"plain", "tumbling_on_close", "lookback", "dedupe", "session_by_clock", "plain_short_ttl",
        "lookback_by_clock"}},
      {Mutant::erasures_lost, "erasures_lost", {"tumbling_on_close", "session_on_close"}},
      {Mutant::timers_lost_at_restore,
       "timers_lost_at_restore",
       {"tumbling_on_close", "hopping_on_close", "session_on_close", "tumbling_by_clock"}},
      {Mutant::keys_forgotten_at_restore,
       "keys_forgotten_at_restore",
       {"plain", "tumbling_on_close", "lookback", "dedupe"}},
      {Mutant::group_restored_twice, "group_restored_twice", {"tumbling_on_close"}},
      {Mutant::lookback_keeps_what_is_over, "lookback_keeps_what_is_over", {"lookback"}},
      {Mutant::commit_before_acknowledgement,
       "commit_before_acknowledgement",
       {"plain", "tumbling_on_close"}},
      {Mutant::commit_before_durable, "commit_before_durable", {"plain", "lookback"}}};
  return all;
}

}  // namespace leat::test
