#include <algorithm>

#include "admin/handlers/answers.h"
#include "admin/handlers/handlers.h"

namespace leat::admin {
namespace {

Response ok_response() {
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = "ok\n";
  return response;
}

Problem not_now(ProblemCode code, std::string detail) {
  Problem problem;
  problem.code = code;
  problem.detail = std::move(detail);
  problem.headers.emplace_back("Retry-After", "1");
  return problem;
}

}  // namespace

void get_livez(Services& services, const RequestPtr&, const Reply& reply) {
  if (!services.backend.alive())
    return reply(not_now(ProblemCode::busy, "the control loop does not turn"));
  reply(ok_response());
}

void get_startupz(Services& services, const RequestPtr&, const Reply& reply) {
  if (!services.backend.started())
    return reply(not_now(ProblemCode::starting, "definitions are being restored"));
  reply(ok_response());
}

void get_readyz(Services& services, const RequestPtr& request, const Reply& reply) {
  if (services.backend.stopping())
    return reply(not_now(ProblemCode::stopping, "the daemon is stopping"));
  if (!services.backend.started())
    return reply(not_now(ProblemCode::starting, "definitions are being restored"));
  const auto name = request->query.find("pipeline");
  if (!name) return reply(ok_response());
  const runtime::SnapshotPtr snapshot = find_or_answer(services, *name, reply);
  if (snapshot == nullptr) return;
  const auto& conditions = snapshot->conditions;
  const bool ready =
      std::any_of(conditions.begin(), conditions.end(), [](const runtime::Condition& condition) {
        return condition.type == "Ready" && condition.status == runtime::Truth::yes;
      });
  if (!ready) return reply(not_now(ProblemCode::busy, "the pipeline is not ready"));
  reply(ok_response());
}

}  // namespace leat::admin
