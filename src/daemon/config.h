#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "daemon/settings.h"
#include "json/document.h"
#include "net/address.h"
#include "plugin/trust.h"

namespace leat::daemon {

// A string that may be `${env:NAME}` or `${file:/path}`: printed as it was written, resolved when
// it is used.
struct Reference {
  std::string text;

  bool is_reference() const noexcept { return text.starts_with("${") && text.ends_with("}"); }
  // The text, the variable's value, or the file's content without one line end. not_found when
  // there is none.
  Result<std::string> resolve() const;
  friend bool operator==(const Reference&, const Reference&) = default;
};

struct KafkaProfile {
  std::vector<std::string> brokers;  // never empty; {"embedded"} = the mock cluster
  std::map<std::string, Reference> properties;

  bool embedded() const noexcept { return brokers.size() == 1 && brokers.front() == "embedded"; }
  // All properties with their values.
  Result<std::map<std::string, std::string>> resolved() const;
};

enum class CreateTopics : std::uint8_t { never, internal, all };
enum class AuthMode : std::uint8_t { token, none };

struct TokenEntry {
  std::string name;
  std::string role;  // "viewer", "operator", "admin"
  Reference token;
};

// What the daemon runs with: every setting checked and typed. Immutable once load_config() returned
// it; a reload makes a new one and publishes it.
struct Config {
  std::string application;
  std::string instance;
  std::string state_dir;  // absolute

  struct Http {
    std::vector<net::Address> listen;  // loopback only; port 0 = any free one
    std::string unix_path;             // empty = none
    std::uint32_t unix_mode = 0;
    std::optional<std::vector<std::string>> hosts;
    std::vector<std::string> origins;
    std::uint32_t connections_max = 0;
    std::uint32_t streams_max = 0;
    std::uint32_t auth_failures_per_second = 0;
    Duration header_timeout{};
    Duration body_timeout{};
    Duration write_timeout{};
    Duration idle_timeout{};
    std::uint64_t body_max = 0;
    std::uint64_t definition_max = 0;
    bool metrics_public = false;
    bool require_if_match = false;
  } http;

  struct Auth {
    AuthMode mode = AuthMode::token;
    std::string token_file;
    std::vector<TokenEntry> tokens;
    std::map<std::uint32_t, std::string> unix_peers;  // user id → role
  } auth;

  struct Kafka {
    std::string default_profile;
    std::map<std::string, KafkaProfile> profiles;  // holds default_profile
    CreateTopics create_topics = CreateTopics::internal;
    bool produce_paced = false;
  } kafka;

  std::uint32_t workers = 0;  // "auto" is resolved
  bool workers_pin = false;
  Duration idle_spin{};
  Duration idle_yield{};
  std::uint64_t memory_bytes = 0;  // "auto" is resolved
  std::uint32_t pipelines_max = 0;
  std::uint32_t steps_max = 0;
  std::uint32_t topics_max = 0;

  struct Limits {
    std::uint32_t definition_depth = 0;
    std::uint32_t definition_nodes = 0;
    std::uint32_t expression_length = 0;
    std::uint32_t expression_depth = 0;
    std::uint32_t expression_nodes = 0;
    std::uint32_t parallelism = 0;
    Duration window{};
    std::uint32_t windows_per_row = 0;
    std::uint32_t collect = 0;
    std::uint32_t emit_per_row = 0;
    std::uint32_t record_depth = 0;
    std::uint64_t record_bytes = 0;
  } limits;

  struct Defaults {
    Duration checkpoint_interval{};
    bool start_latest = false;
    Duration switch_timeout{};
    Duration drain_timeout{};
    Duration stop_timeout{};
  } defaults;

  struct State {
    std::uint64_t block_cache = 0;
    std::uint64_t write_buffer = 0;
    std::uint32_t background_threads = 0;
    std::uint64_t rate_limit = 0;
    std::uint64_t disk_free_min = 0;  // bytes
    double disk_free_min_part = 0;    // of the disk, 0…1
  } state;

