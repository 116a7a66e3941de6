#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon.h"
#include "support/real_broker.h"
#include "topics.h"

namespace leat::test {
namespace {

namespace fs = std::filesystem;

// As the documentation says: beside it, then renamed.
void drop(const Daemon& daemon, const fs::path& library, const std::string& name) {
  const fs::path folder = daemon.state_dir() + "/plugins.d";
  fs::copy_file(library, folder / (".new-" + name), fs::copy_options::overwrite_existing);
  fs::rename(folder / (".new-" + name), folder / name);
}

std::string text_of(const json::Value& value, const std::string& pointer) {
  const json::Value* const found = json::find_pointer(value, pointer);
  return found != nullptr && found->as_string() != nullptr ? *found->as_string() : "";
}

bool has_version(const Daemon& daemon, const std::string& name) {
  return daemon.call("GET", "/v1/plugins/" + name).status == 200;
}

// The code with which the newest file of this name was refused.
std::string refused(const Daemon& daemon, const std::string& file) {
  const Daemon::Answer answer = daemon.call("GET", "/v1/plugins");
  const json::Value* const all = answer.body.find("refused");
  if (all == nullptr) return answer.text;
  for (const json::Value& one : all->elements())
    if (text_of(one, "/file") == file) return text_of(one, "/code");
  return "";
}

std::string pipeline(const std::string& name, const std::string& plugins, const std::string& value) {
  return R"({"name":")" + name + R"(","plugins":)" + plugins + R"(,"sources":{"in":{"kafka":{"topics":[")" + name +
         R"(-in"]}}},"steps":[{"id":"place","set":{"at":")" + value + R"("}}],"sinks":{"out":{"kafka":{"topic":")" + name + R"(-out"}}}})";
}

