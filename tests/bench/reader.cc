// Reads everything a run must have written to a topic and checks it: each expected sequence exactly once, in order for each key, each value as
// the oracle computes it. Latency is receipt minus intended send time.
//
//   bench_reader --brokers B --topic T --workload W --stage raw|projected|filtered|totals|windows|rekeyed|encoded|grouped
//                --records N --rate R --start-ns NS [--users N] [--cover 0] [--stamp-gap-ns 1] [--paced-from N]
//                [--warm-up N] [--again 0] [--dump FILE] [--quiet-ms 10000] [--after-ms 300]
//
// The options of the records are those of bench_generator. Prints "ready" once it reads, then one line of JSON; exit 1 when a record is missing,
// double, wrong or out of order. With `--again 1` records may come again, as after a crash. `--dump`: of each record behind the warm-up intended
// time and receipt, two numbers of 8 bytes, ns.
#include <cstdio>
#include <string_view>

#include "client.h"
#include "oracle.h"
#include "samples.h"

namespace {

using namespace leat::bench;

struct Wishes {
  std::uint64_t warm_up = 0;
  bool again = false;
  std::string dump;
};

class Reader {
 public:
  Reader(const Run& run, Stage stage, std::uint64_t records, std::int32_t partitions, Wishes wishes)
      : run_(run),
        wishes_(std::move(wishes)),
        oracle_(run, stage, records, partitions),
        seen_(oracle_.slots()),
        last_of_lane_(oracle_.lanes(), -1),
        timed_(run.rate != 0 && oracle_.timed()) {
    latency_.reserve(timed_ ? records - run.paced_from : 0);
    if (!wishes_.dump.empty() && (dump_ = std::fopen(wishes_.dump.c_str(), "wb")) == nullptr)
      give_up("cannot write " + wishes_.dump);
  }
  ~Reader() {
    if (dump_ != nullptr) std::fclose(dump_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void take(const rd_kafka_message_t& message, std::int64_t now_ns);
  bool complete() const noexcept { return received_ >= oracle_.expected(); }
  std::string json();
  bool right() const noexcept {
    return complete() && wrong_ == 0 && (wishes_.again || (doubled_ == 0 && disordered_ == 0));
  }

 private:
  void count(std::uint64_t slot);
  void time(const rd_kafka_message_t& message, std::uint64_t slot, std::int64_t now_ns);

  const Run run_;
  const Wishes wishes_;
  Oracle oracle_;
  std::vector<bool> seen_;
  std::vector<std::int64_t> last_of_lane_;
  const bool timed_;
  std::uint64_t received_ = 0;
  std::uint64_t doubled_ = 0;
  std::uint64_t wrong_ = 0;
  std::uint64_t disordered_ = 0;
  Samples latency_;
  Samples kafka_;  // time stamp of the output's log minus intended, ms
  std::FILE* dump_ = nullptr;
};

void Reader::take(const rd_kafka_message_t& message, std::int64_t now_ns) {
  const std::string_view value(static_cast<const char*>(message.payload), message.len);
  const std::string_view key(static_cast<const char*>(message.key), message.key_len);
  const Seen seen = oracle_.check(value, key);
  if (!seen.right) {
    if (++wrong_ <= 3)
      std::fprintf(stderr, "wrong: %.*s: %.*s\n", static_cast<int>(key.size()), key.data(),
                   static_cast<int>(value.size()), value.data());
    return;
  }
  count(seen.slot);
  if (timed_ && seen.slot >= run_.paced_from + wishes_.warm_up) time(message, seen.slot, now_ns);
}

void Reader::time(const rd_kafka_message_t& message, std::uint64_t slot, std::int64_t now_ns) {
  const std::int64_t intended_ns = oracle_.intended_ns(slot);
  latency_.add(now_ns - intended_ns);
  if (const std::int64_t both[2] = {intended_ns, now_ns}; dump_ != nullptr)
    std::fwrite(both, sizeof both, 1, dump_);
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t appended_ms = rd_kafka_message_timestamp(&message, &type);
  if (type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME) kafka_.add(appended_ms - intended_ns / 1'000'000);
}

void Reader::count(std::uint64_t slot) {
  std::int64_t& last = last_of_lane_[oracle_.lane_of(slot)];
  if (static_cast<std::int64_t>(slot) < last)
    ++disordered_;
  else
    last = static_cast<std::int64_t>(slot);
  if (seen_[slot]) {
    ++doubled_;
    return;
  }
  seen_[slot] = true;
  ++received_;
}

std::string Reader::json() {
  std::string out;
  for (const auto& [name, number] :
       {std::pair<const char*, std::uint64_t>{"expected", oracle_.expected()},
        {"received", received_},
        {"missing", oracle_.expected() - received_},
        {"doubled", doubled_},
        {"wrong", wrong_},
        {"disordered", disordered_}})
    out += (out.empty() ? "{\"" : ",\"") + std::string(name) + "\":" + std::to_string(number);
  return out + ",\"latency_us\":" + latency_.json(1e3) + ",\"kafka_ms\":" + kafka_.json(1) + "}";
}

// Every partition from its beginning, without a group.
Client make_consumer(const std::string& brokers, const std::string& topic_name,
                     std::int32_t& partitions) {
  Properties properties = consumer_properties(brokers, "bench-reader");
  Client consumer = make_client(RD_KAFKA_CONSUMER, properties);
  rd_kafka_poll_set_consumer(consumer.get());
  const Topic topic(rd_kafka_topic_new(consumer.get(), topic_name.c_str(), nullptr));
  partitions = partitions_of(consumer.get(), topic.get());
  const List list(rd_kafka_topic_partition_list_new(partitions));
  for (int partition = 0; partition < partitions; ++partition)
    rd_kafka_topic_partition_list_add(list.get(), topic_name.c_str(), partition)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
  if (rd_kafka_assign(consumer.get(), list.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
    give_up("cannot read " + topic_name);
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
  std::map<std::string, std::string> known = run_options();
  known.merge(std::map<std::string, std::string>{{"stage", "raw"},
                                                 {"warm-up", "0"},
                                                 {"again", "0"},
                                                 {"dump", ""},
                                                 {"quiet-ms", "10000"},
                                                 {"after-ms", "300"}});
  const Options options(argc, argv, std::move(known));
  std::int32_t partitions = 0;
  const Client consumer = make_consumer(options.text("brokers"), options.text("topic"), partitions);
  Reader reader(run_of(options), stage_of(options.text("stage")), options.number("records"),
                partitions,
                {options.number("warm-up"), options.number("again") != 0, options.text("dump")});
  std::printf("ready\n");
  std::fflush(stdout);
  read_all(consumer.get(), reader, options.signed_number("quiet-ms"),
           options.signed_number("after-ms"));
  rd_kafka_consumer_close(consumer.get());
  std::printf("%s\n", reader.json().c_str());
  return reader.right() ? 0 : 1;
}
