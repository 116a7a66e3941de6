#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace leat::net {

// Where a daemon listens. A value.
struct Address {
  std::string unix_path;  // not empty = a Unix socket; the rest is then unused
  std::string host;       // "127.0.0.1", "::1" (without brackets), "localhost"
  std::uint16_t port = 0;

  bool is_unix() const noexcept { return !unix_path.empty(); }
  // "http://127.0.0.1:8780", "http://[::1]:8780", "unix:/run/leat/leat.sock".
  std::string to_string() const;
  // What the Host header says: "127.0.0.1:8780"; "localhost" for a Unix socket.
  std::string host_header() const;
  friend bool operator==(const Address&, const Address&) = default;
};

// Reads "http://host[:port]", "unix:/path" or "unix:///path". Without a port it is 8780. A path
// after the port, user names, other schemes (https among them) and ports outside 1…65535 are
// invalid_argument.
Result<Address> parse_address(std::string_view text);

// Splits "host:port", "[v6]:port" as listeners are written; port 0…65535. invalid_argument
// otherwise.
Result<Address> parse_host_port(std::string_view text);

// True for 127.0.0.0/8, ::1 and the name "localhost". Other names are never resolved.
bool is_loopback(std::string_view host) noexcept;

}  // namespace leat::net
