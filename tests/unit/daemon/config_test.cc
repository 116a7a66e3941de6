#include "daemon/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "daemon/machine.h"
#include "json/parse.h"

namespace leat::daemon {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "leat-config-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    input_.system_file = folder_ + "/no-such-file";
    input_.environment = {{"STATE_DIRECTORY", "/var/lib/for-tests"}};
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, std::string_view text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  ConfigResult load_text(std::string_view text) {
    input_.file = write("leat.json", text);
    return load_config(input_);
  }
  ConfigResult load() { return load_config(input_); }
  static const Effective& effective(const ConfigResult& result, std::string_view key) {
    for (const Effective& held : result.effective) {
      if (held.key == key) return held;
    }
    ADD_FAILURE() << "no " << key;
    std::abort();
  }
  static std::string codes(const ConfigResult& result) {
    std::string all;
    for (const ConfigProblem& problem : result.problems)
      all += (all.empty() ? "" : " ") + problem.code;
    return all;
  }
  static std::string lines(const ConfigResult& result) {
    std::string all;
    for (const ConfigProblem& problem : result.problems) all += problem.to_line() + "\n";
    return all;
  }

  std::string folder_;
  ConfigInput input_;
};

TEST_F(ConfigTest, WithoutAnythingTheDefaultsCount) {
  const ConfigResult result = load();
  ASSERT_TRUE(result.ok()) << lines(result);
  const Config& config = *result.config;
  EXPECT_EQ(config.application, "leat");
  EXPECT_EQ(config.state_dir, "/var/lib/for-tests");
  ASSERT_EQ(config.http.listen.size(), 1u);
  EXPECT_EQ(config.http.listen[0].host_header(), "127.0.0.1:8780");
  EXPECT_EQ(config.http.unix_path, "/var/lib/for-tests/leat.sock");
  EXPECT_EQ(config.http.unix_mode, 0660u);
  EXPECT_EQ(config.http.header_timeout, 5s);
  EXPECT_EQ(config.http.definition_max, 1024u * 1024u);
  EXPECT_FALSE(config.http.hosts.has_value());
  EXPECT_EQ(config.auth.mode, AuthMode::token);
  EXPECT_EQ(config.auth.token_file, "/var/lib/for-tests/admin.token");
  EXPECT_THAT(config.kafka.profiles.at("default").brokers, ElementsAre("127.0.0.1:9092"));
  EXPECT_GE(config.workers, 1u);
  EXPECT_GT(config.memory_bytes, 0u);
  EXPECT_THAT(config.files_read, ElementsAre("/var/lib/for-tests/files/in"));
  EXPECT_EQ(config.defaults.stop_timeout, 30s);
  EXPECT_EQ(config.restart.give_up_after, 20u);
}

TEST_F(ConfigTest, EveryRowOfTheTableHasADefaultThatFits) {
  for (const Setting& setting : all_settings()) {
    if (setting.availability == Availability::later ||
        setting.fallback.find('<') != std::string_view::npos)
      continue;
    input_.flags.emplace_back(std::string(setting.key), std::string(setting.fallback));
    if (setting.key.find('*') != std::string_view::npos) input_.flags.pop_back();
  }
  const ConfigResult result = load();
  EXPECT_TRUE(result.ok()) << lines(result);
}

TEST_F(ConfigTest, EverySettingToComeIsRefusedByName) {
  for (const Setting& setting : all_settings()) {
    if (setting.availability == Availability::now) continue;
    std::string key(setting.key);
    if (const auto star = key.find('*'); star != std::string::npos) key.replace(star, 1, "main");
    input_.flags = {{key, std::string(setting.fallback.empty() ? "\"x\"" : setting.fallback)}};
    const ConfigResult result = load();
    ASSERT_EQ(codes(result), "NOT_AVAILABLE_YET") << key;
    EXPECT_THAT(result.problems[0].message, HasSubstr(key));
  }
}

