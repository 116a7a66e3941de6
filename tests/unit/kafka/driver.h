#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include "flow/registry.h"
#include "kafka/profile.h"

namespace leat::kafka::test {

inline constexpr Duration kPatience = std::chrono::seconds(60);

// A record as a test writes or finds it.
struct Plain {
  std::string value;
  std::optional<std::string> key = {};
  std::int32_t partition = -1;
  std::int64_t offset = -1;
  std::int64_t timestamp_ms = 0;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// A topic name no other test of this process uses.
inline std::string fresh_name(const std::string& what) {
  static int count = 0;
  return what + "-" + std::to_string(++count);
}

// Writes records to a broker, by default the embedded one, and reads a topic back, with a client of
// its own.
class Outside {
 public:
  explicit Outside(const std::string& bootstrap = embedded_bootstrap())
      : producer_(make(RD_KAFKA_PRODUCER, bootstrap)) {}
  ~Outside() { rd_kafka_destroy(producer_); }
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;

  void write(const std::string& topic, const std::vector<Plain>& records) {
    know(topic);
    for (const Plain& record : records) {
      rd_kafka_headers_t* headers = nullptr;
      if (!record.headers.empty()) headers = rd_kafka_headers_new(4);
      for (const auto& [name, value] : record.headers)
        rd_kafka_header_add(headers, name.c_str(), -1, value.data(),
                            static_cast<ssize_t>(value.size()));
      void* const key = record.key ? const_cast<char*>(record.key->data()) : nullptr;
      const std::size_t key_size = record.key ? record.key->size() : 0;
      ASSERT_EQ(
          rd_kafka_producev(
              producer_, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(record.partition),
              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
              RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
              RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_TIMESTAMP(record.timestamp_ms),
              RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END),
          RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    ASSERT_EQ(rd_kafka_flush(producer_, 60000), RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  // Reads `count` records of the topic's first partitions.
  static std::vector<Plain> read(const std::string& topic, std::size_t count,
                                 const std::string& bootstrap = embedded_bootstrap(),
                                 int partitions = 4) {
    rd_kafka_t* const consumer = make(RD_KAFKA_CONSUMER, bootstrap);
    rd_kafka_topic_partition_list_t* const all = rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; ++i)
      rd_kafka_topic_partition_list_add(all, topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(consumer, all);
    rd_kafka_topic_partition_list_destroy(all);
    std::vector<Plain> found;
    const Instant give_up = base::machine_clock().now() + kPatience;
    while (found.size() < count && base::machine_clock().now() < give_up)
      if (rd_kafka_message_t* const message = rd_kafka_consumer_poll(consumer, 100);
          message != nullptr) {
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) found.push_back(plain(*message));
        rd_kafka_message_destroy(message);
      }
    rd_kafka_destroy(consumer);
    return found;
  }

 private:
  // The first record of a topic that a producer does not know waits a second.
  void know(const std::string& topic) {
    if (!known_.insert(topic).second) return;
    rd_kafka_topic_t* const handle = rd_kafka_topic_new(producer_, topic.c_str(), nullptr);
    const struct rd_kafka_metadata* metadata = nullptr;
    if (rd_kafka_metadata(producer_, 0, handle, &metadata, 30000) == RD_KAFKA_RESP_ERR_NO_ERROR)
      rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
  }
  static rd_kafka_t* make(rd_kafka_type_t type, const std::string& bootstrap) {
    char why[256];
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap.c_str(), why, sizeof why);
    rd_kafka_conf_set(conf, "log_level", "0", why, sizeof why);
    if (type == RD_KAFKA_CONSUMER) {
      rd_kafka_conf_set(conf, "group.id", "outside", why, sizeof why);
      rd_kafka_conf_set(conf, "fetch.wait.max.ms", "10", why, sizeof why);
    } else {
      rd_kafka_conf_set(conf, "linger.ms", "0", why, sizeof why);
    }
    rd_kafka_t* const made = rd_kafka_new(type, conf, why, sizeof why);
    EXPECT_NE(made, nullptr) << why;
    return made;
  }
  static Plain plain(const rd_kafka_message_t& message) {
    Plain found;
    found.value.assign(static_cast<const char*>(message.payload), message.len);
    if (message.key != nullptr)
      found.key.emplace(static_cast<const char*>(message.key), message.key_len);
    found.partition = message.partition;
    found.offset = message.offset;
    found.timestamp_ms = rd_kafka_message_timestamp(&message, nullptr);
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return found;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i)
      found.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
    return found;
  }

  rd_kafka_t* const producer_;
  std::set<std::string> known_;
};

// One KafkaSource with one reader a source, served on the test's thread.
class SourceDriver final : public flow::SourceListener {
 public:
  // Who it is among the instances of the application, and whether only one may read.
  struct Place {
    std::string instance;
    bool one_instance;
  };
  explicit SourceDriver(std::string pipeline, std::vector<spec::SourceSpec> specs,
                        KafkaOptions options = embedded(), const Place& place = {"here", false})
      : pipeline_(std::move(pipeline)), specs_(std::move(specs)) {
    flow::Registry registry;
    register_kafka(registry, options);
    std::vector<const spec::SourceSpec*> pointers;
    std::vector<std::uint32_t> indexes;
    for (const spec::SourceSpec& spec : specs_) {
      indexes.push_back(static_cast<std::uint32_t>(pointers.size()));
      pointers.push_back(&spec);
    }
    auto made = registry.sources.at("kafka")(
        {"test", place.instance, pipeline_, "", base::machine_clock(), place.one_instance},
        pointers, indexes);
    made_ = std::move(made).status();
    if (made.ok()) source = *std::move(made);
  }
  ~SourceDriver() override {
    if (source && failure.ok() && positioned > 0 && !left_) leave();
    batches.clear();
    readers.clear();
    source.reset();
  }
  SourceDriver(const SourceDriver&) = delete;
  SourceDriver& operator=(const SourceDriver&) = delete;

