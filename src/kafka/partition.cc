#include "kafka/partition.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

namespace leat::kafka {
namespace {

// How far each partition was handed out in this process, over restarts of pipelines: what a replay
// is measured against.
std::atomic<std::int64_t>& high_mark(const std::string& group, const record::Origin& origin) {
  static std::mutex mutex;
  static auto* const marks = new std::map<std::string, std::atomic<std::int64_t>>();
  const std::lock_guard lock(mutex);
  const std::string key = group + '/' + std::to_string(origin.source) + '/' + origin.topic + '/' +
                          std::to_string(origin.partition.value());
  return (*marks)[key];
}

std::string group_of(rd_kafka_t* client) {
  std::array<char, 512> group{};
  std::size_t size = group.size();
  const rd_kafka_conf_t* const conf = rd_kafka_conf(client);
  if (rd_kafka_conf_get(conf, "group.id", group.data(), &size) != RD_KAFKA_CONF_OK) return {};
  return group.data();
}

}  // namespace

Partition::Partition(base::Ref<Client> client, const record::Origin& from, std::int64_t start,
                     std::int64_t event_time_us, base::Wakeup& reader)
    : origin(from),
      start_event_time_us(event_time_us),
      client_(std::move(client)),
      queue_(rd_kafka_queue_get_partition(client_->handle(), origin.topic.c_str(),
                                          origin.partition.value())),
      reader_(reader),
      high_(high_mark(group_of(client_->handle()), origin)),
      next_(start) {
  LEAT_CHECK(queue_ != nullptr);
  rd_kafka_queue_forward(queue_.get(), nullptr);
  // What an earlier assignment left there is none of ours.
  std::array<rd_kafka_message_t*, 64> stale{};
  for (;;) {
    const auto found = rd_kafka_consume_batch_queue(queue_.get(), 0, stale.data(), stale.size());
    for (long i = 0; i < found; ++i) rd_kafka_message_destroy(stale[static_cast<std::size_t>(i)]);
    if (found < static_cast<long>(stale.size())) break;
  }
  rd_kafka_queue_cb_event_enable(queue_.get(), &Partition::on_queue_filled, this);
}

Partition::~Partition() {
  for (rd_kafka_message_t* message : put_back_) rd_kafka_message_destroy(message);
}

bool Partition::at_end() const noexcept {
  if (ready() || !put_back_.empty()) return false;
  std::int64_t low = 0;
  std::int64_t high = 0;
  // What the last fetch said; asks nobody.
  if (rd_kafka_get_watermark_offsets(client_->handle(), origin.topic.c_str(),
                                     origin.partition.value(), &low,
                                     &high) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return false;
  return high >= 0 && next() >= high;
}

void Partition::put_back(rd_kafka_message_t** messages, std::size_t count) {
  put_back_.insert(put_back_.begin(), messages, messages + count);
  next_.store(put_back_.front()->offset, std::memory_order_relaxed);
  // The end may have been freed between our look at it and now.
  ready_.store(true, std::memory_order_relaxed);
}

void Partition::on_queue_filled(rd_kafka_t*, void* self) {
  auto& partition = *static_cast<Partition*>(self);
  partition.ready_.store(true, std::memory_order_release);
  partition.reader_.wake();
}

std::size_t Partition::take(rd_kafka_message_t** messages, std::size_t room) {
  // Before the queue is read: whoever fills it afterwards sets the flag again.
  ready_.store(false, std::memory_order_relaxed);
  if (!live()) return 0;
  if (!put_back_.empty()) {
    const std::size_t again = std::min(room, put_back_.size());
    std::copy_n(put_back_.begin(), again, messages);
    put_back_.erase(put_back_.begin(), put_back_.begin() + static_cast<std::ptrdiff_t>(again));
    ready_.store(true, std::memory_order_relaxed);
    return again;
  }
  const auto taken = rd_kafka_consume_batch_queue(queue_.get(), 0, messages, room);
  if (taken < 0) return 0;
  const auto count = static_cast<std::size_t>(taken);
  if (count == room)
    ready_.store(true, std::memory_order_relaxed);
  else
    drained_ = true;
  return count;
}

std::uint64_t Partition::handed_out(std::int64_t first, std::int64_t offset, std::size_t records,
                                    std::int64_t timestamp_ms) noexcept {
  next_.store(offset, std::memory_order_relaxed);
  if (timestamp_ms > 0) last_timestamp_ms_.store(timestamp_ms, std::memory_order_relaxed);
  const std::int64_t high = high_.load(std::memory_order_relaxed);
  if (offset > high) high_.store(offset, std::memory_order_relaxed);
  if (first >= high) return 0;
  // Offsets may have holes; a batch that straddles the mark counts by offsets, at most its records.
  return std::min<std::uint64_t>(records,
                                 static_cast<std::uint64_t>(std::min(high, offset) - first));
}

void Partition::skip_markers() {
  // The client stands behind what was put back.
  if (!drained_ || !put_back_.empty() || !live()) return;
  drained_ = false;
  const PartitionList list = make_list(1);
  const rd_kafka_topic_partition_t& at =
      add(list, origin.topic, origin.partition.value(), RD_KAFKA_OFFSET_INVALID);
  if (rd_kafka_position(client_->handle(), list.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  if (at.err == RD_KAFKA_RESP_ERR_NO_ERROR && at.offset > next())
    next_.store(at.offset, std::memory_order_relaxed);
}

}  // namespace leat::kafka
