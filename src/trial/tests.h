#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "spec/diagnostic.h"
#include "spec/pipeline.h"
#include "trial/expect.h"
#include "trial/limits.h"

// Runs the tests of a definition.
namespace leat::trial {

// One test in one mode with one batch size. A value.
struct TestRun {
  std::string name;
  std::string mode;              // as definitions write it
  std::uint64_t batch_size = 1;  // rows that are read together, at most
  double seconds = 0;            // of real time
  std::vector<Failure> failures;
  std::string note;  // what a test that passes may have overlooked; "" = nothing

  bool passed() const noexcept { return failures.empty(); }
};

// A value.
struct Report {
  std::vector<TestRun> runs;
  // What is wrong with the definition itself: then some tests have no runs. Pointers without line
  // and column.
  std::vector<spec::Diagnostic> diagnostics;

  bool valid() const noexcept;
  bool passed() const noexcept;
};

// Every test in each of its modes, reading one row, a few, and all rows at a time. A definition
// without tests is only put together. `clock` measures; the tests have a time of their own.
Report run_tests(const spec::PipelineSpec& definition, const Clock& clock, const Limits& limits);

}  // namespace leat::trial
