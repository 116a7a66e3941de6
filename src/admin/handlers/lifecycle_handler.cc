#include "admin/handlers/answers.h"
#include "admin/handlers/handlers.h"
#include "admin/handlers/show.h"

namespace leat::admin {
namespace {

void run_verb(Services& services, const RequestPtr& request, const Reply& reply,
              runtime::Verb verb) {
  if (const auto problem = refuse_members(request->body)) return reply(*problem);
  const runtime::SnapshotPtr snapshot = find_or_answer(services, request->params.at(0), reply);
  if (snapshot == nullptr) return;
  auto preconditions = preconditions_of(*request, services.settings, snapshot->etag);
  if (const auto* problem = std::get_if<Problem>(&preconditions)) return reply(*problem);
  services.backend.lifecycle(
      snapshot->name, verb, std::get<runtime::Preconditions>(preconditions),
      then_answer<runtime::LifecycleReceipt>(
          services, reply,
          verb == runtime::Verb::drain ? ProblemCode::drain_timed_out : ProblemCode::busy,
          [](const runtime::LifecycleReceipt& receipt) {
            return json_response(200, receipt_text(receipt));
          }));
}

}  // namespace

void pause_pipeline(Services& services, const RequestPtr& request, const Reply& reply) {
  run_verb(services, request, reply, runtime::Verb::pause);
}
void resume_pipeline(Services& services, const RequestPtr& request, const Reply& reply) {
  run_verb(services, request, reply, runtime::Verb::resume);
}
void drain_pipeline(Services& services, const RequestPtr& request, const Reply& reply) {
  run_verb(services, request, reply, runtime::Verb::drain);
}
void stop_pipeline(Services& services, const RequestPtr& request, const Reply& reply) {
  run_verb(services, request, reply, runtime::Verb::stop);
}
void start_pipeline(Services& services, const RequestPtr& request, const Reply& reply) {
  run_verb(services, request, reply, runtime::Verb::start);
}
void restart_pipeline(Services& services, const RequestPtr& request, const Reply& reply) {
  run_verb(services, request, reply, runtime::Verb::restart);
}

}  // namespace leat::admin
