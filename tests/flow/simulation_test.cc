#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "base/log.h"
#include "flow/mutants.h"
#include "support/simulation.h"

// Every keyed step gives the same under every schedule: random seeds, all in virtual time.
namespace leat::test {
namespace {

constexpr std::uint64_t kSchedules = 96;  // of each case

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Somebody wants to see what a mistake does.
Mutant mutant_asked_for() {
  const char* name = std::getenv("LEAT_MUTANT");
  for (const PlantedMutant& one : mutants())
    if (name != nullptr && one.name == name) return one.mutant;
  EXPECT_TRUE(name == nullptr) << "no such mutant; tests/flow/mutants.h names them";
  return Mutant::none;
}

class KeyedSimulation : public ::testing::TestWithParam<SimulatedCase> {
 protected:
  void SetUp() override { log::set_default_level(log::Level::off); }
  void TearDown() override { log::set_default_level(log::Level::info); }
};

TEST_P(KeyedSimulation, EveryScheduleGivesWhatThePlainRunGives) {
  Simulation simulation(GetParam());
  simulation.mutant = mutant_asked_for();
  const bool one = std::getenv("LEAT_SEED") != nullptr;
  const std::uint64_t first = number_of("LEAT_SEED", 0);
  const std::uint64_t count = one ? 1 : number_of("LEAT_SCHEDULES", kSchedules);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const std::string difference = simulation.run(seed);
    ASSERT_EQ(difference, "") << "seed " << seed << "; the same again: LEAT_SEED=" << seed
                              << " flow_graph --gtest_filter=*KeyedSimulation*/" << GetParam().name;
  }
  if (!one) {
    EXPECT_GT(simulation.crashes(), count / 4) << "crashes are part of it";
  }
}

INSTANTIATE_TEST_SUITE_P(Every, KeyedSimulation, ::testing::ValuesIn(simulated_cases()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace leat::test
