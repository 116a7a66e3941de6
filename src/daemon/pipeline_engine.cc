#include "daemon/pipeline_engine.h"

#include <algorithm>
#include <filesystem>
#include <future>
#include <thread>

#include "admin/server.h"
#include "admin/supervisor_backend.h"
#include "base/log.h"
#include "daemon/definitions.h"
#include "daemon/plugin_desk.h"
#include "kafka/profile.h"
#include "local/local.h"
#include "runtime/definition_store.h"

namespace leat::daemon {
namespace {

constexpr std::uint64_t kKafkaBytesMax = std::uint64_t{64} << 20;
// librdkafka counts payloads, for each partition, and needs more than as much for short records: of
// four partitions that is a sixth of the memory.
constexpr std::uint64_t kFetchPart = 64;

std::vector<std::string> in_lower_case(std::vector<std::string> words) {
  for (std::string& word : words) {
    for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return words;
}

Result<admin::AuthSettings> auth_settings(const EngineParts& parts) {
  const Config& config = parts.config;
  admin::AuthSettings auth;
  auth.mode = config.auth.mode == AuthMode::none ? admin::AuthSettings::Mode::none
                                                 : admin::AuthSettings::Mode::token;
  auth.failures_per_second = config.http.auth_failures_per_second;
  if (!parts.token.empty()) auth.tokens.push_back({"admin", admin::Role::admin, parts.token});
  for (const TokenEntry& entry : config.auth.tokens) {
    Result<std::string> secret = entry.token.resolve();
    if (!secret.ok()) return std::move(secret).status().with("token", entry.name);
    admin::Token token{entry.name, admin::Role::viewer, std::move(*secret)};
    admin::parse_role(entry.role, token.role);
    auth.tokens.push_back(std::move(token));
  }
  for (const auto& [user, role] : config.auth.unix_peers)
    admin::parse_role(role, auth.unix_peers[user]);
  return auth;
}

Result<admin::Settings> api_settings(const EngineParts& parts) {
  const Config::Http& http = parts.config.http;
  admin::Settings settings;
  settings.listen.clear();
  for (const net::Address& address : http.listen) settings.listen.push_back(address.host_header());
  settings.unix_path = http.unix_path;
  settings.unix_mode = http.unix_mode;
  settings.hosts = in_lower_case(http.hosts.value_or(std::vector<std::string>()));
  settings.origins = in_lower_case(http.origins);
  settings.connections_max = http.connections_max;
  settings.streams_max = http.streams_max;
  settings.body_max = http.body_max;
  settings.definition_max = http.definition_max;
  settings.plugin_max = parts.config.plugins.bytes_max;
  settings.plugin_upload = parts.config.plugins.upload;
  settings.header_timeout = http.header_timeout;
  settings.body_timeout = http.body_timeout;
  settings.write_timeout = http.write_timeout;
  settings.idle_timeout = http.idle_timeout;
  settings.switch_timeout = parts.config.defaults.switch_timeout;
  settings.drain_timeout = parts.config.defaults.drain_timeout;
  settings.metrics_public = http.metrics_public;
  settings.require_if_match = http.require_if_match;
  Result<admin::AuthSettings> auth = auth_settings(parts);
  if (!auth.ok()) return std::move(auth).status();
  settings.auth = std::move(*auth);
  return settings;
}

// The folders of file sources and sinks beneath the state folder are made; others must be there.
void make_own_folders(const Config& config) {
  for (const auto* folders : {&config.files_read, &config.files_write}) {
    for (const std::string& folder : *folders) {
      std::error_code ignored;
      if (folder.starts_with(config.state_dir + "/"))
        std::filesystem::create_directories(folder, ignored);
    }
  }
}

class PipelineEngine final : public Engine {
 public:
  PipelineEngine(const EngineParts& parts, admin::Settings settings, flow::Registry registry,
                 std::unique_ptr<PluginDesk> plugins)
      : config_(parts.config),
        plugins_(std::move(plugins)),
        samplers_(registry.samplers),
        supervisor_(supervisor_options(parts.config, parts.config.state_dir), std::move(registry)),
        backend_(supervisor_, plan_options(parts.config, installed()), samplers_, plugins_.get()),
        server_({std::move(settings),
                 definition_options(parts.config),
                 {parts.config.application, parts.config.instance, parts.started_at}},
                backend_, base::machine_clock()) {}
  ~PipelineEngine() override {
    if (thread_.joinable()) close();
  }

  std::vector<std::string> check() override;
  Status open() override { return server_.open(); }
  std::vector<std::string> http_addresses() const override;
  std::string unix_path() const override;
  Status start() override;
  Status apply(const std::string& file, const std::string& text) override;
  bool started() const noexcept override { return supervisor_.started(); }
  bool alive() const noexcept override { return supervisor_.alive(); }
  void rescan() override {
    if (plugins_) plugins_->look_again();
  }
  void stop() override {
    supervisor_.stop();
    if (plugins_) plugins_->stop();
    close();
  }

 private:
  plugin::Plugins* installed() const { return plugins_ ? &plugins_->installed() : nullptr; }
  void close() {
    server_.stop();
    thread_.join();
    for (const auto& [kind, sampler] : samplers_) sampler->stop();
  }

  const Config& config_;
  const std::unique_ptr<PluginDesk> plugins_;  // null with --check where there are none
  const std::map<std::string, std::shared_ptr<flow::Sampler>> samplers_;
  runtime::Supervisor supervisor_;
  admin::SupervisorBackend backend_;
  admin::Server server_;
  std::thread thread_;
};

std::vector<std::string> PipelineEngine::check() {
  std::vector<std::string> problems;
  const std::string folder = config_.state_dir + "/pipelines";
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) return problems;
  const auto loaded = runtime::DefinitionStore(folder).load();
  if (!loaded.ok()) return {loaded.status().to_string()};
  for (const Status& damaged : loaded->damaged) problems.push_back(damaged.to_string());
  for (const runtime::StoredPipeline& stored : loaded->pipelines) {
    const auto read = read_definition(config_, stored.name, stored.text, stored.name, installed());
    if (!read.ok()) problems.push_back(read.status().message());
  }
  return problems;
}

std::vector<std::string> PipelineEngine::http_addresses() const {
  std::vector<std::string> addresses;
  for (const admin::Bound& bound : server_.bound()) {
    if (bound.port != 0) addresses.push_back(bound.address);
  }
  return addresses;
}

std::string PipelineEngine::unix_path() const {
  for (const admin::Bound& bound : server_.bound()) {
    if (bound.port == 0) return bound.address;
  }
  return {};
}

Status PipelineEngine::start() {
  if (plugins_) plugins_->start();
  LEAT_RETURN_IF_ERROR(supervisor_.start([this](const std::string& name, const std::string& text) {
    return read_definition(config_, name, text, name, installed());
  }));
  thread_ = std::thread([this] { server_.run(); });
  return {};
}

Status PipelineEngine::apply(const std::string& file, const std::string& text) {
  Result<runtime::PutRequest> request = read_definition(config_, file, text, {}, installed());
  if (!request.ok()) return std::move(request).status();
  auto answered = std::make_shared<std::promise<Status>>();
  std::future<Status> outcome = answered->get_future();
  supervisor_.put(std::move(*request), [answered](Result<runtime::PutReceipt> receipt) {
    answered->set_value(receipt.status());
  });
  return outcome.get().with("file", file);
}

}  // namespace

Result<flow::Registry> make_registry(const Config& config) {
  flow::Registry registry;
  kafka::KafkaOptions options;
  options.profiles.clear();
  for (const auto& [name, profile] : config.kafka.profiles) {
    auto properties = profile.resolved();
    if (!properties.ok()) return std::move(properties).status().with("profile", name);
    options.profiles[name] = {profile.brokers, std::move(*properties)};
    if (profile.embedded()) {
      log::info("daemon", "embedded broker",
                {{"profile", name}, {"bootstrap", kafka::embedded_bootstrap()}});
    }
  }
  options.default_profile = config.kafka.default_profile;
  options.create_topics = static_cast<kafka::CreateTopics>(config.kafka.create_topics);
  options.produce_policy =
      config.kafka.produce_paced ? kafka::ProducePolicy::paced : kafka::ProducePolicy::plain;
  options.fetch_bytes = std::min(kKafkaBytesMax, config.memory_bytes / kFetchPart);
  options.produce_bytes = std::min(kKafkaBytesMax, config.memory_bytes / 8);
  LEAT_RETURN_IF_ERROR(kafka::check_options(options));
  make_own_folders(config);
  kafka::register_kafka(registry, options);
  local::register_local(registry, {config.files_read, config.files_write});
  return registry;
}

runtime::SupervisorOptions supervisor_options(const Config& config, const std::string& state_dir) {
  runtime::SupervisorOptions options;
  options.application = config.application;
  options.instance = config.instance;
  options.state_dir = state_dir;
  options.workers = config.workers;
  options.workers_pin = config.workers_pin;
  options.idle_spin = config.idle_spin;
  options.idle_yield = config.idle_yield;
  options.pipelines_max = config.pipelines_max;
  options.restart_initial = config.restart.initial;
  options.restart_max = config.restart.max;
  options.restart_give_up_after = config.restart.give_up_after;
  options.restart_reset_after = config.restart.reset_after;
  options.stop_timeout = config.defaults.stop_timeout;
  options.drain_timeout = config.defaults.drain_timeout;
  options.state.block_cache = config.state.block_cache;
  options.state.write_buffer = config.state.write_buffer;
  options.state.background_threads = config.state.background_threads;
  options.state.rate_limit = config.state.rate_limit;
  options.state.disk_free_min = config.state.disk_free_min;
  options.state.disk_free_min_part = config.state.disk_free_min_part;
  options.state.memory = config.memory_bytes / 2;
  return options;
}

Result<std::unique_ptr<Engine>> make_pipeline_engine(const EngineParts& parts) {
  Result<admin::Settings> settings = api_settings(parts);
  if (!settings.ok()) return std::move(settings).status();
  Result<flow::Registry> registry = make_registry(parts.config);
  if (!registry.ok()) return std::move(registry).status();
  // With `--check` there is no identity, and what is not there is not made.
  std::unique_ptr<PluginDesk> plugins;
  std::error_code error;
  if (!parts.identity.empty() ||
      std::filesystem::is_directory(parts.config.state_dir + "/plugins", error)) {
    auto opened = PluginDesk::open(parts.config, parts.config.state_dir, base::machine_clock());
    if (!opened.ok()) return std::move(opened).status();
    plugins = *std::move(opened);
  }
  return std::unique_ptr<Engine>(std::make_unique<PipelineEngine>(
      parts, std::move(*settings), std::move(*registry), std::move(plugins)));
}

}  // namespace leat::daemon
