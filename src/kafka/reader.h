#pragma once

#include <array>
#include <memory>
#include <vector>

#include "flow/source.h"
#include "kafka/partition.h"
#include "kafka/pool.h"

namespace leat::kafka {

class MessagePool;

// Owns the messages that a batch views; they go back to librdkafka when the last batch goes, on any
// thread.
class MessageMemory final : public record::BatchMemory, public record::HeaderReader {
 public:
  explicit MessageMemory(base::Ref<MessagePool> pool) : pool_(std::move(pool)) {}

  std::array<rd_kafka_message_t*, record::RecordBatch::kRowsMax> messages;
  std::size_t count = 0;
  MessageMemory* next_free = nullptr;
  std::span<const record::Header> read_headers(const void* message) noexcept override;
  // While it lies in the pool it does not hold the pool.
  void adopt(base::Ref<MessagePool> pool) noexcept { pool_ = std::move(pool); }

 private:
  friend class MessagePool;
  ~MessageMemory() override = default;
  void last_released() noexcept override;

  base::Ref<MessagePool> pool_;
};

// Memory of batches for reuse, and what keeps the client alive while batches live. One reader
// takes; any thread gives back.
class MessagePool final : public base::RefCounted {
 public:
  MessagePool() = default;
  base::Ref<MessageMemory> take();
  // Requires: the pool is kept alive by the caller.
  void give(MessageMemory* memory) noexcept;
  // The client whose messages are in the memory taken from now on.
  base::Ref<Client> client;

 private:
  ~MessagePool() override;
  static constexpr std::uint32_t kKeptMax = 256;
  Pool<MessageMemory> pool_{kKeptMax};
};

// One slice of one Kafka source: drains the queues of its partitions into batches, round robin.
// Thread-confined to its worker.
class Reader final : public flow::SourceReader {
 public:
  explicit Reader(std::shared_ptr<ReaderLink> link)
      : link_(std::move(link)), pool_(new MessagePool()) {}
  ~Reader() override;

  flow::PollResult poll(std::size_t rows_max, record::RecordBatch& out) override;
  void positions(std::vector<flow::PartitionPosition>& out) override;
  std::uint64_t assignment() const noexcept override { return assignment_; }
  bool at_end(const record::Origin& origin) override;
  std::uint64_t replayed() const noexcept override { return replayed_; }

 private:
  void take_commands();
  // Reads one partition into `out`; the messages lie in `memory` from its count on.
  void read(Partition& partition, MessageMemory& memory, std::size_t room,
            record::RecordBatch& out);
  void fill_row(const Partition& partition, const rd_kafka_message_t& message,
                MessageMemory& memory, record::Row& row);
  void raise(const Partition& partition, const rd_kafka_message_t& message);
  bool at_fixed_end();

  const std::shared_ptr<ReaderLink> link_;
  const base::Ref<MessagePool> pool_;
  std::vector<std::shared_ptr<Partition>> partitions_;
  std::size_t cursor_ = 0;
  std::uint64_t assignment_ = 0;
  std::uint64_t replayed_ = 0;
};

}  // namespace leat::kafka