TEST_F(ConfigTest, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  const auto port_with = [&](std::string_view file, bool environment, bool set, bool flag) {
    input_.environment = {{"STATE_DIRECTORY", "/s"}};
    input_.sets.clear();
    input_.flags.clear();
    if (environment) input_.environment.emplace_back("LEAT_HTTP__LISTEN", "[\"127.0.0.1:2\"]");
    if (set) input_.sets = {"http.listen=[\"127.0.0.1:3\"]"};
    if (flag) input_.flags = {{"http.listen", "[\"127.0.0.1:4\"]"}};
    const ConfigResult result = load_text(file);
    return result.ok() ? result.config->http.listen.at(0).port : 0;
  };
  const std::string_view file = R"({"http": {"listen": ["127.0.0.1:1"]}})";
  EXPECT_EQ(port_with("{}", false, false, false), 8780);
  EXPECT_EQ(port_with(file, false, false, false), 1);
  EXPECT_EQ(port_with(file, true, false, false), 2);
  EXPECT_EQ(port_with(file, true, true, false), 3);
  EXPECT_EQ(port_with(file, true, true, true), 4);
}

TEST_F(ConfigTest, OriginsSayWhereAValueComesFrom) {
  input_.environment.emplace_back("LEAT_LOG__LEVEL", "warn");
  input_.environment.emplace_back("LEAT__WORKERS", "3");
  input_.sets = {"application=shop"};
  const ConfigResult result =
      load_text("// mine\n{ \"instance\": \"a\",\n  \"http\": { \"streams_max\": 7 } }");
  ASSERT_TRUE(result.ok()) << lines(result);
  EXPECT_EQ(effective(result, "http.streams_max").where, folder_ + "/leat.json:3");
  EXPECT_EQ(effective(result, "http.streams_max").origin, Origin::file);
  EXPECT_EQ(effective(result, "log.level").where, "LEAT_LOG__LEVEL");
  EXPECT_EQ(effective(result, "workers").origin, Origin::environment);
  EXPECT_EQ(result.config->workers, 3u);
  EXPECT_EQ(effective(result, "application").origin, Origin::flag);
  EXPECT_EQ(effective(result, "http.body_max").origin, Origin::fallback);
  const std::string printed = print_origins(result);
  EXPECT_THAT(printed, testing::ContainsRegex("log.level +\"warn\"  env:LEAT_LOG__LEVEL\n"));
  EXPECT_THAT(printed, testing::ContainsRegex("http.streams_max +7  file:.*leat.json:3\n"));
  EXPECT_THAT(printed, testing::ContainsRegex("application +\"shop\"  flag\n"));
  EXPECT_THAT(printed, testing::ContainsRegex("http.body_max +\"256KiB\"  default\n"));
}

TEST_F(ConfigTest, TheFileIsNamedByFlagThenByVariableThenBySystem) {
  input_.system_file = write("system.json", R"({"application": "system"})");
  EXPECT_EQ(load().config->application, "system");
  input_.environment.emplace_back("LEAT_CONFIG",
                                  write("named.json", R"({"application": "named"})"));
  EXPECT_EQ(load().config->application, "named");
  input_.file = write("flag.json", R"({"application": "flag"})");
  EXPECT_EQ(load().config->application, "flag");
}

TEST_F(ConfigTest, ANamedFileMustBeThereAndReadable) {
  input_.file = folder_ + "/missing.json";
  EXPECT_EQ(codes(load()), "UNREADABLE");
  input_.file = folder_;
  EXPECT_EQ(codes(load()), "UNREADABLE");
  input_.file = write("big.json", std::string(ConfigInput::kFileBytesMax + 1, ' '));
  EXPECT_EQ(codes(load()), "UNREADABLE");
  input_.file = write("gigabyte.json", "");
  std::filesystem::resize_file(*input_.file, std::uintmax_t{1} << 30);
  EXPECT_EQ(codes(load()), "UNREADABLE");
}

