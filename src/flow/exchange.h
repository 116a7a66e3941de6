#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <variant>
#include <vector>

#include "base/counters.h"
#include "base/ids.h"
#include "base/spsc_ring.h"
#include "base/wakeup.h"
#include "flow/operator.h"
#include "record/batch.h"

namespace leat::flow {

// In-band signals: what travels between records.
struct Barrier {
  EpochId epoch;
};
using Item = std::variant<std::monostate, record::RecordBatch, Barrier, Watermark>;

// One edge of the in-memory exchange: from one task to one task, a ring of batches with byte
// credit. An empty edge always admits one item. Once it was full it admits nothing until half of it
// is free again. Pushing belongs to the upstream task's thread, popping to the downstream's.
class ExchangeEdge {
 public:
  static constexpr std::size_t kItemsMax = 256;
  static constexpr std::size_t kCreditBytes = 4 * 1024 * 1024;

  // `upstream` and `downstream` are woken when there is room again, or something to take.
  ExchangeEdge(base::Wakeup& upstream, base::Wakeup& downstream,
               std::size_t credit_bytes = kCreditBytes);
  ExchangeEdge(const ExchangeEdge&) = delete;
  ExchangeEdge& operator=(const ExchangeEdge&) = delete;

  // Upstream. What does not fit waits in order on the upstream side: then clear() is false, and the
  // task takes no more input.
  void push(Item item);
  // Upstream. Moves waiting items into the ring as room allows; true when none waits and credit is
  // left. When false, the upstream is woken as soon as asking again is worth it.
  bool clear();
  // Downstream.
  bool pop(Item& out);
  bool empty() const noexcept { return ring_.empty(); }
  std::size_t bytes_in_ring() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  // How often the upstream had to stop; any thread.
  std::uint64_t pauses() const noexcept { return pauses_.value(); }

 private:
  struct Slot {
    Item item;
    std::size_t bytes = 0;
  };
  bool fits(std::size_t bytes) const noexcept;
  bool below_low_mark() const noexcept;
  bool can_resume() const noexcept;
  bool fill();

  base::Wakeup& upstream_;
  base::Wakeup& downstream_;
  const std::size_t credit_bytes_;
  base::SpscRing<Slot> ring_;
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::size_t> items_{0};
  std::atomic<bool> upstream_waits_{false};
  std::deque<Slot> waiting_;  // upstream only
  bool paused_ = false;       // upstream only
  base::Counter pauses_;
};

// Splits batches over the edges by the hash of key columns: the end of a stage. Thread-confined.
class ExchangeSender {
 public:
  // `edges[i]` leads to slice i of the next stage.
  ExchangeSender(std::vector<std::size_t> key_columns, std::vector<ExchangeEdge*> edges);
  // Takes the rows of the batch. Rows of one key go to one edge, in order.
  void send(record::RecordBatch& batch);
  // To every edge, behind all that was sent before.
  void send(Barrier barrier);
  void send(const Watermark& watermark);
  // True when every edge is clear.
  bool clear();

 private:
  void pick_slices(const record::RecordBatch& batch);
  void send_whole(record::RecordBatch& batch, ExchangeEdge& edge);

  const std::vector<std::size_t> key_columns_;
  const std::vector<ExchangeEdge*> edges_;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::vector<std::uint32_t>> picked_;  // per edge: indexes of its rows
};

}  // namespace leat::flow
