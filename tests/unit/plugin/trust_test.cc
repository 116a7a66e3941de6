#include "plugin/trust.h"

#include <gtest/gtest.h>

#include "crypto/digest.h"

namespace leat::plugin {
namespace {

// RFC 8032, 7.1, test 1: the empty message; and a key that signed nothing here (test 3).
const std::string kKey = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const std::string kOtherKey = "/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=";
const std::string kSignature =
    "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18Flbvi"
    "RlUUFDjnoQCw==";

Trust trust(const std::vector<std::string>& sha256, const std::vector<std::string>& keys) {
  return *Trust::read(sha256, keys);
}

bool trusted(const Trust& trust, std::string_view bytes, std::string_view signature) {
  const auto refusal = trust.check(bytes, crypto::sha256_hex(bytes), signature);
  EXPECT_TRUE(!refusal || refusal->code == RefusalCode::not_trusted);
  return !refusal.has_value();
}

TEST(Trust, NobodyNeedsToVouchUnlessItIsDemanded) {
  EXPECT_TRUE(trusted(Trust(), "bytes", ""));
  EXPECT_FALSE(Trust().demanded());
}

TEST(Trust, AListedDigestIsEnough) {
  const std::string digest = crypto::sha256_hex("bytes");
  std::string upper = digest;
  for (char& c : upper) c = static_cast<char>(c >= 'a' ? c - 32 : c);
  EXPECT_TRUE(trusted(trust({digest}, {}), "bytes", ""));
  EXPECT_TRUE(trusted(trust({upper}, {kKey}), "bytes", ""));
  EXPECT_FALSE(trusted(trust({digest}, {}), "Bytes", ""));
}

TEST(Trust, ASignatureByAnyTrustedKeyIsEnough) {
  const Trust both = trust({}, {kOtherKey, kKey});
  EXPECT_TRUE(trusted(both, "", kSignature));
  EXPECT_TRUE(trusted(both, "", " ed25519=" + kSignature + "\r\n"));
  EXPECT_TRUE(trusted(both, "", *decode_base64(kSignature)));
  EXPECT_FALSE(trusted(both, "other", kSignature));
  EXPECT_FALSE(trusted(trust({}, {kOtherKey}), "", kSignature));
  EXPECT_FALSE(trusted(both, "", ""));
  EXPECT_FALSE(trusted(both, "", "nonsense"));
  EXPECT_FALSE(trusted(both, "", kSignature.substr(4)));
}

TEST(Trust, WrongEntriesAreNamed) {
  EXPECT_EQ(Trust::read({"abc"}, {}).status().code(), Code::invalid_argument);
  EXPECT_EQ(Trust::read({}, {kKey.substr(4)}).status().code(), Code::invalid_argument);
  const Status status = Trust::read({}, {kKey + "\n"}).status();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.fields().at(0).second, kKey + "\n");
}

TEST(Base64, IsReadStrictly) {
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64("Zg=="), "f");
  EXPECT_EQ(decode_base64("Zm8="), "fo");
  EXPECT_EQ(decode_base64("Zm9v"), "foo");
  EXPECT_EQ(decode_base64("+/+/"), "\xfb\xff\xbf");
  for (const char* text :
       {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm 9v", "Zg==Zg==", "_-8="})
    EXPECT_FALSE(decode_base64(text).has_value()) << text;
}

}  // namespace
}  // namespace leat::plugin
