// The limit: a bare librdkafka loop with leat's features and nothing else. Consumes, produces with the key, the timestamp and Java's
// partition of the key, commits every second what is acknowledged. With `--work project` the same with W1's filter and projection written
// by hand on simdjson, with `--work filter` that of `filter95`.
//
//   bench_b0 --brokers B --group G --in T --out T [--work copy|project|filter]
//
// Runs until SIGTERM.
#include <poll.h>
#include <signal.h>
#include <simdjson.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <deque>
#include <string_view>

#include "client.h"

namespace {

using namespace leat::bench;

constexpr std::size_t kDrainMax = 256;
constexpr std::int64_t kCommitNs = 1'000'000'000;

volatile sig_atomic_t stopped = 0;
void on_signal(int) { stopped = 1; }

// Records between two commits.
struct Epoch {
  std::uint64_t unacknowledged = 0;
  std::map<std::int32_t, std::int64_t> next;  // partition → offset to commit
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) give_up(rd_kafka_err2str(message->err));
  --static_cast<Epoch*>(message->_private)->unacknowledged;
}

class Documents {
 public:
  // Valid until the next call.
  simdjson::ondemand::document of(std::string_view text) {
    if (padded_.size() < text.size() + simdjson::SIMDJSON_PADDING)
      padded_.resize(text.size() + simdjson::SIMDJSON_PADDING);
    std::memcpy(padded_.data(), text.data(), text.size());
    return parser_.iterate(padded_.data(), text.size(), padded_.size());
  }

 private:
  simdjson::ondemand::parser parser_;
  std::string padded_;
};

// W1 by hand: { seq, ts, user, amount } of the rows that are AUTHORIZED and above 20.
class Projection {
 public:
  // False = filtered out. `out` lives until the next call.
  bool apply(std::string_view in, std::string_view& out) {
    simdjson::ondemand::document document = documents_.of(in);
    simdjson::ondemand::object row = document.get_object();
    const std::string_view seq = token(row, "seq");
    const std::string_view ts = token(row, "ts");
    const std::string_view user = token(row, "user");
    simdjson::ondemand::value amount = row.find_field("amount");
    const std::string_view amount_token = amount.raw_json_token();
    if (double(amount) <= 20.0) return false;
    const std::string_view status = row.find_field("status");
    if (status != "AUTHORIZED") return false;
    built_ = "{\"seq\":";
    built_.append(seq)
        .append(",\"ts\":")
        .append(ts)
        .append(",\"user\":")
        .append(user)
        .append(",\"amount\":")
        .append(amount_token)
        .append("}");
    out = built_;
    return true;
  }

 private:
  static std::string_view token(simdjson::ondemand::object& row, std::string_view name) {
    return simdjson::ondemand::value(row.find_field(name)).raw_json_token();
  }
  Documents documents_;
  std::string built_;
};

// `filter95` by hand: the rows that are DECLINED and above 100, as they are.
class Filter {
 public:
  bool passes(std::string_view in) {
    simdjson::ondemand::document document = documents_.of(in);
    simdjson::ondemand::object row = document.get_object();
    if (double(row.find_field("amount")) <= 100.0) return false;
    const std::string_view status = row.find_field("status");
    return status == "DECLINED";
  }

 private:
  Documents documents_;
};

enum class Work : std::uint8_t { copy, project, filter };

Work work_of(const std::string& name) {
  if (name == "copy") return Work::copy;
  if (name == "project") return Work::project;
  if (name == "filter") return Work::filter;
  give_up("unknown work " + name);
}

