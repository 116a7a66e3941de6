#include <algorithm>
#include <charconv>

#include "admin/handlers/answers.h"
#include "admin/handlers/handlers.h"
#include "admin/handlers/show.h"
#include "json/parse.h"
#include "json/write.h"

namespace leat::admin {
namespace {

using runtime::CheckpointInfo;

constexpr std::size_t kItemsDefault = 100;
constexpr std::size_t kItemsMax = 1000;
constexpr Duration kTimeout = std::chrono::seconds(30);
constexpr Duration kTimeoutMax = std::chrono::minutes(10);

Problem refusal(ProblemCode code, std::string detail) {
  Problem problem;
  problem.code = code;
  problem.detail = std::move(detail);
  return problem;
}

// Source → topic → partition → next offset, as the receipt of a switch shows them.
void write_offsets(json::Writer& writer, const CheckpointInfo& checkpoint) {
  const auto& all = checkpoint.positions;
  writer.key("offsets").begin_object();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool new_source = i == 0 || all[i - 1].source != all[i].source;
    const bool new_topic = new_source || all[i - 1].topic != all[i].topic;
    if (new_source) writer.key(all[i].source).begin_object();
    if (new_topic) writer.key(all[i].topic).begin_object();
    writer.member(std::to_string(all[i].partition), all[i].next);
    const bool last_of_source = i + 1 == all.size() || all[i + 1].source != all[i].source;
    if (last_of_source || all[i + 1].topic != all[i].topic) writer.end_object();
    if (last_of_source) writer.end_object();
  }
  writer.end_object();
}

void write_checkpoint(json::Writer& writer, const CheckpointInfo& checkpoint) {
  writer.begin_object().member("id", checkpoint.id).key("name");
  if (checkpoint.name.empty())
    writer.null();
  else
    writer.value(checkpoint.name);
  writer.member("epoch", checkpoint.epoch.value())
      .member("generation", checkpoint.generation)
      .key("at");
  if (checkpoint.damage.empty())
    writer.value(to_rfc3339(checkpoint.at));
  else
    writer.null();
  writer.member("bytes", checkpoint.bytes)
      .member("kept", true)
      .key("duration_ms")
      .begin_object()
      .member("align", checkpoint.align_ms)
      .member("persist", checkpoint.persist_ms)
      .member("commit", checkpoint.commit_ms)
      .end_object();
  write_offsets(writer, checkpoint);
  writer.key("plugins").begin_object().end_object();
  if (!checkpoint.damage.empty()) writer.member("damaged", checkpoint.damage);
  writer.end_object();
}

std::string checkpoint_text(const CheckpointInfo& checkpoint) {
  json::Writer writer;
  write_checkpoint(writer, checkpoint);
  return writer.take();
}

std::string list_text(const std::vector<CheckpointInfo>& all, std::size_t limit,
                      std::uint64_t below) {
  json::Writer writer;
  writer.begin_object().key("items").begin_array();
  std::size_t shown = 0;
  std::optional<std::uint64_t> last;
  bool more = false;
  for (const CheckpointInfo& checkpoint : all) {
    if (checkpoint.epoch.value() >= below) continue;
    more = shown == limit;
    if (more) break;
    write_checkpoint(writer, checkpoint);
    last = checkpoint.epoch.value();
    ++shown;
  }
  writer.end_array().key("next_page_token");
  if (more)
    writer.value(page_token_of(std::to_string(*last)));
  else
    writer.null();
  return writer.end_object().take();
}

Response restored_response(const runtime::RestoreReceipt& receipt) {
  json::Writer writer;
  writer.begin_object().key("checkpoint");
  write_checkpoint(writer, receipt.checkpoint);
  writer.member("epoch", receipt.epoch.value()).key("items").begin_array();
  for (const runtime::MovedPartition& moved : receipt.moved) write_moved(writer, moved);
  writer.end_array().member("took_ms", receipt.took_ms).key("warnings").begin_array();
  for (const std::string& warning : receipt.warnings) writer.value(warning);
  return json_response(200, writer.end_array().end_object().take());
}

// `{"name": "…"}`
std::variant<std::string, Problem> name_in(const std::string& body) {
  json::ParseOptions options;
  options.comments = false;
  const json::Parsed parsed = json::parse(body, options);
  if (parsed.malformed())
    return refusal(ProblemCode::malformed_json, parsed.problems().front().message);
  const json::Value* member =
      parsed.ok() && parsed.root().is_object() ? parsed.root().find("name") : nullptr;
  const std::string* name = member == nullptr ? nullptr : member->as_string();
  if (name == nullptr || parsed.root().members().size() != 1)
    return refusal(ProblemCode::invalid_body, "this takes an object with `name`, a string");
  if (!runtime::is_checkpoint_name(*name))
    return refusal(ProblemCode::invalid_body,
                   "`name` must be lower case letters, digits, `.`, `_` and `-`, at most 63, begin "
                   "with a letter or digit, and not look like an id (`ckpt-12`)");
  return *name;
}

// Pipeline, checkpoint, timeout and preconditions of a write; nothing when the refusal is answered.
std::optional<runtime::CheckpointRequest> write_request(Services& services,
                                                        const RequestPtr& request,
                                                        const Reply& reply) {
  const runtime::SnapshotPtr snapshot = find_or_answer(services, request->params.at(0), reply);
  if (snapshot == nullptr) return std::nullopt;
  const auto timeout = duration_parameter(request->query, "timeout", kTimeout,
                                          std::chrono::milliseconds(1), kTimeoutMax);
  auto preconditions = preconditions_of(*request, services.settings, snapshot->etag);
  const Problem* wrong = std::get_if<Problem>(&timeout);
  if (wrong == nullptr) wrong = std::get_if<Problem>(&preconditions);
  if (wrong != nullptr) {
    reply(*wrong);
    return std::nullopt;
  }
  runtime::CheckpointRequest wanted;
  wanted.pipeline = snapshot->name;
  if (request->params.size() > 1) wanted.checkpoint = request->params.at(1);
  wanted.timeout = std::get<Duration>(timeout);
  wanted.preconditions = std::get<runtime::Preconditions>(preconditions);
  return wanted;
}

}  // namespace

