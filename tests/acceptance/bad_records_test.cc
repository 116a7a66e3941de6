#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "broker/cluster.h"
#include "daemon.h"

namespace leat::test {
namespace {

using kafka::test::Cluster;
using kafka::test::Outside;
using kafka::test::Plain;
using kafka::test::raw_client;

constexpr int kWaitMs = 120'000;
constexpr std::int64_t kYear294276 = 9'224'318'015'999'999;
constexpr std::size_t kMegabyte = 1'000'000;

// A producer without limits of its own.
class Flood {
 public:
  Flood(const std::string& bootstrap, std::string topic, const std::string& compression)
      : topic_(std::move(topic)),
        producer_(raw_client(RD_KAFKA_PRODUCER, bootstrap,
                             {{"message.max.bytes", "200000000"},
                              {"batch.num.messages", "1"},
                              {"compression.codec", compression}})) {}
  void write(const Plain& record) const {
    const char* const key = record.key ? record.key->data() : nullptr;
    const std::size_t key_size = record.key ? record.key->size() : 0;
    rd_kafka_headers_t* const headers = rd_kafka_headers_new(record.headers.size());
    for (const auto& [name, value] : record.headers)
      rd_kafka_header_add(headers, name.c_str(), -1, value.data(),
                          static_cast<ssize_t>(value.size()));
    ASSERT_EQ(rd_kafka_producev(
                  producer_.get(), RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_PARTITION(0),
                  RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                  RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
                  RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_TIMESTAMP(record.timestamp_ms),
                  RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END),
              RD_KAFKA_RESP_ERR_NO_ERROR);
    ASSERT_EQ(rd_kafka_flush(producer_.get(), kWaitMs), RD_KAFKA_RESP_ERR_NO_ERROR);
  }

 private:
  const std::string topic_;
  const kafka::test::RawClient producer_;
};

std::string header(const Plain& record, const std::string& name) {
  for (const auto& [key, value] : record.headers)
    if (key == name) return value;
  return {};
}

std::string deep(std::size_t depth) {
  return R"({"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
}

std::int64_t resident_megabytes(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) / 1024;
  return std::numeric_limits<std::int64_t>::max();
}

constexpr const char* kDefinition = R"json({
  "name": "hostile", "trigger": {"mode": "real_time", "checkpoint_interval": "200ms"},
  "sources": {"in": {"kafka": {"topics": ["hostile-in"]}}},
  "steps": [{"set": {"copy": "(copy ?? '') + (copy ?? '')"}}],
  "sinks": {"out": {"kafka": {"topic": {"expr": "to ?? 'hostile-out'"}, "topics": ["hostile-out", "hostile-no*"]}}}})json";