TEST_F(ConfigTest, BadTextIsRefusedWithItsPlace) {
  EXPECT_EQ(codes(load_text("")), "MALFORMED_JSON");
  EXPECT_EQ(codes(load_text(std::string_view("\0\1\2", 3))), "MALFORMED_JSON");
  EXPECT_EQ(codes(load_text("{\"workers\": 1,}")), "MALFORMED_JSON");
  EXPECT_EQ(codes(load_text("[]")), "INVALID_VALUE");
  const ConfigResult twice = load_text("{ \"workers\": 1,\n  \"workers\": 2 }");
  EXPECT_EQ(codes(twice), "DUPLICATE_KEY");
  EXPECT_THAT(lines(twice), HasSubstr("leat.json:2:3: "));
}

TEST_F(ConfigTest, AllMistakesAreReportedAtOnceWithPlacesAndSuggestions) {
  input_.environment.emplace_back("LEAT_HTPP__LISTEN", "[]");
  input_.sets = {"nonsense"};
  const ConfigResult result = load_text(
      "{ \"wokers\": 2,\n  \"http\": { \"listn\": [], \"body_max\": 5, \"listen\": [\"0.0.0.0:1\"] "
      "},\n  \"log\": \"info\",\n"
      "  \"kafka\": { \"profiles\": { \"p\": { \"borkers\": [\"x\"] } } } }");
  EXPECT_FALSE(result.ok());
  const std::string all = lines(result);
  EXPECT_THAT(
      all,
      HasSubstr(
          "leat.json:1:3: there is no setting `wokers` [UNKNOWN_SETTING]; did you mean `workers`"));
  EXPECT_THAT(all, HasSubstr("leat.json:2:13: there is no setting `http.listn` [UNKNOWN_SETTING]; "
                             "did you mean `http.listen`"));
  EXPECT_THAT(all, HasSubstr("`http.body_max`: must be a size"));
  EXPECT_THAT(all, HasSubstr("`log` must be an object"));
  EXPECT_THAT(all, HasSubstr("did you mean `kafka.profiles.p.brokers`"));
  EXPECT_THAT(all, HasSubstr("LEAT_HTPP__LISTEN: there is no setting `htpp.listen`"));
  EXPECT_THAT(all, HasSubstr("`nonsense` is not key=value"));
  EXPECT_THAT(all, HasSubstr("NEEDS_TLS"));
}

TEST_F(ConfigTest, OnlyDoubleUnderscoresAreSettings) {
  for (const char* name :
       {"LEAT_URL", "LEAT_TOKEN", "LEAT_TOKEN_FILE", "LEAT_FAULTS", "LEATHER__X", "OTHER__LEAT"}) {
    input_.environment.emplace_back(name, "whatever");
  }
  EXPECT_TRUE(load().ok());
  input_.environment.emplace_back("LEAT__HTTP__LISTEN", "[]");
  EXPECT_EQ(codes(load()), "UNKNOWN_SETTING");
}

TEST_F(ConfigTest, ValuesThatDoNotFitAreRefused) {
  const std::pair<const char*, const char*> cases[] = {
      {"application", "Leat"},
      {"application", "\"\""},
      {"application", "3"},
      {"workers", "0"},
      {"workers", "1.5"},
      {"workers", "\"many\""},
      {"workers", "4294967297"},
      {"http.connections_max", "4097"},
      {"http.connections_max", "true"},
      {"http.header_timeout", "5"},
      {"http.header_timeout", "\"5\""},
      {"http.header_timeout", "\"0s\""},
      {"http.body_max", "\"1 MB\""},
      {"http.unix_mode", "\"0990\""},
      {"http.unix_mode", "660"},
      {"http.listen", "\"127.0.0.1:1\""},
      {"http.listen", "[1]"},
      {"http.listen", "[\"127.0.0.1\"]"},
      {"http.listen", "[\"127.0.0.1:70000\"]"},
      {"auth.mode", "maybe"},
      {"auth.tokens", "{}"},
      {"auth.tokens", R"([{"name":"ci","role":"root","token":"${env:X}"}])"},
      {"auth.tokens", R"([{"name":"ci","role":"admin","token":"plain"}])"},
      {"auth.unix_peers", R"({"0":"king"})"},
      {"auth.unix_peers", R"({"no-such-user-here":"admin"})"},
      {"log.level", "loud"},
      {"log.loggers", R"({"kafka":"loud"})"},
      {"kafka.default_profile", "nowhere"},
      {"kafka.profiles.default.brokers", "[]"},
      {"kafka.profiles.default.brokers", "[\"embedded\",\"x:1\"]"},
      {"kafka.profiles.default.properties", R"({"group.id":"x"})"},
      {"kafka.profiles.default.properties", R"({"Plugin.Library.Paths":"x"})"},
      {"kafka.profiles.Default.brokers", "[\"a:1\"]"},
      {"kafka.profiles.default.properties", R"({"a":[1]})"},
      {"state_dir", "\"\""},
      {"state_dir", "null"},
      {"http", "{}"},
      {"kafka.profiles", "{}"},
      {"defaults.delivery", "exactly_once"},
      {"defaults.start", "middle"},
      {"restart.max", "\"1ms\""},
      {"metrics.public", "\"yes\""}};
  for (const auto& [key, text] : cases) {
    input_.sets = {std::string(key) + "=" + text};
    const ConfigResult result = load();
    EXPECT_FALSE(result.ok()) << key << "=" << text;
    EXPECT_FALSE(result.problems.empty()) << key;
  }
}

