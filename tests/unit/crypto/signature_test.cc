#include "crypto/signature.h"

#include <gtest/gtest.h>

#include <string>

namespace leat::crypto {
namespace {

std::string from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  return bytes;
}

// RFC 8032, 7.1, tests 1 and 3.
const std::string kKeyOfNothing =
    from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
const std::string kSignatureOfNothing = from_hex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e"
    "39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
const std::string kKey =
    from_hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
const std::string kSignature = from_hex(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67"
    "f760984dc6594a7c15e9716ed28dc027beceea1ec40a");

TEST(Ed25519, AgreesWithThePublishedValues) {
  EXPECT_TRUE(verify_ed25519(kKeyOfNothing, "", kSignatureOfNothing));
  EXPECT_TRUE(verify_ed25519(kKey, from_hex("af82"), kSignature));
}

TEST(Ed25519, EveryBitOfMessageSignatureAndKeyCounts) {
  const std::string message = from_hex("af82");
  const auto flipped = [](std::string bytes, std::size_t bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    return bytes;
  };
  for (std::size_t bit = 0; bit < 16; ++bit)
    EXPECT_FALSE(verify_ed25519(kKey, flipped(message, bit), kSignature));
  for (std::size_t bit = 0; bit < 512; bit += 7)
    EXPECT_FALSE(verify_ed25519(kKey, message, flipped(kSignature, bit)));
  for (std::size_t bit = 0; bit < 256; bit += 7)
    EXPECT_FALSE(verify_ed25519(flipped(kKey, bit), message, kSignature));
}

TEST(Ed25519, WrongLengthsAreNoSignature) {
  EXPECT_FALSE(verify_ed25519("", "", ""));
  EXPECT_FALSE(verify_ed25519(kKeyOfNothing.substr(1), "", kSignatureOfNothing));
  EXPECT_FALSE(verify_ed25519(kKeyOfNothing, "", kSignatureOfNothing.substr(1)));
  EXPECT_FALSE(verify_ed25519(kKeyOfNothing + "x", "", kSignatureOfNothing));
}

}  // namespace
}  // namespace leat::crypto
