#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "base/mutant.h"
#include "plan/plan.h"
#include "support/graph_driver.h"

// Random schedules of keyed steps in virtual time. All that is random about one follows from its
// seed: the records, how many partitions and tasks there are, when who takes a turn, what the
// trigger is and when it is switched, where the process is killed.
namespace leat::test {

// A definition with a keyed step, and what two runs of it over the same records have in common.
struct SimulatedCase {
  enum class Same : std::uint8_t {
    rows,  // every identity (key and start of the window) has the same rows in the same order
    set,   // the same rows; those of one identity may overtake each other
    last,  // every identity ends with the same row; a tombstone is as good as none
    sums,  // `n` and `s` over all rows of a key: the clock says how they are divided
    tails,  // the same rows but for `n`, `s` and `all`, which are over some of the key's last values:
            // the clock says how many
  };
  std::string name;
  std::string step;  // JSON: the members of the step, without its id
  Same same = Same::rows;
  bool scattered = false;  // the rows of a key come from all partitions
  std::string below = {};  // JSON: a second step that reads the first
  std::string max_lateness = "0s";
};
const std::vector<SimulatedCase>& simulated_cases();
inline std::ostream& operator<<(std::ostream& out, const SimulatedCase& one) {
  return out << one.name;
}

// What came out of a run, by sink.
struct SimulatedOutcome {
  std::string trouble;  // it did not get there: why
  std::map<std::string, std::vector<OutputRow>> committed;
  std::map<std::string, std::vector<OutputRow>> all;  // what crashes left behind too
  std::vector<std::string> letters;                   // dead letters, sorted
};

// Runs the schedules of one case. The plain run that all must equal (one task, nothing held, no
// crash) is done once per set of records; eight seeds in a row share one.
class Simulation {
 public:
  explicit Simulation(const SimulatedCase& of);
  // How the schedule of this seed differs from the plain run; "" = not at all.
  std::string run(std::uint64_t seed);
  base::Mutant mutant = base::Mutant::none;  // planted for schedules, not for plain runs
  std::uint64_t crashes() const { return crashes_; }

 private:
  struct Input {
    FakeRecord record;
    std::size_t partition = 0;
  };
  struct Records {
    std::size_t partitions = 1;
    std::vector<Input> rows;
    SimulatedOutcome expected;
  };
  struct Moves;

  Records make_records(std::uint64_t seed) const;
  SimulatedOutcome run_plainly(const Records& records);
  SimulatedOutcome run_schedule(const Records& records, std::mt19937_64& random);
  SimulatedOutcome outcome_of(GraphDriver& graph) const;
  std::string difference(const SimulatedOutcome& expected, const SimulatedOutcome& seen) const;
  std::string difference_at(const std::string& sink, const SimulatedOutcome& expected,
                            const SimulatedOutcome& seen) const;

  const SimulatedCase& case_;
  std::map<std::uint32_t, std::shared_ptr<const plan::Plan>> plans_;  // by parallelism
  std::map<std::uint64_t, Records> records_;                          // the newest only
  std::uint64_t crashes_ = 0;
};

}  // namespace leat::test
