#include "kafka/reader.h"

#include <algorithm>

namespace leat::kafka {

void MessageMemory::last_released() noexcept {
  for (std::size_t i = 0; i < count; ++i) rd_kafka_message_destroy(messages[i]);
  count = 0;
  arena().clear();
  const base::Ref<MessagePool> pool = std::move(pool_);
  pool->give(this);
}

std::span<const record::Header> MessageMemory::read_headers(const void* message) noexcept {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(static_cast<const rd_kafka_message_t*>(message), &headers) !=
      RD_KAFKA_RESP_ERR_NO_ERROR)
    return {};
  const auto found = arena().array<record::Header>(rd_kafka_header_cnt(headers));
  std::size_t known = 0;
  for (; known < found.size(); ++known) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    if (rd_kafka_header_get_all(headers, known, &name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
      break;
    found[known] = {name, {static_cast<const char*>(value), size}, value == nullptr};
  }
  return found.first(known);
}

base::Ref<MessageMemory> MessagePool::take() {
  base::Ref<MessagePool> self(this);
  MessageMemory* const kept = pool_.take();
  if (kept == nullptr) return base::Ref<MessageMemory>(new MessageMemory(std::move(self)));
  kept->adopt(std::move(self));
  return base::Ref<MessageMemory>(kept);
}

void MessagePool::give(MessageMemory* memory) noexcept {
  if (!pool_.give(memory)) delete memory;
}

MessagePool::~MessagePool() {
  while (MessageMemory* const memory = pool_.take()) delete memory;
}

Reader::~Reader() {
  for (const auto& partition : partitions_) partition->end();
}

void Reader::take_commands() {
  assignment_ = std::max<std::uint64_t>(assignment_, 1);
  if (!link_->to_reader.pending()) return;
  ++assignment_;
  for (ReaderCommand& command : link_->to_reader.take()) {
    if (command.add) {
      pool_->client = command.add->client();
      partitions_.push_back(std::move(command.add));
    } else {
      std::erase_if(partitions_, [](const auto& partition) { return !partition->live(); });
    }
  }
}

flow::PollResult Reader::poll(std::size_t rows_max, record::RecordBatch& out) {
  take_commands();
  const auto ready = [](const auto& partition) { return partition->ready(); };
  if (!std::any_of(partitions_.begin(), partitions_.end(), ready))
    return at_fixed_end() ? flow::PollResult::finished : flow::PollResult::empty;

  const base::Ref<MessageMemory> memory = pool_->take();
  record::RecordBatch batch{base::Ref<record::BatchMemory>(memory)};
  rows_max = std::min(rows_max, memory->messages.size());
  for (std::size_t i = 0; i < partitions_.size() && memory->count < rows_max; ++i) {
    Partition& partition = *partitions_[(cursor_ + i) % partitions_.size()];
    if (partition.ready()) read(partition, *memory, rows_max - memory->count, batch);
  }
  cursor_ = (cursor_ + 1) % partitions_.size();
  if (!batch.empty()) {
    out = std::move(batch);
    return flow::PollResult::records;
  }
  return at_fixed_end() ? flow::PollResult::finished : flow::PollResult::empty;
}

void Reader::read(Partition& partition, MessageMemory& memory, std::size_t room,
                  record::RecordBatch& out) {
  if (partition.at_fixed_end()) return;
  rd_kafka_message_t** const messages = memory.messages.data() + memory.count;
  const std::size_t taken = partition.take(messages, room);
  memory.count += taken;
  if (taken == 0) return partition.skip_markers();
  std::vector<record::Row>& rows = out.rows();
  const std::size_t before = rows.size();
  rows.resize(before + taken);
  std::size_t at = before;
  std::int64_t expected = partition.next();
  const std::int64_t end = partition.fixed_end.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < taken; ++i) {
    const rd_kafka_message_t& message = *messages[i];
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      raise(partition, message);
      continue;
    }
    if (end >= 0 && message.offset >= end) {
      // Not asked for now; kept for when the end is free.
      partition.put_back(messages + i, taken - i);
      memory.count -= taken - i;
      break;
    }
    if (message.offset < expected) continue;  // of an earlier position
    fill_row(partition, message, memory, rows[at++]);
    expected = message.offset + 1;
  }
  rows.resize(at);
  if (at == before) return;
  replayed_ +=
      partition.handed_out(rows[before].offset, expected, at - before, rows[at - 1].timestamp_ms);
}

void Reader::fill_row(const Partition& partition, const rd_kafka_message_t& message,
                      MessageMemory& memory, record::Row& row) {
  row.origin = &partition.origin;
  row.offset = message.offset;
  row.value = {static_cast<const char*>(message.payload), message.len};
  row.key = {static_cast<const char*>(message.key), message.key_len};
  if (message.payload == nullptr) row.flags |= record::Row::kNullValue;
  if (message.key == nullptr) row.flags |= record::Row::kNullKey;
  rd_kafka_timestamp_type_t type{};
  row.timestamp_ms = std::max<std::int64_t>(0, rd_kafka_message_timestamp(&message, &type));
  row.set_headers(memory, &message);
}

void Reader::raise(const Partition& partition, const rd_kafka_message_t& message) {
  const char* const reason = rd_kafka_message_errstr(&message);
  link_->raise({&partition.origin, message.err, reason != nullptr ? reason : ""});
}

void Reader::positions(std::vector<flow::PartitionPosition>& out) {
  take_commands();
  for (const auto& partition : partitions_) {
    if (!partition->live()) continue;
    partition->skip_markers();
    out.push_back({&partition->origin, Offset(partition->next()), partition->start_event_time_us});
  }
}

bool Reader::at_end(const record::Origin& origin) {
  return std::all_of(partitions_.begin(), partitions_.end(), [&](const auto& partition) {
    return &partition->origin != &origin || !partition->live() || partition->at_end();
  });
}

bool Reader::at_fixed_end() {
  if (!link_->end_is_fixed.load(std::memory_order_acquire) || link_->to_reader.pending())
    return false;
  return std::all_of(partitions_.begin(), partitions_.end(), [](const auto& partition) {
    if (!partition->at_fixed_end()) partition->skip_markers();
    return partition->at_fixed_end();
  });
}

}  // namespace leat::kafka
