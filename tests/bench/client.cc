#include "client.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace leat::bench {

Options::Options(int argc, char** argv, std::map<std::string, std::string> defaults)
    : values_(std::move(defaults)) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (!word.starts_with("--")) {
      words_.push_back(word);
      continue;
    }
    const auto found = values_.find(word.substr(2));
    if (found == values_.end() || i + 1 == argc) {
      std::fprintf(stderr, "%s: unknown option or no value: %s\n", argv[0], word.c_str());
      std::exit(2);
    }
    found->second = argv[++i];
  }
}

const std::string& Options::text(const std::string& name) const { return values_.at(name); }

std::int64_t Options::signed_number(const std::string& name) const {
  const std::string& text = values_.at(name);
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size())
    give_up("--" + name + " is no number: " + text);
  return number;
}

std::uint64_t Options::number(const std::string& name) const {
  const std::int64_t number = signed_number(name);
  if (number < 0) give_up("--" + name + " is negative");
  return static_cast<std::uint64_t>(number);
}

std::map<std::string, std::string> run_options() {
  return {{"brokers", ""}, {"topic", ""},        {"workload", "json"}, {"records", "0"},
          {"rate", "0"},   {"start-ns", "0"},    {"paced-from", "0"},  {"users", "1000"},
          {"cover", "0"},  {"stamp-gap-ns", "1"}};
}

Run run_of(const Options& options) {
  return {.workload = workload_of(options.text("workload")),
          .start_ns = options.signed_number("start-ns"),
          .rate = options.number("rate"),
          .paced_from = options.number("paced-from"),
          .users = options.number("users"),
          .cover = options.number("cover") != 0,
          .stamp_gap_ns = options.signed_number("stamp-gap-ns")};
}

void give_up(const std::string& what) {
  std::fprintf(stderr, "bench: %s\n", what.c_str());
  std::exit(1);
}

Client make_client(rd_kafka_type_t type, const Properties& properties, rd_kafka_conf_t* conf) {
  std::array<char, 512> why{};
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) !=
        RD_KAFKA_CONF_OK)
      give_up(why.data());
  }
  rd_kafka_t* const made = rd_kafka_new(type, conf, why.data(), why.size());
  if (made == nullptr) give_up(why.data());
  return Client(made);
}

Properties consumer_properties(const std::string& brokers, const std::string& group) {
  Properties properties{{"bootstrap.servers", brokers},
                        {"group.id", group},
                        {"socket.nagle.disable", "true"},
                        {"topic.metadata.refresh.interval.ms", "5000"},
                        {"session.timeout.ms", "10000"},
                        {"enable.auto.commit", "false"},
                        {"enable.auto.offset.store", "false"},
                        {"isolation.level", "read_committed"},
                        {"check.crcs", "true"},
                        {"auto.offset.reset", "earliest"},
                        {"fetch.min.bytes", "1"},
                        {"fetch.wait.max.ms", "500"},
                        {"fetch.error.backoff.ms", "50"},
                        {"queued.max.messages.kbytes", "65536"}};
  if (rd_kafka_version() < 0x02020000)
    properties.emplace_back("queued.min.messages", "1000000");
  else
    properties.emplace_back("fetch.queue.backoff.ms", "10");
  return properties;
}

Properties producer_properties(const std::string& brokers) {
  return {{"bootstrap.servers", brokers},
          {"socket.nagle.disable", "true"},
          {"topic.metadata.refresh.interval.ms", "5000"},
          {"enable.idempotence", "true"},
          {"acks", "all"},
          {"linger.ms", "0"},
          {"batch.num.messages", "10000"},
          {"max.in.flight.requests.per.connection", "5"},
          {"queue.buffering.max.messages", "500000"},
          {"queue.buffering.max.kbytes", "65536"},
          {"message.timeout.ms", "0"}};
}

int partitions_of(rd_kafka_t* client, rd_kafka_topic_t* topic) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(client, 0, topic, &metadata, 10'000) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const rd_kafka_metadata_topic_t& found = metadata->topics[0];
      const int partitions = found.err == RD_KAFKA_RESP_ERR_NO_ERROR ? found.partition_cnt : 0;
      rd_kafka_metadata_destroy(metadata);
      if (partitions > 0) return partitions;
    }
    const timespec wait{0, 100'000'000};
    nanosleep(&wait, nullptr);
  }
  give_up(std::string("no such topic: ") + rd_kafka_topic_name(topic));
}

std::int64_t wall_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace leat::bench
