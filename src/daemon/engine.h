#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "daemon/config.h"

namespace leat::daemon {

// What works inside the daemon: pipelines and their API. The daemon opens, starts, watches and
// stops it and knows nothing of its insides; a test gives a fake. Called on the main thread.
class Engine {
 public:
  virtual ~Engine() = default;
  // What is wrong with the stored definitions and Kafka profiles, a line each. Starts nothing.
  virtual std::vector<std::string> check() = 0;
  // Binds the listeners of the API, all or none. already_exists = an address is in use.
  virtual Status open() = 0;
  // What open() bound: "127.0.0.1:8780" with real ports; the Unix socket apart, "" = none.
  virtual std::vector<std::string> http_addresses() const = 0;
  virtual std::string unix_path() const = 0;
  // Starts the threads, restores the definitions and begins to answer. After open().
  virtual Status start() = 0;
  // Creates or replaces the pipeline of a definition and waits for the outcome; `file` is for
  // messages. invalid_argument = the definition is wrong, with a line per problem in the message.
  // After start().
  virtual Status apply(const std::string& file, const std::string& text) = 0;
  virtual bool started() const noexcept = 0;  // everything is restored
  virtual bool alive() const noexcept = 0;    // its loops turn
  // Cuts and commits every pipeline within `defaults.stop_timeout`, then closes the listeners.
  // After start().
  virtual void stop() = 0;
  // The configuration was read again: looks at the plugin folder. After start().
  virtual void rescan() {}
};

// Everything an engine is made of. References outlive it.
struct EngineParts {
  const Config& config;
  std::string identity;
  std::string token;  // of auth.token_file; "" with auth.mode none
  WallTime started_at;
};
using EngineFactory = std::function<Result<std::unique_ptr<Engine>>(const EngineParts&)>;

}  // namespace leat::daemon
