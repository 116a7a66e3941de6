// Topics and offsets for the orchestrator, without a JVM beside the measurement.
//
//   bench_topics create T --partitions 4 [--stamps append|create]     bench_topics delete T...
//   bench_topics end T                        prints the records in it
//   bench_topics next T                       prints "ready", then the ns at which the next record is read
//   bench_topics watch T --group G            prints "<ns> <committed> <end>" every 20 ms until all is committed (or --timeout-ms)
#include <cstdio>
#include <ctime>

#include "client.h"

namespace {

using namespace leat::bench;

rd_kafka_event_t* answer_of(rd_kafka_queue_t* queue) {
  rd_kafka_event_t* const event = rd_kafka_queue_poll(queue, 30'000);
  if (event == nullptr) give_up("the broker does not answer");
  if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
    give_up(rd_kafka_event_error_string(event));
  return event;
}

void create(rd_kafka_t* client, const std::string& name, const Options& options) {
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(
      name.c_str(), static_cast<int>(options.number("partitions")), 1, nullptr, 0);
  if (options.text("stamps") == "append")
    rd_kafka_NewTopic_set_config(topic, "message.timestamp.type", "LogAppendTime");
  const Queue queue(rd_kafka_queue_new(client));
  rd_kafka_CreateTopics(client, &topic, 1, nullptr, queue.get());
  rd_kafka_event_t* const event = answer_of(queue.get());
  std::size_t count = 0;
  const rd_kafka_topic_result_t* const* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[i]);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) give_up(rd_kafka_err2str(error));
  }
  rd_kafka_event_destroy(event);
  rd_kafka_NewTopic_destroy(topic);
  const Topic handle(rd_kafka_topic_new(client, name.c_str(), nullptr));
  partitions_of(client, handle.get());
}

void remove(rd_kafka_t* client, const std::string& name) {
  rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(name.c_str());
  const Queue queue(rd_kafka_queue_new(client));
  rd_kafka_DeleteTopics(client, &topic, 1, nullptr, queue.get());
  rd_kafka_event_destroy(answer_of(queue.get()));
  rd_kafka_DeleteTopic_destroy(topic);
}

std::int64_t end_of(rd_kafka_t* client, const std::string& name, int partitions) {
  std::int64_t sum = 0;
  for (int partition = 0; partition < partitions; ++partition) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    if (rd_kafka_query_watermark_offsets(client, name.c_str(), partition, &low, &high, 10'000) !=
        RD_KAFKA_RESP_ERR_NO_ERROR)
      give_up("no offsets");
    sum += high;
  }
  return sum;
}

std::int64_t committed_of(rd_kafka_t* client, const std::string& name, int partitions) {
  const List list(rd_kafka_topic_partition_list_new(partitions));
  for (int partition = 0; partition < partitions; ++partition)
    rd_kafka_topic_partition_list_add(list.get(), name.c_str(), partition);
  if (rd_kafka_committed(client, list.get(), 10'000) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
  std::int64_t sum = 0;
  for (int i = 0; i < list->cnt; ++i) sum += list->elems[i].offset > 0 ? list->elems[i].offset : 0;
  return sum;
}

bool watch(rd_kafka_t* client, const std::string& name, int partitions, std::int64_t timeout_ms) {
  const std::int64_t end = end_of(client, name, partitions);
  const std::int64_t until = wall_ns() + timeout_ms * 1'000'000;
  while (wall_ns() < until) {
    const std::int64_t committed = committed_of(client, name, partitions);
    std::printf("%lld %lld %lld\n", static_cast<long long>(wall_ns()),
                static_cast<long long>(committed), static_cast<long long>(end));
    std::fflush(stdout);
    if (committed >= end) return true;
    const timespec wait{0, 20'000'000};
    nanosleep(&wait, nullptr);
  }
  return false;
}

// Reads what comes from now on, until the first record is there.
bool next(rd_kafka_t* client, const std::string& name, int partitions, std::int64_t timeout_ms) {
  const List list(rd_kafka_topic_partition_list_new(partitions));
  for (int partition = 0; partition < partitions; ++partition) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    if (rd_kafka_query_watermark_offsets(client, name.c_str(), partition, &low, &high, 10'000) !=
        RD_KAFKA_RESP_ERR_NO_ERROR)
      give_up("no offsets");
    rd_kafka_topic_partition_list_add(list.get(), name.c_str(), partition)->offset = high;
  }
  rd_kafka_poll_set_consumer(client);
  if (rd_kafka_assign(client, list.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
    give_up("cannot read " + name);
  std::printf("ready\n");
  std::fflush(stdout);
  const std::int64_t until = wall_ns() + timeout_ms * 1'000'000;
  while (wall_ns() < until) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(client, 50);
    if (message == nullptr) continue;
    const bool came = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_message_destroy(message);
    if (!came) continue;
    std::printf("%lld\n", static_cast<long long>(wall_ns()));
    return true;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options(argc, argv,
                        {{"brokers", ""},
                         {"group", "bench-topics"},
                         {"partitions", "4"},
                         {"stamps", "create"},
                         {"timeout-ms", "120000"}});
  if (options.words().size() < 2)
    give_up("usage: bench_topics create|delete|end|next|watch TOPIC... --brokers B");
  const std::string& verb = options.words()[0];
  const Client client = make_client(
      RD_KAFKA_CONSUMER,
      {{"bootstrap.servers", options.text("brokers")}, {"group.id", options.text("group")}});
  for (std::size_t i = 1; i < options.words().size(); ++i) {
    const std::string& name = options.words()[i];
    if (verb == "create") {
      create(client.get(), name, options);
      continue;
    }
    if (verb == "delete") {
      remove(client.get(), name);
      continue;
    }
    const Topic topic(rd_kafka_topic_new(client.get(), name.c_str(), nullptr));
    const int partitions = partitions_of(client.get(), topic.get());
    if (verb == "end")
      std::printf("%lld\n", static_cast<long long>(end_of(client.get(), name, partitions)));
    else if (verb != "watch" && verb != "next")
      give_up("unknown verb " + verb);
    else if (!(verb == "watch" ? watch : next)(client.get(), name, partitions,
                                               options.signed_number("timeout-ms")))
      return 1;
  }
  return 0;
}
