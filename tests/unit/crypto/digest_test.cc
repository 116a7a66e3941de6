#include "crypto/digest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace leat::crypto {
namespace {

std::string hex_of(Digester& digester, DigestKind kind, std::string_view text) {
  std::array<std::uint8_t, kDigestBytesMax> bytes{};
  if (!digester.compute(kind, text, bytes)) return "refused";
  std::string hex;
  for (std::size_t i = 0; i < digest_bytes(kind); ++i) {
    hex += "0123456789abcdef"[bytes[i] >> 4];
    hex += "0123456789abcdef"[bytes[i] & 15];
  }
  return hex;
}

TEST(Digest, GivesThePublishedValues) {
  Digester digester;
  EXPECT_EQ(hex_of(digester, DigestKind::md5, ""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(hex_of(digester, DigestKind::md5, "abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(hex_of(digester, DigestKind::sha1, ""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(hex_of(digester, DigestKind::sha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex_of(digester, DigestKind::sha256, ""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex_of(digester, DigestKind::sha256, "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, OneTextDoesNotReachTheNext) {
  Digester digester;
  const std::string once = hex_of(digester, DigestKind::sha256, "abc");
  hex_of(digester, DigestKind::sha256, std::string(100'000, 'x'));
  hex_of(digester, DigestKind::md5, "abc");
  EXPECT_EQ(hex_of(digester, DigestKind::sha256, "abc"), once);
}

TEST(Digest, AMillionLettersAndZeroBytesCount) {
  Digester digester;
  EXPECT_EQ(hex_of(digester, DigestKind::sha1, std::string(1'000'000, 'a')),
            "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  EXPECT_NE(hex_of(digester, DigestKind::sha1, std::string("a\0b", 3)),
            hex_of(digester, DigestKind::sha1, "ab"));
}

}  // namespace
}  // namespace leat::crypto
