#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"
#include "net/address.h"

namespace leat::net {

// One connected stream socket. Every call blocks until it is done or its deadline (an instant of
// the clock given at the start) has passed: then timed_out. A peer that is away or goes away is
// unavailable. Thread-confined.
class Socket {
 public:
  // Tries each address that the name has. Resolving a name is not covered by the deadline.
  static Result<Socket> connect(const Address& address, const Clock& clock, Instant deadline);

  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  Status write_all(std::string_view bytes, Instant deadline);
  // At least one byte, or 0 when the peer closed.
  Result<std::size_t> read_some(std::span<char> into, Instant deadline);

 private:
  Socket(int fd, const Clock& clock) noexcept : fd_(fd), clock_(&clock) {}
  Status wait_for(short events, Instant deadline);
  Status finish_connect(Instant deadline);
  static Result<Socket> connect_unix(const Address& address, const Clock& clock, Instant deadline);
  static Result<Socket> connect_tcp(const Address& address, const Clock& clock, Instant deadline);

  int fd_;
  const Clock* clock_;
};

}  // namespace leat::net
