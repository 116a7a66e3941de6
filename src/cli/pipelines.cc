// get, offsets and tap: commands that look.

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "cli/commands.h"
#include "json/write.h"
#include "net/event_stream.h"

namespace leat::cli {
namespace {

std::vector<std::string> row_of(const json::Value& item) {
  return {cell(item, "/name"),
          cell(item, "/actual"),
          cell(item, "/mode"),
          cell(item, "/rates/in_per_second"),
          cell(item, "/rates/out_per_second"),
          cell(item, "/lag_records"),
          cell(item, "/p99_ms"),
          cell(item, "/reason")};
}

ExitCode get_all(Session& session) {
  Table table({"NAME", "STATE", "TRIGGER", "IN/S", "OUT/S", "LAG", "P99 MS", "REASON"});
  std::string page;
  do {
    const std::string more = page.empty() ? "" : "&page_token=" + net::encode_component(page);
    const auto response = session.send({.target = "/v1/pipelines?limit=1000" + more});
    if (!response) return session.code();
    if (response->status != 200) return session.refuse(*response, "");
    if (session.output() == Output::json) session.print_body(*response);
    const json::Value answer = read_answer(*response);
    if (const json::Value* items = answer.find("items")) {
      for (const json::Value& item : items->elements()) {
        if (session.output() == Output::name) session.print(cell(item, "/name") + "\n");
        table.add(row_of(item));
      }
    }
    const json::Value* next = answer.find("next_page_token");
    page = next != nullptr && next->is_string() ? *next->as_string() : std::string();
  } while (!page.empty());
  if (session.output() == Output::table) session.print(table.text(session.color()));
  return ExitCode::done;
}

std::string sources_text(const json::Value& root, bool color) {
  const json::Value* sources = json::find_pointer(root, "/status/sources");
  if (sources == nullptr || sources->members().empty()) return {};
  Table table({"SOURCE", "CAUGHT UP", "LAG", "LAG S"});
  for (const json::Member& source : sources->members()) {
    table.add({source.key, cell(source.value, "/caught_up"), cell(source.value, "/lag_records"),
               cell(source.value, "/lag_seconds")});
  }
  return "\n" + table.text(color);
}

std::string conditions_text(const json::Value& root, bool color) {
  const json::Value* conditions = json::find_pointer(root, "/status/conditions");
  if (conditions == nullptr || conditions->elements().empty()) return {};
  Table table({"CONDITION", "STATUS", "REASON", "MESSAGE"});
  for (const json::Value& condition : conditions->elements()) {
    table.add({cell(condition, "/type"), cell(condition, "/status"), cell(condition, "/reason"),
               cell(condition, "/message")});
  }
  return "\n" + table.text(color);
}

std::string describe(const json::Value& root, bool color) {
  Table table({"name", cell(root, "/name")});
  const std::pair<const char*, const char*> lines[] = {
      {"state", "/status/actual"},
      {"desired", "/status/desired"},
      {"since", "/status/since"},
      {"reason", "/status/reason"},
      {"trigger", "/status/trigger/mode"},
      {"trigger from", "/status/trigger/source"},
      {"generation", "/generation"},
      {"epoch", "/status/epoch"},
      {"committed at", "/status/committed_at"},
      {"records in", "/status/records_in"},
      {"records out", "/status/records_out"},
      {"in/s", "/status/rates/in_per_second"},
      {"out/s", "/status/rates/out_per_second"},
      {"p99 ms", "/status/latency_ms/end_to_end/p99"},
      {"dropped", "/status/dropped"}};
  for (const auto& [label, pointer] : lines) table.add({label, cell(root, pointer)});
  return table.text(color) + sources_text(root, color) + conditions_text(root, color);
}

}  // namespace

ExitCode get(Session& session) {
  if (session.invocation().name.empty()) return get_all(session);
  const auto response = session.send({.target = pipeline_path(session.invocation().name)});
  if (!response) return session.code();
  if (response->status != 200) return session.refuse(*response, "");
  const json::Value answer = read_answer(*response);
  switch (session.output()) {
    case Output::json: session.print_body(*response); break;
    case Output::name: session.print(cell(answer, "/name") + "\n"); break;
    case Output::table: session.print(describe(answer, session.color())); break;
  }
  return ExitCode::done;
}

namespace {

std::string move_of(const Invocation& asked) {
  json::Writer writer;
  writer.begin_object().key("to");
  if (asked.to) {
    writer.value(*asked.to);
  } else if (asked.shift) {
    writer.begin_object().member("shift", *asked.shift).end_object();
  } else {
    writer.begin_object().key("at").begin_object();
    for (const std::string& one : asked.at) {
      const std::size_t equals = one.rfind('=');
      const std::size_t digits = std::min(one.find_first_not_of('0', equals + 1), one.size() - 1);
      writer.key(one.substr(0, equals)).raw(one.substr(digits));
    }
    writer.end_object().end_object();
  }
  if (!asked.sources.empty()) {
    writer.key("sources").begin_array();
    for (const std::string& source : asked.sources) writer.value(source);
    writer.end_array();
  }
  if (!asked.state.empty()) writer.member("state", asked.state);
  return writer.end_object().take();
}

ExitCode move_offsets(Session& session) {
  using namespace std::chrono_literals;
  const Invocation& asked = session.invocation();
  std::string query;
  if (asked.timeout) query = "?timeout=" + base::format_duration(asked.timeout->count());
  // What the daemon waits for is its own time; the answer needs a little more.
  const auto response = session.send({.method = "PATCH",
                                      .target = pipeline_path(asked.name, "/offsets" + query),
                                      .body = move_of(asked)},
                                     asked.timeout.value_or(Session::kTimeout) + 5s);
  if (!response) return session.code();
  if (response->status != 200) return session.refuse(*response, "");
  if (session.silent()) return ExitCode::done;
  if (session.output() == Output::json) {
    session.print_body(*response);
    return ExitCode::done;
  }
  const json::Value answer = read_answer(*response);
  Table table({"SOURCE", "TOPIC", "PARTITION", "FROM", "TO"});
  if (const json::Value* items = answer.find("items"))
    for (const json::Value& item : items->elements())
      table.add({cell(item, "/source"), cell(item, "/topic"), cell(item, "/partition"),
                 cell(item, "/from"), cell(item, "/to")});
  session.print(table.text(session.color()));
  return ExitCode::done;
}

}  // namespace

ExitCode offsets(Session& session) {
  const Invocation& asked = session.invocation();
  if (asked.to || asked.shift || !asked.at.empty()) return move_offsets(session);
  const auto answer =
      session.fetch({.target = pipeline_path(session.invocation().name, "/offsets")});
  if (!answer) return session.code();
  Table table({"SOURCE", "TOPIC", "PARTITION", "COMMITTED", "POSITION", "END", "LAG"});
  if (const json::Value* items = answer->find("items")) {
    for (const json::Value& item : items->elements()) {
      table.add({cell(item, "/source"), cell(item, "/topic"), cell(item, "/partition"),
                 cell(item, "/committed"), cell(item, "/position"), cell(item, "/end"),
                 cell(item, "/lag_records")});
    }
  }
  session.print(table.text(session.color()));
  return ExitCode::done;
}

ExitCode tap(Session& session) {
  const Invocation& asked = session.invocation();
  std::string target =
      pipeline_path(asked.name, "/steps/" + net::encode_component(asked.step) + "/tap");
  if (asked.limit) target += "?limit=" + std::to_string(*asked.limit);
  auto stream = session.open({.target = target, .headers = {{"Accept", "text/event-stream"}}});
  if (!stream) return session.code();
  if (stream->head().status != 200) {
    net::Response refusal = stream->head();
    std::vector<char> buffer(64 * 1024);
    const auto got = stream->read(buffer, session.clock().now() + Session::kTimeout);
    if (got.ok()) refusal.body.assign(buffer.data(), *got);
    return session.refuse(refusal, "");
  }
  net::EventStream events(std::move(stream));
  for (;;) {
    const auto event = events.next(base::kNever);
    if (!event.ok() || !event->has_value()) {
      session.console().err(
          "leat: the stream ended: " +
          (event.ok() ? std::string("the daemon closed it") : event.status().to_string()) + "\n");
      return ExitCode::unavailable;
    }
    const net::ServerEvent& what = **event;
    if (what.type == "row") session.print(what.data + "\n");
    if (what.type == "dropped" && !asked.quiet)
      session.console().err("leat: rows not shown: " + what.data + "\n");
    if (what.type == "end") return ExitCode::done;
  }
}

}  // namespace leat::cli
