#include <gtest/gtest.h>

#include <algorithm>

#include "base/log.h"
#include "flow/mutants.h"
#include "support/simulation.h"

// Who watches the watchers: mistakes are planted into the code, and the schedules of
// simulation_test.cc must notice each.
namespace leat::test {
namespace {

// Seeds that are tried for each case.
constexpr std::uint64_t kSchedulesMax = 400;

const SimulatedCase& case_of(const std::string& name) {
  const auto& all = simulated_cases();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const SimulatedCase& c) { return c.name == name; });
  EXPECT_NE(found, all.end()) << name;
  return *found;
}

class Mutants : public ::testing::TestWithParam<PlantedMutant> {
 protected:
  void SetUp() override {
    if (!base::kHasMutants) GTEST_SKIP() << "this build has no mutants";
    log::set_default_level(log::Level::off);
  }
  void TearDown() override { log::set_default_level(log::Level::info); }
};

TEST_P(Mutants, IsNoticed) {
  for (const std::string& name : GetParam().cases) {
    SCOPED_TRACE(name);
    Simulation simulation(case_of(name));
    simulation.mutant = GetParam().mutant;
    std::uint64_t seed = 0;
    std::string difference;
    for (; seed < kSchedulesMax && difference.empty(); ++seed) difference = simulation.run(seed);
    ASSERT_NE(difference, "") << "not noticed in " << seed << " schedules";
    RecordProperty(name, static_cast<int>(seed));
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Mutants, ::testing::ValuesIn(mutants()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace leat::test
