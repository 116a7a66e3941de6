// trigger, the life cycle, wait and delete: commands that change or wait.

#include <algorithm>

#include "base/text.h"
#include "cli/commands.h"
#include "json/write.h"

namespace leat::cli {
namespace {

using namespace std::chrono_literals;

// What the daemon waits for is its own time; the answer needs a little more.
constexpr Duration kGrace = 5s;
constexpr Duration kWaitMax = 60s;  // the longest wait of one request

std::string trigger_body(const Invocation& asked) {
  json::Writer writer;
  writer.begin_object().member("mode", asked.mode);
  if (!asked.interval.empty()) writer.member("interval", asked.interval);
  if (asked.records_max) writer.member("max_records", *asked.records_max);
  if (!asked.checkpoint_interval.empty())
    writer.member("checkpoint_interval", asked.checkpoint_interval);
  return writer.end_object().take();
}

std::string duration_text(Duration duration) { return base::format_duration(duration.count()); }

std::string receipt_line(const Session& session, const json::Value& root) {
  const json::Value* changed = root.find("changed");
  const bool same = changed != nullptr && !changed->as_bool().value_or(true);
  std::string line =
      session.invocation().name + "  " + cell(root, "/from") + " -> " + cell(root, "/to");
  if (same) return line + "  unchanged\n";
  return line + "  epoch " + cell(root, "/epoch") + "  replayed " +
         cell(root, "/replayed_records") + "  paused " + cell(root, "/intake_paused_ms") +
         " ms  took " + cell(root, "/took_ms") + " ms\n";
}

std::string trigger_table(const json::Value& root) {
  std::string text;
  for (const json::Member& member : root.members()) {
    if (!member.value.is_null()) text += member.key + "  " + cell(member.value, "") + "\n";
  }
  return text;
}

// Prints what came, by `line` unless json or a name is asked for.
ExitCode finish(Session& session, const std::optional<net::Response>& response,
                const std::function<std::string(const json::Value&)>& line) {
  if (!response) return session.code();
  if (response->status < 200 || response->status > 299) return session.refuse(*response, "");
  if (session.silent()) {
    // the exit code says it
  } else if (session.output() == Output::json) {
    if (!response->body.empty()) session.print_body(*response);
  } else if (session.output() == Output::name) {
    session.print(session.invocation().name + "\n");
  } else {
    const json::Value root = read_answer(*response);
    session.print(session.invocation().dry_run
                      ? session.invocation().name + "  would " + cell(root, "/would") + "\n"
                      : line(root));
  }
  return ExitCode::done;
}

}  // namespace

ExitCode trigger(Session& session) {
  const Invocation& asked = session.invocation();
  const std::string path = pipeline_path(asked.name, "/trigger");
  if (asked.mode.empty() && !asked.reset)
    return finish(session, session.send({.target = path}), trigger_table);
  const std::string target =
      path + (asked.timeout ? "?timeout=" + duration_text(*asked.timeout) : "");
  net::Request request{.method = asked.reset ? "DELETE" : "PUT", .target = target};
  if (!asked.reset) request.body = trigger_body(asked);
  const Duration patience = asked.timeout.value_or(Session::kTimeout) + kGrace;
  return finish(session, session.send(std::move(request), patience),
                [&](const json::Value& root) { return receipt_line(session, root); });
}

ExitCode lifecycle(Session& session) {
  const Invocation& asked = session.invocation();
  const std::string verb = "/" + std::string(command_name(asked.command));
  const Duration patience = asked.timeout.value_or(2 * Session::kTimeout);
  return finish(
      session,
      session.send({.method = "POST", .target = pipeline_path(asked.name, verb)}, patience),
      [&](const json::Value& root) { return asked.name + "  " + cell(root, "/actual") + "\n"; });
}

ExitCode remove(Session& session) {
  const Invocation& asked = session.invocation();
  std::string query;
  const auto add = [&](std::string_view key, const std::string& value) {
    if (!value.empty())
      query += (query.empty() ? "?" : "&") + std::string(key) + "=" + net::encode_component(value);
  };
  add("mode", asked.mode);
  add("state", asked.state);
  if (asked.timeout) add("timeout", duration_text(*asked.timeout));
  const Duration patience = asked.timeout.value_or(2 * Session::kTimeout) + kGrace;
  return finish(
      session,
      session.send({.method = "DELETE", .target = pipeline_path(asked.name, query)}, patience),
      [&](const json::Value&) { return asked.name + "  deleted\n"; });
}

ExitCode wait(Session& session) {
  const Invocation& asked = session.invocation();
  const Instant deadline = session.clock().now() + asked.timeout.value_or(Session::kTimeout);
  for (;;) {
    const Duration left = std::clamp<Duration>(deadline - session.clock().now(), 0s, kWaitMax);
    const std::string target = pipeline_path(
        asked.name, ":wait?for=" + asked.wait_for + "&timeout=" +
                        duration_text(std::chrono::ceil<std::chrono::milliseconds>(left)));
    const auto response = session.send({.target = target}, left + kGrace);
    if (!response) return session.code();
    if (response->status != 200) return session.refuse(*response, "");
    const json::Value root = read_answer(*response);
    const json::Value* met = root.find("met");
    const bool holds = met != nullptr && met->as_bool().value_or(false);
    if (!holds && session.clock().now() < deadline) continue;
    if (session.silent()) {
      // the exit code says it
    } else if (session.output() == Output::json) {
      session.print_body(*response);
    } else {
      session.print(asked.name + "  " + cell(root, "/status/actual") +
                    (holds ? "\n" : "  not " + asked.wait_for + "\n"));
    }
    return holds ? ExitCode::done : ExitCode::try_again;
  }
}

}  // namespace leat::cli
