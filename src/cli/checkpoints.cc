// checkpoint: copies of a pipeline's state and offsets.

#include "base/text.h"
#include "cli/commands.h"
#include "json/write.h"

namespace leat::cli {
namespace {

using namespace std::chrono_literals;

// What the daemon waits for is its own time; the answer needs a little more.
constexpr Duration kGrace = 5s;

std::string query_of(const Invocation& asked) {
  std::string query;
  if (asked.timeout) query = "?timeout=" + base::format_duration(asked.timeout->count());
  if (asked.keep_offsets) query += (query.empty() ? "?" : "&") + std::string("offsets=keep");
  return query;
}

std::string path_of(const Invocation& asked, std::string_view rest = {}) {
  std::string path = "/checkpoints";
  if (asked.verb != "list" && asked.verb != "create")
    path += "/" + net::encode_component(asked.checkpoint);
  return pipeline_path(asked.name, path + std::string(rest));
}

ExitCode list(Session& session) {
  Table table({"ID", "NAME", "EPOCH", "GENERATION", "AT", "BYTES"});
  std::string token;
  do {
    const auto response = session.send(
        {.target = path_of(session.invocation(),
                           "?limit=1000" + (token.empty() ? token : "&page_token=" + token))});
    if (!response) return session.code();
    if (response->status != 200) return session.refuse(*response, "");
    const json::Value answer = read_answer(*response);
    token.clear();
    if (const json::Value* next = answer.find("next_page_token"); next && next->as_string())
      token = net::encode_component(*next->as_string());
    if (session.output() == Output::json) {
      session.print_body(*response);
      continue;
    }
    const json::Value* items = answer.find("items");
    if (items == nullptr) continue;
    for (const json::Value& item : items->elements()) {
      const std::string name = cell(item, "/name");
      if (session.output() == Output::name)
        session.print((name == "-" ? cell(item, "/id") : name) + "\n");
      table.add({cell(item, "/id"), name, cell(item, "/epoch"), cell(item, "/generation"),
                 item.find("damaged") != nullptr ? "damaged" : cell(item, "/at"),
                 cell(item, "/bytes")});
    }
  } while (!token.empty());
  if (session.output() == Output::table) session.print(table.text(session.color()));
  return ExitCode::done;
}

net::Request request_of(const Invocation& asked) {
  if (asked.verb == "show") return {.target = path_of(asked)};
  if (asked.verb == "delete") return {.method = "DELETE", .target = path_of(asked)};
  if (asked.verb == "restore")
    return {.method = "POST", .target = path_of(asked, "/restore" + query_of(asked))};
  net::Request create{.method = "POST", .target = path_of(asked, query_of(asked))};
  json::Writer writer;
  create.body = writer.begin_object().member("name", asked.checkpoint).end_object().take();
  return create;
}

std::string line_of(const Invocation& asked, const json::Value& root) {
  if (asked.verb == "delete") return asked.name + "  " + asked.checkpoint + "  deleted\n";
  if (asked.verb == "create")
    return asked.name + "  " + cell(root, "/id") + "  " + cell(root, "/bytes") + " bytes\n";
  if (asked.verb == "restore")
    return asked.name + "  restored " + cell(root, "/checkpoint/id") + " as epoch " +
           cell(root, "/epoch") + "; it is stopped\n";
  std::string text;
  for (const json::Member& member : root.members())
    if (!member.value.is_null()) text += member.key + "  " + cell(member.value, "") + "\n";
  return text;
}

}  // namespace

ExitCode checkpoint(Session& session) {
  const Invocation& asked = session.invocation();
  if (asked.verb == "list") return list(session);
  const auto response =
      session.send(request_of(asked), asked.timeout.value_or(Session::kTimeout) + kGrace);
  if (!response) return session.code();
  if (response->status < 200 || response->status > 299) return session.refuse(*response, "");
  const json::Value root = read_answer(*response);
  if (session.silent()) return ExitCode::done;
  if (session.output() == Output::json) {
    if (!response->body.empty()) session.print_body(*response);
  } else if (session.output() == Output::name) {
    session.print(asked.checkpoint + "\n");
  } else {
    session.print(line_of(asked, root));
  }
  const json::Value* warnings = root.find("warnings");
  if (warnings != nullptr && session.output() == Output::table)
    for (const json::Value& warning : warnings->elements())
      session.console().err("leat: " + cell(warning, "") + "\n");
  return ExitCode::done;
}

}  // namespace leat::cli