void produce(const std::string& brokers, const std::string& topic, const std::vector<std::string>& values) {
  const auto client = make_client(RD_KAFKA_PRODUCER, brokers);
  for (const std::string& value : values)
    ASSERT_EQ(rd_kafka_producev(client.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
              RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_EQ(rd_kafka_flush(client.get(), kWaitMsMax), RD_KAFKA_RESP_ERR_NO_ERROR);
}

TEST(Plugins, ALibraryThatIsDroppedInAnswersInADefinition) {
  const std::string brokers = RealBroker::shared().bootstrap();
  create_topic(brokers, "places-in");
  create_topic(brokers, "places-out");
  Daemon daemon(brokers);
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::string definition = pipeline("places", R"({"geo":"1.0"})", "geo.geohash(lat, lon, 5)");
  const Daemon::Answer before = daemon.call("POST", "/v1/pipelines", definition);
  EXPECT_EQ(before.status, 422);
  EXPECT_EQ(text_of(before.body, "/errors/0/code"), "UNKNOWN_PLUGIN") << before.text;

  drop(daemon, LEAT_GEO_PLUGIN, "geo.so");
  ASSERT_TRUE(eventually(kWaitMsMax, [&] { return has_version(daemon, "geo"); })) << daemon.log();
  ASSERT_NO_FATAL_FAILURE(daemon.post(definition));
  ASSERT_TRUE(daemon.wait_for("places", "running"));
  ASSERT_NO_FATAL_FAILURE(produce(brokers, "places-in", {R"({"lat":57.64911,"lon":10.40744})", R"({"lat":91.0,"lon":0.0})"}));
  std::vector<std::string> out;
  EXPECT_TRUE(eventually(kWaitMsMax, [&] {
    out.clear();
    read_all(brokers, "places-out", kPartitions, [&](const rd_kafka_message_t& message) {
      out.emplace_back(static_cast<const char*>(message.payload), message.len);
    });
    return !out.empty();
  })) << daemon.log();
  ASSERT_EQ(out.size(), 1u) << "the row off the globe fails alone";
  EXPECT_EQ(out[0], R"({"lat":57.64911,"lon":10.40744,"at":"u4pru"})");

  const Daemon::Answer shown = daemon.call("GET", "/v1/plugins/geo/versions/1.0.0");
  EXPECT_EQ(text_of(shown.body, "/state"), "active") << shown.text;
  EXPECT_EQ(text_of(shown.body, "/used_by/0/pipeline"), "places");
  EXPECT_EQ(text_of(shown.body, "/used_by/0/steps/0"), "place");
  EXPECT_EQ(daemon.call("DELETE", "/v1/plugins/geo/versions/1.0.0").status, 409);
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_TRUE(daemon.wait_for("places", "running")) << "the stored copy is there after a restart";
}

TEST(Plugins, WhatIsWrongInADefinitionIsToldAtItsPlace) {
  Daemon daemon("embedded");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  drop(daemon, LEAT_GEO_PLUGIN, "geo.so");
  ASSERT_TRUE(eventually(kWaitMsMax, [&] { return has_version(daemon, "geo"); })) << daemon.log();
  const auto code = [&](const std::string& plugins, const std::string& value) {
    const Daemon::Answer answer = daemon.call("POST", "/v1/pipelines", pipeline("wrong", plugins, value));
    return std::to_string(answer.status) + " " + text_of(answer.body, "/errors/0/code") + " " + text_of(answer.body, "/errors/0/pointer");
  };
  EXPECT_EQ(code(R"({"geo":"2.0"})", "1"), "422 UNKNOWN_PLUGIN_VERSION /plugins/geo");
  EXPECT_EQ(code(R"({"goe":"1.0"})", "1"), "422 UNKNOWN_PLUGIN /plugins/goe");
  EXPECT_EQ(code(R"({"geo":"1.0"})", "geo.geohas(1.0, 2.0, 3)"), "422 UNKNOWN_FUNCTION /steps/0/set/at");
  EXPECT_EQ(code(R"({"geo":"1.0"})", "geo.geohash('a', 2.0, 3)"), "422 WRONG_ARGUMENTS /steps/0/set/at");
  EXPECT_EQ(code("{}", "geo.geohash(1.0, 2.0, 3)"), "422 UNKNOWN_FUNCTION /steps/0/set/at");
}

TEST(Plugins, BadLibrariesAreRefusedWithTheirOwnCodesAndTheDaemonLives) {
  const fs::path all = LEAT_TEST_PLUGINS;
  const std::vector<std::pair<std::string, std::string>> expected{
      {"without_note", "NOTE_MISSING"},       {"two_notes", "NOTE_INVALID"},     {"without_init", "MISSING_EXPORT"},
      {"more_exports", "EXTRA_EXPORTS"},      {"constructor", "EXTRA_EXPORTS"},  {"with_rpath", "RPATH"},
      {"executable_stack", "EXEC_STACK"},     {"needs_foreign", "NEEDED_NOT_ALLOWED"},
      {"init_fails", "INIT_FAILED"},          {"init_crashes", "PROBE_CRASHED"}, {"init_exits", "PROBE_CRASHED"},
      {"init_hangs", "PROBE_TIMEOUT"},        {"adds_nothing", "BAD_FUNCTION"},  {"adds_twice", "BAD_FUNCTION"},
      {"adds_garbage", "BAD_FUNCTION"},       {"eval_crashes", "PROBE_CRASHED"}, {"eval_hangs", "PROBE_TIMEOUT"},
      {"not_pure", "NOT_BATCH_INVARIANT"}};
  Daemon daemon("embedded");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const pid_t pid = daemon.pid();
  const fs::path folder = daemon.state_dir() + "/plugins.d";
  for (const auto& [name, code] : expected) {
    const std::string file = name + ".so";
    drop(daemon, all / file, file);
    EXPECT_TRUE(eventually(kWaitMsMax, [&] { return !refused(daemon, file).empty(); })) << name;
    EXPECT_EQ(refused(daemon, file), code) << name;
    fs::remove(folder / file);
  }
  std::ofstream(folder / "empty.so").close();
  EXPECT_TRUE(eventually(kWaitMsMax, [&] { return !refused(daemon, "empty.so").empty(); }));
  EXPECT_EQ(refused(daemon, "empty.so"), "NOT_ELF");
  fs::create_symlink(LEAT_GEO_PLUGIN, folder / ".link");
  fs::rename(folder / ".link", folder / "link.so");
  EXPECT_TRUE(eventually(kWaitMsMax, [&] { return !refused(daemon, "link.so").empty(); }));
  EXPECT_EQ(refused(daemon, "link.so"), "SYMLINK");
  EXPECT_EQ(daemon.pid(), pid);
  EXPECT_EQ(daemon.call("GET", "/livez").status, 200);
}

}  // namespace
}  // namespace leat::test