TEST_F(ConfigTest, ListsAndObjectsReplace) {
  input_.sets = {R"(kafka.profiles.default.properties={"a":"2"})", "http.origins=[\"http://b\"]"};
  const ConfigResult result = load_text(
      R"({"http":{"origins":["http://a"]},"kafka":{"profiles":{"default":{"properties":{"a":"1","b":"1"}}}}})");
  ASSERT_TRUE(result.ok()) << lines(result);
  EXPECT_THAT(result.config->http.origins, ElementsAre("http://b"));
  EXPECT_EQ(result.config->kafka.profiles.at("default").properties.size(), 1u);
}

TEST_F(ConfigTest, ProfilesHaveNamesBrokersAndProperties) {
  input_.environment.emplace_back("LEAT_KAFKA__PROFILES__TEST__BROKERS", "a:1,b:2");
  const ConfigResult result = load_text(
      R"({"kafka":{"default_profile":"prod.eu","profiles":{"prod.eu":{"brokers":["k:9092"],"properties":{"fetch.min.bytes":5,"x":true}}}}})");
  ASSERT_TRUE(result.ok()) << lines(result);
  EXPECT_THAT(result.config->kafka.profiles.at("test").brokers, ElementsAre("a:1", "b:2"));
  const auto properties = result.config->kafka.profiles.at("prod.eu").resolved();
  EXPECT_EQ(properties->at("fetch.min.bytes"), "5");
  EXPECT_EQ(properties->at("x"), "true");
  EXPECT_THAT(print_config(result), HasSubstr("\"prod.eu\": {"));
}

TEST_F(ConfigTest, AProfileWithoutBrokersIsRefused) {
  EXPECT_EQ(codes(load_text(R"({"kafka":{"profiles":{"prod":{"properties":{}}}}})")),
            "INVALID_VALUE");
}

TEST_F(ConfigTest, ReferencesAreResolvedLateAndPrintedAsWritten) {
  const std::string secret = write("secret", "hunter2\n");
  ::setenv("LEAT_TEST_APPLICATION", "fromenv", 1);
  const ConfigResult result = load_text(
      R"({"application":"${env:LEAT_TEST_APPLICATION}","kafka":{"profiles":{"default":{"properties":{"sasl.password":"${file:)" +
      secret + R"(}","sasl.oauthbearer.client.secret":"literal"}}}}})");
  ASSERT_TRUE(result.ok()) << lines(result);
  EXPECT_EQ(result.config->application, "fromenv");
  EXPECT_EQ(result.config->kafka.profiles.at("default").resolved()->at("sasl.password"), "hunter2");
  for (const std::string& printed :
       {print_config(result), print_origins(result), config_items_json(result, {})}) {
    EXPECT_THAT(printed, HasSubstr("${file:" + secret + "}"));
    EXPECT_THAT(printed, testing::Not(HasSubstr("hunter2")));
    EXPECT_THAT(printed, testing::Not(HasSubstr("literal")));
  }
}

