#include "admin/handlers/answers.h"
#include "admin/handlers/handlers.h"
#include "admin/handlers/show.h"

namespace leat::admin {
namespace {

using runtime::PutReceipt;

Response pipeline_response(int status, const runtime::PipelineSnapshot& snapshot) {
  Response response = json_response(status, pipeline_text(snapshot));
  response.headers.emplace_back("ETag", snapshot.etag);
  return response;
}

Response put_response(const PutReceipt& receipt) {
  if (receipt.outcome != PutReceipt::Outcome::created)
    return pipeline_response(200, *receipt.snapshot);
  Response response = pipeline_response(201, *receipt.snapshot);
  response.headers.emplace_back("Location", "/v1/pipelines/" + receipt.snapshot->name);
  return response;
}

std::variant<runtime::Desired, Problem> initial_state(const Query& query) {
  auto word = word_parameter(query, "initial_state", {"running", "paused", "stopped"}, "running");
  if (auto* problem = std::get_if<Problem>(&word)) return std::move(*problem);
  const std::string_view text = std::get<std::string_view>(word);
  if (text == "paused") return runtime::Desired::paused;
  if (text == "stopped") return runtime::Desired::stopped;
  return runtime::Desired::running;
}

// The steps whose state would be lost, at their places in the definition where they still stand.
std::vector<spec::Diagnostic> lost_steps(const Status& status, const spec::PipelineSpec& spec) {
  std::vector<spec::Diagnostic> lost;
  for (const auto& [key, id] : status.fields()) {
    if (key != "step") continue;
    spec::Diagnostic& one = lost.emplace_back();
    one.code = "STATE_INCOMPATIBLE";
    one.message = "the state of step `" + id + "` would be lost";
    for (const spec::StepSpec& step : spec.steps)
      if (step.id == id) one.pointer = step.pointer;
  }
  return lost;
}

enum class Mode : bool { create, put };

void write_definition(Services& services, const RequestPtr& request, const Reply& reply,
                      Mode mode) {
  const auto initial = initial_state(request->query);
  if (const auto* problem = std::get_if<Problem>(&initial)) return reply(*problem);
  const auto reset = word_parameter(request->query, "trigger", {"reset"}, "");
  if (const auto* problem = std::get_if<Problem>(&reset)) return reply(*problem);
  const auto state = word_parameter(request->query, "state", {"discard"}, "");
  if (const auto* problem = std::get_if<Problem>(&state)) return reply(*problem);
  std::optional<std::string> name;
  if (mode == Mode::put) name = request->params.at(0);
  auto checked = check_definition(services, request->body, name);
  if (const auto* problem = std::get_if<Problem>(&checked)) return reply(*problem);
  runtime::PutRequest put;
  put.spec = std::get<Checked>(checked).spec;
  put.plan = std::get<Checked>(checked).plan;
  const runtime::SnapshotPtr existing = services.backend.find(put.spec->name);
  auto preconditions = preconditions_of(*request, services.settings,
                                        existing && mode == Mode::put ? existing->etag : "");
  if (const auto* problem = std::get_if<Problem>(&preconditions)) return reply(*problem);
  put.preconditions = std::get<runtime::Preconditions>(preconditions);
  put.create_only = mode == Mode::create;
  put.initial = std::get<runtime::Desired>(initial);
  put.reset_trigger = !std::get<std::string_view>(reset).empty();
  put.discard_state = !std::get<std::string_view>(state).empty();
  put.actor = request->identity.name;
  const auto spec = put.spec;
  services.backend.put(std::move(put), [&services, reply, spec](Result<PutReceipt> result) {
    services.loop.post([reply, spec, result = std::move(result)] {
      if (result.ok()) return reply(put_response(*result));
      Problem problem = problem_of(result.status(), ProblemCode::drain_timed_out);
      if (problem.code == ProblemCode::state_incompatible)
        problem.errors = lost_steps(result.status(), *spec);
      reply(problem);
    });
  });
}

}  // namespace

void create_pipeline(Services& services, const RequestPtr& request, const Reply& reply) {
  write_definition(services, request, reply, Mode::create);
}

void put_pipeline(Services& services, const RequestPtr& request, const Reply& reply) {
  write_definition(services, request, reply, Mode::put);
}

void get_pipeline(Services& services, const RequestPtr& request, const Reply& reply) {
  const auto format = word_parameter(request->query, "format", {"json", "text"}, "json");
  if (const auto* problem = std::get_if<Problem>(&format)) return reply(*problem);
  const bool text = std::get<std::string_view>(format) == "text";
  when_fresh(services, [&services, request, reply, text] {
    const runtime::SnapshotPtr snapshot = find_or_answer(services, request->params.at(0), reply);
    if (snapshot == nullptr) return;
    Response response = pipeline_response(200, *snapshot);
    if (text) {
      response.content_type = "text/plain; charset=utf-8";
      response.body = snapshot->spec == nullptr ? std::string() : snapshot->spec->text;
    }
    reply(std::move(response));
  });
}

void delete_pipeline(Services& services, const RequestPtr& request, const Reply& reply) {
  const Query& query = request->query;
  const auto mode = word_parameter(query, "mode", {"commit", "drain", "now"}, "commit");
  if (const auto* problem = std::get_if<Problem>(&mode)) return reply(*problem);
  const auto state = word_parameter(query, "state", {"keep", "purge"}, "keep");
  if (const auto* problem = std::get_if<Problem>(&state)) return reply(*problem);
  const auto timeout = duration_parameter(query, "timeout", services.settings.drain_timeout,
                                          std::chrono::milliseconds(1), std::chrono::minutes(10));
  if (const auto* problem = std::get_if<Problem>(&timeout)) return reply(*problem);
  const runtime::SnapshotPtr snapshot = find_or_answer(services, request->params.at(0), reply);
  if (snapshot == nullptr) return;
  auto preconditions = preconditions_of(*request, services.settings, snapshot->etag);
  if (const auto* problem = std::get_if<Problem>(&preconditions)) return reply(*problem);
  runtime::RemoveRequest remove;
  remove.name = snapshot->name;
  remove.now = std::get<std::string_view>(mode) == "now";
  remove.drain = std::get<std::string_view>(mode) == "drain";
  remove.purge = std::get<std::string_view>(state) == "purge";
  remove.timeout = std::get<Duration>(timeout);
  remove.preconditions = std::get<runtime::Preconditions>(preconditions);
  services.backend.remove(std::move(remove),
                          then_answer<std::string>(services, reply, ProblemCode::drain_timed_out,
                                                   [](const std::string&) {
                                                     Response response;
                                                     response.status = 204;
                                                     response.content_type.clear();
                                                     return response;
                                                   }));
}

}  // namespace leat::admin
