#include "admin/problem.h"

#include <algorithm>

#include "json/write.h"
#include "spec/text.h"

namespace leat::admin {
namespace {

struct CodeNames {
  std::vector<std::string> names;  // "INVALID_DEFINITION"
  std::vector<ProblemInfo> rows;
};

std::string upper(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

CodeNames build_rows() {
  CodeNames built;
#define LEAT_PROBLEM_NAME(name, status, retryable, title) built.names.push_back(upper(#name));
  LEAT_PROBLEM_CODES(LEAT_PROBLEM_NAME)
#undef LEAT_PROBLEM_NAME
  std::size_t i = 0;
#define LEAT_PROBLEM_ROW(name, status, retryable, title) \
  built.rows.push_back({ProblemCode::name, status, retryable, built.names[i++], title});
  LEAT_PROBLEM_CODES(LEAT_PROBLEM_ROW)
#undef LEAT_PROBLEM_ROW
  return built;
}

const CodeNames& table() {
  static const CodeNames& rows = *new CodeNames(build_rows());
  return rows;
}

std::string type_of(std::string_view name) {
  std::string out = "urn:leat:problem:";
  for (const char c : name) {
    out += c == '_' ? '-' : (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

ProblemCode code_of(const Status& status, ProblemCode timed_out) {
  for (const auto& [key, value] : status.fields()) {
    ProblemCode named{};
    if (key == "problem" && parse_problem_code(value, named)) return named;
  }
  switch (status.code()) {
    case Code::invalid_argument: return ProblemCode::invalid_body;
    case Code::not_found: return ProblemCode::pipeline_not_found;
    case Code::already_exists: return ProblemCode::name_taken;
    case Code::wrong_state: return ProblemCode::wrong_state;
    case Code::unavailable: return ProblemCode::busy;
    case Code::timed_out: return timed_out;
    case Code::exhausted: return ProblemCode::too_many_pipelines;
    case Code::permission_denied: return ProblemCode::forbidden;
    case Code::not_available_yet: return ProblemCode::not_implemented;
    case Code::cancelled: return ProblemCode::switch_replaced;
    case Code::ok:
    case Code::data_loss:
    case Code::internal: break;
  }
  return ProblemCode::internal;
}

}  // namespace

const ProblemInfo& info_of(ProblemCode code) noexcept {
  return table().rows[static_cast<std::size_t>(code)];
}

const std::vector<ProblemInfo>& all_problems() { return table().rows; }

bool parse_problem_code(std::string_view name, ProblemCode& out) noexcept {
  const auto& rows = table().rows;
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const ProblemInfo& row) { return row.name == name; });
  if (found == rows.end()) return false;
  out = found->code;
  return true;
}

std::string to_json(const Problem& problem, std::string_view request_id) {
  const ProblemInfo& info = info_of(problem.code);
  json::Writer writer;
  writer.begin_object()
      .member("type", type_of(info.name))
      .member("title", info.title)
      .member("status", info.status)
      .member("code", info.name)
      .member("retryable", info.retryable)
      .member("request_id", request_id)
      .member("detail", problem.detail.empty() ? info.title : std::string_view(problem.detail));
  if (!problem.did_you_mean.empty()) {
    writer.key("did_you_mean").begin_array();
    for (const std::string& word : problem.did_you_mean) writer.value(word);
    writer.end_array();
  }
  if (!problem.errors.empty()) {
    writer.key("errors").begin_array();
    for (const spec::Diagnostic& error : problem.errors) spec::write_error(writer, error);
    writer.end_array();
  }
  return writer.end_object().take();
}

Problem problem_of(const Status& status, ProblemCode timed_out) {
  Problem problem;
  problem.code = code_of(status, timed_out);
  // What went wrong inside is for the log, not for the network.
  if (problem.code != ProblemCode::internal) problem.detail = status.message();
  for (const auto& [key, value] : status.fields()) {
    if (key != "problem" && problem.code != ProblemCode::internal)
      problem.detail += " " + key + "=" + value;
  }
  if (problem.code == ProblemCode::not_implemented)
    problem.detail = "NOT_AVAILABLE_YET: " + problem.detail;
  if (info_of(problem.code).status == 503) problem.headers.emplace_back("Retry-After", "1");
  return problem;
}

}  // namespace leat::admin
