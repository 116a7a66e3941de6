#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/exit_code.h"
#include "daemon/config.h"
#include "daemon/engine.h"
#include "daemon/notify.h"
#include "daemon/signals.h"
#include "daemon/state_folder.h"

namespace leat::daemon {

// What `leat serve` was asked for.
struct ServeOptions {
  ConfigInput input;
  std::vector<std::string> apply;  // definitions to apply before the daemon is ready
  bool check = false;              // only say whether configuration and definitions are right
};

// The life of the daemon from a checked configuration to its exit code. Lives on the main thread.
// Problems go to stderr, the ready line alone to stdout.
class Daemon {
 public:
  // `signals` exists before any thread does.
  Daemon(ServeOptions options, ConfigResult config, Signals& signals, const Clock& clock);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Returns when a signal ended it, or at once when it cannot start.
  ExitCode run(const EngineFactory& make_engine);

 private:
  Status prepare(const EngineFactory& make_engine, ExitCode& code);
  Status open_listeners(ExitCode& code);
  Status apply_files(ExitCode& code);
  Status announce();
  void watch();
  void handle(int signal);
  void reload();
  void stop();

  ServeOptions options_;
  ConfigResult config_;
  Signals& signals_;
  const Clock& clock_;
  ServiceNotifier notifier_;
  std::unique_ptr<StateFolder> folder_;
  std::unique_ptr<Engine> engine_;
  bool ready_ = false;
  bool stopping_ = false;
};

// `leat serve --check`: prints what is wrong; done or bad_config.
ExitCode check(const ServeOptions& options, const ConfigResult& config,
               const EngineFactory& make_engine);
// `leat serve`: configuration, logs, signals, then a Daemon.
ExitCode serve(const ServeOptions& options, const EngineFactory& make_engine);
// `leat config [--origin]`.
ExitCode show_config(const ConfigInput& input, bool origin);

// "leat 1.0.0 ready http://127.0.0.1:8780 pid=123" and a line end.
std::string ready_line(std::string_view version, const std::vector<std::string>& http,
                       std::string_view unix_path, int pid);

}  // namespace leat::daemon
