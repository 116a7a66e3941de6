#include "admin/handlers/answers.h"
#include "admin/handlers/handlers.h"
#include "json/parse.h"
#include "json/write.h"
#include "trial/preview.h"
#include "trial/report.h"
#include "trial/tests.h"

namespace leat::admin {
namespace {

// A trial runs on the io thread, so it is short: whoever has more to prove does it with `leat test`.
constexpr Duration kTrialTime = std::chrono::seconds(2);
constexpr std::size_t kTrialRows = 10'000;
constexpr std::uint64_t kTrialTurns = 200'000;
constexpr std::size_t kPreviewRowsMax = 1000;
constexpr std::size_t kPreviewRows = 100;  // where the request does not say

trial::Limits limits_from(const Clock& clock) {
  trial::Limits limits;
  limits.rows_max = kTrialRows;
  limits.turns_max = kTrialTurns;
  limits.out_of_time = [&clock, end = clock.now() + kTrialTime] { return clock.now() >= end; };
  return limits;
}

bool has_errors(const std::vector<spec::Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const auto& one) { return one.severity == spec::Severity::error; });
}

Problem invalid_body(const std::string& text, const std::string& pointer, std::string code,
                     std::string message) {
  Problem problem;
  problem.code = ProblemCode::invalid_body;
  spec::Diagnostic diagnostic;
  diagnostic.pointer = pointer;
  diagnostic.code = std::move(code);
  diagnostic.message = std::move(message);
  problem.errors.push_back(std::move(diagnostic));
  spec::locate(text, problem.errors);
  problem.detail = problem.errors.front().message;
  return problem;
}

// The body of a preview, read and checked; or the problem.
class PreviewBody {
 public:
  PreviewBody(const std::string& text, const spec::Options& options)
      : text_(text), options_(options) {}

  std::optional<Problem> read() {
    json::ParseOptions guard;
    guard.bytes_max = text_.size() + 1;
    guard.depth_max = options_.definition_depth + 2;
    guard.values_max = options_.definition_nodes;
    const json::Parsed parsed = json::parse(text_, guard);
    if (parsed.malformed() || !parsed.ok()) return not_json(parsed);
    const json::Value& body = parsed.root();
    for (const json::Member& member : body.members()) {
      constexpr std::string_view kKnown[] = {"definition", "input", "limit", "read"};
      if (std::find(std::begin(kKnown), std::end(kKnown), member.key) == std::end(kKnown))
        return wrong("/" + member.key, "UNKNOWN_FIELD", "`" + member.key + "` is not known here");
    }
    if (body.find("read") != nullptr)
      return wrong("/read", "NOT_AVAILABLE_YET",
                   "rows cannot be read from the broker yet: send them as `input`");
    if (const auto problem = read_limit(body)) return problem;
    const json::Value* definition = body.find("definition");
    if (definition == nullptr || !definition->is_object())
      return wrong("", "MISSING_FIELD", "`definition` is missing: the pipeline to try");
    if (auto problem = read_definition(*definition)) return problem;
    const json::Value* input = body.find("input");
    if (input == nullptr) return wrong("", "MISSING_FIELD", "`input` is missing: the rows to try");
    spec::TestInputs rows = spec::parse_test_inputs(*input, *spec_, "/input");
    if (has_errors(rows.diagnostics)) return all(std::move(rows.diagnostics));
    inputs_ = std::move(rows.inputs);
    return std::nullopt;
  }

  const spec::PipelineSpec& definition() const { return *spec_; }
  const std::vector<spec::TestInput>& inputs() const { return inputs_; }
  std::size_t limit() const { return limit_; }
  // What is wrong, at its place in the body.
  Problem all(std::vector<spec::Diagnostic> diagnostics) const {
    Problem problem;
    problem.code = ProblemCode::invalid_body;
    problem.errors = std::move(diagnostics);
    spec::locate(text_, problem.errors);
    problem.detail = problem.errors.front().message;
    return problem;
  }
  // The same with pointers into the definition.
  Problem of_definition(std::vector<spec::Diagnostic> diagnostics) const {
    for (spec::Diagnostic& one : diagnostics) one.pointer = "/definition" + one.pointer;
    Problem problem = all(std::move(diagnostics));
    problem.code = ProblemCode::invalid_definition;
    return problem;
  }

 private:
  Problem wrong(const std::string& pointer, std::string code, std::string message) const {
    return invalid_body(text_, pointer, std::move(code), std::move(message));
  }
  Problem not_json(const json::Parsed& parsed) const {
    const json::Problem& first = parsed.problems().front();
    Problem problem = wrong(first.pointer, first.code, first.message);
    problem.errors.front().line = static_cast<int>(first.place.line);
    problem.errors.front().column = static_cast<int>(first.place.column);
    if (parsed.malformed()) problem.code = ProblemCode::malformed_json;
    return problem;
  }
  std::optional<Problem> read_limit(const json::Value& body) {
    const json::Value* limit = body.find("limit");
    if (limit == nullptr) return std::nullopt;
    const auto number = limit->as_integer<std::size_t>();
    if (!number || *number < 1 || *number > kPreviewRowsMax)
      return wrong("/limit", "OUT_OF_RANGE",
                   "`limit` is an integer from 1 to " + std::to_string(kPreviewRowsMax));
    limit_ = *number;
    return std::nullopt;
  }
  std::optional<Problem> read_definition(const json::Value& definition) {
    spec::ParseResult parsed = spec::parse_pipeline(json::to_text(definition), options_);
    spec_ = std::move(parsed.spec);
    if (spec_ != nullptr) return std::nullopt;
    for (spec::Diagnostic& one : parsed.diagnostics) one.line = one.column = 0;
    return of_definition(std::move(parsed.diagnostics));
  }

  const std::string& text_;
  const spec::Options& options_;
  std::shared_ptr<const spec::PipelineSpec> spec_;
  std::vector<spec::TestInput> inputs_;
  std::size_t limit_ = kPreviewRows;
};

}  // namespace

void test_pipeline(Services& services, const RequestPtr& request, const Reply& reply) {
  spec::ParseResult parsed = spec::parse_pipeline(request->body, services.definitions);
  if (parsed.malformed) return reply(malformed_json(std::move(parsed.diagnostics)));
  if (!parsed.ok())
    return reply(invalid_definition(request->body, std::move(parsed.diagnostics), ""));
  trial::Report report =
      trial::run_tests(*parsed.spec, services.clock, limits_from(services.clock));
  if (!report.valid())
    return reply(
        invalid_definition(request->body, std::move(report.diagnostics), parsed.spec->name));
  reply(json_response(200, trial::to_json(report, "")));
}

void preview_pipeline(Services& services, const RequestPtr& request, const Reply& reply) {
  PreviewBody body(request->body, services.definitions);
  if (const auto problem = body.read()) return reply(*problem);
  trial::Preview preview =
      trial::preview(body.definition(), body.inputs(), body.limit(), limits_from(services.clock));
  if (!preview.diagnostics.empty()) return reply(body.all(std::move(preview.diagnostics)));
  if (!preview.status.ok()) return reply(problem_of(preview.status));
  reply(json_response(200, trial::to_json(preview)));
}

}  // namespace leat::admin
