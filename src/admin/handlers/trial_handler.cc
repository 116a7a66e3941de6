#include "admin/handlers/answers.h"
#include "admin/handlers/handlers.h"
#include "json/parse.h"
#include "json/write.h"
#include "trial/places.h"
#include "trial/preview.h"
#include "trial/report.h"
#include "trial/tests.h"
#include "trial/timeline.h"

namespace leat::admin {
namespace {

// A trial runs on the io thread, so it is short: whoever has more to prove does it with `leat test`.
constexpr Duration kTrialTime = std::chrono::seconds(2);
constexpr std::size_t kTrialRows = 10'000;
constexpr std::uint64_t kTrialTurns = 200'000;
constexpr std::size_t kPreviewRowsMax = 1000;
constexpr std::size_t kPreviewRows = 100;  // where the request does not say
constexpr std::size_t kReadMax = 1000;     // records of one source

trial::Limits limits_from(const Services& services) {
  const Clock& clock = services.clock;
  trial::Limits limits;
  if (PluginBackend* const plugins = services.backend.plugins())
    limits.plugins = &plugins->installed();
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
  PreviewBody(const std::string& text, const Services& services)
      : text_(text), services_(services), options_(services.definitions) {}

  std::optional<Problem> read() {
    json::ParseOptions guard;
    guard.bytes_max = text_.size() + 1;
    guard.depth_max = options_.definition_depth + 2;
    guard.values_max = options_.definition_nodes;
    const json::Parsed parsed = json::parse(text_, guard);
    if (parsed.malformed() || !parsed.ok()) return not_json(parsed);
    const json::Value& body = parsed.root();
    if (!body.is_object())
      return wrong("", "WRONG_TYPE",
                   "the body is an object, not " + std::string(json::kind_name(body.kind())));
    for (const json::Member& member : body.members()) {
      constexpr std::string_view kKnown[] = {"definition", "input", "limit", "read"};
      if (std::find(std::begin(kKnown), std::end(kKnown), member.key) == std::end(kKnown))
        return wrong("/" + member.key, "UNKNOWN_FIELD", "`" + member.key + "` is not known here");
    }
    if (const auto problem = read_limit(body)) return problem;
    const json::Value* definition = body.find("definition");
    if (definition == nullptr)
      return wrong("", "MISSING_FIELD", "`definition` is missing: the pipeline to try");
    if (!definition->is_object())
      return wrong("/definition", "WRONG_TYPE",
                   "`definition` must be an object (a pipeline), not " +
                       std::string(json::kind_name(definition->kind())));
    if (auto problem = read_definition(*definition)) return problem;
    const json::Value* input = body.find("input");
    const json::Value* read = body.find("read");
    if ((input == nullptr) == (read == nullptr))
      return wrong("", input == nullptr ? "MISSING_FIELD" : "EXACTLY_ONE_OF",
                   "either `input` (the rows to try) or `read` (how many to read from the broker) "
                   "must stand here");
    if (read != nullptr) return read_wishes(*read);
    spec::TestInputs rows = spec::parse_test_inputs(*input, *spec_, "/input");
    if (has_errors(rows.diagnostics)) return all(std::move(rows.diagnostics));
    inputs_ = std::move(rows.inputs);
    return std::nullopt;
  }

  const spec::PipelineSpec& definition() const { return *spec_; }
  const std::vector<spec::TestInput>& inputs() const { return inputs_; }
  std::size_t limit() const { return limit_; }
  // How many records of which source are to be read (index in the definition); empty = the inputs
  // are there.
  const std::vector<std::pair<std::size_t, std::size_t>>& wishes() const { return wishes_; }
  void take(std::vector<spec::TestInput> inputs) { inputs_ = std::move(inputs); }
  Problem wrong(const std::string& pointer, std::string code, std::string message) const {
    return invalid_body(text_, pointer, std::move(code), std::move(message));
  }
  // What is wrong, at its place in the body.
  Problem all(std::vector<spec::Diagnostic> diagnostics) const {
    Problem problem;
    problem.code = ProblemCode::invalid_body;
    problem.errors = std::move(diagnostics);
    spec::locate(text_, problem.errors);
    trial::to_exact_places(text_, problem.errors);
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
  Problem not_json(const json::Parsed& parsed) const {
    const json::Problem& first = parsed.problems().front();
    Problem problem = wrong(first.pointer, first.code, first.message);
    problem.errors.front().line = static_cast<int>(first.place.line);
    problem.errors.front().column = static_cast<int>(first.place.column);
    trial::to_exact_places(text_, problem.errors);
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
  // `{"orders": 20}`
  std::optional<Problem> read_wishes(const json::Value& read) {
    if (!read.is_object() || read.members().empty())
      return wrong("/read", "WRONG_TYPE", "`read` is an object: source → number of records");
    const auto& sources = spec_->sources;
    for (const json::Member& member : read.members()) {
      const std::string at = json::pointer_to("/read", member.key);
      const auto source =
          std::find_if(sources.begin(), sources.end(),
                       [&](const spec::SourceSpec& one) { return one.id == member.key; });
      if (source == sources.end())
        return wrong(at, "UNKNOWN_NAME", "there is no source `" + member.key + "`");
      if (!std::holds_alternative<spec::KafkaSourceSpec>(source->kind))
        return wrong(at, "NOT_AVAILABLE_YET",
                     "only sources in Kafka can be read from: send rows as `input`");
      const auto number = member.value.as_integer<std::size_t>();
      if (!number || *number < 1 || *number > kReadMax)
        return wrong(at, "OUT_OF_RANGE",
                     "the number of records is from 1 to " + std::to_string(kReadMax));
      wishes_.emplace_back(static_cast<std::size_t>(source - sources.begin()), *number);
    }
    return std::nullopt;
  }
  std::optional<Problem> read_definition(const json::Value& definition) {
    spec::ParseResult parsed = spec::parse_pipeline(json::to_text(definition), options_);
    spec_ = parsed.spec;
    if (spec_ != nullptr) return std::nullopt;
    const auto more = services_.backend.check_rest(parsed);
    parsed.diagnostics.insert(parsed.diagnostics.end(), more.begin(), more.end());
    for (spec::Diagnostic& one : parsed.diagnostics) one.line = one.column = 0;
    return of_definition(std::move(parsed.diagnostics));
  }

  const std::string& text_;
  const Services& services_;
  const spec::Options& options_;
  std::shared_ptr<const spec::PipelineSpec> spec_;
  std::vector<spec::TestInput> inputs_;
  std::vector<std::pair<std::size_t, std::size_t>> wishes_;
  std::size_t limit_ = kPreviewRows;
};

void show_preview(Services& services, const PreviewBody& body, const Reply& reply) {
  trial::Preview preview =
      trial::preview(body.definition(), body.inputs(), body.limit(), limits_from(services));
  if (!preview.diagnostics.empty())
    return reply(body.of_definition(std::move(preview.diagnostics)));
  if (!preview.bad_rows.empty()) return reply(body.all(std::move(preview.bad_rows)));
  if (!preview.status.ok()) return reply(problem_of(preview.status));
  reply(json_response(200, trial::to_json(preview)));
}

spec::TestInputItem item_of(flow::SampledRecord record, std::string pointer) {
  spec::TestRecord made;
  made.content = record.value ? spec::TestRecord::Content::raw : spec::TestRecord::Content::null;
  made.raw = std::move(record.value).value_or("");
  made.key = std::move(record.key);
  made.timestamp = WallTime{record.timestamp_ms * 1000};
  made.headers = std::move(record.headers);
  if (record.partition < trial::kPartitionsMax) made.partition = record.partition;
  return {std::move(pointer), std::move(made)};
}

// A preview of records that are read first. On the io thread.
class Reading : public std::enable_shared_from_this<Reading> {
 public:
  Reading(Services& services, RequestPtr request, std::shared_ptr<PreviewBody> body, Reply reply)
      : services_(services),
        request_(std::move(request)),
        body_(std::move(body)),
        reply_(std::move(reply)) {}

  void start() {
    left_ = body_->wishes().size();
    for (const auto& [index, records] : body_->wishes()) {
      const spec::SourceSpec& source = body_->definition().sources[index];
      services_.backend.sample(
          source, records, [self = shared_from_this(), id = source.id](auto result) {
            self->services_.loop.post([self, id, result = std::move(result)]() mutable {
              self->take(id, std::move(result));
            });
          });
    }
  }

 private:
  void take(const std::string& source, Result<std::vector<flow::SampledRecord>> result) {
    const std::string pointer = json::pointer_to("/read", source);
    if (result.ok()) {
      spec::TestInput& input = inputs_.emplace_back(spec::TestInput{source, {}});
      for (flow::SampledRecord& record : *result)
        input.items.push_back(item_of(std::move(record), pointer));
    } else if (!refusal_) {
      refusal_ = refuse(pointer, result.status());
    }
    if (--left_ > 0) return;
    services_.backend.collect_samples();
    if (refusal_) return reply_(*refusal_);
    body_->take(std::move(inputs_));
    show_preview(services_, *body_, reply_);
  }

  // What a person can mend stands at its place in the body.
  Problem refuse(const std::string& pointer, const Status& status) const {
    if (status.code() == Code::unavailable || status.code() == Code::internal)
      return problem_of(status);
    std::string code = "UNREADABLE";
    for (const auto& [key, value] : status.fields())
      if (key == "code") code = value;
    return body_->wrong(pointer, code, status.message());
  }

  Services& services_;
  const RequestPtr request_;  // the body's text
  const std::shared_ptr<PreviewBody> body_;
  const Reply reply_;
  std::size_t left_ = 0;
  std::vector<spec::TestInput> inputs_;
  std::optional<Problem> refusal_;
};

}  // namespace

void test_pipeline(Services& services, const RequestPtr& request, const Reply& reply) {
  spec::ParseResult parsed = spec::parse_pipeline(request->body, services.definitions);
  if (parsed.malformed) return reply(malformed_json(request->body, std::move(parsed.diagnostics)));
  if (!parsed.ok()) {
    const auto more = services.backend.check_rest(parsed);
    parsed.diagnostics.insert(parsed.diagnostics.end(), more.begin(), more.end());
    return reply(invalid_definition(request->body, std::move(parsed.diagnostics), ""));
  }
  trial::Report report = trial::run_tests(*parsed.spec, services.clock, limits_from(services));
  if (!report.valid())
    return reply(
        invalid_definition(request->body, std::move(report.diagnostics), parsed.spec->name));
  reply(json_response(200, trial::to_json(report, "")));
}

void preview_pipeline(Services& services, const RequestPtr& request, const Reply& reply) {
  const auto body = std::make_shared<PreviewBody>(request->body, services);
  if (const auto problem = body->read()) return reply(*problem);
  if (body->wishes().empty()) return show_preview(services, *body, reply);
  std::make_shared<Reading>(services, request, body, reply)->start();
}

}  // namespace leat::admin
