#include "kafka/producer.h"

#include <algorithm>
#include <array>

#include "kafka/errors.h"

namespace leat::kafka {
namespace {

const char* name_of(spec::Compression compression) noexcept {
  switch (compression) {
    case spec::Compression::none: return "none";
    case spec::Compression::gzip: return "gzip";
    case spec::Compression::snappy: return "snappy";
    case spec::Compression::lz4: return "lz4";
    case spec::Compression::zstd: return "zstd";
  }
  return "none";
}

}  // namespace

Result<std::unique_ptr<Producer>> Producer::make(rd_kafka_conf_t* conf, ProducerMode mode,
                                                 const Clock& clock, base::Wakeup& control) {
  std::unique_ptr<Producer> made(new Producer(mode, clock, control));
  rd_kafka_conf_set_dr_msg_cb(conf, &Landing::on_delivery);
  const auto on_error = [producer = made.get()](rd_kafka_resp_err_t error, const char* reason) {
    producer->report(error, reason != nullptr ? reason : "");
  };
  Result<base::Ref<Client>> client = Client::make(Role::producer, conf, on_error);
  if (!client.ok()) return std::move(client).status();
  made->client_ = *std::move(client);
  made->queue_.reset(rd_kafka_queue_get_main(made->client_->handle()));
  rd_kafka_queue_cb_event_enable(made->queue_.get(), &Producer::on_queue_filled, made.get());
  return made;
}

Producer::~Producer() {
  if (client_.get() == nullptr) return;
  // What is not acknowledged belongs to an epoch that never commits: the next start writes it
  // again.
  rd_kafka_purge(client_->handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                        RD_KAFKA_PURGE_F_NON_BLOCKING);
  for (const auto& target : targets_)
    if (target->handle != nullptr) rd_kafka_topic_destroy(target->handle);
  for (const auto& [key, target] : named_)
    if (target->handle != nullptr) rd_kafka_topic_destroy(target->handle);
}

Result<std::unique_ptr<Target>> Producer::make_target(const spec::KafkaSinkSpec& spec,
                                                      const std::string& topic) const {
  auto target = std::make_unique<Target>();
  target->topic = topic;
  target->spec = &spec;
  if (topic.empty()) return target;
  rd_kafka_topic_conf_t* const conf = rd_kafka_default_topic_conf_dup(client_->handle());
  std::array<char, 256> why{};
  if (rd_kafka_topic_conf_set(conf, "compression.codec", name_of(spec.compression), why.data(),
                              why.size()) != RD_KAFKA_CONF_OK) {
    rd_kafka_topic_conf_destroy(conf);
    return Status(Code::invalid_argument, why.data());
  }
  target->handle = rd_kafka_topic_new(client_->handle(), topic.c_str(), conf);
  if (target->handle == nullptr)
    return to_status(rd_kafka_last_error(), "cannot use topic `" + topic + "`");
  return target;
}

Result<Target*> Producer::add_target(const spec::KafkaSinkSpec& spec) {
  Result<std::unique_ptr<Target>> made = make_target(spec, spec.topic);
  if (!made.ok()) return std::move(made).status();
  return targets_.emplace_back(*std::move(made)).get();
}

Target* Producer::named_target(const spec::KafkaSinkSpec& spec, std::string_view topic) {
  const std::lock_guard lock(mutex_);
  const auto key = std::make_pair(&spec, std::string(topic));
  if (const auto found = named_.find(key); found != named_.end()) return found->second.get();
  if (named_.size() >= kNamedMax) return nullptr;
  Result<std::unique_ptr<Target>> made = make_target(spec, key.second);
  if (!made.ok()) return nullptr;
  Target* const target = named_.emplace(key, *std::move(made)).first->second.get();
  named_anew_.store(true, std::memory_order_release);
  control_.wake();
  return target;
}

std::vector<Target*> Producer::named_targets() {
  const std::lock_guard lock(mutex_);
  named_anew_.store(false, std::memory_order_relaxed);
  std::vector<Target*> all;
  for (const auto& [key, target] : named_) all.push_back(target.get());
  return all;
}

void Producer::on_queue_filled(rd_kafka_t*, void* self) {
  auto& producer = *static_cast<Producer*>(self);
  producer.ready_.store(true, std::memory_order_release);
  base::Wakeup* const writer = producer.primary_.load(std::memory_order_acquire);
  (writer != nullptr ? *writer : producer.control_).wake();
}

WriterStore& Producer::join(base::Wakeup& worker) {
  const std::lock_guard lock(mutex_);
  writers_.push_back(&worker);
  primary_.store(writers_.front(), std::memory_order_release);
  return *stores_.emplace_back(std::make_unique<WriterStore>(worker));
}

void Producer::leave(base::Wakeup& worker) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find(writers_.begin(), writers_.end(), &worker);
  if (found != writers_.end()) writers_.erase(found);
  primary_.store(writers_.empty() ? nullptr : writers_.front(), std::memory_order_release);
}

void Producer::wake_writers() {
  const std::lock_guard lock(mutex_);
  for (base::Wakeup* const writer : writers_) writer->wake();
}

void Producer::poll(flow::LatencyStats* latency) {
  // Before the queue is read: whoever fills it afterwards sets the flag again.
  ready_.store(false, std::memory_order_relaxed);
  std::uint64_t acknowledged = 0;
  {
    Landing landing(clock_, mode_, latency, failed_);
    rd_kafka_poll(client_->handle(), 0);
    acknowledged = landing.acknowledged();
  }
  if (acknowledged != 0 && room_wanted_.exchange(false, std::memory_order_acq_rel)) wake_writers();
}

void Producer::on_undelivered(rd_kafka_resp_err_t error) {
  if (undelivered_.exchange(true)) return;
  troubles_.push({error, "a record cannot be delivered", true});
}

void Producer::report(rd_kafka_resp_err_t error, std::string reason) {
  if (error == RD_KAFKA_RESP_ERR__FATAL) {
    std::array<char, 512> why{};
    const rd_kafka_resp_err_t cause =
        rd_kafka_fatal_error(client_->handle(), why.data(), why.size());
    troubles_.push({cause, why.data(), true});
    return;
  }
  troubles_.push({error, std::move(reason), false});
}

}  // namespace leat::kafka
