#include "net/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

namespace leat::net {
namespace {

Status unavailable(std::string_view what, int error) {
  return Status(Code::unavailable, std::string(what) + ": " + std::strerror(error));
}

constexpr int kSocketFlags = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

}  // namespace

Socket::Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)), clock_(other.clock_) {}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(clock_, other.clock_);
  return *this;
}

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Socket> Socket::connect(const Address& address, const Clock& clock, Instant deadline) {
  Result<Socket> socket = address.is_unix() ? connect_unix(address, clock, deadline)
                                            : connect_tcp(address, clock, deadline);
  if (!socket.ok()) return std::move(socket).status().with("address", address.to_string());
  return socket;
}

Result<Socket> Socket::connect_unix(const Address& address, const Clock& clock, Instant deadline) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (address.unix_path.size() >= sizeof(name.sun_path)) {
    return Status(Code::invalid_argument, "the path of the Unix socket is too long");
  }
  std::memcpy(name.sun_path, address.unix_path.data(), address.unix_path.size());
  Socket socket(::socket(AF_UNIX, kSocketFlags, 0), clock);
  if (socket.fd_ < 0) return unavailable("no socket could be made", errno);
  if (::connect(socket.fd_, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0) {
    if (errno != EINPROGRESS) return unavailable("nothing listens there", errno);
    LEAT_RETURN_IF_ERROR(socket.finish_connect(deadline));
  }
  return socket;
}

Result<Socket> Socket::connect_tcp(const Address& address, const Clock& clock, Instant deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  if (const int error = ::getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found);
      error != 0) {
    return Status(Code::unavailable,
                  std::string("the host name cannot be resolved: ") + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> held(found, &::freeaddrinfo);
  Status last(Code::unavailable, "the host name has no address");
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    Socket socket(::socket(entry->ai_family, kSocketFlags, entry->ai_protocol), clock);
    if (socket.fd_ < 0) {
      last = unavailable("no socket could be made", errno);
      continue;
    }
    const int on = 1;
    ::setsockopt(socket.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (::connect(socket.fd_, entry->ai_addr, entry->ai_addrlen) == 0) return socket;
    last = errno == EINPROGRESS ? socket.finish_connect(deadline)
                                : unavailable("nothing listens there", errno);
    if (last.ok()) return socket;
  }
  return last;
}

Status Socket::finish_connect(Instant deadline) {
  LEAT_RETURN_IF_ERROR(wait_for(POLLOUT, deadline));
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? Status() : unavailable("nothing listens there", error);
}

Status Socket::wait_for(short events, Instant deadline) {
  for (;;) {
    int wait_ms = -1;
    if (deadline != base::kNever) {
      const Duration left = deadline - clock_->now();
      if (left <= Duration::zero())
        return Status(Code::timed_out, "no answer within the time allowed");
      // Rounded up: a rest below one millisecond must not become a busy loop.
      const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
      wait_ms = static_cast<int>(std::min<std::int64_t>(ms, 60'000));
    }
    pollfd entry{fd_, events, 0};
    const int ready = ::poll(&entry, 1, wait_ms);
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return unavailable("waiting on the connection failed", errno);
  }
}

Status Socket::write_all(std::string_view bytes, Instant deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      LEAT_RETURN_IF_ERROR(wait_for(POLLOUT, deadline));
    } else if (errno != EINTR) {
      return unavailable("the connection broke while sending", errno);
    }
  }
  return {};
}

Result<std::size_t> Socket::read_some(std::span<char> into, Instant deadline) {
  for (;;) {
    const ssize_t got = ::recv(fd_, into.data(), into.size(), 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EAGAIN) {
      LEAT_RETURN_IF_ERROR(wait_for(POLLIN, deadline));
    } else if (errno != EINTR) {
      return unavailable("the connection broke before the answer was complete", errno);
    }
  }
}

}  // namespace leat::net
