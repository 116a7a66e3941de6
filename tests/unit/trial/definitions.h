#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/clock.h"
#include "spec/parse.h"
#include "spec/text.h"
#include "trial/tests.h"

namespace leat::trial {

inline std::shared_ptr<const spec::PipelineSpec> parsed(const std::string& text) {
  const spec::ParseResult result = spec::parse_pipeline(text);
  for (const spec::Diagnostic& one : result.diagnostics)
    if (one.severity == spec::Severity::error)
      ADD_FAILURE() << spec::to_line("definition", one) << "\n" << text;
  return result.spec;
}

// A pipeline from topic `in` to topic `out` with these steps, and these tests.
inline std::string pipeline(const std::string& steps, const std::string& tests = "[]",
                            const std::string& more = "") {
  return R"({"name": "p", "sources": {"in": {"kafka": {"topics": ["in"]}}}, "steps": )" + steps +
         R"(, "sinks": {"out": {"kafka": {"topic": "out"}}}, "tests": )" + tests + more + "}";
}

inline Report run(const std::string& text, const Limits& limits = {}) {
  const auto definition = parsed(text);
  if (definition == nullptr) return {};
  return run_tests(*definition, base::machine_clock(), limits);
}

// Every failure of the first run that has some, a line each; "" when all passed.
inline std::string first_failures(const Report& report) {
  std::string text;
  for (const spec::Diagnostic& one : report.diagnostics)
    if (one.severity == spec::Severity::error) text += one.code + ": " + one.message + "\n";
  for (const TestRun& one : report.runs) {
    for (const Failure& failure : one.failures)
      text += failure.sink + ": " + failure.message + "\n";
    if (!one.passed()) return text;
  }
  return text;
}

}  // namespace leat::trial
