#include "admin/handlers/answers.h"
#include "admin/handlers/handlers.h"
#include "base/text.h"
#include "json/write.h"

namespace leat::admin {
namespace {

constexpr std::size_t kLimitDefault = 1000;
constexpr std::size_t kLimitMax = 100'000;

Problem bad_query(std::string detail) {
  Problem problem;
  problem.code = ProblemCode::bad_query;
  problem.detail = std::move(detail);
  return problem;
}

void write_store(json::Writer& writer, const runtime::StoreStatus& store) {
  writer.begin_object().member("name", store.step).member("step", store.step);
  writer.key("keys").begin_array();
  for (std::size_t i = 0; i < store.key_fields.size(); ++i) {
    writer.begin_object().member("field", store.key_fields[i]).key("type");
    if (i < store.key_types.size() && !store.key_types[i].empty())
      writer.value(store.key_types[i]);
    else
      writer.null();
    writer.end_object();
  }
  writer.end_array().member("rows", store.keys).member("bytes", store.bytes).key("ttl");
  if (store.ttl.count() == 0)
    writer.null();
  else
    writer.value(base::format_duration(store.ttl.count()));
  writer.end_object();
}

std::string stores_text(const runtime::PipelineSnapshot& snapshot) {
  json::Writer writer;
  writer.begin_object().key("items").begin_array();
  for (const runtime::StoreStatus& store : snapshot.state.stores) write_store(writer, store);
  return writer.end_array().key("next_page_token").null().end_object().take();
}

Response key_response(const runtime::StateAnswer& answer) {
  json::Writer writer;
  writer.begin_object().key("key").raw(answer.rows.front().key);
  writer.key("value").raw(answer.rows.front().value);
  writer.member("epoch", answer.epoch.value()).key("updated_at").null();
  return json_response(200, writer.end_object().take());
}

Response range_response(const runtime::StateAnswer& answer) {
  Response response;
  response.content_type = "application/x-ndjson";
  for (const runtime::StateRow& row : answer.rows)
    response.body += R"({"key":)" + row.key + R"(,"value":)" + row.value + "}\n";
  return response;
}

std::optional<std::string> text_of(const Query& query, std::string_view name) {
  const auto found = query.find(name);
  return found ? std::optional<std::string>(*found) : std::nullopt;
}

}  // namespace

void list_stores(Services& services, const RequestPtr& request, const Reply& reply) {
  when_fresh(services, [&services, request, reply] {
    const runtime::SnapshotPtr snapshot = find_or_answer(services, request->params.at(0), reply);
    if (snapshot != nullptr) reply(json_response(200, stores_text(*snapshot)));
  });
}

void read_store(Services& services, const RequestPtr& request, const Reply& reply) {
  const Query& query = request->query;
  runtime::StateRequest wanted;
  wanted.key = text_of(query, "key");
  wanted.from = text_of(query, "from");
  wanted.to = text_of(query, "to");
  const auto limit = count_parameter(query, "limit", kLimitDefault, 1, kLimitMax);
  if (const auto* problem = std::get_if<Problem>(&limit)) return reply(*problem);
  wanted.limit = std::get<std::size_t>(limit);
  const auto consistency = word_parameter(query, "consistency", {"latest", "committed"},
                                          wanted.key ? "latest" : "committed");
  if (const auto* problem = std::get_if<Problem>(&consistency)) return reply(*problem);
  wanted.latest = std::get<std::string_view>(consistency) == "latest";
  if (wanted.key && (wanted.from || wanted.to || query.find("limit")))
    return reply(bad_query("`key` reads one key; `from`, `to` and `limit` belong to a range"));
  const runtime::SnapshotPtr snapshot = find_or_answer(services, request->params.at(0), reply);
  if (snapshot == nullptr) return;
  wanted.pipeline = snapshot->name;
  wanted.store = request->params.at(1);
  const bool one = wanted.key.has_value();
  services.backend.read_state(
      std::move(wanted), then_answer<runtime::StateAnswer>(services, reply, ProblemCode::busy,
                                                           one ? key_response : range_response));
}

void list_kept_state(Services& services, const RequestPtr&, const Reply& reply) {
  services.backend.list_kept_state(then_answer<std::vector<runtime::KeptState>>(
      services, reply, ProblemCode::busy, [](const std::vector<runtime::KeptState>& kept) {
        json::Writer writer;
        writer.begin_object().key("items").begin_array();
        for (const runtime::KeptState& one : kept)
          writer.begin_object()
              .member("pipeline", one.pipeline)
              .member("bytes", one.bytes)
              .end_object();
        return json_response(200,
                             writer.end_array().key("next_page_token").null().end_object().take());
      }));
}

void delete_kept_state(Services& services, const RequestPtr& request, const Reply& reply) {
  services.backend.remove_kept_state(
      request->params.at(0),
      then_answer<std::string>(services, reply, ProblemCode::busy, [](const std::string&) {
        Response response;
        response.status = 204;
        response.content_type.clear();
        return response;
      }));
}

}  // namespace leat::admin
