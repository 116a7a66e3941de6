#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "json/document.h"
#include "spec/diagnostic.h"
#include "spec/pipeline.h"
#include "spec/tests.h"
#include "trial/limits.h"

namespace leat::trial {

// What becomes of some rows on their way through a definition. A value.
struct Preview {
  struct Step {
    std::string id;                   // of a source or step, in the order of the definition
    std::vector<json::Value> rows;    // as they leave it
    std::vector<json::Value> errors;  // what failed in it: {"code", "message", "$value", "$key"}
  };
  std::vector<Step> steps;
  std::vector<std::pair<std::string, std::vector<json::Value>>> sinks;  // in the long form
  std::vector<json::Value> errors;                                      // of sinks, with `step`
  // What is wrong with the definition, or with the rows (the pointers are those of the inputs): then
  // there is nothing else. Pointers without line and column.
  std::vector<spec::Diagnostic> diagnostics;
  std::vector<spec::Diagnostic> bad_rows;
  Status status;  // why it did not come to its end
};

// At most `rows_max` rows of each step and sink are kept. Rows that fail are shown whatever
// `on_error` says.
Preview preview(const spec::PipelineSpec& definition, const std::vector<spec::TestInput>& inputs,
                std::size_t rows_max, const Limits& limits);

// `{"steps": [{"id","rows","errors"}], "sinks": {…}, "errors": […]}`
std::string to_json(const Preview& preview);

}  // namespace leat::trial
