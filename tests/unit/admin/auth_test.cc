#include "admin/auth.h"

#include <gtest/gtest.h>

namespace leat::admin {
namespace {

RequestHead asking(std::vector<std::string> authorizations) {
  RequestHead head;
  for (std::string& value : authorizations)
    head.headers.emplace_back("authorization", std::move(value));
  return head;
}

AuthSettings settings() {
  AuthSettings settings;
  settings.tokens = {{"boss", Role::admin, "secret-a"},
                     {"grafana", Role::viewer, "secret-v"},
                     {"broken", Role::admin, ""}};
  settings.unix_peers = {{1000, Role::admin}};
  settings.failures_per_second = 3;
  return settings;
}

const Peer kPeer{"127.0.0.1", std::nullopt};
const Instant kStart{};

class Auth : public testing::Test {
 protected:
  std::string ask(std::vector<std::string> authorizations, const Peer& peer = kPeer,
                  Instant now = kStart) {
    const auto found = authenticator_.identify(asking(std::move(authorizations)), peer, now);
    if (const auto* identity = std::get_if<Identity>(&found))
      return identity->name + ":" + std::string(to_string(identity->role));
    return std::string(info_of(std::get<Problem>(found).code).name);
  }
  Authenticator authenticator_{settings()};
};

TEST_F(Auth, ATokenSaysWhoIsAsking) {
  EXPECT_EQ(ask({"Bearer secret-a"}), "boss:admin");
  EXPECT_EQ(ask({"bearer secret-v"}), "grafana:viewer");
}

TEST_F(Auth, AnythingElseIsNobody) {
  const Peer other{"::1", std::nullopt};
  EXPECT_EQ(ask({}), "UNAUTHENTICATED");
  EXPECT_EQ(ask({"Bearer secret-b"}), "UNAUTHENTICATED");
  EXPECT_EQ(ask({"Bearer secret-a", "Bearer secret-a"}), "UNAUTHENTICATED");
  EXPECT_EQ(ask({"Basic secret-a"}, other), "UNAUTHENTICATED");
  EXPECT_EQ(ask({"Bearer "}, other), "UNAUTHENTICATED");
  EXPECT_EQ(ask({"secret-a"}, other), "UNAUTHENTICATED");
}

TEST_F(Auth, AVeryLongTokenIsNobody) {
  EXPECT_EQ(ask({"Bearer " + std::string(10'000, 'x')}), "UNAUTHENTICATED");
}

TEST_F(Auth, FailuresAreLimitedPerPeerAndAGoodTokenIsNeverRefused) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask({"Bearer no"}), "UNAUTHENTICATED");
  EXPECT_EQ(ask({"Bearer no"}), "RATE_LIMITED");
  EXPECT_EQ(ask({"Bearer secret-a"}), "boss:admin");
  EXPECT_EQ(ask({"Bearer no"}, Peer{"::1", std::nullopt}), "UNAUTHENTICATED");
  EXPECT_EQ(ask({"Bearer no"}, kPeer, kStart + std::chrono::milliseconds(400)), "UNAUTHENTICATED");
  EXPECT_EQ(ask({"Bearer no"}, kPeer, kStart + std::chrono::milliseconds(401)), "RATE_LIMITED");
}

TEST_F(Auth, ManyFailingPeersTakeBoundedRoom) {
  for (std::size_t i = 0; i < Authenticator::kPeersMax; ++i) {
    EXPECT_EQ(ask({"Bearer no"}, Peer{std::to_string(i), std::nullopt}), "UNAUTHENTICATED");
  }
  EXPECT_EQ(ask({"Bearer no"}, Peer{"one more", std::nullopt}), "RATE_LIMITED");
  EXPECT_EQ(ask({"Bearer no"}, Peer{"one more", std::nullopt}, kStart + std::chrono::seconds(1)),
            "UNAUTHENTICATED");
}

TEST_F(Auth, AKnownUserNeedsNoTokenOnTheUnixSocket) {
  EXPECT_EQ(ask({}, Peer{"unix:1000", 1000}), "uid:1000:admin");
  EXPECT_EQ(ask({}, Peer{"unix:1001", 1001}), "UNAUTHENTICATED");
  EXPECT_EQ(ask({"Bearer secret-v"}, Peer{"unix:1000", 1000}), "grafana:viewer");
}

TEST(AuthModeNone, EverybodyIsAdmin) {
  AuthSettings none;
  none.mode = AuthSettings::Mode::none;
  Authenticator authenticator(none);
  EXPECT_EQ(std::get<Identity>(authenticator.identify(asking({}), kPeer, kStart)).role,
            Role::admin);
}

TEST(Roles, AreReadAndWritten) {
  Role role{};
  EXPECT_TRUE(parse_role("operator", role));
  EXPECT_EQ(role, Role::operate);
  EXPECT_FALSE(parse_role("none", role));
  EXPECT_FALSE(parse_role("root", role));
}

}  // namespace
}  // namespace leat::admin