  struct Restart {
    Duration initial{};
    Duration max{};
    std::uint32_t give_up_after = 0;
    Duration reset_after{};
  } restart;

  std::vector<std::string> values_env;      // names and globs
  std::vector<std::string> values_folders;  // absolute
  std::vector<std::string> files_read;      // absolute
  std::vector<std::string> files_write;     // absolute

  struct Log {
    log::Level level = log::Level::info;
    std::map<std::string, log::Level> loggers;
    log::Format format = log::Format::text;
    std::string path;  // empty = stderr
  } log;

  enum class PluginWatch : std::uint8_t { inotify, poll, off };
  struct Plugins {
    std::string dir;  // absolute; empty = none
    PluginWatch watch = PluginWatch::inotify;
    Duration poll_interval{};
    bool auto_activate = false;
    bool allow_replace = false;
    bool upload = false;
    std::uint64_t bytes_max = 0;  // of one library
    plugin::Trust trust;
    std::vector<std::string> needed_allow;
    Duration probe_timeout{};
    std::uint64_t probe_memory = 0;  // bytes
    std::uint32_t generations_max = 0;
  } plugins;
};

enum class Origin : std::uint8_t { fallback, file, environment, flag };

// One setting with the value that counts and where it comes from.
struct Effective {
  const Setting* setting = nullptr;
  std::string key;    // concrete: "kafka.profiles.prod.brokers"
  json::Value value;  // as written; references unresolved
  Origin origin = Origin::fallback;
  std::string where;  // "leat.json:12", "LEAT_HTTP__LISTEN", "--set", ""
};

// One reason why a configuration is not taken.
struct ConfigProblem {
  std::string where;  // "leat.json:12:3", "LEAT_HTTP__LISTEN", "--set"; may be empty
  std::string code;   // UNKNOWN_SETTING, NOT_AVAILABLE_YET, INVALID_VALUE, MALFORMED_JSON,
                      // UNREADABLE, NEEDS_TLS, …
  std::string message;
  std::vector<std::string> did_you_mean;

  // "leat.json:12:3: message [CODE]; did you mean `x`?"
  std::string to_line() const;
};

// What configurations are made from. `environment` holds all variables of the process.
struct ConfigInput {
  static constexpr std::size_t kFileBytesMax = 1024 * 1024;

  std::optional<std::string>
      file;  // --config; otherwise $LEAT_CONFIG, else kSystemFile if it is there
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> sets;                           // "key=value", later ones win
  std::vector<std::pair<std::string, std::string>> flags;  // key → JSON; win over `sets`
  std::string system_file = "/etc/leat/leat.json";

  const std::string* find_variable(std::string_view name) const noexcept;
};

// `config` is null exactly when there are problems. `effective` is in the table's order, one row
// per setting that is available (profiles: one per name).
struct ConfigResult {
  std::shared_ptr<const Config> config;
  std::vector<Effective> effective;
  std::vector<ConfigProblem> problems;

  bool ok() const noexcept { return config != nullptr; }
};

// Reads file, environment and flags; finds all problems at once. Touches no file but the
// configuration, existing folders (to choose the default state folder) and those that references
// name.
ConfigResult load_config(const ConfigInput& input);

// The process's own environment.
std::vector<std::pair<std::string, std::string>> process_environment();

// `leat config`: the effective configuration as one JSON object. Text in properties that look
// secret and is no reference is shown as "***".
std::string print_config(const ConfigResult& result);
// `leat config --origin`: one line per key: key, value, origin.
std::string print_origins(const ConfigResult& result);
// Body of GET /v1/config. `pending_restart` = keys that changed on disk and wait for a restart.
std::string config_items_json(const ConfigResult& result,
                              const std::vector<std::string>& pending_restart);
// The keys whose values differ, split by what a reload may do.
struct ConfigChanges {
  std::vector<std::string> live;
  std::vector<std::string> restart;
};
ConfigChanges compare(const ConfigResult& before, const ConfigResult& after);

}  // namespace leat::daemon
