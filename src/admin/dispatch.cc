#include "admin/dispatch.h"

#include <exception>

#include "base/log.h"

namespace leat::admin {
namespace {

Problem refusal(ProblemCode code, std::string detail) {
  Problem problem;
  problem.code = code;
  problem.detail = std::move(detail);
  return problem;
}

bool below_v1(std::string_view path) { return path == "/v1" || path.starts_with("/v1/"); }

// Answers OPTIONS.
Response options_response(const Match& match) {
  Response response;
  response.status = 204;
  response.content_type.clear();
  response.headers.emplace_back("Allow", match.allow());
  return response;
}

// A merge patch is one only where the method says so.
bool is_json(Method method, std::string_view media_type) {
  std::string text;
  for (const char c : media_type) {
    if (c == ' ' || c == '\t') continue;
    text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (method == Method::patch && text == "application/merge-patch+json") return true;
  return text == "application/json" || text == "application/json;charset=utf-8" ||
         text == "application/json;charset=\"utf-8\"";
}

}  // namespace

Dispatcher::Dispatcher(Services& services, const Router& router, std::vector<std::string> hosts)
    : services_(services),
      router_(router),
      hosts_(std::move(hosts)),
      authenticator_(services.settings.auth) {}

std::variant<Admitted, Response> Dispatcher::admit(RequestHead& head, const Peer& peer,
                                                   Transport transport,
                                                   const std::string& request_id) {
  const auto no = [&](const Problem& problem) { return problem_response(problem, request_id); };
  if (auto problem = check_place(head, transport)) return no(*problem);
  const std::optional<Match> match = router_.match(head.path);
  auto identity = identify(head, peer, match ? &*match : nullptr);
  if (auto* problem = std::get_if<Problem>(&identity)) return no(*problem);
  if (!match) return no(refusal(ProblemCode::not_found, "there is nothing at this path"));
  if (head.method == Method::options) return options_response(*match);
  const Route* route = match->find(head.method);
  if (route == nullptr) {
    Problem problem = refusal(ProblemCode::method_not_allowed, "the path takes " + match->allow());
    problem.headers.emplace_back("Allow", match->allow());
    return no(problem);
  }
  auto& who = std::get<Identity>(identity);
  if (who.role < role_of(*route)) {
    return no(refusal(ProblemCode::forbidden,
                      "this needs the role `" + std::string(to_string(route->role)) + "`"));
  }
  if (route->handler == nullptr) {
    return no(refusal(ProblemCode::not_implemented,
                      "NOT_AVAILABLE_YET: " + std::string(to_string(head.method)) + " " +
                          std::string(route->pattern) + " is not available yet"));
  }
  auto query = Query::read(head.query, route->query);
  if (auto* problem = std::get_if<Problem>(&query)) return no(*problem);
  if (auto problem = check_moment(*route)) return no(*problem);
  if (auto problem = check_body(head, *route)) return no(*problem);
  Admitted admitted;
  admitted.route = route;
  admitted.body_bytes = static_cast<std::size_t>(head.content_length.value_or(0));
  admitted.request = std::make_shared<Request>(Request{std::move(head),
                                                       std::get<Query>(std::move(query)),
                                                       match->params,
                                                       {},
                                                       std::move(who),
                                                       request_id,
                                                       services_.clock.now()});
  return admitted;
}

std::optional<Problem> Dispatcher::check_place(const RequestHead& head, Transport transport) const {
  const bool local = transport == Transport::unix_socket && host_allowed(head.host, {"localhost"});
  if (!local && !host_allowed(head.host, hosts_)) {
    return refusal(ProblemCode::unknown_host,
                   "this Host is not served here; `http.hosts` lists further ones");
  }
  if (!origin_allowed(head, services_.settings.origins)) {
    return refusal(ProblemCode::foreign_origin,
                   "this Origin is not allowed; `http.origins` lists further ones");
  }
  return std::nullopt;
}

Role Dispatcher::role_of(const Route& route) const noexcept {
  if (route.pattern == "/metrics" && services_.settings.metrics_public) return Role::none;
  return route.role;
}

std::variant<Identity, Problem> Dispatcher::identify(const RequestHead& head, const Peer& peer,
                                                     const Match* match) {
  bool open = !below_v1(head.path);
  if (match != nullptr) {
    for (const Route* route : match->routes) open = open && role_of(*route) == Role::none;
  }
  if (open) return Identity{"", Role::none};
  return authenticator_.identify(head, peer, services_.clock.now());
}

std::optional<Problem> Dispatcher::check_moment(const Route& route) const {
  if (route.method == Method::get) return std::nullopt;
  std::optional<Problem> problem;
  if (services_.backend.stopping())
    problem = refusal(ProblemCode::stopping, "the daemon is stopping");
  else if (!services_.backend.started())
    problem = refusal(ProblemCode::starting, "the daemon is starting");
  if (problem) problem->headers.emplace_back("Retry-After", "1");
  return problem;
}

std::optional<Problem> Dispatcher::check_body(const RequestHead& head, const Route& route) const {
  const std::uint64_t length = head.content_length.value_or(0);
  if (route.body == Body::none) {
    if (length > 0) return refusal(ProblemCode::bad_request, "this takes no body");
    return std::nullopt;
  }
  if (route.body == Body::plugin && !services_.settings.plugin_upload) {
    return refusal(ProblemCode::upload_disabled,
                   "plugins are not taken over HTTP: `plugins.upload` switches it on; or put the "
                   "library into the folder `plugins.dir`");
  }
  if (route.body != Body::optional_json && !head.content_length) {
    return refusal(ProblemCode::length_required, "send a Content-Length");
  }
  if (route.body == Body::optional_json && length == 0) return std::nullopt;
  const auto encoding = head.header("content-encoding");
  if (encoding && *encoding != "identity") {
    return refusal(ProblemCode::unsupported_media_type, "no Content-Encoding is accepted");
  }
  if (route.body == Body::plugin) return check_upload(head, length);
  if (!is_json(head.method, head.header("content-type").value_or(""))) {
    return refusal(ProblemCode::unsupported_media_type, "send `Content-Type: application/json`");
  }
  const Settings& settings = services_.settings;
  const std::size_t most =
      route.body == Body::definition ? settings.definition_max : settings.body_max;
  if (length > most)
    return refusal(ProblemCode::body_too_large,
                   "the body is larger than " + std::to_string(most) + " bytes");
  return std::nullopt;
}

std::optional<Problem> Dispatcher::check_upload(const RequestHead& head,
                                                std::uint64_t length) const {
  if (head.header("content-type").value_or("") != "application/octet-stream")
    return refusal(ProblemCode::unsupported_media_type,
                   "send `Content-Type: application/octet-stream`");
  if (length > services_.settings.plugin_max)
    return refusal(
        ProblemCode::body_too_large,
        "the body is larger than " + std::to_string(services_.settings.plugin_max) + " bytes");
  return std::nullopt;
}

void Dispatcher::run(const Admitted& admitted, const Reply& reply) {
  const RequestPtr request = admitted.request;
  Reply to = reply;
  const auto key = request->head.header("idempotency-key");
  if (key && request->head.method == Method::post) {
    auto begun = services_.idempotency.begin(*request, *key, services_.clock.now());
    if (auto* again = std::get_if<Response>(&begun)) return reply(std::move(*again));
    if (auto* problem = std::get_if<Problem>(&begun)) return reply(*problem);
    // The answer may come on another thread; the table belongs to this one.
    to = reply.observed(
        [&services = services_, request, key = std::string(*key)](Response& response) {
          services.loop.post([&services, request, key, response] {
            services.idempotency.finish(*request, key, response);
          });
        });
  }
  try {
    admitted.route->handler(services_, request, to);
  } catch (const std::exception& error) {
    log::error("admin", "a handler failed",
               {{"what", error.what()}, {"request_id", request->request_id}});
    to(Problem{});
  }
}

}  // namespace leat::admin
