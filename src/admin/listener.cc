#include "admin/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "net/address.h"

namespace leat::admin {
namespace {

constexpr int kBacklog = 128;

std::string text_of_errno(int error) {
  std::array<char, 128> buffer{};
  return ::strerror_r(error, buffer.data(), buffer.size());
}

Status failed(Code code, std::string what, int error) {
  return {code, std::move(what) + ": " + text_of_errno(error)};
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
};

bool fill_address(const net::Address& from, SocketAddress& to) {
  auto* v4 = reinterpret_cast<sockaddr_in*>(&to.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&to.storage);
  const std::string host = from.host == "localhost" ? "127.0.0.1" : from.host;
  if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(from.port);
    to.size = sizeof(sockaddr_in);
    return true;
  }
  if (::inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) != 1) return false;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(from.port);
  to.size = sizeof(sockaddr_in6);
  return true;
}

std::uint16_t port_of(SocketAddress& address) {
  if (address.storage.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port);
  return ntohs(reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port);
}

std::string host_of(const sockaddr_storage& storage) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* from = nullptr;
  if (storage.ss_family == AF_INET)
    from = &reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr;
  if (storage.ss_family == AF_INET6)
    from = &reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr;
  if (from == nullptr || ::inet_ntop(storage.ss_family, from, text.data(), text.size()) == nullptr)
    return "unknown";
  return text.data();
}

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

// Makes way for a new socket file at `path`.
Status clear_stale(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode))
    return {Code::invalid_argument, "`" + path + "` exists and is no socket: remove it"};
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return failed(Code::unavailable, "no socket", errno);
  const sockaddr_un address = unix_address(path);
  const bool refused =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
      errno == ECONNREFUSED;
  ::close(fd);
  if (!refused) return {Code::already_exists, "another process listens on `" + path + "`"};
  if (::unlink(path.c_str()) != 0)
    return failed(Code::unavailable, "`" + path + "` cannot be replaced", errno);
  return {};
}

}  // namespace

Result<Listener> Listener::tcp(const std::string& text) {
  Result<net::Address> wanted = net::parse_host_port(text);
  if (!wanted.ok()) return wanted.status();
  if (!net::is_loopback(wanted->host)) {
    return Status(Code::not_available_yet,
                  "listening on `" + text +
                      "` needs TLS, which is not available yet: use a loopback address");
  }
  SocketAddress address;
  if (!fill_address(*wanted, address))
    return Status(Code::invalid_argument, "`" + text + "` is no address to listen on");
  Listener listener(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (listener.fd_ < 0) return failed(Code::unavailable, "no socket for `" + text + "`", errno);
  const int on = 1;
  ::setsockopt(listener.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(listener.fd_, address.get(), address.size) != 0 ||
      ::listen(listener.fd_, kBacklog) != 0) {
    const int error = errno;
    if (error == EADDRINUSE) {
      return Status(
          Code::already_exists,
          "`" + text +
              "` is in use by another process: choose another port, or 0 for any free one");
    }
    return failed(error == EACCES ? Code::permission_denied : Code::unavailable,
                  "cannot listen on `" + text + "`", error);
  }
  if (::getsockname(listener.fd_, address.get(), &address.size) != 0)
    return failed(Code::internal, "no bound address", errno);
  listener.port_ = port_of(address);
  const std::string host = host_of(address.storage);
  listener.address_ = (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
                      std::to_string(listener.port_);
  return listener;
}

Result<Listener> Listener::unix_socket(const std::string& path, std::uint32_t mode) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un{}.sun_path)) {
    return Status(Code::invalid_argument,
                  "the path of a Unix socket has 1 to 107 bytes: `" + path + "`");
  }
  LEAT_RETURN_IF_ERROR(clear_stale(path));
  Listener listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (listener.fd_ < 0) return failed(Code::unavailable, "no socket for `" + path + "`", errno);
  // The file is born closed, so that nobody gets in before it has its mode.
  if (::fchmod(listener.fd_, 0) != 0)
    return failed(Code::internal, "no mode for `" + path + "`", errno);
  const sockaddr_un address = unix_address(path);
  if (::bind(listener.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return failed(errno == EACCES ? Code::permission_denied : Code::unavailable,
                  "cannot make `" + path + "`", errno);
  }
  listener.path_ = path;
  listener.address_ = path;
  if (::listen(listener.fd_, kBacklog) != 0 ||
      ::chmod(path.c_str(), static_cast<mode_t>(mode & 0777)) != 0) {
    return failed(Code::unavailable, "cannot listen on `" + path + "`", errno);
  }
  return listener;
}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      address_(std::move(other.address_)),
      path_(std::exchange(other.path_, {})),
      port_(other.port_) {}

Listener& Listener::operator=(Listener&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(address_, other.address_);
  std::swap(path_, other.path_);
  std::swap(port_, other.port_);
  return *this;
}

Listener::~Listener() {
  if (fd_ < 0) return;
  if (!path_.empty()) ::unlink(path_.c_str());
  ::close(fd_);
}

Accepted accept_one(const Listener& listener) {
  Accepted accepted;
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  accepted.fd = ::accept4(listener.fd(), reinterpret_cast<sockaddr*>(&storage), &size,
                          SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (accepted.fd < 0) {
    accepted.error = errno;
    return accepted;
  }
  if (listener.transport() == Transport::tcp) {
    const int on = 1;
    ::setsockopt(accepted.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    accepted.peer.address = host_of(storage);
    return accepted;
  }
  ucred credentials{};
  socklen_t length = sizeof(credentials);
  accepted.peer.address = "unix";
  if (::getsockopt(accepted.fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0) {
    accepted.peer.unix_user = credentials.uid;
    accepted.peer.address = "unix:" + std::to_string(credentials.uid);
  }
  return accepted;
}

}  // namespace leat::admin
