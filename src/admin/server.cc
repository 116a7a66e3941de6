#include "admin/server.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <map>

#include "admin/connection.h"
#include "admin/dispatch.h"
#include "admin/http_text.h"
#include "admin/listener.h"
#include "admin/router.h"
#include "admin/tap_hub.h"
#include "base/log.h"

namespace leat::admin {

namespace asio = boost::asio;

namespace {

constexpr Duration kAcceptBackOff = std::chrono::milliseconds(100);
constexpr int kAcceptsPerTurn = 16;

std::string full_answer(WallTime now) {
  Problem problem;
  problem.code = ProblemCode::busy;
  problem.detail = "too many connections are open";
  problem.headers.emplace_back("Retry-After", "1");
  const std::string id = new_request_id();
  const Response response = problem_response(problem, id);
  return head_text(response, id, now, Keep::close, response.body.size()) + response.body;
}

std::vector<std::string> hosts_of(const Settings& settings,
                                  const std::vector<Listener>& listeners) {
  std::vector<std::string> hosts = settings.hosts;
  for (const Listener& listener : listeners) {
    if (listener.transport() != Transport::tcp) continue;
    const std::string port = ":" + std::to_string(listener.port());
    for (const char* name : {"localhost", "127.0.0.1", "[::1]"}) hosts.push_back(name + port);
    hosts.push_back(listener.address());
  }
  return hosts;
}

}  // namespace

struct Server::Impl {
  Impl(ServerOptions given, Backend& behind, const Clock& time)
      : options(std::move(given)),
        clock(time),
        taps(behind, loop, time),
        services{behind,        loop,        time, options.settings, options.definitions,
                 options.about, idempotency, taps},
        router(api_routes()) {}

  // One listener and its wait for somebody to come.
  struct Gate {
    Gate(asio::io_context& io, const Listener& from) : listener(from), descriptor(io, from.fd()) {}
    ~Gate() { descriptor.release(); }  // the listener closes the socket
    const Listener& listener;
    asio::posix::stream_descriptor descriptor;
  };

  void arm(Gate& gate);
  void accept(Gate& gate);
  void take(Accepted accepted, Transport transport);
  bool make_room();
  void close_listeners();
  void wind_down();
  void left(const Connection& connection);

  ServerOptions options;
  const Clock& clock;
  Loop loop;
  IdempotencyTable idempotency;
  TapHub taps;
  Services services;
  Router router;
  std::vector<Listener> listeners;
  std::vector<Bound> bound;
  std::vector<std::unique_ptr<Gate>> gates;
  std::unique_ptr<Dispatcher> dispatcher;
  std::unique_ptr<ConnectionHost> host;
  std::map<const Connection*, std::shared_ptr<Connection>> connections;
};

void Server::Impl::arm(Gate& gate) {
  gate.descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                             [this, &gate](const boost::system::error_code& error) {
                               if (!error) accept(gate);
                             });
}

void Server::Impl::accept(Gate& gate) {
  for (int n = 0; n < kAcceptsPerTurn; ++n) {
    Accepted accepted = accept_one(gate.listener);
    if (accepted.fd >= 0) {
      take(std::move(accepted), gate.listener.transport());
      continue;
    }
    const bool gone_already =
        accepted.error == ECONNABORTED || accepted.error == EINTR || accepted.error == EPROTO;
    if (gone_already) continue;
    if (accepted.error == EAGAIN || accepted.error == EWOULDBLOCK) break;
    // Out of descriptors or memory: the waiting client stays readable, so without a pause this
    // would spin.
    log::warn("admin", "a connection cannot be accepted", {{"errno", accepted.error}});
    return loop.after(kAcceptBackOff, [this, &gate] {
      if (!host->stopping) arm(gate);
    });
  }
  arm(gate);
}

void Server::Impl::take(Accepted accepted, Transport transport) {
  if (connections.size() >= options.settings.connections_max && !make_room()) {
    const std::string answer = full_answer(clock.wall_now());
    [[maybe_unused]] const ssize_t sent =
        ::send(accepted.fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::close(accepted.fd);
    return;
  }
  const int fd = accepted.fd;
  std::shared_ptr<Connection> connection =
      make_connection(*host, fd, std::move(accepted.peer), transport);
  if (connection == nullptr) {
    ::close(fd);
    return;
  }
  connections.emplace(connection.get(), connection);
  connection->begin();
}

// Closes the connection that matters least, of those the one that has waited longest; never one
// that is being served. So a crowd of slow strangers cannot keep others out.
bool Server::Impl::make_room() {
  std::shared_ptr<Connection> least;
  for (const auto& [key, connection] : connections) {
    if (connection->worth() == Worth::busy) continue;
    const bool less =
        least == nullptr || connection->worth() < least->worth() ||
        (connection->worth() == least->worth() && connection->since() < least->since());
    if (less) least = connection;
  }
  if (least == nullptr) return false;
  least->close();
  return true;
}

void Server::Impl::close_listeners() {
  gates.clear();
  listeners.clear();
}

void Server::Impl::wind_down() {
  if (host->stopping) return;
  host->stopping = true;
  close_listeners();
  const auto open = connections;
  for (const auto& [key, connection] : open) connection->wind_down();
  if (connections.empty()) return loop.stop();
  loop.after(options.settings.stop_timeout, [this] {
    const auto late = connections;
    for (const auto& [key, connection] : late) connection->close();
    loop.stop();
  });
}

void Server::Impl::left(const Connection& connection) {
  connections.erase(&connection);
  if (host->stopping && connections.empty()) loop.stop();
}

Server::Server(ServerOptions options, Backend& backend, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), backend, clock)) {}

Server::~Server() {
  const auto open = impl_->connections;
  for (const auto& [key, connection] : open) connection->close();
}

Status Server::open() {
  std::vector<Listener> listeners;
  const Settings& settings = impl_->options.settings;
  for (const std::string& address : settings.listen) {
    Result<Listener> listener = Listener::tcp(address);
    if (!listener.ok()) return std::move(listener).status();
    listeners.push_back(std::move(*listener));
  }
  if (!settings.unix_path.empty()) {
    Result<Listener> listener = Listener::unix_socket(settings.unix_path, settings.unix_mode);
    if (!listener.ok()) return std::move(listener).status();
    listeners.push_back(std::move(*listener));
  }
  impl_->listeners = std::move(listeners);
  impl_->dispatcher = std::make_unique<Dispatcher>(impl_->services, impl_->router,
                                                   hosts_of(settings, impl_->listeners));
  impl_->host = std::make_unique<ConnectionHost>(
      ConnectionHost{impl_->loop, *impl_->dispatcher, settings, impl_->clock,
                     [impl = impl_.get()](const Connection& gone) { impl->left(gone); }});
  for (const Listener& listener : impl_->listeners) {
    impl_->bound.push_back({listener.address(), listener.port()});
    impl_->gates.push_back(std::make_unique<Impl::Gate>(impl_->loop.io(), listener));
    impl_->arm(*impl_->gates.back());
  }
  return {};
}

const std::vector<Bound>& Server::bound() const noexcept { return impl_->bound; }

void Server::run() { impl_->loop.run(); }

void Server::stop() {
  impl_->loop.post([impl = impl_.get()] { impl->wind_down(); });
}

void Server::post(std::function<void()> work) { impl_->loop.post(std::move(work)); }

}  // namespace leat::admin
