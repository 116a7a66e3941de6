#include <algorithm>

#include "admin/handlers/answers.h"
#include "admin/handlers/handlers.h"
#include "admin/handlers/show.h"

namespace leat::admin {
namespace {

struct Wait {
  std::string name;
  std::string_view what;  // one of kStates
  Instant until{};
  Reply reply;
};

bool met(const runtime::PipelineSnapshot& snapshot, std::string_view what) {
  if (what == "stopped") return snapshot.actual == runtime::Actual::stopped;
  if (what == "running") return snapshot.actual == runtime::Actual::running;
  const auto& sources = snapshot.sources;
  return !sources.empty() && std::all_of(sources.begin(), sources.end(),
                                         [](const auto& source) { return source.caught_up; });
}

void look(Services& services, const std::shared_ptr<const Wait>& wait) {
  when_fresh(services, [&services, wait] {
    const runtime::SnapshotPtr snapshot = find_or_answer(services, wait->name, wait->reply);
    if (snapshot == nullptr) return;
    const bool holds = met(*snapshot, wait->what);
    const Instant now = services.clock.now();
    if (!holds && now < wait->until) {
      const Duration pause = std::min<Duration>(services.settings.wait_tick, wait->until - now);
      return services.loop.after(pause, [&services, wait] { look(services, wait); });
    }
    json::Writer writer;
    writer.begin_object().member("met", holds).key("status");
    write_status(writer, *snapshot);
    wait->reply(json_response(200, writer.end_object().take()));
  });
}

}  // namespace

void wait_pipeline(Services& services, const RequestPtr& request, const Reply& reply) {
  const auto what = word_parameter(request->query, "for", {"running", "caught_up", "stopped"}, "");
  if (const auto* problem = std::get_if<Problem>(&what)) return reply(*problem);
  const auto timeout = duration_parameter(request->query, "timeout", std::chrono::seconds(30),
                                          Duration::zero(), std::chrono::seconds(60));
  if (const auto* problem = std::get_if<Problem>(&timeout)) return reply(*problem);
  if (std::get<std::string_view>(what).empty()) {
    Problem problem;
    problem.code = ProblemCode::bad_query;
    problem.detail = "`for` is missing: running, caught_up or stopped";
    return reply(problem);
  }
  const Instant until = services.clock.now() + std::get<Duration>(timeout);
  look(services, std::make_shared<const Wait>(
                     Wait{request->params.at(0), std::get<std::string_view>(what), until, reply}));
}

}  // namespace leat::admin
