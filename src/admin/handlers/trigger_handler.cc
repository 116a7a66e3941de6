#include "admin/handlers/answers.h"
#include "admin/handlers/handlers.h"
#include "admin/handlers/show.h"

namespace leat::admin {
namespace {

constexpr Duration kTimeoutMax = std::chrono::minutes(10);

void switch_trigger(Services& services, const RequestPtr& request, const Reply& reply,
                    std::optional<spec::TriggerSpec> trigger,
                    const runtime::PipelineSnapshot& snapshot) {
  const auto timeout =
      duration_parameter(request->query, "timeout", services.settings.switch_timeout,
                         std::chrono::milliseconds(1), kTimeoutMax);
  if (const auto* problem = std::get_if<Problem>(&timeout)) return reply(*problem);
  auto preconditions = preconditions_of(*request, services.settings, snapshot.trigger.etag);
  if (const auto* problem = std::get_if<Problem>(&preconditions)) return reply(*problem);
  runtime::SwitchRequest to;
  to.name = snapshot.name;
  to.trigger = trigger;
  to.timeout = std::get<Duration>(timeout);
  to.preconditions = std::get<runtime::Preconditions>(preconditions);
  to.actor = request->identity.name;
  services.backend.set_trigger(
      std::move(to), then_answer<runtime::SwitchReceipt>(
                         services, reply, ProblemCode::switch_timed_out,
                         [&services, name = snapshot.name](const runtime::SwitchReceipt& receipt) {
                           Response response = json_response(200, receipt_text(receipt));
                           const runtime::SnapshotPtr now = services.backend.find(name);
                           if (now != nullptr)
                             response.headers.emplace_back("ETag", now->trigger.etag);
                           return response;
                         }));
}

}  // namespace

void get_trigger(Services& services, const RequestPtr& request, const Reply& reply) {
  const runtime::SnapshotPtr snapshot = find_or_answer(services, request->params.at(0), reply);
  if (snapshot == nullptr) return;
  Response response = json_response(200, trigger_text(snapshot->trigger));
  response.headers.emplace_back("ETag", snapshot->trigger.etag);
  reply(std::move(response));
}

void put_trigger(Services& services, const RequestPtr& request, const Reply& reply) {
  const runtime::SnapshotPtr snapshot = find_or_answer(services, request->params.at(0), reply);
  if (snapshot == nullptr) return;
  spec::TriggerResult parsed = spec::parse_trigger(request->body, services.definitions);
  if (parsed.malformed) return reply(malformed_json(request->body, std::move(parsed.diagnostics)));
  if (!parsed.ok()) {
    Problem problem;
    problem.code = ProblemCode::invalid_body;
    problem.detail = "the trigger is not valid";
    problem.errors = std::move(parsed.diagnostics);
    return reply(problem);
  }
  switch_trigger(services, request, reply, parsed.trigger, *snapshot);
}

void delete_trigger(Services& services, const RequestPtr& request, const Reply& reply) {
  const runtime::SnapshotPtr snapshot = find_or_answer(services, request->params.at(0), reply);
  if (snapshot == nullptr) return;
  switch_trigger(services, request, reply, std::nullopt, *snapshot);
}

}  // namespace leat::admin
