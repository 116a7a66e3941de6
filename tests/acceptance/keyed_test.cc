#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "daemon.h"
#include "support/real_broker.h"
#include "topics.h"

// Keyed state on a real broker: kills, switches, and the values that must come out whatever happened.
namespace leat::test {
namespace {

constexpr std::uint64_t kAmounts = 1000;

// Writes records at a rate on a thread of its own.
class Feed {
 public:
  struct Record {
    std::string key;
    std::string value;
    std::int64_t timestamp_ms = 0;  // 0 = now
  };
  Feed(std::string brokers, std::string topic, std::uint64_t count, std::uint64_t rate, std::function<Record(std::uint64_t)> make)
      : brokers_(std::move(brokers)), topic_(std::move(topic)), make_(std::move(make)), thread_([this, count, rate] { write(count, rate); }) {}
  ~Feed() { thread_.join(); }
  std::uint64_t written() const noexcept { return written_.load(); }
  bool failed() const noexcept { return failed_.load(); }
  bool done() const noexcept { return done_.load(); }

 private:
  void write(std::uint64_t count, std::uint64_t rate) {
    const Owned<rd_kafka_t> client = make_client(RD_KAFKA_PRODUCER, brokers_);
    const Owned<rd_kafka_topic_t> topic(rd_kafka_topic_new(client.get(), topic_.c_str(), nullptr));
    const Instant began = base::machine_clock().now();
    for (std::uint64_t seq = 0; seq < count; ++seq) {
      const Instant due = began + std::chrono::nanoseconds(seq * 1'000'000'000 / rate);
      while (base::machine_clock().now() < due) rd_kafka_poll(client.get(), 1);
      const Record record = make_(seq);
      const std::int32_t partition =
          rd_kafka_msg_partitioner_murmur2(topic.get(), record.key.data(), record.key.size(), kPartitions, nullptr, nullptr);
      while (rd_kafka_producev(client.get(), RD_KAFKA_V_RKT(topic.get()), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                               RD_KAFKA_V_KEY(record.key.data(), record.key.size()),
                               RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
                               RD_KAFKA_V_TIMESTAMP(record.timestamp_ms), RD_KAFKA_V_END) != RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_poll(client.get(), 10);
      written_.store(seq + 1);
    }
    if (rd_kafka_flush(client.get(), 2 * kWaitMsMax) != RD_KAFKA_RESP_ERR_NO_ERROR) failed_.store(true);
    done_.store(true);
  }

  const std::string brokers_;
  const std::string topic_;
  const std::function<Record(std::uint64_t)> make_;
  std::atomic<std::uint64_t> written_{0};
  std::atomic<bool> failed_{false};
  std::atomic<bool> done_{false};
  std::thread thread_;
};

std::string_view text_of(const void* data, std::size_t size) { return {static_cast<const char*>(data), size}; }

// The number behind `"name":` in a flat JSON object; -1 when it is not there.
std::int64_t number_of(std::string_view row, std::string_view name) {
  const std::string member = "\"" + std::string(name) + "\":";
  const std::size_t at = row.find(member);
  std::int64_t number = -1;
  if (at != std::string_view::npos) std::from_chars(row.data() + at + member.size(), row.data() + row.size(), number);
  return number;
}

std::string user_of(std::uint64_t seq, std::uint64_t users) { return "u" + std::to_string(mixed(seq) % users); }
std::uint64_t amount_of(std::uint64_t seq) { return (mixed(seq) >> 24) % kAmounts; }

void switch_trigger(const Daemon& daemon, const std::string& pipeline, bool& held) {
  held = !held;
  daemon.call("PUT", "/v1/pipelines/" + pipeline + "/trigger",
              held ? R"({"mode":"micro_batch","interval":"300ms"})" : R"({"mode":"real_time","checkpoint_interval":"200ms"})");
}

// Three switches and a kill, again and again, while the input comes.
void run_disturbed(Daemon& daemon, const std::string& pipeline, const Feed& feed, std::uint64_t count, std::uint64_t kills) {
  bool held = false;
  const std::uint64_t rounds = (kills + 1) * 4;
  for (std::uint64_t round = 1; round < rounds; ++round) {
    ASSERT_TRUE(eventually(600'000, [&] { return feed.written() >= count * round / rounds || feed.failed(); }));
    if (round % 4 != 0) {
      switch_trigger(daemon, pipeline, held);
    } else {
      daemon.kill();
      ASSERT_NO_FATAL_FAILURE(daemon.start());
    }
  }
  ASSERT_TRUE(eventually(600'000, [&] { return feed.done(); }));
  ASSERT_FALSE(feed.failed());
  ASSERT_TRUE(daemon.wait_for(pipeline, "caught_up"));
}

TEST(KeyedState, CountsAndSumsAreExactAfterKillsAndSwitches) {
  RealBroker& broker = RealBroker::shared();
  const std::uint64_t count = long_run() ? 2'000'000 : 60'000;
  const std::uint64_t users = long_run() ? 1'000'000 : 5'000;
  const std::uint64_t kills = long_run() ? 10 : 3;
  const std::uint64_t rate = long_run() ? 20'000 : 8'000;
  create_topic(broker.bootstrap(), "keyed-in");
  create_topic(broker.bootstrap(), "keyed-out");
  Daemon daemon(broker.bootstrap());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_NO_FATAL_FAILURE(daemon.post(
      R"json({"name":"keyed","trigger":{"mode":"real_time","checkpoint_interval":"200ms"},"sources":{"in":{"kafka":{"topics":["keyed-in"]}}},
          "steps":[{"id":"totals","aggregate":{"by":["user"],"compute":{"n":"count()","sum":"sum(amount)"}}}],
          "sinks":{"out":{"kafka":{"topic":"keyed-out"}}}})json"));
  ASSERT_TRUE(daemon.wait_for("keyed", "running", 60));
  {
    const Feed feed(broker.bootstrap(), "keyed-in", count, rate, [&](std::uint64_t seq) {
      const std::string user = user_of(seq, users);
      return Feed::Record{user, "{\"user\":\"" + user + "\",\"amount\":" + std::to_string(amount_of(seq)) + "}", 0};
    });
    ASSERT_NO_FATAL_FAILURE(run_disturbed(daemon, "keyed", feed, count, kills));
  }
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> expected;
  for (std::uint64_t seq = 0; seq < count; ++seq) {
    auto& [n, sum] = expected[user_of(seq, users)];
    ++n;
    sum += static_cast<std::int64_t>(amount_of(seq));
  }
  // The last row of each key, which is in one partition.
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> last;
  read_all(broker.bootstrap(), "keyed-out", kPartitions, [&](const rd_kafka_message_t& message) {
    const std::string_view row = text_of(message.payload, message.len);
    last[std::string(text_of(message.key, message.key_len))] = {number_of(row, "n"), number_of(row, "sum")};
  });
  ASSERT_EQ(last.size(), expected.size());
  std::uint64_t wrong = 0;
  for (const auto& [user, values] : expected)
    if (last[user] != values && ++wrong <= 5)
      ADD_FAILURE() << user << ": " << last[user].first << ", " << last[user].second << " instead of " << values.first << ", " << values.second;
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
}

// What the store says of every user.
std::map<std::string, std::int64_t> counts_in(const Daemon& daemon, const std::string& pipeline, std::uint64_t users, const std::string& store = "totals") {
  std::map<std::string, std::int64_t> counts;
  for (std::uint64_t user = 0; user < users; ++user) {
    const std::string key = "u" + std::to_string(user);
    counts[key] = number_of(daemon.call("GET", "/v1/pipelines/" + pipeline + "/stores/" + store + "?key=" + key).text, "n");
  }
  return counts;
}

TEST(KeyedState, ARestoredCheckpointAndTheReplayBehindItGiveTheSameValues) {
  RealBroker& broker = RealBroker::shared();
  constexpr std::uint64_t kCount = 9'000;
  constexpr std::uint64_t kUsers = 25;
  create_topic(broker.bootstrap(), "kept-in");
  create_topic(broker.bootstrap(), "kept-out");
  Daemon daemon(broker.bootstrap());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_NO_FATAL_FAILURE(daemon.post(
      R"json({"name":"kept","trigger":{"mode":"real_time","checkpoint_interval":"200ms"},"sources":{"in":{"kafka":{"topics":["kept-in"]}}},
          "steps":[{"id":"totals","aggregate":{"by":["user"],"compute":{"n":"count()"}}}],
          "sinks":{"out":{"kafka":{"topic":"kept-out"}}}})json"));
  ASSERT_TRUE(daemon.wait_for("kept", "running"));
  const auto feed = [&](std::uint64_t first) {
    const Feed written(broker.bootstrap(), "kept-in", kCount, 20'000, [&](std::uint64_t seq) {
      const std::string user = user_of(first + seq, kUsers);
      return Feed::Record{user, "{\"user\":\"" + user + "\"}", 0};
    });
    return eventually(60'000, [&] { return written.done(); });
  };
  std::map<std::string, std::int64_t> expected;
  const auto shows = [&](const std::map<std::string, std::int64_t>& counts) {
    return eventually(60'000, [&] { return counts_in(daemon, "kept", kUsers) == counts; });
  };
  const auto count = [&](std::uint64_t first) {
    for (std::uint64_t seq = first; seq < first + kCount; ++seq) ++expected[user_of(seq, kUsers)];
  };
  const auto start = [&] {
    return daemon.call("POST", "/v1/pipelines/kept/start").status == 200 && daemon.wait_for("kept", "running") && daemon.wait_for("kept", "caught_up");
  };
  const std::string checkpoints = "/v1/pipelines/kept/checkpoints";
  ASSERT_TRUE(feed(0));
  count(0);
  const std::map<std::string, std::int64_t> at_checkpoint = expected;
  ASSERT_TRUE(shows(expected));
  const Daemon::Answer made = daemon.call("POST", checkpoints, R"({"name":"before"})");
  ASSERT_EQ(made.status, 201) << made.text;
  ASSERT_TRUE(feed(kCount));
  count(kCount);
  ASSERT_TRUE(shows(expected));
  EXPECT_EQ(daemon.call("POST", checkpoints + "/before/restore").status, 409) << "it runs";

  // The copy outlives the process; the state alone shows what it holds, with the offsets the rest is read again.
  daemon.kill();
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_TRUE(daemon.wait_for("kept", "running"));
  ASSERT_TRUE(shows(expected));
  ASSERT_EQ(daemon.call("POST", "/v1/pipelines/kept/stop").status, 200);
  const Daemon::Answer resting = daemon.call("POST", checkpoints, R"({"name":"resting"})");
  ASSERT_EQ(resting.status, 201) << resting.text << daemon.log();
  EXPECT_EQ(daemon.call("POST", checkpoints, R"({"name":"again"})").status, 409) << "one of each epoch";
  const Daemon::Answer alone = daemon.call("POST", checkpoints + "/before/restore?offsets=keep");
  ASSERT_EQ(alone.status, 200) << alone.text << daemon.log();
  ASSERT_TRUE(start()) << daemon.log();
  EXPECT_EQ(counts_in(daemon, "kept", kUsers), at_checkpoint);
  ASSERT_EQ(daemon.call("POST", "/v1/pipelines/kept/stop").status, 200);
  const Daemon::Answer both = daemon.call("POST", checkpoints + "/before/restore");
  ASSERT_EQ(both.status, 200) << both.text << daemon.log();
  daemon.kill();
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_TRUE(start()) << daemon.log();
  EXPECT_TRUE(shows(expected)) << "read again, and counted once";
  ASSERT_TRUE(feed(2 * kCount));
  count(2 * kCount);
  ASSERT_TRUE(shows(expected));
  ASSERT_TRUE(daemon.wait_for("kept", "caught_up"));
  std::map<std::string, std::int64_t> last;
  read_all(broker.bootstrap(), "kept-out", kPartitions, [&](const rd_kafka_message_t& message) {
    last[std::string(text_of(message.key, message.key_len))] = number_of(text_of(message.payload, message.len), "n");
  });
  EXPECT_EQ(last, expected);

  // Cut short between state and offsets: refused at the start, and done again.
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
  ASSERT_NO_FATAL_FAILURE(daemon.start("restore.brought=crash"));
  ASSERT_EQ(daemon.call("POST", "/v1/pipelines/kept/stop").status, 200);
  daemon.call("POST", checkpoints + "/before/restore");
  int how = 0;
  ASSERT_TRUE(daemon.ended_by_itself(how, 30'000));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_EQ(daemon.call("POST", "/v1/pipelines/kept/start").status, 200);
  ASSERT_TRUE(eventually(30'000, [&] { return daemon.text_at("kept", "/status/reason").find("STATE_MISMATCH") != std::string::npos; }))
      << daemon.log();
  ASSERT_EQ(daemon.call("POST", "/v1/pipelines/kept/stop").status, 200);
  ASSERT_EQ(daemon.call("POST", checkpoints + "/before/restore").status, 200) << daemon.log();
  ASSERT_TRUE(start()) << daemon.log();
  EXPECT_TRUE(shows(expected));
  EXPECT_EQ(daemon.call("DELETE", checkpoints + "/before").status, 204);
  EXPECT_EQ(daemon.call("POST", checkpoints + "/before/restore").status, 409) << "it runs";
  EXPECT_EQ(daemon.call("GET", checkpoints + "/before").status, 404);
  ASSERT_EQ(daemon.call("POST", "/v1/pipelines/kept/stop").status, 200);
  const Daemon::Answer back = daemon.call("POST", checkpoints + "/resting/restore");
  ASSERT_EQ(back.status, 200) << back.text << daemon.log();
  ASSERT_TRUE(start()) << daemon.log();
  EXPECT_TRUE(shows(expected)) << "as it was while it was stopped, and what came later";
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
}

TEST(KeyedState, MovedOffsetsAreReadAgainWithTheStateOrWithout) {
  RealBroker& broker = RealBroker::shared();
  constexpr std::uint64_t kCount = 3'000;
  constexpr std::uint64_t kUsers = 10;
  create_topic(broker.bootstrap(), "moved-in");
  create_topic(broker.bootstrap(), "moved-out");
  Daemon daemon(broker.bootstrap());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_NO_FATAL_FAILURE(daemon.post(
      R"json({"name":"moved","trigger":{"mode":"real_time","checkpoint_interval":"200ms"},"sources":{"in":{"kafka":{"topics":["moved-in"]}}},
          "steps":[{"id":"totals","aggregate":{"by":["user"],"compute":{"n":"count()"}}}],
          "sinks":{"out":{"kafka":{"topic":"moved-out"}}}})json"));
  ASSERT_TRUE(daemon.wait_for("moved", "running"));
  std::map<std::string, std::int64_t> once, twice, later;
  {
    // A second between the halves, by the records' own time.
    const Feed written(broker.bootstrap(), "moved-in", kCount, 20'000, [&](std::uint64_t seq) {
      const std::string user = user_of(seq, kUsers);
      return Feed::Record{user, "{\"user\":\"" + user + "\"}", 1'767'225'600'000 + (seq < kCount / 2 ? 0 : 1'000)};
    });
    ASSERT_TRUE(eventually(60'000, [&] { return written.done(); }));
  }
  for (std::uint64_t seq = 0; seq < kCount; ++seq) {
    ++once[user_of(seq, kUsers)];
    twice[user_of(seq, kUsers)] += 2;
    if (seq >= kCount / 2) ++later[user_of(seq, kUsers)];
  }
  const auto shows = [&](const std::map<std::string, std::int64_t>& counts) {
    return eventually(60'000, [&] { return counts_in(daemon, "moved", kUsers) == counts; });
  };
  const std::string offsets = "/v1/pipelines/moved/offsets";
  const auto stop = [&] { return daemon.call("POST", "/v1/pipelines/moved/stop").status == 200; };
  const auto start = [&] { return daemon.call("POST", "/v1/pipelines/moved/start").status == 200 && daemon.wait_for("moved", "running") && daemon.wait_for("moved", "caught_up"); };
  ASSERT_TRUE(shows(once));
  EXPECT_EQ(daemon.call("PATCH", offsets, R"({"to":"earliest"})").status, 422) << "the state is not spoken of";
  EXPECT_EQ(daemon.call("PATCH", offsets, R"({"to":"earliest","state":"keep"})").status, 409) << "it runs";
  ASSERT_TRUE(stop());
  const Daemon::Answer asked = daemon.call("PATCH", offsets + "?dry_run=plan", R"({"to":"earliest","state":"keep"})");
  ASSERT_EQ(asked.status, 200) << asked.text << daemon.log();
  ASSERT_TRUE(start()) << daemon.log();
  EXPECT_EQ(counts_in(daemon, "moved", kUsers), once) << "it was only asked";
  ASSERT_TRUE(stop());
  const Daemon::Answer kept = daemon.call("PATCH", offsets, R"({"to":"earliest","state":"keep"})");
  ASSERT_EQ(kept.status, 200) << kept.text << daemon.log();
  ASSERT_TRUE(start()) << daemon.log();
  EXPECT_TRUE(shows(twice)) << "read again, and counted again";
  ASSERT_TRUE(stop());
  const Daemon::Answer timed = daemon.call("PATCH", offsets, R"({"to":"2026-01-01T00:00:00.5Z","state":"discard"})");
  ASSERT_EQ(timed.status, 200) << timed.text << daemon.log();
  daemon.kill();
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_TRUE(start()) << daemon.log();
  EXPECT_TRUE(shows(later)) << "from the second half on, into empty state";
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();

  // Cut short between state and offsets: refused at the start, and done again.
  ASSERT_NO_FATAL_FAILURE(daemon.start("offsets.discarded=crash"));
  ASSERT_TRUE(stop());
  daemon.call("PATCH", offsets, R"({"to":"earliest","state":"discard"})");
  int how = 0;
  ASSERT_TRUE(daemon.ended_by_itself(how, 30'000));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_EQ(daemon.call("POST", "/v1/pipelines/moved/start").status, 200);
  ASSERT_TRUE(eventually(30'000, [&] { return daemon.text_at("moved", "/status/reason").find("STATE_MISMATCH") != std::string::npos; }))
      << daemon.log();
  ASSERT_TRUE(stop());
  ASSERT_EQ(daemon.call("PATCH", offsets, R"({"to":"earliest","state":"discard"})").status, 200) << daemon.log();
  ASSERT_TRUE(start()) << daemon.log();
  EXPECT_TRUE(shows(once));
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
}

TEST(KeyedState, ARenamedStepGoesOnCounting) {
  RealBroker& broker = RealBroker::shared();
  constexpr std::uint64_t kCount = 2'000;
  constexpr std::uint64_t kUsers = 10;
  create_topic(broker.bootstrap(), "renamed-in");
  create_topic(broker.bootstrap(), "renamed-out");
  Daemon daemon(broker.bootstrap());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const auto definition = [](const std::string& step) {
    return R"json({"name":"renamed","trigger":{"mode":"real_time","checkpoint_interval":"200ms"},"sources":{"in":{"kafka":{"topics":["renamed-in"]}}},
          "steps":[{)json" + step + R"json(,"aggregate":{"by":["user"],"compute":{"n":"count()"}}}],"sinks":{"out":{"kafka":{"topic":"renamed-out"}}}})json";
  };
  ASSERT_NO_FATAL_FAILURE(daemon.post(definition(R"("id":"totals")")));
  ASSERT_TRUE(daemon.wait_for("renamed", "running"));
  std::map<std::string, std::int64_t> expected;
  const auto feed = [&] {
    const Feed written(broker.bootstrap(), "renamed-in", kCount, 20'000, [&](std::uint64_t seq) {
      const std::string user = user_of(seq, kUsers);
      return Feed::Record{user, "{\"user\":\"" + user + "\"}", 0};
    });
    for (std::uint64_t seq = 0; seq < kCount; ++seq) ++expected[user_of(seq, kUsers)];
    return eventually(60'000, [&] { return written.done(); });
  };
  const auto shows = [&](const std::string& step) {
    return eventually(60'000, [&] { return counts_in(daemon, "renamed", kUsers, step) == expected; });
  };
  ASSERT_TRUE(feed());
  ASSERT_TRUE(shows("totals"));
  const std::string path = "/v1/pipelines/renamed";
  const Daemon::Answer refused = daemon.call("PUT", path, definition(R"("id":"sums")"));
  EXPECT_EQ(refused.status, 409) << refused.text;
  EXPECT_NE(refused.text.find("renamed_from"), std::string::npos) << refused.text;
  const Daemon::Answer renamed = daemon.call("PUT", path, definition(R"("id":"sums","renamed_from":"totals")"));
  ASSERT_EQ(renamed.status, 200) << renamed.text << daemon.log();
  daemon.kill();
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_TRUE(daemon.wait_for("renamed", "running")) << daemon.log();
  EXPECT_TRUE(shows("sums")) << daemon.log();
  ASSERT_TRUE(feed());
  EXPECT_TRUE(shows("sums"));
  daemon.kill();
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  // The name has settled: nobody needs to know the old one.
  EXPECT_EQ(daemon.call("PUT", path, definition(R"("id":"sums")")).status, 200);
  ASSERT_TRUE(feed());
  EXPECT_TRUE(shows("sums")) << daemon.log();
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
}

// Closed windows by (key, start), as a reader sees them: what came again after a kill is the same.
using Windows = std::map<std::pair<std::string, std::int64_t>, std::pair<std::int64_t, std::int64_t>>;

constexpr std::int64_t kBeginMs = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
constexpr std::int64_t kStepMs = 10;                  // between neighbours in the input
constexpr std::int64_t kMinuteMs = 60'000;

// Event times go up by kStepMs; two in a hundred are up to five minutes late.
std::int64_t time_of(std::uint64_t seq) {
  const std::int64_t at = kBeginMs + static_cast<std::int64_t>(seq) * kStepMs;
  return (mixed(seq) >> 50) % 50 == 0 ? at - static_cast<std::int64_t>((mixed(seq) >> 30) % (5 * kMinuteMs)) : at;
}

std::int64_t floor_to(std::int64_t at, std::int64_t grid) { return at - ((at % grid) + grid) % grid; }

// What comes out, from the order inside each partition alone.
Windows oracle(std::uint64_t count, std::uint64_t users, std::int64_t size_ms, std::int64_t every_ms) {
  Windows windows;
  std::map<std::int32_t, std::int64_t> highest;
  for (std::uint64_t seq = 0; seq < count; ++seq) {
    const std::string user = user_of(seq, users);
    const std::int32_t partition = rd_kafka_msg_partitioner_murmur2(nullptr, user.data(), user.size(), kPartitions, nullptr, nullptr);
    const std::int64_t at = time_of(seq);
    const auto [mark, first] = highest.try_emplace(partition, at);
    for (std::int64_t start = floor_to(at, every_ms); start > at - size_ms; start -= every_ms) {
      if (!first && start + size_ms <= mark->second) continue;
      auto& [n, sum] = windows[{user, start}];
      ++n;
      sum += static_cast<std::int64_t>(amount_of(seq));
    }
    mark->second = std::max(mark->second, at);
  }
  return windows;
}

struct WindowCase {
  const char* name;
  const char* window;
  std::int64_t size_ms;
  std::int64_t every_ms;
};

class ClosedWindows : public testing::TestWithParam<WindowCase> {};

TEST_P(ClosedWindows, EqualTheOracleAfterKillsAndSwitches) {
  RealBroker& broker = RealBroker::shared();
  const WindowCase& tested = GetParam();
  const std::string name = tested.name;
  const std::uint64_t count = long_run() ? 500'000 : 60'000;
  constexpr std::uint64_t kUsers = 40;
  create_topic(broker.bootstrap(), name + "-in");
  create_topic(broker.bootstrap(), name + "-out");
  Daemon daemon(broker.bootstrap());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::string definition = "{\"name\":\"" + name + R"json(","trigger":{"mode":"real_time","checkpoint_interval":"200ms"},
      "sources":{"in":{"kafka":{"topics":[")json" + name + R"json(-in"]}}},
      "steps":[{"id":"w","aggregate":{"by":["user"],"window":)json" + tested.window + R"json(,"emit":"on_close",
                "compute":{"n":"count()","sum":"sum(amount)"}}},
               {"set":{"start_ms":"time.epoch_ms(window_start)"}}],
      "sinks":{"out":{"kafka":{"topic":")json" + name + R"json(-out"}}}})json";
  ASSERT_NO_FATAL_FAILURE(daemon.post(definition));
  ASSERT_TRUE(daemon.wait_for(name, "running", 60));
  {
    const Feed feed(broker.bootstrap(), name + "-in", count, 8'000, [&](std::uint64_t seq) {
      const std::string user = user_of(seq, kUsers);
      return Feed::Record{user, "{\"user\":\"" + user + "\",\"amount\":" + std::to_string(amount_of(seq)) + "}", time_of(seq)};
    });
    ASSERT_NO_FATAL_FAILURE(run_disturbed(daemon, name, feed, count, long_run() ? 6 : 2));
  }
  // A drain closes what is still open.
  ASSERT_EQ(daemon.call("POST", "/v1/pipelines/" + name + "/drain").status, 200) << daemon.log();
  ASSERT_TRUE(daemon.wait_for(name, "stopped", 60));
  Windows closed;
  std::uint64_t differing = 0;
  read_all(broker.bootstrap(), name + "-out", kPartitions, [&](const rd_kafka_message_t& message) {
    const std::string_view row = text_of(message.payload, message.len);
    const std::pair<std::int64_t, std::int64_t> values{number_of(row, "n"), number_of(row, "sum")};
    const auto [at, first] = closed.try_emplace({std::string(text_of(message.key, message.key_len)), number_of(row, "start_ms")}, values);
    if (!first && at->second != values) ++differing;
  });
  EXPECT_EQ(differing, 0U) << "windows that came twice with other values";
  const Windows expected = oracle(count, kUsers, tested.size_ms, tested.every_ms);
  ASSERT_EQ(closed.size(), expected.size());
  EXPECT_EQ(closed, expected);
  EXPECT_EQ(daemon.terminate(), 0) << daemon.log();
}

INSTANTIATE_TEST_SUITE_P(Of, ClosedWindows,
                         testing::Values(WindowCase{"tumbling", R"({"tumbling":"1m"})", kMinuteMs, kMinuteMs},
                                         WindowCase{"hopping", R"({"hopping":"1m","every":"20s"})", kMinuteMs, 20'000}),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace leat::test
