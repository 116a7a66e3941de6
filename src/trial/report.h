#pragma once

#include <string>
#include <string_view>

#include "json/write.h"
#include "trial/tests.h"

// A report as people and programs read it.
namespace leat::trial {

// `{"passed": …, "tests": [{"name", "mode", "batch_size", "passed", "seconds", "failures": […]}]}`,
// with `file` before them unless it is empty, and with `diagnostics` behind them where the
// definition is not valid; a run that has a note has it as `note`. Diagnostics stand where they say:
// to_exact_places().
std::string to_json(const Report& report, std::string_view file);

// A line for every test, and its note beneath; what failed in the first of its runs that did, with the rows that were
// expected (-) and that came (+) as JSON.
std::string to_text(const Report& report, std::string_view file);

// The report of several files as JUnit's XML, which continuous integration reads: a suite for each
// file, a case for each run, and one for the definition where it is not valid. Source of the form: the schema of the Jenkins xUnit plugin.
class JUnit {
 public:
  void add(const Report& report, std::string_view file);
  // The whole document.
  std::string take() const;

 private:
  std::string suites_;
  std::size_t tests_ = 0;
  std::size_t failures_ = 0;
  double seconds_ = 0;
};

}  // namespace leat::trial
