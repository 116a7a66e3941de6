#include "admin/handlers/handlers.h"
#include "base/version.h"
#include "json/write.h"

namespace leat::admin {
namespace {

// What the pipelines say about their broker: true when one is connected, false when none of those
// that tried is.
std::optional<bool> connected(const Backend& backend) {
  std::optional<bool> seen;
  for (const runtime::SnapshotPtr& snapshot : backend.list()) {
    for (const runtime::Condition& condition : snapshot->conditions) {
      if (condition.type != "SourceConnected" || condition.status == runtime::Truth::unknown)
        continue;
      seen = seen.value_or(false) || condition.status == runtime::Truth::yes;
    }
  }
  return seen;
}

void write_limits(json::Writer& writer, const Services& services) {
  const Settings& settings = services.settings;
  writer.key("limits")
      .begin_object()
      .member("connections_max", settings.connections_max)
      .member("streams_max", settings.streams_max)
      .member("body_max", settings.body_max)
      .member("definition_max", settings.definition_max)
      .member("steps_max", services.definitions.steps_max)
      .member("topics_max", services.definitions.topics_max)
      .member("parallelism", services.definitions.parallelism_max)
      .end_object();
}

}  // namespace

void get_root(Services& services, const RequestPtr&, const Reply& reply) {
  json::Writer writer;
  writer.begin_object()
      .member("version", base::version())
      .member("commit", base::commit())
      .member("application", services.about.application)
      .member("instance", services.about.instance);
  writer.key("abi").begin_object().member("major", 1).member("minor", 0).end_object();
  writer.key("broker")
      .begin_object()
      .member("profile", services.definitions.default_profile)
      .member("connected", connected(services.backend))
      .member_null("cluster_id")
      .member_null("brokers")
      .end_object();
  writer.member("started_at", to_rfc3339(services.about.started_at)).key("threads").begin_array();
  writer.begin_object().member("name", "admin").member("kind", "admin").end_object();
  for (const runtime::ThreadStatus& thread : services.backend.threads()) {
    writer.begin_object().member("name", thread.name).member("kind", thread.kind).end_object();
  }
  const int clients =
      services.about.client_threads != nullptr ? services.about.client_threads() : 0;
  for (int i = 0; i < clients; ++i) {
    writer.begin_object()
        .member("name", "librdkafka-" + std::to_string(i))
        .member("kind", "librdkafka")
        .end_object();
  }
  writer.end_array();
  write_limits(writer, services);
  writer.key("links")
      .begin_object()
      .member("pipelines", "/v1/pipelines")
      .member("functions", "/v1/functions")
      .member("schema", "/v1/schemas/pipeline.json")
      .member("metrics", "/metrics")
      .member("livez", "/livez")
      .member("readyz", "/readyz")
      .member("startupz", "/startupz")
      .end_object();
  reply(json_response(200, writer.end_object().take()));
}

}  // namespace leat::admin
