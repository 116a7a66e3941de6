#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "spec/pipeline.h"
#include "spec/tests.h"
#include "trial/rows.h"

// Whether what came out is what the tests of a definition want.
namespace leat::trial {

// One expectation that does not hold. A value.
struct Failure {
  std::string sink;      // "errors" of dead letters; "" = the trial itself did not get to its end
  json::Value expected;  // rows that did not come, or a number of rows; null = nothing to show
  json::Value actual;    // rows that nobody expected, or the number that came
  std::string message;   // for people
};

// A failure without rows.
Failure told(std::string sink, std::string message);

// `rows` in the order in which the sink wrote them.
std::vector<Failure> check(const spec::SinkSpec& sink, const spec::TestExpectation& expectation,
                           const std::vector<OutputRow>& rows);
// `letters`: the dead letters, as their sink wrote them. `input_of`: which row of the test became one
// of them, as its pointer ("" = none by itself); asked for the first kInputsNamed that nobody
// expected.
inline constexpr std::size_t kInputsNamed = 10;
std::vector<Failure> check_errors(const std::vector<spec::ExpectedError>& expected,
                                  const std::vector<OutputRow>& letters,
                                  const std::function<std::string(const OutputRow&)>& input_of);

// The parts of a dead letter; "" when it has none.
std::string_view header_of(const OutputRow& letter, std::string_view name) noexcept;
std::string_view step_of(const OutputRow& letter) noexcept;
std::string_view code_of(const OutputRow& letter) noexcept;

}  // namespace leat::trial