// What a hostile writer can put into a topic, all at once, on a broker that takes nearly everything
// and writes to topics that do not.
TEST(HostileRecords, BecomeDeadLettersThatTellWhereTheyAreAndTheOthersPass) {
  RealBroker& broker = RealBroker::shared();
  Cluster cluster(broker);
  cluster.create("hostile-in", 1,
                 {{"max.message.bytes", "20000000"},
                  {"message.timestamp.after.max.ms", "9223372036854775807"}});
  cluster.create("hostile-out");
  Daemon daemon(broker.bootstrap());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_NO_FATAL_FAILURE(daemon.post(kDefinition));
  ASSERT_TRUE(daemon.wait_for("hostile", "running"));

  std::vector<std::pair<std::string, std::string>> headers;
  for (int i = 0; i < 1000; ++i) headers.emplace_back("h", std::to_string(i));
  const std::string injected =
      "\"\r\n2026-01-01T00:00:00.000Z ERROR admin forged-by-a-record \x1b[2J";
  const std::string megabytes = R"({"x":")" + std::string(10 * kMegabyte, 'x') + "\"}";
  const std::vector<std::pair<Plain, std::string>> bad = {
      {{"", "empty"}, "EMPTY_VALUE"},
      {{"{\"x\":\"\xff\"}", "utf-8"}, "INVALID_UTF8"},
      {{injected, "injected" + injected, -1, -1, 0, {{injected, injected}}}, "MALFORMED_JSON"},
      {{R"({"to":"hostile-nowhere"})", "nowhere"}, "TOPIC_UNKNOWN"},
      {{megabytes, "10 MB"}, "RECORD_TOO_LARGE"},
      {{R"({"copy":")" + std::string(6 * kMegabyte / 10, 'x') + "\"}", "twice"},
       "RECORD_TOO_LARGE"},
      {{"{}", "294276", -1, -1, kYear294276}, "TIMESTAMP_REFUSED"}};
  const Flood flood(broker.bootstrap(), "hostile-in", "none");
  std::set<std::string> good;
  const auto write_good = [&](const Plain& record) {
    flood.write(record);
    good.insert(record.key.value_or("(none)"));
  };
  for (std::size_t i = 0; i < bad.size(); ++i) {
    flood.write(bad[i].first);
    write_good({R"({"copy":"a"})", "good-" + std::to_string(i)});
  }
  write_good({R"({"x":1})", std::nullopt});
  write_good({R"({"x":1})", "1000 headers", -1, -1, 0, headers});
  write_good({R"({"x":1})", "without a time", -1, -1, -1});
  flood.write({deep(100'000), "deep"});  // good or bad: it costs no stack
  // Less than a megabyte on the wire, 90 when unpacked.
  const Flood bombs(broker.bootstrap(), "hostile-in", "gzip");
  bombs.write({R"({"x":")" + std::string(90 * kMegabyte, ' ') + "\"}", "bomb"});
  write_good({R"({"x":1})", "after all"});

  const std::int64_t end = cluster.end_of("hostile-in", 0);
  const auto caught_up = [&] {
    return cluster.committed("leat.hostile", "hostile-in", 0).offset == end;
  };
  ASSERT_TRUE(eventually(kWaitMs, caught_up))
      << daemon.call("GET", "/v1/pipelines/hostile").text << daemon.log();
  EXPECT_EQ(daemon.text_at("hostile", "/status/actual"), "running");

  std::map<std::string, Plain> letters;  // a restart of the producer may have written some twice
  const auto letters_end = static_cast<std::size_t>(cluster.end_of("hostile-dead-letter", 0));
  for (Plain& letter : Outside::read("hostile-dead-letter", letters_end, broker.bootstrap(), 1))
    letters[letter.key.value_or("(none)")] = std::move(letter);
  for (const auto& [record, code] : bad) {
    const std::string& key = *record.key;
    ASSERT_TRUE(letters.contains(key)) << key;
    const Plain& letter = letters[key];
    EXPECT_EQ(header(letter, "leat-error"), code) << key;
    EXPECT_EQ(header(letter, "__connect.errors.topic"), "hostile-in") << key;
    const bool too_large = record.value.size() > kMegabyte;
    EXPECT_EQ(letter.value, too_large ? "" : record.value) << key;
    EXPECT_EQ(header(letter, "leat-value-bytes"),
              too_large ? std::to_string(record.value.size()) : "");
  }
  EXPECT_EQ(header(letters["10 MB"], "leat-omitted"), "value");
  EXPECT_EQ(header(letters["294276"], "leat-omitted"), "timestamp");
  EXPECT_EQ(header(letters["294276"], "leat-timestamp"), std::to_string(kYear294276));
  EXPECT_EQ(header(letters["bomb"], "leat-error"), "RECORD_TOO_LARGE");
  EXPECT_EQ(header(letters["bomb"], "leat-omitted"), "value");

  std::map<std::string, Plain> out;
  const auto out_end = static_cast<std::size_t>(cluster.end_of("hostile-out", 0));
  for (Plain& record : Outside::read("hostile-out", out_end, broker.bootstrap(), 1))
    out[record.key.value_or("(none)")] = std::move(record);
  for (const std::string& key : good) EXPECT_TRUE(out.contains(key)) << key;
  EXPECT_EQ(out.size() + letters.size(), bad.size() + good.size() + 2);
  EXPECT_EQ(out["1000 headers"].headers, headers);
  EXPECT_EQ(out["good-0"].value, R"({"copy":"aa"})");

  EXPECT_FALSE(daemon.logged("forged-by-a-record"));
  EXPECT_LT(resident_megabytes(daemon.pid()), 1500);
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
}

// The watermark is committed with the offsets: a process that was killed has it again, though no
// record comes.
TEST(KilledWithAWatermark, HasItAgainFromTheCommit) {
  RealBroker& broker = RealBroker::shared();
  Cluster cluster(broker);
  cluster.create("timed-in");
  cluster.create("timed-out");
  Daemon daemon(broker.bootstrap());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_NO_FATAL_FAILURE(daemon.post(R"json({
    "name": "timed", "trigger": {"mode": "real_time", "checkpoint_interval": "100ms"},
    "sources": {"in": {"kafka": {"topics": ["timed-in"]},
                       "event_time": {"field": "at", "format": "%d.%m.%Y %H:%M:%S",
                                      "zone": "Europe/Berlin", "max_lateness": "1m"}}},
    "sinks": {"out": {"kafka": {"topic": "timed-out"}}}})json"));
  ASSERT_TRUE(daemon.wait_for("timed", "running"));
  Outside outside(broker.bootstrap());
  outside.write("timed-in", {{R"({"at":"01.07.2020 12:00:00"})", "k", 0},
                             {R"({"at":"01.07.2020 11:00:00"})", "k", 0}});
  ASSERT_TRUE(daemon.wait_for("timed", "caught_up"));
  const auto watermark = [&] { return daemon.text_at("timed", "/status/sources/in/watermark"); };
  const std::string expected = "2020-07-01T09:59:00.000Z";
  EXPECT_TRUE(eventually(kWaitMs, [&] { return watermark() == expected; })) << watermark();
  const auto committed = [&] {
    return cluster.committed("leat.timed", "timed-in", 0).metadata.find("\"w\":") !=
           std::string::npos;
  };
  ASSERT_TRUE(eventually(kWaitMs, committed));
  daemon.kill();
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_TRUE(eventually(kWaitMs, [&] { return watermark() == expected; })) << watermark();
  EXPECT_EQ(cluster.end_of("timed-out", 0), 2);
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
}

}  // namespace
}  // namespace leat::test