class Loop {
 public:
  Loop(const Options& options, rd_kafka_t* consumer, rd_kafka_t* producer)
      : in_(options.text("in")),
        work_(work_of(options.text("work"))),
        consumer_(consumer),
        producer_(producer),
        out_(rd_kafka_topic_new(producer, options.text("out").c_str(), nullptr)),
        partitions_(partitions_of(producer, out_.get())),
        queue_(rd_kafka_queue_get_consumer(consumer)),
        wakeup_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    epochs_.emplace_back();
    const std::uint64_t one = 1;
    rd_kafka_queue_io_event_enable(queue_.get(), wakeup_, &one, sizeof one);
    const List topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), in_.c_str(), RD_KAFKA_PARTITION_UA);
    if (rd_kafka_subscribe(consumer, topics.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
      give_up("cannot subscribe");
  }
  ~Loop() { close(wakeup_); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run() {
    std::int64_t commit_at = wall_ns() + kCommitNs;
    while (stopped == 0) {
      pollfd ready{wakeup_, POLLIN, 0};
      ::poll(&ready, 1, 50);
      std::uint64_t ignored = 0;
      if (::read(wakeup_, &ignored, sizeof ignored) < 0) ignored = 0;
      while (drain() != 0) rd_kafka_poll(producer_, 0);
      rd_kafka_poll(producer_, 0);
      if (const std::int64_t now = wall_ns(); now >= commit_at) {
        commit();
        commit_at = now + kCommitNs;
      }
    }
  }

 private:
  std::size_t drain() {
    std::array<rd_kafka_message_t*, kDrainMax> messages{};
    const auto count =
        rd_kafka_consume_batch_queue(queue_.get(), 0, messages.data(), messages.size());
    for (ssize_t i = 0; i < count; ++i) {
      rd_kafka_message_t* const message = messages[static_cast<std::size_t>(i)];
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) take(*message);
      rd_kafka_message_destroy(message);
    }
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }

  void take(const rd_kafka_message_t& message) {
    std::string_view value(static_cast<const char*>(message.payload), message.len);
    Epoch& epoch = epochs_.back();
    if (wanted(value)) {
      produce(message, value, epoch);
      ++epoch.unacknowledged;
    }
    epoch.next[message.partition] = message.offset + 1;
  }

  // Whether the record is written; `value` becomes what is written.
  bool wanted(std::string_view& value) {
    switch (work_) {
      case Work::copy: break;
      case Work::project: return projection_.apply(value, value);
      case Work::filter: return filter_.passes(value);
    }
    return true;
  }

  void produce(const rd_kafka_message_t& message, std::string_view value, Epoch& epoch) {
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const std::int64_t timestamp = rd_kafka_message_timestamp(&message, &type);
    const std::int32_t partition = rd_kafka_msg_partitioner_murmur2(
        out_.get(), message.key, message.key_len, partitions_, nullptr, nullptr);
    while (true) {
      const rd_kafka_resp_err_t error = rd_kafka_producev(
          producer_, RD_KAFKA_V_RKT(out_.get()), RD_KAFKA_V_PARTITION(partition),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
          RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
          RD_KAFKA_V_KEY(message.key, message.key_len), RD_KAFKA_V_TIMESTAMP(timestamp),
          RD_KAFKA_V_OPAQUE(&epoch), RD_KAFKA_V_END);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) give_up(rd_kafka_err2str(error));
      rd_kafka_poll(producer_, 5);
    }
  }

  // Commits the closed epoch once all of it is acknowledged, then closes the open one.
  void commit() {
    if (epochs_.size() > 1 && epochs_.front().unacknowledged == 0) {
      const List offsets(rd_kafka_topic_partition_list_new(8));
      for (const auto& [partition, next] : epochs_.front().next)
        rd_kafka_topic_partition_list_add(offsets.get(), in_.c_str(), partition)->offset = next;
      if (offsets->cnt != 0) rd_kafka_commit(consumer_, offsets.get(), 1);
      epochs_.pop_front();
    }
    if (epochs_.size() == 1) epochs_.emplace_back();
  }

  const std::string in_;
  const Work work_;
  rd_kafka_t* const consumer_;
  rd_kafka_t* const producer_;
  Topic out_;
  const std::int32_t partitions_;
  Queue queue_;
  const int wakeup_;
  Projection projection_;
  Filter filter_;
  std::deque<Epoch> epochs_;  // the last is open; a deque keeps addresses
};

}  // namespace

int main(int argc, char** argv) {
  const Options options(
      argc, argv, {{"brokers", ""}, {"group", "b0"}, {"in", ""}, {"out", ""}, {"work", "copy"}});
  signal(SIGTERM, on_signal);
  signal(SIGINT, on_signal);
  const Client consumer = make_client(
      RD_KAFKA_CONSUMER, consumer_properties(options.text("brokers"), options.text("group")));
  rd_kafka_poll_set_consumer(consumer.get());
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set_dr_msg_cb(conf, &on_delivery);
  const Client producer =
      make_client(RD_KAFKA_PRODUCER, producer_properties(options.text("brokers")), conf);
  {
    Loop loop(options, consumer.get(), producer.get());
    std::printf("ready\n");
    std::fflush(stdout);
    loop.run();
    rd_kafka_flush(producer.get(), 5'000);
  }
  rd_kafka_consumer_close(consumer.get());
  return 0;
}
