#include "admin/handlers/answers.h"
#include "admin/handlers/handlers.h"
#include "admin/handlers/show.h"
#include "json/parse.h"
#include "json/write.h"
#include "spec/time.h"

namespace leat::admin {
namespace {

using runtime::OffsetTarget;

constexpr Duration kTimeout = std::chrono::seconds(30);
constexpr Duration kTimeoutMax = std::chrono::minutes(10);

Problem invalid(std::string detail) {
  Problem problem;
  problem.code = ProblemCode::invalid_body;
  problem.detail = std::move(detail);
  return problem;
}

// "earliest", "latest" or a time.
bool read_word(const std::string& text, OffsetTarget& out) {
  const auto time = spec::parse_rfc3339(text);
  if (text == "earliest")
    out.kind = OffsetTarget::Kind::earliest;
  else if (text == "latest")
    out.kind = OffsetTarget::Kind::latest;
  else if (time)
    out.kind = OffsetTarget::Kind::time;
  if (time) out.time = *time;
  return time || text == "earliest" || text == "latest";
}

// {"shift": -1000} or {"at": {"<topic>-<partition>": offset}}
bool read_object(const json::Value& value, OffsetTarget& out) {
  if (!value.is_object() || value.members().size() != 1) return false;
  if (const json::Value* shift = value.find("shift")) {
    out.kind = OffsetTarget::Kind::shift;
    out.shift = shift->as_integer<std::int64_t>().value_or(0);
    return shift->as_integer<std::int64_t>().has_value();
  }
  const json::Value* at = value.find("at");
  if (at == nullptr || !at->is_object() || at->members().empty()) return false;
  out.kind = OffsetTarget::Kind::at;
  for (const json::Member& member : at->members()) {
    const auto offset = member.value.as_integer<std::int64_t>();
    if (!offset || *offset < 0) return false;
    out.at[member.key] = *offset;
  }
  return true;
}

std::optional<Problem> read_sources(const json::Value& value, std::vector<std::string>& out) {
  for (const json::Value& one : value.elements())
    if (one.is_string()) out.push_back(*one.as_string());
  if (out.empty() || out.size() != value.elements().size())
    return invalid("`sources` must be a list of ids of sources");
  return std::nullopt;
}

std::optional<Problem> read_state(const json::Value& value, runtime::OffsetsRequest& out) {
  const std::string* word = value.as_string();
  if (word == nullptr || (*word != "keep" && *word != "discard"))
    return invalid("`state` must be \"keep\" or \"discard\"");
  out.state = *word == "keep" ? runtime::StateChoice::keep : runtime::StateChoice::discard;
  return std::nullopt;
}

std::optional<Problem> read_move(const std::string& body, runtime::OffsetsRequest& out) {
  json::ParseOptions options;
  options.comments = false;
  const json::Parsed parsed = json::parse(body, options);
  if (parsed.malformed()) {
    Problem problem;
    problem.code = ProblemCode::malformed_json;
    problem.detail = parsed.problems().front().message;
    return problem;
  }
  if (!parsed.ok() || !parsed.root().is_object()) return invalid("this takes an object with `to`");
  bool targeted = false;
  for (const json::Member& member : parsed.root().members()) {
    std::optional<Problem> wrong;
    if (member.key == "to")
      targeted = member.value.is_string() ? read_word(*member.value.as_string(), out.target)
                                          : read_object(member.value, out.target);
    else if (member.key == "sources")
      wrong = read_sources(member.value, out.sources);
    else if (member.key == "state")
      wrong = read_state(member.value, out);
    else
      wrong = invalid("`" + member.key + "` means nothing here: `to`, `sources` and `state` do");
    if (wrong) return wrong;
  }
  if (targeted) return std::nullopt;
  return invalid(
      "`to` must be \"earliest\", \"latest\", a time (\"2026-01-01T00:00:00Z\"), {\"shift\": "
      "-1000} "
      "or {\"at\": {\"<topic>-<partition>\": offset}}");
}

Response moved_response(const runtime::OffsetsReceipt& receipt, bool dry_run) {
  json::Writer writer;
  writer.begin_object();
  if (dry_run)
    writer.member("dry_run", true).member("would", "move").key("changes").begin_array().end_array();
  writer.key("items").begin_array();
  for (const runtime::MovedPartition& moved : receipt.moved) write_moved(writer, moved);
  writer.end_array().key("state");
  if (receipt.state)
    writer.value(*receipt.state == runtime::StateChoice::keep ? "keep" : "discard");
  else
    writer.null();
  return json_response(200, writer.end_object().take());
}

}  // namespace

void get_offsets(Services& services, const RequestPtr& request, const Reply& reply) {
  when_fresh(services, [&services, request, reply] {
    const runtime::SnapshotPtr snapshot = find_or_answer(services, request->params.at(0), reply);
    if (snapshot == nullptr) return;
    Response response = json_response(200, offsets_text(*snapshot));
    response.headers.emplace_back("ETag", snapshot->etag);
    reply(std::move(response));
  });
}

void move_offsets(Services& services, const RequestPtr& request, const Reply& reply) {
  const runtime::SnapshotPtr snapshot = find_or_answer(services, request->params.at(0), reply);
  if (snapshot == nullptr) return;
  runtime::OffsetsRequest wanted;
  wanted.pipeline = snapshot->name;
  const auto timeout = duration_parameter(request->query, "timeout", kTimeout,
                                          std::chrono::milliseconds(1), kTimeoutMax);
  if (const auto* problem = std::get_if<Problem>(&timeout)) return reply(*problem);
  wanted.timeout = std::get<Duration>(timeout);
  const auto dry_run = word_parameter(request->query, "dry_run", {"plan"}, "");
  if (const auto* problem = std::get_if<Problem>(&dry_run)) return reply(*problem);
  wanted.dry_run = std::get<std::string_view>(dry_run) == "plan";
  if (const auto problem = read_move(request->body, wanted)) return reply(*problem);
  auto preconditions = preconditions_of(*request, services.settings, snapshot->etag);
  if (const auto* problem = std::get_if<Problem>(&preconditions)) return reply(*problem);
  wanted.preconditions = std::get<runtime::Preconditions>(preconditions);
  const bool plan_only = wanted.dry_run;
  services.backend.move_offsets(
      std::move(wanted),
      then_answer<runtime::OffsetsReceipt>(services, reply, ProblemCode::busy,
                                           [plan_only](const runtime::OffsetsReceipt& receipt) {
                                             return moved_response(receipt, plan_only);
                                           }));
}

}  // namespace leat::admin
