// Writes the records of a run at a constant rate, whatever happens to those it wrote before (open loop), or as fast as it can.
//
//   bench_generator --brokers B --topic T --workload W --records N --rate R --start-ns NS [--users N] [--cover 0] [--stamp-gap-ns 1]
//                   [--paced-from N] [--from 0] [--slip-us 200]
//
// Records [from, N); those from `paced-from` on at the rate, the first of them at the start. Prints one line of JSON. Its own slip (how late it handed a record to librdkafka) is part of it; exit 3 when the slip's p99 exceeds the bound.
#include <sched.h>
#include <sys/prctl.h>

#include <cstdio>
#include <ctime>

#include "client.h"
#include "rows.h"
#include "samples.h"

namespace {

using namespace leat::bench;

std::uint64_t failed = 0;

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) ++failed;
}

// A real-time priority where the system grants one: the pace must not depend on what the engines do.
const char* raise_priority() {
  prctl(PR_SET_TIMERSLACK, 1);
  sched_param parameters{};
  parameters.sched_priority = 1;
  return sched_setscheduler(0, SCHED_FIFO, &parameters) == 0 ? "fifo" : "normal";
}

void wait_until(std::int64_t ns) {
  const timespec until{static_cast<time_t>(ns / 1'000'000'000),
                       static_cast<long>(ns % 1'000'000'000)};
  while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, nullptr) != 0) {}
}

Client make_producer(const Options& options) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set_dr_msg_cb(conf, &on_delivery);
  const bool paced = options.number("rate") != 0;
  return make_client(RD_KAFKA_PRODUCER,
                     {{"bootstrap.servers", options.text("brokers")},
                      {"socket.nagle.disable", "true"},
                      {"enable.idempotence", "true"},
                      {"linger.ms", paced ? "0" : "5"},
                      {"batch.num.messages", "10000"},
                      {"queue.buffering.max.messages", "1000000"}},
                     conf);
}

class Sender {
 public:
  Sender(rd_kafka_t* client, const std::string& topic, const Run& run)
      : client_(client),
        topic_(rd_kafka_topic_new(client, topic.c_str(), nullptr)),
        run_(run),
        partitions_(partitions_of(client, topic_.get())) {}
  void send(std::uint64_t seq, const std::string& value) {
    key_.clear();
    append_user(run_, run_.user_of(seq), key_);
    const int partition = rd_kafka_msg_partitioner_murmur2(topic_.get(), key_.data(), key_.size(),
                                                           partitions_, nullptr, nullptr);
    while (rd_kafka_produce(topic_.get(), partition, RD_KAFKA_MSG_F_COPY,
                            const_cast<char*>(value.data()), value.size(), key_.data(), key_.size(),
                            nullptr) != 0) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
        give_up(rd_kafka_err2str(rd_kafka_last_error()));
      rd_kafka_poll(client_, 10);
    }
    if (seq % 64 == 0) rd_kafka_poll(client_, 0);
  }

 private:
  rd_kafka_t* client_;
  Topic topic_;
  const Run run_;
  const int partitions_;
  std::string key_;
};

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> known = run_options();
  known.merge(std::map<std::string, std::string>{{"from", "0"}, {"slip-us", "200"}});
  const Options options(argc, argv, std::move(known));
  const Run run = run_of(options);
  const std::uint64_t from = options.number("from");
  const std::uint64_t records = options.number("records");
  const Client producer = make_producer(options);
  Samples slip;
  const char* priority = "normal";
  {
    Sender sender(producer.get(), options.text("topic"), run);
    std::string value;
    if (run.rate != 0 && records > run.paced_from) {
      slip.reserve(records - run.paced_from);
      if (wall_ns() > run.start_ns) give_up("the start lies in the past");
      priority = raise_priority();
    }
    for (std::uint64_t seq = from; seq < records; ++seq) {
      make_row(run, seq, value);
      if (run.rate != 0 && seq >= run.paced_from) {
        const std::int64_t intended = run.intended_ns(seq);
        if (wall_ns() < intended) wait_until(intended);
        slip.add(wall_ns() - intended);
      }
      sender.send(seq, value);
    }
    if (rd_kafka_flush(producer.get(), 60'000) != RD_KAFKA_RESP_ERR_NO_ERROR)
      give_up("not everything was acknowledged");
  }
  const std::string slip_json = slip.json(1e3);
  const bool late =
      !slip.empty() && slip.at(0.99) / 1e3 > static_cast<double>(options.number("slip-us"));
  std::printf("{\"records\":%llu,\"failed\":%llu,\"priority\":\"%s\",\"late\":%s,\"slip_us\":%s}\n",
              static_cast<unsigned long long>(records), static_cast<unsigned long long>(failed),
              priority, late ? "true" : "false", slip_json.c_str());
  if (failed != 0) return 1;
  return late ? 3 : 0;
}
