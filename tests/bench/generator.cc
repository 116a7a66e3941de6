// Writes the records of a run at a constant rate, whatever happens to those it wrote before (open loop), or as fast as it can.
//
//   bench_generator --brokers B --topic T --workload json|bytes|filter95 --records N --rate R --start-ns NS [--slip-us 200]
//
// Prints one line of JSON. Its own slip (how late it handed a record to librdkafka) is part of it; exit 3 when the slip's p99 exceeds the bound.
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
  const timespec until{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, nullptr) != 0) {
  }
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
  Sender(rd_kafka_t* client, const std::string& topic) : client_(client), topic_(rd_kafka_topic_new(client, topic.c_str(), nullptr)) {
    const int partitions = partitions_of(client, topic_.get());
    for (std::uint64_t user = 0; user < Run::kUsers; ++user) {
      append_user(users_.emplace_back(), user);
      partitions_.push_back(rd_kafka_msg_partitioner_murmur2(topic_.get(), users_.back().data(), users_.back().size(), partitions, nullptr, nullptr));
    }
  }
  void send(std::uint64_t seq, const std::string& value) {
    const std::uint64_t user = user_of(seq);
    while (rd_kafka_produce(topic_.get(), partitions_[user], RD_KAFKA_MSG_F_COPY, const_cast<char*>(value.data()), value.size(),
                            users_[user].data(), users_[user].size(), nullptr) != 0) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) give_up(rd_kafka_err2str(rd_kafka_last_error()));
      rd_kafka_poll(client_, 10);
    }
    if (seq % 64 == 0) rd_kafka_poll(client_, 0);
  }

 private:
  rd_kafka_t* client_;
  Topic topic_;
  std::vector<std::string> users_;
  std::vector<int> partitions_;
};

}  // namespace

int main(int argc, char** argv) {
  const Options options(argc, argv, {{"brokers", ""}, {"topic", ""}, {"workload", "json"}, {"records", "0"}, {"rate", "0"},
                                     {"start-ns", "0"}, {"slip-us", "200"}});
  const Run run{workload_of(options.text("workload")), options.signed_number("start-ns"), options.number("rate")};
  const std::uint64_t records = options.number("records");
  const Client producer = make_producer(options);
  Samples slip;
  const char* priority = "normal";
  {
    Sender sender(producer.get(), options.text("topic"));
    std::string value;
    if (run.rate != 0) {
      slip.reserve(records);
      if (wall_ns() > run.start_ns) give_up("the start lies in the past");
      priority = raise_priority();
    }
    for (std::uint64_t seq = 0; seq < records; ++seq) {
      make_row(run, seq, value);
      if (run.rate != 0) {
        const std::int64_t intended = run.intended_ns(seq);
        if (wall_ns() < intended) wait_until(intended);
        slip.add(wall_ns() - intended);
      }
      sender.send(seq, value);
    }
    if (rd_kafka_flush(producer.get(), 60'000) != RD_KAFKA_RESP_ERR_NO_ERROR) give_up("not everything was acknowledged");
  }
  const std::string slip_json = slip.json(1e3);
  const bool late = !slip.empty() && slip.at(0.99) / 1e3 > static_cast<double>(options.number("slip-us"));
  std::printf("{\"records\":%llu,\"failed\":%llu,\"priority\":\"%s\",\"late\":%s,\"slip_us\":%s}\n", static_cast<unsigned long long>(records),
              static_cast<unsigned long long>(failed), priority, late ? "true" : "false", slip_json.c_str());
  if (failed != 0) return 1;
  return late ? 3 : 0;
}
