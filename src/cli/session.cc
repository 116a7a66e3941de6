#include "cli/session.h"

#include <algorithm>

#include <array>
#include <cstdio>

#include "base/file.h"
#include "base/text.h"
#include "json/parse.h"
#include "json/write.h"
#include "spec/text.h"

namespace leat::cli {
namespace {

constexpr std::size_t kSmallFile = 64 * 1024;

std::string text_of(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->is_string() ? *value->as_string() : std::string();
}

}  // namespace

Output Session::output() const noexcept {
  return invocation_.output.value_or(console_.terminal ? Output::table : Output::json);
}

bool Session::color() const noexcept {
  return invocation_.color && console_.terminal && surroundings_.variable("NO_COLOR") == nullptr;
}

Result<net::Address> Session::find_address() const {
  if (!invocation_.url.empty()) return net::parse_address(invocation_.url);
  if (const char* url = surroundings_.variable("LEAT_URL"); url != nullptr && *url != '\0')
    return net::parse_address(url);
  const Result<std::string> text =
      base::read_file(surroundings_.state_dir + "/listen.json", kSmallFile);
  const json::Parsed parsed = json::parse(text.ok() ? *text : "");
  if (parsed.ok()) {
    if (const std::string path = text_of(parsed.root(), "unix"); !path.empty())
      return net::parse_address("unix:" + path);
    const json::Value* http = json::find_pointer(parsed.root(), "/http/0");
    if (http != nullptr && http->is_string())
      return net::parse_address("http://" + *http->as_string());
  }
  return net::parse_address("http://127.0.0.1:8780");
}

Result<std::string> Session::find_token(const net::Address& address) const {
  std::string path = invocation_.token_file;
  if (path.empty()) {
    if (const char* token = surroundings_.variable("LEAT_TOKEN");
        token != nullptr && *token != '\0')
      return std::string(token);
    if (const char* named = surroundings_.variable("LEAT_TOKEN_FILE"); named != nullptr)
      path = named;
  }
  const bool asked_for = !path.empty();
  // The token of the daemon on this host is for that daemon alone.
  if (!asked_for && !address.is_unix() && !net::is_loopback(address.host)) return std::string();
  Result<std::string> token =
      base::read_file(asked_for ? path : surroundings_.state_dir + "/admin.token", kSmallFile);
  if (!token.ok()) return asked_for ? token : Result<std::string>(std::string());
  while (token->ends_with('\n') || token->ends_with('\r')) token->pop_back();
  return token;
}

ExitCode Session::connect() {
  const Result<net::Address> address = find_address();
  if (!address.ok()) {
    console_.err("leat: " + address.status().to_string() + "\n");
    return ExitCode::usage;
  }
  Result<std::string> token = find_token(*address);
  if (!token.ok()) {
    console_.err("leat: the token cannot be read: " + token.status().to_string() + "\n");
    return ExitCode::no_permission;
  }
  token_ = std::move(*token);
  client_.emplace(*address, surroundings_.clock);
  return ExitCode::done;
}

void Session::prepare(net::Request& request) const {
  if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
  const bool typed = std::any_of(request.headers.begin(), request.headers.end(),
                                 [](const auto& header) { return header.first == "Content-Type"; });
  if (!request.body.empty() && !typed)
    request.headers.emplace_back("Content-Type", "application/json");
  const bool write = request.method != "GET";
  if (write && !invocation_.if_match.empty()) {
    const bool bare = invocation_.if_match != "*" && !invocation_.if_match.starts_with('"');
    request.headers.emplace_back("If-Match",
                                 bare ? "\"" + invocation_.if_match + "\"" : invocation_.if_match);
  }
  if (write && invocation_.dry_run) {
    request.target +=
        request.target.find('?') == std::string::npos ? "?dry_run=plan" : "&dry_run=plan";
  }
}

ExitCode Session::fail(const Status& status) {
  const Code code = status.code();
  code_ = code == Code::unavailable        ? ExitCode::unavailable
          : code == Code::timed_out        ? ExitCode::try_again
          : code == Code::invalid_argument ? ExitCode::usage
                                           : ExitCode::failed;
  std::string line = "leat: ";
  base::append_printable(line, status.message());
  line += " (" + client_->address().to_string() + ")";
  if (code == Code::unavailable)
    line += ": is `leat serve` running? --url and LEAT_URL say where to look";
  console_.err(line + "\n");
  return code_;
}

std::optional<net::Response> Session::send(net::Request request, Duration timeout) {
  prepare(request);
  Result<net::Response> response = client_->exchange(request, timeout);
  if (response.ok()) return std::move(*response);
  fail(response.status());
  return std::nullopt;
}

std::unique_ptr<net::ResponseStream> Session::open(net::Request request) {
  prepare(request);
  auto stream = client_->open(request, invocation_.timeout.value_or(kTimeout));
  if (stream.ok()) return std::move(*stream);
  fail(stream.status());
  return nullptr;
}

void Session::complain(std::string_view code, std::string_view detail) const {
  std::string line = "leat: ";
  base::append_printable(line, code);
  line += ": ";
  base::append_printable(line, detail);
  console_.err(line + "\n");
}

std::optional<json::Value> Session::fetch(net::Request request) {
  const auto response = send(std::move(request));
  if (!response) return std::nullopt;
  if (response->status != 200) {
    code_ = refuse(*response, "");
    return std::nullopt;
  }
  if (output() != Output::json) return read_answer(*response);
  print_body(*response);
  return std::nullopt;
}

ExitCode Session::refuse(const net::Response& response, std::string_view file) const {
  const json::Value problem = read_answer(response);
  if (!problem.is_object()) {
    complain("HTTP_" + std::to_string(response.status), "the daemon refused without saying why");
    return exit_code_of(response.status, "", false);
  }
  std::string detail = text_of(problem, "detail");
  if (detail.empty()) detail = text_of(problem, "title");
  const std::string code = text_of(problem, "code");
  complain(code.empty() ? "HTTP_" + std::to_string(response.status) : code, detail);
  if (const json::Value* errors = problem.find("errors")) {
    for (const json::Value& entry : errors->elements()) {
      std::string line;
      base::append_printable(line, spec::to_line(file, read_diagnostic(entry)));
      console_.err(line + "\n");
    }
  }
  const json::Value* retryable = problem.find("retryable");
  return exit_code_of(response.status, code,
                      retryable != nullptr && retryable->as_bool().value_or(false));
}

void Session::print_body(const net::Response& response) const {
  console_.out(response.body.ends_with('\n') ? response.body : response.body + "\n");
}

ExitCode exit_code_of(int status, std::string_view problem_code, bool retryable) noexcept {
  if (status >= 200 && status < 300) return ExitCode::done;
  if (status == 401 || status == 403) return ExitCode::no_permission;
  if (status == 422 || problem_code == "MALFORMED_JSON") return ExitCode::bad_config;
  const bool timed_out = problem_code == "SWITCH_TIMED_OUT" || problem_code == "DRAIN_TIMED_OUT" ||
                         problem_code == "SWITCH_REPLACED" ||
                         problem_code == "IDEMPOTENCY_IN_FLIGHT";
  if (status == 408 || status == 429 || status == 503 || timed_out || (status == 409 && retryable))
    return ExitCode::try_again;
  return ExitCode::failed;
}

json::Value read_answer(const net::Response& response) {
  json::ParseOptions options;
  options.comments = false;
  options.bytes_max = net::HttpClient::kBodyBytesMax;
  options.depth_max = 128;
  options.values_max = 10'000'000;
  json::Parsed parsed = json::parse(response.body, options);
  return parsed.ok() ? std::move(parsed).root() : json::Value();
}

spec::Diagnostic read_diagnostic(const json::Value& entry) {
  spec::Diagnostic diagnostic;
  diagnostic.pointer = text_of(entry, "pointer");
  if (const json::Value* line = entry.find("line"))
    diagnostic.line = line->as_integer<int>().value_or(0);
  if (const json::Value* column = entry.find("column"))
    diagnostic.column = column->as_integer<int>().value_or(0);
  if (const json::Value* span = entry.find("span"); span != nullptr && span->elements().size() == 2)
    diagnostic.span.emplace(span->elements()[0].as_integer<std::size_t>().value_or(0),
                            span->elements()[1].as_integer<std::size_t>().value_or(0));
  diagnostic.code = text_of(entry, "code");
  diagnostic.message = text_of(entry, "message");
  if (text_of(entry, "severity") == "warning") diagnostic.severity = spec::Severity::warning;
  if (text_of(entry, "severity") == "info") diagnostic.severity = spec::Severity::info;
  if (const json::Value* similar = entry.find("did_you_mean")) {
    for (const json::Value& word : similar->elements()) {
      if (word.is_string()) diagnostic.did_you_mean.push_back(*word.as_string());
    }
  }
  return diagnostic;
}

std::string cell(const json::Value& root, std::string_view pointer) {
  const json::Value* value = json::find_pointer(root, pointer);
  if (value == nullptr || value->is_null()) return "-";
  if (const std::string* text = value->as_string()) return *text;
  if (value->kind() != json::Kind::real) return json::to_text(*value);
  // What was measured needs no sixteen digits on a screen.
  std::array<char, 32> rounded{};
  std::snprintf(rounded.data(), rounded.size(), "%.4g", value->as_double().value_or(0));
  return rounded.data();
}

}  // namespace leat::cli
