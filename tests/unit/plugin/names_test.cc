#include "plugin/names.h"

#include <gtest/gtest.h>

namespace leat::plugin {
namespace {

TEST(Names, OfPlugins) {
  for (const char* name : {"geo", "a", "fraud_score2", "a234567890123456789012345678901"})
    EXPECT_TRUE(is_plugin_name(name)) << name;
  for (const char* name : {"", "_geo", "2geo", "Geo", "geo.x", "geo-x", "this", "json", "while",
                           "in", "a2345678901234567890123456789012"})
    EXPECT_FALSE(is_plugin_name(name)) << name;
}

TEST(Names, OfFunctionsAndFiles) {
  EXPECT_TRUE(is_function_name("json"));
  EXPECT_FALSE(is_function_name("if"));
  EXPECT_FALSE(is_function_name(std::string(64, 'a')));
  EXPECT_TRUE(is_library_file_name("fraud-1.2.0.so"));
  for (const char* name : {".so", ".x.so", "x.so.tmp", "../x.so", "a b.so", "-x.so", "x.SO"})
    EXPECT_FALSE(is_library_file_name(name)) << name;
  std::string longest(127, 'a');
  longest.append(".so");
  EXPECT_TRUE(is_library_file_name(longest));
  EXPECT_FALSE(is_library_file_name(longest.insert(0, "a")));
}

TEST(Versions, AreReadStrictly) {
  EXPECT_EQ(parse_version("1.20.3"), (Version{1, 20, 3}));
  EXPECT_EQ(to_string(Version{0, 0, 10}), "0.0.10");
  for (const char* text : {"", "1", "1.2", "1.2.", ".1.2", "1.2.3.4", "01.2.3", "1.2.03", "-1.2.3",
                           "1.2.3 ", "1.2.99999999999"})
    EXPECT_FALSE(parse_version(text).has_value()) << text;
  EXPECT_LT(*parse_version("1.9.0"), *parse_version("1.10.0"));
}

TEST(Versions, ARangeTakesAMinorAnExactVersionOrBytes) {
  const std::string content(64, 'a');
  const auto minor = parse_version_range("1.2");
  ASSERT_TRUE(minor.has_value());
  EXPECT_TRUE(minor->takes({1, 2, 0}, content) && minor->takes({1, 2, 99}, content));
  EXPECT_FALSE(minor->takes({1, 3, 0}, content) || minor->takes({2, 2, 0}, content));
  const auto exact = parse_version_range("1.2.3");
  EXPECT_TRUE(exact->takes({1, 2, 3}, content));
  EXPECT_FALSE(exact->takes({1, 2, 4}, content));
  const auto bytes = parse_version_range("sha256:" + content);
  EXPECT_TRUE(bytes->takes({9, 9, 9}, content));
  EXPECT_FALSE(bytes->takes({9, 9, 9}, std::string(64, 'b')));
  for (const char* text : {"1.2", "1.2.3"}) EXPECT_EQ(to_string(*parse_version_range(text)), text);
  for (const char* text : {"", "1", "1.", "1.2.", "1.2.x", "^1.2", "sha256:", "sha256:ABC", "01.2"})
    EXPECT_FALSE(parse_version_range(text).has_value()) << text;
}

}  // namespace
}  // namespace leat::plugin
