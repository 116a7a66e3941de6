#include <algorithm>

#include "admin/handlers/answers.h"
#include "admin/handlers/handlers.h"
#include "json/parse.h"
#include "json/write.h"

namespace leat::admin {
namespace {

using plugin::PluginsView;
using plugin::PluginView;
using plugin::VersionView;

constexpr std::size_t kSha256Bytes = 32;

Problem refusal(ProblemCode code, std::string detail) {
  Problem problem;
  problem.code = code;
  problem.detail = std::move(detail);
  return problem;
}

// ---- what is shown

void write_function(json::Writer& writer, const std::string& plugin,
                    const plugin::FunctionInfo& function) {
  writer.begin_object()
      .member("name", plugin + "." + function.name)
      .member("kind", plugin::to_string(function.kind))
      .member("signature", function.signature_text)
      .member("doc", function.doc)
      .key("flags")
      .begin_array();
  for (const std::string_view word : plugin::flag_words(function.flags)) writer.value(word);
  writer.end_array().key("supported_triggers").begin_array();
  for (const char* const mode : {"micro_batch", "real_time", "available_now"}) writer.value(mode);
  writer.end_array().end_object();
}

// The pipelines that call functions of a version.
void write_users(json::Writer& writer, const std::vector<runtime::SnapshotPtr>& pipelines,
                 const std::string& sha256) {
  writer.key("used_by").begin_array();
  for (const runtime::SnapshotPtr& pipeline : pipelines)
    for (const runtime::PluginUse& use : pipeline->plugins) {
      if (use.sha256 != sha256) continue;
      writer.begin_object().member("pipeline", pipeline->name).key("steps").begin_array();
      for (const std::string& step : use.steps) writer.value(step);
      writer.end_array().end_object();
    }
  writer.end_array();
}

void write_version(json::Writer& writer, const VersionView& version,
                   const std::vector<runtime::SnapshotPtr>& pipelines) {
  const plugin::StoredLibrary& library = version.library;
  const plugin::Identity& identity = library.identity;
  writer.begin_object()
      .member("version", to_string(identity.version))
      .member("state", plugin::to_string(version.state))
      .member("activated", library.activated)
      .member("generation", library.generation)
      .member("sha256", library.sha256)
      .member("bytes", library.bytes)
      .member("abi", std::to_string(identity.abi_major) + "." + std::to_string(identity.abi_minor))
      .member("build", identity.build)
      .key("origin")
      .begin_object()
      .member("from", library.origin.from);
  if (!library.origin.file.empty()) writer.member("file", library.origin.file);
  writer.end_object().key("loaded_at");
  if (version.loaded_at)
    writer.value(to_rfc3339(*version.loaded_at));
  else
    writer.null();
  writer.member("isolation", "in_process");
  if (!library.rejected.empty()) writer.member("reason", library.rejected);
  writer.key("functions").begin_array();
  for (const plugin::FunctionInfo& function : library.functions)
    write_function(writer, identity.name, function);
  writer.end_array();
  write_users(writer, pipelines, library.sha256);
  writer.end_object();
}

void write_versions(json::Writer& writer, const PluginView& plugin,
                    const std::vector<runtime::SnapshotPtr>& pipelines) {
  writer.begin_array();
  for (const VersionView& version : plugin.versions) write_version(writer, version, pipelines);
  writer.end_array();
}

void write_plugin(json::Writer& writer, const PluginView& plugin,
                  const std::vector<runtime::SnapshotPtr>& pipelines) {
  writer.begin_object().member("name", plugin.name).key("default_version");
  if (plugin.default_version)
    writer.value(to_string(*plugin.default_version));
  else
    writer.null();
  writer.key("versions");
  write_versions(writer, plugin, pipelines);
  writer.end_object();
}

void write_refused(json::Writer& writer, const std::vector<plugin::RefusedView>& refused) {
  writer.key("refused").begin_array();
  for (const plugin::RefusedView& one : refused)
    writer.begin_object()
        .member("file", one.file)
        .member("code", plugin::to_string(one.refusal.code))
        .member("message", one.refusal.message)
        .member("at", to_rfc3339(one.at))
        .end_object();
  writer.end_array();
}

std::string view_text(const PluginsView& view, const std::vector<runtime::SnapshotPtr>& pipelines) {
  json::Writer writer;
  writer.begin_object().key("items").begin_array();
  for (const PluginView& plugin : view.plugins) write_plugin(writer, plugin, pipelines);
  writer.end_array();
  write_refused(writer, view.refused);
  writer.key("generations")
      .begin_object()
      .member("loaded", view.loaded)
      .member("max", view.generations_max)
      .end_object();
  return writer.member_null("next_page_token").end_object().take();
}

// ---- what is asked for

// The plugins of the process, or the refusal is answered.
PluginBackend* plugins_of(const Services& services, const Reply& reply) {
  PluginBackend* const plugins = services.backend.plugins();
  if (plugins == nullptr)
    reply(refusal(ProblemCode::plugin_not_found, "there are no plugins here"));
  return plugins;
}

struct Found {
  std::shared_ptr<const PluginsView> view;
  const PluginView* plugin = nullptr;
};
// The plugin of the path; null when the refusal is answered.
Found find_plugin(const Services& services, const std::string& name, const Reply& reply) {
  PluginBackend* const plugins = plugins_of(services, reply);
  if (plugins == nullptr) return {};
  Found found{plugins->installed().view(), nullptr};
  found.plugin = found.view->find(name);
  if (found.plugin == nullptr)
    reply(refusal(ProblemCode::plugin_not_found, "there is no plugin `" + name + "`"));
  return found;
}

const VersionView* find_version(const PluginView& plugin, std::string_view version) {
  for (const VersionView& one : plugin.versions)
    if (to_string(one.library.identity.version) == version) return &one;
  return nullptr;
}

Problem no_version(const std::string& name, const std::string& version) {
  return refusal(ProblemCode::plugin_not_found,
                 "there is no version `" + version + "` of the plugin `" + name + "`");
}

// The version of the path, or the refusal is answered.
std::optional<plugin::Version> version_in(const Request& request, const Reply& reply) {
  const auto version = plugin::parse_version(request.params.at(1));
  if (!version) reply(no_version(request.params.at(0), request.params.at(1)));
  return version;
}

// 64 hex digits of `sha-256=:<base64>:` (RFC 9530), or nothing.
std::optional<std::string> digest_in(std::string_view header) {
  constexpr std::string_view kHead = "sha-256=:";
  if (!header.starts_with(kHead) || !header.ends_with(":") || header.size() <= kHead.size())
    return std::nullopt;
  const auto bytes =
      plugin::decode_base64(header.substr(kHead.size(), header.size() - kHead.size() - 1));
  if (!bytes || bytes->size() != kSha256Bytes) return std::nullopt;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char c : *bytes) {
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

// One entry for each refusal of a library that was sent.
Problem refused_upload(const plugin::Arrival& arrival) {
  Problem problem = refusal(ProblemCode::plugin_refused, arrival.refusals.front().message);
  const plugin::RefusalCode first = arrival.refusals.front().code;
  if (first == plugin::RefusalCode::not_trusted) problem.code = ProblemCode::not_trusted;
  if (first == plugin::RefusalCode::version_exists) problem.code = ProblemCode::version_exists;
  if (first == plugin::RefusalCode::too_many_generations)
    problem.code = ProblemCode::too_many_generations;
  for (const plugin::Refusal& one : arrival.refusals) {
    spec::Diagnostic& error = problem.errors.emplace_back();
    error.code = plugin::to_string(one.code);
    error.message = one.message;
  }
  return problem;
}

// `{"version": "1.3.0"}`
std::variant<plugin::Version, Problem> version_in_body(const std::string& body) {
  json::ParseOptions options;
  options.comments = false;
  const json::Parsed parsed = json::parse(body, options);
  if (parsed.malformed())
    return refusal(ProblemCode::malformed_json, parsed.problems().front().message);
  const Problem wrong = refusal(ProblemCode::invalid_body,
                                "this takes an object with `version`, \"MAJOR.MINOR.PATCH\"");
  if (!parsed.ok() || !parsed.root().is_object()) return wrong;
  for (const json::Member& member : parsed.root().members()) {
    if (member.key == "version") continue;
    if (member.key == "shadow" || member.key == "pipelines" || member.key == "timeout")
      return refusal(ProblemCode::not_implemented,
                     "NOT_AVAILABLE_YET: `" + member.key + "` is not available yet");
    return wrong;
  }
  const json::Value* const member = parsed.root().find("version");
  const std::string* const text = member == nullptr ? nullptr : member->as_string();
  const auto version = text == nullptr ? std::nullopt : plugin::parse_version(*text);
  if (!version) return wrong;
  return *version;
}

std::string activation_text(const std::string& name, const plugin::Activation& activation,
                            WallTime at, const std::vector<runtime::SnapshotPtr>& pipelines) {
  const std::string to = to_string(activation.to);
  json::Writer writer;
  writer.begin_object().member("plugin", name).key("from");
  if (activation.from)
    writer.value(to_string(*activation.from));
  else
    writer.null();
  writer.member("to", to).member("at", to_rfc3339(at)).key("pipelines").begin_array();
  for (const runtime::SnapshotPtr& pipeline : pipelines)
    for (const runtime::PluginUse& use : pipeline->plugins) {
      if (use.name != name || use.version == to) continue;
      writer.begin_object()
          .member("pipeline", pipeline->name)
          .member("result", "kept")
          .member("reason", "it goes on with " + use.version +
                                " until its definition is changed or the daemon restarts")
          .end_object();
    }
  return writer.end_array().end_object().take();
}

}  // namespace

void list_plugins(Services& services, const RequestPtr&, const Reply& reply) {
  PluginBackend* const plugins = plugins_of(services, reply);
  if (plugins == nullptr) return;
  reply(json_response(200, view_text(*plugins->installed().view(), services.backend.list())));
}

void get_plugin(Services& services, const RequestPtr& request, const Reply& reply) {
  const Found found = find_plugin(services, request->params.at(0), reply);
  if (found.plugin == nullptr) return;
  json::Writer writer;
  write_plugin(writer, *found.plugin, services.backend.list());
  reply(json_response(200, writer.take()));
}

void list_plugin_versions(Services& services, const RequestPtr& request, const Reply& reply) {
  const Found found = find_plugin(services, request->params.at(0), reply);
  if (found.plugin == nullptr) return;
  json::Writer writer;
  writer.begin_object().key("items");
  write_versions(writer, *found.plugin, services.backend.list());
  reply(json_response(200, writer.end_object().take()));
}

void get_plugin_version(Services& services, const RequestPtr& request, const Reply& reply) {
  const Found found = find_plugin(services, request->params.at(0), reply);
  if (found.plugin == nullptr) return;
  const VersionView* const version = find_version(*found.plugin, request->params.at(1));
  if (version == nullptr) return reply(no_version(found.plugin->name, request->params.at(1)));
  json::Writer writer;
  write_version(writer, *version, services.backend.list());
  reply(json_response(200, writer.take()));
}

void put_plugin_version(Services& services, const RequestPtr& request, const Reply& reply) {
  PluginBackend* const plugins = plugins_of(services, reply);
  if (plugins == nullptr) return;
  const auto version = version_in(*request, reply);
  if (!version) return;
  const auto digest = digest_in(request->head.header("content-digest").value_or(""));
  if (!digest)
    return reply(refusal(ProblemCode::bad_request,
                         "send `Content-Digest: sha-256=:<base64>:` of the library"));
  const std::string name = request->params.at(0);
  PluginUpload upload{name, *version, request->body, *digest,
                      std::string(request->head.header("leat-signature").value_or(""))};
  plugins->upload(std::move(upload), [&services, reply, name,
                                      version = *version](Result<plugin::Arrival> taken) {
    services.loop.post([&services, reply, name, version, taken = std::move(taken)] {
      if (!taken.ok()) return reply(problem_of(taken.status()));
      if (taken->kind == plugin::Arrival::Kind::refused) return reply(refused_upload(*taken));
      const Found found = find_plugin(services, name, reply);
      if (found.plugin == nullptr) return;
      const VersionView* const shown = find_version(*found.plugin, to_string(version));
      if (shown == nullptr) return reply(no_version(name, to_string(version)));
      json::Writer writer;
      write_version(writer, *shown, services.backend.list());
      const bool added = taken->kind == plugin::Arrival::Kind::added;
      Response response = json_response(added ? 201 : 200, writer.take());
      if (added)
        response.headers.emplace_back("Location",
                                      "/v1/plugins/" + name + "/versions/" + to_string(version));
      reply(std::move(response));
    });
  });
}

void delete_plugin_version(Services& services, const RequestPtr& request, const Reply& reply) {
  const Found found = find_plugin(services, request->params.at(0), reply);
  if (found.plugin == nullptr) return;
  const auto version = version_in(*request, reply);
  if (!version) return;
  if (const VersionView* const shown = find_version(*found.plugin, request->params.at(1)))
    for (const runtime::SnapshotPtr& pipeline : services.backend.list())
      for (const runtime::PluginUse& use : pipeline->plugins)
        if (use.sha256 == shown->library.sha256)
          return reply(refusal(ProblemCode::plugin_in_use,
                               "the pipeline `" + pipeline->name + "` uses this version"));
  services.backend.plugins()->remove(
      found.plugin->name, *version,
      then_answer<std::string>(services, reply, ProblemCode::busy, [](const std::string&) {
        Response response;
        response.status = 204;
        response.content_type.clear();
        return response;
      }));
}

void activate_plugin(Services& services, const RequestPtr& request, const Reply& reply) {
  const Found found = find_plugin(services, request->params.at(0), reply);
  if (found.plugin == nullptr) return;
  const auto version = version_in_body(request->body);
  if (const auto* problem = std::get_if<Problem>(&version)) return reply(*problem);
  const std::string name = found.plugin->name;
  services.backend.plugins()->activate(
      name, std::get<plugin::Version>(version),
      then_answer<plugin::Activation>(
          services, reply, ProblemCode::busy,
          [&services, name](const plugin::Activation& activation) {
            return json_response(200, activation_text(name, activation, services.clock.wall_now(),
                                                      services.backend.list()));
          }));
}

void rescan_plugins(Services& services, const RequestPtr& request, const Reply& reply) {
  PluginBackend* const plugins = plugins_of(services, reply);
  if (plugins == nullptr) return;
  if (const auto problem = refuse_members(request->body)) return reply(*problem);
  plugins->rescan(then_answer<RescanReceipt>(
      services, reply, ProblemCode::busy, [](const RescanReceipt& receipt) {
        json::Writer writer;
        writer.begin_object().key("loaded").begin_array();
        for (const std::string& one : receipt.loaded) writer.value(one);
        writer.end_array().member("unchanged", receipt.unchanged);
        write_refused(writer, receipt.refused);
        return json_response(200, writer.end_object().take());
      }));
}

}  // namespace leat::admin
