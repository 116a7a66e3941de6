#include "daemon/config.h"

#include <pwd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "daemon/layers.h"
#include "daemon/machine.h"
#include "json/parse.h"
#include "json/write.h"

extern char** environ;

namespace leat::daemon {
namespace {

constexpr std::size_t kReferencedBytesMax = 64 * 1024;

// Properties that leat sets itself, and those that run code or read files of the host's choice.
constexpr std::string_view kOwnProperties[] = {"bootstrap.servers",
                                               "metadata.broker.list",
                                               "group.id",
                                               "group.instance.id",
                                               "group.protocol",
                                               "client.id",
                                               "enable.auto.commit",
                                               "auto.commit.enable",
                                               "enable.auto.offset.store",
                                               "auto.offset.reset",
                                               "partition.assignment.strategy",
                                               "transactional.id",
                                               "enable.idempotence",
                                               "acks",
                                               "request.required.acks",
                                               "isolation.level",
                                               "max.in.flight",
                                               "max.in.flight.requests.per.connection",
                                               "partitioner",
                                               "enable.partition.eof",
                                               "test.mock.num.brokers"};
constexpr std::string_view kUnsafeProperties[] = {"plugin.library.paths", "ssl.engine.location",
                                                  "ssl.providers", "sasl.kerberos.kinit.cmd",
                                                  "ssl.engine.callback.data"};

bool contains(std::span<const std::string_view> list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool writable_folder(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode) &&
         ::access(path.c_str(), W_OK | X_OK) == 0;
}

std::string default_state_dir(const ConfigInput& input) {
  if (const std::string* listed = input.find_variable("STATE_DIRECTORY");
      listed != nullptr && !listed->empty()) {
    return listed->substr(0, listed->find(':'));
  }
  const std::string system = "/var/lib/leat";
  if (own_user() == 0 || writable_folder(system)) return system;
  if (const std::string* state = input.find_variable("XDG_STATE_HOME");
      state != nullptr && !state->empty()) {
    return *state + "/leat";
  }
  const std::string* home = input.find_variable("HOME");
  return (home != nullptr && !home->empty() ? *home : std::string("/tmp")) + "/.local/state/leat";
}

std::string absolute(const std::string& path) {
  std::error_code error;
  const std::filesystem::path full = std::filesystem::absolute(path, error);
  return error ? path : full.lexically_normal().string();
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

std::string quoted_inside(std::string_view text) {
  std::string out;
  base::append_json_escaped(out, text);
  return out;
}

// Lays the defaults beneath what was set, then reads everything into a Config.
class Builder {
 public:
  Builder(const ConfigInput& input, ConfigResult& result, const std::vector<Effective>& set)
      : input_(input), result_(result), set_(set), cores_(usable_cores()) {}

  void fill_defaults();
  std::shared_ptr<const Config> build();

 private:
  const Effective& at(std::string_view key) const;
  const json::Value& value(std::string_view key) const { return at(key).value; }
  void problem(const Effective& where, std::string code, std::string message) {
    std::string place = where.where;
    if (place.empty() && where.origin == Origin::flag) place = "command line";
    result_.problems.push_back(
        {place, std::move(code), "`" + where.key + "`: " + std::move(message), {}});
  }
  void add(const Setting& setting, const std::string& key);
  std::string fallback_of(const Setting& setting) const;

  std::string text(std::string_view key);
  std::string resolve(const Effective& held, const std::string& written);
  std::vector<std::string> texts(std::string_view key);
  std::vector<std::string> paths(std::string_view key);
  std::uint32_t integer(std::string_view key);
  std::uint64_t size(std::string_view key);
  Duration duration(std::string_view key);
  bool flag(std::string_view key) { return value(key).as_bool().value_or(false); }

  void read_http(Config& config);
  void read_listeners(Config& config);
  void read_unix(Config& config);
  void read_auth(Config& config);
  void read_peers(Config& config);
  void read_kafka(Config& config);
  void read_profile(Config& config, const std::string& name);
  void read_run(Config& config);
  void read_state(Config& config);
  void read_plugins(Config& config);
  void read_limits(Config& config);
  void read_log(Config& config);

  const ConfigInput& input_;
  ConfigResult& result_;
  const std::vector<Effective>& set_;
  std::uint32_t cores_;
  std::string state_dir_;
};

std::string Builder::fallback_of(const Setting& setting) const {
  // Without a core to spare, spinning takes the time of those that have work.
  if (cores_ < 4 && setting.key.starts_with("idle.")) return "\"0s\"";
  std::string text(setting.fallback);
  if (setting.key == "http.unix") {
    const std::string* runtime = input_.find_variable("RUNTIME_DIRECTORY");
    const std::string folder = runtime != nullptr && !runtime->empty()
                                   ? runtime->substr(0, runtime->find(':'))
                                   : state_dir_;
    const std::string path = folder + "/leat.sock";
    // A longer path does not fit the socket's address; the API is then on TCP alone.
    return path.size() < sizeof(sockaddr_un::sun_path) ? "\"" + quoted_inside(path) + "\"" : "null";
  }
  replace_all(text, "<state_dir>", quoted_inside(state_dir_));
  replace_all(text, "<host>", host_as_name());
  replace_all(text, "<uid>", std::to_string(own_user()));
  return text;
}

void Builder::add(const Setting& setting, const std::string& key) {
  for (const Effective& held : set_) {
    if (held.key == key) {
      result_.effective.push_back(held);
      return;
    }
  }
  const std::string fallback = fallback_of(setting);
  const json::Parsed parsed = json::parse(fallback);
  LEAT_CHECK(parsed.ok());
  result_.effective.push_back({&setting, key, parsed.root(), Origin::fallback, ""});
}

void Builder::fill_defaults() {
  state_dir_ = default_state_dir(input_);
  for (const Effective& held : set_) {
    if (held.key == "state_dir") state_dir_ = resolve(held, *held.value.as_string());
  }
  state_dir_ = absolute(state_dir_);
  std::vector<std::string> profiles{"default"};
  constexpr std::string_view kProfiles = "kafka.profiles.";
  for (const Effective& held : set_) {
    if (!held.key.starts_with(kProfiles)) continue;
    const std::string rest = held.key.substr(kProfiles.size());
    profiles.push_back(rest.substr(0, rest.rfind('.')));
  }
  std::sort(profiles.begin(), profiles.end());
  profiles.erase(std::unique(profiles.begin(), profiles.end()), profiles.end());
  for (const Setting& setting : all_settings()) {
    if (setting.availability == Availability::later) continue;
    const std::size_t star = setting.key.find('*');
    if (star == std::string_view::npos) {
      add(setting, std::string(setting.key));
      continue;
    }
    for (const std::string& name : profiles) {
      std::string key(setting.key);
      add(setting, key.replace(star, 1, name));
    }
  }
}

const Effective& Builder::at(std::string_view key) const {
  const auto found = std::find_if(result_.effective.begin(), result_.effective.end(),
                                  [&](const Effective& held) { return held.key == key; });
  LEAT_CHECK(found != result_.effective.end());
  return *found;
}

std::string Builder::resolve(const Effective& held, const std::string& written) {
  Result<std::string> text = Reference{written}.resolve();
  if (text.ok()) return std::move(*text);
  problem(held, "INVALID_VALUE", text.status().to_string());
  return {};
}

std::string Builder::text(std::string_view key) {
  const Effective& held = at(key);
  const std::string* written = held.value.as_string();
  return written == nullptr ? std::string() : resolve(held, *written);
}

std::vector<std::string> Builder::texts(std::string_view key) {
  std::vector<std::string> out;
  for (const json::Value& element : value(key).elements())
    out.push_back(resolve(at(key), *element.as_string()));
  return out;
}

std::vector<std::string> Builder::paths(std::string_view key) {
  std::vector<std::string> out = texts(key);
  for (std::string& path : out) path = absolute(path);
  return out;
}

std::uint32_t Builder::integer(std::string_view key) {
  return value(key).as_integer<std::uint32_t>().value_or(0);
}

std::uint64_t Builder::size(std::string_view key) {
  std::uint64_t bytes = 0;
  base::parse_size_bytes(text(key), bytes);
  return bytes;
}

Duration Builder::duration(std::string_view key) {
  std::int64_t ns = 0;
  base::parse_duration_ns(text(key), ns);
  return Duration(ns);
}

void Builder::read_listeners(Config& config) {
  for (const std::string& written : texts("http.listen")) {
    const Result<net::Address> address = net::parse_host_port(written);
    if (!address.ok()) {
      problem(at("http.listen"), "INVALID_VALUE", address.status().to_string());
    } else if (!net::is_loopback(address->host)) {
      problem(at("http.listen"), "NEEDS_TLS",
              "`" + written +
                  "` is not a loopback address; others need TLS, which is not available yet: "
                  "listen on 127.0.0.1 and put a proxy with TLS in front");
    } else {
      config.http.listen.push_back(*address);
    }
  }
}

void Builder::read_unix(Config& config) {
  if (!value("http.unix").is_null()) config.http.unix_path = absolute(text("http.unix"));
  if (config.http.unix_path.size() >= sizeof(sockaddr_un::sun_path)) {
    problem(at("http.unix"), "INVALID_VALUE", "the path is too long for a Unix socket");
  }
  const std::string mode = text("http.unix_mode");
  std::from_chars(mode.data(), mode.data() + mode.size(), config.http.unix_mode, 8);
  if (config.http.listen.empty() && config.http.unix_path.empty() && result_.problems.empty()) {
    problem(at("http.listen"), "INVALID_VALUE",
            "neither `http.listen` nor `http.unix` is left: nobody could reach the daemon");
  }
}

void Builder::read_http(Config& config) {
  read_listeners(config);
  read_unix(config);
  if (!value("http.hosts").is_null()) config.http.hosts = texts("http.hosts");
  config.http.origins = texts("http.origins");
  config.http.connections_max = integer("http.connections_max");
  config.http.streams_max = integer("http.streams_max");
  config.http.auth_failures_per_second = integer("http.auth_failures_per_second");
  config.http.header_timeout = duration("http.header_timeout");
  config.http.body_timeout = duration("http.body_timeout");
  config.http.write_timeout = duration("http.write_timeout");
  config.http.idle_timeout = duration("http.idle_timeout");
  config.http.body_max = size("http.body_max");
  config.http.definition_max = size("http.definition_max");
  config.http.metrics_public = flag("metrics.public");
  config.http.require_if_match = flag("http.require_if_match");
}

void Builder::read_auth(Config& config) {
  config.auth.mode = text("auth.mode") == "none" ? AuthMode::none : AuthMode::token;
  config.auth.token_file = absolute(text("auth.token_file"));
  for (const json::Value& entry : value("auth.tokens").elements()) {
    TokenEntry token{*entry.find("name")->as_string(),
                     *entry.find("role")->as_string(),
                     {*entry.find("token")->as_string()}};
    const std::string secret = resolve(at("auth.tokens"), token.token.text);
    if (!secret.empty() && secret.size() < 16) {
      problem(at("auth.tokens"), "INVALID_VALUE",
              "the token of `" + token.name + "` is shorter than 16 characters");
    }
    config.auth.tokens.push_back(std::move(token));
  }
  read_peers(config);
}

void Builder::read_peers(Config& config) {
  for (const json::Member& member : value("auth.unix_peers").members()) {
    std::uint32_t user_id = 0;
    const char* end = member.key.data() + member.key.size();
    if (const auto read = std::from_chars(member.key.data(), end, user_id);
        read.ec == std::errc() && read.ptr == end) {
      config.auth.unix_peers[user_id] = *member.value.as_string();
    } else if (const passwd* user = ::getpwnam(member.key.c_str())) {
      config.auth.unix_peers[user->pw_uid] = *member.value.as_string();
    } else {
      problem(at("auth.unix_peers"), "INVALID_VALUE", "there is no user `" + member.key + "`");
    }
  }
}

void Builder::read_profile(Config& config, const std::string& name) {
  const Effective& brokers = at("kafka.profiles." + name + ".brokers");
  if (fit_name(name) != name)
    problem(brokers, "INVALID_VALUE", "`" + name + "` is no name for a profile");
  if (name != "default" && brokers.origin == Origin::fallback) {
    problem(at("kafka.profiles." + name + ".properties"), "INVALID_VALUE",
            "the profile has no `brokers`");
  }
  KafkaProfile profile;
  if (const std::string* list = brokers.value.as_string()) {
    std::string rest = resolve(brokers, *list) + ",";
    for (std::size_t comma = rest.find(','); comma != std::string::npos; comma = rest.find(',')) {
      if (comma > 0) profile.brokers.push_back(rest.substr(0, comma));
      rest.erase(0, comma + 1);
    }
  } else {
    profile.brokers = texts(brokers.key);
  }
  const bool mixed = profile.brokers.size() > 1 &&
                     std::find(profile.brokers.begin(), profile.brokers.end(), "embedded") !=
                         profile.brokers.end();
  if (profile.brokers.empty() || mixed)
    problem(brokers, "INVALID_VALUE", "name brokers, or `embedded` alone");

  const Effective& properties = at("kafka.profiles." + name + ".properties");
  for (const json::Member& member : properties.value.members()) {
    const std::string key = lower(member.key);
    if (contains(kOwnProperties, key)) {
      problem(properties, "INVALID_VALUE", "`" + member.key + "` is set by leat itself");
    } else if (contains(kUnsafeProperties, key)) {
      problem(properties, "NOT_AVAILABLE_YET", "`" + member.key + "` runs code and is refused");
    }
    const std::string* written = member.value.as_string();
    profile.properties[member.key] = {written != nullptr ? *written : json::to_text(member.value)};
    if (written != nullptr) resolve(properties, *written);
  }
  config.kafka.profiles[name] = std::move(profile);
}

void Builder::read_kafka(Config& config) {
  constexpr std::string_view kHead = "kafka.profiles.";
  constexpr std::string_view kTail = ".brokers";
  std::vector<std::string> names;
  for (const Effective& held : result_.effective) {
    if (!held.key.starts_with(kHead) || !held.key.ends_with(kTail)) continue;
    names.push_back(held.key.substr(kHead.size(), held.key.size() - kHead.size() - kTail.size()));
  }
  for (const std::string& name : names) read_profile(config, name);
  config.kafka.default_profile = text("kafka.default_profile");
  if (!config.kafka.profiles.contains(config.kafka.default_profile)) {
    problem(at("kafka.default_profile"), "INVALID_VALUE",
            "there is no profile `" + config.kafka.default_profile + "`");
  }
  const std::string topics = text("kafka.create_topics");
  config.kafka.create_topics = topics == "never" ? CreateTopics::never
                               : topics == "all" ? CreateTopics::all
                                                 : CreateTopics::internal;
  config.kafka.produce_paced = text("kafka.produce_policy") == "paced";
}

void Builder::read_run(Config& config) {
  config.workers = value("workers").is_string() ? std::max(1U, cores_ - 1) : integer("workers");
  config.workers_pin = flag("workers_pin");
  config.idle_spin = duration("idle.spin");
  config.idle_yield = duration("idle.yield");
  config.memory_bytes = text("memory") == "auto" ? usable_memory() / 2 : size("memory");
  config.pipelines_max = integer("pipelines_max");
  config.steps_max = integer("steps_max");
  config.topics_max = integer("topics_max");
  config.defaults.checkpoint_interval = duration("defaults.checkpoint_interval");
  config.defaults.start_latest = text("defaults.start") == "latest";
  config.defaults.switch_timeout = duration("defaults.switch_timeout");
  config.defaults.drain_timeout = duration("defaults.drain_timeout");
  config.defaults.stop_timeout = duration("defaults.stop_timeout");
  config.restart.initial = duration("restart.initial");
  config.restart.max = duration("restart.max");
  config.restart.give_up_after = integer("restart.give_up_after");
  config.restart.reset_after = duration("restart.reset_after");
  if (config.restart.max < config.restart.initial) {
    problem(at("restart.max"), "INVALID_VALUE", "must be at least `restart.initial`");
  }
  config.values_env = texts("values.env");
  config.values_folders = paths("values.folders");
  config.files_read = paths("files.read");
  config.files_write = paths("files.write");
}

void Builder::read_plugins(Config& config) {
  Config::Plugins& plugins = config.plugins;
  if (!value("plugins.dir").is_null()) plugins.dir = absolute(text("plugins.dir"));
  const std::string watch = text("plugins.watch");
  plugins.watch = watch == "poll"  ? Config::PluginWatch::poll
                  : watch == "off" ? Config::PluginWatch::off
                                   : Config::PluginWatch::inotify;
  plugins.poll_interval = duration("plugins.poll_interval");
  plugins.auto_activate = flag("plugins.auto_activate");
  plugins.allow_replace = flag("plugins.allow_replace");
  plugins.upload = flag("plugins.upload");
  plugins.bytes_max = size("http.plugin_max");
  plugins.needed_allow = texts("plugins.needed_allow");
  plugins.probe_timeout = duration("plugins.probe_timeout");
  plugins.probe_memory = size("plugins.memory_max");
  plugins.generations_max = integer("plugins.generations_max");
  for (const char* const key : {"plugins.trust.sha256", "plugins.trust.keys"}) {
    const bool keys = std::string_view(key).ends_with("keys");
    const auto read = plugin::Trust::read(keys ? std::vector<std::string>() : texts(key),
                                          keys ? texts(key) : std::vector<std::string>());
    if (!read.ok()) problem(at(key), "INVALID_VALUE", read.status().to_string());
  }
  auto trust = plugin::Trust::read(texts("plugins.trust.sha256"), texts("plugins.trust.keys"));
  if (trust.ok()) plugins.trust = *std::move(trust);
}

void Builder::read_state(Config& config) {
  config.state.block_cache = size("state.block_cache");
  config.state.write_buffer = size("state.write_buffer");
  config.state.background_threads = integer("state.background_threads");
  config.state.rate_limit = size("state.rate_limit");
  const Effective& written = at("state.disk_free_min");
  const std::string* least = written.value.as_string();
  const std::string_view given = least != nullptr ? *least : std::string_view();
  double percent = -1;
  if (given.ends_with('%')) {
    const char* const end = given.data() + given.size() - 1;
    const auto read = std::from_chars(given.data(), end, percent);
    if (read.ec != std::errc() || read.ptr != end) percent = -1;
  }
  if (percent >= 0 && percent <= 100) {
    config.state.disk_free_min_part = percent / 100;
  } else if (!base::parse_size_bytes(given, config.state.disk_free_min)) {
    problem(written, "INVALID_VALUE",
            "a size (\"512MiB\") or a part of the disk (\"5%\"), not `" +
                json::to_text(written.value) + "`");
  }
}

void Builder::read_limits(Config& config) {
  config.limits.definition_depth = integer("limits.definition_depth");
  config.limits.definition_nodes = integer("limits.definition_nodes");
  config.limits.expression_length = integer("limits.expression_length");
  config.limits.expression_depth = integer("limits.expression_depth");
  config.limits.expression_nodes = integer("limits.expression_nodes");
  config.limits.parallelism = integer("limits.parallelism");
  config.limits.window = duration("limits.window");
  config.limits.windows_per_row = integer("limits.windows_per_row");
  config.limits.collect = integer("limits.collect");
  config.limits.emit_per_row = integer("limits.emit_per_row");
  config.limits.record_depth = integer("limits.record_depth");
  config.limits.record_bytes = size("limits.record_bytes");
}

void Builder::read_log(Config& config) {
  log::parse_level(text("log.level"), config.log.level);
  for (const json::Member& member : value("log.loggers").members()) {
    log::parse_level(*member.value.as_string(), config.log.loggers[member.key]);
  }
  const std::string to = text("log.to");
  config.log.path = to == "stderr" ? std::string() : absolute(to);
  const std::string format = text("log.format");
  const bool terminal = config.log.path.empty() && ::isatty(STDERR_FILENO) == 1;
  config.log.format =
      format == "json" || (format == "auto" && !terminal) ? log::Format::json : log::Format::text;
}

std::shared_ptr<const Config> Builder::build() {
  auto config = std::make_shared<Config>();
  config->application = text("application");
  config->instance = text("instance");
  config->state_dir = state_dir_;
  read_http(*config);
  read_auth(*config);
  read_kafka(*config);
  read_run(*config);
  read_state(*config);
  read_plugins(*config);
  read_limits(*config);
  read_log(*config);
  if (!result_.problems.empty()) return nullptr;
  return config;
}

}  // namespace

Result<std::string> Reference::resolve() const {
  if (!is_reference()) return text;
  const std::string inside = text.substr(2, text.size() - 3);
  if (inside.starts_with("env:")) {
    const char* found = std::getenv(inside.c_str() + 4);
    if (found == nullptr)
      return Status(Code::not_found, "the environment variable is not set")
          .with("name", inside.substr(4));
    return std::string(found);
  }
  if (!inside.starts_with("file:")) {
    return Status(Code::invalid_argument, "a reference is `${env:NAME}` or `${file:/path}`");
  }
  Result<std::string> content = base::read_file(inside.substr(5), kReferencedBytesMax);
  if (content.ok() && content->ends_with('\n')) content->pop_back();
  if (content.ok() && content->ends_with('\r')) content->pop_back();
  return content;
}

Result<std::map<std::string, std::string>> KafkaProfile::resolved() const {
  std::map<std::string, std::string> out;
  for (const auto& [key, reference] : properties) {
    Result<std::string> text = reference.resolve();
    if (!text.ok()) return std::move(text).status().with("property", key);
    out[key] = std::move(*text);
  }
  return out;
}

const std::string* ConfigInput::find_variable(std::string_view name) const noexcept {
  for (const auto& [key, value] : environment) {
    if (key == name) return &value;
  }
  return nullptr;
}

ConfigResult load_config(const ConfigInput& input) {
  ConfigResult result;
  Layers layers(result.problems);
  if (input.file) {
    layers.read_file(*input.file);
  } else if (const std::string* named = input.find_variable("LEAT_CONFIG");
             named != nullptr && !named->empty()) {
    layers.read_file(*named);
  } else if (::access(input.system_file.c_str(), F_OK) == 0) {
    layers.read_file(input.system_file);
  }
  layers.read_environment(input.environment);
  for (const std::string& set : input.sets) layers.read_set(set);
  for (const auto& [key, json] : input.flags) layers.read_flag(key, json);
  Builder builder(input, result, layers.values());
  builder.fill_defaults();
  result.config = builder.build();
  return result;
}

std::vector<std::pair<std::string, std::string>> process_environment() {
  std::vector<std::pair<std::string, std::string>> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      all.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return all;
}

}  // namespace leat::daemon
