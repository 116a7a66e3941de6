#pragma once

#ifdef LEAT_DCHECKS
#include <atomic>
#endif
#include <cstdint>

namespace leat::base {

// Mistakes that tests plant into the code, to see that they would notice them. One at a time, of
// the whole process; thread-safe. They are there in builds with LEAT_CHECKS only: in all others
// is_planted() is the constant false, and so is what stands behind it.
enum class Mutant : std::uint8_t {
  none,
  alignment_skips_an_input,       // rows behind one input's barrier belong to the epoch it closes
  offsets_noted_late,             // the positions of a cut are those of when its barrier leaves
  watermark_not_committed,        // the highest times do not go with the offsets
  watermark_of_the_fastest,       // a step goes by the input that is farthest, not by the last one
  late_by_arrival,                // rows are late by the clock, not by their partition's watermark
  state_before_commit,            // the store applies an epoch when it is appended
  uncommitted_state_restored,     // and a start takes it as it is (by the disk of the tests)
  delta_lost,                     // of every third epoch nothing is appended
  erasures_lost,                  // erased keys stay in the store
  timers_lost_at_restore,         // nothing that is restored is due ever
  keys_forgotten_at_restore,      // every other key group begins empty
  group_restored_twice,           // every other key group is there two times
  lookback_keeps_what_is_over,    // rows that leave the span are not taken back
  commit_before_acknowledgement,  // offsets are committed though output is on its way
  commit_before_durable,          // offsets are committed though the state is not on disk
};

#ifdef LEAT_DCHECKS
namespace internal {
inline std::atomic<Mutant> planted_mutant{Mutant::none};
}
inline constexpr bool kHasMutants = true;
inline bool is_planted(Mutant mutant) noexcept {
  return internal::planted_mutant.load(std::memory_order_relaxed) == mutant;
}
inline void plant(Mutant mutant) noexcept { internal::planted_mutant.store(mutant); }
#else
inline constexpr bool kHasMutants = false;
constexpr bool is_planted(Mutant) noexcept { return false; }
constexpr void plant(Mutant) noexcept {}
#endif

}  // namespace leat::base
