#include "net/address.h"

#include <gtest/gtest.h>

namespace leat::net {
namespace {

TEST(Address, ReadsTheFormsADaemonPrints) {
  EXPECT_EQ(parse_address("http://127.0.0.1:8781")->to_string(), "http://127.0.0.1:8781");
  EXPECT_EQ(parse_address("http://localhost")->to_string(), "http://localhost:8780");
  EXPECT_EQ(parse_address("http://[::1]:9000/")->to_string(), "http://[::1]:9000");
  EXPECT_EQ(parse_address("unix:/run/leat/leat.sock")->to_string(), "unix:/run/leat/leat.sock");
  EXPECT_EQ(parse_address("unix:///run/leat.sock")->unix_path, "/run/leat.sock");
  EXPECT_EQ(parse_address("unix:/run/leat.sock")->host_header(), "localhost");
}

TEST(Address, RefusesWhatItCannotReach) {
  for (const char* text :
       {"", "127.0.0.1:8780", "https://h:1", "http://", "http://h:0", "http://h:65536",
        "http://h:1x", "http://h:", "http://user@h:1", "http://h:1/path", "http://h?x",
        "http://::1:80", "http://[::1", "http://[xyz]:1", "unix:relative", "http://a\r\nb:1",
        "http://h :1", "ftp://h"}) {
    EXPECT_FALSE(parse_address(text).ok()) << text;
  }
  EXPECT_FALSE(parse_address("unix:/" + std::string(200, 'x')).ok());
}

TEST(Address, ListenersNeedAPortAndMayHavePortZero) {
  EXPECT_EQ(parse_host_port("127.0.0.1:0")->port, 0);
  EXPECT_EQ(parse_host_port("[::1]:8780")->host, "::1");
  EXPECT_FALSE(parse_host_port("127.0.0.1").ok());
  EXPECT_FALSE(parse_host_port(":8780").ok());
}

TEST(Address, LoopbackIsDecidedWithoutResolvingNames) {
  EXPECT_TRUE(is_loopback("127.0.0.1"));
  EXPECT_TRUE(is_loopback("127.9.9.9"));
  EXPECT_TRUE(is_loopback("::1"));
  EXPECT_TRUE(is_loopback("localhost"));
  EXPECT_FALSE(is_loopback("0.0.0.0"));
  EXPECT_FALSE(is_loopback("::"));
  EXPECT_FALSE(is_loopback("10.0.0.1"));
  EXPECT_FALSE(is_loopback("127.0.0.1.example.org"));
}

}  // namespace
}  // namespace leat::net
