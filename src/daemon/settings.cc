#include "daemon/settings.h"

#include <algorithm>

#include "base/text.h"

namespace leat::daemon {
namespace {

using T = SettingType;
constexpr Reload L = Reload::live;
constexpr Reload R = Reload::restart;
constexpr Availability kNow = Availability::now;
constexpr Availability kLater = Availability::later;

constexpr double kMs = 1e6;
constexpr double kSecond = 1e9;
constexpr double kHour = 3600 * kSecond;
constexpr double kDay = 24 * kHour;
constexpr double kKiB = 1024;
constexpr double kMiB = 1024 * kKiB;
constexpr double kGiB = 1024 * kMiB;

constexpr Setting kSettings[] = {
    {"application", T::name, "\"leat\"", R,
     "Prefix of consumer groups; instances with the same one form one group per pipeline."},
    {"instance", T::name, "\"<host>\"", R, "Differs between the instances of one application."},
    {"state_dir", T::path, "\"<state_dir>\"", R,
     "Folder of identity, lock, token and definitions; mode 0700."},
    {"config.watch", T::flag, "false", R, "Re-read the file when it changes.", kLater},

    {"http.listen", T::listeners, "[\"127.0.0.1:8780\"]", R,
     "Where the API listens; port 0 = any free one."},
    {"http.unix", T::path_or_null, "\"<unix>\"", R, "Unix socket of the API; null = none."},
    {"http.unix_mode", T::octal, "\"0660\"", R, "Mode of the Unix socket."},
    {"http.probes.listen", T::listeners, "[]", R, "A second listener with only probes and metrics.",
     kLater},
    {"http.hosts", T::texts_or_null, "null", L,
     "Allowed Host values; null = loopback names with the listening port."},
    {"http.origins", T::texts, "[]", L, "Further allowed Origin values."},
    {"http.tls.cert", T::path_or_null, "null", L, "Certificate, PEM.", kLater},
    {"http.tls.key", T::path_or_null, "null", L, "Private key, PEM.", kLater},
    {"http.tls.client_ca", T::path_or_null, "null", L, "Demands client certificates.", kLater},
    {"http.tls.min_version", T::choice, "\"1.2\"", R, "Least TLS version.", kLater, 0, 0,
     "1.2 1.3"},
    {"http.connections_max", T::integer, "64", L, "Open connections.", kNow, 1, 4096},
    {"http.header_timeout", T::duration, "\"5s\"", L, "Until the headers are there.", kNow, kMs,
     kHour},
    {"http.body_timeout", T::duration, "\"10s\"", L, "Until the body is there.", kNow, kMs, kHour},
    {"http.write_timeout", T::duration, "\"10s\"", L, "Until the answer is taken.", kNow, kMs,
     kHour},
    {"http.idle_timeout", T::duration, "\"30s\"", L, "Between two requests.", kNow, kMs, kHour},
    {"http.body_max", T::size, "\"256KiB\"", L, "Largest request body.", kNow, 1, kGiB},
    {"http.definition_max", T::size, "\"1MiB\"", L, "Largest definition.", kNow, 1, 64 * kMiB},
    {"http.plugin_max", T::size, "\"64MiB\"", L, "Largest library of a plugin.", kNow, 1, kGiB},
    {"http.requests_per_second", T::integer_or_null, "null", L, "Per token or peer.", kLater},
    {"http.auth_failures_per_second", T::integer, "10", L, "Failed authentications per peer.", kNow,
     1, 1e6},
    {"http.require_if_match", T::flag, "false", L, "Writes on existing resources need If-Match."},
    {"http.streams_max", T::integer, "16", L, "Open event streams.", kNow, 1, 4096},
    {"metrics.public", T::flag, "false", L, "Metrics without a token."},
    {"metrics.per_partition", T::flag, "false", L, "Label `partition` on lag series.", kLater},

    {"auth.mode", T::choice, "\"token\"", R,
     "none: loopback and Unix socket only, everyone is admin.", kNow, 0, 0, "token none"},
    {"auth.token_file", T::path, "\"<state_dir>/admin.token\"", L,
     "Made if absent; readable by the owner only."},
    {"auth.tokens", T::tokens, "[]", L, "Further tokens with their roles."},
    {"auth.certificates", T::any, "[]", L, "Client certificates and their roles.", kLater},
    {"auth.unix_peers", T::peers, "{\"<uid>\":\"admin\"}", L,
     "Users of the Unix socket that need no token."},

    {"kafka.default_profile", T::name, "\"default\"", L,
     "Used by sources and sinks that name none."},
    {"kafka.profiles.*.brokers", T::brokers, "[\"127.0.0.1:9092\"]", R,
     "Bootstrap servers, or [\"embedded\"]."},
    {"kafka.profiles.*.properties", T::properties, "{}", R, "Kafka client properties."},
    {"kafka.allow_unsafe_properties", T::flag, "false", R, "Allow properties that run code.",
     kLater},
    {"kafka.create_topics", T::choice, "\"internal\"", L, "Which topics are made when absent.",
     kNow, 0, 0, "never internal all"},
    {"kafka.produce_policy", T::choice, "\"plain\"", R,
     "When rows leave for the broker: at once, or paced by its acknowledgements.", kNow, 0, 0,
     "plain paced"},
    {"kafka.consumer_protocol", T::choice, "\"classic\"", R, "Group protocol.", kLater, 0, 0,
     "classic consumer"},
    {"schema_registry.*.url", T::text, "", L, "Address of a schema registry.", kLater},
    {"schema_registry.*.token", T::text, "", L, "Its token.", kLater},
    {"schema_registry.*.ca", T::path, "", L, "Its authority.", kLater},

    {"workers", T::integer_or_auto, "\"auto\"", R, "Threads that step tasks; auto = cores - 1.",
     kNow, 1, 1024},
    {"workers_pin", T::flag, "false", R, "Pin workers to cores."},
    {"idle.spin", T::duration, "\"20us\"", L, "Spin before yielding.", kNow, 0, kSecond},
    {"idle.yield", T::duration, "\"50us\"", L, "Yield before sleeping.", kNow, 0, kSecond},
    {"memory", T::size_or_auto, "\"auto\"", R,
     "Shared by all pipelines; auto = half of what there is.", kNow, 16 * kMiB, 0},
    {"key_groups", T::integer, "128", R, "For new pipelines.", kLater, 1, 32768},
    {"pipelines_max", T::integer, "1024", L, "Most pipelines.", kNow, 1, 100000},
    {"steps_max", T::integer, "64", L, "Most steps of a pipeline.", kNow, 1, 4096},
    {"topics_max", T::integer, "64", L, "Most topics of a source.", kNow, 1, 4096},
    {"limits.definition_depth", T::integer, "32", R, "Nesting of a definition.", kNow, 4, 256},
    {"limits.definition_nodes", T::integer, "100000", R, "Values in a definition.", kNow, 16, 1e7},
    {"limits.expression_length", T::integer, "16384", L, "Characters of an expression.", kNow, 1,
     1e6},
    {"limits.expression_depth", T::integer, "128", L,
     "Brackets, calls, conditionals and `??` of an expression inside each other; members and signs "
     "in a row (`a.b.c`, `!!a`) count as parts only.",
     kNow, 1, 1024},
    {"limits.expression_nodes", T::integer, "4096", L,
     "Literals, names, members, operators and calls of an expression.", kNow, 1, 1e6},
    {"limits.parallelism", T::integer, "256", L, "Of one pipeline.", kNow, 1, 4096},
    {"limits.window", T::duration, "\"400d\"", L, "Longest window.", kNow, kSecond, 36500 * kDay},
    {"limits.windows_per_row", T::integer, "1000", L, "size / every of hopping windows.", kNow, 1,
     1e6},
    {"limits.record_depth", T::integer, "64", L, "Nesting of a record in JSON.", kNow, 1, 1024},
    {"limits.record_bytes", T::size, "\"16MiB\"", L, "Largest value of a record.", kNow, 1, kGiB},
    {"limits.collect", T::integer, "10000", L, "Most collected values.", kNow, 1, 1e6},
    {"limits.emit_per_row", T::integer, "10000", L, "Rows that one row may become.", kNow, 1, 1e6},
    {"defaults.checkpoint_interval", T::duration, "\"1s\"", L, "Of real-time pipelines.", kNow,
     10 * kMs, kHour},
    {"defaults.delivery", T::choice, "\"at_least_once\"", L, "Of pipelines that name none.", kNow,
     0, 0, "at_least_once", "exactly_once"},
    {"defaults.start", T::start, "\"earliest\"", L, "Where sources begin.", kNow, 0, 0,
     "earliest latest"},
    {"defaults.switch_timeout", T::duration, "\"10s\"", L, "Of a trigger switch.", kNow, kMs,
     600 * kSecond},
    {"defaults.drain_timeout", T::duration, "\"60s\"", L, "Of a drain or delete.", kNow, kMs, kDay},
    {"defaults.stop_timeout", T::duration, "\"30s\"", L, "Of the last commit at a stop.", kNow, kMs,
     kHour},
    {"state.block_cache", T::size, "\"64MiB\"", R, "Cache of a pipeline's state on disk.", kNow,
     kMiB, 64 * kGiB},
    {"state.write_buffer", T::size, "\"32MiB\"", R, "Write buffer of a pipeline's state.", kNow,
     kMiB, 4 * kGiB},
    {"state.background_threads", T::integer, "2", R, "Threads of the state store.", kNow, 1, 64},
    {"state.rate_limit", T::size, "\"64MiB\"", R, "Bytes per second of background writing.", kNow,
     kMiB, 64 * kGiB},
    {"state.disk_free_min", T::text, "\"512MiB\"", L,
     "Below, pipelines with state pause: a size, or a part of the disk (\"5%\").", kNow},
    {"checkpoints.keep", T::integer, "3", L, "Automatic checkpoints kept.", kLater},
    {"restart.initial", T::duration, "\"1s\"", L, "First wait before a restart.", kNow, kMs, kHour},
    {"restart.max", T::duration, "\"2m\"", L, "Longest wait before a restart.", kNow, kMs, kDay},
    {"restart.give_up_after", T::integer, "20", L, "Restarts in a row.", kNow, 0, 1e6},
    {"restart.reset_after", T::duration, "\"2m\"", L, "Running so long forgets failures.", kNow,
     kMs, kDay},
    {"pipelines_dir", T::path_or_null, "null", L, "Definitions applied from a folder.", kLater},

    {"values.env", T::texts, "[]", L,
     "Environment variables a definition may use: names, and globs with `*` and `?`."},
    {"values.folders", T::texts, "[\"/run/secrets\"]", L,
     "Folders of files whose text a definition may use."},
    {"files.read", T::texts, "[\"<state_dir>/files/in\"]", L,
     "Folders that file sources may read."},
    {"files.write", T::texts, "[\"<state_dir>/files/out\"]", L,
     "Folders that file sinks may write."},
    {"http_sink.urls", T::texts, "[]", L, "Allow-list of the http sink.", kLater},

    {"plugins.dir", T::path_or_null, "\"<state_dir>/plugins.d\"", R,
     "Drop-in folder; null = none."},
    {"plugins.watch", T::choice, "\"inotify\"", L, "How the folder is watched.", kNow, 0, 0,
     "inotify poll off"},
    {"plugins.poll_interval", T::duration, "\"5s\"", L, "With watch = poll.", kNow, 10 * kMs,
     kHour},
    {"plugins.auto_activate", T::flag, "false", L, "Activate new versions of the folder at once."},
    {"plugins.allow_replace", T::flag, "false", L, "Other bytes may come under the same version."},
    {"plugins.upload", T::flag, "false", L, "Plugins may come through the API."},
    {"plugins.trust.sha256", T::texts, "[]", L, "Digests of libraries that are trusted."},
    {"plugins.trust.keys", T::texts, "[]", L, "Ed25519 keys (base64) whose owners are trusted."},
    {"plugins.needed_allow", T::texts, "[]", L, "Further libraries a plugin may need."},
    {"plugins.isolation", T::choice, "\"in_process\"", L, "Default of new uses.", kNow, 0, 0,
     "in_process", "process"},
    {"plugins.call_timeout", T::duration, "\"1s\"", L, "Of a call.", kLater},
    {"plugins.probe_timeout", T::duration, "\"2s\"", L, "Of a look at a library.", kNow, 100 * kMs,
     600 * kSecond},
    {"plugins.memory_max", T::size, "\"256MiB\"", L, "Of the process that looks at a library.",
     kNow, kMiB, 64 * kGiB},
    {"plugins.generations_max", T::integer, "64", R,
     "Loaded libraries, for the life of the process.", kNow, 1, 4096},
    {"plugins.blocking_threads", T::integer, "4", R, "Threads of blocking functions.", kLater},

    {"log.level", T::choice, "\"info\"", L, "Least level that is written.", kNow, 0, 0,
     "debug info warn error off"},
    {"log.loggers", T::levels, "{}", L, "Levels of single loggers.", kNow, 0, 0,
     "debug info warn error off"},
    {"log.format", T::choice, "\"auto\"", R, "auto = text on a terminal, json otherwise.", kNow, 0,
     0, "auto text json"},
    {"log.to", T::text, "\"stderr\"", L, "stderr, or a file."},
    {"audit.file", T::path, "\"<state_dir>/audit.ndjson\"", R, "Append-only record of writes.",
     kLater},
    {"audit.keep", T::size, "\"100MiB\"", R, "Size of the audit file.", kLater},
    {"events.keep", T::integer, "10000", L, "Events kept in memory.", kLater},
    {"operations.keep", T::duration, "\"24h\"", L, "Finished operations kept.", kLater},
    {"console.enabled", T::flag, "true", R, "The web console.", kLater},
    {"telemetry.otlp_url", T::any, "null", L, "Nothing is sent anywhere unless set.", kLater},
};

// True when `key` is an instance of `pattern`; `name` is what stood for the star.
bool matches(std::string_view pattern, std::string_view key, std::string_view& name) noexcept {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == key;
  const std::string_view head = pattern.substr(0, star);
  const std::string_view tail = pattern.substr(star + 1);
  if (key.size() <= head.size() + tail.size() || !key.starts_with(head) || !key.ends_with(tail))
    return false;
  name = key.substr(head.size(), key.size() - head.size() - tail.size());
  return true;
}

std::string bounds_of(const Setting& setting) {
  if (setting.high == 0) return {};
  if (setting.type == T::duration) {
    return " from " + base::format_duration(static_cast<std::int64_t>(setting.low)) + " to " +
           base::format_duration(static_cast<std::int64_t>(setting.high));
  }
  const std::string unit = setting.type == T::size ? " bytes" : "";
  return " from " + std::to_string(static_cast<std::int64_t>(setting.low)) + " to " +
         std::to_string(static_cast<std::int64_t>(setting.high)) + unit;
}

std::string choices_of(const Setting& setting) {
  std::string text = "one of `";
  for (const char c : setting.words) {
    if (c == ' ')
      text += "` `";
    else
      text += c;
  }
  return text + "`";
}

}  // namespace

std::span<const Setting> all_settings() noexcept { return kSettings; }

const Setting* find_setting(std::string_view key) noexcept {
  std::string_view ignored;
  for (const Setting& setting : kSettings) {
    if (matches(setting.key, key, ignored)) return &setting;
  }
  return nullptr;
}

bool is_group(std::string_view key) noexcept {
  for (const Setting& setting : kSettings) {
    if (setting.key.size() > key.size() && setting.key.starts_with(key) &&
        setting.key[key.size()] == '.')
      return true;
    const std::size_t star = setting.key.find('*');
    if (star == std::string_view::npos || key.size() <= star) continue;
    if (key.starts_with(setting.key.substr(0, star)) &&
        key.find('.', star) == std::string_view::npos)
      return true;
  }
  return false;
}

bool holds_names(std::string_view prefix) noexcept {
  return std::any_of(std::begin(kSettings), std::end(kSettings), [&](const Setting& setting) {
    return setting.key.starts_with(prefix) && setting.key.substr(prefix.size()).starts_with('*');
  });
}

std::vector<std::string> suggestions_for(std::string_view key) {
  std::vector<std::string> concrete;
  for (const Setting& setting : kSettings) {
    const std::size_t star = setting.key.find('*');
    std::string candidate(setting.key);
    if (star != std::string_view::npos) {
      const std::string_view head = setting.key.substr(0, star);
      const std::string_view rest =
          key.starts_with(head) ? key.substr(star) : std::string_view("<name>");
      candidate.replace(star, 1, rest.substr(0, rest.find('.')));
    }
    concrete.push_back(std::move(candidate));
  }
  std::vector<std::string> found = base::nearest(key, {concrete.begin(), concrete.end()});
  if (!found.empty()) return found;
  // A key without its group: `listen` for `http.listen`.
  for (const std::string& candidate : concrete) {
    if (found.size() < 3 && candidate.ends_with("." + std::string(key))) found.push_back(candidate);
  }
  return found;
}

std::string description_of(const Setting& setting) {
  switch (setting.type) {
    case T::name: return "a name: lower-case letters, digits, `.`, `_`, `-`, at most 63 characters";
    case T::text: return "a string that is not empty";
    case T::path: return "a path";
    case T::path_or_null: return "a path or null";
    case T::flag: return "true or false";
    case T::integer: return "an integer" + bounds_of(setting);
    case T::integer_or_null: return "an integer" + bounds_of(setting) + ", or null";
    case T::integer_or_auto: return "an integer" + bounds_of(setting) + ", or \"auto\"";
    case T::duration: return "a duration (\"10s\", \"250ms\")" + bounds_of(setting);
    case T::size: return "a size (\"64MiB\")" + bounds_of(setting);
    case T::size_or_auto: return "a size (\"512MiB\"), or \"auto\"";
    case T::choice: return choices_of(setting);
    case T::octal: return "an octal mode (\"0660\")";
    case T::texts: return "a list of strings";
    case T::texts_or_null: return "a list of strings, or null";
    case T::listeners: return "a list of \"host:port\"";
    case T::brokers: return "a list of \"host:port\", or one string with commas";
    case T::properties: return "an object: property → string, number or boolean";
    case T::levels: return "an object: logger → level";
    case T::tokens: return "a list of { \"name\", \"role\", \"token\" }";
    case T::peers: return "an object: user → \"viewer\", \"operator\" or \"admin\"";
    case T::start: return "\"earliest\" or \"latest\"";
    case T::any: return "a value";
  }
  return {};
}

}  // namespace leat::daemon
