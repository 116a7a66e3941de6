#include "main/engine.h"

#include <filesystem>
#include <future>
#include <optional>
#include <thread>

#include "admin/server.h"
#include "admin/supervisor_backend.h"
#include "base/log.h"
#include "main/registry.h"
#include "runtime/definition_store.h"
#include "runtime/supervisor.h"

namespace leat::main {
namespace {

admin::Role role_of(const std::string& name) {
  admin::Role role = admin::Role::none;
  admin::parse_role(name, role);
  return role;
}

Result<admin::AuthSettings> auth_settings(const daemon::Config& config, const std::string& token) {
  admin::AuthSettings auth;
  auth.mode = config.auth.mode == daemon::AuthMode::none ? admin::AuthSettings::Mode::none : admin::AuthSettings::Mode::token;
  if (!token.empty()) auth.tokens.push_back({"admin", admin::Role::admin, token});
  for (const daemon::TokenEntry& entry : config.auth.tokens) {
    auto secret = entry.token.resolve();
    if (!secret.ok()) return secret.status().with("token", entry.name);
    auth.tokens.push_back({entry.name, role_of(entry.role), *std::move(secret)});
  }
  for (const auto& [user, role] : config.auth.unix_peers) auth.unix_peers[user] = role_of(role);
  auth.failures_per_second = config.http.auth_failures_per_second;
  return auth;
}

Result<admin::Settings> admin_settings(const daemon::Config& config, const std::string& token) {
  admin::Settings settings;
  settings.listen.clear();
  for (const net::Address& address : config.http.listen) settings.listen.push_back(address.host_header());
  settings.unix_path = config.http.unix_path;
  settings.unix_mode = config.http.unix_mode;
  settings.hosts = config.http.hosts.value_or(std::vector<std::string>());
  settings.origins = config.http.origins;
  settings.connections_max = config.http.connections_max;
  settings.streams_max = config.http.streams_max;
  settings.body_max = config.http.body_max;
  settings.definition_max = config.http.definition_max;
  settings.header_timeout = config.http.header_timeout;
  settings.body_timeout = config.http.body_timeout;
  settings.write_timeout = config.http.write_timeout;
  settings.idle_timeout = config.http.idle_timeout;
  settings.metrics_public = config.http.metrics_public;
  settings.require_if_match = config.http.require_if_match;
  auto auth = auth_settings(config, token);
  if (!auth.ok()) return auth.status();
  settings.auth = *std::move(auth);
  return settings;
}

class LeatEngine final : public daemon::Engine {
 public:
  LeatEngine(const daemon::EngineParts& parts, flow::Registry registry, admin::Settings settings)
      : config_(parts.config),
        definitions_(definition_options(config_)),
        supervisor_(supervisor_options(config_, base::machine_clock()), std::move(registry)),
        backend_(supervisor_, {config_.workers}),
        server_(admin::ServerOptions{std::move(settings), definitions_,
                                     admin::About{config_.application, config_.instance, parts.started_at}},
                backend_, base::machine_clock()) {}
  ~LeatEngine() override { stop(); }

  std::vector<std::string> check() override {
    std::vector<std::string> lines;
    const auto loaded = runtime::DefinitionStore(config_.state_dir + "/pipelines").load();
    if (!loaded.ok()) return lines;  // no folder yet: nothing is stored
    for (const Status& damaged : loaded->damaged) lines.push_back(damaged.to_string());
    for (const runtime::StoredPipeline& stored : loaded->pipelines)
      if (const auto read = reparse(stored.name, stored.text); !read.ok()) lines.push_back(read.status().message());
    return lines;
  }
  Status open() override { return server_.open(); }
  std::vector<std::string> http_addresses() const override {
    std::vector<std::string> addresses;
    for (const admin::Bound& bound : server_.bound())
      if (bound.port != 0) addresses.push_back(bound.address);
    return addresses;
  }
  std::string unix_path() const override {
    for (const admin::Bound& bound : server_.bound())
      if (bound.port == 0) return bound.address;
    return {};
  }

  Status start() override {
    forget_embedded_state();
    LEAT_RETURN_IF_ERROR(supervisor_.start(
        [this](const std::string& name, const std::string& text) { return reparse(name, text); }));
    running_ = true;
    server_thread_ = std::thread([this] { server_.run(); });
    return {};
  }

  Status apply(const std::string& file, const std::string& text) override {
    auto request = read_definition(file, text, definitions_, config_.workers);
    if (!request.ok()) return request.status();
    request->actor = "leat";
    std::promise<Status> outcome;
    supervisor_.put(*std::move(request),
                    [&](const Result<runtime::PutReceipt>& receipt) { outcome.set_value(receipt.status()); });
    return outcome.get_future().get().with("file", file);
  }

  bool started() const noexcept override { return supervisor_.started(); }
  bool alive() const noexcept override { return supervisor_.alive(); }

  void stop() override {
    if (!std::exchange(running_, false)) return;
    supervisor_.stop();
    server_.stop();
    server_thread_.join();
  }

 private:
  Result<runtime::PutRequest> reparse(const std::string& name, const std::string& text) const {
    spec::Options options = definitions_;
    options.name = name;
    return read_definition(name, text, options, config_.workers);
  }

  // The embedded broker died with the process before this one: positions that local sources kept belong to nothing any more.
  void forget_embedded_state() const {
    if (!config_.kafka.profiles.at(config_.kafka.default_profile).embedded()) return;
    std::error_code error;
    std::filesystem::remove_all(config_.state_dir + "/state", error);
    if (error) log::warn("daemon", "state of the embedded broker's pipelines could not be removed", {{"error", error.message()}});
  }

  const daemon::Config& config_;
  const spec::Options definitions_;
  runtime::Supervisor supervisor_;
  admin::SupervisorBackend backend_;
  admin::Server server_;
  std::thread server_thread_;
  bool running_ = false;
};

}  // namespace

Result<std::unique_ptr<daemon::Engine>> make_engine(const daemon::EngineParts& parts) {
  auto registry = make_registry(parts.config);
  if (!registry.ok()) return registry.status();
  auto settings = admin_settings(parts.config, parts.token);
  if (!settings.ok()) return settings.status();
  return std::unique_ptr<daemon::Engine>(
      std::make_unique<LeatEngine>(parts, *std::move(registry), *std::move(settings)));
}

}  // namespace leat::main