TEST_F(ConfigTest, ReferencesToNothingAreMistakes) {
  EXPECT_EQ(codes(load_text(R"({"application":"${env:LEAT_TEST_NO_SUCH}"})")), "INVALID_VALUE");
  EXPECT_EQ(
      codes(load_text(
          R"({"kafka":{"profiles":{"default":{"properties":{"sasl.password":"${file:/no/such}"}}}}})")),
      "INVALID_VALUE");
  EXPECT_EQ(codes(load_text(R"({"application":"${vault:x}"})")), "INVALID_VALUE");
}

TEST_F(ConfigTest, TheStateFolderFollowsTheEnvironmentAndTakesItsFilesAlong) {
  input_.sets = {"state_dir=" + folder_ + "/x/../state"};
  const ConfigResult result = load();
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.config->state_dir, folder_ + "/state");
  EXPECT_EQ(result.config->auth.token_file, folder_ + "/state/admin.token");
  input_.sets.clear();
  input_.environment = {{"STATE_DIRECTORY", "/a:/b"}, {"RUNTIME_DIRECTORY", "/run/leat"}};
  EXPECT_EQ(load().config->state_dir, "/a");
  EXPECT_EQ(load().config->http.unix_path, "/run/leat/leat.sock");
}

TEST_F(ConfigTest, ATooLongDefaultSocketPathMeansNoSocketButAGivenOneIsAMistake) {
  const std::string deep = "/" + std::string(150, 'd');
  input_.sets = {"state_dir=" + deep};
  EXPECT_EQ(load().config->http.unix_path, "");
  input_.sets = {"http.unix=" + deep};
  EXPECT_EQ(codes(load()), "INVALID_VALUE");
}

TEST_F(ConfigTest, NobodyCouldReachADaemonWithoutListeners) {
  input_.sets = {"http.listen=[]", "http.unix=null"};
  EXPECT_EQ(codes(load()), "INVALID_VALUE");
  input_.sets = {"http.listen=[]"};
  EXPECT_TRUE(load().ok());
}

TEST_F(ConfigTest, ReloadsKnowWhatNeedsARestart) {
  const ConfigResult before = load_text(R"({"log":{"level":"info"},"workers":1})");
  const ConfigResult after = load_text(
      R"({"log":{"level":"debug"},"workers":2,"kafka":{"profiles":{"new":{"brokers":"b:1"}}}})");
  const ConfigChanges changes = compare(before, after);
  EXPECT_THAT(changes.live, ElementsAre("log.level"));
  EXPECT_THAT(changes.restart, ElementsAre("kafka.profiles.new.brokers",
                                           "kafka.profiles.new.properties", "workers"));
  EXPECT_THAT(compare(after, after).live, IsEmpty());
}

TEST_F(ConfigTest, WhatIsPrintedIsAConfigurationThatReadsBackTheSame) {
  input_.sets = {"workers=2", R"(log.loggers={"kafka":"debug"})"};
  const ConfigResult first = load();
  ASSERT_TRUE(first.ok());
  input_.sets.clear();
  const ConfigResult second = load_text(print_config(first));
  ASSERT_TRUE(second.ok()) << lines(second);
  EXPECT_EQ(print_config(second), print_config(first));
}

TEST(Machine, NamesAreMadeToFit) {
  EXPECT_EQ(fit_name("Web-01.Example.org"), "web-01.example.org");
  EXPECT_EQ(fit_name("--"), "leat");
  EXPECT_EQ(fit_name("a b"), "a-b");
  EXPECT_EQ(fit_name(std::string(100, 'x')).size(), 63u);
}

TEST(Machine, QuotasAreRoundedUpToWholeCores) {
  EXPECT_EQ(cores_of_quota("max 100000\n"), 0u);
  EXPECT_EQ(cores_of_quota("150000 100000\n"), 2u);
  EXPECT_EQ(cores_of_quota("20000 100000\n"), 1u);
  EXPECT_EQ(cores_of_quota(""), 0u);
}

}  // namespace
}  // namespace leat::daemon
