// Reads everything a run must have written to a topic and checks it: each expected sequence exactly once, in order for each key, each value as
// the oracle computes it. Latency is receipt minus intended send time.
//
//   bench_reader --brokers B --topic T --workload json|bytes|filter95 --stage raw|projected|filtered
//                --records N --rate R --start-ns NS [--warm-up N] [--quiet-ms 10000] [--after-ms 300]
//
// Prints "ready" once it reads, then one line of JSON; exit 1 when a record is missing, double, wrong or out of order.
#include <cstdio>
#include <string_view>

#include "client.h"
#include "rows.h"
#include "samples.h"

namespace {

using namespace leat::bench;

class Reader {
 public:
  Reader(Run run, Stage stage, std::uint64_t records, std::uint64_t warm_up)
      : run_(run), stage_(stage), warm_up_(warm_up), seen_(records), last_of_user_(Run::kUsers, -1) {
    for (std::uint64_t seq = 0; seq < records; ++seq) expected_ += passes(stage, seq) ? 1 : 0;
    latency_.reserve(run.rate != 0 ? records : 0);
  }
  void take(const rd_kafka_message_t& message, std::int64_t now_ns);
  bool complete() const noexcept { return received_ >= expected_; }
  std::string json();
  bool right() const noexcept { return received_ == expected_ && doubled_ == 0 && wrong_ == 0 && disordered_ == 0; }

 private:
  void count(std::uint64_t seq);

  Run run_;
  Stage stage_;
  std::uint64_t warm_up_;
  std::vector<bool> seen_;
  std::vector<std::int64_t> last_of_user_;
  std::uint64_t expected_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t doubled_ = 0;
  std::uint64_t wrong_ = 0;
  std::uint64_t disordered_ = 0;
  Samples latency_;
  Samples kafka_;  // time stamp of the output's log minus intended, ms
};

void Reader::take(const rd_kafka_message_t& message, std::int64_t now_ns) {
  const std::string_view value(static_cast<const char*>(message.payload), message.len);
  const std::string_view key(static_cast<const char*>(message.key), message.key_len);
  const Seen seen = check_row(run_, stage_, value, key);
  if (!seen.right || seen.seq >= seen_.size()) {
    ++wrong_;
    return;
  }
  count(seen.seq);
  if (run_.rate == 0 || seen.seq < warm_up_) return;
  latency_.add(now_ns - run_.intended_ns(seen.seq));
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t appended_ms = rd_kafka_message_timestamp(&message, &type);
  if (type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME) kafka_.add(appended_ms - run_.intended_ns(seen.seq) / 1'000'000);
}

void Reader::count(std::uint64_t seq) {
  if (seen_[seq]) {
    ++doubled_;
    return;
  }
  seen_[seq] = true;
  ++received_;
  std::int64_t& last = last_of_user_[user_of(seq)];
  if (static_cast<std::int64_t>(seq) < last) ++disordered_;
  else last = static_cast<std::int64_t>(seq);
}

std::string Reader::json() {
  std::string out;
  for (const auto& [name, number] : {std::pair<const char*, std::uint64_t>{"expected", expected_}, {"received", received_},
                                     {"missing", expected_ - received_}, {"doubled", doubled_}, {"wrong", wrong_}, {"disordered", disordered_}})
    out += (out.empty() ? "{\"" : ",\"") + std::string(name) + "\":" + std::to_string(number);
  return out + ",\"latency_us\":" + latency_.json(1e3) + ",\"kafka_ms\":" + kafka_.json(1) + "}";
}

// Every partition from its beginning, without a group.
Client make_consumer(const std::string& brokers, const std::string& topic_name) {
  Properties properties = consumer_properties(brokers, "bench-reader");
  Client consumer = make_client(RD_KAFKA_CONSUMER, properties);
  rd_kafka_poll_set_consumer(consumer.get());
  const Topic topic(rd_kafka_topic_new(consumer.get(), topic_name.c_str(), nullptr));
  const int partitions = partitions_of(consumer.get(), topic.get());
  const List list(rd_kafka_topic_partition_list_new(partitions));
  for (int partition = 0; partition < partitions; ++partition)
    rd_kafka_topic_partition_list_add(list.get(), topic_name.c_str(), partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
  if (rd_kafka_assign(consumer.get(), list.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) give_up("cannot read " + topic_name);
  return consumer;
}

// Until everything is there, and `after_ms` longer for what should not come; or until nothing came for `quiet_ms`.
void read_all(rd_kafka_t* consumer, Reader& reader, std::int64_t quiet_ms, std::int64_t after_ms) {
  std::int64_t last_ns = wall_ns();
  while (true) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(consumer, 50);
    const std::int64_t now_ns = wall_ns();
    if (message != nullptr) {
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        reader.take(*message, now_ns);
        last_ns = now_ns;
      }
      rd_kafka_message_destroy(message);
    }
    const std::int64_t quiet = (now_ns - last_ns) / 1'000'000;
    if (quiet > (reader.complete() ? after_ms : quiet_ms)) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Options options(argc, argv, {{"brokers", ""}, {"topic", ""}, {"workload", "json"}, {"stage", "raw"}, {"records", "0"}, {"rate", "0"},
                                     {"start-ns", "0"}, {"warm-up", "0"}, {"quiet-ms", "10000"}, {"after-ms", "300"}});
  const Run run{workload_of(options.text("workload")), options.signed_number("start-ns"), options.number("rate")};
  Reader reader(run, stage_of(options.text("stage")), options.number("records"), options.number("warm-up"));
  const Client consumer = make_consumer(options.text("brokers"), options.text("topic"));
  std::printf("ready\n");
  std::fflush(stdout);
  read_all(consumer.get(), reader, options.signed_number("quiet-ms"), options.signed_number("after-ms"));
  rd_kafka_consumer_close(consumer.get());
  std::printf("%s\n", reader.json().c_str());
  return reader.right() ? 0 : 1;
}
