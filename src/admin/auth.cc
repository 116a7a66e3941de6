#include "admin/auth.h"

#include <algorithm>

namespace leat::admin {
namespace {

constexpr std::string_view kScheme = "bearer ";
constexpr std::size_t kTokenBytesMax = 512;

// The token of `Authorization: Bearer …`; empty when the header is something else.
std::string_view bearer_of(std::string_view value) {
  if (value.size() <= kScheme.size()) return {};
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c =
        value[i] >= 'A' && value[i] <= 'Z' ? static_cast<char>(value[i] - 'A' + 'a') : value[i];
    if (c != kScheme[i]) return {};
  }
  value.remove_prefix(kScheme.size());
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  return value;
}

}  // namespace

std::string_view to_string(Role role) noexcept {
  switch (role) {
    case Role::none: return "none";
    case Role::viewer: return "viewer";
    case Role::operate: return "operator";
    case Role::admin: return "admin";
  }
  return "";
}

bool parse_role(std::string_view text, Role& out) noexcept {
  for (const Role role : {Role::viewer, Role::operate, Role::admin}) {
    if (to_string(role) != text) continue;
    out = role;
    return true;
  }
  return false;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<unsigned char>(
        difference | (static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i])));
  }
  return difference == 0;
}

std::variant<Identity, Problem> Authenticator::identify(const RequestHead& head, const Peer& peer,
                                                        Instant now) {
  if (settings_.mode == AuthSettings::Mode::none) return Identity{"anonymous", Role::admin};
  const std::size_t sent = head.count("authorization");
  if (sent == 0 && peer.unix_user) {
    const auto known = settings_.unix_peers.find(*peer.unix_user);
    if (known != settings_.unix_peers.end())
      return Identity{"uid:" + std::to_string(*peer.unix_user), known->second};
  }
  if (sent == 0) return fail(peer, now, "send `Authorization: Bearer <token>`");
  if (sent > 1) return fail(peer, now, "there is more than one Authorization header");
  const std::string_view token = bearer_of(*head.header("authorization"));
  if (token.empty() || token.size() > kTokenBytesMax)
    return fail(peer, now, "send `Authorization: Bearer <token>`");
  const Token* found = nullptr;
  for (const Token& known : settings_.tokens) {
    // All are compared, so that the time says nothing about which one was near.
    if (!known.secret.empty() && equal_in_constant_time(known.secret, token) && found == nullptr)
      found = &known;
  }
  if (found == nullptr) return fail(peer, now, "the token is not known");
  return Identity{found->name, found->role};
}

Problem Authenticator::fail(const Peer& peer, Instant now, std::string detail) {
  Problem problem;
  if (!may_fail(peer.address, now)) {
    problem.code = ProblemCode::rate_limited;
    problem.detail = "too many failed authentications";
    problem.headers.emplace_back("Retry-After", "1");
    return problem;
  }
  problem.code = ProblemCode::unauthenticated;
  problem.detail = std::move(detail);
  problem.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"leat\"");
  return problem;
}

bool Authenticator::may_fail(const std::string& address, Instant now) {
  const double most = settings_.failures_per_second;
  auto found = failures_.find(address);
  if (found == failures_.end()) {
    // A bucket that has had a second to fill says nothing any more.
    if (failures_.size() >= kPeersMax) {
      std::erase_if(failures_, [&](const auto& entry) {
        return now - entry.second.at >= std::chrono::seconds(1);
      });
    }
    if (failures_.size() >= kPeersMax) return false;
    found = failures_.emplace(address, Bucket{most, now}).first;
  }
  Bucket& bucket = found->second;
  const double seconds = std::chrono::duration<double>(now - bucket.at).count();
  bucket.left = std::min(most, bucket.left + seconds * most);
  bucket.at = now;
  if (bucket.left < 1) return false;
  bucket.left -= 1;
  return true;
}

}  // namespace leat::admin
