#include "admin/handlers/answers.h"

#include <algorithm>

#include "json/parse.h"
#include "trial/places.h"

namespace leat::admin {
namespace {

constexpr Duration kFreshWithin = std::chrono::milliseconds(500);

Problem bad_request(std::string detail) {
  Problem problem;
  problem.code = ProblemCode::bad_request;
  problem.detail = std::move(detail);
  return problem;
}

// The tags of an If-Match list. Weak ones are kept as they are: they never match.
std::vector<std::string> tags_of(std::string_view text) {
  std::vector<std::string> tags;
  while (!text.empty()) {
    // A comma inside quotes belongs to the tag.
    std::size_t end = 0;
    for (bool quoted = false; end < text.size() && (quoted || text[end] != ','); ++end) {
      if (text[end] == '"') quoted = !quoted;
    }
    std::string_view tag = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    while (!tag.empty() && tag.front() == ' ') tag.remove_prefix(1);
    while (!tag.empty() && tag.back() == ' ') tag.remove_suffix(1);
    if (!tag.empty()) tags.emplace_back(tag);
  }
  return tags;
}

bool is_error(const spec::Diagnostic& diagnostic) {
  return diagnostic.severity == spec::Severity::error;
}

}  // namespace

Problem invalid_definition(const std::string& text, std::vector<spec::Diagnostic> diagnostics,
                           const std::string& name) {
  std::erase_if(diagnostics, [](const auto& diagnostic) { return !is_error(diagnostic); });
  spec::locate(text, diagnostics);
  trial::to_exact_places(text, diagnostics);
  Problem problem;
  problem.code = ProblemCode::invalid_definition;
  const std::size_t n = diagnostics.size();
  problem.detail = std::to_string(n) + (n == 1 ? " problem" : " problems");
  if (!name.empty()) problem.detail += " in pipeline `" + name + "`";
  problem.errors = std::move(diagnostics);
  return problem;
}

Problem pipeline_not_found(std::string_view name) {
  Problem problem;
  problem.code = ProblemCode::pipeline_not_found;
  problem.detail = "there is no pipeline `" + std::string(name) + "`";
  return problem;
}

runtime::SnapshotPtr find_or_answer(const Services& services, std::string_view name,
                                    const Reply& reply) {
  runtime::SnapshotPtr snapshot = services.backend.find(name);
  if (snapshot == nullptr) reply(pipeline_not_found(name));
  return snapshot;
}

std::variant<runtime::Preconditions, Problem> preconditions_of(const Request& request,
                                                               const Settings& settings,
                                                               const std::string& etag) {
  runtime::Preconditions preconditions;
  const auto none_match = request.head.header("if-none-match");
  const auto match = request.head.header("if-match");
  if (none_match && *none_match != "*")
    return bad_request("If-None-Match of a write takes only `*`");
  preconditions.if_none_match = none_match.has_value();
  if (match) {
    const std::vector<std::string> tags = tags_of(*match);
    if (tags.empty()) return bad_request("If-Match is empty");
    const bool current = std::find(tags.begin(), tags.end(), etag) != tags.end();
    preconditions.if_match = current ? etag : tags.front();
  }
  if (!match && !none_match && settings.require_if_match && !etag.empty()) {
    Problem problem;
    problem.code = ProblemCode::if_match_required;
    problem.detail =
        "`http.require_if_match` is set: send If-Match with the ETag of what you change";
    return problem;
  }
  return preconditions;
}

void when_fresh(Services& services, std::function<void()> then) {
  auto once = std::make_shared<std::function<void()>>(std::move(then));
  const auto run = [once] {
    const auto work = std::exchange(*once, nullptr);
    if (work) work();
  };
  services.loop.after(kFreshWithin, run);
  services.backend.refresh([&services, run] { services.loop.post(run); });
}

std::optional<Problem> refuse_members(const std::string& body) {
  if (body.empty()) return std::nullopt;
  json::ParseOptions options;
  options.comments = false;
  const json::Parsed parsed = json::parse(body, options);
  Problem problem;
  if (parsed.malformed()) {
    problem.code = ProblemCode::malformed_json;
    problem.detail = parsed.problems().front().message;
    return problem;
  }
  if (parsed.ok() && parsed.root().is_object() && parsed.root().members().empty())
    return std::nullopt;
  problem.code = ProblemCode::invalid_body;
  problem.detail = "this takes no body, or `{}`";
  return problem;
}

// In hexadecimal.
std::string page_token_of(std::string_view last) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string token;
  for (const char c : last) {
    token += kDigits[static_cast<unsigned char>(c) >> 4];
    token += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return token;
}

bool read_page_token(std::string_view token, std::string& last) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  if (token.empty() || token.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < token.size(); i += 2) {
    if (digit(token[i]) < 0 || digit(token[i + 1]) < 0) return false;
    last += static_cast<char>(digit(token[i]) * 16 + digit(token[i + 1]));
  }
  return true;
}

Problem malformed_json(const std::string& text, std::vector<spec::Diagnostic> diagnostics) {
  trial::to_exact_places(text, diagnostics);
  Problem problem;
  problem.code = ProblemCode::malformed_json;
  if (!diagnostics.empty()) problem.detail = diagnostics.front().message;
  problem.errors = std::move(diagnostics);
  return problem;
}

std::variant<Checked, Problem> check_definition(const Services& services, const std::string& text,
                                                const std::optional<std::string>& name) {
  spec::Options options = services.definitions;
  options.name = name;
  spec::ParseResult parsed = spec::parse_pipeline(text, options);
  if (parsed.malformed) return malformed_json(text, std::move(parsed.diagnostics));
  if (!parsed.ok()) {
    const auto more = services.backend.check_rest(parsed);
    parsed.diagnostics.insert(parsed.diagnostics.end(), more.begin(), more.end());
    return invalid_definition(text, std::move(parsed.diagnostics), name.value_or(""));
  }
  plan::PlanResult built = services.backend.build(parsed.spec);
  if (built.plan == nullptr)
    return invalid_definition(text, std::move(built.diagnostics), parsed.spec->name);
  return Checked{std::move(parsed.spec), std::move(built.plan)};
}

}  // namespace leat::admin
