#include "daemon/daemon.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>

#include "base/faults.h"
#include "base/file.h"
#include "base/log.h"
#include "base/version.h"
#include "daemon/crash.h"

namespace leat::daemon {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kLogger = "daemon";
constexpr Duration kLookEvery =
    20ms;  // while starting; afterwards only signals and the watchdog wake the main thread
constexpr std::size_t kDefinitionBytesMax = std::size_t{64} << 20;

void tell(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fputc('\n', stderr);
}

// stdout belongs to the ready line; a reader that is gone is no reason to stop.
void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

ExitCode report(const ConfigResult& result) {
  for (const ConfigProblem& problem : result.problems) tell("leat: " + problem.to_line());
  return ExitCode::bad_config;
}

Status configure_log(const Config& config) {
  LEAT_RETURN_IF_ERROR(log::configure(config.log.level, config.log.format, config.log.path));
  log::clear_levels();
  for (const auto& [logger, level] : config.log.loggers) log::set_level(logger, level);
  return {};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

std::string ready_line(std::string_view version, const std::vector<std::string>& http,
                       std::string_view unix_path, int pid) {
  std::string line = "leat " + std::string(version) + " ready ";
  line += http.empty() ? "unix:" + std::string(unix_path) : "http://" + http.front();
  return line + " pid=" + std::to_string(pid) + "\n";
}

Daemon::Daemon(ServeOptions options, ConfigResult config, Signals& signals, const Clock& clock)
    : options_(std::move(options)),
      config_(std::move(config)),
      signals_(signals),
      clock_(clock),
      notifier_(options_.input) {}

ExitCode Daemon::run(const EngineFactory& make_engine) {
  ExitCode code = ExitCode::internal;
  Status status = prepare(make_engine, code);
  if (!status.ok()) {
    tell("leat: " + status.to_string());
    engine_.reset();
    return code;
  }
  watch();
  stop();
  return ExitCode::done;
}

Status Daemon::prepare(const EngineFactory& make_engine, ExitCode& code) {
  const Config& config = *config_.config;
  code = ExitCode::cant_create;
  Result<StateFolder> folder = StateFolder::open(config.state_dir, clock_);
  if (!folder.ok()) return std::move(folder).status();
  folder_ = std::make_unique<StateFolder>(std::move(*folder));
  install_crash_files(folder_->crash_folder());

  EngineParts parts{config, folder_->identity(), {}, clock_.wall_now()};
  if (config.auth.mode == AuthMode::token) {
    Result<std::string> token = load_or_make_token(config.auth.token_file);
    const Code why = token.status().code();
    if (why == Code::permission_denied || why == Code::invalid_argument)
      code = ExitCode::bad_config;
    if (!token.ok()) return std::move(token).status();
    parts.token = std::move(*token);
  }
  code = ExitCode::bad_config;
  Result<std::unique_ptr<Engine>> engine = make_engine(parts);
  if (!engine.ok()) return std::move(engine).status();
  engine_ = std::move(*engine);
  LEAT_RETURN_IF_ERROR(open_listeners(code));
  code = ExitCode::internal;
  LEAT_RETURN_IF_ERROR(engine_->start());
  if (Status applied = apply_files(code); !applied.ok()) {
    engine_->stop();
    return applied;
  }
  code = ExitCode::cant_create;
  if (Status announced = announce(); !announced.ok()) {
    engine_->stop();
    return announced;
  }
  return {};
}

Status Daemon::open_listeners(ExitCode& code) {
  Status opened = engine_->open();
  if (opened.code() == Code::already_exists) {
    code = ExitCode::try_again;
    return Status(opened.code(), opened.message() + " (--listen)");
  }
  code = opened.code() == Code::not_available_yet || opened.code() == Code::invalid_argument
             ? ExitCode::bad_config
             : ExitCode::cant_create;
  return opened;
}

Status Daemon::apply_files(ExitCode& code) {
  code = ExitCode::bad_config;
  for (const std::string& file : options_.apply) {
    const Result<std::string> text = base::read_file(file, kDefinitionBytesMax);
    if (!text.ok()) return text.status();
    const Status applied = engine_->apply(file, *text);
    if (applied.ok()) continue;
    if (applied.code() != Code::invalid_argument) code = ExitCode::failed;
    return applied;
  }
  return {};
}

Status Daemon::announce() {
  StateFolder::Listen listen{engine_->http_addresses(), engine_->unix_path(), clock_.wall_now()};
  LEAT_RETURN_IF_ERROR(folder_->write_listen(listen));
  print(ready_line(base::version(), listen.http, listen.unix_path, ::getpid()));
  log::info(
      kLogger, "ready",
      {{"version", base::version()}, {"http", joined(listen.http)}, {"unix", listen.unix_path}});
  return {};
}

void Daemon::watch() {
  const Duration beat = notifier_.interval();
  Instant next_beat = clock_.now();
  while (!stopping_) {
    if (!ready_ && engine_->started()) {
      ready_ = true;
      notifier_.ready();
    }
    const Instant now = clock_.now();
    if (beat > Duration::zero() && now >= next_beat) {
      // A daemon whose loops do not turn says nothing, and the service manager acts.
      if (engine_->alive()) notifier_.alive();
      next_beat = now + beat;
    }
    Duration wait = beat > Duration::zero() ? next_beat - now : Duration(-1);
    if (!ready_) wait = wait < Duration::zero() ? kLookEvery : std::min(wait, kLookEvery);
    if (const std::optional<int> signal = signals_.next(wait)) handle(*signal);
  }
}

void Daemon::handle(int signal) {
  switch (signal) {
    case SIGTERM:
    case SIGINT:
      log::info(kLogger, "stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
      stopping_ = true;
      return;
    case SIGHUP: return reload();
    case SIGUSR1: return log::reopen();
    default: log::warn(kLogger, "diagnostics files are not available yet", {{"signal", signal}});
  }
}

void Daemon::reload() {
  ConfigResult fresh = load_config(options_.input);
  if (!fresh.ok()) {
    for (const ConfigProblem& problem : fresh.problems) {
      log::error(kLogger, "configuration rejected, nothing changes",
                 {{"problem", problem.to_line()}});
    }
    return;
  }
  if (Status logs = configure_log(*fresh.config); !logs.ok()) {
    log::error(kLogger, "the log cannot be reconfigured", {{"error", logs.to_string()}});
  }
  log::reopen();
  ConfigChanges changes = compare(config_, fresh);
  // Only the log follows a reload yet: the other keys are read once, by the parts they configure.
  for (const std::string& key : changes.live) {
    if (!key.starts_with("log.")) changes.restart.push_back(key);
  }
  engine_->rescan();
  log::info(kLogger, "configuration reloaded", {{"pending_restart", joined(changes.restart)}});
}

void Daemon::stop() {
  signals_.die_on_next();
  notifier_.stopping();
  engine_->stop();
  engine_.reset();
  folder_->remove_listen();
  log::info(kLogger, "stopped");
}

ExitCode check(const ServeOptions& options, const ConfigResult& config,
               const EngineFactory& make_engine) {
  std::vector<std::string> problems;
  const Result<std::unique_ptr<Engine>> engine = make_engine({*config.config, {}, {}, {}});
  if (engine.ok())
    problems = (*engine)->check();
  else
    problems.push_back(engine.status().to_string());
  for (const std::string& file : options.apply) {
    if (const auto text = base::read_file(file, kDefinitionBytesMax); !text.ok())
      problems.push_back(text.status().to_string());
  }
  for (const std::string& problem : problems) tell("leat: " + problem);
  return problems.empty() ? ExitCode::done : ExitCode::bad_config;
}

ExitCode serve(const ServeOptions& options, const EngineFactory& make_engine) {
  ConfigResult config = load_config(options.input);
  if (!config.ok()) return report(config);
  if (options.check) return check(options, config, make_engine);
  if (const Status logs = configure_log(*config.config); !logs.ok()) {
    tell("leat: " + logs.to_string());
    return ExitCode::bad_config;
  }
  if (const std::string* faults = options.input.find_variable("LEAT_FAULTS")) {
    if (const Status armed = base::Faults::configure(*faults); !armed.ok()) {
      tell("leat: " + armed.to_string());
      return ExitCode::bad_config;
    }
  }
  Signals signals;
  try {
    Daemon daemon(options, std::move(config), signals, base::machine_clock());
    return daemon.run(make_engine);
  } catch (const std::exception& thrown) {
    tell(std::string("leat: internal error: ") + thrown.what());
    return ExitCode::internal;
  }
}

ExitCode show_config(const ConfigInput& input, bool origin) {
  const ConfigResult config = load_config(input);
  if (!config.ok()) return report(config);
  print(origin ? print_origins(config) : print_config(config));
  return ExitCode::done;
}

}  // namespace leat::daemon
