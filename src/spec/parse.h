#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "json/document.h"
#include "spec/diagnostic.h"
#include "spec/pipeline.h"

// JSON text → PipelineSpec, or every mistake in it at once.
namespace leat::spec {

// Which values from outside a definition may use.
struct OutsideRules {
  std::vector<std::string> env;      // names of variables, and globs
  std::vector<std::string> folders;  // absolute
};

// What the daemon's configuration says about definitions. The defaults are those of the
// configuration. Depth and nodes of expressions are for the room that compiles them.
struct Options {
  std::size_t definition_bytes = 1024 * 1024;  // http.definition_max
  std::size_t definition_depth = 32;           // limits.definition_depth
  std::size_t definition_nodes = 100'000;      // limits.definition_nodes
  std::size_t steps_max = 64;
  std::size_t topics_max = 64;
  std::uint32_t parallelism_max = 256;                     // limits.parallelism
  std::size_t expression_length = 16'384;                  // limits.expression_length, bytes
  std::size_t expression_depth = 128;                      // limits.expression_depth
  std::size_t expression_nodes = 4096;                     // limits.expression_nodes
  Duration window_max = std::chrono::hours(24) * 400;      // limits.window
  std::uint32_t windows_per_row = 1000;                    // limits.windows_per_row
  Duration checkpoint_interval = std::chrono::seconds(1);  // defaults.checkpoint_interval
  StartSpec start;                                         // defaults.start
  RestartSpec restart{std::chrono::seconds(1), std::chrono::minutes(2),
                      20};                  // for members a definition leaves out
  std::string default_profile = "default";  // kafka.default_profile
  std::vector<std::string> profiles;        // names in kafka.profiles; empty = not checked
  std::optional<OutsideRules> outside;      // values.env, values.folders; absent = not checked
  // Gives the text of `${<kind>:<name>}`, kind "env" or "file", which the rules allow. The message
  // of its errors never holds what it read. Absent = values are not read: the reference stands in
  // the spec, and what it stands for is not checked.
  std::function<Result<std::string>(std::string_view kind, std::string_view name)> read_outside;
  std::optional<std::string>
      name;  // of the path of a PUT: the name may be absent and must not differ
};

// All defaults. Lives as long as the process.
const Options& default_options() noexcept;

// `spec` is null exactly when `diagnostics` holds an error; warnings may stand beside a spec.
// Diagnostics are in the order of the text. When `malformed`, the text is not JSON and its one
// diagnostic has the code MALFORMED_JSON.
struct ParseResult {
  static constexpr std::size_t kErrorsMax =
      100;  // further ones are counted in a last one, TOO_MANY_ERRORS

  std::shared_ptr<const PipelineSpec> spec;
  bool malformed = false;
  std::vector<Diagnostic> diagnostics;
  // Every expression that could be read, also when `spec` is null: their own mistakes can then be
  // told together with the others.
  std::vector<Expression> expressions;
  // When `spec` is null, the text is JSON and its errors are not too many: what was read, so that the
  // graph's mistakes can be told too. It must not run. Sources have a schema, and the columns of csv,
  // only where these could be read; a step or sink whose `from` could not be has none.
  std::shared_ptr<const PipelineSpec> graph;
  std::set<std::string, std::less<>> faulty;  // pointers of its sources, steps, sinks with an error
  std::set<std::string, std::less<>> unsound;  // of those: steps whose rows nobody knows, and
                                               // sources whose schema or columns nobody knows

  bool ok() const noexcept { return spec != nullptr; }
};

// Never throws; pure. Expressions are only measured here: their text is for the room that compiles
// them.
ParseResult parse_pipeline(std::string_view text, const Options& options = default_options());

struct TriggerResult {
  std::optional<TriggerSpec> trigger;
  bool malformed = false;
  std::vector<Diagnostic> diagnostics;

  bool ok() const noexcept { return trigger.has_value(); }
};

// The body of PUT …/trigger.
TriggerResult parse_trigger(std::string_view text, const Options& options = default_options());
// The same from a value that is part of another document; pointers begin with `pointer`.
TriggerResult parse_trigger(const json::Value& value, const Options& options = default_options(),
                            std::string_view pointer = {});

// Without inputs when `diagnostics` holds something.
struct TestInputs {
  std::vector<TestInput> inputs;
  std::vector<Diagnostic> diagnostics;
};
// The `input` of a test by itself, `{"orders": [row, …]}`; pointers begin with `pointer`.
TestInputs parse_test_inputs(const json::Value& value, const PipelineSpec& definition,
                             std::string_view pointer);

// Fills line and column of diagnostics that have only a pointer, since later rooms find their
// problems without the text, and puts all in the order of the text.
void locate(std::string_view text, std::vector<Diagnostic>& diagnostics);

}  // namespace leat::spec