  static KafkaOptions embedded() {
    KafkaOptions options;
    options.profiles["default"] = {{"embedded"}, {}};
    return options;
  }
  static spec::SourceSpec reads(std::vector<std::string> topics, spec::StartSpec start = {}) {
    spec::SourceSpec spec;
    spec.id = "in-" + topics.front();
    spec.kind = spec::KafkaSourceSpec{std::move(topics), "", "", "", std::move(start), {}};
    return spec;
  }

  const Status& made() const { return made_; }
  void start(std::uint32_t slices = 1) {
    for (std::uint32_t s = 0; s < specs_.size(); ++s)
      for (std::uint32_t i = 0; i < slices; ++i)
        readers.push_back(source->make_reader(s, SliceId(i), slices, wakeup));
    const Status started = source->start(*this, wakeup);
    ASSERT_TRUE(started.ok()) << started.to_string();
  }
  // Serves until the condition holds; false when patience ends.
  bool until(const std::function<bool()>& condition) {
    const Instant give_up = base::machine_clock().now() + kPatience;
    while (!condition()) {
      const Instant now = base::machine_clock().now();
      if (now > give_up) return false;
      wakeup.announce();
      const Instant next = source->serve(now);
      read();
      if (condition()) {
        wakeup.cancel();
        return true;
      }
      wakeup.sleep(std::clamp<Duration>(next - now, Duration(0), std::chrono::milliseconds(20)));
    }
    return true;
  }
  void read() {
    if (!reading) return;
    finished = 0;
    for (auto& reader : readers) {
      record::RecordBatch batch;
      const flow::PollResult result = reader->poll(record::RecordBatch::kRowsMax, batch);
      if (result == flow::PollResult::finished) ++finished;
      if (result == flow::PollResult::records) batches.push_back(std::move(batch));
    }
  }
  std::vector<std::string> values() const {
    std::vector<std::string> all;
    for (const auto& batch : batches)
      for (const auto& row : batch.rows()) all.emplace_back(row.value);
    return all;
  }
  std::size_t rows() const { return values().size(); }
  std::vector<flow::PartitionPosition> positions() {
    std::vector<flow::PartitionPosition> all;
    for (auto& reader : readers) reader->positions(all);
    return all;
  }
  Status commit(EpochId closed, const std::vector<flow::PartitionPosition>& at) {
    std::optional<Status> result;
    source->commit(closed, at, R"({"v":1,"e":)" + std::to_string(closed.value()) + "}",
                   [&](Status status) { result = std::move(status); });
    if (!until([&] { return result.has_value(); })) return Status(Code::timed_out, "no answer");
    return *result;
  }
  bool leave(bool leave = true) {
    bool done = false;
    left_ = true;
    source->stop(leave, [&] { done = true; });
    return until([&] { return done; });
  }

  void on_positioned(EpochId newest, std::string_view) override {
    ++positioned;
    epoch = newest;
  }
  void on_revoke(std::function<void()> release) override {
    ++revoked;
    if (hold_release)
      held_release = std::move(release);
    else
      release();
  }
  void on_lost(std::string_view) override { ++lost; }
  void on_connected(bool is, std::string_view why, std::string_view text) override {
    connected = is;
    reason = why;
    message = text;
  }
  void on_failed(Status status) override { failure = std::move(status); }

  base::Wakeup wakeup;
  std::unique_ptr<flow::Source> source;
  std::vector<std::unique_ptr<flow::SourceReader>> readers;
  std::deque<record::RecordBatch> batches;
  bool reading = true;
  bool hold_release = false;
  std::function<void()> held_release;
  int positioned = 0, revoked = 0, lost = 0;
  std::size_t finished = 0;
  EpochId epoch{0};
  std::optional<bool> connected;
  std::string reason, message;
  Status failure;

 private:
  const std::string pipeline_;
  const std::vector<spec::SourceSpec> specs_;
  Status made_;
  bool left_ = false;
};

}  // namespace leat::kafka::test