void list_checkpoints(Services& services, const RequestPtr& request, const Reply& reply) {
  const auto limit = count_parameter(request->query, "limit", kItemsDefault, 1, kItemsMax);
  if (const auto* problem = std::get_if<Problem>(&limit)) return reply(*problem);
  std::uint64_t below = UINT64_MAX;
  if (const auto token = request->query.find("page_token")) {
    std::string last;
    const bool ours = read_page_token(*token, last);
    const auto read = std::from_chars(last.data(), last.data() + last.size(), below);
    if (!ours || read.ec != std::errc() || read.ptr != last.data() + last.size())
      return reply(refusal(ProblemCode::bad_query, "`page_token` is not one of ours"));
  }
  const runtime::SnapshotPtr snapshot = find_or_answer(services, request->params.at(0), reply);
  if (snapshot == nullptr) return;
  services.backend.list_checkpoints(
      snapshot->name, then_answer<std::vector<CheckpointInfo>>(
                          services, reply, ProblemCode::busy,
                          [limit = std::get<std::size_t>(limit), below,
                           etag = snapshot->etag](const std::vector<CheckpointInfo>& all) {
                            Response response = json_response(200, list_text(all, limit, below));
                            response.headers.emplace_back("ETag", etag);
                            return response;
                          }));
}

void get_checkpoint(Services& services, const RequestPtr& request, const Reply& reply) {
  const runtime::SnapshotPtr snapshot = find_or_answer(services, request->params.at(0), reply);
  if (snapshot == nullptr) return;
  services.backend.list_checkpoints(
      snapshot->name, [&services, reply, wanted = request->params.at(1),
                       etag = snapshot->etag](Result<std::vector<CheckpointInfo>> all) {
        services.loop.post([reply, wanted, etag, all = std::move(all)] {
          if (!all.ok()) return reply(problem_of(all.status()));
          const CheckpointInfo* found = runtime::find_checkpoint(*all, wanted);
          if (found == nullptr)
            return reply(refusal(ProblemCode::checkpoint_not_found,
                                 "there is no checkpoint `" + wanted + "`"));
          Response response = json_response(200, checkpoint_text(*found));
          response.headers.emplace_back("ETag", etag);
          reply(std::move(response));
        });
      });
}

void make_checkpoint(Services& services, const RequestPtr& request, const Reply& reply) {
  auto wanted = write_request(services, request, reply);
  if (!wanted) return;
  auto name = name_in(request->body);
  if (const auto* problem = std::get_if<Problem>(&name)) return reply(*problem);
  wanted->checkpoint = std::get<std::string>(std::move(name));
  const std::string path = "/v1/pipelines/" + wanted->pipeline + "/checkpoints/";
  services.backend.make_checkpoint(
      *std::move(wanted),
      then_answer<CheckpointInfo>(services, reply, ProblemCode::busy,
                                  [path](const CheckpointInfo& made) {
                                    Response response = json_response(201, checkpoint_text(made));
                                    response.headers.emplace_back("Location", path + made.id);
                                    return response;
                                  }));
}

void delete_checkpoint(Services& services, const RequestPtr& request, const Reply& reply) {
  auto wanted = write_request(services, request, reply);
  if (!wanted) return;
  services.backend.remove_checkpoint(
      *std::move(wanted),
      then_answer<std::string>(services, reply, ProblemCode::busy, [](const std::string&) {
        Response response;
        response.status = 204;
        response.content_type.clear();
        return response;
      }));
}

void restore_checkpoint(Services& services, const RequestPtr& request, const Reply& reply) {
  const auto offsets = word_parameter(request->query, "offsets", {"restore", "keep"}, "restore");
  if (const auto* problem = std::get_if<Problem>(&offsets)) return reply(*problem);
  auto wanted = write_request(services, request, reply);
  if (!wanted) return;
  if (const auto problem = refuse_members(request->body)) return reply(*problem);
  wanted->keep_offsets = std::get<std::string_view>(offsets) == "keep";
  services.backend.restore_checkpoint(
      *std::move(wanted),
      then_answer<runtime::RestoreReceipt>(services, reply, ProblemCode::busy, restored_response));
}

}  // namespace leat::admin
