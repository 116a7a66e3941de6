#include "kafka/client.h"

#include <array>

namespace leat::kafka {

Result<base::Ref<Client>> Client::make(
    Role role, rd_kafka_conf_t* conf,
    std::function<void(rd_kafka_resp_err_t, const char*)> on_error) {
  base::Ref<Client> client(new Client());
  client->on_error_ = std::move(on_error);
  rd_kafka_conf_set_opaque(conf, client.get());
  rd_kafka_conf_set_background_event_cb(conf, &Client::on_background_event);
  if (client->on_error_) {
    rd_kafka_conf_set_error_cb(conf, [](rd_kafka_t*, int error, const char* reason, void* self) {
      static_cast<Client*>(self)->on_error_(static_cast<rd_kafka_resp_err_t>(error), reason);
    });
  }
  std::array<char, 512> why{};
  client->handle_ = rd_kafka_new(role == Role::consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER,
                                 conf, why.data(), why.size());
  if (client->handle_ == nullptr) {
    rd_kafka_conf_destroy(conf);
    return Status(Code::invalid_argument, why.data());
  }
  client->background_.reset(rd_kafka_queue_get_background(client->handle_));
  return client;
}

Client::~Client() {
  ending_.store(true, std::memory_order_relaxed);
  // No QueueFree here: the background queue's wake-up is librdkafka's own.
  if (rd_kafka_queue_t* queue = background_.release(); queue != nullptr)
    rd_kafka_queue_destroy(queue);
  if (handle_ != nullptr) rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void Client::post(std::function<void(rd_kafka_t*)> call) {
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
  }
  // An empty request is answered at once, without the network, on the queue it names: that is how a
  // call gets to the thread.
  rd_kafka_DeleteGroups(handle_, nullptr, 0, nullptr, background_.get());
}

void Client::run_next() {
  std::function<void(rd_kafka_t*)> call;
  {
    const std::lock_guard lock(mutex_);
    if (calls_.empty()) return;
    call = std::move(calls_.front());
    calls_.pop_front();
  }
  if (!ending_.load(std::memory_order_relaxed)) call(handle_);
}

void Client::on_background_event(rd_kafka_t*, rd_kafka_event_t* event, void* self) {
  rd_kafka_event_destroy(event);
  static_cast<Client*>(self)->run_next();
}

void wake_on(const Queue& queue, base::Wakeup& wakeup) {
  rd_kafka_queue_cb_event_enable(
      queue.get(), [](rd_kafka_t*, void* owner) { static_cast<base::Wakeup*>(owner)->wake(); },
      &wakeup);
}

}  // namespace leat::kafka
