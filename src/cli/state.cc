// state: what keyed steps keep.

#include <optional>
#include <sstream>

#include "base/text.h"
#include "cli/commands.h"
#include "json/parse.h"

namespace leat::cli {
namespace {

ExitCode list_stores(Session& session) {
  const auto answer =
      session.fetch({.target = pipeline_path(session.invocation().name, "/stores")});
  if (!answer) return session.code();
  Table table({"STORE", "KEY", "ROWS", "BYTES", "TTL"});
  if (const json::Value* items = answer->find("items")) {
    for (const json::Value& item : items->elements()) {
      if (session.output() == Output::name) session.print(cell(item, "/name") + "\n");
      std::string fields;
      if (const json::Value* keys = item.find("keys"))
        for (const json::Value& key : keys->elements()) {
          const json::Value* type = key.find("type");
          fields += (fields.empty() ? "" : ", ") + cell(key, "/field");
          if (type != nullptr && type->is_string()) fields += " " + *type->as_string();
        }
      table.add({cell(item, "/name"), fields, cell(item, "/rows"), cell(item, "/bytes"),
                 cell(item, "/ttl")});
    }
  }
  if (session.output() == Output::table) session.print(table.text(session.color()));
  return ExitCode::done;
}

std::string target_of(const Invocation& asked) {
  std::string query;
  const auto add = [&](std::string_view name, const std::string& value) {
    query += (query.empty() ? "?" : "&") + std::string(name) + "=" + net::encode_component(value);
  };
  if (asked.key) add("key", *asked.key);
  if (asked.from) add("from", *asked.from);
  if (asked.to) add("to", *asked.to);
  if (asked.limit) add("limit", std::to_string(*asked.limit));
  if (asked.committed) add("consistency", "committed");
  if (asked.latest) add("consistency", "latest");
  return pipeline_path(asked.name, "/stores/" + net::encode_component(asked.store) + query);
}

// A range is a JSON object a line, in every form of output.
ExitCode get_range(Session& session, const net::Response& response) {
  if (session.output() != Output::name) {
    session.print(response.body);
    return ExitCode::done;
  }
  std::istringstream lines(response.body);
  for (std::string line; std::getline(lines, line);) {
    const json::Parsed parsed = json::parse(line);
    if (parsed.ok()) session.print(cell(parsed.root(), "/key") + "\n");
  }
  return ExitCode::done;
}

}  // namespace

ExitCode state(Session& session) {
  const Invocation& asked = session.invocation();
  if (asked.store.empty()) return list_stores(session);
  const auto response = session.send({.target = target_of(asked)});
  if (!response) return session.code();
  if (response->status != 200) return session.refuse(*response, "");
  if (!asked.key) return get_range(session, *response);
  if (session.output() == Output::json) {
    session.print_body(*response);
  } else {
    const json::Value answer = read_answer(*response);
    session.print(cell(answer, session.output() == Output::name ? "/key" : "/value") + "\n");
  }
  return ExitCode::done;
}

}  // namespace leat::cli
