#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/request.h"

// Which path and method mean what.
namespace leat::admin {

struct Services;
using Handler = void (*)(Services& services, const RequestPtr& request, const Reply& reply);

enum class Body : unsigned char {
  none,           // a declared body is refused
  optional_json,  // nothing, or JSON up to body_max
  json,           // JSON up to body_max
  definition,     // JSON up to definition_max
  plugin,         // bytes up to plugin_max, when uploads are switched on
};

// One row of the table. `pattern` is made of literal segments, `{p}` (one segment without `:`) and
// `{p}:verb`. Without a handler the row is described but not built, and answers 501.
struct Route {
  Method method = Method::get;
  std::string_view pattern;
  Role role = Role::admin;  // none = no token needed
  Handler handler = nullptr;
  Body body = Body::none;
  QuerySpec query;
};

// What a path offers.
struct Match {
  std::vector<const Route*> routes;  // one per method, never empty
  std::vector<std::string> params;
  const Route* find(Method method) const noexcept;  // HEAD finds GET
  // For `Allow`: the methods that are built, with HEAD where GET is, and OPTIONS.
  std::string allow() const;
};

// A fixed table. Immutable, thread-safe.
class Router {
 public:
  explicit Router(std::vector<Route> table) : table_(std::move(table)) {}

  // What `path` (raw, passed the gate) offers, or nothing. Literals win over `{…}`.
  std::optional<Match> match(std::string_view path) const;
  const std::vector<Route>& table() const noexcept { return table_; }

 private:
  std::vector<Route> table_;
};

// Every route of the API, built or not.
std::vector<Route> api_routes();

}  // namespace leat::admin
