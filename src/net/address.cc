#include "net/address.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <charconv>

namespace leat::net {
namespace {

constexpr std::uint16_t kDefaultPort = 8780;

Status invalid(std::string message, std::string_view text) {
  return Status(Code::invalid_argument, std::move(message)).with("address", text);
}

bool parse_port(std::string_view text, std::uint16_t& out) noexcept {
  if (text.empty() || text.size() > 5) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

// Names and addresses only: what could end the header line or the authority is refused.
bool plain_host(std::string_view host) noexcept {
  if (host.empty() || host.size() > 253) return false;
  for (const char c : host) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-' || c == '_' || c == ':';
    if (!fine) return false;
  }
  return true;
}

Result<Address> split_host(std::string_view text, bool port_needed) {
  std::string_view host = text;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return invalid("`[` without `]`", text);
    host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    in6_addr ignored{};
    if (inet_pton(AF_INET6, std::string(host).c_str(), &ignored) != 1) {
      return invalid("not an IPv6 address between the brackets", text);
    }
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    if (text.find(':', colon + 1) != std::string_view::npos) {
      return invalid("write an IPv6 address in brackets: [::1]:8780", text);
    }
    host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  Address address;
  address.host = host;
  address.port = kDefaultPort;
  if (!plain_host(host)) return invalid("not a host name or address", text);
  if (rest.empty() && port_needed) return invalid("the port is missing: host:port", text);
  if (!rest.empty() && (rest.front() != ':' || !parse_port(rest.substr(1), address.port))) {
    return invalid("the port must be a number from 0 to 65535", text);
  }
  return address;
}

}  // namespace

std::string Address::to_string() const {
  return is_unix() ? "unix:" + unix_path : "http://" + host_header();
}

std::string Address::host_header() const {
  if (is_unix()) return "localhost";
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Address> parse_address(std::string_view text) {
  if (text.starts_with("unix:")) {
    std::string_view path = text.substr(5);
    if (path.starts_with("//")) path.remove_prefix(2);
    if (!path.starts_with('/')) return invalid("a Unix socket is written unix:/path", text);
    if (path.size() >= sizeof(sockaddr_un::sun_path))
      return invalid("the path of the Unix socket is too long", text);
    Address address;
    address.unix_path = path;
    return address;
  }
  if (text.starts_with("https://"))
    return invalid("https is not available yet: use http or unix:/path", text);
  if (!text.starts_with("http://"))
    return invalid("an address is written http://host:port or unix:/path", text);
  std::string_view authority = text.substr(7);
  if (authority.ends_with('/')) authority.remove_suffix(1);
  if (authority.find_first_of("/?#@") != std::string_view::npos) {
    return invalid("only host and port may follow http://", text);
  }
  Result<Address> address = split_host(authority, false);
  if (address.ok() && address->port == 0) return invalid("port 0 is no place to connect to", text);
  return address;
}

Result<Address> parse_host_port(std::string_view text) { return split_host(text, true); }

bool is_loopback(std::string_view host) noexcept {
  if (host == "localhost") return true;
  const std::string name(host);
  in_addr v4{};
  if (inet_pton(AF_INET, name.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, name.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace leat::net
