#include "cli/client.h"

#include "base/version.h"
#include "cli/commands.h"

namespace leat::cli {
namespace {

ExitCode print_version(const Session& session) {
  const std::string version(base::version());
  const std::string commit(base::commit());
  if (session.invocation().output == Output::json) {
    session.print("{\"version\":\"" + version + "\",\"commit\":\"" + commit + "\"}\n");
  } else {
    session.print("leat " + version + " (" + commit + ")\n");
  }
  return ExitCode::done;
}

ExitCode talk(Session& session) {
  if (const ExitCode code = session.connect(); code != ExitCode::done) return code;
  switch (session.invocation().command) {
    case Command::validate: return validate(session);
    case Command::apply: return apply(session);
    case Command::get: return get(session);
    case Command::offsets: return offsets(session);
    case Command::state: return state(session);
    case Command::checkpoint: return checkpoint(session);
    case Command::plugin: return plugin(session);
    case Command::tap: return tap(session);
    case Command::preview: return preview(session);
    case Command::wait: return wait(session);
    case Command::trigger: return trigger(session);
    case Command::remove: return remove(session);
    default: return lifecycle(session);
  }
}

}  // namespace

std::string pipeline_path(std::string_view name, std::string_view rest) {
  return "/v1/pipelines/" + net::encode_component(name) + std::string(rest);
}

ExitCode run_client(const Invocation& invocation, const Surroundings& surroundings,
                    const Console& console) {
  Session session(invocation, surroundings, console);
  switch (invocation.command) {
    case Command::version: return print_version(session);
    case Command::functions: return functions(session);
    case Command::completion:
      session.print(completion_script(invocation.shell));
      return ExitCode::done;
    case Command::schema: return schema(session);
    case Command::plugin: return invocation.verb == "check" ? plugin(session) : talk(session);
    case Command::test: return test(session);
    case Command::preview:
      // Without records of the real sources it needs no daemon.
      return invocation.read ? talk(session) : preview(session);
    case Command::expr: return expr(session);
    case Command::validate:
      // Without an address the check needs no daemon at all.
      if (invocation.url.empty()) return validate(session);
      [[fallthrough]];
    default: return talk(session);
  }
}

}  // namespace leat::cli
