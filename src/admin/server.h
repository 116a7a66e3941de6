#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "admin/backend.h"
#include "admin/services.h"
#include "admin/settings.h"
#include "base/clock.h"
#include "base/status.h"
#include "spec/parse.h"

namespace leat::admin {

// An address the server listens on.
struct Bound {
  std::string address;     // "127.0.0.1:8780" with the real port, or the path of the Unix socket
  std::uint16_t port = 0;  // 0 for a Unix socket
};

struct ServerOptions {
  Settings settings;
  spec::Options definitions;  // what the configuration says about posted definitions
  About about;
};

// The HTTP API. Life: open() binds, run() serves on the calling thread until stop(), then it is
// destroyed. The backend and the clock outlive it, and the backend has answered everything it was
// asked before the server is destroyed.
class Server {
 public:
  Server(ServerOptions options, Backend& backend, const Clock& clock);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds all listeners or none. already_exists = an address is in use; not_available_yet = not
  // loopback.
  Status open();
  // In the order of the settings, the Unix socket last. After open().
  const std::vector<Bound>& bound() const noexcept;
  // Serves until stop(). Nothing thrown inside leaves it.
  void run();
  // Thread-safe: closes the listeners and idle connections, lets answers under way finish within
  // stop_timeout; run() then returns.
  void stop();
  // Thread-safe: runs `work` on the thread that is in run().
  void post(std::function<void()> work);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leat::admin
