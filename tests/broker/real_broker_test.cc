#include "support/real_broker.h"

#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace leat::test {
namespace {

constexpr int kWaitMsMax = 30'000;

struct DestroyHandle {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
};
using Handle = std::unique_ptr<rd_kafka_t, DestroyHandle>;

Handle client(rd_kafka_type_t type, const std::string& bootstrap) {
  std::array<char, 512> error{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [key, value] :
       {std::pair<const char*, const char*>{"bootstrap.servers", bootstrap.c_str()},
        {"log_level", "0"},
        {"group.id", "g"},
        {"auto.offset.reset", "earliest"}}) {
    rd_kafka_conf_set(conf, key, value, error.data(), error.size());
  }
  return Handle(rd_kafka_new(type, conf, error.data(), error.size()));
}

void create_topic(rd_kafka_t* handle, const char* name) {
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name, 1, 1, nullptr, 0);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(handle);
  rd_kafka_CreateTopics(handle, &topic, 1, nullptr, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, kWaitMsMax);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR)
      << rd_kafka_event_error_string(event);
  rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_NewTopic_destroy(topic);
}

void produce(rd_kafka_t* producer, const char* topic, std::string value) {
  ASSERT_EQ(
      rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                        RD_KAFKA_V_VALUE(value.data(), value.size()), RD_KAFKA_V_END),
      RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_EQ(rd_kafka_flush(producer, kWaitMsMax), RD_KAFKA_RESP_ERR_NO_ERROR);
}

// The first record of partition 0, read without a group.
std::string first_record(const std::string& bootstrap, const char* topic) {
  Handle consumer = client(RD_KAFKA_CONSUMER, bootstrap);
  rd_kafka_poll_set_consumer(consumer.get());
  rd_kafka_topic_partition_list_t* parts = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(parts, topic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(consumer.get(), parts);
  rd_kafka_topic_partition_list_destroy(parts);
  std::string value = "<nothing came>";
  if (rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer.get(), kWaitMsMax)) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
      value.assign(static_cast<char*>(message->payload), message->len);
    rd_kafka_message_destroy(message);
  }
  rd_kafka_consumer_close(consumer.get());
  return value;
}

// What survives when the broker is ended by `end` and started again.
void expect_data_survives(void (RealBroker::*end)()) {
  RealBroker broker;
  broker.start();
  const std::string bootstrap = broker.bootstrap();
  Handle producer = client(RD_KAFKA_PRODUCER, bootstrap);
  create_topic(producer.get(), "orders");
  produce(producer.get(), "orders", "written before");

  (broker.*end)();
  EXPECT_FALSE(broker.running());
  broker.start();

  EXPECT_EQ(broker.bootstrap(), bootstrap);
  EXPECT_EQ(first_record(bootstrap, "orders"), "written before");
}

TEST(RealBrokerTest, KeepsDataAndPortOverAStop) { expect_data_survives(&RealBroker::stop); }

TEST(RealBrokerTest, KeepsDataAndPortOverAKill) { expect_data_survives(&RealBroker::kill); }

TEST(RealBrokerTest, LeavesNothingBehindWhenTheTestIsKilled) {
  std::array<int, 2> told{};
  ASSERT_EQ(pipe(told.data()), 0);
  const pid_t test = fork();
  if (test == 0) {
    RealBroker broker;
    broker.start();
    const std::string folder = broker.folder();
    const bool written = write(told[1], folder.c_str(), folder.size() + 1) > 0;
    while (written) pause();
    _exit(1);
  }
  std::array<char, 512> folder{};
  ASSERT_GT(read(told[0], folder.data(), folder.size()), 0);
  ASSERT_TRUE(std::filesystem::exists(folder.data()));

  ::kill(test, SIGKILL);
  waitpid(test, nullptr, 0);
  // The watcher of the script holds this pipe's other end too, as the child's heir: its end is the
  // signal to look.
  ::close(told[1]);
  char rest = 0;
  while (read(told[0], &rest, 1) > 0) {}
  EXPECT_FALSE(std::filesystem::exists(folder.data()));
  ::close(told[0]);
}

}  // namespace
}  // namespace leat::test
