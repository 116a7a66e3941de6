#pragma once

#include <cstdint>
#include <string>

#include "admin/auth.h"
#include "admin/dispatch.h"
#include "base/status.h"

namespace leat::admin {

// An open listening socket, non-blocking, closed with the object; a Unix socket's file is removed
// too. Movable only.
class Listener {
 public:
  // "127.0.0.1:8780", "[::1]:0", "localhost:0". Only loopback: anything else needs TLS and is
  // not_available_yet.
  static Result<Listener> tcp(const std::string& address);
  // Replaces a socket file that nobody listens on; one in use is already_exists, any other file is
  // invalid_argument.
  static Result<Listener> unix_socket(const std::string& path, std::uint32_t mode);

  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&& other) noexcept;
  ~Listener();

  int fd() const noexcept { return fd_; }
  Transport transport() const noexcept {
    return path_.empty() ? Transport::tcp : Transport::unix_socket;
  }
  const std::string& address() const noexcept {
    return address_;
  }                                                      // with the bound port, or the path
  std::uint16_t port() const noexcept { return port_; }  // 0 for a Unix socket

 private:
  explicit Listener(int fd) noexcept : fd_(fd) {}
  int fd_ = -1;
  std::string address_;
  std::string path_;
  std::uint16_t port_ = 0;
};

struct Accepted {
  int fd = -1;    // the caller's; non-blocking
  int error = 0;  // errno when fd is -1; EAGAIN = nobody waits
  Peer peer;
};
// Takes one waiting connection.
Accepted accept_one(const Listener& listener);

}  // namespace leat::admin
