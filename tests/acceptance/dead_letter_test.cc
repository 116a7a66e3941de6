#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "daemon.h"
#include "stream.h"
#include "support/real_broker.h"

namespace leat::test {
namespace {

constexpr std::uint64_t kRate = 5000;
constexpr std::uint64_t kBadEvery = 7;
constexpr unsigned kSeed = 20260202;

void expect_every_bad_record(const std::vector<Stream::DeadLetter>& letters, std::uint64_t count) {
  std::map<std::string, std::string> origin_of;  // by key: every bad record has its own
  for (const Stream::DeadLetter& letter : letters) {
    const std::uint64_t n = std::stoull(letter.header("n"));
    const Stream::Bad bad = Stream::bad_record(n);
    ASSERT_EQ(letter.key, bad.key);
    ASSERT_EQ(letter.value, bad.value);
    ASSERT_EQ(letter.headers.front().first, "n");
    ASSERT_EQ(letter.header("leat-step"), bad.step);
    ASSERT_EQ(letter.header("leat-error"), bad.code);
    ASSERT_EQ(letter.header("__connect.errors.exception.class.name"), bad.code);
    const auto [at, first] = origin_of.try_emplace(letter.key, letter.header("leat-src"));
    ASSERT_EQ(at->second, letter.header("leat-src")) << "one record with two leat-src";
  }
  EXPECT_EQ(origin_of.size(), (count + kBadEvery - 1) / kBadEvery);
}

TEST(DeadLetters, UnderKillMinusNineHoldEveryBadRecordAndNoOther) {
  RealBroker& broker = RealBroker::shared();
  const std::uint64_t kills_max = long_run() ? 10 : 3;
  const std::uint64_t count = long_run() ? 200'000 : 30'000;
  Stream stream(broker.bootstrap(), "poisoned");
  stream.mix_in_bad(kBadEvery);
  Daemon daemon(broker.bootstrap());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_NO_FATAL_FAILURE(daemon.post(stream.pipeline("poisoned", true)));
  ASSERT_TRUE(daemon.wait_for("poisoned", "running"));

  std::mt19937 random(kSeed);
  stream.feed(count, kRate);
  std::vector<Kill> kills;
  for (std::uint64_t n = 0; n < kills_max; ++n) {
    const std::uint64_t slot = count / (kills_max + 1);
    stream.wait_fed(n * slot + slot / 4 + random() % slot / 2);
    daemon.kill();
    kills.push_back({stream.committed("leat.poisoned"), stream.ends()});
    ASSERT_NO_FATAL_FAILURE(daemon.start());
  }
  ASSERT_NO_FATAL_FAILURE(stream.finish());
  ASSERT_TRUE(daemon.wait_for("poisoned", "caught_up"));

  EXPECT_EQ(stream.committed("leat.poisoned"), stream.ends());
  expect_nothing_lost(stream.read_output(), count, kills);
  expect_every_bad_record(stream.read_dead_letters("poisoned"), count);
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
}

TEST(DeadLetters, WithoutAFailureComeOnceAndAddUp) {
  RealBroker& broker = RealBroker::shared();
  constexpr std::uint64_t kCount = 5000;
  Stream stream(broker.bootstrap(), "counted");
  stream.mix_in_bad(kBadEvery);
  Daemon daemon(broker.bootstrap());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_NO_FATAL_FAILURE(daemon.post(stream.pipeline("counted", true)));
  ASSERT_TRUE(daemon.wait_for("counted", "running"));
  stream.feed(kCount, kRate);
  ASSERT_NO_FATAL_FAILURE(stream.finish());
  ASSERT_TRUE(daemon.wait_for("counted", "caught_up"));

  const auto letters = stream.read_dead_letters("counted");
  EXPECT_EQ(letters.size(), (kCount + kBadEvery - 1) / kBadEvery);
  expect_every_bad_record(letters, kCount);
  const auto number = [&](const json::Value& status, const char* name) {
    return status.find(name)->as_integer<std::uint64_t>().value_or(0);
  };
  const auto balanced = [&] {
    const auto answer = daemon.call("GET", "/v1/pipelines/counted");
    const json::Value* status = answer.body.find("status");
    if (status == nullptr || number(*status, "dead_lettered") != letters.size()) return false;
    std::uint64_t dropped = 0;
    for (const json::Member& reason : status->find("dropped")->members())
      dropped += reason.value.as_integer<std::uint64_t>().value_or(0);
    return number(*status, "records_in") ==
           number(*status, "records_out") + dropped + number(*status, "dead_lettered");
  };
  EXPECT_TRUE(eventually(60'000, balanced)) << daemon.call("GET", "/v1/pipelines/counted").text;
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
}

}  // namespace
}  // namespace leat::test
