#include "daemon/outside.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "daemon/definitions.h"
#include "runtime/supervisor.h"

namespace leat::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;

class OutsideTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "leat-outside-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(folder_ + "/secrets/deep");
    ::setenv("LEAT_TEST_OUTSIDE", "orders-eu", 1);
  }
  void TearDown() override {
    ::unsetenv("LEAT_TEST_OUTSIDE");
    std::filesystem::remove_all(folder_);
  }
  std::string write(const std::string& name, std::string_view text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  Result<std::string> file(const std::string& path) {
    return read_outside("file", path, {folder_ + "/secrets"});
  }

  std::string folder_;
};

TEST_F(OutsideTest, ReadsVariables) {
  EXPECT_EQ(*read_outside("env", "LEAT_TEST_OUTSIDE", {}), "orders-eu");
  EXPECT_EQ(read_outside("env", "LEAT_TEST_NOT_SET", {}).status().code(), Code::not_found);
}

TEST_F(OutsideTest, ReadsFilesWithoutOneLineEnd) {
  EXPECT_EQ(*file(write("secrets/a", "value")), "value");
  EXPECT_EQ(*file(write("secrets/b", "value\n\n")), "value\n");
  EXPECT_EQ(*file(write("secrets/deep/c", "value\r\n")), "value");
  EXPECT_EQ(*file(write("secrets/d", "")), "");
  EXPECT_EQ(*file(write("secrets/e", std::string(kOutsideBytesMax, 'x'))),
            std::string(kOutsideBytesMax, 'x'));
}

TEST_F(OutsideTest, RefusesWhatIsNoTextOrTooLong) {
  EXPECT_EQ(file(write("secrets/a", std::string(kOutsideBytesMax + 2, 'x'))).status().code(),
            Code::exhausted);
  EXPECT_EQ(file(write("secrets/b", "\xFF secret")).status().code(), Code::invalid_argument);
  EXPECT_EQ(file(write("secrets/c", std::string_view("a\0b", 3))).status().code(),
            Code::invalid_argument);
  EXPECT_EQ(file(folder_ + "/secrets/deep").status().code(), Code::invalid_argument);
  EXPECT_EQ(file(folder_ + "/secrets/none").status().code(), Code::not_found);
}

TEST_F(OutsideTest, FollowsNoLinksAndNeverWaitsForAPipe) {
  write("other", "out of reach");
  std::filesystem::create_symlink(folder_ + "/other", folder_ + "/secrets/link");
  std::filesystem::create_directory_symlink(folder_, folder_ + "/secrets/up");
  ASSERT_EQ(::mkfifo((folder_ + "/secrets/pipe").c_str(), 0600), 0);
  for (const char* name :
       {"/other", "/secrets/link", "/secrets/up/other", "/secrets/../other", "/secrets/pipe"})
    EXPECT_FALSE(file(folder_ + name).ok()) << name;
}

TEST_F(OutsideTest, DefinitionsGetWhatTheConfigurationAllows) {
  write("secrets/group", "the-group\n");
  ConfigInput input;
  input.system_file = folder_ + "/none";
  input.sets = {"state_dir=" + folder_, "values.env=[\"LEAT_TEST_*\"]",
                "values.folders=[\"" + folder_ + "/secrets\"]", "limits.expression_depth=3"};
  const ConfigResult config = load_config(input);
  ASSERT_TRUE(config.ok());
  const auto read = [&](const std::string& topic, const std::string& filter) {
    return read_definition(*config.config, "p.json",
                           R"({"name": "p", "sources": {"in": {"kafka": {"topics": [")" + topic +
                               R"("], "group": "${file:)" + folder_ +
                               R"(/secrets/group}"}}}, "steps": [{"filter": ")" + filter +
                               R"("}], "sinks": {"out": {"stdout": {}}}})");
  };
  const auto good = read("${env:LEAT_TEST_OUTSIDE}", "a > 1");
  ASSERT_TRUE(good.ok()) << good.status().to_string();
  const auto& kafka = std::get<spec::KafkaSourceSpec>(good->spec->sources[0].kind);
  EXPECT_THAT(kafka.topics, testing::ElementsAre("orders-eu"));
  EXPECT_EQ(kafka.group, "the-group");
  EXPECT_THAT(good->spec->json, Not(HasSubstr("the-group")));
  EXPECT_THAT(read("${env:HOME}", "a > 1").status().message(), HasSubstr("values.env"));
  EXPECT_THAT(read("${env:LEAT_TEST_NOT_SET}", "a > 1").status().message(),
              HasSubstr("[OUTSIDE_VALUE_MISSING]"));
  EXPECT_THAT(read("t", "((((a))))").status().message(), HasSubstr("limits.expression_depth"));
}

TEST_F(OutsideTest, MistakesStandWhereTheyAreInsideAText) {
  ConfigInput input;
  input.system_file = folder_ + "/none";
  input.sets = {"state_dir=" + folder_};
  const ConfigResult config = load_config(input);
  ASSERT_TRUE(config.ok());
  const auto read = [&](const std::string& filter, const std::string& more) {
    return read_definition(*config.config, "p.json",
                           "{\"name\": \"p\", \"sources\": {\"in\": {\"kafka\": {\"topics\": "
                           "[\"t\"]}}},\n\"steps\": [{\"filter\": \"" +
                               filter + "\"}],\n\"sinks\": {\"out\": {\"stdout\": {}}}" + more +
                               "}")
        .status()
        .message();
  };
  EXPECT_THAT(read("a == 1 && nofunction(b)", ""),
              testing::StartsWith("p.json:2:33: there is no function `nofunction`"));
  EXPECT_THAT(read("a == 1 && nofunction(b)", ", \"nothing\": 1"),
              HasSubstr("p.json:2:33: there is no function `nofunction`"))
      << "also beside mistakes of other kinds";
}

}  // namespace
}  // namespace leat::daemon
