#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "admin/gate.h"
#include "admin/problem.h"
#include "base/clock.h"

// Who is asking, and how often they may be wrong about it.
namespace leat::admin {

// Least to most; each may do what those before it may.
enum class Role : std::uint8_t { none, viewer, operate, admin };
std::string_view to_string(Role role) noexcept;  // "viewer", "operator", "admin"
bool parse_role(std::string_view text, Role& out) noexcept;

struct Token {
  std::string name;  // what the audit calls its bearer
  Role role = Role::viewer;
  std::string secret;
};

struct AuthSettings {
  enum class Mode : std::uint8_t { token, none } mode = Mode::token;
  std::vector<Token> tokens;
  std::map<std::uint32_t, Role> unix_peers;  // user id → role: no token needed on the Unix socket
  std::uint32_t failures_per_second = 10;    // per peer; more answer 429
};

// The other end of a connection.
struct Peer {
  std::string address;                     // without the port; what failures are counted by
  std::optional<std::uint32_t> unix_user;  // set on the Unix socket
};

struct Identity {
  std::string name;
  Role role = Role::none;
};

// Compares in a time that depends on the lengths only.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

// Decides who sends a request. Thread-confined (io thread). Keeps failure counts of at most
// kPeersMax peers. Never logs or returns a token.
class Authenticator {
 public:
  static constexpr std::size_t kPeersMax = 4096;

  explicit Authenticator(AuthSettings settings) : settings_(std::move(settings)) {}
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  // UNAUTHENTICATED, or RATE_LIMITED when this peer failed too often; right credentials are never
  // refused.
  std::variant<Identity, Problem> identify(const RequestHead& head, const Peer& peer, Instant now);

 private:
  struct Bucket {
    double left = 0;
    Instant at{};
  };
  Problem fail(const Peer& peer, Instant now, std::string detail);
  bool may_fail(const std::string& address, Instant now);

  AuthSettings settings_;
  std::unordered_map<std::string, Bucket> failures_;
};

}  // namespace leat::admin
